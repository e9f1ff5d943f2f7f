/* sim_coalescent.c - the coalescent under a demography that the config describes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/coalescent_simulator.h"
#include "sim/demography_section.h"

static const dna_field fields[] = {DNA_SIM_SCENARIO_FIELDS("100", "10"),
    {.key = "n_samples",
        .kind = DNA_KIND_ANY,
        .dflt = "50",
        .schema = "{type: [integer, object, array]}",
        .doc =
            "Number of haploid genomes in a sample; of several populations {A: 20, B: "
            "30}; of several times [{population: A, n: 20, time: 100}], in "
            "generations."},
    DNA_SIM_SEQUENCE_FIELDS("2.0e+6", "1.0e-8", "1.0e-8"),
    {.key = "demography",
        .kind = DNA_KIND_MAP,
        .is_required = true,
        .is_strict = true,
        .fields = dna_fields_demography,
        .doc =
            "The history of the populations: {sizes: [...], times: [...]} by windows, "
            "{model: split, ...} built in, {demes: file.yml}, or Demes written here. "
            "Its numbers may be formulas and distributions."},
    DNA_PRIORS_FIELDS, {0}};

static int
coalescent_open(dna_simulator *sim)
{
    dna_priors *priors = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_priors_new(&priors));
    rc = dna_priors_read(priors, sim->config);
    if (rc < 0) {
        dna_priors_free(priors);
        return rc;
    }
    DNA_TRY(dna_sim_coalescent_open(
        sim, priors, dna_value_get(sim->config, "demography"), "demography"));
out:
    return rc;
}

const dna_simulator_def dna_simulator_coalescent = {.name = "coalescent",
    .doc =
        "Any demography, by the coalescent with recombination. Sizes by windows of "
        "time, a built-in model (constant, one_event, bottleneck, exponential, split, "
        "secondary_contact, admixture), a Demes file, or Demes in the config. Every "
        "number may be drawn, a formula of others or from a table; what is drawn is "
        "a column of the parameter table, to be learned.",
    .fields = fields,
    .opts_size = sizeof(dna_sim_coalescent_opts),
    .config = "parameters:\n"
              "    recent_size: {log_uniform: [1000, 100000]}\n"
              "    event_size: {log_uniform: [1000, 100000]}\n"
              "    event_time: {log_uniform: [10, 10000]}\n"
              "demography:\n"
              "    times: [0, event_time]\n"
              "    sizes: [recent_size, event_size]\n",
    .open = coalescent_open,
    DNA_SIM_COALESCENT_FUNCTIONS};
