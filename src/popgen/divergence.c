/* divergence.c - dxy and Hudson's Fst of two sets of rows.
 *
 * SPDX-License-Identifier: MIT
 */
#include "dnadna/divergence.h"

#include <math.h>

#include "base/mem.h"
#include "popgen/bits.h"

static int
mark_rows(uint64_t **out, const dna_haplotypes *h, const int64_t *rows, int64_t n)
{
    uint64_t *mask = NULL;
    int rc = DNA_OK;

    DNA_NEW(mask, h->n_word);
    for (int64_t i = 0; i < n; i++) {
        DNA_REQUIRE(rows[i] >= 0 && rows[i] < h->n_hap, DNA_EARG,
            "row %lld of a population: there are %lld rows", (long long)rows[i],
            (long long)h->n_hap);
        mask[rows[i] / 64] |= UINT64_C(1) << (rows[i] % 64);
    }
    *out = mask;
    mask = NULL;
out:
    dna_free(mask);
    return rc;
}

/* Derived and called haplotypes of a population at a site. */
static void
count_site(double *c, double *n, const dna_haplotypes *h, int64_t site,
    const uint64_t *mask, double n_all)
{
    int64_t at = site * h->n_word;

    *c = dna_count_both(h->derived + at, mask, h->n_word);
    *n = h->called == NULL ? n_all : dna_count_both(h->called + at, mask, h->n_word);
}

int
dna_divergence_compute(dna_divergence *out, const dna_haplotypes *h, int64_t first,
    int64_t last, const int64_t *a, int64_t n_a, const int64_t *b, int64_t n_b)
{
    dna_divergence d = {0};
    uint64_t *mask_a = NULL;
    uint64_t *mask_b = NULL;
    int rc = DNA_OK;

    DNA_TRY(mark_rows(&mask_a, h, a, n_a));
    DNA_TRY(mark_rows(&mask_b, h, b, n_b));
    double all_a = dna_count_both(mask_a, mask_a, h->n_word); /* a row counts once */
    double all_b = dna_count_both(mask_b, mask_b, h->n_word);
    for (int64_t site = first; site < last; site++) {
        double c1 = 0, n1 = 0, c2 = 0, n2 = 0;
        count_site(&c1, &n1, h, site, mask_a, all_a);
        count_site(&c2, &n2, h, site, mask_b, all_b);
        if (n1 < 1 || n2 < 1) {
            continue;
        }
        double between = (c1 * (n2 - c2) + c2 * (n1 - c1)) / (n1 * n2);
        d.dxy += between;
        if (n1 > 1 && n2 > 1) {
            double within =
                c1 * (n1 - c1) / (n1 * (n1 - 1)) + c2 * (n2 - c2) / (n2 * (n2 - 1));
            d.fst_numerator += between - within;
            d.fst_denominator += between;
        }
    }
    d.fst = d.fst_denominator > 0 ? d.fst_numerator / d.fst_denominator : (double)NAN;
    if (all_a < 1 || all_b < 1) {
        d.dxy = (double)NAN;
    }
    *out = d;
out:
    dna_free(mask_a);
    dna_free(mask_b);
    return rc;
}
