/* parts_network.c - the network of a config: built in, or described by layers.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/config.h"
#include "nets/description.h"
#include "run/parts.h"

static int
unknown_network(const dna_value *name)
{
    dna_str known;
    dna_str_init(&known, 0);
    const dna_net_def *def = NULL;
    for (int64_t i = 0; (def = dna_net_at(i)) != NULL; i++) {
        dna_str_addf(&known, "%s%s", i > 0 ? ", " : "", def->name);
    }
    int rc = dna_config_fail(DNA_ENOTFOUND, name, "network.name",
        "unknown network \"%s\", there are: %s", dna_value_as_text(name),
        dna_str_text(&known));
    dna_str_clear(&known);
    return rc;
}

/* ---- described networks ------------------------------------------------------------ */

static const char *const description_keys[] = {"name", "description", "citation",
    "licence", "exchangeable", "params", "let", "needs", "layers", "output"};

static bool
is_description_key(const char *key)
{
    for (int64_t i = 0; i < DNA_COUNT(description_keys); i++) {
        if (strcmp(description_keys[i], key) == 0) {
            return true;
        }
    }
    return false;
}

int
dna_parts_merge_params(dna_value **out, dna_arena *arena, const dna_value *declared,
    const dna_value *given)
{
    dna_value *merged = dna_value_is_null(declared) ? dna_value_map(arena)
                                                    : dna_value_copy(arena, declared);
    int rc = DNA_OK;

    DNA_REQUIRE(merged != NULL, DNA_ENOMEM, "%s", dna_message());
    for (int64_t i = 0; given != NULL && i < given->n; i++) {
        const char *key = given->keys[i];
        dna_value *row = dna_value_get(merged, key);
        dna_value *value = given->items[i];
        if (row == NULL) {
            const char *nearest =
                dna_nearest_name(key, (const char *const *)merged->keys, merged->n);
            rc = dna_config_fail(DNA_EARG, value, "network.params",
                "the network has no setting \"%s\"%s%s%s", key,
                nearest != NULL ? ", did you mean \"" : "",
                nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
            goto out;
        }
        DNA_TRY(row->type == DNA_MAP ? dna_value_set(arena, row, "default", value)
                                     : dna_value_set(arena, merged, key, value));
    }
    *out = merged;
out:
    return rc;
}

/* A name that comes from another file than the layers is that of the network which they
 * take the place of. */
static void
forget_inherited_name(dna_value *network, const dna_value *layers)
{
    const dna_value *name = dna_value_get(network, "name");

    if (!dna_value_is_null(layers) && name != NULL && name->option == NULL
        && !dna_str_equal(name->file, layers->file)) {
        dna_value_remove(network, "name");
    }
}

int
dna_parts_inline_network(dna_arena *arena, dna_value *config)
{
    dna_value *network = dna_value_get(config, "network");
    const dna_value *file = dna_value_get(network, "file");
    const dna_value *own_layers = dna_value_get(network, "layers");
    const dna_value *given = dna_value_get(network, "params");
    const dna_net_def *def = NULL;
    dna_value *read = NULL, *params = NULL;
    int rc = DNA_OK;

    if (dna_value_is_null(file)) {
        forget_inherited_name(network, own_layers);
        goto out;
    }
    if (!dna_value_is_null(own_layers)) {
        rc = dna_config_fail(DNA_EARG, own_layers, "network",
            "has layers and a file of layers: only one of them can be");
        goto out;
    }
    if (given != NULL && given->type != DNA_MAP) {
        rc = dna_config_fail(DNA_EARG, given, "network.params", "is no mapping");
        goto out;
    }
    DNA_TRY(dna_net_read_file(&def, &read, arena, file->text));
    DNA_TRY(
        dna_parts_merge_params(&params, arena, dna_value_get(read, "params"), given));
    for (int64_t i = 0; i < read->n; i++) {
        const dna_value *own = dna_value_get(network, read->keys[i]);
        bool is_name = strcmp(read->keys[i], "name") == 0; /* may be an inherited one */
        if (dna_value_is_null(own) || own->is_default || is_name) {
            DNA_TRY(dna_value_set(arena, network, read->keys[i], read->items[i]));
        }
    }
    if (dna_value_is_null(dna_value_get(read, "name"))) {
        dna_value_remove(network, "name");
    }
    DNA_TRY(dna_value_set(arena, network, "params", params));
    dna_value_remove(network, "file");
out:
    return rc;
}

int
dna_parts_description(dna_value **out, dna_arena *arena, const dna_value *network)
{
    dna_value *map = NULL;
    int rc = DNA_OK;

    *out = NULL;
    if (dna_value_is_null(dna_value_get(network, "layers"))) {
        goto out;
    }
    map = dna_value_map(arena);
    DNA_REQUIRE(map != NULL, DNA_ENOMEM, "%s", dna_message());
    for (int64_t i = 0; i < network->n; i++) {
        if (is_description_key(network->keys[i])
            && !dna_value_is_null(network->items[i])) {
            DNA_TRY(dna_value_set(arena, map, network->keys[i], network->items[i]));
        }
    }
    *out = map;
out:
    return rc;
}

/* What only a description has, said of a network that is built in. */
static int
refuse_description(const dna_value *network)
{
    static const char *const keys[] = {
        "let", "needs", "exchangeable", "output", "description", "citation", "licence"};
    for (int64_t i = 0; i < DNA_COUNT(keys); i++) {
        const dna_value *v = dna_value_get(network, keys[i]);
        if (!dna_value_is_null(v)) {
            return dna_config_fail(DNA_EARG, v, "network",
                "%s belongs to a network with layers, or in the file of one", keys[i]);
        }
    }
    return DNA_OK;
}

int
dna_parts_network(const dna_net_def **def, dna_value **params, dna_arena *arena,
    dna_value *network, dna_log *log)
{
    const dna_value *name = dna_value_get(network, "name");
    dna_value *description = NULL;
    int rc = DNA_OK;

    *params = NULL;
    DNA_TRY(dna_parts_description(&description, arena, network));
    if (description != NULL) {
        DNA_TRY(dna_net_describe(def, arena, description));
        goto out;
    }
    DNA_TRY(refuse_description(network));
    *def = dna_net_find(dna_value_as_text(name));
    if (*def == NULL) {
        rc = unknown_network(name);
        goto out;
    }
    *params = dna_value_get(network, "params");
    DNA_TRY(dna_config_check(arena, *params, (*def)->fields, "network.params", log));
out:
    return rc;
}
