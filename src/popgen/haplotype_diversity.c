/* haplotype_diversity.c - how many haplotypes there are and how common.
 *
 * SPDX-License-Identifier: MIT
 *
 * Rows begin in one group; each site divides the groups by its alleles. So haplotypes are
 * compared without ever being put together, and exactly.
 */
#include "dnadna/haplotype_diversity.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

typedef struct {
    int32_t *group; /* [n_hap] number of each row's group */
    int32_t *size;  /* [n_hap] of each group */
    int32_t *carry; /* [n_hap] of each group, rows with 1 at the site */
    int32_t *split; /* [n_hap] the new group of those rows */
    int32_t n_group;
} groups;

static void
divide(groups *g, const dna_haplotypes *h, int64_t site)
{
    const uint64_t *column = h->derived + site * h->n_word;

    for (int32_t k = 0; k < g->n_group; k++) {
        g->carry[k] = 0;
        g->split[k] = -1;
    }
    for (int64_t hap = 0; hap < h->n_hap; hap++) {
        g->carry[g->group[hap]] += (int32_t)(column[hap / 64] >> (hap % 64) & 1);
    }
    int32_t n_old = g->n_group;
    for (int32_t k = 0; k < n_old; k++) {
        if (g->carry[k] > 0 && g->carry[k] < g->size[k]) {
            g->split[k] = g->n_group++;
            g->size[g->split[k]] = g->carry[k];
            g->size[k] -= g->carry[k];
        }
    }
    for (int64_t hap = 0; hap < h->n_hap; hap++) {
        if ((column[hap / 64] >> (hap % 64) & 1) != 0 && g->split[g->group[hap]] >= 0) {
            g->group[hap] = g->split[g->group[hap]];
        }
    }
}

static int
falling(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a;
    int32_t y = *(const int32_t *)b;
    return (x < y) - (x > y);
}

/* Sum of squares in which the `n_joined` most common count as one. */
static double
homozygosity(const groups *g, double n, int32_t n_joined)
{
    double joined = 0;
    double sum = 0;

    for (int32_t k = 0; k < g->n_group; k++) {
        double p = g->size[k] / n;
        if (k < n_joined) {
            joined += p;
        } else {
            sum += p * p;
        }
    }
    return sum + joined * joined;
}

int
dna_haplotype_diversity_compute(
    dna_haplotype_diversity *out, const dna_haplotypes *h, int64_t first, int64_t last)
{
    double nan = (double)NAN;
    double n = (double)h->n_hap;
    groups g = {.n_group = h->n_hap > 0};
    int rc = DNA_OK;

    DNA_NEW(g.group, h->n_hap);
    DNA_NEW(g.size, h->n_hap);
    DNA_NEW(g.carry, h->n_hap);
    DNA_NEW(g.split, h->n_hap);
    *out = (dna_haplotype_diversity){0, nan, nan, nan, nan, nan};
    if (h->n_hap == 0) {
        goto out;
    }
    g.size[0] = (int32_t)h->n_hap;
    for (int64_t site = first; site < last && g.n_group < h->n_hap; site++) {
        if (dna_haplotypes_is_complete(h, site)) {
            divide(&g, h, site);
        }
    }
    qsort(g.size, (size_t)g.n_group, sizeof(*g.size), falling);
    out->n_haplotype = g.n_group;
    out->h1 = homozygosity(&g, n, 1);
    out->h12 = homozygosity(&g, n, 2);
    out->h123 = homozygosity(&g, n, 3);
    double p1 = g.size[0] / n;
    out->h2_h1 = (out->h1 - p1 * p1) / out->h1;
    if (h->n_hap > 1) {
        out->diversity = n / (n - 1) * (1 - out->h1);
    }
out:
    dna_free(g.group);
    dna_free(g.size);
    dna_free(g.carry);
    dna_free(g.split);
    return rc;
}
