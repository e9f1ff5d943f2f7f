/* coalescent.c - the simulator: a model made ready, replicates drawn.
 *
 * SPDX-License-Identifier: MIT
 *
 * A replicate is one block of cells, the whole sequence; or, for max_snp, a prefix that
 * is continued block by block until there are enough sites. Where blocks end depends on
 * the model alone, so nothing is favoured.
 */
#include "dnadna/coalescent.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "sim/loops.h"
#include "sim/sites.h"
#include "sim/tables.h"

#define DEFAULT_EVENTS INT64_C(2000000000)
#define DEFAULT_MEMORY ((size_t)4 << 30)

struct dna_coalescent {
    dna_axis axis;
    dna_history history;
    bool is_set, has_tables, is_smc;
    int64_t max_snp;
    double *probe;
    uint32_t prefix; /* where the first block ends */
    dna_ancestry a;
    dna_log before;  /* of the block before the one being simulated */
    uint64_t *words; /* carriers of the sites so far, in their order */
    int64_t words_room;
    dna_site *scratch;
    int64_t scratch_room;
    dna_coalescent_info info;
    dna_tree_tables tables;
};

int
dna_coalescent_new(dna_coalescent **out)
{
    dna_coalescent *sim = NULL;
    int rc = DNA_OK;

    DNA_NEW(sim, 1);
    dna_ziggurat_init(&sim->a.ziggurat);
    *out = sim;
out:
    return rc;
}

void
dna_coalescent_free(dna_coalescent *sim)
{
    if (sim == NULL) {
        return;
    }
    dna_axis_clear(&sim->axis);
    dna_history_clear(&sim->history);
    dna_free(sim->probe);
    dna_ancestry_clear(&sim->a);
    dna_log_clear(&sim->before);
    dna_free(sim->words);
    dna_free(sim->scratch);
    dna_tables_clear(&sim->tables);
    dna_free(sim);
}

/* ---- a model ----------------------------------------------------------------------- */

static int
add_sample_nodes(dna_coalescent *sim)
{
    const dna_demography *d = &sim->history.d;
    int rc = DNA_OK;

    for (int64_t i = 0; i < d->n_group; i++) {
        for (int64_t j = 0; j < d->group[i].n; j++) {
            DNA_TRY(dna_record_node(
                &sim->a.record, d->group[i].time, d->group[i].population));
        }
    }
out:
    return rc;
}

/* Where a block should end that has `mass` expected mutations before its end: at the
 * very end if that is not far. */
static uint32_t
block_end(const dna_axis *axis, uint32_t begin, double mass)
{
    if (!(mass < 0.7 * dna_axis_mass(axis, DNA_CELLS))) {
        return DNA_CELLS;
    }
    uint32_t end = dna_axis_cell(axis, dna_axis_bp_of_mass(axis, mass));
    return end > begin ? end : DNA_CELLS;
}

/* Mean length of the tree of the first cell over a fixed number of draws. */
static int
pilot_length(dna_coalescent *sim, double *length)
{
    enum { TREES = 64 };
    dna_ancestry *a = &sim->a;
    int rc = DNA_OK;

    a->branch_length = 0;
    a->has_log = false;
    for (int64_t i = 0; i < TREES; i++) {
        a->n_event = 0;
        a->sites.n = 0;
        dna_rng_init(&a->rng, 0, "coalescent pilot", i, 0, 0);
        dna_ancestry_begin(a, 0, 1);
        DNA_TRY(add_sample_nodes(sim));
        DNA_TRY(dna_run_structured(a, &sim->history, NULL));
    }
    *length = a->branch_length / TREES / dna_axis_bp(&sim->axis, 1);
out:
    return rc;
}

/* The prefix ends where 1.2 times max_snp sites are expected: enough in most replicates,
 * and a longer one costs more than the continuations it saves. */
static int
plan_prefix(dna_coalescent *sim)
{
    double length = 0;
    int rc = DNA_OK;

    sim->prefix = DNA_CELLS;
    if (sim->max_snp > 0) {
        if (sim->history.is_simple) {
            length = dna_history_branch_length(&sim->history);
        } else {
            DNA_TRY(pilot_length(sim, &length));
        }
        sim->prefix = block_end(&sim->axis, 0, 1.2 * (double)sim->max_snp / length);
    }
out:
    return rc;
}

static int
set_probes(dna_coalescent *sim, const dna_coalescent_model *m)
{
    int rc = DNA_OK;

    dna_free(sim->probe);
    dna_free(sim->a.tmrca);
    sim->probe = NULL;
    sim->a.tmrca = NULL;
    DNA_NEW(sim->probe, m->n_probe);
    DNA_NEW(sim->a.tmrca, m->n_probe);
    for (int64_t i = 0; i < m->n_probe; i++) {
        DNA_REQUIRE(m->probe[i] >= 0 && m->probe[i] < m->length, DNA_EARG,
            "probe %lld: %g is not in [0, %g)", (long long)i, m->probe[i], m->length);
        sim->probe[i] = m->probe[i];
    }
    sim->a.probe = sim->probe;
    sim->a.n_probe = m->n_probe;
out:
    return rc;
}

static int
set_ancestry(dna_coalescent *sim, const dna_coalescent_model *m)
{
    dna_ancestry *a = &sim->a;
    int64_t n = sim->history.n_sample;
    int rc = DNA_OK;

    a->axis = &sim->axis;
    a->n_sample = n;
    a->max_memory = m->max_memory > 0 ? m->max_memory : DEFAULT_MEMORY;
    DNA_REQUIRE((size_t)n <= a->max_memory / 256, DNA_ENOMEM,
        "%lld genomes need more than %.0f MiB; raise max_memory", (long long)n,
        (double)a->max_memory / 1048576);
    a->is_node = n > 64;
    a->has_record = a->is_node || m->has_tables;
    a->full = a->is_node ? (uint64_t)n : UINT64_MAX >> (64 - n);
    a->max_events = m->max_events > 0 ? m->max_events : DEFAULT_EVENTS;
    a->is_cancelled = m->is_cancelled;
    a->payload = m->payload;
    DNA_TRY(set_probes(sim, m));
    int64_t n_set = 2 * sim->history.d.n_population;
    if (n_set > a->n_set) {
        dna_lineages *set = dna_realloc(a->set, (size_t)n_set, sizeof(*set));
        if (set == NULL) {
            return DNA_ENOMEM;
        }
        memset(set + a->n_set, 0, (size_t)(n_set - a->n_set) * sizeof(*set));
        a->set = set;
        a->n_set = n_set;
    }
out:
    return rc;
}

static int
check_smc(const dna_coalescent *sim, const dna_coalescent_model *m)
{
    int rc = DNA_OK;

    DNA_REQUIRE(!m->has_tables, DNA_EUNSUPPORTED, "SMC' records no tables");
    DNA_REQUIRE(m->recombination_map == NULL && m->mutation_map == NULL,
        DNA_EUNSUPPORTED, "SMC' takes one recombination and one mutation rate, no map");
    DNA_REQUIRE(sim->history.is_simple, DNA_EUNSUPPORTED,
        "SMC' takes one population without growth, sampled at time 0");
    DNA_REQUIRE(sim->history.n_sample <= 64, DNA_EUNSUPPORTED,
        "SMC' takes at most 64 genomes, not %lld", (long long)sim->history.n_sample);
out:
    return rc;
}

int
dna_coalescent_set(dna_coalescent *sim, const dna_coalescent_model *m)
{
    int rc = DNA_OK;

    sim->is_set = false;
    dna_axis_clear(&sim->axis);
    dna_history_clear(&sim->history);
    DNA_REQUIRE(m->demography != NULL, DNA_EARG, "a model needs a demography");
    DNA_REQUIRE(
        m->max_snp >= 0, DNA_EARG, "max_snp: %lld is below 0", (long long)m->max_snp);
    DNA_REQUIRE(m->max_events >= 0, DNA_EARG, "max_events: %lld is below 0",
        (long long)m->max_events);
    DNA_REQUIRE(!m->has_tables || m->max_snp == 0, DNA_EUNSUPPORTED,
        "tables are recorded of the whole sequence only, not with max_snp");
    DNA_TRY(dna_axis_init(&sim->axis, m));
    DNA_TRY(dna_history_init(&sim->history, m->demography));
    sim->max_snp = m->max_snp;
    sim->has_tables = m->has_tables;
    sim->is_smc = m->is_smc;
    if (m->is_smc) {
        DNA_TRY(check_smc(sim, m));
    }
    DNA_TRY(set_ancestry(sim, m));
    if (!m->is_smc) {
        DNA_TRY(plan_prefix(sim));
    }
    sim->is_set = true;
out:
    return rc;
}

/* ---- a replicate ------------------------------------------------------------------- */

/* Sites first .. of the block just simulated: sorted, and who carries them. */
static int
finish_block(dna_coalescent *sim, int64_t first)
{
    dna_ancestry *a = &sim->a;
    int64_t n = a->sites.n - first;
    int64_t n_word = (a->n_sample + 63) / 64;
    void *p = sim->scratch;
    int rc = dna_grow(&p, &sim->scratch_room, n, sizeof(*sim->scratch));

    sim->scratch = p;
    DNA_TRY(rc);
    p = sim->words;
    rc = dna_grow(&p, &sim->words_room, a->sites.n * n_word, sizeof(*sim->words));
    sim->words = p;
    DNA_TRY(rc);
    dna_site *at = a->sites.at + first;
    uint64_t *words = sim->words + first * n_word;
    dna_sites_sort(at, sim->scratch, n, dna_axis_bp(a->axis, a->begin),
        dna_axis_bp(a->axis, a->end), a->axis->is_uniform);
    if (a->is_node) {
        DNA_TRY(dna_sites_trace(words, at, n, &a->record, a->axis, a->n_sample));
    } else {
        for (int64_t i = 0; i < n; i++) {
            words[i] = at[i].tag;
        }
    }
out:
    return rc;
}

static int
run_block(dna_coalescent *sim, uint32_t begin, uint32_t end)
{
    dna_ancestry *a = &sim->a;
    int64_t first = a->sites.n;
    dna_log log = sim->before;
    int rc = DNA_OK;

    sim->before = a->log; /* what was written is now read */
    a->log = log;
    a->has_log = end < DNA_CELLS;
    dna_ancestry_begin(a, begin, end);
    if (a->has_record) {
        DNA_TRY(add_sample_nodes(sim));
    }
    if (begin == 0 && sim->history.is_simple) {
        DNA_TRY(dna_run_single(a, &sim->history));
    } else {
        DNA_TRY(dna_run_structured(a, &sim->history, begin > 0 ? &sim->before : NULL));
    }
    DNA_TRY(finish_block(sim, first));
out:
    return rc;
}

static int
make_sample(const dna_coalescent *sim, dna_sample **out)
{
    const dna_ancestry *a = &sim->a;
    int64_t n_site = sim->info.n_site;
    double length = sim->axis.length;
    dna_sample *s = NULL;
    int rc = DNA_OK;

    DNA_REQUIRE((double)a->n_sample * (double)n_site <= (double)a->max_memory,
        DNA_ENOMEM, "a matrix of %lld genomes and %lld sites is larger than %.0f MiB",
        (long long)a->n_sample, (long long)n_site, (double)a->max_memory / 1048576);
    DNA_NEW(s, 1);
    DNA_TRY(dna_array_init(&s->snp, DNA_U8, 2, (int64_t[]){a->n_sample, n_site}));
    DNA_TRY(dna_array_init(&s->pos, DNA_F64, 1, (int64_t[]){n_site}));
    dna_sites_matrix(s->snp.data, sim->words, a->n_sample, n_site);
    for (int64_t i = 0; i < n_site; i++) {
        ((double *)s->pos.data)[i] = a->sites.at[i].pos;
    }
    s->has_pos = true;
    s->n_hap = a->n_sample;
    s->n_site = n_site;
    s->format = (dna_position_format){.initial_position = (double)NAN};
    if (length == floor(length) && length < 0x1p53) {
        s->format.chromosome_size = (int64_t)length;
    }
    *out = s;
    s = NULL;
out:
    dna_sample_free(s);
    return rc;
}

static int
run_exact(dna_coalescent *sim, uint64_t seed, int64_t scenario, int64_t replicate)
{
    dna_ancestry *a = &sim->a;
    int rc = DNA_OK;

    dna_rng_init(&a->rng, seed, "coalescent", scenario, replicate, 0);
    DNA_TRY(run_block(sim, 0, sim->prefix));
    while (a->sites.n < sim->max_snp && a->end < DNA_CELLS) {
        uint32_t end =
            block_end(&sim->axis, a->end, 2 * dna_axis_mass(&sim->axis, a->end));
        sim->info.n_extension++;
        dna_rng_init(
            &a->rng, seed, "coalescent", scenario, replicate, sim->info.n_extension);
        DNA_TRY(run_block(sim, a->end, end));
    }
    sim->info.simulated = dna_axis_bp(&sim->axis, a->end);
out:
    return rc;
}

static int
run_smc(dna_coalescent *sim, uint64_t seed, int64_t scenario, int64_t replicate)
{
    dna_ancestry *a = &sim->a;
    int rc = DNA_OK;

    dna_rng_init(&a->rng, seed, "coalescent SMC'", scenario, replicate, 0);
    dna_ancestry_begin(a, 0, DNA_CELLS);
    DNA_TRY(dna_run_smc(a, &sim->history, sim->max_snp, &sim->info.simulated));
    DNA_TRY(finish_block(sim, 0));
out:
    return rc;
}

int
dna_coalescent_run(dna_coalescent *sim, uint64_t seed, int64_t scenario,
    int64_t replicate, dna_sample **out)
{
    dna_ancestry *a = &sim->a;
    int rc = DNA_OK;

    DNA_REQUIRE(sim->is_set, DNA_EARG, "the simulator has no model");
    sim->info = (dna_coalescent_info){.tmrca = a->tmrca};
    a->sites.n = 0;
    a->branch_length = 0;
    a->n_event = 0;
    a->n_recombination = 0;
    for (int64_t i = 0; i < a->n_probe; i++) {
        a->tmrca[i] = (double)NAN;
    }
    if (sim->is_smc) {
        DNA_TRY(run_smc(sim, seed, scenario, replicate));
    } else {
        DNA_TRY(run_exact(sim, seed, scenario, replicate));
    }
    sim->info.n_event = a->n_event;
    sim->info.n_recombination = a->n_recombination;
    sim->info.branch_length = a->branch_length;
    sim->info.n_site =
        sim->max_snp > 0 ? DNA_MIN(a->sites.n, sim->max_snp) : a->sites.n;
    if (sim->has_tables) {
        DNA_TRY(dna_tables_fill(&sim->tables, a, sim->history.d.n_population));
    }
    if (out != NULL) {
        DNA_TRY(make_sample(sim, out));
    }
out:
    return rc;
}

const dna_coalescent_info *
dna_coalescent_last(const dna_coalescent *sim)
{
    return &sim->info;
}

const dna_tree_tables *
dna_coalescent_tables(const dna_coalescent *sim)
{
    return sim->has_tables ? &sim->tables : NULL;
}
