/* ehh.c - integrated EHH and shared lengths of every site, from both sides.
 *
 * SPDX-License-Identifier: MIT
 *
 * A task takes a chunk of the steps of one side (pbwt.h) and writes the numbers of its own
 * sites; the two sides are added at the end.
 */
#include "dnadna/ehh.h"

#include <math.h>

#include "base/mem.h"
#include "base/pool.h"
#include "popgen/pbwt.h"

/* One side: what is seen going away from each site, per allele. */
typedef struct {
    dna_pbwt_path path;
    double *at;         /* [n_step] bp from the first step, long gaps cut short */
    int32_t *n_barrier; /* [n_step] gaps up to there that no integral may cross */
    double *ihh[2];     /* [n_site] */
    double *sl[2];      /* [n_site] */
} side;

typedef struct {
    const dna_haplotypes *h;
    const dna_ehh_options *o;
    side sides[2]; /* steps to the right, and to the left */
} scan;

static int
side_init(side *s, const scan *x, bool from_right)
{
    const dna_haplotypes *h = x->h;
    int rc = DNA_OK;

    DNA_TRY(dna_pbwt_path_init(&s->path, h, from_right));
    for (int a = 0; a < 2; a++) {
        DNA_NEW(s->ihh[a], h->n_site);
        DNA_NEW(s->sl[a], h->n_site);
        for (int64_t i = 0; i < h->n_site; i++) {
            s->ihh[a][i] = s->sl[a][i] = (double)NAN;
        }
    }
    DNA_NEW(s->at, s->path.n_step);
    DNA_NEW(s->n_barrier, s->path.n_step);
    for (int64_t t = 1; h->pos != NULL && t < s->path.n_step; t++) {
        double gap = fabs(h->pos[s->path.sites[t]] - h->pos[s->path.sites[t - 1]]);
        s->at[t] = s->at[t - 1] + DNA_MIN(gap, x->o->gap_scale);
        s->n_barrier[t] = s->n_barrier[t - 1] + (gap > x->o->max_gap);
    }
out:
    return rc;
}

static void
side_clear(side *s)
{
    dna_pbwt_path_clear(&s->path);
    dna_free(s->at);
    dna_free(s->n_barrier);
    for (int a = 0; a < 2; a++) {
        dna_free(s->ihh[a]);
        dna_free(s->sl[a]);
    }
}

/* The integral back from step t, of pairs by the step at which their match begins: a pair
 * that begins at d counts at d, and no more at d - 1. The tally is used up. */
static double
integrate(const side *s, const dna_ehh_options *o, int64_t t, double n_pair,
    dna_match_tally *y)
{
    int64_t alive = (int64_t)n_pair;
    int64_t at = t; /* integrated so far */
    double ehh = 1;
    double sum = 0;
    int64_t begin = 0;
    int64_t pairs = 0;
    bool meets_edge = false;

    while (ehh > o->min_ehh && dna_match_tally_take(y, &begin, &pairs)) {
        sum += ehh * (s->at[at] - s->at[begin]);
        at = begin;
        if (begin == 0) {
            meets_edge = true;
            break;
        }
        alive -= pairs;
        double next = (double)alive / n_pair;
        at = begin - 1;
        sum += (s->at[begin] - s->at[at]) * (ehh + next) / 2;
        ehh = next;
    }
    dna_match_tally_empty(y);
    bool is_defined =
        s->n_barrier[t] == s->n_barrier[at] && (o->include_edges || !meets_edge);
    return is_defined ? sum : (double)NAN;
}

/* Both alleles of the site of the last step. */
static void
measure(side *s, const scan *x, const dna_pbwt *p, dna_match_tally *y)
{
    int64_t t = p->n_taken - 1;
    int64_t site = s->path.sites[t];
    const int64_t limits[3] = {0, p->n_zero, x->h->n_hap};

    for (int a = 0; a < 2; a++) {
        double n = (double)(limits[a + 1] - limits[a]);
        double n_pair = n * (n - 1) / 2;
        if (n < 2) {
            continue;
        }
        dna_match_tally_add(y, p->start, limits[a], limits[a + 1], 1);
        s->sl[a][site] = (double)(t + 1) - (double)y->start_sum / n_pair;
        s->ihh[a][site] = integrate(s, x->o, t, n_pair, y);
    }
}

static int
run_task(void *payload, int64_t task, int worker)
{
    scan *x = payload;
    side *s = &x->sides[task >= x->sides[0].path.n_chunk];
    int64_t chunk = task % DNA_MAX(s->path.n_chunk, 1);
    int64_t end = DNA_MIN((chunk + 1) * s->path.chunk, s->path.n_step);
    dna_pbwt p = {0};
    dna_match_tally y = {0};
    int rc = DNA_OK;

    (void)worker;
    DNA_TRY(dna_pbwt_init(&p, &s->path, chunk));
    DNA_TRY(dna_match_tally_init(&y, s->path.n_step, x->h->n_hap));
    while (p.n_taken < end) {
        dna_pbwt_step(&p);
        measure(s, x, &p, &y);
    }
out:
    dna_match_tally_clear(&y);
    dna_pbwt_clear(&p);
    return rc;
}

/* ---- whole ----------------------------------------------------------------------- */

static double
log_ratio(double derived, double ancestral)
{
    return derived > 0 && ancestral > 0 ? log(derived / ancestral) : (double)NAN;
}

static void
join_sides(dna_ehh *e, const scan *x)
{
    const side *s = x->sides;
    const dna_haplotypes *h = x->h;

    for (int64_t i = 0; i < h->n_site; i++) {
        double minor = DNA_MIN(h->count[i], h->n_called[i] - h->count[i]);
        bool is_common = minor >= x->o->min_maf * (double)h->n_hap;
        e->sl_0[i] = s[0].sl[0][i] + s[1].sl[0][i];
        e->sl_1[i] = s[0].sl[1][i] + s[1].sl[1][i];
        e->nsl[i] = log_ratio(e->sl_1[i], e->sl_0[i]);
        bool has_pos = h->pos != NULL;
        e->ihh_0[i] = has_pos ? s[0].ihh[0][i] + s[1].ihh[0][i] : (double)NAN;
        e->ihh_1[i] = has_pos ? s[0].ihh[1][i] + s[1].ihh[1][i] : (double)NAN;
        e->ihs[i] = is_common ? log_ratio(e->ihh_1[i], e->ihh_0[i]) : (double)NAN;
    }
}

static int
ehh_alloc(dna_ehh **out, int64_t n_site)
{
    dna_ehh *e = NULL;
    int rc = DNA_OK;

    DNA_NEW(e, 1);
    e->n_site = n_site;
    DNA_NEW(e->ihh_0, n_site);
    DNA_NEW(e->ihh_1, n_site);
    DNA_NEW(e->sl_0, n_site);
    DNA_NEW(e->sl_1, n_site);
    DNA_NEW(e->ihs, n_site);
    DNA_NEW(e->nsl, n_site);
    *out = e;
    e = NULL;
out:
    dna_ehh_free(e);
    return rc;
}

int
dna_ehh_new(dna_ehh **out, const dna_haplotypes *h, const dna_ehh_options *options)
{
    static const dna_ehh_options dflt = DNA_EHH_OPTIONS_INIT;
    scan x = {.h = h, .o = options != NULL ? options : &dflt};
    dna_ehh *e = NULL;
    dna_pool *pool = NULL;
    int rc = DNA_OK;

    DNA_TRY(side_init(&x.sides[0], &x, false));
    DNA_TRY(side_init(&x.sides[1], &x, true));
    int64_t n_task = x.sides[0].path.n_chunk + x.sides[1].path.n_chunk;
    DNA_TRY(ehh_alloc(&e, h->n_site));
    if (x.o->n_thread != 1) {
        DNA_TRY(dna_pool_new(&pool, x.o->n_thread));
    }
    DNA_TRY(dna_pool_run(pool, n_task, run_task, &x));
    join_sides(e, &x);
    *out = e;
    e = NULL;
out:
    dna_pool_free(pool);
    side_clear(&x.sides[0]);
    side_clear(&x.sides[1]);
    dna_ehh_free(e);
    return rc;
}

void
dna_ehh_free(dna_ehh *e)
{
    if (e == NULL) {
        return;
    }
    dna_free(e->ihh_0);
    dna_free(e->ihh_1);
    dna_free(e->sl_0);
    dna_free(e->sl_1);
    dna_free(e->ihs);
    dna_free(e->nsl);
    dna_free(e);
}
