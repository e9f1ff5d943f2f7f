/* test_ehh.c - iHS and nSL against all pairs of haplotypes, one by one.
 *
 * SPDX-License-Identifier: MIT
 */
#include "haplotypes_fixture.h"

#include "dnadna/ehh.h"
#include "dnadna/ibs.h"

#define TOL 1e-9

/* ---- all pairs ------------------------------------------------------------------- */

typedef struct {
    const dna_haplotypes *h;
    const dna_ehh_options *o;
    int64_t sites[512], n; /* those without missing entries */
} plain;

static void
plain_init(plain *p, const dna_haplotypes *h, const dna_ehh_options *o)
{
    *p = (plain){.h = h, .o = o};
    for (int64_t i = 0; i < h->n_site; i++) {
        if (dna_haplotypes_is_complete(h, i)) {
            p->sites[p->n++] = i;
        }
    }
}

/* Sites at which two rows agree, going from place k by `by`, place k included. */
static int64_t
shared(const plain *p, int64_t a, int64_t b, int64_t k, int by)
{
    int64_t n = 0;
    while (k >= 0 && k < p->n
           && entry_at(p->h, a, p->sites[k]) == entry_at(p->h, b, p->sites[k])) {
        n++;
        k += by;
    }
    return n;
}

/* iHH and mean shared length of one side, by their definitions. */
static void
one_side(const plain *p, int64_t k, int allele, int by, double *ihh, double *sl)
{
    int64_t lengths[4000], n_pair = 0;
    double sum = 0;
    for (int64_t a = 0; a < p->h->n_hap; a++) {
        for (int64_t b = 0; b < a; b++) {
            if (entry_at(p->h, a, p->sites[k]) == allele
                && entry_at(p->h, b, p->sites[k]) == allele) {
                lengths[n_pair] = shared(p, a, b, k, by);
                sum += (double)lengths[n_pair++];
            }
        }
    }
    *ihh = *sl = (double)NAN;
    if (n_pair == 0) {
        return;
    }
    *sl = sum / (double)n_pair;
    double total = 0, ehh = 1;
    int64_t step = 0;
    while (ehh > p->o->min_ehh) {
        int64_t from = k + by * step, to = from + by;
        if (to < 0 || to >= p->n) {
            *ihh = p->o->include_edges ? total : (double)NAN;
            return;
        }
        double gap = fabs(p->h->pos[p->sites[to]] - p->h->pos[p->sites[from]]);
        if (gap > p->o->max_gap) {
            return;
        }
        step++;
        double n_more = 0;
        for (int64_t i = 0; i < n_pair; i++) {
            n_more += lengths[i] > step;
        }
        double next = n_more / (double)n_pair;
        total += fmin(gap, p->o->gap_scale) * (ehh + next) / 2;
        ehh = next;
    }
    *ihh = total;
}

static void
check_all(const dna_haplotypes *h, const dna_ehh_options *o)
{
    plain p;
    dna_ehh *e = NULL;
    plain_init(&p, h, o);
    assert_ok(dna_ehh_new(&e, h, o));
    int64_t n_defined = 0;
    for (int64_t k = 0; k < p.n; k++) {
        int64_t i = p.sites[k];
        double ihh[2], sl[2];
        for (int a = 0; a < 2; a++) {
            double x = 0, y = 0, u = 0, v = 0;
            one_side(&p, k, a, -1, &x, &u);
            one_side(&p, k, a, 1, &y, &v);
            ihh[a] = x + y;
            sl[a] = u + v;
        }
        assert_same(e->ihh_0[i], ihh[0], TOL);
        assert_same(e->ihh_1[i], ihh[1], TOL);
        assert_same(e->sl_0[i], sl[0], TOL);
        assert_same(e->sl_1[i], sl[1], TOL);
        assert_same(e->nsl[i], log(sl[1] / sl[0]), TOL);
        double minor = fmin(h->count[i], (double)h->n_hap - h->count[i]);
        bool has_ihs =
            ihh[0] > 0 && ihh[1] > 0 && minor >= o->min_maf * (double)h->n_hap;
        assert_same(e->ihs[i], has_ihs ? log(ihh[1] / ihh[0]) : (double)NAN, TOL);
        n_defined += has_ihs;
    }
    for (int64_t i = 0; i < h->n_site; i++) {
        if (!dna_haplotypes_is_complete(h, i)) {
            assert_true(isnan(e->ihs[i]) && isnan(e->nsl[i]));
        }
    }
    assert_true(n_defined > 0); /* far from barriers and edges */
    dna_ehh_free(e);
}

static void
test_against_all_pairs(void **state)
{
    (void)state;
    for (int k = 0; k < 6; k++) {
        dna_ehh_options o = DNA_EHH_OPTIONS_INIT;
        dna_haplotypes *h =
            draw_haplotypes((uint64_t)k, 20 + 11 * k, 300, k == 2 ? 0.002 : 0);
        o.include_edges = k != 1;
        o.min_ehh = k == 3 ? 0 : k == 4 ? 0.5 : 0.05;
        o.max_gap = k == 5 ? 25000 : 200000;
        o.min_maf = k == 0 ? 0.2 : 0.01;
        check_all(h, &o);
        dna_haplotypes_free(h);
    }
}

/* ---- published ------------------------------------------------------------------- */

/* The two groups of five of scikit-allel's test of ihs: ln(5.5 / 1.5) at the core. */
static void
test_published_ihs(void **state)
{
    (void)state;
    double pos[19];
    for (int i = 0; i < 19; i++) {
        pos[i] = i + 1;
    }
    dna_haplotypes *h = pack_text("0000011110111100000 "
                                  "0000001110111000000 "
                                  "0000000110110000000 "
                                  "0000000010100000000 "
                                  "0000000000000000000 "
                                  "0111100001000011110 "
                                  "0011100001000011100 "
                                  "0001100001000011000 "
                                  "0000100001000010000 "
                                  "0000000001000000000",
        pos);
    for (int edges = 0; edges < 2; edges++) {
        dna_ehh_options o = DNA_EHH_OPTIONS_INIT;
        dna_ehh *e = NULL;
        o.include_edges = edges == 1;
        assert_ok(dna_ehh_new(&e, h, &o));
        assert_near(e->ihs[9], log(5.5 / 1.5), 1e-12);
        assert_near(e->ihh_0[9], 3, 1e-12);
        assert_near(e->ihh_1[9], 11, 1e-12);
        dna_ehh_free(e);
    }
    dna_haplotypes_free(h);
}

/* Its tests of one side, of which both together are known where they are symmetric. */
static void
test_published_scans(void **state)
{
    (void)state;
    dna_ehh_options o = DNA_EHH_OPTIONS_INIT;
    dna_ehh *e = NULL;
    dna_haplotypes *h = pack_text("0000 0000 0000 1111 1111 1111", NULL);
    assert_ok(dna_ehh_new(&e, h, &o));
    for (int i = 0; i < 4; i++) {
        assert_near(e->ihh_0[i], 30, 1e-12); /* 0, 10, 20, 30 and its mirror */
        assert_near(e->ihh_1[i], 30, 1e-12);
        assert_near(e->sl_0[i], 5, 1e-12); /* 1, 2, 3, 4 and its mirror */
        assert_near(e->nsl[i], 0, 1e-12);
    }
    dna_ehh_free(e);
    dna_haplotypes_free(h);
    h = pack_text("0001 0010 0100 1000", NULL);
    assert_ok(dna_ehh_new(&e, h, &o));
    assert_near(e->sl_0[1], 4.0 / 3 + 4.0 / 3, 1e-12);
    assert_near(e->sl_0[3], 4.0 / 3 + 1, 1e-12);
    assert_true(isnan(e->sl_1[1]) && isnan(e->nsl[1]));
    dna_ehh_free(e);
    dna_haplotypes_free(h);
}

static void
test_threads_change_nothing(void **state)
{
    (void)state;
    dna_haplotypes *h = draw_haplotypes(2, 40, 900, 0.0002);
    dna_ehh_options o = DNA_EHH_OPTIONS_INIT;
    dna_ehh *e[2] = {NULL, NULL};
    for (int k = 0; k < 2; k++) {
        o.n_thread = k == 0 ? 1 : 3;
        assert_ok(dna_ehh_new(&e[k], h, &o));
    }
    assert_memory_equal(e[0]->ihs, e[1]->ihs, 900 * sizeof(double));
    assert_memory_equal(e[0]->nsl, e[1]->nsl, 900 * sizeof(double));
    dna_ehh_free(e[0]);
    dna_ehh_free(e[1]);
    dna_haplotypes_free(h);
}

/* ---- standardisation ------------------------------------------------------------- */

/* Eight sites with counts 1 1 2 2 4 4 4 6 and a score: min(6 / 2, 8) = 3 bins, a step of 2; edges
 * 1, 2 (at 2), 4 (at 4), [4 again at 6], of which the last becomes 6. So bins are counts 1,
 * and from 2 to 6. */
static void
test_standardize_by_hand(void **state)
{
    (void)state;
    dna_haplotypes *h =
        pack_text("111111111 001111111 000011111 000011111 000000011 000000010 "
                  "000000000 000000000",
            NULL);
    double scores[] = {1, 3, 2, 4, 6, 5, 8, 5, (double)NAN};
    static const double rest[] = {2, 4, 6, 5, 8, 5};
    assert_ok(dna_ehh_standardize(scores, h));
    assert_near(scores[0], -1, 1e-12);
    assert_near(scores[1], 1, 1e-12);
    assert_true(isnan(scores[8]));
    for (int i = 0; i < 6; i++) { /* mean 5, variance (9 + 1 + 1 + 0 + 9 + 0) / 6 */
        assert_near(scores[2 + i], (rest[i] - 5) / sqrt(20.0 / 6), 1e-12);
    }
    dna_haplotypes_free(h);
}

static void
test_standardize_limits(void **state)
{
    (void)state;
    dna_haplotypes *h = pack_text("011 101 000", NULL);
    double none[3] = {(double)NAN, (double)NAN, (double)NAN};
    assert_ok(dna_ehh_standardize(none, h));
    assert_true(isnan(none[0]) && isnan(none[2]));
    double one[3] = {2, (double)NAN, (double)NAN}; /* no spread */
    assert_ok(dna_ehh_standardize(one, h));
    assert_true(isnan(one[0]));
    dna_haplotypes_free(h);
    h = pack_text("", NULL);
    assert_ok(dna_ehh_standardize(one, h));
    dna_haplotypes_free(h);
}

/* ---- identity by state ----------------------------------------------------------- */

static void
check_ibs(const dna_haplotypes *h, int n_thread)
{
    plain p;
    static const double edges[] = {10, 200, 1000, 5000, 50000};
    int64_t want[4] = {0}, counts[4], n = 0;
    double sum = 0, squares = 0;
    dna_ibs ibs;
    plain_init(&p, h, NULL);
    for (int64_t a = 0; a < h->n_hap; a++) {
        for (int64_t b = 0; b < a; b++) {
            int64_t before = -1;
            for (int64_t k = 0; k < p.n; k++) {
                if (entry_at(h, a, p.sites[k]) == entry_at(h, b, p.sites[k])) {
                    continue;
                }
                if (before >= 0) {
                    double length = h->pos[p.sites[k]] - h->pos[p.sites[before]];
                    n++;
                    sum += length;
                    squares += length * length;
                    for (int i = 0; i < 4; i++) {
                        want[i] += length > edges[i] && length <= edges[i + 1];
                    }
                }
                before = k;
            }
        }
    }
    assert_ok(dna_ibs_compute(&ibs, counts, edges, 4, h, n_thread));
    assert_int_equal(ibs.n_tract, n);
    assert_memory_equal(counts, want, sizeof(want));
    double mean = sum / (double)n;
    assert_same(ibs.length_mean, mean, TOL);
    assert_same(
        ibs.length_sd, n > 0 ? sqrt(squares / (double)n - mean * mean) : mean, 1e-6);
}

static void
test_ibs_against_all_pairs(void **state)
{
    (void)state;
    for (int k = 0; k < 3; k++) {
        dna_haplotypes *h =
            draw_haplotypes((uint64_t)k, 10 + 30 * k, 400, k == 1 ? 0.002 : 0);
        check_ibs(h, 1);
        check_ibs(h, 3);
        dna_haplotypes_free(h);
    }
    static const char *const rows[] = {"", "0", "0 1", "01 10", "010", "00 00"};
    for (int i = 0; i < 6; i++) {
        dna_haplotypes *h = pack_text(rows[i], NULL);
        check_ibs(h, 0);
        dna_haplotypes_free(h);
    }
}

static void
test_limits(void **state)
{
    (void)state;
    static const char *const rows[] = {"", "0", "0 1", "00 00", "01", ". 1"};
    for (int i = 0; i < 6; i++) {
        dna_haplotypes *h = pack_text(rows[i], NULL);
        dna_ehh *e = NULL;
        assert_ok(dna_ehh_new(&e, h, NULL));
        for (int64_t j = 0; j < h->n_site; j++) {
            assert_true(isnan(e->ihs[j]) && isnan(e->nsl[j]));
        }
        dna_ehh_free(e);
        dna_haplotypes_free(h);
    }
}

static void
test_out_of_memory(void **state)
{
    (void)state;
    dna_haplotypes *h = draw_haplotypes(1, 10, 300, 0);
    static const double edges[] = {0, 1000};
    for_each_oom(i) {
        dna_ehh_options o = DNA_EHH_OPTIONS_INIT;
        dna_ehh *e = NULL;
        dna_ibs ibs;
        int64_t count = 0;
        o.n_thread = 2;
        int rc = dna_ehh_new(&e, h, &o);
        rc = rc < 0 ? rc : dna_ehh_standardize(e->ihs, h);
        rc = rc < 0 ? rc : dna_ibs_compute(&ibs, &count, edges, 1, h, 2);
        dna_ehh_free(e);
        if (oom_done()) {
            assert_ok(rc);
            break;
        }
        assert_int_equal(rc, DNA_ENOMEM);
    }
    dna_haplotypes_free(h);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_all_pairs),
        cmocka_unit_test(test_published_ihs),
        cmocka_unit_test(test_published_scans),
        cmocka_unit_test(test_threads_change_nothing),
        cmocka_unit_test(test_standardize_by_hand),
        cmocka_unit_test(test_standardize_limits),
        cmocka_unit_test(test_ibs_against_all_pairs),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
