/* test_blocks.c - a sequence simulated block by block is one sequence.
 *
 * SPDX-License-Identifier: MIT
 *
 * max_snp continues few of its prefixes, so here every replicate is made of three blocks,
 * and what lies in different blocks must covary as in one.
 */
#include "unit/sim/sim_fixture.h"

#include "sim/loops.h"

enum { BLOCKS = 3, PROBES = 3 };

/* One probe in each block. */
static const double probe[PROBES] = {2000, 5000, 8000};
static const double block_end[BLOCKS] = {3500, 6000, 10000};

typedef struct {
    dna_axis axis;
    dna_history history;
    dna_ancestry a;
    dna_log before;
} blocks;

static void
blocks_init(blocks *b, const dna_demography *d, double recombination_rate)
{
    dna_coalescent_model m = {.demography = d,
        .length = 10000,
        .recombination_rate = recombination_rate,
        .mutation_rate = 1e-6};
    *b = (blocks){0};
    assert_ok(dna_axis_init(&b->axis, &m));
    assert_ok(dna_history_init(&b->history, d));
    dna_ziggurat_init(&b->a.ziggurat);
    b->a.axis = &b->axis;
    b->a.n_sample = b->history.n_sample;
    b->a.full = UINT64_MAX >> (64 - b->history.n_sample);
    b->a.max_events = 1000000;
    b->a.max_memory = 1 << 28;
    b->a.n_set = 2 * d->n_population;
    b->a.set = dna_calloc((size_t)b->a.n_set, sizeof(*b->a.set));
    b->a.tmrca = dna_calloc(PROBES, sizeof(double));
    b->a.probe = probe;
    b->a.n_probe = PROBES;
}

static void
blocks_clear(blocks *b)
{
    dna_axis_clear(&b->axis);
    dna_history_clear(&b->history);
    dna_log_clear(&b->before);
    dna_ancestry_clear(&b->a);
}

static void
draw(blocks *b, int64_t replicate)
{
    uint32_t begin = 0;
    b->a.sites.n = 0;
    b->a.n_event = 0;
    b->a.branch_length = 0;
    for (int i = 0; i < BLOCKS; i++) {
        uint32_t end = dna_axis_cell(&b->axis, block_end[i]);
        dna_log log = b->before;
        b->before = b->a.log;
        b->a.log = log;
        b->a.has_log = i + 1 < BLOCKS;
        dna_rng_init(&b->a.rng, 1, "blocks", replicate, i, 0);
        dna_ancestry_begin(&b->a, begin, end);
        if (i == 0 && b->history.is_simple) {
            assert_ok(dna_run_single(&b->a, &b->history));
        } else {
            assert_ok(
                dna_run_structured(&b->a, &b->history, i > 0 ? &b->before : NULL));
        }
        begin = end;
    }
}

/* The mean in each block, and the covariances between them: (2N)^2 (R + 18) /
 * (R^2 + 13 R + 18), R = 4 N x recombination between (Griffiths 1981; Hudson 1983). */
static void
test_blocks_covary(void **state)
{
    (void)state;
    static const double rates[] = {1e-8, 1e-7, 1e-6};
    dna_population p = {.size = 1000};
    dna_sample_group g = {.n = 2};
    dna_demography d = {.population = &p, .n_population = 1, .group = &g, .n_group = 1};
    for (int k = 0; k < DNA_COUNT(rates); k++) {
        blocks b;
        running mean[PROBES] = {0};
        running product[PROBES] = {0};
        running length = {0};
        running sites = {0};
        blocks_init(&b, &d, rates[k]);
        for (int64_t i = 0; i < 30000; i++) {
            draw(&b, i);
            for (int x = 0; x < PROBES; x++) {
                int y = (x + 1) % PROBES;
                running_add(&mean[x], b.a.tmrca[x]);
                running_add(
                    &product[x], (b.a.tmrca[x] / 2000 - 1) * (b.a.tmrca[y] / 2000 - 1));
            }
            running_add(&length, b.a.branch_length);
            running_add(&sites, (double)b.a.sites.n);
        }
        for (int x = 0; x < PROBES; x++) {
            double r = 4000 * rates[k] * fabs(probe[x] - probe[(x + 1) % PROBES]);
            assert_mean(&mean[x], 2000, "TMRCA");
            assert_mean(&product[x], (r + 18) / (r * r + 13 * r + 18), "covariance");
        }
        assert_mean(&length, 4000 * 10000, "branch length");
        assert_mean(&sites, 40, "sites");
        blocks_clear(&b);
    }
}

/* Six genomes of a history with everything: blocks against whole sequences, means and
 * products of TMRCAs. */
static void
test_blocks_of_a_rich_history(void **state)
{
    (void)state;
    dna_population p[2] = {{.size = 1000, .growth = 4e-4}, {.size = 400}};
    double m[4] = {0, 1e-3, 5e-4, 0};
    dna_demographic_event e[4] = {{300, DNA_EVENT_MOVE, 0, 1, 0.4},
        {900, DNA_EVENT_GROWTH, 0, 0, 0}, {1500, DNA_EVENT_MOVE, 1, 0, 1},
        {1500, DNA_EVENT_MIGRATION, DNA_EVERY, DNA_EVERY, 0}};
    dna_sample_group g[3] = {{2, 0, 0}, {2, 1, 0}, {2, 1, 500}};
    dna_demography d = {p, 2, m, e, 4, g, 3};
    dna_coalescent_model model = {.demography = &d,
        .length = 10000,
        .recombination_rate = 2e-7,
        .probe = probe,
        .n_probe = PROBES};
    dna_coalescent *sim = new_simulator(&model);
    blocks b;
    running whole[2 * PROBES] = {0};
    running parts[2 * PROBES] = {0};
    blocks_init(&b, &d, model.recombination_rate);
    for (int64_t i = 0; i < 8000; i++) {
        draw(&b, i);
        (void)draw_tmrca(sim, i);
        const double *t = dna_coalescent_last(sim)->tmrca;
        for (int x = 0; x < PROBES; x++) {
            int y = (x + 1) % PROBES;
            running_add(&parts[x], b.a.tmrca[x]);
            running_add(&whole[x], t[x]);
            running_add(&parts[PROBES + x], log(b.a.tmrca[x]) * log(b.a.tmrca[y]));
            running_add(&whole[PROBES + x], log(t[x]) * log(t[y]));
        }
    }
    for (int x = 0; x < 2 * PROBES; x++) {
        assert_same_mean(&whole[x], &parts[x], x < PROBES ? "TMRCA" : "product");
    }
    blocks_clear(&b);
    dna_coalescent_free(sim);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_covary),
        cmocka_unit_test(test_blocks_of_a_rich_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
