/* sim_size_history.c - one population whose size changes from window to window.
 *
 * SPDX-License-Identifier: MIT
 *
 * Window i begins at ((1 + a T)^(i / (n - 1)) - 1) / a generations, i = 0 .. n - 1, with T
 * the begin of the oldest and a so that recent windows are shorter: Boitard et al. 2016,
 * PLoS Genet. 12:e1005877. The first size is log-uniform, each next one the previous one
 * times a log-uniform factor, drawn again until within the bounds: Sanchez et al. 2020,
 * Mol. Ecol. Resour. 21:2645.
 */
#include <math.h>

#include "config/schema.h"
#include "sim/coalescent_simulator.h"

typedef struct {
    dna_sim_coalescent_opts common;
    int64_t n_samples, n_windows;
    double oldest_window, window_growth, size_min, size_max, size_factor;
} size_history_opts;

#define NUMBER_FIELD(name, least, is_open, value, text)                        \
    {                                                                          \
        .key = #name, .kind = DNA_KIND_FLOAT, .has_min = true, .min = (least), \
        .is_min_open = (is_open), .dflt = (value),                             \
        .offset = offsetof(size_history_opts, name), .doc = (text)             \
    }

static const dna_field fields[] = {DNA_SIM_SCENARIO_FIELDS("100", "100"),
    {.key = "n_samples",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .min = 2,
        .dflt = "50",
        .offset = offsetof(size_history_opts, n_samples),
        .doc = "Number of haploid genomes in a sample."},
    DNA_SIM_SEQUENCE_FIELDS("2.0e+6", "{uniform: [1.0e-9, 1.0e-8]}", "1.0e-8"),
    {.key = "n_windows",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .min = 2,
        .has_max = true,
        .max = 1000,
        .dflt = "21",
        .offset = offsetof(size_history_opts, n_windows),
        .doc = "Number of time windows, each with a size of its own: columns size_0 "
               "(the most recent), size_1, ..."},
    NUMBER_FIELD(oldest_window, 0, true, "130000",
        "Where the oldest window begins, in generations."),
    NUMBER_FIELD(window_growth, 0, true, "0.06",
        "How much longer older windows are, per generation."),
    NUMBER_FIELD(size_min, 0, true, "10", "The smallest size."),
    NUMBER_FIELD(size_max, 0, true, "100000", "The largest size."),
    NUMBER_FIELD(size_factor, 1, true, "10",
        "The largest factor between the sizes of two windows."),
    DNA_PRIORS_FIELDS, {0}};

/* The sizes join the priors; the section is {times: [...], sizes: [size_0, ...]}. */
static int
make_section(dna_simulator *sim, dna_priors *p, dna_value **out)
{
    const size_history_opts *o = sim->opts;
    dna_arena *a = sim->arena;
    dna_value *section = dna_value_map(a);
    dna_value *times = dna_value_list(a);
    dna_value *sizes = dna_value_list(a);
    int rc = DNA_OK;

    if (section == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; i < o->n_windows; i++) {
        double share = (double)i / (double)(o->n_windows - 1);
        double time = expm1(log1p(o->window_growth * o->oldest_window) * share)
                      / o->window_growth;
        const char *name = dna_arena_printf(a, "size_%lld", (long long)i);
        const char *text =
            i == 0 ? dna_arena_printf(
                a, "{log_uniform: [%.17g, %.17g]}", o->size_min, o->size_max)
                   : dna_arena_printf(a,
                       "{expression: \"size_%lld * log_uniform(%.17g, %.17g)\", "
                       "within: [%.17g, %.17g]}",
                       (long long)i - 1, 1 / o->size_factor, o->size_factor,
                       o->size_min, o->size_max);
        if (name == NULL || text == NULL) {
            return DNA_ENOMEM;
        }
        if (dna_priors_find(p, name) < 0) { /* else a table or parameter has it */
            DNA_TRY(dna_priors_add_text(p, NULL, name, text, 0));
        }
        DNA_TRY(dna_value_append(a, sizes, dna_value_string(a, name)));
        DNA_TRY(dna_value_append(a, times, dna_value_float(a, time)));
    }
    DNA_TRY(dna_value_set(a, section, "times", times));
    DNA_TRY(dna_value_set(a, section, "sizes", sizes));
    *out = section;
out:
    return rc;
}

static int
size_history_open(dna_simulator *sim)
{
    const size_history_opts *o = sim->opts;
    dna_priors *priors = NULL;
    dna_value *section = NULL;
    int rc = DNA_OK;

    if (o->size_min > o->size_max) {
        return dna_config_fail(DNA_EARG, dna_value_get(sim->config, "size_min"),
            "size_min", "%.10g is above size_max %.10g", o->size_min, o->size_max);
    }
    DNA_TRY(dna_priors_new(&priors));
    DNA_TRY(dna_priors_read(priors, sim->config));
    DNA_TRY(make_section(sim, priors, &section));
    dna_priors *taken = priors;
    priors = NULL;
    DNA_TRY(dna_sim_coalescent_open(sim, taken, section, "size_history"));
out:
    dna_priors_free(priors);
    return rc;
}

#define SIZE(i) "    size_" #i ": {type: regression, log_transform: true}\n"
#define SIZES \
    SIZE(0)   \
    SIZE(1)   \
    SIZE(2)   \
    SIZE(3)   \
    SIZE(4)   \
    SIZE(5)   \
    SIZE(6)   \
    SIZE(7)   \
    SIZE(8)   \
    SIZE(9)   \
    SIZE(10)  \
    SIZE(11)  \
    SIZE(12) SIZE(13) SIZE(14) SIZE(15) SIZE(16) SIZE(17) SIZE(18) SIZE(19) SIZE(20)

/* Positions as the published network reads them: base pairs to the previous SNP. */
const dna_simulator_def dna_simulator_size_history = {.name = "size_history",
    .doc = "One population whose size changes from window to window, 21 in all, by the "
           "coalescent with recombination. Windows, sizes and rates are drawn as in "
           "Sanchez et al. 2020 and Boitard et al. 2016; columns size_0 (most recent) "
           "to size_20, to be learned as logarithms.",
    .fields = fields,
    .opts_size = sizeof(size_history_opts),
    .config = "position_format: {distance: true, normalized: false}\n",
    .preprocessing = "model_root: .\n"
                     "dataset_splits: {training: 0.7, validation: 0.3}\n"
                     "preprocessing: {min_snp: 400}\n"
                     "learned_params!:\n" SIZES,
    .training = "network:\n"
                "    name: SPIDNA\n"
                "    params: {n_blocks: 7, n_features: 50}\n"
                "dataset_transforms:\n"
                "- crop: {max_snp: 400}\n"
                "- snp_format: concat\n"
                "n_epochs: 5\n"
                "batch_size: 20\n"
                "evaluation_interval: 100\n"
                "loader_num_workers: 4\n",
    .open = size_history_open,
    DNA_SIM_COALESCENT_FUNCTIONS};
