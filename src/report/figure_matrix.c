/* figure_matrix.c - panels that are a matrix of counts: the darker, the larger the share of
 * its row.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "report/figure_panel.h"

#define TICK_SIZE  7.5
#define LABEL_SIZE 8.5
#define TITLE_SIZE 9.5
#define LEFT       34.0 /* for the names of the rows, beside the label of the axis */

static const dna_color ink = {0.13, 0.13, 0.13, 1};
static const dna_color white = {1, 1, 1, 1};

void
dna_panel_matrix(
    dna_panel *p, const char *const *labels, const double *counts, int64_t n)
{
    dna_arena *a = p->figure->arena;
    const char **names = dna_arena_alloc(a, (size_t)n, sizeof(*names));
    double *copy = dna_arena_alloc(a, (size_t)(n * n), sizeof(*copy));

    if (names == NULL || copy == NULL) {
        p->figure->rc = DNA_ENOMEM;
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        names[i] = dna_arena_strdup(a, labels[i]);
        if (names[i] == NULL) {
            p->figure->rc = DNA_ENOMEM;
            return;
        }
    }
    memcpy(copy, counts, (size_t)(n * n) * sizeof(*copy));
    p->matrix_labels = names;
    p->matrix = copy;
    p->n_matrix = n;
}

/* White to the blue of the palette. */
static dna_color
shade(double share)
{
    dna_color full = dna_palette(0);

    return (dna_color){1 - share * (1 - full.r), 1 - share * (1 - full.g),
        1 - share * (1 - full.b), 1};
}

static void
draw_cell(dna_canvas *c, double x, double y, double width, double height, double count,
    double share)
{
    char text[48];
    dna_color color = share > 0.55 ? white : ink;

    dna_canvas_rectangle(c, x + 0.5, y + 0.5, width - 1, height - 1, shade(share));
    if (height < 2.6 * TICK_SIZE || width < 30) {
        return; /* too many classes for numbers: the shades tell */
    }
    snprintf(text, sizeof(text), "%.0f", count);
    dna_canvas_text(
        c, x + width / 2, y + height / 2 - 1, text, LABEL_SIZE, DNA_CENTRE, 0, color);
    snprintf(text, sizeof(text), "%.1f %%", 100 * share);
    dna_canvas_text(c, x + width / 2, y + height / 2 + TICK_SIZE + 1, text, TICK_SIZE,
        DNA_CENTRE, 0, color);
}

void
dna_panel_draw_matrix(
    const dna_panel *p, dna_canvas *c, double x, double y, double width, double height)
{
    int64_t n = p->n_matrix;
    double left = x + LEFT, w = (width - LEFT) / (double)n, h = height / (double)n;

    for (int64_t i = 0; i < n; i++) {
        double total = 0;
        for (int64_t k = 0; k < n; k++) {
            total += p->matrix[i * n + k];
        }
        for (int64_t k = 0; k < n; k++) {
            double count = p->matrix[i * n + k];
            draw_cell(c, left + w * (double)k, y + h * (double)i, w, h, count,
                total > 0 ? count / total : 0);
        }
        dna_canvas_text(c, left - 4, y + h * ((double)i + 0.5) + TICK_SIZE * 0.36,
            p->matrix_labels[i], TICK_SIZE, DNA_RIGHT, 0, ink);
        dna_canvas_text(c, left + w * ((double)i + 0.5), y + height + TICK_SIZE + 4,
            p->matrix_labels[i], TICK_SIZE, DNA_CENTRE, 0, ink);
    }
    dna_canvas_text(c, x, y - 9, p->title, TITLE_SIZE, DNA_LEFT, 0, ink);
    dna_canvas_text(c, left + (width - LEFT) / 2, y + height + 28, "predicted class",
        LABEL_SIZE, DNA_CENTRE, 0, ink);
    dna_canvas_text(
        c, x - 37, y + height / 2, "true class", LABEL_SIZE, DNA_CENTRE, 90, ink);
}
