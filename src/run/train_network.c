/* train_network.c - make the network of a run: its description, then its tensors.
 *
 * SPDX-License-Identifier: MIT
 *
 * The description is the metadata tree of the network file, so that what is trained is
 * exactly what will be loaded.
 */
#include <math.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "run/parts.h"
#include "run/settings.h"
#include "run/train.h"

static int
set(dna_arena *a, dna_value *map, const char *key, dna_value *item)
{
    return dna_value_set(a, map, key, item);
}

static dna_value *
flag(dna_arena *a, int v)
{
    return dna_value_bool(a, v == 1);
}

/* The position format of the dataset's files, as its first sample has it. */
static int
describe_positions(dna_value **out, dna_arena *a, dna_training *t)
{
    dna_sample *s = NULL;
    dna_value *map = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_training_first_sample(t, &s, NULL));
    if (!s->has_pos) {
        *out = dna_value_null(a);
        rc = *out == NULL ? DNA_ENOMEM : DNA_OK;
        goto out;
    }
    map = dna_value_map(a);
    if (map == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    const dna_position_format *f = &s->format;
    DNA_TRY(set(a, map, "distance", flag(a, f->distance)));
    DNA_TRY(set(a, map, "normalized", flag(a, f->normalized)));
    DNA_TRY(set(a, map, "circular", flag(a, f->circular)));
    DNA_TRY(set(a, map, "chromosome_size",
        f->chromosome_size > 0 ? dna_value_int(a, f->chromosome_size)
                               : dna_value_null(a)));
    /* the initial position is the sample's own, unless the config says one for all */
    const dna_position_format *known =
        t->fresh != NULL ? &t->fresh->sim->format
                         : dna_source_sample_options(t->source)->format;
    double initial = known != NULL ? known->initial_position : (double)NAN;
    DNA_TRY(set(a, map, "initial_position",
        isnan(initial) ? dna_value_null(a) : dna_value_float(a, initial)));
    *out = map;
out:
    dna_sample_free(s);
    return rc;
}

static int
describe_input(
    dna_value **out, dna_arena *a, const dna_net_sizes *sizes, dna_snp_form form)
{
    static const char *const forms[] = {"concat", "product", "matrix"};
    dna_value *map = dna_value_map(a);
    int rc = DNA_OK;

    if (map == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(set(a, map, "n_snp", dna_value_int(a, sizes->n_snp)));
    DNA_TRY(set(a, map, "n_indiv", dna_value_int(a, sizes->n_indiv)));
    DNA_TRY(set(a, map, "form", dna_value_string(a, forms[form])));
    *out = map;
out:
    return rc;
}

/* {name, params}: given and computed parameters together; and the definition of a network
 * that is not built in. */
static int
describe_network(
    dna_value **out, dna_arena *a, dna_training *t, const dna_net_sizes *sizes)
{
    dna_value *network = dna_value_copy(a, dna_value_get(t->config, "network"));
    const dna_net_def *def = NULL;
    const void *opts = NULL;
    dna_value *given = NULL, *params = NULL, *description = NULL;
    dna_value *map = dna_value_map(a);
    int rc = DNA_OK;

    if (map == NULL || network == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(dna_parts_network(&def, &given, a, network, t->log));
    rc = dna_net_read_params(&opts, a, def, given, sizes);
    if (rc == DNA_ESHAPE && def->description == NULL) {
        rc = dna_config_fail(rc, given, "network.params", "%s", dna_message());
    }
    DNA_TRY(rc);
    DNA_TRY(dna_net_params_to_value(&params, a, def, opts, sizes));
    DNA_TRY(set(a, map, "name", dna_value_string(a, def->name)));
    DNA_TRY(set(a, map, "params", params));
    DNA_TRY(dna_parts_description(&description, a, network));
    if (description != NULL) {
        DNA_TRY(set(a, description, "name", dna_value_string(a, def->name)));
        DNA_TRY(set(a, map, "definition", description));
    }
    *out = map;
out:
    return rc;
}

/* A batch norm may need two samples. */
static int
check_batch_size(const dna_training *t)
{
    if (t->net->needs_batch_of_two && (t->batch_size < 2 || t->n_training < 2)) {
        return dna_config_fail(DNA_ESHAPE, dna_value_get(t->config, "batch_size"),
            "batch_size",
            "%lld, of %lld training sample%s; %s cannot train on one sample at a time",
            (long long)t->batch_size, (long long)t->n_training,
            DNA_PLURAL(t->n_training), t->net->def->name);
    }
    return DNA_OK;
}

int
dna_training_describe_stats(dna_arena *a, dna_value *map, const dna_training *t)
{
    dna_value *means = dna_value_map(a);
    dna_value *stds = dna_value_map(a);
    int rc = DNA_OK;

    if (means == NULL || stds == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; i < t->n_param; i++) {
        const dna_param *p = &t->params[i];
        if (p->has_stats) {
            DNA_TRY(set(a, means, p->name, dna_value_float(a, p->mean)));
            DNA_TRY(set(a, stds, p->name, dna_value_float(a, p->std)));
        }
    }
    if (means->n > 0) {
        DNA_TRY(set(a, map, "train_mean", means));
        DNA_TRY(set(a, map, "train_std", stds));
    }
out:
    return rc;
}

/* A copy of a part of the config in the network's own arena, if it is there. */
static int
copy_part(dna_arena *a, dna_value *meta, const char *key, const dna_value *part)
{
    return dna_value_is_null(part) ? DNA_OK
                                   : set(a, meta, key, dna_value_copy(a, part));
}

/* Which network it started from, without its path. */
static int
copy_fine_tuning(dna_arena *a, dna_value *origin, const dna_training *t)
{
    static const char *const keys[] = {"origin", "checksum", "freeze", "reset"};
    const dna_value *section = dna_value_get(t->config, "fine_tuning");
    dna_value *map = dna_value_map(a);
    int rc = DNA_OK;

    if (dna_value_is_null(section)) {
        return DNA_OK;
    }
    if (map == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; i < DNA_COUNT(keys); i++) {
        DNA_TRY(copy_part(a, map, keys[i], dna_value_get(section, keys[i])));
    }
    DNA_TRY(set(a, origin, "fine_tuning", map));
out:
    return rc;
}

static int
describe_origin(dna_value **out, dna_arena *a, const dna_training *t)
{
    const char *dataset = dna_setting_text(t->config, "dataset.dataset_name");
    const char *optimizer = dna_setting_text(t->config, "optimizer.name");
    dna_value *map = dna_value_map(a);
    int rc = DNA_OK;

    if (map == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(set(a, map, "model_name", dna_value_string(a, t->model_name)));
    DNA_TRY(set(a, map, "run_name", dna_value_string(a, t->run.name)));
    DNA_TRY(set(a, map, "dataset_name", dna_value_string(a, dataset)));
    DNA_TRY(set(a, map, "optimizer", dna_value_string(a, optimizer)));
    DNA_TRY(set(a, map, "precision",
        dna_value_string(a, dna_setting_text(t->config, "precision"))));
    DNA_TRY(set(a, map, "seed", dna_value_int(a, (int64_t)t->seed)));
    DNA_TRY(copy_fine_tuning(a, map, t));
    *out = map;
out:
    return rc;
}

static int
copy_filters(dna_arena *a, dna_value *meta, const dna_training *t)
{
    static const char *const keys[] = {"min_snp", "min_indiv", "seed"};
    const dna_value *filters = dna_value_get(t->config, "preprocessing");
    dna_value *map = dna_value_map(a);
    int rc = DNA_OK;

    if (map == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; i < DNA_COUNT(keys); i++) {
        DNA_TRY(copy_part(a, map, keys[i], dna_value_get(filters, keys[i])));
    }
    DNA_TRY(set(a, meta, "preprocessing", map));
out:
    return rc;
}

static int
describe(dna_value **out, dna_arena *a, dna_training *t, const dna_net_sizes *sizes,
    dna_snp_form form)
{
    dna_value *meta = dna_value_map(a);
    dna_value *part = NULL;
    int rc = DNA_OK;

    if (meta == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(
        set(a, meta, "format_version", dna_value_int(a, DNA_NETWORK_FORMAT_VERSION)));
    DNA_TRY(describe_network(&part, a, t, sizes));
    DNA_TRY(set(a, meta, "network", part));
    DNA_TRY(describe_input(&part, a, sizes, form));
    DNA_TRY(set(a, meta, "input", part));
    DNA_TRY(dna_params_to_value(&part, a, t->params, t->n_param));
    DNA_TRY(set(a, meta, "learned_params", part));
    DNA_TRY(dna_training_describe_stats(a, meta, t));
    DNA_TRY(copy_part(
        a, meta, "dataset_transforms", dna_value_get(t->config, "dataset_transforms")));
    DNA_TRY(describe_positions(&part, a, t));
    DNA_TRY(set(a, meta, "position_format", part));
    DNA_TRY(copy_part(
        a, meta, "keys", dna_value_get_path(t->config, "dataset.data_source.keys")));
    DNA_TRY(copy_filters(a, meta, t));
    DNA_TRY(describe_origin(&part, a, t));
    DNA_TRY(set(a, meta, "provenance", part));
    if (t->fresh != NULL) {
        DNA_TRY(dna_fresh_describe(&part, a, t->fresh));
        DNA_TRY(set(a, meta, "simulation", part));
    }
    *out = meta;
out:
    return rc;
}

int
dna_training_make_network(dna_training *t)
{
    dna_arena *arena = NULL;
    dna_value *meta = NULL;
    dna_sample *sample = NULL;
    dna_snp_form form = DNA_CONCAT;
    int rc = DNA_OK;

    rc = dna_dataset_probe(t->dataset, 0, &sample, &form);
    if (rc < 0) {
        dna_context("the first sample, which sizes the network");
        goto out;
    }
    dna_net_sizes sizes = {.n_snp = sample->n_site,
        .n_indiv = sample->n_hap,
        .concat = form == DNA_CONCAT,
        .n_outputs = dna_params_n_output(t->params, t->n_param)};
    DNA_TRY(dna_arena_new(&arena));
    DNA_TRY(describe(&meta, arena, t, &sizes, form));
    rc = dna_network_from_meta(&t->net, arena, meta, t->config_path);
    arena = NULL; /* the network's, or gone with it */
    DNA_TRY(rc);
    DNA_TRY(check_batch_size(t));
    DNA_TRY(dna_network_allocate(t->net));
    DNA_TRY(dna_state_init_random(t->net->state, t->seed));
out:
    dna_arena_free(arena);
    dna_sample_free(sample);
    return rc;
}
