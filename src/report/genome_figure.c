/* genome_figure.c - draw predictions along a genome: contigs side by side, a panel a
 * parameter.
 *
 * SPDX-License-Identifier: MIT
 *
 * Few windows are points joined by lines. Where there are more than the page has columns,
 * a column shows the mean of its windows and the range they span.
 */
#include <math.h>

#include "base/mem.h"
#include "report/axis.h"
#include "report/figure.h"
#include "report/genome_track_parts.h"

/* points */
#define WIDTH      720.0
#define LEFT       58.0
#define RIGHT      14.0
#define TOP        24.0
#define PANEL      118.0 /* the area of the data */
#define GAP        30.0
#define BOTTOM     36.0
#define COLUMN     0.75
#define TITLE_SIZE 9.5
#define TEXT_SIZE  7.5
#define MANY       200 /* windows that get no dots of their own */

static const dna_color ink = {0.13, 0.13, 0.13, 1};
static const dna_color axis_color = {0.35, 0.35, 0.35, 1};
static const dna_color grid_color = {0.88, 0.88, 0.88, 1};
static const dna_color band_color = {0.955, 0.955, 0.955, 1};

typedef struct {
    const dna_genome_track *t;
    dna_canvas *c;
    double *left;   /* [n_contig + 1] where each begins, in bp from the left */
    double *origin; /* [n_contig] its first place */
    double *x, *y;  /* room for a line */
    double bp;      /* of all */
    double top;     /* of the panel */
    dna_ticks ty;
} page;

static double
at_x(const page *p, int64_t contig, double place)
{
    double bp = p->left[contig] + place - p->origin[contig];
    return LEFT + (WIDTH - LEFT - RIGHT) * bp / p->bp;
}

static double
at_y(const page *p, double v)
{
    return p->top + PANEL * (1 - dna_ticks_place(&p->ty, v));
}

static double
centre(const page *p, int64_t contig, int64_t i)
{
    double middle = 0.5 * ((double)p->t->start[i] + (double)p->t->end[i]);
    return at_x(p, contig, middle);
}

static double
value_at(const page *p, int64_t i, int64_t value)
{
    return (double)p->t->values[i * p->t->n_value + value];
}

/* ---- axes -------------------------------------------------------------------------- */

static int
place_contigs(page *p)
{
    const dna_genome_track *t = p->t;
    int rc = DNA_OK;

    DNA_NEW(p->left, t->n_contig + 1);
    DNA_NEW(p->origin, t->n_contig + 1);
    for (int64_t k = 0; k < t->n_contig; k++) {
        const dna_track_contig *c = &t->contigs[k];
        double end = 0;
        p->origin[k] = (double)t->start[c->first];
        for (int64_t i = c->first; i < c->first + c->n; i++) {
            end = DNA_MAX(end, (double)t->end[i]);
        }
        p->left[k + 1] = p->left[k] + DNA_MAX(end - p->origin[k], 1.0);
    }
    p->bp = DNA_MAX(p->left[t->n_contig], 1.0);
out:
    return rc;
}

static void
find_limits(page *p, int64_t value, int64_t n_value)
{
    double low = (double)INFINITY, high = -low;

    for (int64_t i = 0; i < p->t->n; i++) {
        for (int64_t k = 0; k < n_value; k++) {
            double v = value_at(p, i, value + k);
            low = isfinite(v) ? DNA_MIN(low, v) : low;
            high = isfinite(v) ? DNA_MAX(high, v) : high;
        }
    }
    if (n_value > 1) { /* probabilities */
        low = 0;
        high = 1;
    }
    bool is_log = n_value == 1 && low > 0 && high / low > 20;
    double room = is_log ? 0.05 * log10(high / low) : 0.06 * (high - low);
    dna_ticks_find(&p->ty, is_log ? low / pow(10, room) : low - room,
        is_log ? high * pow(10, room) : high + room, is_log, 4);
}

static void
draw_ground(const page *p)
{
    for (int64_t k = 1; k < p->t->n_contig; k += 2) {
        double x = at_x(p, k, p->origin[k]);
        double width = (WIDTH - LEFT - RIGHT) * (p->left[k + 1] - p->left[k]) / p->bp;
        dna_canvas_rectangle(p->c, x, p->top, width, PANEL, band_color);
    }
}

static void
draw_y_axis(const page *p)
{
    dna_pen pen = {axis_color, 0.8, 0};
    char text[48];

    for (int i = 0; i < p->ty.n; i++) {
        double y = at_y(p, p->ty.at[i]);
        if (p->ty.is_minor[i]) {
            continue;
        }
        dna_canvas_segment(
            p->c, LEFT, y, WIDTH - RIGHT, y, (dna_pen){grid_color, 0.6, 0});
        dna_ticks_label(&p->ty, i, text, sizeof(text));
        dna_canvas_text(
            p->c, LEFT - 5, y + TEXT_SIZE * 0.36, text, TEXT_SIZE, DNA_RIGHT, 0, ink);
    }
    dna_canvas_segment(p->c, LEFT, p->top, LEFT, p->top + PANEL, pen);
    dna_canvas_segment(p->c, LEFT, p->top + PANEL, WIDTH - RIGHT, p->top + PANEL, pen);
}

/* The place on a contig that is alone, in Mb. */
static void
draw_mb_axis(const page *p)
{
    const double bottom = p->top + PANEL;
    dna_ticks ticks;
    char text[256];

    dna_ticks_find(
        &ticks, p->origin[0] * 1e-6, (p->origin[0] + p->bp) * 1e-6, false, 8);
    for (int i = 0; i < ticks.n; i++) {
        double x = at_x(p, 0, ticks.at[i] * 1e6);
        dna_canvas_segment(
            p->c, x, bottom, x, bottom + 3.5, (dna_pen){axis_color, 0.8, 0});
        dna_ticks_label(&ticks, i, text, sizeof(text));
        dna_canvas_text(
            p->c, x, bottom + 4.5 + TEXT_SIZE, text, TEXT_SIZE, DNA_CENTRE, 0, ink);
    }
    snprintf(text, sizeof(text), "%s (Mb)", p->t->contigs[0].name);
    dna_canvas_text(p->c, LEFT + (WIDTH - LEFT - RIGHT) / 2, bottom + 26, text,
        TEXT_SIZE + 1, DNA_CENTRE, 0, ink);
}

/* Names of contigs below, those that have room. */
static void
draw_contig_names(const page *p)
{
    double free_from = 0;

    for (int64_t k = 0; k < p->t->n_contig; k++) {
        const char *name = p->t->contigs[k].name;
        double middle = 0.5 * (p->left[k + 1] - p->left[k]);
        double x = at_x(p, k, p->origin[k] + middle);
        double width = dna_canvas_text_width(p->c, name, TEXT_SIZE);
        if (x - width / 2 >= free_from) {
            dna_canvas_text(p->c, x, p->top + PANEL + 4.5 + TEXT_SIZE, name, TEXT_SIZE,
                DNA_CENTRE, 0, ink);
            free_from = x + width / 2 + 3;
        }
    }
}

/* ---- values ------------------------------------------------------------------------ */

static void
draw_points(const page *p, int64_t contig, int64_t value, dna_color color)
{
    const dna_track_contig *c = &p->t->contigs[contig];

    for (int64_t i = 0; i < c->n; i++) {
        double v = value_at(p, c->first + i, value);
        p->x[i] = centre(p, contig, c->first + i);
        p->y[i] = isfinite(v) ? at_y(p, v) : (double)NAN;
    }
    dna_canvas_line(
        p->c, p->x, p->y, c->n, (dna_pen){dna_color_fade(color, 0.8), 0.9, 0});
    for (int64_t i = 0; i < c->n && p->t->n <= MANY; i++) {
        if (isfinite(p->y[i])) {
            dna_canvas_dot(p->c, p->x[i], p->y[i], 1.6, color);
        }
    }
}

/* Means and ranges of columns of the page. */
static void
draw_columns(const page *p, int64_t contig, int64_t value, dna_color color)
{
    const dna_track_contig *c = &p->t->contigs[contig];
    int64_t n = 0;

    for (int64_t i = 0; i < c->n;) {
        double column = floor(centre(p, contig, c->first + i) / COLUMN);
        double sum = 0, low = (double)INFINITY, high = -low;
        int64_t n_here = 0;
        for (; i < c->n && floor(centre(p, contig, c->first + i) / COLUMN) == column;
             i++) {
            double v = value_at(p, c->first + i, value);
            if (isfinite(v)) {
                sum += v;
                low = DNA_MIN(low, v);
                high = DNA_MAX(high, v);
                n_here++;
            }
        }
        p->x[n] = (column + 0.5) * COLUMN;
        p->y[n] = n_here > 0 ? at_y(p, sum / (double)n_here) : (double)NAN;
        if (n_here > 0) {
            dna_canvas_segment(p->c, p->x[n], at_y(p, low), p->x[n], at_y(p, high),
                (dna_pen){dna_color_fade(color, 0.3), COLUMN, 0});
        }
        n++;
    }
    dna_canvas_line(p->c, p->x, p->y, n, (dna_pen){color, 0.8, 0});
}

static void
draw_value(const page *p, int64_t value, dna_color color)
{
    for (int64_t k = 0; k < p->t->n_contig; k++) {
        double width = (WIDTH - LEFT - RIGHT) * (p->left[k + 1] - p->left[k]) / p->bp;
        if ((double)p->t->contigs[k].n > width / COLUMN) {
            draw_columns(p, k, value, color);
        } else {
            draw_points(p, k, value, color);
        }
    }
}

static void
draw_title(const page *p, const dna_predicted *param)
{
    double x = LEFT;
    double y = p->top - 7;

    dna_canvas_text(p->c, x, y, param->name, TITLE_SIZE, DNA_LEFT, 0, ink);
    x += dna_canvas_text_width(p->c, param->name, TITLE_SIZE) + 14;
    for (int64_t k = 0; k < param->n_class; k++) {
        dna_canvas_segment(
            p->c, x, y - 3, x + 12, y - 3, (dna_pen){dna_palette(k), 1.6, 0});
        dna_canvas_text(
            p->c, x + 16, y, param->labels[k], TEXT_SIZE + 0.5, DNA_LEFT, 0, ink);
        x += dna_canvas_text_width(p->c, param->labels[k], TEXT_SIZE + 0.5) + 28;
    }
}

static void
draw_panel(page *p, int64_t param, int64_t value)
{
    const dna_predicted *what = &p->t->params[param];
    int64_t n_value = DNA_MAX(what->n_class, 1);

    p->top = TOP + (double)param * (PANEL + GAP);
    find_limits(p, value, n_value);
    draw_ground(p);
    draw_y_axis(p);
    draw_title(p, what);
    dna_canvas_clip(p->c, LEFT, p->top - 2, WIDTH - LEFT - RIGHT, PANEL + 4);
    for (int64_t k = 0; k < n_value; k++) {
        draw_value(p, value + k, dna_palette(k));
    }
    dna_canvas_unclip(p->c);
    if (param == p->t->n_param - 1) {
        if (p->t->n_contig == 1) {
            draw_mb_axis(p);
        } else {
            draw_contig_names(p);
        }
    }
}

int
dna_genome_track_draw(const dna_genome_track *t, const char *path)
{
    page p = {.t = t};
    int64_t value = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_canvas_new(
        &p.c, path, WIDTH, TOP + (double)t->n_param * (PANEL + GAP) - GAP + BOTTOM));
    DNA_TRY(place_contigs(&p));
    DNA_NEW(p.x, t->n + 1);
    DNA_NEW(p.y, t->n + 1);
    for (int64_t i = 0; i < t->n_param; i++) {
        draw_panel(&p, i, value);
        value += t->params[i].n_class + 1;
    }
    DNA_TRY(dna_canvas_save(p.c));
out:
    dna_free(p.left);
    dna_free(p.origin);
    dna_free(p.x);
    dna_free(p.y);
    dna_canvas_free(p.c);
    return rc;
}
