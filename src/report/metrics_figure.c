/* metrics_figure.c - the curves of a training, out of its table of metrics.
 *
 * SPDX-License-Identifier: MIT
 */
#include "report/metrics_figure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "report/figure.h"

#define MOST_NAMED 7 /* curves with a name and a colour of their own in one panel */

enum {
    EPOCH,
    STEP,
    SPLIT,
    NETWORK,
    PARAMETER,
    METRIC,
    TRUE_CLASS,
    PREDICTED_CLASS,
    VALUE,
    N_COLUMN
};
static const char *const column_names[N_COLUMN] = {"epoch", "step", "split", "network",
    "parameter", "metric", "true_class", "predicted_class", "value"};

typedef struct {
    const dna_csv *csv;
    int64_t columns[N_COLUMN];
    dna_arena *arena;
} metrics;

/* A curve over the samples seen. */
typedef struct {
    int64_t n;
    double *x, *y;
} curve;

/* Names in the order in which they first appear. */
typedef struct {
    const char **items;
    int64_t n;
} name_list;

bool
dna_metrics_figure_fits(const dna_csv *table)
{
    for (int i = 0; i < N_COLUMN; i++) {
        if (dna_csv_column(table, column_names[i]) < 0) {
            return false;
        }
    }
    return true;
}

static const char *
cell(const metrics *m, int64_t row, int column)
{
    return dna_csv_cell(m->csv, row, m->columns[column]);
}

static bool
is_row(const metrics *m, int64_t row, const char *split, const char *parameter,
    const char *metric)
{
    return strcmp(cell(m, row, SPLIT), split) == 0
           && (parameter == NULL || strcmp(cell(m, row, PARAMETER), parameter) == 0)
           && strcmp(cell(m, row, METRIC), metric) == 0;
}

/* "inf" of a table is no number to draw. */
static int
number(const metrics *m, int64_t row, int column, double *out)
{
    int rc = DNA_OK;

    DNA_TRY(dna_csv_number(m->csv, row, m->columns[column], out));
    *out = isfinite(*out) ? *out : (double)NAN;
out:
    return rc;
}

static int
read_curve(const metrics *m, const char *split, const char *parameter,
    const char *metric, curve *out)
{
    int rc = DNA_OK;

    *out = (curve){0};
    out->x = dna_arena_alloc(m->arena, (size_t)m->csv->n_row, sizeof(double));
    out->y = dna_arena_alloc(m->arena, (size_t)m->csv->n_row, sizeof(double));
    DNA_REQUIRE(out->x != NULL && out->y != NULL, DNA_ENOMEM, "out of memory");
    for (int64_t r = 0; r < m->csv->n_row; r++) {
        if (is_row(m, r, split, parameter, metric)) {
            DNA_TRY(number(m, r, STEP, &out->x[out->n]));
            DNA_TRY(number(m, r, VALUE, &out->y[out->n]));
            out->n++;
        }
    }
out:
    return rc;
}

static bool
has_name(const name_list *list, const char *name)
{
    for (int64_t i = 0; i < list->n; i++) {
        if (strcmp(list->items[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* The texts of a column in the rows of a metric. */
static int
list_names(const metrics *m, int column, const char *parameter, const char *metric,
    name_list *out)
{
    int rc = DNA_OK;

    *out = (name_list){0};
    out->items = dna_arena_alloc(m->arena, (size_t)m->csv->n_row, sizeof(char *));
    DNA_REQUIRE(out->items != NULL, DNA_ENOMEM, "out of memory");
    for (int64_t r = 0; r < m->csv->n_row; r++) {
        bool is_wanted =
            strcmp(cell(m, r, METRIC), metric) == 0
            && (parameter == NULL || strcmp(cell(m, r, PARAMETER), parameter) == 0);
        if (is_wanted && !has_name(out, cell(m, r, column))) {
            out->items[out->n++] = cell(m, r, column);
        }
    }
out:
    return rc;
}

/* ---- panels ---------------------------------------------------------------------- */

static void
add_line(dna_panel *p, const curve *c, int64_t color, const char *name)
{
    dna_panel_add(
        p, &(dna_series){.kind = c->n > 1 ? DNA_SERIES_LINE : DNA_SERIES_POINTS,
               .n = c->n,
               .x = c->x,
               .y = c->y,
               .color = dna_palette(color),
               .name = name});
}

/* Curves that span a decade are read better on a log axis. */
static bool
wants_log(const curve *a, const curve *b)
{
    const curve *both[] = {a, b};
    double min = (double)INFINITY, max = 0;

    for (int k = 0; k < 2; k++) {
        for (int64_t i = 0; i < both[k]->n; i++) {
            min = fmin(min, both[k]->y[i]);
            max = fmax(max, both[k]->y[i]);
        }
    }
    return min > 0 && max > 10 * min;
}

static int
draw_losses(const metrics *m, dna_panel *p)
{
    curve training, validation;
    int rc = DNA_OK;

    DNA_TRY(read_curve(m, "training", "", "loss", &training));
    DNA_TRY(read_curve(m, "validation", "", "loss", &validation));
    dna_panel_axes(p, "loss", (dna_axis){.label = "training samples seen"},
        (dna_axis){.label = "loss", .is_log = wants_log(&training, &validation)});
    add_line(p, &training, 0, "training");
    add_line(p, &validation, 1, "validation");
out:
    return rc;
}

static void
draw_rate(dna_panel *p, const curve *rate)
{
    dna_panel_axes(p, "learning rate", (dna_axis){.label = "training samples seen"},
        (dna_axis){.label = "learning rate", .is_log = true});
    add_line(p, rate, 0, NULL);
}

/* More curves than there are colours: all in grey, and their mean. */
static int
draw_many(
    const metrics *m, dna_panel *p, const name_list *parameters, const char *metric)
{
    curve mean = {0}, c;
    int rc = DNA_OK;

    for (int64_t i = 0; i < parameters->n; i++) {
        DNA_TRY(read_curve(m, "validation", parameters->items[i], metric, &c));
        dna_panel_add(p, &(dna_series){.n = c.n,
                             .x = c.x,
                             .y = c.y,
                             .color = dna_color_fade(dna_palette_grey(), 0.5),
                             .width = 0.7,
                             .name = i == 0 ? "one parameter each" : NULL});
        if (i == 0) {
            mean = c;
            mean.y = dna_arena_alloc(m->arena, (size_t)m->csv->n_row, sizeof(double));
            DNA_REQUIRE(mean.y != NULL, DNA_ENOMEM, "out of memory");
            memset(mean.y, 0, (size_t)m->csv->n_row * sizeof(double));
        }
        mean.n = DNA_MIN(mean.n, c.n);
        for (int64_t k = 0; k < mean.n; k++) {
            mean.y[k] += c.y[k] / (double)parameters->n;
        }
    }
    add_line(p, &mean, 0, "mean");
out:
    return rc;
}

static int
draw_parameters(const metrics *m, dna_panel *p, const name_list *parameters,
    const char *metric, const char *label, const char *title)
{
    curve c;
    int rc = DNA_OK;

    dna_panel_axes(p, title, (dna_axis){.label = "training samples seen"},
        (dna_axis){.label = label, .has_max = true, .max = 1});
    if (parameters->n > MOST_NAMED) {
        DNA_TRY(draw_many(m, p, parameters, metric));
        goto out;
    }
    for (int64_t i = 0; i < parameters->n; i++) {
        DNA_TRY(read_curve(m, "validation", parameters->items[i], metric, &c));
        add_line(p, &c, i, parameters->items[i]);
    }
out:
    return rc;
}

static int64_t
place_of(const name_list *list, const char *name)
{
    for (int64_t i = 0; i < list->n; i++) {
        if (strcmp(list->items[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

/* Of the test with the best network, else of the last validation: later rows replace
 * earlier ones, and a test replaces any validation. */
static int
draw_confusion(const metrics *m, dna_panel *p, const char *parameter)
{
    name_list classes;
    double *counts = NULL;
    bool has_test = false;
    char title[160];
    int rc = DNA_OK;

    DNA_TRY(list_names(m, TRUE_CLASS, parameter, "confusion", &classes));
    DNA_NEW(counts, classes.n * classes.n);
    for (int64_t r = 0; r < m->csv->n_row; r++) {
        bool is_test = is_row(m, r, "test", parameter, "confusion")
                       && strcmp(cell(m, r, NETWORK), "best") == 0;
        int64_t i = place_of(&classes, cell(m, r, TRUE_CLASS));
        int64_t k = place_of(&classes, cell(m, r, PREDICTED_CLASS));
        bool is_wanted =
            is_test
            || (!has_test && is_row(m, r, "validation", parameter, "confusion"));
        if (is_wanted && i >= 0 && k >= 0) {
            DNA_TRY(number(m, r, VALUE, &counts[i * classes.n + k]));
            has_test = is_test;
        }
    }
    snprintf(title, sizeof(title), "%s, %s", parameter,
        has_test ? "test" : "last validation");
    dna_panel_axes(p, title, (dna_axis){0}, (dna_axis){0});
    dna_panel_matrix(p, classes.items, counts, classes.n);
out:
    dna_free(counts);
    return rc;
}

/* ---- whole ----------------------------------------------------------------------- */

static bool
is_constant(const curve *c)
{
    for (int64_t i = 1; i < c->n; i++) {
        if (c->y[i] != c->y[0]) {
            return false;
        }
    }
    return true;
}

static int
draw(const metrics *m, const char *path)
{
    dna_figure *figure = NULL;
    name_list regressions, classifications, tables;
    curve rate;
    int at = 0;
    int rc = DNA_OK;

    DNA_TRY(list_names(m, PARAMETER, NULL, "r2", &regressions));
    DNA_TRY(list_names(m, PARAMETER, NULL, "accuracy", &classifications));
    DNA_TRY(list_names(m, PARAMETER, NULL, "confusion", &tables));
    DNA_TRY(read_curve(m, "training", "", "learning_rate", &rate));
    bool has_rate = !is_constant(&rate);
    int n = 1 + (regressions.n > 0) + (classifications.n > 0) + has_rate;
    n += (int)DNA_MIN(tables.n, 60);
    int n_column = n < 3 ? n : n == 4 ? 2 : 3;
    DNA_TRY(dna_figure_new(&figure, (n + n_column - 1) / n_column, n_column));
    DNA_TRY(draw_losses(m, dna_figure_panel(figure, at++)));
    if (regressions.n > 0) {
        DNA_TRY(draw_parameters(m, dna_figure_panel(figure, at++), &regressions, "r2",
            "R²", "R² in validation"));
    }
    if (classifications.n > 0) {
        DNA_TRY(draw_parameters(m, dna_figure_panel(figure, at++), &classifications,
            "accuracy", "accuracy", "accuracy in validation"));
    }
    if (has_rate) {
        draw_rate(dna_figure_panel(figure, at++), &rate);
    }
    for (int64_t i = 0; at < n; i++) {
        DNA_TRY(draw_confusion(m, dna_figure_panel(figure, at++), tables.items[i]));
    }
    DNA_TRY(dna_figure_save(figure, path));
out:
    dna_figure_free(figure);
    return rc;
}

int
dna_metrics_figure_draw(const dna_csv *table, const char *path)
{
    metrics m = {.csv = table};
    int rc = DNA_OK;

    DNA_TRY(dna_arena_new(&m.arena));
    for (int i = 0; i < N_COLUMN; i++) {
        m.columns[i] = dna_csv_column(table, column_names[i]);
        DNA_REQUIRE(m.columns[i] >= 0, DNA_EFORMAT, "%s: no column %s", table->path,
            column_names[i]);
    }
    DNA_REQUIRE(table->n_row > 0, DNA_EFORMAT, "%s: no validation yet, nothing to draw",
        table->path);
    DNA_TRY(draw(&m, path));
out:
    dna_arena_free(m.arena);
    return rc;
}
