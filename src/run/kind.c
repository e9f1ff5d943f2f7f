/* kind.c - the kinds of config files.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/kind.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "run/parts.h"
#include "sim/simulator.h"

/* The settings of its simulator too, if there is one of the name. */
static int
check_simulation(dna_arena *a, dna_value *v, dna_log *log)
{
    dna_simulator *sim = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_config_check_dataset(a, v, log));
    if (dna_simulator_find(dna_value_as_text(dna_value_get(v, "simulator_name")))
        != NULL) {
        DNA_TRY(dna_simulator_new(&sim, a, v, 0, log));
    }
out:
    dna_simulator_free(sim);
    return rc;
}

enum { DATASET, SIMULATION, PREPROCESSING, TRAINING, TRAINING_RUN, SUMMARY_STATISTICS };

static const dna_config_kind kinds[] = {
    [DATASET] = {.name = "dataset",
        .title = "Dataset config of dnadna",
        .fields = dna_fields_dataset,
        .check = dna_config_check_dataset},
    [SIMULATION] = {.name = "simulation",
        .title = "Simulation config of dnadna",
        .fields = dna_fields_dataset,
        .is_simulation = true,
        .check = check_simulation},
    [PREPROCESSING] = {.name = "preprocessing",
        .title = "Preprocessing config of dnadna",
        .fields = dna_fields_preprocessing,
        .also = dna_fields_training,
        .is_model = true,
        .check = dna_config_check_preprocessing},
    [TRAINING] = {.name = "training",
        .title = "Training config of dnadna",
        .fields = dna_fields_training,
        .is_model = true,
        .is_training = true,
        .check = dna_config_check_training},
    [TRAINING_RUN] = {.name = "training-run",
        .title = "Final config of a training run of dnadna",
        .fields = dna_fields_training_run,
        .is_model = true,
        .is_training = true,
        .check = dna_config_check_training_run},
    [SUMMARY_STATISTICS] = {.name = "summary-statistics",
        .title = "Config of summary statistics of dnadna",
        .fields = dna_fields_sumstats_config,
        .check = dna_config_check_sumstats},
};

const dna_config_kind *
dna_config_kind_at(int64_t i)
{
    return i >= 0 && i < DNA_COUNT(kinds) ? &kinds[i] : NULL;
}

/* "dataset, simulation, ..." */
static void
list_names(dna_str *out)
{
    dna_str_init(out, 0);
    for (int64_t i = 0; i < DNA_COUNT(kinds); i++) {
        dna_str_addf(out, "%s%s", i > 0 ? ", " : "", kinds[i].name);
    }
}

int
dna_config_kind_find(const dna_config_kind **out, const char *name)
{
    dna_str names;

    for (int64_t i = 0; i < DNA_COUNT(kinds); i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            *out = &kinds[i];
            return DNA_OK;
        }
    }
    list_names(&names);
    int rc = dna_fail(DNA_ENOTFOUND, "\"%s\" is no kind of config, there are: %s", name,
        dna_str_text(&names));
    dna_str_clear(&names);
    return rc;
}

/* Whether the config has a key that the first table has and the second has not. */
static bool
has_key_of(const dna_value *config, const dna_field *fields, const dna_field *without)
{
    for (int64_t i = 0; i < config->n; i++) {
        const char *key = config->keys[i];
        if (dna_field_find(fields, key) != NULL
            && (without == NULL || dna_field_find(without, key) == NULL)) {
            return true;
        }
    }
    return false;
}

int
dna_config_kind_detect(const dna_config_kind **out, const dna_value *config)
{
    bool is_run = !dna_value_is_null(dna_value_get(config, "run_name"))
                  || !dna_value_is_null(dna_value_get(config, "training_datetime"));
    bool is_simulation = !dna_value_is_null(dna_value_get(config, "simulator_name"));
    dna_str names;

    *out = NULL;
    if (is_run) {
        *out = &kinds[TRAINING_RUN];
    } else if (dna_value_get(config, "simulation") != NULL) {
        *out = &kinds[SUMMARY_STATISTICS];
    } else if (dna_value_get(config, "data_source") != NULL
               || dna_value_get(config, "data_root") != NULL) {
        *out = &kinds[is_simulation ? SIMULATION : DATASET];
    } else if (is_simulation) {
        *out = &kinds[SIMULATION];
    } else if (has_key_of(config, dna_fields_training, dna_fields_preprocessing)) {
        *out = &kinds[TRAINING];
    } else if (has_key_of(config, dna_fields_preprocessing, dna_fields_dataset)) {
        *out = &kinds[PREPROCESSING];
    }
    if (*out != NULL) {
        return DNA_OK;
    }
    list_names(&names);
    int rc = dna_config_fail(DNA_EARG, config, "",
        "no key tells what kind of config this is; --kind does: %s",
        dna_str_text(&names));
    dna_str_clear(&names);
    return rc;
}

int
dna_config_kind_check(
    const dna_config_kind *kind, dna_arena *a, dna_value *config, dna_log *log)
{
    int rc = DNA_OK;

    DNA_TRY(kind->check(a, config, log));
    if (kind->is_model) {
        DNA_TRY(dna_parts_check(a, config, kind->is_training, log));
    }
out:
    return rc;
}
