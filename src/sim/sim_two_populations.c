/* sim_two_populations.c - two populations that separated, with migration since.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/schema.h"
#include "sim/coalescent_simulator.h"

#define SIZE_PRIOR "{log_uniform: [1000, 100000]}"

static const dna_field fields[] = {DNA_SIM_SCENARIO_FIELDS("100", "10"),
    {.key = "n_samples",
        .kind = DNA_KIND_ANY,
        .dflt = "{A: 25, B: 25}",
        .schema = "{type: [object, array]}",
        .doc = "Number of haploid genomes of each population; of several times "
               "[{population: A, n: 20, time: 100}, ...], in generations."},
    DNA_SIM_SEQUENCE_FIELDS("2.0e+6", "1.0e-8", "1.0e-8"),
    DNA_SIM_VALUE_FIELD("size_A", SIZE_PRIOR,
        "Diploid size of population A; like what follows a number, a formula or a "
        "distribution."),
    DNA_SIM_VALUE_FIELD("size_B", SIZE_PRIOR, "Size of population B."),
    DNA_SIM_VALUE_FIELD("ancestral_size", SIZE_PRIOR, "Size before the split."),
    DNA_SIM_VALUE_FIELD("split_time", "{log_uniform: [100, 20000]}",
        "When A and B separated, in generations."),
    DNA_SIM_VALUE_FIELD("migration_AB", "{log_uniform: [1.0e-6, 1.0e-3]}",
        "The share of B that comes from A in each generation since the split."),
    DNA_SIM_VALUE_FIELD("migration_BA", "{log_uniform: [1.0e-6, 1.0e-3]}",
        "The share of A that comes from B in each generation since the split."),
    DNA_PRIORS_FIELDS, {0}};

static const char *const names[] = {
    "size_A", "size_B", "ancestral_size", "split_time", "migration_AB", "migration_BA"};

static int
two_populations_open(dna_simulator *sim)
{
    dna_arena *a = sim->arena;
    dna_value *section = dna_value_map(a);
    dna_priors *priors = NULL;
    int rc = DNA_OK;

    if (section == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(dna_priors_new(&priors));
    DNA_TRY(dna_priors_read(priors, sim->config));
    DNA_TRY(dna_value_set(a, section, "model", dna_value_string(a, "split")));
    for (int64_t i = 0; i < (int64_t)(sizeof(names) / sizeof(names[0])); i++) {
        if (dna_priors_find(priors, names[i]) < 0) { /* else a table has it */
            DNA_TRY(dna_priors_add(priors, NULL, names[i],
                dna_value_get(sim->config, names[i]), names[i], 0));
        }
        DNA_TRY(dna_value_set(a, section, names[i], dna_value_string(a, names[i])));
    }
    dna_priors *taken = priors;
    priors = NULL;
    DNA_TRY(dna_sim_coalescent_open(sim, taken, section, "two_populations"));
out:
    dna_priors_free(priors);
    return rc;
}

const dna_simulator_def dna_simulator_two_populations = {.name = "two_populations",
    .doc =
        "Two populations that were one until they split, with migration since, by the "
        "coalescent with recombination. Sizes, the time of the split and both rates "
        "of migration are drawn; rows of A come before those of B.",
    .fields = fields,
    .opts_size = sizeof(dna_sim_coalescent_opts),
    .preprocessing = "model_root: .\n"
                     "dataset_splits: {training: 0.7, validation: 0.3}\n"
                     "preprocessing: {min_snp: 400}\n"
                     "learned_params!:\n"
                     "    size_A: {type: regression, log_transform: true}\n"
                     "    size_B: {type: regression, log_transform: true}\n"
                     "    ancestral_size: {type: regression, log_transform: true}\n"
                     "    split_time: {type: regression, log_transform: true}\n"
                     "    migration_AB: {type: regression, log_transform: true}\n"
                     "    migration_BA: {type: regression, log_transform: true}\n",
    .training = "dataset_transforms:\n"
                "- crop: {max_snp: 400}\n"
                "n_epochs: 5\n"
                "batch_size: 20\n"
                "evaluation_interval: 100\n"
                "loader_num_workers: 4\n",
    .open = two_populations_open,
    DNA_SIM_COALESCENT_FUNCTIONS};
