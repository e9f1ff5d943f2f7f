/* sumstats_figure.c - curves of scenarios, and what is drawn of many of them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "report/sumstats_figure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "dnadna/sfs.h"
#include "report/figure.h"
#include "report/summary.h"

#define MOST_BLOCKS 25

/* A curve over replicates: mean and standard error (NaN of one). */
typedef struct {
    int64_t n;
    double *x, *mean, *sem;
} curve;

typedef enum { SPECTRUM, DECAY, ALONG, WHOLE, N_CURVE } curve_kind;

typedef struct {
    int64_t number;
    curve curves[N_CURVE];
} group;

struct dna_sumstats_figure {
    char what[16];
    bool is_folded;
    dna_arena *arena;
    int64_t n, cap;
    group *groups;
};

int
dna_sumstats_figure_new(dna_sumstats_figure **out, const char *what, bool is_folded)
{
    dna_sumstats_figure *f = NULL;
    int rc = DNA_OK;

    DNA_NEW(f, 1);
    (void)snprintf(f->what, sizeof(f->what), "%s", what);
    f->is_folded = is_folded;
    DNA_TRY(dna_arena_new(&f->arena));
    *out = f;
    f = NULL;
out:
    dna_sumstats_figure_free(f);
    return rc;
}

void
dna_sumstats_figure_free(dna_sumstats_figure *f)
{
    if (f == NULL) {
        return;
    }
    dna_arena_free(f->arena);
    dna_free(f->groups);
    dna_free(f);
}

/* ---- one scenario ---------------------------------------------------------------- */

/* Neighbouring windows are averaged: more points than this are noise to the eye. */
static int64_t
blocks_of(int64_t n_window)
{
    return DNA_MIN(n_window, MOST_BLOCKS);
}

static double
block_mean(const dna_sumstats *s, int64_t block)
{
    int64_t n_block = blocks_of(s->n_window);
    double sum = 0;
    int64_t n = 0;

    for (int64_t w = block * s->n_window / n_block;
         w < (block + 1) * s->n_window / n_block; w++) {
        double d = s->values[w][DNA_STAT_TAJIMA_D];
        if (!isnan(d)) {
            sum += d;
            n++;
        }
    }
    return n > 0 ? sum / (double)n : (double)NAN;
}

static int64_t
length_of(const dna_sumstats_figure *f, const dna_sumstats *s, curve_kind kind)
{
    switch (kind) {
    case SPECTRUM:
        return f->is_folded ? s->n_hap / 2 : DNA_MAX(s->n_hap - 1, 0);
    case DECAY:
        return s->n_bin;
    case ALONG:
        return blocks_of(s->n_window);
    case WHOLE:
        return 1;
    case N_CURVE:
        break;
    }
    return 0;
}

/* Point i of a curve of one sample. */
static void
value_at(const dna_sumstats_figure *f, const dna_sumstats *s, curve_kind kind,
    int64_t i, double *x, double *y)
{
    int64_t k = i + 1;
    int64_t count = 0;

    switch (kind) {
    case SPECTRUM:
        count = s->sfs[k];
        if (f->is_folded && 2 * k < s->n_hap) {
            count += s->sfs[s->n_hap - k];
        }
        *x = (double)k / (double)s->n_hap;
        *y = dna_sfs_scaled(count, k, s->n_hap, f->is_folded);
        break;
    case DECAY:
        *x = s->ld[i].distance_mean;
        *y = s->ld[i].r2_mean;
        break;
    case ALONG:
        *x = 100 * ((double)i + 0.5) / (double)blocks_of(s->n_window);
        *y = block_mean(s, i);
        break;
    case WHOLE:
        *x = 0;
        *y = s->whole[DNA_STAT_TAJIMA_D];
        break;
    case N_CURVE:
        break;
    }
}

static void
average(const dna_sumstats_figure *f, curve *c, curve_kind kind, int64_t i,
    dna_sumstats *const *replicates, int64_t n)
{
    double sum_x = 0, mean = 0, squares = 0, m = 0;

    for (int64_t r = 0; r < n; r++) {
        double x = (double)NAN, y = (double)NAN;
        if (length_of(f, replicates[r], kind) == c->n) {
            value_at(f, replicates[r], kind, i, &x, &y);
        }
        if (!isnan(x) && !isnan(y)) {
            double d = y - mean;
            m++;
            mean += d / m;
            squares += d * (y - mean);
            sum_x += x;
        }
    }
    c->x[i] = m > 0 ? sum_x / m : (double)NAN;
    c->mean[i] = m > 0 ? mean : (double)NAN;
    c->sem[i] = m > 1 ? sqrt(squares / (m - 1) / m) : (double)NAN;
}

/* A spectrum is divided by its mean, as the table's i_xi_norm. */
static void
level(curve *c)
{
    double mean = 0;

    for (int64_t i = 0; i < c->n; i++) {
        mean += c->mean[i] / (double)c->n;
    }
    for (int64_t i = 0; i < c->n; i++) {
        c->mean[i] = mean > 0 ? c->mean[i] / mean : (double)NAN;
        c->sem[i] = mean > 0 ? c->sem[i] / mean : (double)NAN;
    }
}

int
dna_sumstats_figure_add(
    dna_sumstats_figure *f, int64_t number, dna_sumstats *const *replicates, int64_t n)
{
    int rc = DNA_OK;

    if (f->n == f->cap) {
        int64_t cap = 2 * f->cap + 16;
        group *grown = dna_realloc(f->groups, (size_t)cap, sizeof(*grown));
        DNA_REQUIRE(grown != NULL, DNA_ENOMEM, "out of memory");
        f->groups = grown;
        f->cap = cap;
    }
    group g = {.number = number};
    for (int kind = 0; kind < N_CURVE; kind++) {
        curve *c = &g.curves[kind];
        c->n = length_of(f, replicates[0], (curve_kind)kind);
        double *memory =
            dna_arena_alloc(f->arena, (size_t)(3 * c->n + 1), sizeof(double));
        DNA_REQUIRE(memory != NULL, DNA_ENOMEM, "out of memory");
        c->x = memory;
        c->mean = memory + c->n;
        c->sem = memory + 2 * c->n;
        for (int64_t i = 0; i < c->n; i++) {
            average(f, c, (curve_kind)kind, i, replicates, n);
        }
    }
    level(&g.curves[SPECTRUM]);
    f->groups[f->n++] = g;
out:
    return rc;
}

/* ---- a few scenarios: each its own ----------------------------------------------- */

static int
add_curve(dna_panel *panel, const dna_sumstats_figure *f, const group *g,
    curve_kind kind, dna_color color, bool is_named)
{
    const curve *c = &g->curves[kind];
    double *low = NULL;
    double *high = NULL;
    char name[64];
    int rc = DNA_OK;

    DNA_NEW(low, c->n);
    DNA_NEW(high, c->n);
    for (int64_t i = 0; i < c->n; i++) {
        low[i] = c->mean[i] - c->sem[i];
        high[i] = c->mean[i] + c->sem[i];
    }
    (void)snprintf(name, sizeof(name), "%s %lld", f->what, (long long)g->number);
    bool has_bars = kind != ALONG;
    dna_panel_add(
        panel, &(dna_series){.kind = kind == DECAY ? DNA_SERIES_BOTH : DNA_SERIES_LINE,
                   .n = c->n,
                   .x = c->x,
                   .y = c->mean,
                   .low = has_bars ? low : NULL,
                   .high = has_bars ? high : NULL,
                   .color = color,
                   .name = is_named ? name : NULL});
out:
    dna_free(low);
    dna_free(high);
    return rc;
}

/* ---- many: their mean and range -------------------------------------------------- */

static int
add_range(
    dna_panel *panel, const dna_sumstats_figure *f, curve_kind kind, bool is_named)
{
    const curve *first = &f->groups[0].curves[kind];
    int64_t n = first->n;
    double *memory = NULL; /* x, mean, low, high [n]; values [f->n] */
    char name[64];
    int rc = DNA_OK;

    DNA_NEW(memory, 4 * n + f->n);
    double *x = memory, *mean = x + n, *low = mean + n, *high = low + n;
    double *values = high + n;
    for (int64_t i = 0; i < n; i++) {
        double sum_x = 0;
        int64_t m = 0;
        for (int64_t g = 0; g < f->n; g++) {
            const curve *c = &f->groups[g].curves[kind];
            if (c->n == n && !isnan(c->mean[i])) {
                sum_x += c->x[i];
                values[m++] = c->mean[i];
            }
        }
        x[i] = mean[i] = low[i] = high[i] = (double)NAN;
        if (m > 0) {
            dna_sort(values, m);
            x[i] = sum_x / (double)m;
            mean[i] = dna_mean_of(values, m);
            low[i] = dna_quantile(values, m, 0.05);
            high[i] = dna_quantile(values, m, 0.95);
        }
    }
    (void)snprintf(name, sizeof(name), "90 %% of the %ss", f->what);
    dna_panel_add(panel, &(dna_series){.kind = DNA_SERIES_BAND,
                             .n = n,
                             .x = x,
                             .low = low,
                             .high = high,
                             .color = dna_color_fade(dna_palette(0), 0.2),
                             .name = is_named ? name : NULL});
    (void)snprintf(name, sizeof(name), "mean of %lld %ss", (long long)f->n, f->what);
    dna_panel_add(panel, &(dna_series){.kind = DNA_SERIES_LINE,
                             .n = n,
                             .x = x,
                             .y = mean,
                             .color = dna_palette(0),
                             .width = 1.8,
                             .name = is_named ? name : NULL});
out:
    dna_free(memory);
    return rc;
}

/* ---- Tajima's D of the whole ----------------------------------------------------- */

static int
add_whole(dna_panel *panel, const dna_sumstats_figure *f, bool is_colored)
{
    int64_t n = is_colored ? 1 : f->n; /* points of a series */
    double *memory = NULL;
    int rc = DNA_OK;

    DNA_NEW(memory, 4 * f->n);
    double *x = memory, *y = x + f->n, *low = y + f->n, *high = low + f->n;
    for (int64_t g = 0; g < f->n; g++) {
        const curve *c = &f->groups[g].curves[WHOLE];
        x[g] = (double)f->groups[g].number;
        y[g] = c->mean[0];
        low[g] = c->mean[0] - c->sem[0];
        high[g] = c->mean[0] + c->sem[0];
    }
    for (int64_t g = 0; g < f->n; g += n) {
        dna_panel_add(panel, &(dna_series){.kind = DNA_SERIES_POINTS,
                                 .n = n,
                                 .x = x + g,
                                 .y = y + g,
                                 .low = low + g,
                                 .high = high + g,
                                 .color = dna_palette(is_colored ? g : 0)});
    }
out:
    dna_free(memory);
    return rc;
}

/* ---- whole ----------------------------------------------------------------------- */

static void
set_axes(dna_figure *figure, const dna_sumstats_figure *f)
{
    const char *allele = f->is_folded ? "frequency of the rarer allele"
                                      : "frequency of the derived allele";

    dna_panel_axes(dna_figure_panel(figure, SPECTRUM), "Site frequency spectrum",
        (dna_axis){.label = allele, .has_min = true},
        (dna_axis){.label = "scaled sites (1: constant size)", .has_min = true});
    dna_panel_reference(dna_figure_panel(figure, SPECTRUM), 1, NULL);
    dna_panel_axes(dna_figure_panel(figure, DECAY), "Linkage disequilibrium",
        (dna_axis){.label = "distance (bp)", .is_log = true},
        (dna_axis){.label = "mean r²", .has_min = true});
    dna_panel_axes(dna_figure_panel(figure, ALONG), "Tajima’s D along the chromosome",
        (dna_axis){.label = "place between first and last SNP (%)"},
        (dna_axis){.label = "mean Tajima’s D of windows"});
    dna_panel_reference(dna_figure_panel(figure, ALONG), 0, NULL);
    dna_panel_axes(dna_figure_panel(figure, WHOLE), "Tajima’s D of the whole",
        (dna_axis){.label = f->what}, (dna_axis){.label = "Tajima’s D"});
    dna_panel_reference(dna_figure_panel(figure, WHOLE), 0, NULL);
}

int
dna_sumstats_figure_save(const dna_sumstats_figure *f, const char *path)
{
    bool is_colored = f->n <= DNA_N_PALETTE;
    dna_figure *figure = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_figure_new(&figure, 2, 2));
    set_axes(figure, f);
    for (int kind = SPECTRUM; f->n > 0 && kind < WHOLE; kind++) {
        dna_panel *panel = dna_figure_panel(figure, kind);
        bool is_named = kind == DECAY; /* where there is most room */
        if (!is_colored) {
            DNA_TRY(add_range(panel, f, (curve_kind)kind, is_named));
        }
        for (int64_t g = 0; is_colored && g < f->n; g++) {
            DNA_TRY(add_curve(
                panel, f, &f->groups[g], (curve_kind)kind, dna_palette(g), is_named));
        }
    }
    if (f->n > 0) {
        DNA_TRY(add_whole(dna_figure_panel(figure, WHOLE), f, is_colored));
    }
    DNA_TRY(dna_figure_save(figure, path));
out:
    dna_figure_free(figure);
    return rc;
}
