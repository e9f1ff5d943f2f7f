/* check.c - whole configs: their tables, and the rules that reach over several keys.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "config/tables.h"

/* 0.7 + 0.2 + 0.1 is not 1 in binary */
#define SPLIT_TOLERANCE 1e-9

/* --- positions ----------------------------------------------------------------------
 */

/* Both places may say how positions are given; data_source goes first, as in the
 * original, which read only that one. */
static const dna_value *
position_key(const dna_value *dataset, const char *key, const dna_value **hidden)
{
    const dna_value *source = dna_value_get(dataset, "data_source");
    const dna_value *inner =
        dna_value_get(dna_value_get(source, "position_format"), key);
    const dna_value *outer =
        dna_value_get(dna_value_get(dataset, "position_format"), key);
    if (dna_value_is_null(inner)) {
        *hidden = NULL;
        return outer;
    }
    *hidden = outer;
    return inner;
}

static int
position_flag(const dna_value *dataset, const char *key, int *out)
{
    const dna_value *hidden = NULL;
    bool flag = false;
    if (!dna_value_as_bool(position_key(dataset, key, &hidden), &flag)) {
        *out = -1;
        return 0;
    }
    *out = flag;
    return 1;
}

int
dna_config_position_format(const dna_value *dataset, int *distance, int *normalized,
    int *circular, int64_t *chromosome_size, double *initial_position)
{
    const dna_value *hidden = NULL;
    int n = position_flag(dataset, "distance", distance)
            + position_flag(dataset, "normalized", normalized)
            + position_flag(dataset, "circular", circular);

    if (dna_value_as_int(
            position_key(dataset, "chromosome_size", &hidden), chromosome_size)) {
        n++;
    } else {
        *chromosome_size = 0;
    }
    if (dna_value_as_double(
            position_key(dataset, "initial_position", &hidden), initial_position)) {
        n++;
    } else {
        *initial_position = (double)NAN;
    }
    return n;
}

static void
warn_positions(const dna_value *dataset, const char *at, dna_log *log)
{
    for (const dna_field *f = dna_fields_position_format; f->key != NULL; f++) {
        const dna_value *hidden = NULL;
        const dna_value *v = position_key(dataset, f->key, &hidden);
        if (!dna_value_is_null(hidden) && !dna_value_equal(v, hidden)) {
            dna_config_warn(log, hidden, at,
                "position_format.%s differs from data_source.position_format.%s, which is taken",
                f->key, f->key);
        }
    }
}

/* --- whole configs ------------------------------------------------------------------
 */

int
dna_config_check_dataset(dna_arena *a, dna_value *v, dna_log *log)
{
    int rc = dna_config_check(a, v, dna_fields_dataset, "", log);
    if (rc == DNA_OK) {
        warn_positions(v, "", log);
        rc = dna_config_check_sumstats_rules(
            dna_value_get(v, "summary_statistics"), "summary_statistics");
    }
    return rc;
}

int
dna_config_check_sumstats(dna_arena *a, dna_value *v, dna_log *log)
{
    int rc = dna_config_check(a, v, dna_fields_sumstats_config, "", log);
    if (rc == DNA_OK) {
        warn_positions(dna_value_get(v, "simulation"), "simulation", log);
        rc = dna_config_check_sumstats_rules(v, "");
    }
    return rc;
}

/* What is missing to 1 goes to `unused`, computed as the original does (in the order of
 * the file, not rounded), so that the splits come out the same. */
static int
check_split_sum(dna_arena *a, dna_value *splits, dna_log *log)
{
    double sum = 0;
    double unused = 0;

    for (int64_t i = 0; i < splits->n; i++) {
        double p = 0;
        if (dna_value_as_double(splits->items[i], &p)) {
            sum += p;
        }
    }
    if (sum > 1 + SPLIT_TOLERANCE) {
        return dna_config_fail(DNA_EARG, splits, "dataset_splits",
            "the proportions add up to %.10g, more than 1", sum);
    }
    if (sum >= 1 - SPLIT_TOLERANCE) {
        return DNA_OK;
    }
    dna_config_warn(log, splits, "dataset_splits",
        "the proportions add up to %.10g; the rest, %.10g, is added to unused", sum,
        1 - sum);
    if (!dna_value_as_double(dna_value_get(splits, "unused"), &unused)) {
        unused = 0;
    }
    dna_value *v = dna_value_float(a, unused + (1 - sum));
    if (v != NULL) {
        v->file = splits->file;
        v->is_default = true;
    }
    return dna_value_set(a, splits, "unused", v);
}

static int
check_model(dna_arena *a, dna_value *v, const dna_field *fields, const dna_field *also,
    dna_log *log, dna_log *split_log)
{
    dna_param *params = NULL;
    int64_t n_param = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_config_check_also(a, v, fields, also, log));
    warn_positions(dna_value_get(v, "dataset"), "dataset", log);
    dna_value *splits = dna_value_get(v, "dataset_splits");
    DNA_TRY(splits != NULL ? check_split_sum(a, splits, split_log) : DNA_OK);
    /* only to see the mistakes: whoever needs them reads them with the table's columns
     */
    DNA_TRY(dna_params_read(
        &params, &n_param, a, dna_value_get(v, "learned_params"), NULL, 0, NULL));
out:
    return rc;
}

/* Training inherits from this config, so it may say how to train, too. */
int
dna_config_check_preprocessing(dna_arena *a, dna_value *v, dna_log *log)
{
    return check_model(a, v, dna_fields_preprocessing, dna_fields_training, log, log);
}

/* Texts such as "{checkpoint}" and "{checkpoint:>10}". */
static bool
has_field(const char *format, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = strchr(format, '{'); p != NULL; p = strchr(p + 1, '{')) {
        if (strncmp(p + 1, name, n) == 0 && (p[1 + n] == '}' || p[1 + n] == ':')) {
            return true;
        }
    }
    return false;
}

static int
check_run_keys(dna_arena *a, dna_value *v)
{
    const dna_value *format = dna_value_get(v, "model_filename_format");
    dna_value *run_id = dna_value_get(v, "run_id");

    if (!has_field(format->text, "checkpoint")) {
        return dna_config_fail(DNA_EARG, format, "model_filename_format",
            "\"%s\" lacks the field {checkpoint}", format->text);
    }
    if (dna_value_is_null(run_id)) {
        return DNA_OK;
    }
    int64_t number = 0;
    bool is_number = dna_value_as_int(run_id, &number);
    if (is_number && run_id->type != DNA_INT) { /* 5.0 */
        dna_value *integer = dna_value_int(a, number);
        if (integer == NULL) {
            return DNA_ENOMEM;
        }
        run_id->type = DNA_INT;
        run_id->integer = number;
        run_id->text = integer->text;
    }
    bool is_id =
        is_number ? number >= 0 : run_id->type == DNA_STRING && run_id->text[0] != '\0';
    if (!is_id) {
        char found[80];
        dna_value_describe(run_id, found, sizeof(found));
        return dna_config_fail(DNA_EARG, run_id, "run_id",
            "%s is not an integer from 0 on or a text", found);
    }
    return DNA_OK;
}

/* What is said of splits was said in preprocessing. */
int
dna_config_check_training(dna_arena *a, dna_value *v, dna_log *log)
{
    int rc = check_model(a, v, dna_fields_training, NULL, log, NULL);
    return rc < 0 ? rc : check_run_keys(a, v);
}

int
dna_config_check_training_run(dna_arena *a, dna_value *v, dna_log *log)
{
    int rc = check_model(a, v, dna_fields_training_run, NULL, log, NULL);
    if (rc == DNA_OK && dna_value_is_null(dna_value_get(v, "run_id"))) {
        rc = dna_config_fail(DNA_EARG, v, "run_id", "is required but missing");
    }
    return rc < 0 ? rc : check_run_keys(a, v);
}

/* --- notices ------------------------------------------------------------------------
 */

static bool
is_built_in(const char *plugin)
{
    static const char *const names[] = {"dnadna.examples.one_event", "dnadna.nets",
        "dnadna.optim", "dnadna.transforms", "dnadna.simulator"};
    for (int64_t i = 0; i < DNA_COUNT(names); i++) {
        if (strcmp(names[i], plugin) == 0) {
            return true;
        }
    }
    return false;
}

static bool
has_text(const dna_value *list, const char *text)
{
    for (int64_t i = 0; list != NULL && list->type == DNA_LIST && i < list->n; i++) {
        if (dna_str_equal(dna_value_as_text(list->items[i]), text)) {
            return true;
        }
    }
    return false;
}

/* `before`: a list whose entries were told already. */
static void
plugin_notices(const dna_value *owner, const dna_value *before, dna_log *log)
{
    const dna_value *list = dna_value_get(owner, "plugins");
    bool is_simulation = !dna_value_is_null(dna_value_get(owner, "simulator_name"));

    for (int64_t i = 0; list != NULL && list->type == DNA_LIST && i < list->n; i++) {
        const char *text = dna_value_as_text(list->items[i]);
        if (text == NULL || is_built_in(text) || has_text(before, text)) {
            continue;
        }
        dna_config_warn(log, list->items[i], "plugins",
            "%s is Python and is not run; %s", text,
            is_simulation
                ? "the files that its simulator wrote are read as they are"
                : "use a built-in network, optimizer or transform "
                  "(docs/config.md), "
                  "and any program that writes npz files and the parameter table to simulate");
    }
}

void
dna_config_notices(const dna_value *config, dna_log *log)
{
    const dna_value *dataset = dna_value_get(config, "dataset");
    const dna_value *cuda = dna_value_get(config, "use_cuda");
    const dna_value *device = dna_value_get(config, "cuda_device");
    bool use_cuda = false;

    plugin_notices(dataset, NULL, log);
    plugin_notices(config, dna_value_get(dataset, "plugins"), log);
    bool has_cuda = dna_value_as_bool(cuda, &use_cuda) && use_cuda && !cuda->is_default;
    if (has_cuda || !(dna_value_is_null(device) || device->is_default)) {
        dna_config_warn(log, has_cuda ? cuda : device,
            has_cuda ? "use_cuda" : "cuda_device", "CPU only, no GPU is used");
    }
}
