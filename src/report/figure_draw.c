/* figure_draw.c - draw a figure on a canvas.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "report/axis.h"
#include "report/figure_panel.h"

/* points */
#define PANEL_WIDTH  270.0
#define PANEL_HEIGHT 205.0
#define LEFT         50.0
#define RIGHT        16.0
#define TOP          30.0
#define BOTTOM       40.0
#define TITLE_SIZE   9.5
#define LABEL_SIZE   8.5
#define TICK_SIZE    7.5
#define LINE_WIDTH   1.4
#define DOT_RADIUS   2.1
#define TICK         3.5
#define LEGEND_ROW   10.5

static const dna_color ink = {0.13, 0.13, 0.13, 1};
static const dna_color axis_color = {0.35, 0.35, 0.35, 1};
static const dna_color grid_color = {0.91, 0.91, 0.91, 1};

/* A panel with its place on the page. */
typedef struct {
    dna_canvas *c;
    const dna_panel *p;
    double x, y, width, height; /* the area of the data */
    dna_ticks tx, ty;
} frame;

/* ---- limits ---------------------------------------------------------------------- */

static void
widen(double *min, double *max, const double *v, int64_t n, bool is_log)
{
    for (int64_t i = 0; v != NULL && i < n; i++) {
        if (isfinite(v[i]) && (!is_log || v[i] > 0)) {
            *min = DNA_MIN(*min, v[i]);
            *max = DNA_MAX(*max, v[i]);
        }
    }
}

/* Some room beyond the data where the axis does not say. */
static void
settle(const dna_axis *a, double *min, double *max, double room)
{
    if (*min > *max) {
        *min = *max = (double)NAN;
    }
    double low = a->is_log ? log10(*min) : *min;
    double high = a->is_log ? log10(*max) : *max;
    double pad = room * (high - low);
    low = a->is_log ? pow(10, low - pad) : low - pad;
    high = a->is_log ? pow(10, high + pad) : high + pad;
    *min = a->has_min ? a->min : low;
    *max = a->has_max ? a->max : high;
}

static void
find_limits(frame *f)
{
    const dna_panel *p = f->p;
    double x0 = (double)INFINITY, x1 = -x0, y0 = x0, y1 = -x0;

    for (const dna_panel_entry *e = p->first; e != NULL; e = e->next) {
        const dna_series *s = &e->series;
        widen(&x0, &x1, s->x, s->n, p->x.is_log);
        widen(&y0, &y1, s->kind == DNA_SERIES_BAND ? NULL : s->y, s->n, p->y.is_log);
        widen(&y0, &y1, s->low, s->n, p->y.is_log);
        widen(&y0, &y1, s->high, s->n, p->y.is_log);
    }
    if (p->has_reference && y0 <= y1) {
        widen(&y0, &y1, &p->reference, 1, p->y.is_log);
    }
    settle(&p->x, &x0, &x1, 0.03);
    settle(&p->y, &y0, &y1, 0.07);
    dna_ticks_find(&f->tx, x0, x1, p->x.is_log, 5);
    dna_ticks_find(&f->ty, y0, y1, p->y.is_log, 5);
}

static double
at_x(const frame *f, double v)
{
    return f->x + f->width * dna_ticks_place(&f->tx, v);
}

static double
at_y(const frame *f, double v)
{
    return f->y + f->height * (1 - dna_ticks_place(&f->ty, v));
}

/* ---- axes ------------------------------------------------------------------------ */

static void
draw_axes(const frame *f)
{
    dna_pen pen = {axis_color, 0.8, 0};
    dna_pen grid = {grid_color, 0.7, 0};
    double bottom = f->y + f->height;
    char text[48];

    for (int i = 0; i < f->ty.n; i++) {
        double y = at_y(f, f->ty.at[i]);
        double tick = f->ty.is_minor[i] ? TICK / 2 : TICK;
        dna_canvas_segment(f->c, f->x - tick, y, f->x, y, pen);
        if (!f->ty.is_minor[i]) {
            dna_canvas_segment(f->c, f->x, y, f->x + f->width, y, grid);
            dna_ticks_label(&f->ty, i, text, sizeof(text));
            dna_canvas_text(f->c, f->x - TICK - 2.5, y + TICK_SIZE * 0.36, text,
                TICK_SIZE, DNA_RIGHT, 0, ink);
        }
    }
    for (int i = 0; i < f->tx.n; i++) {
        double x = at_x(f, f->tx.at[i]);
        double tick = f->tx.is_minor[i] ? TICK / 2 : TICK;
        dna_canvas_segment(f->c, x, bottom, x, bottom + tick, pen);
        if (!f->tx.is_minor[i]) {
            dna_ticks_label(&f->tx, i, text, sizeof(text));
            dna_canvas_text(f->c, x, bottom + TICK + TICK_SIZE + 1, text, TICK_SIZE,
                DNA_CENTRE, 0, ink);
        }
    }
    dna_canvas_segment(f->c, f->x, f->y, f->x, bottom, pen);
    dna_canvas_segment(f->c, f->x, bottom, f->x + f->width, bottom, pen);
}

static void
draw_labels(const frame *f)
{
    const dna_panel *p = f->p;

    dna_canvas_text(f->c, f->x, f->y - 9, p->title, TITLE_SIZE, DNA_LEFT, 0, ink);
    if (p->x.label != NULL) {
        dna_canvas_text(f->c, f->x + f->width / 2, f->y + f->height + 28, p->x.label,
            LABEL_SIZE, DNA_CENTRE, 0, ink);
    }
    if (p->y.label != NULL) {
        dna_canvas_text(f->c, f->x - 37, f->y + f->height / 2, p->y.label, LABEL_SIZE,
            DNA_CENTRE, 90, ink);
    }
}

static void
draw_reference(const frame *f)
{
    const dna_panel *p = f->p;
    dna_color grey = dna_palette_grey();

    if (!p->has_reference) {
        return;
    }
    double y = at_y(f, p->reference);
    dna_canvas_segment(f->c, f->x, y, f->x + f->width, y, (dna_pen){grey, 0.9, 3});
}

/* Over the series, on a white ground. */
static void
draw_note(const frame *f)
{
    const dna_panel *p = f->p;

    if (!p->has_reference || p->note == NULL) {
        return;
    }
    double width = dna_canvas_text_width(f->c, p->note, TICK_SIZE);
    double right = f->x + f->width - 2;
    double y = at_y(f, p->reference) - 3;
    dna_canvas_rectangle(f->c, right - width - 2, y - TICK_SIZE, width + 4,
        TICK_SIZE + 1.5, (dna_color){1, 1, 1, 0.75});
    dna_canvas_text(
        f->c, right, y, p->note, TICK_SIZE, DNA_RIGHT, 0, dna_palette_grey());
}

/* ---- series ---------------------------------------------------------------------- */

/* The series in points of the page; out [n] of each that is not NULL. */
static void
project(const frame *f, const dna_series *s, const double *v, double *out)
{
    for (int64_t i = 0; i < s->n; i++) {
        out[i] = v != NULL ? at_y(f, v[i]) : (double)NAN;
    }
}

static void
draw_bars(const frame *f, const dna_series *s, const double *x, const double *low,
    const double *high)
{
    bool has_points = s->kind != DNA_SERIES_LINE;
    dna_pen pen = {dna_color_fade(s->color, has_points ? 0.75 : 0.4), 0.9, 0};

    for (int64_t i = 0; i < s->n; i++) {
        if (isfinite(x[i]) && isfinite(low[i]) && isfinite(high[i])) {
            dna_canvas_segment(f->c, x[i], low[i], x[i], high[i], pen);
        }
    }
}

/* Runs without a gap, each there along `high` and back along `low`. */
static void
draw_band(const frame *f, const dna_series *s, double *x, double *y, const double *low,
    const double *high)
{
    int64_t n = 0;

    for (int64_t i = 0; i <= s->n; i++) {
        bool is_there =
            i < s->n && isfinite(x[i]) && isfinite(low[i]) && isfinite(high[i]);
        if (is_there) {
            n++;
        } else if (n > 0) {
            for (int64_t k = 0; k < n; k++) { /* x[s->n ...] and y are scratch */
                x[s->n + k] = x[i - n + k];
                y[k] = high[i - n + k];
                x[s->n + 2 * n - 1 - k] = x[i - n + k];
                y[2 * n - 1 - k] = low[i - n + k];
            }
            dna_canvas_area(f->c, x + s->n, y, 2 * n, s->color);
            n = 0;
        }
    }
}

static int
draw_series(const frame *f, const dna_series *s)
{
    double *scratch = NULL; /* x [3 n], y [2 n], low [n], high [n] */
    int rc = DNA_OK;

    if (s->n == 0) {
        return DNA_OK;
    }
    DNA_NEW(scratch, 7 * s->n);
    double *x = scratch;
    double *y = scratch + 3 * s->n;
    double *low = scratch + 5 * s->n;
    double *high = scratch + 6 * s->n;
    for (int64_t i = 0; i < s->n; i++) {
        x[i] = at_x(f, s->x[i]);
    }
    project(f, s, s->low, low);
    project(f, s, s->high, high);
    if (s->kind == DNA_SERIES_BAND) {
        draw_band(f, s, x, y, low, high);
        goto out;
    }
    project(f, s, s->y, y);
    draw_bars(f, s, x, low, high);
    if (s->kind != DNA_SERIES_POINTS) {
        dna_pen pen = {
            s->color, s->width > 0 ? s->width : LINE_WIDTH, s->is_dashed ? 4 : 0};
        dna_canvas_line(f->c, x, y, s->n, pen);
    }
    for (int64_t i = 0; s->kind != DNA_SERIES_LINE && i < s->n; i++) {
        if (isfinite(x[i]) && isfinite(y[i])) {
            dna_canvas_dot(f->c, x[i], y[i], DOT_RADIUS, s->color);
        }
    }
out:
    dna_free(scratch);
    return rc;
}

/* ---- legend ---------------------------------------------------------------------- */

/* Points of all series within a rectangle of the page. */
static int64_t
count_within(const frame *f, double x, double y, double width, double height)
{
    int64_t n = 0;

    for (const dna_panel_entry *e = f->p->first; e != NULL; e = e->next) {
        const dna_series *s = &e->series;
        const double *values[] = {s->y, s->low, s->high};
        for (int k = 0; k < 3; k++) {
            for (int64_t i = 0; values[k] != NULL && i < s->n; i++) {
                double px = at_x(f, s->x[i]);
                double py = at_y(f, values[k][i]);
                n += px >= x && px <= x + width && py >= y && py <= y + height;
            }
        }
    }
    return n;
}

static void
draw_key(const frame *f, const dna_series *s, double x, double y)
{
    if (s->kind == DNA_SERIES_BAND) {
        dna_canvas_rectangle(f->c, x, y - 3.2, 14, 6.4, s->color);
        return;
    }
    if (s->kind != DNA_SERIES_POINTS) {
        dna_pen pen = {
            s->color, s->width > 0 ? s->width : LINE_WIDTH, s->is_dashed ? 4 : 0};
        dna_canvas_segment(f->c, x, y, x + 14, y, pen);
    }
    if (s->kind != DNA_SERIES_LINE) {
        dna_canvas_dot(f->c, x + 7, y, DOT_RADIUS, s->color);
    }
}

/* In the corner where the fewest points are; of equal ones the first. */
static void
draw_legend(const frame *f)
{
    static const double corners[][2] = {{1, 0}, {0, 0}, {1, 1}, {0, 1}};
    double width = 0;
    double height = 5;
    double best_x = 0, best_y = 0;
    int64_t fewest = INT64_MAX;

    for (const dna_panel_entry *e = f->p->first; e != NULL; e = e->next) {
        if (e->series.name != NULL) {
            double w = dna_canvas_text_width(f->c, e->series.name, TICK_SIZE);
            width = DNA_MAX(width, w + 26);
            height += LEGEND_ROW;
        }
    }
    if (width == 0) {
        return;
    }
    for (int i = 0; i < (int)DNA_COUNT(corners); i++) {
        double x = f->x + 4 + corners[i][0] * (f->width - width - 8);
        double y = f->y + 2 + corners[i][1] * (f->height - height - 6);
        int64_t n = count_within(f, x, y, width, height);
        if (n < fewest) {
            fewest = n;
            best_x = x;
            best_y = y;
        }
    }
    dna_canvas_rectangle(
        f->c, best_x, best_y, width, height, (dna_color){1, 1, 1, 0.8});
    double y = best_y + LEGEND_ROW / 2 + 2.5;
    for (const dna_panel_entry *e = f->p->first; e != NULL; e = e->next) {
        if (e->series.name != NULL) {
            draw_key(f, &e->series, best_x + 4, y);
            dna_canvas_text(f->c, best_x + 22, y + TICK_SIZE * 0.36, e->series.name,
                TICK_SIZE, DNA_LEFT, 0, ink);
            y += LEGEND_ROW;
        }
    }
}

/* ---- whole ----------------------------------------------------------------------- */

static int
draw_panel(dna_canvas *c, const dna_figure *figure, int i)
{
    frame f = {.c = c,
        .p = &figure->panels[i],
        .x = PANEL_WIDTH * (i % figure->n_column) + LEFT,
        .y = PANEL_HEIGHT * (double)(i / figure->n_column) + TOP,
        .width = PANEL_WIDTH - LEFT - RIGHT,
        .height = PANEL_HEIGHT - TOP - BOTTOM};
    int rc = DNA_OK;

    if (f.p->title == NULL) {
        return DNA_OK;
    }
    if (f.p->n_matrix > 0) {
        dna_panel_draw_matrix(f.p, c, f.x, f.y, f.width, f.height);
        return DNA_OK;
    }
    find_limits(&f);
    draw_axes(&f);
    draw_labels(&f);
    dna_canvas_clip(c, f.x - 3, f.y - 3, f.width + 6, f.height + 6);
    draw_reference(&f);
    for (const dna_panel_entry *e = f.p->first; rc == DNA_OK && e != NULL;
         e = e->next) {
        rc = draw_series(&f, &e->series);
    }
    draw_note(&f);
    dna_canvas_unclip(c);
    draw_legend(&f);
    return rc;
}

int
dna_figure_save(dna_figure *figure, const char *path)
{
    dna_canvas *c = NULL;
    int rc = DNA_OK;

    DNA_REQUIRE(figure->rc == DNA_OK, figure->rc, "out of memory");
    DNA_TRY(dna_canvas_new(
        &c, path, PANEL_WIDTH * figure->n_column, PANEL_HEIGHT * figure->n_row + 4));
    for (int i = 0; i < figure->n_row * figure->n_column; i++) {
        DNA_TRY(draw_panel(c, figure, i));
    }
    DNA_TRY(dna_canvas_save(c));
out:
    dna_canvas_free(c);
    return rc;
}
