/* canvas.c - the canvas, by cairo.
 *
 * SPDX-License-Identifier: MIT
 */
#include "report/canvas.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/path.h"

typedef enum { SVG, PDF, PNG } page_kind;

static const char *const ends[] = {[SVG] = ".svg", [PDF] = ".pdf", [PNG] = ".png"};

static int
kind_of(page_kind *kind, const char *path)
{
    size_t n = strlen(path);

    for (int i = 0; i < (int)DNA_COUNT(ends); i++) {
        if (n > strlen(ends[i])
            && strcasecmp(path + n - strlen(ends[i]), ends[i]) == 0) {
            *kind = (page_kind)i;
            return DNA_OK;
        }
    }
    return dna_fail(DNA_EARG, "%s: a figure is an .svg, .pdf or .png file", path);
}

#define FONT          "DejaVu Sans"
#define DOTS_AN_INCH  200.0
#define POINT_AN_INCH 72.0

struct dna_canvas {
    page_kind kind;
    dna_atomic *file;
    cairo_surface_t *surface;
    cairo_t *cr;
    char *path;
};

int
dna_canvas_check(const char *path)
{
    page_kind kind;
    return kind_of(&kind, path);
}

static cairo_status_t
write_bytes(void *file, const unsigned char *data, unsigned int n)
{
    return fwrite(data, 1, n, file) == n ? CAIRO_STATUS_SUCCESS
                                         : CAIRO_STATUS_WRITE_ERROR;
}

static cairo_surface_t *
make_surface(page_kind kind, FILE *file, double width, double height)
{
    double scale = DOTS_AN_INCH / POINT_AN_INCH;

    switch (kind) {
    case SVG:
        return cairo_svg_surface_create_for_stream(write_bytes, file, width, height);
    case PDF:
        return cairo_pdf_surface_create_for_stream(write_bytes, file, width, height);
    case PNG:
        break;
    }
    cairo_surface_t *s = cairo_image_surface_create(
        CAIRO_FORMAT_RGB24, (int)ceil(width * scale), (int)ceil(height * scale));
    cairo_surface_set_device_scale(s, scale, scale);
    return s;
}

int
dna_canvas_new(dna_canvas **out, const char *path, double width, double height)
{
    dna_canvas *c = NULL;
    int rc = DNA_OK;

    DNA_NEW(c, 1);
    DNA_TRY(kind_of(&c->kind, path));
    c->path = dna_strdup(path);
    DNA_REQUIRE(c->path != NULL, DNA_ENOMEM, "out of memory");
    DNA_TRY(dna_atomic_open(&c->file, path));
    c->surface = make_surface(c->kind, dna_atomic_stream(c->file), width, height);
    c->cr = cairo_create(c->surface);
    cairo_select_font_face(
        c->cr, FONT, CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_source_rgb(c->cr, 1, 1, 1);
    cairo_paint(c->cr); /* to the last dot, also of a page that ends within one */
    *out = c;
    c = NULL;
out:
    dna_canvas_free(c);
    return rc;
}

void
dna_canvas_free(dna_canvas *c)
{
    if (c == NULL) {
        return;
    }
    if (c->cr != NULL) {
        cairo_destroy(c->cr);
    }
    if (c->surface != NULL) { /* may still write: before the file is closed */
        cairo_surface_finish(c->surface);
        cairo_surface_destroy(c->surface);
    }
    dna_atomic_abort(c->file);
    dna_free(c->path);
    dna_free(c);
}

int
dna_canvas_save(dna_canvas *c)
{
    cairo_status_t status = cairo_status(c->cr);
    int rc = DNA_OK;

    if (status == CAIRO_STATUS_SUCCESS && c->kind == PNG) {
        status = cairo_surface_write_to_png_stream(
            c->surface, write_bytes, dna_atomic_stream(c->file));
    }
    cairo_surface_finish(c->surface);
    if (status == CAIRO_STATUS_SUCCESS) {
        status = cairo_surface_status(c->surface);
    }
    DNA_REQUIRE(status != CAIRO_STATUS_NO_MEMORY, DNA_ENOMEM, "out of memory");
    DNA_REQUIRE(status == CAIRO_STATUS_SUCCESS, DNA_EIO,
        "%s: the figure could not be written: %s", c->path,
        cairo_status_to_string(status));
    DNA_TRY(dna_atomic_commit(&c->file));
out:
    return rc;
}

static void
use_color(dna_canvas *c, dna_color color)
{
    cairo_set_source_rgba(c->cr, color.r, color.g, color.b, color.a);
}

static void
stroke(dna_canvas *c, dna_pen pen)
{
    use_color(c, pen.color);
    cairo_set_line_width(c->cr, pen.width);
    cairo_set_line_join(c->cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_dash(c->cr, &pen.dash, pen.dash > 0, 0);
    cairo_stroke(c->cr);
}

void
dna_canvas_line(dna_canvas *c, const double *x, const double *y, int64_t n, dna_pen pen)
{
    bool is_open = false;

    for (int64_t i = 0; i < n; i++) {
        if (isnan(x[i]) || isnan(y[i])) {
            is_open = false;
        } else if (is_open) {
            cairo_line_to(c->cr, x[i], y[i]);
        } else {
            cairo_move_to(c->cr, x[i], y[i]);
            is_open = true;
        }
    }
    stroke(c, pen);
}

void
dna_canvas_segment(
    dna_canvas *c, double x0, double y0, double x1, double y1, dna_pen pen)
{
    const double x[] = {x0, x1};
    const double y[] = {y0, y1};
    dna_canvas_line(c, x, y, 2, pen);
}

void
dna_canvas_area(
    dna_canvas *c, const double *x, const double *y, int64_t n, dna_color color)
{
    for (int64_t i = 0; i < n; i++) {
        cairo_line_to(c->cr, x[i], y[i]);
    }
    use_color(c, color);
    cairo_fill(c->cr);
}

void
dna_canvas_rectangle(
    dna_canvas *c, double x, double y, double width, double height, dna_color color)
{
    cairo_rectangle(c->cr, x, y, width, height);
    use_color(c, color);
    cairo_fill(c->cr);
}

void
dna_canvas_dot(dna_canvas *c, double x, double y, double radius, dna_color color)
{
    cairo_arc(c->cr, x, y, radius, 0, 2 * acos(-1));
    use_color(c, color);
    cairo_fill(c->cr);
}

double
dna_canvas_text_width(dna_canvas *c, const char *text, double size)
{
    cairo_text_extents_t extents;

    cairo_set_font_size(c->cr, size);
    cairo_text_extents(c->cr, text, &extents);
    return extents.x_advance;
}

void
dna_canvas_text(dna_canvas *c, double x, double y, const char *text, double size,
    dna_align align, double degrees, dna_color color)
{
    double width = dna_canvas_text_width(c, text, size);
    double before = align == DNA_LEFT ? 0 : align == DNA_RIGHT ? width : width / 2;

    cairo_save(c->cr);
    cairo_translate(c->cr, x, y);
    cairo_rotate(c->cr, -degrees * acos(-1) / 180);
    cairo_move_to(c->cr, -before, 0);
    use_color(c, color);
    cairo_show_text(c->cr, text);
    cairo_restore(c->cr);
    cairo_new_path(c->cr);
}

void
dna_canvas_clip(dna_canvas *c, double x, double y, double width, double height)
{
    cairo_save(c->cr);
    cairo_rectangle(c->cr, x, y, width, height);
    cairo_clip(c->cr);
}

void
dna_canvas_unclip(dna_canvas *c)
{
    cairo_restore(c->cr);
}

const char *
dna_canvas_library(void)
{
    return cairo_version_string();
}
