/* fine_tuning.c - training that starts from another network's weights.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/fine_tuning.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "io/crc32.h"
#include "run/parts.h"
#include "run/settings.h"

#define NETWORK_MAX ((size_t)16 << 30) /* bytes of a file */

/* ---- patterns ----------------------------------------------------------------------- */

/* "conv1" of "conv1.weight": the layer of a tensor, in buf. */
static const char *
layer_of(const char *tensor, char *buf, size_t size)
{
    const char *dot = strrchr(tensor, '.');
    int n = dot != NULL ? (int)(dot - tensor) : (int)strlen(tensor);
    snprintf(buf, size, "%.*s", n, tensor);
    return buf;
}

static bool
matches(const char *pattern, const char *tensor)
{
    char layer[512];
    return fnmatch(pattern, layer_of(tensor, layer, sizeof(layer)), 0) == 0
           || fnmatch(pattern, tensor, 0) == 0;
}

static bool
any_matches(const dna_value *patterns, const char *tensor)
{
    for (int64_t i = 0; patterns != NULL && i < patterns->n; i++) {
        if (matches(dna_value_as_text(patterns->items[i]), tensor)) {
            return true;
        }
    }
    return false;
}

static const dna_value *
patterns_of(const dna_training *t, const char *key)
{
    const dna_value *v = dna_value_get(dna_value_get(t->config, "fine_tuning"), key);
    return dna_value_is_null(v) ? NULL : v;
}

/* Each pattern is of a layer that there is. */
static int
check_patterns(const dna_training *t, const char *key)
{
    const dna_state *state = t->net->state;
    const dna_value *patterns = patterns_of(t, key);
    char layer[512];
    dna_str known;
    int rc = DNA_OK;

    dna_str_init(&known, 0);
    for (int64_t i = 0; patterns != NULL && i < patterns->n; i++) {
        bool is_found = false;
        for (int64_t k = 0; k < dna_state_n_tensor(state) && !is_found; k++) {
            is_found = matches(dna_value_as_text(patterns->items[i]),
                dna_state_tensor(state, k)->name);
        }
        if (is_found) {
            continue;
        }
        for (int64_t k = 0; k < dna_state_n_tensor(state); k++) {
            const char *name = dna_state_tensor(state, k)->name;
            if (dna_str_ends_with(name, ".weight")) {
                dna_str_addf(&known, "%s%s", known.len > 0 ? ", " : "",
                    layer_of(name, layer, sizeof(layer)));
            }
        }
        rc = dna_config_fail(DNA_ENOTFOUND, patterns->items[i], "fine_tuning",
            "%s: no layer is called \"%s\"; there are %.400s", key,
            dna_value_as_text(patterns->items[i]), dna_str_text(&known));
        goto out;
    }
out:
    dna_str_clear(&known);
    return rc;
}

/* ---- the network to start from ------------------------------------------------------ */

/* The network's section as a config has it. */
static int
section_of(dna_value **out, dna_arena *a, const dna_network *net)
{
    const dna_value *meta = dna_value_get(net->meta, "network");
    const dna_value *definition = dna_value_get(meta, "definition");
    const dna_value *params = dna_value_get(meta, "params");
    dna_value *section = NULL, *given = NULL;
    int rc = DNA_OK;

    given = params != NULL ? dna_value_copy(a, params) : dna_value_map(a);
    section = dna_value_is_null(definition) ? dna_value_map(a)
                                            : dna_value_copy(a, definition);
    DNA_REQUIRE(given != NULL && section != NULL, DNA_ENOMEM, "%s", dna_message());
    if (dna_value_is_null(definition)) {
        DNA_TRY(dna_value_set(a, section, "name", dna_value_string(a, net->def->name)));
        dna_value_remove(given, "n_outputs"); /* those of the config's targets */
    } else {
        DNA_TRY(dna_parts_merge_params(
            &given, a, dna_value_get(definition, "params"), given));
    }
    DNA_TRY(dna_value_set(a, section, "params", given));
    *out = section;
out:
    return rc;
}

static int
describe(dna_training *t, dna_value *section, const dna_network *net, uint32_t crc)
{
    const dna_value *origin = dna_value_get(net->meta, "provenance");
    const char *model = dna_setting_text(origin, "model_name");
    const char *run = dna_setting_text(origin, "run_name");
    const char *checkpoint = dna_setting_text(origin, "checkpoint");
    char text[32];
    int rc = DNA_OK;

    snprintf(text, sizeof(text), "crc32:%08x", (unsigned)crc);
    DNA_TRY(
        dna_value_set(t->arena, section, "checksum", dna_value_string(t->arena, text)));
    char *what = dna_arena_printf(t->arena, "%s %s %s %s", net->def->name,
        model != NULL ? model : "?", run != NULL ? run : "?",
        checkpoint != NULL ? checkpoint : "?");
    DNA_REQUIRE(what != NULL, DNA_ENOMEM, "%s", dna_message());
    DNA_TRY(
        dna_value_set(t->arena, section, "origin", dna_value_string(t->arena, what)));
out:
    return rc;
}

int
dna_fine_tuning_begin(dna_training *t, const char *from)
{
    dna_value *section = dna_value_get(t->config, "fine_tuning");
    dna_value *network = NULL;
    unsigned char *bytes = NULL;
    char *file = NULL;
    size_t n = 0;
    int rc = DNA_OK;

    if (dna_value_is_null(section) && from == NULL) {
        goto out;
    }
    if (dna_value_is_null(section)) {
        section = dna_value_map(t->arena);
        DNA_TRY(dna_value_set(t->arena, t->config, "fine_tuning", section));
    }
    if (from != NULL) {
        DNA_TRY(
            dna_value_set(t->arena, section, "from", dna_value_string(t->arena, from)));
    }
    const char *path = dna_setting_text(section, "from");
    if (path == NULL) {
        rc = dna_config_fail(DNA_EARG, section, "fine_tuning",
            "from is missing: the network to start from (or --from)");
        goto out;
    }
    if (t->options->resume != NULL) {
        goto out; /* the state has the weights */
    }
    DNA_TRY(dna_network_find(&file, path));
    char *absolute = dna_path_absolute(file);
    DNA_REQUIRE(absolute != NULL, DNA_ENOMEM, "%s", dna_message());
    rc = dna_value_set(t->arena, section, "from", dna_value_string(t->arena, absolute));
    dna_free(absolute);
    DNA_TRY(rc);
    DNA_TRY(dna_file_read(file, NETWORK_MAX, &bytes, &n));
    DNA_TRY(dna_network_parse(&t->from, bytes, n, file));
    DNA_TRY(describe(t, section, t->from, dna_crc32(bytes, n)));
    DNA_TRY(section_of(&network, t->arena, t->from));
    DNA_TRY(dna_value_set(t->arena, t->config, "network", network));
out:
    dna_free(bytes);
    dna_free(file);
    return rc;
}

static bool
is_same_shape(const dna_tensor *a, const dna_tensor *b)
{
    bool is_same = a->kind == b->kind && a->n_dim == b->n_dim;
    for (int i = 0; is_same && i < a->n_dim; i++) {
        is_same = a->dim[i] == b->dim[i];
    }
    return is_same;
}

static size_t
tensor_bytes(const dna_tensor *t)
{
    size_t size = t->kind == DNA_TENSOR_COUNTER ? sizeof(int64_t) : sizeof(float);
    return size * (size_t)t->count;
}

int
dna_fine_tuning_apply(dna_training *t)
{
    int64_t n_copied = 0, n_tensor = 0;
    dna_str anew;
    int rc = DNA_OK;

    dna_str_init(&anew, 0);
    if (t->from == NULL) {
        goto out;
    }
    DNA_TRY(check_patterns(t, "reset"));
    DNA_TRY(check_patterns(t, "freeze"));
    n_tensor = dna_state_n_tensor(t->net->state);
    for (int64_t i = 0; i < n_tensor; i++) {
        const dna_tensor *to = dna_state_tensor(t->net->state, i);
        const dna_tensor *old = dna_state_find(t->from->state, to->name);
        if (old != NULL && is_same_shape(old, to)
            && !any_matches(patterns_of(t, "reset"), to->name)) {
            memcpy(dna_network_tensor_data(t->net, to),
                dna_network_tensor_data(t->from, old), tensor_bytes(to));
            n_copied++;
        } else {
            dna_str_addf(&anew, "%s%s", anew.len > 0 ? ", " : "", to->name);
        }
    }
    DNA_REQUIRE(n_copied > 0, DNA_ESHAPE,
        "%s: no tensor has the shape that this network needs", t->from->name);
    dna_log_info(t->log, "fine-tuning %s: %lld of %lld tensors%s%s", t->from->name,
        (long long)n_copied, (long long)n_tensor,
        anew.len > 0 ? "; beginning anew: " : "", dna_str_text(&anew));
out:
    dna_str_clear(&anew);
    dna_network_free(t->from);
    t->from = NULL;
    return rc;
}

/* ---- freezing ----------------------------------------------------------------------- */

typedef struct {
    const dna_tensor *tensor; /* of the state */
    void *values;             /* as they stay */
} frozen;

struct dna_freeze {
    dna_arena *arena;
    const dna_network *net;
    frozen *items;
    int64_t n;
};

int
dna_freeze_new(dna_freeze **out, const dna_training *t)
{
    const dna_value *patterns = patterns_of(t, "freeze");
    const int64_t n_tensor = dna_state_n_tensor(t->net->state);
    dna_freeze *f = NULL;
    int64_t n_learned = 0;
    int rc = DNA_OK;

    *out = NULL;
    if (patterns == NULL || patterns->n == 0) {
        goto out;
    }
    DNA_TRY(check_patterns(t, "freeze"));
    DNA_NEW(f, 1);
    DNA_TRY(dna_arena_new(&f->arena));
    f->net = t->net;
    f->items = dna_arena_alloc(f->arena, (size_t)n_tensor, sizeof(*f->items));
    DNA_REQUIRE(f->items != NULL, DNA_ENOMEM, "%s", dna_message());
    for (int64_t i = 0; i < n_tensor; i++) {
        const dna_tensor *x = dna_state_tensor(t->net->state, i);
        if (!any_matches(patterns, x->name)) {
            n_learned += x->kind == DNA_TENSOR_PARAM ? 1 : 0;
            continue;
        }
        frozen *item = &f->items[f->n];
        item->tensor = x;
        item->values = dna_arena_alloc(f->arena, 1, tensor_bytes(x));
        DNA_REQUIRE(item->values != NULL, DNA_ENOMEM, "%s", dna_message());
        memcpy(item->values, dna_network_tensor_data(t->net, x), tensor_bytes(x));
        f->n++;
    }
    if (n_learned == 0) {
        rc = dna_config_fail(
            DNA_EARG, patterns, "fine_tuning", "freeze: nothing is left to be learned");
        goto out;
    }
    *out = f;
    f = NULL;
out:
    dna_freeze_free(f);
    return rc;
}

void
dna_freeze_free(dna_freeze *f)
{
    if (f != NULL) {
        dna_arena_free(f->arena);
        dna_free(f);
    }
}

void
dna_freeze_gradient(const dna_freeze *f, dna_state *state)
{
    for (int64_t i = 0; f != NULL && i < f->n; i++) {
        const dna_tensor *x = f->items[i].tensor;
        if (x->kind == DNA_TENSOR_PARAM) {
            memset(dna_state_grads(state) + x->offset, 0, tensor_bytes(x));
        }
    }
}

void
dna_freeze_restore(const dna_freeze *f)
{
    for (int64_t i = 0; f != NULL && i < f->n; i++) {
        memcpy(dna_network_tensor_data(f->net, f->items[i].tensor), f->items[i].values,
            tensor_bytes(f->items[i].tensor));
    }
}
