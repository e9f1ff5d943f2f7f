/* sumstats_long.c - every number of a sample in a row of its own.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "dnadna/sfs.h"
#include "report/sumstats_table.h"

/* Where a number belongs; window and bin -1, start and end NaN: nowhere. */
typedef struct {
    int64_t window, bin;
    double start, end;
} place;

static const place whole = {-1, -1, (double)NAN, (double)NAN};

static void
put_index(dna_table *t, int64_t i)
{
    if (i < 0) {
        dna_table_text(t, "");
    } else {
        dna_table_integer(t, i);
    }
}

static void
put_bp(dna_table *t, double v)
{
    if (isnan(v)) {
        dna_table_text(t, "");
    } else {
        dna_table_number(t, v);
    }
}

static int
put(dna_table *t, const dna_sumstats_source *source, const place *at, const char *name,
    double value)
{
    dna_table_text(t, source->path);
    put_index(t, source->scenario);
    put_index(t, source->replicate);
    dna_table_text(t, source->label);
    put_index(t, at->window);
    put_bp(t, at->start);
    put_bp(t, at->end);
    put_index(t, at->bin);
    dna_table_text(t, name);
    dna_table_number(t, value);
    return dna_table_end_row(t);
}

/* Scores are standardised over the whole sample, whose mean says nothing. */
static int
put_stats(dna_table *t, const dna_sumstats_source *source, const place *at,
    const double *values)
{
    int n = at->window < 0 ? DNA_STAT_IHS : DNA_N_STAT;
    int rc = DNA_OK;

    for (int i = 0; i < n; i++) {
        DNA_TRY(put(t, source, at, dna_stat_name((dna_stat)i), values[i]));
    }
out:
    return rc;
}

/* "fst_0_1", of populations numbered from 0. */
static int
put_pair(dna_table *t, const dna_sumstats_source *source, const place *at,
    const dna_population_pair *p, double dxy, double fst)
{
    char name[64];
    int rc = DNA_OK;

    (void)snprintf(
        name, sizeof(name), "dxy_%lld_%lld", (long long)p->first, (long long)p->second);
    DNA_TRY(put(t, source, at, name, dxy));
    (void)snprintf(
        name, sizeof(name), "fst_%lld_%lld", (long long)p->first, (long long)p->second);
    DNA_TRY(put(t, source, at, name, fst));
out:
    return rc;
}

static int
put_sfs(dna_table *t, const dna_sumstats_source *source, const dna_sumstats *s)
{
    int64_t last = source->is_folded ? s->n_hap / 2 : s->n_hap - 1;
    int64_t *folded = NULL;
    const int64_t *sfs = s->sfs;
    int rc = DNA_OK;

    DNA_NEW(folded, s->n_hap + 1);
    if (source->is_folded) {
        dna_sfs_fold(folded, s->sfs, s->n_hap);
        sfs = folded;
    }
    for (int64_t k = 1; k <= last; k++) {
        place at = whole;
        at.bin = k;
        DNA_TRY(put(
            t, source, &at, source->is_folded ? "sfs_folded" : "sfs", (double)sfs[k]));
    }
out:
    dna_free(folded);
    return rc;
}

static int
put_distances(dna_table *t, const dna_sumstats_source *source, const dna_sumstats *s)
{
    int rc = DNA_OK;

    for (int64_t i = 0; i < s->n_bin; i++) {
        const dna_ld_bin *b = &s->ld[i];
        place at = {-1, i + 1, b->lower, b->upper};
        DNA_TRY(put(t, source, &at, "r2_mean", b->r2_mean));
        DNA_TRY(put(t, source, &at, "r2_count", (double)b->count));
        DNA_TRY(put(t, source, &at, "ibs_count", (double)s->ibs_counts[i]));
    }
    if (s->n_bin > 0) {
        DNA_TRY(put(t, source, &whole, "ibs_n_tract", (double)s->ibs.n_tract));
        DNA_TRY(put(t, source, &whole, "ibs_length_mean", s->ibs.length_mean));
        DNA_TRY(put(t, source, &whole, "ibs_length_sd", s->ibs.length_sd));
    }
out:
    return rc;
}

static int
put_windows(dna_table *t, const dna_sumstats_source *source, const dna_sumstats *s)
{
    int rc = DNA_OK;

    for (int64_t w = 0; w < s->n_window; w++) {
        place at = {w + 1, -1, s->windows[w].start, s->windows[w].end};
        DNA_TRY(put_stats(t, source, &at, s->values[w]));
        for (int64_t i = 0; i < s->n_pair; i++) {
            const dna_population_pair *p = &s->pairs[i];
            DNA_TRY(put_pair(t, source, &at, p, p->dxy[w], p->fst[w]));
        }
    }
out:
    return rc;
}

/* Without windows, the scores of the sites. */
static int
put_sites(dna_table *t, const dna_sumstats_source *source, const dna_sumstats *s)
{
    int rc = DNA_OK;

    for (int64_t i = 0; s->n_window == 0 && i < s->n_site; i++) {
        double pos = s->pos != NULL ? s->pos[i] : (double)NAN;
        place at = {i, -1, pos, pos};
        DNA_TRY(put(t, source, &at, "site_ihs", s->ihs[i]));
        DNA_TRY(put(t, source, &at, "site_nsl", s->nsl[i]));
    }
out:
    return rc;
}

int
dna_sumstats_put_long(
    dna_table *t, const dna_sumstats_source *source, const dna_sumstats *s)
{
    int rc = DNA_OK;

    DNA_TRY(put(t, source, &whole, "n_indiv", (double)s->n_hap));
    DNA_TRY(put_stats(t, source, &whole, s->whole));
    for (int64_t i = 0; i < s->n_pair; i++) {
        const dna_population_pair *p = &s->pairs[i];
        DNA_TRY(put_pair(t, source, &whole, p, p->whole_dxy, p->whole_fst));
    }
    DNA_TRY(put_sfs(t, source, s));
    DNA_TRY(put_distances(t, source, s));
    DNA_TRY(put_windows(t, source, s));
    DNA_TRY(put_sites(t, source, s));
out:
    return rc;
}
