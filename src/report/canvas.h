/* canvas.h - lines, shapes and text on a page that becomes an SVG, PDF or PNG file.
 *
 * SPDX-License-Identifier: MIT
 *
 * The one place that knows the drawing library (cairo); everything else draws through
 * this. Lengths are points (1/72 inch) from the top left corner. A PNG has 200 dots an
 * inch. Errors are sticky: dna_canvas_save() tells the first. The file appears whole or
 * not at all.
 */
#ifndef DNA_REPORT_CANVAS_H
#define DNA_REPORT_CANVAS_H

#include <stdint.h>

#include "dnadna/status.h"

typedef struct dna_canvas dna_canvas;

typedef struct {
    double r, g, b, a; /* 0 to 1 */
} dna_color;

typedef struct {
    dna_color color;
    double width;
    double dash; /* length of dashes and gaps; 0: none */
} dna_pen;

/* Where the given point is in a text. */
typedef enum { DNA_LEFT, DNA_CENTRE, DNA_RIGHT } dna_align;

/** A white page; the kind of file is that of the path's end: .svg, .pdf, .png (any case).
 * Errors: DNA_EARG for another end; DNA_EIO, DNA_ENOMEM. */
int dna_canvas_new(
    dna_canvas **out, const char *path, double width, double height) DNA_MUST_CHECK;
/** Whether a path has such an end. */
int dna_canvas_check(const char *path) DNA_MUST_CHECK;
/** NULL is fine; what was not saved is lost. */
void dna_canvas_free(dna_canvas *c);
int dna_canvas_save(dna_canvas *c) DNA_MUST_CHECK;

/** Points (x[i], y[i]) joined; a NaN leaves a gap. */
void dna_canvas_line(
    dna_canvas *c, const double *x, const double *y, int64_t n, dna_pen pen);
void dna_canvas_segment(
    dna_canvas *c, double x0, double y0, double x1, double y1, dna_pen pen);
/** The area within the points. */
void dna_canvas_area(
    dna_canvas *c, const double *x, const double *y, int64_t n, dna_color color);
void dna_canvas_rectangle(
    dna_canvas *c, double x, double y, double width, double height, dna_color color);
void dna_canvas_dot(dna_canvas *c, double x, double y, double radius, dna_color color);
/** Baseline at (x, y); turned by degrees to the left. UTF-8. */
void dna_canvas_text(dna_canvas *c, double x, double y, const char *text, double size,
    dna_align align, double degrees, dna_color color);
double dna_canvas_text_width(dna_canvas *c, const char *text, double size);
/** From here on draw within a rectangle alone, until dna_canvas_unclip(). */
void dna_canvas_clip(dna_canvas *c, double x, double y, double width, double height);
void dna_canvas_unclip(dna_canvas *c);

/** The version of the drawing library. */
const char *dna_canvas_library(void);

#endif
