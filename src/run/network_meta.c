/* network_meta.c - check the metadata of a network file and make a network of it.
 *
 * SPDX-License-Identifier: MIT
 *
 * Every entry is typed and bounded by a field table, then checked by its owner: the
 * network's parameters by the network, transforms by each transform, learned parameters
 * as in a config. Nothing here trusts a file.
 */
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/schema.h"
#include "nets/description.h"
#include "run/network.h"

/* Sizes beyond these are refused before anything is computed from them. */
#define SNP_MAX   100000000
#define INDIV_MAX 10000000

typedef struct {
    const char *name;
} network_row;

typedef struct {
    int64_t n_snp, n_indiv;
    const char *form;
} input_row;

typedef struct {
    int distance, normalized, circular;
    int64_t chromosome_size;
    double initial_position;
} position_row;

typedef struct {
    int64_t min_snp, min_indiv, seed;
} filter_row;

static const dna_field network_fields[] = {
    {.key = "name",
        .kind = DNA_KIND_STRING,
        .is_required = true,
        .offset = offsetof(network_row, name),
        .doc = "Name of the network; without a definition one that is built in."},
    {.key = "params", .kind = DNA_KIND_ANY, .doc = "Its complete parameters."},
    {.key = "definition",
        .kind = DNA_KIND_ANY,
        .doc = "Of a network that is not built in: its layers."},
    {0}};

static const dna_field input_fields[] = {
    {.key = "n_snp",
        .kind = DNA_KIND_INT,
        .is_required = true,
        .has_min = true,
        .has_max = true,
        .min = 1,
        .max = SNP_MAX,
        .offset = offsetof(input_row, n_snp),
        .doc = "Sites of the first training sample after its transforms."},
    {.key = "n_indiv",
        .kind = DNA_KIND_INT,
        .is_required = true,
        .has_min = true,
        .has_max = true,
        .min = 1,
        .max = INDIV_MAX,
        .offset = offsetof(input_row, n_indiv),
        .doc = "Its individuals."},
    {.key = "form",
        .kind = DNA_KIND_CHOICE,
        .choices = "concat|product|matrix",
        .is_required = true,
        .offset = offsetof(input_row, form),
        .doc = "How the network's input is made of a sample."},
    {0}};

static const dna_field position_fields[] = {
    {.key = "distance",
        .kind = DNA_KIND_BOOL,
        .is_required = true,
        .is_nullable = true,
        .offset = offsetof(position_row, distance),
        .doc = "Positions are distances to the previous site; null: not known."},
    {.key = "normalized",
        .kind = DNA_KIND_BOOL,
        .is_required = true,
        .is_nullable = true,
        .offset = offsetof(position_row, normalized),
        .doc = "Positions are divided by the chromosome size; null: not known."},
    {.key = "circular",
        .kind = DNA_KIND_BOOL,
        .is_required = true,
        .is_nullable = true,
        .offset = offsetof(position_row, circular),
        .doc = "The chromosome is circular; null: not known."},
    {.key = "chromosome_size",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .has_min = true,
        .min = 1,
        .dflt = "null",
        .offset = offsetof(position_row, chromosome_size),
        .doc = "Base pairs."},
    {.key = "initial_position",
        .kind = DNA_KIND_FLOAT,
        .is_nullable = true,
        .dflt = "null",
        .offset = offsetof(position_row, initial_position),
        .doc = "Position of the first site."},
    {0}};

static const dna_field filter_fields[] = {
    {.key = "min_snp",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .has_min = true,
        .min = 1,
        .dflt = "null",
        .offset = offsetof(filter_row, min_snp),
        .doc = "Least number of SNPs of a training sample."},
    {.key = "min_indiv",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .has_min = true,
        .min = 1,
        .dflt = "null",
        .offset = offsetof(filter_row, min_indiv),
        .doc = "Least number of individuals."},
    {.key = "seed",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .offset = offsetof(filter_row, seed),
        .doc = "Of the splits."},
    {0}};

static const dna_field provenance_fields[] = {
    {.key = "model_name", .kind = DNA_KIND_STRING, .doc = "Name of the model."},
    {.key = "run_name", .kind = DNA_KIND_STRING, .doc = "Name of the run."},
    {.key = "dataset_name",
        .kind = DNA_KIND_STRING,
        .doc = "Dataset it was trained on."},
    {.key = "seed", .kind = DNA_KIND_INT, .doc = "Seed of the training."},
    {.key = "optimizer", .kind = DNA_KIND_STRING, .doc = "Name of the optimiser."},
    {.key = "precision", .kind = DNA_KIND_STRING, .doc = "How it multiplied."},
    {.key = "checkpoint", .kind = DNA_KIND_STRING, .doc = "Which state this is."},
    {.key = "fine_tuning",
        .kind = DNA_KIND_ANY,
        .doc = "Which network it started from, and what stayed of it."},
    {.key = "model_datetime", .kind = DNA_KIND_STRING, .doc = "Time of saving, UTC."},
    {.key = "epoch", .kind = DNA_KIND_INT, .is_nullable = true, .doc = "From 1."},
    {.key = "batch", .kind = DNA_KIND_INT, .is_nullable = true, .doc = "From 0."},
    {.key = "step", .kind = DNA_KIND_INT, .is_nullable = true, .doc = "Samples seen."},
    {.key = "training_loss",
        .kind = DNA_KIND_FLOAT,
        .is_nullable = true,
        .doc = "Mean over the epoch so far."},
    {.key = "validation_loss",
        .kind = DNA_KIND_FLOAT,
        .is_nullable = true,
        .doc = "Over the whole validation set."},
    {0}};

static const dna_field simulation_fields[] = {
    {.key = "simulator_name", .kind = DNA_KIND_STRING, .doc = "What drew the samples."},
    {.key = "settings", .kind = DNA_KIND_ANY, .doc = "Its settings."},
    {.key = "seed", .kind = DNA_KIND_INT, .doc = "Of the validation and test sets."},
    {.key = "n_replicates",
        .kind = DNA_KIND_INT,
        .doc = "Samples a set of parameters."},
    {.key = "max_redraws",
        .kind = DNA_KIND_INT,
        .doc =
            "Redraws of a replicate below min_snp before its parameters are drawn again."},
    {.key = "n_samples", .kind = DNA_KIND_INT, .doc = "Samples learned from."},
    {.key = "n_redrawn",
        .kind = DNA_KIND_INT,
        .doc = "Replicates that were too small."},
    {.key = "n_given_up",
        .kind = DNA_KIND_INT,
        .doc = "Sets of parameters of which all replicates were."},
    {0}};

static const dna_field number_field = {.kind = DNA_KIND_FLOAT};
static const dna_field key_field = {.kind = DNA_KIND_STRING, .has_min = true, .min = 1};

static const dna_field meta_fields[] = {{.key = "format_version",
                                            .kind = DNA_KIND_INT,
                                            .is_required = true,
                                            .has_min = true,
                                            .min = 1,
                                            .doc = "Version of this description."},
    {.key = "dnadna_version", .kind = DNA_KIND_STRING, .doc = "Program that wrote it."},
    {.key = "network",
        .kind = DNA_KIND_MAP,
        .is_required = true,
        .fields = network_fields,
        .doc = "The network."},
    {.key = "input",
        .kind = DNA_KIND_MAP,
        .is_required = true,
        .fields = input_fields,
        .doc = "What an input looks like."},
    {.key = "learned_params",
        .kind = DNA_KIND_ANY,
        .is_required = true,
        .doc = "What the network predicts, in order."},
    {.key = "train_mean",
        .kind = DNA_KIND_NAMED,
        .item = &number_field,
        .doc = "Mean of each (log-transformed) target over the training scenarios."},
    {.key = "train_std",
        .kind = DNA_KIND_NAMED,
        .item = &number_field,
        .doc = "Its standard deviation."},
    {.key = "dataset_transforms",
        .kind = DNA_KIND_ANY,
        .doc = "Transforms, as in the training config."},
    {.key = "position_format",
        .kind = DNA_KIND_MAP,
        .is_nullable = true,
        .dflt = "null",
        .fields = position_fields,
        .doc =
            "Positions of the training samples as their files have them; null: none."},
    {.key = "keys",
        .kind = DNA_KIND_LIST,
        .item = &key_field,
        .has_min = true,
        .has_max = true,
        .min = 2,
        .max = 2,
        .dflt = "[SNP, POS]",
        .doc = "Names of the arrays in npz files."},
    {.key = "preprocessing",
        .kind = DNA_KIND_MAP,
        .fields = filter_fields,
        .dflt = "{}",
        .doc = "Filters of the training data."},
    {.key = "simulation",
        .kind = DNA_KIND_MAP,
        .is_nullable = true,
        .fields = simulation_fields,
        .doc = "Of samples that were drawn while training; else not given."},
    {.key = "golden",
        .kind = DNA_KIND_ANY,
        .doc = "outputs: what it answers to made-up inputs, to compare machines."},
    {.key = "provenance",
        .kind = DNA_KIND_MAP,
        .fields = provenance_fields,
        .dflt = "{}",
        .doc = "Where the network comes from."},
    {0}};

static int
check_version(const dna_value *meta)
{
    int64_t version = 0;
    int rc = DNA_OK;

    DNA_REQUIRE(meta->type == DNA_MAP, DNA_EFORMAT, "metadata is %s, not a mapping",
        dna_value_type_name(meta));
    const dna_value *v = dna_value_get(meta, "format_version");
    DNA_REQUIRE(v != NULL && dna_value_as_int(v, &version), DNA_EFORMAT,
        "metadata has no format_version");
    DNA_REQUIRE(version <= DNA_NETWORK_FORMAT_VERSION, DNA_EUNSUPPORTED,
        "written by a newer dnadna (format version %lld, this one reads up to %d)",
        (long long)version, DNA_NETWORK_FORMAT_VERSION);
out:
    return rc;
}

static int
read_params(dna_network *net, dna_value *meta)
{
    int rc = DNA_OK;

    DNA_TRY(dna_params_read(&net->params, &net->n_param, net->arena,
        dna_value_get(meta, "learned_params"), NULL, 0, NULL));
    DNA_TRY(dna_params_read_stats(net->params, net->n_param, meta));
    net->sizes.n_outputs = dna_params_n_output(net->params, net->n_param);
out:
    return rc;
}

static void
read_input(dna_network *net, const dna_value *meta)
{
    input_row row = {0};
    dna_config_bind(dna_value_get(meta, "input"), input_fields, &row);
    net->form = strcmp(row.form, "concat") == 0    ? DNA_CONCAT
                : strcmp(row.form, "product") == 0 ? DNA_PRODUCT
                                                   : DNA_MATRIX;
    net->sizes.n_snp = row.n_snp;
    net->sizes.n_indiv = row.n_indiv;
    net->sizes.concat = net->form == DNA_CONCAT;
}

static void
read_format(dna_network *net, const dna_value *meta)
{
    const dna_value *v = dna_value_get(meta, "position_format");
    position_row row = {0};

    net->format = (dna_position_format)DNA_POSITION_FORMAT_INIT;
    net->has_format = !dna_value_is_null(v);
    if (!net->has_format) {
        return;
    }
    dna_config_bind(v, position_fields, &row);
    net->format.distance = row.distance;
    net->format.normalized = row.normalized;
    net->format.circular = row.circular;
    net->format.chromosome_size =
        row.chromosome_size == DNA_NULL_INT ? 0 : row.chromosome_size;
    net->format.initial_position = row.initial_position;
}

static void
read_filters(dna_network *net, const dna_value *meta)
{
    filter_row row = {DNA_NULL_INT, DNA_NULL_INT, DNA_NULL_INT};
    const dna_value *keys = dna_value_get(meta, "keys");

    dna_config_bind(dna_value_get(meta, "preprocessing"), filter_fields, &row);
    net->min_snp = row.min_snp == DNA_NULL_INT ? 0 : row.min_snp;
    net->min_indiv = row.min_indiv == DNA_NULL_INT ? 0 : row.min_indiv;
    net->snp_key = keys->items[0]->text;
    net->pos_key = keys->items[1]->text;
}

/* A file says all of its network's settings, and only these: a key that this program
 * does not know would change what the network computes. */
static int
check_net_params(dna_network *net, dna_value *params)
{
    int64_t n_output = net->sizes.n_outputs;
    int rc = DNA_OK;

    if (dna_value_is_null(params)) {
        goto out;
    }
    DNA_TRY(dna_config_check_with(net->arena, params, net->def->fields,
        "network.params", NULL, DNA_CHECK_STRICT));
    (void)dna_value_as_int(dna_value_get(params, "n_outputs"), &n_output);
    DNA_REQUIRE(n_output == net->sizes.n_outputs, DNA_ESHAPE,
        "network.params.n_outputs: is %lld, but learned_params need %lld",
        (long long)n_output, (long long)net->sizes.n_outputs);
out:
    return rc;
}

static int
read_network(dna_network *net, dna_value *meta)
{
    network_row row = {0};
    dna_value *v = dna_value_get(meta, "network");
    int rc = DNA_OK;

    dna_config_bind(v, network_fields, &row);
    const dna_value *definition = dna_value_get(v, "definition");
    if (!dna_value_is_null(definition)) {
        DNA_TRY(dna_net_describe(&net->def, net->arena, definition));
    } else {
        net->def = dna_net_find(row.name);
        DNA_REQUIRE(net->def != NULL, DNA_ENOTFOUND,
            "network.name: \"%s\" is not built in", row.name);
    }
    DNA_TRY(check_net_params(net, dna_value_get(v, "params")));
    DNA_TRY(dna_net_read_params(
        &net->opts, net->arena, net->def, dna_value_get(v, "params"), &net->sizes));
    DNA_TRY(dna_net_build(&net->graph, net->def, net->opts, &net->sizes));
    net->needs_batch_of_two = dna_net_needs_batch_of_two(net->def, net->graph);
out:
    return rc;
}

/* Names of what dna_network_predict() writes. */
static int
name_values(dna_network *net)
{
    int64_t n = 0;
    for (int64_t i = 0; i < net->n_param; i++) {
        const dna_param *p = &net->params[i];
        n += p->type == DNA_CLASSIFICATION ? p->n_class + 1 : 1;
    }
    net->value_names = dna_arena_alloc(net->arena, (size_t)n, sizeof(char *));
    if (net->value_names == NULL) {
        return DNA_ENOMEM;
    }
    net->n_value = n;
    n = 0;
    for (int64_t i = 0; i < net->n_param; i++) {
        const dna_param *p = &net->params[i];
        for (int64_t c = 0; p->type == DNA_CLASSIFICATION && c < p->n_class; c++) {
            char *name = dna_arena_printf(net->arena, "%s_%s", p->name, p->labels[c]);
            if (name == NULL) {
                return DNA_ENOMEM;
            }
            net->value_names[n++] = name;
        }
        net->value_names[n++] = p->name;
    }
    return DNA_OK;
}

static int
read_meta(dna_network *net, dna_value *meta)
{
    int rc = DNA_OK;

    DNA_TRY(check_version(meta));
    DNA_TRY(dna_config_check(net->arena, meta, meta_fields, "", NULL));
    DNA_TRY(read_params(net, meta));
    read_input(net, meta);
    read_format(net, meta);
    read_filters(net, meta);
    DNA_REQUIRE(net->has_format || net->form == DNA_MATRIX, DNA_EFORMAT,
        "input.form: %s needs positions, but position_format is null",
        net->form == DNA_CONCAT ? "concat" : "product");
    DNA_TRY(dna_transforms_read(
        &net->transforms, net->arena, dna_value_get(meta, "dataset_transforms"), NULL));
    DNA_TRY(read_network(net, meta));
    DNA_TRY(name_values(net));
out:
    return rc;
}

int
dna_network_from_meta(
    dna_network **out, dna_arena *arena, dna_value *meta, const char *name)
{
    dna_network *net = NULL;
    int rc = DNA_OK;

    net = dna_calloc(1, sizeof(*net));
    if (net == NULL) {
        dna_arena_free(arena);
        return DNA_ENOMEM;
    }
    net->arena = arena;
    net->meta = meta;
    net->name = dna_arena_strdup(arena, name);
    if (net->name == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(read_meta(net, meta));
    *out = net;
    net = NULL;
out:
    dna_network_free(net);
    return rc;
}

int
dna_network_allocate(dna_network *net)
{
    int rc = DNA_OK;

    DNA_TRY(dna_state_new(&net->state, net->graph));
    dna_programs_options options = {.def = net->def,
        .opts = net->opts,
        .graph = net->graph,
        .concat = net->sizes.concat,
        .n_outputs = net->sizes.n_outputs,
        .state = net->state};
    DNA_TRY(dna_programs_new(&net->programs, &options));
out:
    return rc;
}
