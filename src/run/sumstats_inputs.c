/* sumstats_inputs.c - the samples whose summary statistics are wanted, and the settings.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "config/config.h"
#include "data/params_table.h"
#include "run/kind.h"
#include "run/parts.h"
#include "run/settings.h"
#include "run/sumstats.h"

#define DEFAULT_SIZE 2e6 /* bp, the original's */

/* ---- settings -------------------------------------------------------------------- */

/* The size of the chromosome from the first place that tells it. */
static int64_t
find_size(const dna_sumstats_job *j)
{
    double size = dna_setting_double(j->settings, "chromosome_size", 0);

    if (!(size > 0) && j->format.chromosome_size > 0) {
        return j->format.chromosome_size;
    }
    if (!(size > 0) && j->dataset != NULL) {
        /* of a simulator, whose settings nobody has checked here */
        if (!dna_value_as_double(dna_value_get(j->dataset, "segment_length"), &size)
            || !(size >= 1 && size <= 1e15)) {
            size = 0;
        }
    }
    if (!(size > 0)) {
        size = DEFAULT_SIZE;
        dna_log_warning(
            j->log, "chromosome_size is not known; %.10g bp is taken", size);
    }
    return (int64_t)nearbyint(size);
}

static int
read_bins(dna_sumstats_job *j)
{
    const dna_value *bins = dna_value_get_path(j->settings, "ld_options.distance_bins");
    int64_t n = 19;
    int rc = DNA_OK;

    if (bins == NULL || bins->type != DNA_LIST) {
        j->stats.n_ld_bin = (dna_value_as_int(bins, &n) ? n : 19) - 1;
        return DNA_OK;
    }
    DNA_NEW(j->ld_edges, bins->n);
    for (int64_t i = 0; i < bins->n; i++) {
        (void)dna_value_as_double(bins->items[i], &j->ld_edges[i]); /* checked */
    }
    j->stats.n_ld_bin = bins->n - 1;
    j->stats.ld_edges = j->ld_edges;
out:
    return rc;
}

static int
read_settings(dna_sumstats_job *j)
{
    const dna_value *sizes = dna_value_get(j->settings, "population_sizes");
    int rc = DNA_OK;

    j->is_folded = dna_setting_bool(j->settings, "sfs_options.folded", false);
    j->stats.is_circular = dna_setting_bool(j->settings, "ld_options.circular", false);
    const dna_value *window = dna_value_get_path(j->settings, "sel_options.window");
    bool is_per_site = window != NULL && dna_value_is_null(window);
    j->stats.n_window =
        is_per_site ? 0 : dna_setting_int(j->settings, "sel_options.window", 100);
    j->stats.chromosome_size = find_size(j);
    DNA_TRY(read_bins(j));
    if (!dna_value_is_null(sizes)) {
        DNA_NEW(j->population_sizes, sizes->n);
        for (int64_t i = 0; i < sizes->n; i++) {
            j->population_sizes[i] = sizes->items[i]->integer;
        }
        j->stats.population_sizes = j->population_sizes;
        j->stats.n_population = sizes->n;
    }
out:
    return rc;
}

/* Settings that nobody gave: the defaults. */
static int
default_settings(dna_sumstats_job *j, dna_value *settings)
{
    int rc = DNA_OK;

    if (settings == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(dna_parts_override(settings, j->arena, j->o->overrides,
        j->dataset == NULL ? j->o->n_override : 0));
    DNA_TRY(dna_config_check(j->arena, settings, dna_fields_sumstats, "", j->log));
    DNA_TRY(dna_config_check_sumstats_rules(settings, ""));
    j->settings = settings;
out:
    return rc;
}

/* ---- a config -------------------------------------------------------------------- */

static int
read_config(dna_sumstats_job *j)
{
    const char *path = j->o->inputs[0];
    dna_value *config = NULL;
    int rc = DNA_OK;

    DNA_REQUIRE(
        j->o->n_input == 1, DNA_EARG, "%s: a config must be the only input", path);
    DNA_TRY(dna_config_load(&config, j->arena, path));
    DNA_TRY(dna_parts_override(config, j->arena, j->o->overrides, j->o->n_override));
    if (dna_value_get(config, "simulation") != NULL) {
        DNA_TRY(dna_config_check_sumstats(j->arena, config, j->log));
        j->settings = config;
        j->dataset = dna_value_get(config, "simulation");
    } else {
        DNA_TRY(dna_config_check_dataset(j->arena, config, j->log));
        j->dataset = config;
        j->settings = dna_value_get(config, "summary_statistics");
        if (dna_value_is_null(j->settings)) {
            DNA_TRY(default_settings(j, dna_value_map(j->arena)));
        }
    }
    dna_config_notices(j->dataset, j->log);
    j->name = dna_setting_text(j->dataset, "dataset_name");
    DNA_TRY(dna_source_new(&j->source, j->dataset));
    j->read = *dna_source_sample_options(j->source);
    if (j->read.format != NULL) {
        j->format = *j->read.format;
    }
out:
    return rc;
}

/* The path of a sample of the table; NULL if it is missing and that is tolerated. */
static int
find_sample(dna_sumstats_job *j, int64_t scenario, int64_t replicate, char **path)
{
    bool is_tolerated = dna_setting_bool(j->dataset, "ignore_missing", false);
    int rc = dna_source_path(j->source, scenario, replicate, path);

    if (rc == DNA_ENOTFOUND && is_tolerated) {
        dna_log_warning(j->log, "%s: left out", dna_message());
        *path = NULL;
        return DNA_OK;
    }
    return rc;
}

/* The replicates of a row that are wanted. */
static int64_t
wanted(const dna_sumstats_job *j, int64_t n_replicate)
{
    if (!dna_source_has_replicates(j->source)) {
        n_replicate = DNA_MIN(n_replicate, 1);
    }
    return j->o->n_replicate > 0 ? DNA_MIN(n_replicate, j->o->n_replicate)
                                 : n_replicate;
}

static int
list_table(dna_sumstats_job *j, const char *table_path)
{
    dna_params_table table = {0};
    int64_t n = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_params_table_read(&table, table_path, NULL, 0));
    for (int64_t i = 0; i < table.n_row; i++) {
        n += wanted(j, table.n_replicate[i]);
    }
    DNA_NEW(j->inputs, n);
    j->n_scenario = table.n_row;
    for (int64_t i = 0; i < table.n_row; i++) {
        for (int64_t r = 0; r < wanted(j, table.n_replicate[i]); r++) {
            dna_sumstats_input *in = &j->inputs[j->n];
            DNA_TRY(find_sample(j, table.scenario[i], r, &in->path));
            in->scenario = table.scenario[i];
            in->replicate = r;
            j->n += in->path != NULL;
        }
    }
out:
    dna_params_table_clear(&table);
    return rc;
}

static int
by_number(const void *a, const void *b)
{
    const dna_sumstats_input *x = a;
    const dna_sumstats_input *y = b;
    if (x->scenario != y->scenario) {
        return x->scenario < y->scenario ? -1 : 1;
    }
    return (x->replicate > y->replicate) - (x->replicate < y->replicate);
}

/* A dataset without a table: what is there. */
static int
list_files(dna_sumstats_job *j)
{
    dna_source_entry *entries = NULL;
    int64_t n = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_source_list(j->source, &entries, &n));
    DNA_NEW(j->inputs, n);
    for (int64_t i = 0; i < n; i++) {
        j->inputs[i] = (dna_sumstats_input){
            entries[i].path, entries[i].scenario, DNA_MAX(entries[i].replicate, 0)};
        entries[i].path = NULL; /* now ours */
        j->n++;
    }
    qsort(j->inputs, (size_t)n, sizeof(*j->inputs), by_number);
    int64_t n_kept = 0;
    int64_t n_group = 0;
    for (int64_t i = 0; i < n; i++) {
        dna_sumstats_input *in = &j->inputs[i];
        bool is_new = n_kept == 0 || j->inputs[n_kept - 1].scenario != in->scenario;
        n_group = is_new ? 1 : n_group + 1;
        j->n_scenario += is_new;
        if (j->o->n_replicate > 0 && n_group > j->o->n_replicate) {
            dna_free(in->path);
            in->path = NULL;
        } else {
            dna_sumstats_input kept = *in;
            in->path = NULL;
            j->inputs[n_kept++] = kept;
        }
    }
    j->n = n_kept;
out:
    dna_source_list_free(entries, n);
    return rc;
}

/* The packed file, if it brings a table along. */
static int
packed_table(const dna_sumstats_job *j, const char **path)
{
    const dna_packed_set *set = dna_source_packed(j->source);
    dna_value *meta = NULL;
    int rc = DNA_OK;

    if (set != NULL) {
        DNA_TRY(dna_packed_read_meta(&meta, j->arena, set->files[0]));
        if (!dna_value_is_null(dna_value_get(meta, "scenario_params"))) {
            *path = dna_packed_path(set->files[0]);
        }
    }
out:
    return rc;
}

static int
list_dataset(dna_sumstats_job *j)
{
    const char *table = dna_setting_text(j->dataset, "scenario_params_path");
    int rc = DNA_OK;

    DNA_TRY(dna_setting_check_folder(j->dataset, "data_root"));
    if (table == NULL) {
        DNA_TRY(packed_table(j, &table));
    }
    DNA_TRY(table != NULL ? list_table(j, table) : list_files(j));
    DNA_REQUIRE(j->n > 0, DNA_ENOTFOUND, "%s: no sample under %s matches \"%s\"",
        j->o->inputs[0], dna_setting_text(j->dataset, "data_root"),
        dna_setting_text(j->dataset, "data_source.filename_format"));
    int64_t last = DNA_MAX(j->n_scenario - 1, j->inputs[j->n - 1].scenario);
    for (j->scenario_width = 1; last >= 10; last /= 10) {
        j->scenario_width++;
    }
out:
    return rc;
}

/* ---- plain files ----------------------------------------------------------------- */

static int
list_plain(dna_sumstats_job *j)
{
    const dna_sumstats_run_options *o = j->o;
    int rc = DNA_OK;

    for (int64_t i = 0; i < o->n_input; i++) {
        DNA_REQUIRE(!dna_is_config_name(o->inputs[i]), DNA_EARG,
            "%s: a config must be the only input", o->inputs[i]);
        DNA_REQUIRE(dna_str_ends_with(o->inputs[i], ".npz"), DNA_EARG,
            "%s: is neither an .npz file nor a config (.yml, .yaml, .json)",
            o->inputs[i]);
    }
    DNA_NEW(j->inputs, o->n_input);
    for (int64_t i = 0; i < o->n_input; i++) {
        j->inputs[i] = (dna_sumstats_input){dna_strdup(o->inputs[i]), -1, -1};
        j->n++;
        if (j->inputs[i].path == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
    }
    j->name = "";
    j->format = o->format;
    j->read = (dna_sample_options){
        .snp_key = o->snp_key, .pos_key = o->pos_key, .format = &j->format};
    DNA_TRY(default_settings(j, dna_value_map(j->arena)));
out:
    return rc;
}

int
dna_sumstats_inputs(dna_sumstats_job *j)
{
    static const dna_position_format unknown = DNA_POSITION_FORMAT_INIT;
    int rc = DNA_OK;

    j->format = unknown;
    DNA_REQUIRE(j->o->n_input > 0, DNA_EARG, "no config and no file is given");
    DNA_TRY(dna_arena_new(&j->arena));
    if (dna_is_config_name(j->o->inputs[0])) {
        DNA_TRY(read_config(j));
        DNA_TRY(list_dataset(j));
    } else {
        DNA_TRY(list_plain(j));
    }
    DNA_TRY(read_settings(j));
out:
    return rc;
}
