/* prediction_figure.c - what was predicted against what is true, a panel a parameter.
 *
 * SPDX-License-Identifier: MIT
 */
#include "report/prediction_figure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"
#include "report/figure.h"

#define MOST_PARAMETERS 60 /* panels of one page */
#define MOST_CLASSES    50

typedef struct {
    const dna_csv *predictions, *truth;
    dna_arena *arena;
    int64_t *row_of; /* [predictions] row of the truth */
    bool is_summary; /* one row a scenario */
} inputs;

/* ---- which row of the truth ------------------------------------------------------ */

/* The scenario of "..._<scenario>_<replicate>.npz"; -1 if the name is no such. */
static int64_t
scenario_of_path(const char *path)
{
    const char *name = dna_path_basename(path);
    const char *dot = strchr(name, '.');
    const char *end = dot != NULL ? dot : name + strlen(name);
    char digits[32];

    for (int k = 0; k < 2; k++) { /* the replicate, then the scenario */
        const char *start = end;
        while (start > name && start[-1] >= '0' && start[-1] <= '9') {
            start--;
        }
        if (start == end || start == name || start[-1] != '_'
            || end - start >= (int)sizeof(digits)) {
            return -1;
        }
        snprintf(digits, sizeof(digits), "%.*s", (int)(end - start), start);
        end = start - 1;
    }
    return strtoll(digits, NULL, 10);
}

static int
scenario_of(const inputs *in, int64_t row, int64_t column, int64_t *out)
{
    const dna_csv *t = in->predictions;
    int rc = DNA_OK;

    if (column >= 0) {
        DNA_TRY(dna_csv_integer(t, row, column, out));
        goto out;
    }
    int64_t path = dna_csv_column(t, "path");
    *out = path < 0 ? -1 : scenario_of_path(dna_csv_cell(t, row, path));
    DNA_REQUIRE(*out >= 0, DNA_EFORMAT,
        "%s:%d: neither a column scenario_idx nor a path that ends in "
        "_<scenario>_<replicate>.npz: which row of the truth it belongs to is not known",
        t->path, t->lines[row]);
out:
    return rc;
}

typedef struct {
    int64_t scenario, row;
} place;

static int
compare_places(const void *a, const void *b)
{
    int64_t x = ((const place *)a)->scenario, y = ((const place *)b)->scenario;

    return (x > y) - (x < y);
}

static int
join(inputs *in)
{
    const dna_csv *p = in->predictions, *t = in->truth;
    int64_t column = dna_csv_column(t, "scenario_idx");
    int64_t own = dna_csv_column(p, "scenario_idx");
    place *places = NULL;
    int rc = DNA_OK;

    DNA_REQUIRE(column >= 0, DNA_EFORMAT, "%s: no column scenario_idx", t->path);
    DNA_NEW(places, t->n_row);
    for (int64_t r = 0; r < t->n_row; r++) {
        places[r].row = r;
        DNA_TRY(dna_csv_integer(t, r, column, &places[r].scenario));
    }
    qsort(places, (size_t)t->n_row, sizeof(*places), compare_places);
    in->row_of = dna_arena_alloc(in->arena, (size_t)p->n_row + 1, sizeof(int64_t));
    DNA_REQUIRE(in->row_of != NULL, DNA_ENOMEM, "out of memory");
    for (int64_t r = 0; r < p->n_row; r++) {
        place key = {0};
        DNA_TRY(scenario_of(in, r, own, &key.scenario));
        const place *found =
            bsearch(&key, places, (size_t)t->n_row, sizeof(*places), compare_places);
        DNA_REQUIRE(found != NULL, DNA_ENOTFOUND, "%s:%d: scenario %lld is not in %s",
            p->path, p->lines[r], (long long)key.scenario, t->path);
        in->row_of[r] = found->row;
    }
out:
    dna_free(places);
    return rc;
}

/* ---- regressions ----------------------------------------------------------------- */

static int64_t
predicted_column(const inputs *in, const char *parameter, const char *suffix)
{
    char name[256];

    snprintf(name, sizeof(name), "%s%s", parameter, suffix);
    return dna_csv_column(in->predictions, name);
}

static int
read_column(const inputs *in, int64_t column, bool is_true, double **out)
{
    int64_t n = in->predictions->n_row;
    int rc = DNA_OK;

    *out = dna_arena_alloc(in->arena, (size_t)n + 1, sizeof(double));
    DNA_REQUIRE(*out != NULL, DNA_ENOMEM, "out of memory");
    for (int64_t r = 0; r < n; r++) {
        if (is_true) {
            DNA_TRY(dna_csv_number(in->truth, in->row_of[r], column, &(*out)[r]));
        } else {
            DNA_TRY(dna_csv_number(in->predictions, r, column, &(*out)[r]));
        }
    }
out:
    return rc;
}

/* 1 - residual / total sum of squares; NaN of fewer than two. */
static double
r_squared(const double *truth, const double *predicted, int64_t n, bool is_log)
{
    double mean = 0, total = 0, residual = 0, count = 0;

    for (int pass = 0; pass < 2; pass++) {
        for (int64_t i = 0; i < n; i++) {
            double x = is_log ? log(truth[i]) : truth[i];
            double y = is_log ? log(predicted[i]) : predicted[i];
            if (!isfinite(x) || !isfinite(y)) {
                continue;
            }
            if (pass == 0) {
                count++;
                mean += (x - mean) / count;
            } else {
                total += (x - mean) * (x - mean);
                residual += (y - x) * (y - x);
            }
        }
    }
    return count > 1 && total > 0 ? 1 - residual / total : (double)NAN;
}

static void
find_range(const double *v, int64_t n, double *min, double *max)
{
    for (int64_t i = 0; i < n; i++) {
        *min = fmin(*min, v[i]);
        *max = fmax(*max, v[i]);
    }
}

static int
draw_regression(const inputs *in, dna_panel *p, const char *parameter)
{
    int64_t n = in->predictions->n_row;
    double *x = NULL, *y = NULL, *low = NULL, *high = NULL;
    double min = (double)INFINITY, max = -(double)INFINITY;
    char title[200];
    int rc = DNA_OK;

    DNA_TRY(read_column(in, dna_csv_column(in->truth, parameter), true, &x));
    DNA_TRY(read_column(in,
        predicted_column(in, parameter, in->is_summary ? "_median" : ""), false, &y));
    if (in->is_summary) {
        DNA_TRY(read_column(in, predicted_column(in, parameter, "_q05"), false, &low));
        DNA_TRY(read_column(in, predicted_column(in, parameter, "_q95"), false, &high));
    }
    find_range(x, n, &min, &max);
    find_range(y, n, &min, &max);
    bool is_log = min > 0 && max > 10 * min;
    int k = snprintf(
        title, sizeof(title), "%s: R² %.3f", parameter, r_squared(x, y, n, false));
    if (is_log) {
        snprintf(title + k, sizeof(title) - (size_t)k, ", of logarithms %.3f",
            r_squared(x, y, n, true));
    }
    dna_panel_axes(p, title, (dna_axis){.label = "true", .is_log = is_log},
        (dna_axis){.label = "predicted", .is_log = is_log});
    const double ends[2] = {min, max};
    dna_panel_add(p, &(dna_series){.n = 2,
                         .x = ends,
                         .y = ends,
                         .color = dna_palette_grey(),
                         .is_dashed = true,
                         .width = 1});
    dna_panel_add(
        p, &(dna_series){.kind = DNA_SERIES_POINTS,
               .n = n,
               .x = x,
               .y = y,
               .low = low,
               .high = high,
               .color = dna_color_fade(dna_palette(0), n > 200 ? 0.4 : 0.75)});
out:
    return rc;
}

/* ---- classifications ------------------------------------------------------------- */

/* The labels out of the columns <parameter>_<label> right before the parameter's own. */
static int64_t
find_labels(const inputs *in, const char *parameter, const char **labels)
{
    const dna_csv *t = in->predictions;
    size_t length = strlen(parameter);
    int64_t end = dna_csv_column(t, parameter), n = 0;

    for (int64_t c = 0; c < end && n < MOST_CLASSES; c++) {
        const char *name = t->names[c];
        if (strncmp(name, parameter, length) == 0 && name[length] == '_') {
            labels[n++] = name + length + 1;
        }
    }
    return n;
}

/* A cell is a label, or its number (a preprocessed table). */
static int64_t
class_of(const char *text, const char *const *labels, int64_t n)
{
    int64_t number = 0;

    for (int64_t i = 0; i < n; i++) {
        if (strcmp(text, labels[i]) == 0) {
            return i;
        }
    }
    return dna_parse_int(text, &number) && number >= 0 && number < n ? number : -1;
}

static int
draw_classification(const inputs *in, dna_panel *p, const char *parameter,
    const char *const *labels, int64_t n)
{
    int64_t from = dna_csv_column(in->truth, parameter);
    int64_t to = dna_csv_column(in->predictions, parameter);
    double *counts = NULL;
    double right = 0, all = 0;
    char title[200];
    int rc = DNA_OK;

    DNA_NEW(counts, n * n);
    for (int64_t r = 0; r < in->predictions->n_row; r++) {
        const char *text = dna_csv_cell(in->truth, in->row_of[r], from);
        int64_t i = class_of(text, labels, n);
        int64_t k = class_of(dna_csv_cell(in->predictions, r, to), labels, n);
        DNA_REQUIRE(i >= 0, DNA_EFORMAT, "%s:%d: %s: \"%s\" is no class of the network",
            in->truth->path, in->truth->lines[in->row_of[r]], parameter, text);
        DNA_REQUIRE(k >= 0, DNA_EFORMAT, "%s:%d: %s: \"%s\" is no class",
            in->predictions->path, in->predictions->lines[r], parameter,
            dna_csv_cell(in->predictions, r, to));
        counts[i * n + k]++;
        right += i == k;
        all++;
    }
    snprintf(title, sizeof(title), "%s: %.1f %% of %.0f right", parameter,
        all > 0 ? 100 * right / all : 0.0, all);
    dna_panel_axes(p, title, (dna_axis){0}, (dna_axis){0});
    dna_panel_matrix(p, labels, counts, n);
out:
    dna_free(counts);
    return rc;
}

/* ---- whole ----------------------------------------------------------------------- */

/* Parameters of the truth that were predicted. */
static int64_t
list_parameters(const inputs *in, const char **out)
{
    int64_t n = 0;

    for (int64_t c = 0; c < in->truth->n_column && n < MOST_PARAMETERS; c++) {
        const char *name = in->truth->names[c];
        bool is_key =
            strcmp(name, "scenario_idx") == 0 || strcmp(name, "n_replicates") == 0;
        if (!is_key
            && (predicted_column(in, name, "") >= 0
                || predicted_column(in, name, "_median") >= 0)) {
            out[n++] = name;
        }
    }
    return n;
}

static int
draw(inputs *in, const char *path)
{
    const char *parameters[MOST_PARAMETERS], *labels[MOST_CLASSES];
    dna_figure *figure = NULL;
    int rc = DNA_OK;

    DNA_TRY(join(in));
    int n = (int)list_parameters(in, parameters);
    DNA_REQUIRE(n > 0, DNA_EFORMAT, "%s: no column of %s was predicted",
        in->predictions->path, in->truth->path);
    int n_column = n < 3 ? n : n == 4 ? 2 : 3;
    DNA_TRY(dna_figure_new(&figure, (n + n_column - 1) / n_column, n_column));
    for (int i = 0; i < n; i++) {
        dna_panel *p = dna_figure_panel(figure, i);
        in->is_summary = predicted_column(in, parameters[i], "_median") >= 0;
        int64_t n_label = in->is_summary ? 0 : find_labels(in, parameters[i], labels);
        if (n_label > 0) {
            DNA_TRY(draw_classification(in, p, parameters[i], labels, n_label));
        } else {
            DNA_TRY(draw_regression(in, p, parameters[i]));
        }
    }
    DNA_TRY(dna_figure_save(figure, path));
out:
    dna_figure_free(figure);
    return rc;
}

int
dna_prediction_figure_draw(
    const dna_csv *predictions, const dna_csv *truth, const char *path)
{
    inputs in = {.predictions = predictions, .truth = truth};
    int rc = DNA_OK;

    DNA_REQUIRE(
        predictions->n_row > 0, DNA_EFORMAT, "%s: no predictions", predictions->path);
    DNA_TRY(dna_arena_new(&in.arena));
    DNA_TRY(draw(&in, path));
out:
    dna_arena_free(in.arena);
    return rc;
}
