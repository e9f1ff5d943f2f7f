/* genotype_rows.c - from the calls of a site to a row of the matrix.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "dnadna/rng.h"
#include "popgen/genotypes_parts.h"

/* ---- ploidy ------------------------------------------------------------------------ */

/* Copies that a sample has; one missing copy alone (".") may stand for all. */
static int
count_copies(const dna_site *site, int64_t sample, bool *is_unknown)
{
    const int8_t *c = site->call + sample * site->n_copy;
    int n = 0;
    while (n < site->n_copy && c[n] != DNA_SITE_ABSENT) {
        n++;
    }
    *is_unknown = n == 0 || (n == 1 && c[0] == DNA_SITE_MISSING && site->n_copy > 1);
    return n;
}

static bool
is_all_samples(const dna_genotypes *g)
{
    if (g->n_sample != dna_site_source_n_sample(g->source)) {
        return false;
    }
    for (int64_t i = 0; i < g->n_sample; i++) {
        if (g->samples[i] != i) {
            return false;
        }
    }
    return true;
}

int
dna_genotypes_set_ploidy(dna_genotypes *g, const dna_site *first)
{
    bool is_mixed = strcmp(g->rules->ploidy, "mixed") == 0;
    bool is_even = true;
    int rc = DNA_OK;

    g->is_strict = g->fixed_ploidy == 0 && !is_mixed;
    DNA_NEW(g->copies, g->n_sample);
    for (int64_t i = 0; i < g->n_sample; i++) {
        int n =
            g->fixed_ploidy > 0 ? g->fixed_ploidy : (first != NULL ? first->n_copy : 1);
        if (is_mixed && first != NULL) {
            bool is_unknown = false;
            int here = count_copies(first, g->samples[i], &is_unknown);
            n = is_unknown ? n : here;
        }
        g->copies[i] = n;
        g->n_copy_total += n;
        is_even = is_even && n == g->copies[0];
    }
    g->n_row = g->phase == DNA_DOSAGE ? g->n_sample : g->n_copy_total;
    g->is_identity = is_even && is_all_samples(g);
    DNA_NEW(g->alleles, g->n_copy_total);
    DNA_NEW(g->ones, g->n_copy_total);
    DNA_NEW(g->row, g->n_row);
out:
    return rc;
}

/* ---- copies ------------------------------------------------------------------------ */

static uint64_t
hash_text(const char *text)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *text != '\0'; text++) { /* FNV-1a */
        h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    }
    return h;
}

static void
site_rng(dna_rng *rng, const dna_genotypes *g, const char *purpose, int64_t k)
{
    const char *contig = dna_site_source_contig(g->source, g->site.contig);
    int64_t position;
    memcpy(&position, &g->site.position, sizeof(position));
    dna_rng_init(rng, (uint64_t)g->rules->seed, purpose,
        (int64_t)(hash_text(contig) >> 1), position, k);
}

/* Copies of an unphased genotype in random order. */
static int
order_copies(dna_genotypes *g, int8_t *copies, int n, int64_t sample)
{
    bool is_same = true;
    dna_rng rng;
    char place[256];
    int rc = DNA_OK;

    for (int c = 1; c < n; c++) {
        is_same = is_same && copies[c] == copies[0];
    }
    if (is_same) {
        goto out;
    }
    DNA_REQUIRE(g->phase == DNA_PSEUDO, DNA_EARG,
        "%s: %s: sample %s is heterozygous and not phased; --phase pseudo orders its copies at random, --phase dosage counts alleles",
        dna_site_source_name(g->source), dna_genotypes_place(g, place, sizeof(place)),
        dna_site_source_sample(g->source, sample));
    site_rng(&rng, g, "pseudo-haplotypes", sample);
    for (int c = n - 1; c > 0; c--) {
        int64_t k = dna_rng_below(&rng, c + 1);
        int8_t t = copies[c];
        copies[c] = copies[k];
        copies[k] = t;
    }
out:
    return rc;
}

/* More or fewer copies than rows. */
static int
fit_copies(
    dna_genotypes *g, int8_t *out, int want, const int8_t *c, int n, int64_t sample)
{
    char place[256];
    int rc = DNA_OK;

    if (want == 1 && n > 1 && g->fixed_ploidy == 1) {
        bool is_same = true;
        for (int i = 1; i < n; i++) {
            is_same = is_same && c[i] == c[0];
        }
        out[0] = is_same ? c[0] : DNA_SITE_MISSING;
        goto out;
    }
    DNA_REQUIRE(n < want && !g->is_strict, DNA_EARG,
        "%s: %s: sample %s has %d cop%s here, %d expected; --ploidy mixed takes samples as they are at the first site, --ploidy N a fixed number",
        dna_site_source_name(g->source), dna_genotypes_place(g, place, sizeof(place)),
        dna_site_source_sample(g->source, sample), n, n == 1 ? "y" : "ies", want);
    memcpy(out, c, (size_t)n);
    memset(out + n, DNA_SITE_MISSING, (size_t)(want - n));
out:
    return rc;
}

static int
gather_sample(dna_genotypes *g, int8_t *out, int want, int64_t sample)
{
    const dna_site *site = &g->site;
    const int8_t *c = site->call + sample * site->n_copy;
    bool is_unknown = false;
    int n = count_copies(site, sample, &is_unknown);
    int rc = DNA_OK;

    if (is_unknown) {
        memset(out, DNA_SITE_MISSING, (size_t)want);
        goto out;
    }
    if (n != want) {
        DNA_TRY(fit_copies(g, out, want, c, n, sample));
    } else {
        memcpy(out, c, (size_t)n);
    }
    bool is_phased = site->phased == NULL || site->phased[sample] != 0;
    if (!is_phased && g->phase != DNA_DOSAGE) {
        DNA_TRY(order_copies(g, out, want, sample));
    }
out:
    return rc;
}

int
dna_genotypes_gather(dna_genotypes *g, bool *is_ready)
{
    const dna_site *site = &g->site;
    int64_t n_sample = g->n_sample;
    int rc = DNA_OK;

    *is_ready = g->is_identity && site->is_complete && site->n_copy == g->copies[0]
                && (site->phased == NULL || g->phase == DNA_DOSAGE
                    || memchr(site->phased, 0, (size_t)n_sample) == NULL);
    if (*is_ready) {
        goto out;
    }
    int8_t *at = g->alleles;
    for (int64_t i = 0; i < n_sample; i++) {
        DNA_TRY(gather_sample(g, at, g->copies[i], g->samples[i]));
        at += g->copies[i];
    }
out:
    return rc;
}

/* ---- rows -------------------------------------------------------------------------- */

typedef struct {
    int64_t n_one, n_missing; /* copies */
} counts;

/* 1 for the derived allele, 0 for any other, -1 for missing. */
static counts
mark_derived(int8_t *out, const int8_t *alleles, int64_t n, int8_t derived)
{
    counts c = {0, 0};
    for (int64_t i = 0; i < n; i++) {
        int8_t is_missing = alleles[i] < 0;
        int8_t is_one = alleles[i] == derived;
        c.n_one += is_one;
        c.n_missing += is_missing;
        out[i] = (int8_t)(is_one - is_missing);
    }
    return c;
}

/* Of zeros and ones. Eight at a time: 255 of them fit into the byte of a sum. */
static int64_t
count_ones(const int8_t *alleles, int64_t n)
{
    const uint64_t low = UINT64_C(0x00ff00ff00ff00ff);
    int64_t n_one = 0;
    int64_t i = 0;

    while (n - i >= 8) {
        int64_t stop = i + 8 * DNA_MIN((n - i) / 8, 255);
        uint64_t sums = 0, v;
        for (; i < stop; i += 8) {
            memcpy(&v, alleles + i, 8);
            sums += v;
        }
        sums = (sums & low) + (sums >> 8 & low); /* of pairs, in 16 bits each */
        n_one += (int64_t)((sums * UINT64_C(0x0001000100010001)) >> 48);
    }
    for (; i < n; i++) {
        n_one += alleles[i];
    }
    return n_one;
}

/* Missing copies drawn with the site's frequency. */
static void
impute(const dna_genotypes *g, int8_t *ones, int64_t n, const counts *c)
{
    double frequency = (double)c->n_one / (double)(n - c->n_missing);
    dna_rng rng;

    site_rng(&rng, g, "impute", g->derived);
    for (int64_t i = 0; i < n; i++) {
        if (ones[i] < 0) {
            ones[i] = dna_rng_uniform(&rng) < frequency;
        }
    }
}

static int64_t
sum_copies(const dna_genotypes *g, const int8_t *ones, int8_t *row)
{
    int64_t n_missing = 0;
    for (int64_t i = 0; i < g->n_sample; i++) {
        int sum = 0;
        for (int c = 0; c < g->copies[i]; c++) {
            sum = ones[c] < 0 || sum < 0 ? -1 : sum + ones[c];
        }
        row[i] = (int8_t)sum;
        n_missing += sum < 0;
        ones += g->copies[i];
    }
    return n_missing;
}

/* Whether frequencies let the site stay; else counts why not. */
static bool
passes(dna_genotypes *g, const counts *c, int64_t n)
{
    int64_t n_known = n - c->n_missing;
    int64_t rarer = DNA_MIN(c->n_one, n_known - c->n_one);

    if (n_known == 0 || (double)c->n_missing > g->rules->max_missing * (double)n) {
        g->n_dropped[DNA_DROP_MISSING]++;
    } else if (rarer == 0 && !g->keeps_monomorphic) {
        g->n_dropped[DNA_DROP_MONOMORPHIC]++;
    } else if (rarer < g->rules->min_mac
               || (double)rarer < g->rules->min_maf * (double)n_known) {
        g->n_dropped[DNA_DROP_RARE]++;
    } else {
        return true;
    }
    return false;
}

int
dna_genotypes_make_row(
    dna_genotypes *g, const int8_t *alleles, const int8_t **row, int64_t *n_missing)
{
    int64_t n = g->n_copy_total;
    bool is_plain = alleles != g->alleles && g->derived == 1 && g->site.n_allele <= 2;
    int8_t *ones = g->ones;
    counts c = {0, 0};

    if (is_plain) {
        c.n_one = count_ones(alleles, n);
    } else {
        c = mark_derived(ones, alleles, n, (int8_t)g->derived);
    }
    if (!passes(g, &c, n)) {
        return 0;
    }
    if (g->polar == DNA_POLAR_MINOR && 2 * c.n_one > n - c.n_missing) {
        const int8_t *from = is_plain ? alleles : ones;
        for (int64_t i = 0; i < n; i++) {
            ones[i] = (int8_t)(from[i] < 0 ? -1 : 1 - from[i]);
        }
        c.n_one = n - c.n_missing - c.n_one;
        is_plain = false;
    }
    *n_missing = c.n_missing;
    if (g->imputes && c.n_missing > 0) {
        impute(g, ones, n, &c);
    }
    *row = is_plain ? alleles : ones;
    if (g->phase == DNA_DOSAGE) {
        int64_t n_sample_missing = sum_copies(g, *row, g->row);
        *n_missing = g->imputes ? *n_missing : n_sample_missing;
        *row = g->row;
    }
    return 1;
}
