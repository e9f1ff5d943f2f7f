/* figure.h - figures: panels with axes, lines, bands, points with error bars, legends.
 *
 * SPDX-License-Identifier: MIT
 *
 * A figure is a grid of panels. What is put into a panel is copied; axes are found from
 * it when the figure is saved.
 *
 *     DNA_TRY(dna_figure_new(&figure, 1, 2));
 *     dna_panel *p = dna_figure_panel(figure, 0);
 *     dna_panel_axes(p, "LD decay", (dna_axis){"distance (bp)", .is_log = true},
 *         (dna_axis){"mean r²", .min = 0});
 *     dna_panel_add(p, &(dna_series){.x = x, .y = y, .n = n, .name = "scenario 3"});
 *     DNA_TRY(dna_figure_save(figure, "ld.svg"));
 *
 * Errors are sticky: dna_figure_save() tells the first.
 */
#ifndef DNA_REPORT_FIGURE_H
#define DNA_REPORT_FIGURE_H

#include <stdbool.h>
#include <stdint.h>

#include "report/canvas.h"

typedef struct dna_figure dna_figure;
typedef struct dna_panel dna_panel;

typedef struct {
    const char *label; /* with the unit: "position (Mb)" */
    bool is_log;
    bool has_min, has_max; /* of the two below; else the data's */
    double min, max;
} dna_axis;

typedef enum {
    DNA_SERIES_LINE,
    DNA_SERIES_POINTS,
    DNA_SERIES_BOTH,
    DNA_SERIES_BAND /* the area from low to high */
} dna_series_kind;

typedef struct {
    dna_series_kind kind;
    int64_t n;
    const double *x, *y;      /* [n] NaN: not drawn; y is not read of a band */
    const double *low, *high; /* [n] error bars or the band; NULL: none */
    dna_color color;          /* dna_palette() */
    double width;             /* of lines; 0: 1.4 points */
    bool is_dashed;
    const char *name; /* in the legend; NULL: not there */
} dna_series;

/** Colours that people with any colour vision tell apart and that differ in lightness; i
 * counts around. Source: Okabe and Ito 2008, Color Universal Design. */
dna_color dna_palette(int64_t i);
#define DNA_N_PALETTE 7
/** The colour of what is not data: reference lines, notes. */
dna_color dna_palette_grey(void);
/** The same, as transparent as this. */
dna_color dna_color_fade(dna_color color, double alpha);

int dna_figure_new(dna_figure **out, int n_row, int n_column) DNA_MUST_CHECK;
void dna_figure_free(dna_figure *figure);
/** Panel i, row by row from the top left. */
dna_panel *dna_figure_panel(dna_figure *figure, int i);
void dna_panel_axes(dna_panel *p, const char *title, dna_axis x, dna_axis y);
/** Later ones are drawn over earlier ones. */
void dna_panel_add(dna_panel *p, const dna_series *series);
/** A dashed grey line across the panel at y, with a note at its right end (may be NULL). */
void dna_panel_reference(dna_panel *p, double y, const char *note);
/** The panel is a matrix of counts [n, n], row: true class, column: predicted class; shaded by
 *  the share of the row. Of the axes only the title is used. */
void dna_panel_matrix(
    dna_panel *p, const char *const *labels, const double *counts, int64_t n);
/** Draw it all; a panel without a title stays empty; the path's end tells the kind of file (report/canvas.h). */
int dna_figure_save(dna_figure *figure, const char *path) DNA_MUST_CHECK;

#endif
