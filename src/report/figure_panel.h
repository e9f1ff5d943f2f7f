/* figure_panel.h - the content of a panel, shared by figure.c and figure_draw.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_REPORT_FIGURE_PANEL_H
#define DNA_REPORT_FIGURE_PANEL_H

#include "base/arena.h"
#include "report/figure.h"

typedef struct dna_panel_entry {
    dna_series series;
    struct dna_panel_entry *next;
} dna_panel_entry;

struct dna_panel {
    dna_figure *figure;
    const char *title;
    dna_axis x, y;
    dna_panel_entry *first, *last;
    bool has_reference;
    double reference;
    const char *note;
    int64_t n_matrix; /* 0: not a matrix; else it has neither axes nor series */
    const char *const *matrix_labels;
    const double *matrix;
};

/** A panel that is a matrix, within a rectangle of the page. */
void dna_panel_draw_matrix(
    const dna_panel *p, dna_canvas *c, double x, double y, double width, double height);

struct dna_figure {
    int n_row, n_column;
    dna_arena *arena;
    dna_panel *panels; /* [n_row, n_column] */
    int rc;            /* the first error */
};

#endif
