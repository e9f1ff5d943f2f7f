/* net_target.c - find the network that a command is about.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/net_target.h"

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "run/parts.h"
#include "run/settings.h"

#define DEFAULT_INDIV  50
#define DEFAULT_SNP    400
#define DEFAULT_OUTPUT 2

static int
unknown_network(const char *name)
{
    dna_str known;
    const dna_net_def *def = NULL;
    int rc = DNA_OK;

    dna_str_init(&known, 0);
    for (int64_t i = 0; (def = dna_net_at(i)) != NULL; i++) {
        dna_str_addf(&known, "%s%s", i > 0 ? ", " : "", def->name);
    }
    rc = dna_fail(DNA_ENOTFOUND, "%s: no such file, and no built-in network (%s)", name,
        dna_str_text(&known));
    dna_str_clear(&known);
    return rc;
}

/* A config's `network` that says the same, so that settings are put in as in a config. */
static int
open_section(dna_net_target *t, const dna_net_look_options *o, bool is_file)
{
    dna_value *config = dna_value_map(t->arena), *network = dna_value_map(t->arena);
    dna_value *params = dna_value_map(t->arena);
    dna_value *name = dna_value_string(t->arena, o->network);
    int rc = DNA_OK;

    DNA_REQUIRE(config != NULL && network != NULL && params != NULL && name != NULL,
        DNA_ENOMEM, "%s", dna_message());
    DNA_TRY(dna_parts_override(params, t->arena, o->overrides, o->n_override));
    DNA_TRY(dna_value_set(t->arena, network, is_file ? "file" : "name", name));
    DNA_TRY(dna_value_set(t->arena, network, "params", params));
    DNA_TRY(dna_value_set(t->arena, config, "network", network));
    DNA_TRY(dna_parts_inline_network(t->arena, config));
    DNA_TRY(dna_parts_network(&t->def, &params, t->arena, network, NULL));
    t->sizes = (dna_net_sizes){.n_snp = o->n_snp > 0 ? o->n_snp : DEFAULT_SNP,
        .n_indiv = o->n_indiv > 0 ? o->n_indiv : DEFAULT_INDIV,
        .concat = !o->no_positions,
        .n_outputs = o->n_outputs > 0 ? o->n_outputs : DEFAULT_OUTPUT};
    DNA_TRY(dna_net_read_params(&t->opts, t->arena, t->def, params, &t->sizes));
out:
    return rc;
}

static int
open_network(dna_net_target *t, const dna_net_look_options *o)
{
    int rc = DNA_OK;

    DNA_REQUIRE(o->n_override == 0, DNA_EARG,
        "%s: the settings of a trained network are fixed", o->network);
    DNA_REQUIRE(!o->no_positions, DNA_EARG,
        "%s: a trained network says itself whether it reads positions", o->network);
    DNA_TRY(dna_network_load(&t->net, o->network));
    t->def = t->net->def;
    t->opts = t->net->opts;
    t->sizes = t->net->sizes;
    DNA_REQUIRE(o->n_outputs == 0 || o->n_outputs == t->sizes.n_outputs, DNA_EARG,
        "%s has %lld outputs", o->network, (long long)t->sizes.n_outputs);
    t->sizes.n_snp = o->n_snp > 0 ? o->n_snp : t->sizes.n_snp;
    t->sizes.n_indiv = o->n_indiv > 0 ? o->n_indiv : t->sizes.n_indiv;
out:
    return rc;
}

int
dna_net_target_open(dna_net_target *t, const dna_net_look_options *o)
{
    int rc = DNA_OK;

    *t = (dna_net_target){0};
    DNA_TRY(dna_arena_new(&t->arena));
    if (dna_net_find(o->network) != NULL) {
        DNA_TRY(open_section(t, o, false));
    } else if (dna_is_config_name(o->network)) {
        DNA_TRY(open_section(t, o, true));
    } else if (dna_path_exists(o->network)) {
        DNA_TRY(open_network(t, o));
    } else {
        DNA_TRY(unknown_network(o->network));
    }
    DNA_TRY(dna_net_build(&t->g, t->def, t->opts, &t->sizes));
    if (t->net != NULL) {
        DNA_TRY(dna_net_check_same(t->def, t->net->graph, t->g, &t->sizes));
    }
out:
    if (rc < 0) {
        dna_net_target_close(t);
    }
    return rc;
}

void
dna_net_target_close(dna_net_target *t)
{
    dna_graph_free(t->g);
    dna_network_free(t->net);
    dna_arena_free(t->arena);
    *t = (dna_net_target){0};
}
