/* haplotypes_fixture.h - small packed samples, typed as text or drawn, for tests.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_TESTS_HAPLOTYPES_FIXTURE_H
#define DNA_TESTS_HAPLOTYPES_FIXTURE_H

#include <math.h>
#include <string.h>

#include "support/support.h"

#include "dnadna/haplotypes.h"
#include "dnadna/rng.h"

/* Entry of a haplotype at a site: 0, 1 or -1. */
static inline int
entry_at(const dna_haplotypes *h, int64_t hap, int64_t site)
{
    int64_t word = site * h->n_word + hap / 64;
    if (h->called != NULL && (h->called[word] >> (hap % 64) & 1) == 0) {
        return -1;
    }
    return (int)(h->derived[word] >> (hap % 64) & 1);
}

/* From int8 entries [n_hap, n_site] and positions in bp; pos NULL: 10, 20, 30, ... */
static inline dna_haplotypes *
pack(const int8_t *entries, int64_t n_hap, int64_t n_site, const double *pos)
{
    static const dna_position_format base_pairs = {0, 0, 0, 0, __builtin_nan("")};
    int64_t dim[2] = {n_hap, n_site};
    dna_array snp = {0}, p = {0};
    dna_sample *s = NULL;
    dna_haplotypes *h = NULL;

    dna_array_borrow(&snp, DNA_I8, 2, dim, entries);
    assert_ok(dna_array_init(&p, DNA_F64, 1, &dim[1]));
    for (int64_t i = 0; i < n_site; i++) {
        dna_array_set(&p, i, pos != NULL ? pos[i] : 10 * (double)(i + 1));
    }
    assert_ok(dna_sample_new(&s, &snp, &p, &base_pairs, "test"));
    assert_ok(dna_haplotypes_new(&h, s, 0, "test"));
    dna_sample_free(s);
    dna_array_clear(&p);
    return h;
}

/* From rows such as "010 1.0"; a dot is a missing entry. */
static inline dna_haplotypes *
pack_text(const char *rows, const double *pos)
{
    static int8_t entries[4096];
    int64_t n_hap = rows[0] == '\0' ? 0 : 1;
    int64_t n_site = (int64_t)strcspn(rows, " ");
    int64_t n = 0;

    for (const char *c = rows; *c != '\0'; c++) {
        n_hap += *c == ' ';
        if (*c != ' ') {
            entries[n++] = *c == '.' ? -1 : (int8_t)(*c - '0');
        }
    }
    return pack(entries, n_hap, n_site, pos);
}

/* Rows are mosaics of a few ancestors with some changes, so that long matches, rare and
 * common alleles, repeated rows, constant columns and equal positions all occur. */
static inline dna_haplotypes *
draw_haplotypes(uint64_t seed, int64_t n_hap, int64_t n_site, double missing)
{
    enum { ANCESTORS = 6 };
    int8_t *entries = dna_calloc((size_t)(n_hap * n_site) + 1, 1);
    int8_t *old = dna_calloc((size_t)(ANCESTORS * n_site) + 1, 1);
    double *pos = dna_calloc((size_t)n_site + 1, sizeof(*pos));
    dna_rng rng;
    double at = 1;

    dna_rng_init(&rng, seed, "haplotypes", n_hap, n_site, 0);
    for (int64_t i = 0; i < n_site; i++) {
        double frequency = dna_rng_uniform(&rng);
        for (int64_t a = 0; a < ANCESTORS; a++) {
            old[a * n_site + i] = dna_rng_uniform(&rng) < frequency;
        }
        double u = dna_rng_uniform(&rng);
        at += u < 0.1 ? 0 : u > 0.98 ? 30000 : floor(500 * u);
        pos[i] = at;
    }
    for (int64_t h = 0; h < n_hap; h++) {
        int64_t from = dna_rng_below(&rng, ANCESTORS);
        for (int64_t i = 0; i < n_site; i++) {
            if (dna_rng_uniform(&rng) < 0.03) {
                from = dna_rng_below(&rng, ANCESTORS);
            }
            int8_t v = old[from * n_site + i];
            v = dna_rng_uniform(&rng) < 0.01 ? (int8_t)!v : v;
            entries[h * n_site + i] = dna_rng_uniform(&rng) < missing ? -1 : v;
        }
    }
    dna_haplotypes *h = pack(entries, n_hap, n_site, pos);
    dna_free(entries);
    dna_free(old);
    dna_free(pos);
    return h;
}

/* Equal, or both NaN. */
static inline void
assert_same(double a, double b, double tol)
{
    if (isnan(a) || isnan(b)) {
        assert_true(isnan(a) && isnan(b));
        return;
    }
    assert_near(a, b, tol);
}

#endif
