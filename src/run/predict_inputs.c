/* predict_inputs.c - the samples to predict: npz files, or those of a dataset.
 *
 * SPDX-License-Identifier: MIT
 *
 * Plain npz files do not say what their positions are. What the user or the dataset
 * config says goes first; whether positions are normalised is seen from their values
 * (all at most 1). A network trained on distances takes positions that never decrease
 * for absolute ones, and converts them, and those that often decrease for distances.
 * What decreases here and there, or anywhere for a network trained on absolute
 * positions, is refused: it may be a file out of order.
 */
#include "run/predict_inputs.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "config/config.h"
#include "config/tables.h"
#include "data/packed_meta.h"
#include "popgen/sample_ops.h"
#include "run/settings.h"

/* So few sites may happen to have growing distances. */
#define FEW_SITES 8

void
dna_predict_inputs_clear(dna_predict_inputs *in)
{
    if (in->source != NULL) {
        dna_source_list_free(in->entries, in->n);
    } else {
        for (int64_t i = 0; in->entries != NULL && i < in->n; i++) {
            dna_free(in->entries[i].path);
        }
        dna_free(in->entries);
    }
    dna_source_free(in->source);
    dna_arena_free(in->arena);
    *in = (dna_predict_inputs){0};
}

static bool
is_dataset_name(const char *path)
{
    return dna_is_config_name(path) || dna_str_ends_with(path, DNA_PACKED_SUFFIX);
}

static int
list_files(dna_predict_inputs *in)
{
    const dna_predict_files_options *o = in->options;
    int rc = DNA_OK;

    for (int64_t i = 0; i < o->n_input; i++) {
        DNA_REQUIRE(!is_dataset_name(o->inputs[i]), DNA_EARG,
            "%s: a dataset must be the only input", o->inputs[i]);
        DNA_REQUIRE(dna_str_ends_with(o->inputs[i], ".npz"), DNA_EARG,
            "%s: is neither an .npz file nor a dataset (.dnapack, or its config: .yml, .yaml, .json) nor genotype data (VCF, BCF, .trees, PLINK 1, ms text)",
            o->inputs[i]);
    }
    DNA_NEW(in->entries, o->n_input);
    in->n = o->n_input;
    for (int64_t i = 0; i < o->n_input; i++) {
        in->entries[i].path = dna_path_absolute(o->inputs[i]);
        if (in->entries[i].path == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
    }
out:
    return rc;
}

static int
list_dataset(dna_predict_inputs *in)
{
    const char *path = in->options->inputs[0];
    dna_value *config = NULL;
    int rc = DNA_OK;

    DNA_REQUIRE(in->options->n_input == 1, DNA_EARG,
        "%s: a dataset must be the only input", path);
    DNA_TRY(dna_arena_new(&in->arena));
    DNA_TRY(dna_is_config_name(path)
                ? dna_config_load(&config, in->arena, path)
                : dna_packed_dataset_config(&config, NULL, in->arena, path));
    DNA_TRY(dna_config_check_dataset(in->arena, config, in->options->log));
    DNA_TRY(dna_source_new(&in->source, config));
    DNA_TRY(dna_source_list(in->source, &in->entries, &in->n));
    DNA_REQUIRE(in->n > 0, DNA_ENOTFOUND, "%s: no file under %s matches \"%s\"", path,
        dna_setting_text(config, "data_root"),
        dna_setting_text(config, "data_source.filename_format"));
    in->is_dataset = true;
    const dna_sample_options *known = dna_source_sample_options(in->source);
    in->snp_key = known->snp_key;
    in->pos_key = known->pos_key;
    if (known->format != NULL) {
        in->format = *known->format;
    }
out:
    return rc;
}

/* What the user says on the command line goes before what a config says. */
static void
merge_format(dna_position_format *to, const dna_position_format *from)
{
    to->distance = from->distance >= 0 ? from->distance : to->distance;
    to->normalized = from->normalized >= 0 ? from->normalized : to->normalized;
    to->circular = from->circular >= 0 ? from->circular : to->circular;
    if (from->chromosome_size > 0) {
        to->chromosome_size = from->chromosome_size;
    }
    if (!isnan(from->initial_position)) {
        to->initial_position = from->initial_position;
    }
}

int
dna_predict_inputs_init(
    dna_predict_inputs *in, const dna_predict_files_options *o, const dna_network *net)
{
    int rc = DNA_OK;

    *in = (dna_predict_inputs){.options = o,
        .net = net,
        .snp_key = net->snp_key,
        .pos_key = net->pos_key,
        .format = DNA_POSITION_FORMAT_INIT};
    DNA_REQUIRE(o->n_input > 0, DNA_EARG,
        "no input: give npz files, a dataset config or genotype data");
    if (is_dataset_name(o->inputs[0])) {
        DNA_TRY(list_dataset(in));
    } else {
        DNA_TRY(list_files(in));
    }
    merge_format(&in->format, &o->format);
    in->snp_key = o->snp_key != NULL ? o->snp_key : in->snp_key;
    in->pos_key = o->pos_key != NULL ? o->pos_key : in->pos_key;
out:
    return rc;
}

/* ---- positions ------------------------------------------------------------------- */

/* What nobody said, from the values, or else as the network was trained. */
static int
guess_format(const dna_predict_inputs *in, dna_sample *s)
{
    const dna_position_format *trained = &in->net->format;
    int rc = DNA_OK;

    if (in->format.distance < 0) {
        int64_t at = -1;
        int64_t n = dna_sample_count_decreases(s, &at);
        bool is_told = trained->distance != 0 && (n == 0 || n >= s->n_site / 10);
        DNA_REQUIRE(at < 0 || is_told, DNA_EFORMAT,
            "position %.17g of site %lld comes after %.17g: absolute positions never decrease; "
            "if these are distances, say --position-format distance",
            dna_array_get(&s->pos, at), (long long)at, dna_array_get(&s->pos, at - 1));
        bool is_absolute = at < 0 && s->n_site >= FEW_SITES;
        s->format.distance = is_absolute             ? 0
                             : trained->distance < 0 ? at >= 0
                                                     : trained->distance;
    }
    if (in->format.circular < 0) {
        s->format.circular = trained->circular;
    }
    if (isnan(s->format.initial_position)
        && s->format.normalized == trained->normalized) {
        s->format.initial_position = trained->initial_position;
    }
out:
    return rc;
}

/* Positions of a region that begins at `start` bp, counted from there. */
static int
shift_positions(dna_sample *s, int64_t start)
{
    int rc = DNA_OK;

    DNA_REQUIRE(s->format.distance == 0 && s->format.normalized == 0, DNA_EARG,
        "the start of the region only makes sense for absolute positions in bp (--region-start)");
    for (int64_t i = 0; i < s->n_site; i++) {
        double p = dna_array_get(&s->pos, i) - (double)start;
        DNA_REQUIRE(p >= 0.0, DNA_EARG,
            "position %.17g is before the region's start %lld", p + (double)start,
            (long long)start);
        dna_array_set(&s->pos, i, p);
    }
out:
    return rc;
}

int
dna_predict_inputs_load(const dna_predict_inputs *in, int64_t i, dna_sample **sample)
{
    const char *path = in->entries[i].path;
    dna_sample_options options = {
        .snp_key = in->snp_key, .pos_key = in->pos_key, .format = &in->format};
    dna_sample *s = NULL;
    int rc = DNA_OK;

    DNA_TRY(in->source != NULL
                ? dna_source_load_entry(&s, in->source, &in->entries[i], &options)
                : dna_sample_load(&s, path, &options));
    if (s->has_pos && in->net->has_format) {
        rc = guess_format(in, s);
        if (rc == DNA_OK && in->options->region_start > 0) {
            rc = shift_positions(s, in->options->region_start);
        }
        if (rc < 0) {
            dna_context("%s", path);
            goto out;
        }
    }
    *sample = s;
    s = NULL;
out:
    dna_sample_free(s);
    return rc;
}
