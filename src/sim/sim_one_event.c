/* sim_one_event.c - one population whose size changed once.
 *
 * SPDX-License-Identifier: MIT
 *
 * The settings are the original's, and for a seed so is its parameter table: NumPy's
 * MT19937 draws event_time for all scenarios, then recent_size, then event_size
 * (docs/formats.md). Each replicate has a random stream of its own.
 */
#include <math.h>
#include <stddef.h>

#include "base/mem.h"
#include "base/mt19937.h"
#include "config/schema.h"
#include "dnadna/coalescent.h"
#include "sim/simulator.h"

typedef struct {
    int64_t n_scenarios, n_replicates, n_samples;
    double segment_length;
    int64_t tmax, tmin, generation_time;
    double recombination_rate, mutation_rate;
    double n_min, n_max;
} one_event_opts;

static const dna_field fields[] = {
    {.key = "n_scenarios",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .min = 1,
        .dflt = "100",
        .offset = offsetof(one_event_opts, n_scenarios),
        .doc = "Number of scenarios: rows of the parameter table."},
    {.key = "n_replicates",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .min = 1,
        .dflt = "3",
        .offset = offsetof(one_event_opts, n_replicates),
        .doc = "Independent regions simulated for each scenario."},
    {.key = "n_samples",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .min = 2,
        .dflt = "50",
        .offset = offsetof(one_event_opts, n_samples),
        .doc = "Number of haploid genomes in a sample."},
    {.key = "segment_length",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .min = 1,
        .dflt = "2.0e+6",
        .offset = offsetof(one_event_opts, segment_length),
        .doc = "Length of a region in base pairs."},
    {.key = "tmax",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .min = 0,
        .dflt = "100000",
        .offset = offsetof(one_event_opts, tmax),
        .doc = "Oldest time of the event, in years."},
    {.key = "tmin",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .min = 0,
        .dflt = "2000",
        .offset = offsetof(one_event_opts, tmin),
        .doc = "Most recent time of the event, in years."},
    {.key = "generation_time",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .min = 1,
        .dflt = "25",
        .offset = offsetof(one_event_opts, generation_time),
        .doc = "Years per generation."},
    {.key = "recombination_rate",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .min = 0,
        .dflt = "1.0e-8",
        .offset = offsetof(one_event_opts, recombination_rate),
        .doc = "Recombinations per base pair per generation."},
    {.key = "mutation_rate",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .min = 0,
        .dflt = "1.0e-8",
        .offset = offsetof(one_event_opts, mutation_rate),
        .doc = "Mutations per base pair per generation."},
    {.key = "n_min",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .min = 0,
        .dflt = "3.6989700043360187",
        .offset = offsetof(one_event_opts, n_min),
        .doc = "Logarithm to base 10 of the smallest population size."},
    {.key = "n_max",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .min = 0,
        .has_max = true,
        .max = 15,
        .dflt = "4.698970004336019",
        .offset = offsetof(one_event_opts, n_max),
        .doc = "Logarithm to base 10 of the largest population size."},
    {0}};

enum {
    MUTATION_RATE,
    RECOMBINATION_RATE,
    EVENT_TIME,
    RECENT_SIZE,
    EVENT_SIZE,
    N_REPLICATES,
    N_SAMPLES,
    SEGMENT_LENGTH,
    N_COLUMN
};

static const dna_sim_column columns[N_COLUMN] = {
    [MUTATION_RATE] = {.name = "mutation_rate"},
    [RECOMBINATION_RATE] = {.name = "recombination_rate"},
    [EVENT_TIME] = {.name = "event_time", .is_integer = true},
    [RECENT_SIZE] = {.name = "recent_size", .is_integer = true},
    [EVENT_SIZE] = {.name = "event_size", .is_integer = true},
    [N_REPLICATES] = {.name = "n_replicates", .is_integer = true},
    [N_SAMPLES] = {.name = "n_samples", .is_integer = true},
    [SEGMENT_LENGTH] = {.name = "segment_length", .is_integer = true}};

static int
one_event_open(dna_simulator *sim)
{
    const one_event_opts *o = sim->opts;

    if (o->tmin > o->tmax) {
        return dna_config_fail(DNA_EARG, dna_value_get(sim->config, "tmin"), "tmin",
            "%lld is above tmax %lld", (long long)o->tmin, (long long)o->tmax);
    }
    if (sim->seed > UINT32_MAX) { /* of NumPy's generator */
        return dna_config_fail(DNA_EARG, dna_value_get(sim->config, "seed"), "seed",
            "%llu is above %llu, the largest of this simulator",
            (unsigned long long)sim->seed, (unsigned long long)UINT32_MAX);
    }
    if (o->n_min > o->n_max) {
        return dna_config_fail(DNA_EARG, dna_value_get(sim->config, "n_min"), "n_min",
            "%.10g is above n_max %.10g", o->n_min, o->n_max);
    }
    sim->columns = columns;
    sim->n_column = N_COLUMN;
    sim->replicate_column = N_REPLICATES;
    return DNA_OK;
}

/* ---- parameters ------------------------------------------------------------------ */

/* A uniform number on [0, 1) from either generator. */
typedef double (*uniform_fn)(void *generator);

static double
from_mt19937(void *generator)
{
    return dna_mt19937_uniform(generator);
}

static double
from_stream(void *generator)
{
    return dna_rng_uniform(generator);
}

static double
between(uniform_fn uniform, void *generator, double a, double b)
{
    return a + (b - a) * uniform(generator);
}

static double
draw_time(const one_event_opts *o, uniform_fn uniform, void *generator)
{
    double generation = (double)o->generation_time;
    return trunc(between(uniform, generator, (double)o->tmin / generation,
        (double)o->tmax / generation));
}

static double
draw_recent_size(const one_event_opts *o, uniform_fn uniform, void *generator)
{
    return trunc(pow(10.0, between(uniform, generator, o->n_min, o->n_max)));
}

/* Within a factor of ten of the recent size, redrawn until within the bounds; bounds
 * that are one leave nothing to draw. */
static double
draw_event_size(
    const one_event_opts *o, double recent, uniform_fn uniform, void *generator)
{
    double least = pow(10.0, o->n_min), most = pow(10.0, o->n_max);
    double size;

    if (o->n_max - o->n_min < 1e-6) {
        return trunc(least);
    }
    do {
        size = recent * pow(10.0, between(uniform, generator, -1.0, 1.0));
    } while (!(size >= least && size <= most));
    return trunc(size);
}

static void
fill_constants(const one_event_opts *o, double *row)
{
    row[MUTATION_RATE] = o->mutation_rate;
    row[RECOMBINATION_RATE] = o->recombination_rate;
    row[N_REPLICATES] = (double)o->n_replicates;
    row[N_SAMPLES] = (double)o->n_samples;
    row[SEGMENT_LENGTH] = trunc(o->segment_length);
}

static int
one_event_draw(const dna_simulator *sim, dna_rng *rng, double *row)
{
    const one_event_opts *o = sim->opts;

    row[EVENT_TIME] = draw_time(o, from_stream, rng);
    row[RECENT_SIZE] = draw_recent_size(o, from_stream, rng);
    row[EVENT_SIZE] = draw_event_size(o, row[RECENT_SIZE], from_stream, rng);
    fill_constants(o, row);
    return DNA_OK;
}

static int
one_event_table(const dna_simulator *sim, double *values)
{
    const one_event_opts *o = sim->opts;
    int64_t n = sim->n_scenario;
    dna_mt19937 mt;

    dna_mt19937_init(&mt, (uint32_t)sim->seed);
    for (int64_t i = 0; i < n; i++) {
        values[i * N_COLUMN + EVENT_TIME] = draw_time(o, from_mt19937, &mt);
    }
    for (int64_t i = 0; i < n; i++) {
        values[i * N_COLUMN + RECENT_SIZE] = draw_recent_size(o, from_mt19937, &mt);
    }
    for (int64_t i = 0; i < n; i++) {
        double *row = values + i * N_COLUMN;
        row[EVENT_SIZE] = draw_event_size(o, row[RECENT_SIZE], from_mt19937, &mt);
        fill_constants(o, row);
    }
    return DNA_OK;
}

/* ---- replicates ------------------------------------------------------------------ */

static int
one_event_worker_new(void **worker, const dna_simulator *sim)
{
    dna_coalescent *coalescent = NULL;
    int rc = DNA_OK;

    (void)sim;
    DNA_TRY(dna_coalescent_new(&coalescent));
    *worker = coalescent;
out:
    return rc;
}

static void
one_event_worker_free(void *worker)
{
    dna_coalescent_free(worker);
}

static int
one_event_run(void *worker, const dna_simulator *sim, const double *row, uint64_t seed,
    int64_t scenario, int64_t replicate, int64_t max_snp, dna_sample **out)
{
    dna_population population = {.size = row[RECENT_SIZE]};
    dna_demographic_event event = {
        .time = row[EVENT_TIME], .kind = DNA_EVENT_SIZE, .value = row[EVENT_SIZE]};
    dna_sample_group group = {.n = (int64_t)row[N_SAMPLES]};
    dna_demography demography = {.population = &population,
        .n_population = 1,
        .event = &event,
        .n_event = 1,
        .group = &group,
        .n_group = 1};
    dna_coalescent_model model = {.demography = &demography,
        .length = row[SEGMENT_LENGTH],
        .recombination_rate = row[RECOMBINATION_RATE],
        .mutation_rate = row[MUTATION_RATE],
        .max_snp = max_snp,
        .has_tables = sim->has_trees,
        .is_cancelled = sim->is_cancelled,
        .payload = sim->payload};
    int rc = DNA_OK;

    DNA_TRY(dna_coalescent_set(worker, &model));
    DNA_TRY(dna_coalescent_run(worker, seed, scenario, replicate, out));
out:
    return rc;
}

static const dna_tree_tables *
one_event_trees(void *worker)
{
    return dna_coalescent_tables(worker);
}

const dna_simulator_def dna_simulator_one_event = {.name = "one_event",
    .doc =
        "One population whose size changed once, by the coalescent with recombination. "
        "The time of the event and the sizes after it (recent_size) and before it "
        "(event_size) are drawn for each scenario; time is in generations in the "
        "table. For a seed the table is that of the original program.",
    .fields = fields,
    .opts_size = sizeof(one_event_opts),
    .config = "plugins: [dnadna.examples.one_event]\n",
    .preprocessing = "model_root: .\n"
                     "dataset_splits: {training: 0.7, validation: 0.3}\n"
                     "preprocessing: {min_snp: 500}\n"
                     "learned_params!:\n"
                     "    event_time: {type: regression, log_transform: true}\n"
                     "    recent_size: {type: regression, log_transform: true}\n"
                     "    event_size: {type: regression, log_transform: true}\n",
    .training = "dataset_transforms:\n"
                "- crop: {max_snp: 500}\n"
                "n_epochs: 5\n"
                "batch_size: 20\n"
                "evaluation_interval: 10\n"
                "loader_num_workers: 4\n",
    .open = one_event_open,
    .table = one_event_table,
    .draw = one_event_draw,
    .worker_new = one_event_worker_new,
    .worker_free = one_event_worker_free,
    .run = one_event_run,
    .trees = one_event_trees};
