/* test_coalescent.c - samples, tables and limits of the coalescent.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit/sim/sim_fixture.h"

#include "base/pool.h"

static dna_population ten = {.size = 1000};
static dna_sample_group group = {.n = 10};
static const dna_demography simple = {
    .population = &ten, .n_population = 1, .group = &group, .n_group = 1};

/* Two populations with migration, a split, growth and an old genome. */
static const dna_demography *
rich(int64_t n)
{
    static dna_population p[2] = {{.size = 1000, .growth = 5e-4}, {.size = 400}};
    static const double m[4] = {0, 1e-3, 5e-4, 0};
    static const dna_demographic_event e[4] = {{300, DNA_EVENT_MOVE, 0, 1, 0.2},
        {700, DNA_EVENT_GROWTH, 0, 0, 0}, {900, DNA_EVENT_MOVE, 1, 0, 1},
        {900, DNA_EVENT_MIGRATION, DNA_EVERY, DNA_EVERY, 0}};
    static dna_sample_group g[3];
    static dna_demography d;
    g[0] = (dna_sample_group){n / 2, 0, 0};
    g[1] = (dna_sample_group){n - n / 2 - 1, 1, 0};
    g[2] = (dna_sample_group){1, 1, 250};
    d = (dna_demography){p, 2, m, e, 4, g, 3};
    return &d;
}

static dna_coalescent_model
model_of(const dna_demography *d)
{
    return (dna_coalescent_model){.demography = d,
        .length = 20000,
        .recombination_rate = 1e-6,
        .mutation_rate = 2e-6};
}

static void
assert_valid(const dna_sample *s, int64_t n_hap, double length)
{
    const uint8_t *snp = s->snp.data;
    const double *pos = s->pos.data;
    assert_int_equal(s->n_hap, n_hap);
    for (int64_t j = 0; j < s->n_site; j++) {
        int64_t sum = 0;
        for (int64_t i = 0; i < n_hap; i++) {
            assert_true(snp[i * s->n_site + j] <= 1);
            sum += snp[i * s->n_site + j];
        }
        assert_in_range(sum, 1, n_hap - 1);
        assert_true(pos[j] >= 0 && pos[j] < length);
        assert_true(j == 0 || pos[j] > pos[j - 1]);
    }
    dna_sample *copy = NULL;
    assert_ok(dna_sample_copy(&copy, s));
    assert_ok(dna_sample_check(copy, "sample"));
    dna_sample_free(copy);
}

/* E[sites with i derived] = 4 N mu L / i (Fu 1995), for tags of both kinds. */
static void
check_spectrum(int64_t n, int64_t n_replicate)
{
    dna_sample_group g = {.n = n};
    dna_demography d = simple;
    d.group = &g;
    dna_coalescent_model m = model_of(&d);
    dna_coalescent *sim = new_simulator(&m);
    running *class = calloc((size_t)n, sizeof(*class));
    double *count = calloc((size_t)n, sizeof(*count));
    for (int64_t r = 0; r < n_replicate; r++) {
        dna_sample *s = NULL;
        assert_ok(dna_coalescent_run(sim, 11, 0, r, &s));
        assert_valid(s, n, m.length);
        memset(count, 0, (size_t)n * sizeof(*count));
        for (int64_t j = 0; j < s->n_site; j++) {
            int64_t sum = 0;
            for (int64_t i = 0; i < n; i++) {
                sum += ((uint8_t *)s->snp.data)[i * s->n_site + j];
            }
            count[sum]++;
        }
        for (int64_t i = 1; i < n; i++) {
            running_add(&class[i], count[i]);
        }
        dna_sample_free(s);
    }
    for (int64_t i = 1; i < n; i++) {
        assert_mean(&class[i], 4 * 1000 * 2e-6 * 20000 / (double)i, "spectrum");
    }
    free(class);
    free(count);
    dna_coalescent_free(sim);
}

static void
test_spectrum(void **state)
{
    (void)state;
    check_spectrum(10, 600); /* carriers */
    check_spectrum(70, 300); /* nodes */
}

static void
assert_same_sample(const dna_sample *a, const dna_sample *b)
{
    assert_int_equal(a->n_site, b->n_site);
    assert_memory_equal(a->snp.data, b->snp.data, (size_t)(a->n_hap * a->n_site));
    assert_memory_equal(a->pos.data, b->pos.data, (size_t)a->n_site * sizeof(double));
}

static void
test_replicates_depend_on_their_numbers_alone(void **state)
{
    (void)state;
    dna_coalescent_model m = model_of(rich(12));
    for (int first = 0; first < 2; first++) {
        m.max_snp = first ? 40 : 0;
        dna_coalescent *x = new_simulator(&m);
        dna_coalescent *y = new_simulator(&m);
        dna_sample *a = NULL;
        dna_sample *b = NULL;
        for (int64_t i = 0; i < 5; i++) { /* y has done something else before */
            assert_ok(dna_coalescent_run(y, 1, 0, i, NULL));
        }
        assert_ok(dna_coalescent_run(x, 1, 0, 3, &a));
        assert_ok(dna_coalescent_run(y, 1, 0, 3, &b));
        assert_same_sample(a, b);
        dna_sample_free(b);
        static const uint64_t other[][3] = {{2, 0, 3}, {1, 1, 3}, {1, 0, 4}};
        for (int i = 0; i < 3; i++) {
            assert_ok(dna_coalescent_run(
                x, other[i][0], (int64_t)other[i][1], (int64_t)other[i][2], &b));
            assert_true(
                b->n_site != a->n_site || memcmp(a->pos.data, b->pos.data, 8) != 0);
            dna_sample_free(b);
        }
        dna_sample_free(a);
        dna_coalescent_free(x);
        dna_coalescent_free(y);
    }
}

enum { TASKS = 24, WORKERS = 4 };

typedef struct {
    dna_coalescent *sim[WORKERS];
    dna_sample *sample[TASKS];
} threads;

static int
draw_task(void *payload, int64_t task, int worker)
{
    threads *t = payload;
    return dna_coalescent_run(t->sim[worker], 1, task / 5, task % 5, &t->sample[task]);
}

static void
test_threads_change_nothing(void **state)
{
    (void)state;
    threads one = {0};
    threads many = {0};
    dna_pool *pool = NULL;
    dna_coalescent_model m = model_of(rich(12));
    m.max_snp = 40;
    assert_ok(dna_pool_new(&pool, WORKERS));
    for (int i = 0; i < WORKERS; i++) {
        many.sim[i] = new_simulator(&m);
    }
    one.sim[0] = new_simulator(&m);
    assert_ok(dna_pool_run(NULL, TASKS, draw_task, &one));
    assert_ok(dna_pool_run(pool, TASKS, draw_task, &many));
    for (int i = 0; i < TASKS; i++) {
        assert_same_sample(one.sample[i], many.sample[i]);
        dna_sample_free(one.sample[i]);
        dna_sample_free(many.sample[i]);
    }
    for (int i = 0; i < WORKERS; i++) {
        dna_coalescent_free(many.sim[i]);
    }
    dna_coalescent_free(one.sim[0]);
    dna_pool_free(pool);
}

/* The carriers, found from the tables by walking up. */
static bool
descends(const dna_tree_tables *t, int64_t sample, int32_t node, double pos)
{
    int32_t u = (int32_t)sample;
    bool has_parent = true;
    while (u != node && has_parent) {
        has_parent = false;
        for (int64_t e = 0; e < t->n_edge && !has_parent; e++) {
            if (t->edge_child[e] == u && t->edge_left[e] <= pos
                && pos < t->edge_right[e]) {
                u = t->edge_parent[e];
                has_parent = true;
            }
        }
    }
    return u == node;
}

static void
check_tables(int64_t n)
{
    double probe = 12345;
    dna_coalescent_model m = model_of(rich(n));
    m.length = n > 64 ? 4000 : 20000; /* walking up takes long */
    probe = n > 64 ? 1234 : probe;
    m.has_tables = true;
    m.probe = &probe;
    m.n_probe = 1;
    dna_coalescent *sim = new_simulator(&m);
    dna_sample *s = NULL;
    assert_ok(dna_coalescent_run(sim, 4, 0, 0, &s));
    const dna_tree_tables *t = dna_coalescent_tables(sim);
    assert_valid(s, n, m.length);
    assert_int_equal(t->n_sample, n);
    assert_int_equal(t->n_site, s->n_site);
    assert_near(t->node_time[n - 1], 250, 0);
    assert_int_equal(t->node_population[0], 0);
    assert_int_equal(t->node_population[n - 1], 1);
    double length = 0;
    for (int64_t e = 0; e < t->n_edge; e++) {
        int32_t parent = t->edge_parent[e];
        int32_t child = t->edge_child[e];
        assert_true(t->edge_left[e] < t->edge_right[e]);
        assert_true(t->node_time[parent] > t->node_time[child]);
        assert_true(e == 0 || parent > t->edge_parent[e - 1]
                    || (parent == t->edge_parent[e - 1]
                        && (child > t->edge_child[e - 1]
                            || t->edge_left[e] > t->edge_right[e - 1])));
        length += (t->edge_right[e] - t->edge_left[e])
                  * (t->node_time[parent] - t->node_time[child]);
    }
    const dna_coalescent_info *info = dna_coalescent_last(sim);
    assert_near(length / info->branch_length, 1, 1e-9);
    for (int64_t j = 0; j < t->n_site; j++) {
        assert_near(t->site_position[j], ((double *)s->pos.data)[j], 0);
        assert_true(t->mutation_time[j] >= t->node_time[t->mutation_node[j]]);
        for (int64_t i = 0; i < n; i++) {
            bool is_derived = ((uint8_t *)s->snp.data)[i * s->n_site + j];
            assert_int_equal(
                is_derived, descends(t, i, t->mutation_node[j], t->site_position[j]));
        }
    }
    int64_t root = -1; /* the only node above all at the probe */
    for (int64_t u = 0; u < t->n_node; u++) {
        bool is_root = t->node_time[u] == info->tmrca[0];
        root = is_root ? u : root;
    }
    assert_true(root > 0);
    for (int64_t i = 0; i < n; i++) {
        assert_true(descends(t, i, (int32_t)root, probe));
    }
    dna_sample_free(s);
    dna_coalescent_free(sim);
}

static void
test_tables_tell_the_sample(void **state)
{
    (void)state;
    check_tables(9);
    check_tables(66);
}

static void
test_tables_change_nothing(void **state)
{
    (void)state;
    static const int64_t n[] = {2, 9, 64, 70};
    for (int i = 0; i < DNA_COUNT(n); i++) {
        dna_sample *a = NULL;
        dna_sample *b = NULL;
        dna_coalescent_model m = model_of(n[i] > 2 ? rich(n[i]) : &simple);
        dna_coalescent *sim = new_simulator(&m);
        assert_ok(dna_coalescent_run(sim, 4, 0, 1, &a));
        assert_null(dna_coalescent_tables(sim));
        m.has_tables = true;
        assert_ok(dna_coalescent_set(sim, &m));
        assert_ok(dna_coalescent_run(sim, 4, 0, 1, &b));
        assert_same_sample(a, b);
        dna_sample_free(a);
        dna_sample_free(b);
        dna_coalescent_free(sim);
    }
}

/* Position of the k-th site, pairwise differences among the first k, and whether sites of
 * the continuation know the trees of the prefix: differences in the second half given the
 * first. Whole sequences and continued prefixes must agree. */
static void
compare_first_sites(const dna_demography *d, int64_t k, int64_t n_replicate)
{
    dna_coalescent_model m = model_of(d);
    running stat[2][4] = {0};
    int64_t n_continued = 0;
    for (int first = 0; first < 2; first++) {
        m.max_snp = first ? k : 0;
        dna_coalescent *sim = new_simulator(&m);
        for (int64_t r = 0; r < n_replicate; r++) {
            dna_sample *s = NULL;
            assert_ok(dna_coalescent_run(sim, 20 + (uint64_t)first, 0, r, &s));
            assert_valid(s, dna_demography_n_sample(d), m.length);
            assert_true(first ? s->n_site == k : s->n_site >= k);
            const uint8_t *snp = s->snp.data;
            double half[2] = {0};
            for (int64_t j = 0; j < k; j++) {
                half[2 * j >= k] += snp[j] != snp[s->n_site + j];
            }
            double span = ((double *)s->pos.data)[k - 1];
            running_add(&stat[first][0], span);
            running_add(&stat[first][1], half[0] + half[1]);
            running_add(&stat[first][2], half[0] * half[1]);
            running_add(&stat[first][3], span * span);
            n_continued += dna_coalescent_last(sim)->n_extension > 0;
            dna_sample_free(s);
        }
        dna_coalescent_free(sim);
    }
    assert_true(n_continued > n_replicate / 50 && n_continued < n_replicate / 2);
    static const char *const name[] = {
        "span", "differences", "product of halves", "squared span"};
    for (int i = 0; i < 4; i++) {
        assert_same_mean(&stat[0][i], &stat[1][i], name[i]);
    }
}

static void
test_first_sites_are_those_of_whole_sequences(void **state)
{
    (void)state;
    compare_first_sites(&simple, 60, 1500);
    compare_first_sites(rich(10), 60, 1500);
    compare_first_sites(rich(70), 60, 200); /* nodes */
}

static void
test_no_more_sites_than_there_are(void **state)
{
    (void)state;
    dna_coalescent_model m = model_of(&simple);
    m.length = 200;
    m.max_snp = 50; /* 4.5 sites are expected */
    dna_coalescent *sim = new_simulator(&m);
    dna_sample *s = NULL;
    assert_ok(dna_coalescent_run(sim, 1, 0, 0, &s));
    assert_true(s->n_site < 50);
    assert_near(dna_coalescent_last(sim)->simulated, 200, 0);
    assert_int_equal(s->format.chromosome_size, 200);
    dna_sample_free(s);
    m.max_snp = 2; /* a fraction of the length, continued to the end if it must be */
    m.mutation_rate = 1e-7;
    assert_ok(dna_coalescent_set(sim, &m));
    for (int64_t i = 0; i < 50; i++) {
        assert_ok(dna_coalescent_run(sim, 1, 0, i, &s));
        assert_true(s->n_site <= 2);
        assert_true(s->n_site == 2 || dna_coalescent_last(sim)->simulated == 200);
        dna_sample_free(s);
    }
    m.mutation_rate = 0;
    assert_ok(dna_coalescent_set(sim, &m));
    assert_ok(dna_coalescent_run(sim, 1, 0, 0, &s));
    assert_int_equal(s->n_site, 0);
    dna_sample_free(s);
    dna_coalescent_free(sim);
}

/* Marginal trees are exact: E[S] and, past a change of size, the TMRCA far along the
 * sequence, 2 a (1 - e^(-s / 2a)) + e^(-s / 2a) 2 b of two genomes. */
static void
test_smc_has_the_right_means(void **state)
{
    (void)state;
    double probe = 19999;
    dna_demographic_event e = {1500, DNA_EVENT_SIZE, 0, 0, 3000};
    dna_sample_group g = {.n = 2};
    dna_demography d = simple;
    d.event = &e;
    d.n_event = 1;
    d.group = &g;
    dna_coalescent_model m = model_of(&d);
    m.is_smc = true;
    m.probe = &probe;
    m.n_probe = 1;
    dna_coalescent *sim = new_simulator(&m);
    running tmrca = {0};
    running sites = {0};
    for (int64_t i = 0; i < 4000; i++) {
        running_add(&tmrca, draw_tmrca(sim, i));
        running_add(&sites, (double)dna_coalescent_last(sim)->n_site);
    }
    double expected = 2000 * -expm1(-0.75) + exp(-0.75) * 6000;
    assert_mean(&tmrca, expected, "TMRCA");
    assert_mean(&sites, 2 * expected * 2e-6 * 20000, "sites");

    g.n = 12;
    assert_ok(dna_coalescent_set(sim, &m));
    dna_coalescent *first = NULL;
    m.max_snp = 30;
    first = new_simulator(&m);
    for (int64_t i = 0; i < 20; i++) { /* the first sites are those of the whole */
        dna_sample *a = NULL;
        dna_sample *b = NULL;
        assert_ok(dna_coalescent_run(sim, 1, 0, i, &a));
        assert_ok(dna_coalescent_run(first, 1, 0, i, &b));
        assert_valid(a, 12, m.length);
        assert_valid(b, 12, m.length);
        assert_int_equal(b->n_site, 30);
        assert_memory_equal(a->pos.data, b->pos.data, 30 * sizeof(double));
        for (int64_t h = 0; h < 12; h++) {
            assert_memory_equal((uint8_t *)a->snp.data + h * a->n_site,
                (uint8_t *)b->snp.data + h * 30, 30);
        }
        dna_sample_free(a);
        dna_sample_free(b);
    }
    dna_coalescent_free(first);
    m.demography = rich(8);
    assert_fails(dna_coalescent_set(sim, &m), DNA_EUNSUPPORTED, "one population");
    m.demography = &d;
    g.n = 65;
    assert_fails(dna_coalescent_set(sim, &m), DNA_EUNSUPPORTED, "at most 64 genomes");
    m.max_snp = 0;
    m.has_tables = true;
    assert_fails(dna_coalescent_set(sim, &m), DNA_EUNSUPPORTED, "no tables");
    dna_coalescent_free(sim);
}

static void
test_impossible_models_are_refused(void **state)
{
    (void)state;
    dna_coalescent *sim = NULL;
    assert_ok(dna_coalescent_new(&sim));
    static const double bad[] = {-1, (double)INFINITY, (double)NAN};
    for (int i = 0; i < 3; i++) {
        dna_coalescent_model m = model_of(&simple);
        m.length = bad[i];
        assert_fails(dna_coalescent_set(sim, &m), DNA_EARG, "length: ");
        m = model_of(&simple);
        m.recombination_rate = bad[i];
        assert_fails(dna_coalescent_set(sim, &m), DNA_EARG, "recombination rate: ");
        m = model_of(&simple);
        m.mutation_rate = bad[i];
        assert_fails(dna_coalescent_set(sim, &m), DNA_EARG, "mutation rate: ");
    }
    dna_coalescent_model m = model_of(&simple);
    m.length = 0;
    assert_fails(dna_coalescent_set(sim, &m), DNA_EARG, "length: 0 is not");
    m = model_of(NULL);
    assert_fails(dna_coalescent_set(sim, &m), DNA_EARG, "demography");
    m = model_of(&simple);
    m.max_snp = -1;
    assert_fails(dna_coalescent_set(sim, &m), DNA_EARG, "max_snp: -1");
    m.max_snp = 1;
    m.has_tables = true;
    assert_fails(dna_coalescent_set(sim, &m), DNA_EUNSUPPORTED, "tables");
    m = model_of(&simple);
    m.recombination_rate = 1e300;
    assert_fails(dna_coalescent_set(sim, &m), DNA_EARG, "at most 1e6 are allowed");
    m = model_of(&simple);
    m.mutation_rate = 100;
    assert_fails(dna_coalescent_set(sim, &m), DNA_EARG, "mutation: 2e+06 expected");
    m = model_of(&simple);
    m.probe = (double[]){20000};
    m.n_probe = 1;
    assert_fails(dna_coalescent_set(sim, &m), DNA_EARG, "probe 0: 20000");
    dna_coalescent_free(sim);
    dna_coalescent_free(NULL);
}

static bool
stop_now(void *payload)
{
    (*(int *)payload)++;
    return true;
}

static void
test_work_is_bounded(void **state)
{
    (void)state;
    int asked = 0;
    dna_sample *s = NULL;
    dna_coalescent_model m = model_of(&simple);
    m.recombination_rate = 1e-4; /* 4 N r L = 8,000 */
    m.max_events = 5000;
    dna_coalescent *sim = new_simulator(&m);
    assert_fails(
        dna_coalescent_run(sim, 1, 0, 0, &s), DNA_ENUMERIC, "more than 5000 events");
    m.max_events = 0;
    m.max_memory = 1 << 20;
    assert_ok(dna_coalescent_set(sim, &m));
    assert_fails(dna_coalescent_run(sim, 1, 0, 0, &s), DNA_ENOMEM, "more than 1 MiB");
    m.recombination_rate = 1e-6;
    m.mutation_rate = 1e-2;
    assert_ok(dna_coalescent_set(sim, &m));
    assert_fails(dna_coalescent_run(sim, 1, 0, 0, &s), DNA_ENOMEM, "more than 1 MiB");
    dna_sample_group many = {.n = 5000};
    dna_demography crowd = simple;
    crowd.group = &many;
    m.demography = &crowd;
    assert_fails(dna_coalescent_set(sim, &m), DNA_ENOMEM, "5000 genomes need more");
    many.n = 4000;
    m.mutation_rate = 4e-6;
    m.max_memory = 4 << 20;
    assert_ok(dna_coalescent_set(sim, &m));
    assert_fails(
        dna_coalescent_run(sim, 1, 0, 0, &s), DNA_ENOMEM, "a matrix of 4000 genomes");
    m.demography = &simple;
    m.recombination_rate = 1e-4;
    m.max_memory = 0;
    m.is_cancelled = stop_now;
    m.payload = &asked;
    assert_ok(dna_coalescent_set(sim, &m));
    assert_fails(dna_coalescent_run(sim, 1, 0, 0, &s), DNA_ECANCEL, "stopped");
    assert_int_equal(asked, 1);
    assert_null(s);
    m = model_of(&simple); /* and it works afterwards */
    assert_ok(dna_coalescent_set(sim, &m));
    assert_ok(dna_coalescent_run(sim, 1, 0, 0, &s));
    dna_sample_free(s);
    dna_coalescent_free(sim);
}

static void
test_memory_may_run_out(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        for_each_oom(i) {
            dna_coalescent *sim = NULL;
            dna_sample *s = NULL;
            dna_coalescent_model m = model_of(kind == 0 ? &simple : rich(8));
            m.max_snp = kind == 1 ? 40 : 0;
            m.has_tables = kind == 2;
            int rc = dna_coalescent_new(&sim);
            if (rc == DNA_OK) {
                rc = dna_coalescent_set(sim, &m);
            }
            if (rc == DNA_OK) {
                rc = dna_coalescent_run(sim, 1, 0, 0, &s);
            }
            if (dna_mem_has_failed()) {
                assert_int_equal(rc, DNA_ENOMEM);
                assert_null(s);
            } else {
                assert_int_equal(rc, DNA_OK);
            }
            dna_sample_free(s);
            dna_coalescent_free(sim);
            if (oom_done()) {
                break;
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spectrum),
        cmocka_unit_test(test_replicates_depend_on_their_numbers_alone),
        cmocka_unit_test(test_threads_change_nothing),
        cmocka_unit_test(test_tables_tell_the_sample),
        cmocka_unit_test(test_tables_change_nothing),
        cmocka_unit_test(test_first_sites_are_those_of_whole_sequences),
        cmocka_unit_test(test_no_more_sites_than_there_are),
        cmocka_unit_test(test_smc_has_the_right_means),
        cmocka_unit_test(test_impossible_models_are_refused),
        cmocka_unit_test(test_work_is_bounded),
        cmocka_unit_test(test_memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
