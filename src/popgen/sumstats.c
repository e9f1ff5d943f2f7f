/* sumstats.c - all summary statistics of one sample.
 *
 * SPDX-License-Identifier: MIT
 */
#include "dnadna/sumstats.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "dnadna/divergence.h"
#include "dnadna/haplotype_diversity.h"
#include "dnadna/sfs.h"

static const char *const names[DNA_N_STAT] = {
    [DNA_STAT_N_SITE] = "n_site",
    [DNA_STAT_N_SEGREGATING] = "n_segregating",
    [DNA_STAT_PI] = "pi",
    [DNA_STAT_THETA_W] = "theta_w",
    [DNA_STAT_THETA_H] = "theta_h",
    [DNA_STAT_TAJIMA_D] = "tajima_d",
    [DNA_STAT_FAY_WU_H] = "fay_wu_h",
    [DNA_STAT_N_HAPLOTYPE] = "n_haplotype",
    [DNA_STAT_HAPLOTYPE_DIVERSITY] = "haplotype_diversity",
    [DNA_STAT_H1] = "h1",
    [DNA_STAT_H12] = "h12",
    [DNA_STAT_H123] = "h123",
    [DNA_STAT_H2_H1] = "h2_h1",
    [DNA_STAT_ZNS] = "zns",
    [DNA_STAT_OMEGA] = "omega",
    [DNA_STAT_IHS] = "ihs",
    [DNA_STAT_NSL] = "nsl",
};

const char *
dna_stat_name(dna_stat stat)
{
    return (int)stat >= 0 && stat < DNA_N_STAT ? names[stat] : NULL;
}

static double
mean_score(const double *scores, int64_t first, int64_t last)
{
    double sum = 0;
    int64_t n = 0;

    for (int64_t i = first; i < last; i++) {
        if (!isnan(scores[i])) {
            sum += scores[i];
            n++;
        }
    }
    return n > 0 ? sum / (double)n : (double)NAN;
}

/* The scores of `s` are there already. */
static int
compute_range(double *values, const dna_sumstats *s, const dna_haplotypes *h,
    int64_t first, int64_t last, int n_thread)
{
    dna_diversity diversity;
    dna_haplotype_diversity haplotypes;
    dna_ld_summary ld;
    int rc = DNA_OK;

    dna_diversity_compute(&diversity, h, first, last);
    DNA_TRY(dna_haplotype_diversity_compute(&haplotypes, h, first, last));
    DNA_TRY(dna_ld_summary_compute(&ld, h, first, last, n_thread));
    values[DNA_STAT_N_SITE] = (double)(last - first);
    values[DNA_STAT_N_SEGREGATING] = (double)diversity.n_segregating;
    values[DNA_STAT_PI] = diversity.pi;
    values[DNA_STAT_THETA_W] = diversity.theta_w;
    values[DNA_STAT_THETA_H] = diversity.theta_h;
    values[DNA_STAT_TAJIMA_D] = diversity.tajima_d;
    values[DNA_STAT_FAY_WU_H] = diversity.fay_wu_h;
    values[DNA_STAT_N_HAPLOTYPE] = (double)haplotypes.n_haplotype;
    values[DNA_STAT_HAPLOTYPE_DIVERSITY] = haplotypes.diversity;
    values[DNA_STAT_H1] = haplotypes.h1;
    values[DNA_STAT_H12] = haplotypes.h12;
    values[DNA_STAT_H123] = haplotypes.h123;
    values[DNA_STAT_H2_H1] = haplotypes.h2_h1;
    values[DNA_STAT_ZNS] = ld.zns;
    values[DNA_STAT_OMEGA] = ld.omega;
    values[DNA_STAT_IHS] = mean_score(s->ihs, first, last);
    values[DNA_STAT_NSL] = mean_score(s->nsl, first, last);
out:
    return rc;
}

static int
compute_scores(dna_sumstats *s, const dna_haplotypes *h, int n_thread)
{
    dna_ehh_options options = DNA_EHH_OPTIONS_INIT;
    dna_ehh *ehh = NULL;
    int rc = DNA_OK;

    options.n_thread = n_thread;
    DNA_TRY(dna_ehh_new(&ehh, h, &options));
    s->ihs = ehh->ihs;
    s->nsl = ehh->nsl;
    ehh->ihs = ehh->nsl = NULL; /* now ours */
    DNA_TRY(dna_ehh_standardize(s->ihs, h));
    DNA_TRY(dna_ehh_standardize(s->nsl, h));
out:
    dna_ehh_free(ehh);
    return rc;
}

/* Windows are cut before; their values come here. */
static int
compute_windows(dna_sumstats *s, const dna_haplotypes *h, const dna_sumstats_options *o)
{
    int rc = DNA_OK;

    DNA_NEW(s->windows, o->n_window);
    DNA_NEW(s->values, o->n_window);
    s->n_window = o->n_window;
    if (s->n_window > 0) {
        dna_windows_span(s->windows, s->n_window, h);
    }
    for (int64_t w = 0; w < s->n_window; w++) {
        DNA_TRY(compute_range(
            s->values[w], s, h, s->windows[w].first, s->windows[w].last, o->n_thread));
    }
out:
    return rc;
}

/* r^2 and IBS tracts by the same bins. */
static int
compute_distances(dna_sumstats *s, const dna_haplotypes *h,
    const dna_sumstats_options *o, double length)
{
    dna_ld_options ld = {
        .is_circular = o->is_circular, .length = length, .n_thread = o->n_thread};
    double *edges = NULL;
    int rc = DNA_OK;

    DNA_NEW(edges, o->n_ld_bin + 1);
    if (o->ld_edges != NULL) {
        memcpy(edges, o->ld_edges, (size_t)(o->n_ld_bin + 1) * sizeof(*edges));
    } else {
        DNA_REQUIRE(length > 0, DNA_EARG,
            "bins of distance need chromosome_size, which is unknown");
        dna_ld_edges(edges, o->n_ld_bin, o->is_circular ? floor(length / 2) : length);
    }
    DNA_NEW(s->ld, o->n_ld_bin);
    DNA_NEW(s->ibs_counts, o->n_ld_bin);
    s->n_bin = o->n_ld_bin;
    DNA_TRY(dna_ld_decay(s->ld, edges, s->n_bin, h, &ld));
    DNA_TRY(dna_ibs_compute(&s->ibs, s->ibs_counts, edges, s->n_bin, h, o->n_thread));
out:
    dna_free(edges);
    return rc;
}

/* ---- populations ----------------------------------------------------------------- */

static int
compute_pair(dna_population_pair *p, const dna_sumstats *s, const dna_haplotypes *h,
    const int64_t *starts, const int64_t *rows)
{
    const int64_t *a = rows + starts[p->first];
    const int64_t *b = rows + starts[p->second];
    int64_t n_a = starts[p->first + 1] - starts[p->first];
    int64_t n_b = starts[p->second + 1] - starts[p->second];
    dna_divergence d;
    int rc = DNA_OK;

    DNA_NEW(p->dxy, s->n_window);
    DNA_NEW(p->fst, s->n_window);
    DNA_TRY(dna_divergence_compute(&d, h, 0, h->n_site, a, n_a, b, n_b));
    p->whole_dxy = d.dxy;
    p->whole_fst = d.fst;
    for (int64_t w = 0; w < s->n_window; w++) {
        DNA_TRY(dna_divergence_compute(
            &d, h, s->windows[w].first, s->windows[w].last, a, n_a, b, n_b));
        p->dxy[w] = d.dxy;
        p->fst[w] = d.fst;
    }
out:
    return rc;
}

static int
compute_pairs(dna_sumstats *s, const dna_haplotypes *h, const dna_sumstats_options *o)
{
    int64_t n = o->n_population;
    int64_t *starts = NULL;
    int64_t *rows = NULL;
    int rc = DNA_OK;

    DNA_NEW(starts, n + 1);
    DNA_NEW(rows, h->n_hap);
    DNA_NEW(s->pairs, n * (n - 1) / 2);
    for (int64_t i = 0; i < n; i++) {
        starts[i + 1] = starts[i] + o->population_sizes[i];
        DNA_REQUIRE(o->population_sizes[i] >= 0 && starts[i + 1] <= h->n_hap, DNA_EARG,
            "the first %lld populations have %lld rows, but there are %lld",
            (long long)(i + 1), (long long)starts[i + 1], (long long)h->n_hap);
    }
    for (int64_t i = 0; i < h->n_hap; i++) {
        rows[i] = i;
    }
    for (int64_t a = 0; a < n; a++) {
        for (int64_t b = a + 1; b < n; b++) {
            dna_population_pair *p = &s->pairs[s->n_pair++];
            p->first = a;
            p->second = b;
            DNA_TRY(compute_pair(p, s, h, starts, rows));
        }
    }
out:
    dna_free(starts);
    dna_free(rows);
    return rc;
}

/* ---- whole ----------------------------------------------------------------------- */

static int
compute(dna_sumstats *s, const dna_haplotypes *h, const dna_sumstats_options *o,
    double length)
{
    int rc = DNA_OK;

    DNA_NEW(s->sfs, h->n_hap + 1);
    dna_sfs_unfolded(s->sfs, h, 0, h->n_site);
    DNA_TRY(compute_scores(s, h, o->n_thread));
    DNA_TRY(compute_range(s->whole, s, h, 0, h->n_site, o->n_thread));
    if (h->pos != NULL) {
        DNA_TRY(compute_windows(s, h, o));
        DNA_TRY(compute_distances(s, h, o, length));
    }
    if (o->n_population > 1) {
        DNA_TRY(compute_pairs(s, h, o));
    }
out:
    return rc;
}

int
dna_sumstats_new(dna_sumstats **out, const dna_sample *sample,
    const dna_sumstats_options *options, const char *name)
{
    static const dna_sumstats_options dflt = DNA_SUMSTATS_OPTIONS_INIT;
    const dna_sumstats_options *o = options != NULL ? options : &dflt;
    int64_t length =
        o->chromosome_size > 0 ? o->chromosome_size : sample->format.chromosome_size;
    dna_haplotypes *h = NULL;
    dna_sumstats *s = NULL;
    int rc = DNA_OK;

    DNA_NEW(s, 1);
    DNA_TRY(dna_haplotypes_new(&h, sample, o->chromosome_size, name));
    s->n_hap = h->n_hap;
    s->n_site = h->n_site;
    rc = compute(s, h, o, (double)length);
    if (rc < 0) {
        dna_context("%s", name);
        goto out;
    }
    s->pos = h->pos;
    h->pos = NULL; /* now ours */
    *out = s;
    s = NULL;
out:
    dna_haplotypes_free(h);
    dna_sumstats_free(s);
    return rc;
}

void
dna_sumstats_free(dna_sumstats *s)
{
    if (s == NULL) {
        return;
    }
    for (int64_t i = 0; i < s->n_pair; i++) {
        dna_free(s->pairs[i].dxy);
        dna_free(s->pairs[i].fst);
    }
    dna_free(s->pairs);
    dna_free(s->sfs);
    dna_free(s->pos);
    dna_free(s->windows);
    dna_free(s->values);
    dna_free(s->ld);
    dna_free(s->ibs_counts);
    dna_free(s->ihs);
    dna_free(s->nsl);
    dna_free(s);
}
