/* graph_figure.c - a graph of boxes, drawn from top to bottom.
 *
 * SPDX-License-Identifier: MIT
 *
 * A row for each length of the longest way to a box; a box keeps the column of the first box
 * that it reads, if that is free in its row, so that chains are straight.
 */
#include "report/graph_figure.h"

#include <string.h>

#include "base/mem.h"
#include "report/canvas.h"

#define BOX_WIDTH  170.0
#define BOX_HEIGHT 30.0
#define COLUMN     190.0
#define ROW        48.0
#define MARGIN     24.0
#define TITLE      24.0
#define LETTER     6.5 /* of the title, about */
#define MAX_BOX    4096

static const dna_color ink = {0.15, 0.15, 0.18, 1};
static const dna_color line_color = {0.45, 0.47, 0.5, 1};
static const dna_color strong = {0.80, 0.88, 0.96, 1};
static const dna_color plain = {0.94, 0.94, 0.93, 1};

typedef struct {
    int row, column;
} place;

static bool
is_free(const place *places, int n, place p)
{
    for (int i = 0; i < n; i++) {
        if (places[i].row == p.row && places[i].column == p.column) {
            return false;
        }
    }
    return true;
}

static void
arrange(place *places, const dna_graph_box *boxes, int n)
{
    for (int i = 0; i < n; i++) {
        place p = {0, 0};
        for (int k = 0; k < boxes[i].n_from; k++) {
            p.row = DNA_MAX(p.row, places[boxes[i].from[k]].row + 1);
        }
        p.column = boxes[i].n_from > 0 ? places[boxes[i].from[0]].column : 0;
        while (!is_free(places, i, p)) {
            p.column++;
        }
        places[i] = p;
    }
}

static double
left_of(place p)
{
    return MARGIN + COLUMN * p.column;
}

static double
top_of(place p)
{
    return MARGIN + TITLE + ROW * p.row;
}

static void
draw_lines(dna_canvas *c, const place *places, const dna_graph_box *box, int i)
{
    const dna_pen pen = {line_color, 1.0, 0.0};
    double x1 = left_of(places[i]) + BOX_WIDTH / 2, y1 = top_of(places[i]);

    for (int k = 0; k < box->n_from; k++) {
        place p = places[box->from[k]];
        double x0 = left_of(p) + BOX_WIDTH / 2, y0 = top_of(p) + BOX_HEIGHT;
        bool is_far = places[i].row - p.row > 1;
        /* what goes past other rows leaves its column first */
        double side = x0 + BOX_WIDTH / 2 + 8.0;
        double xs[] = {x0, is_far ? side : x0, is_far ? side : x1, x1};
        double ys[] = {y0, is_far ? y0 + 6 : y0, is_far ? y1 - 8 : y1, y1};
        dna_canvas_line(c, xs, ys, 4, pen);
    }
}

static void
draw_box(dna_canvas *c, place p, const dna_graph_box *box)
{
    double x = left_of(p), y = top_of(p);
    double shift = box->text != NULL ? 0 : 5;

    dna_canvas_rectangle(
        c, x, y, BOX_WIDTH, BOX_HEIGHT, box->is_strong ? strong : plain);
    dna_canvas_clip(c, x, y, BOX_WIDTH, BOX_HEIGHT);
    dna_canvas_text(c, x + 6, y + 12 + shift, box->title, 8.5, DNA_LEFT, 0, ink);
    if (box->text != NULL) {
        dna_canvas_text(c, x + 6, y + 24, box->text, 7.5, DNA_LEFT, 0, ink);
    }
    dna_canvas_unclip(c);
}

int
dna_graph_figure_write(
    const char *path, const char *title, const dna_graph_box *boxes, int n)
{
    dna_canvas *c = NULL;
    place *places = NULL;
    place last = {0, 0};
    int rc = DNA_OK;

    DNA_REQUIRE(n <= MAX_BOX, DNA_EARG, "%s: %d boxes are too many to draw", path, n);
    DNA_NEW(places, DNA_MAX(n, 1));
    arrange(places, boxes, n);
    for (int i = 0; i < n; i++) {
        last.row = DNA_MAX(last.row, places[i].row);
        last.column = DNA_MAX(last.column, places[i].column);
    }
    double width = DNA_MAX(left_of(last) + BOX_WIDTH + MARGIN,
        2 * MARGIN + LETTER * (double)strlen(title));
    DNA_TRY(dna_canvas_new(&c, path, width, top_of(last) + BOX_HEIGHT + MARGIN));
    dna_canvas_text(c, MARGIN, MARGIN + 6, title, 11, DNA_LEFT, 0, ink);
    for (int i = 0; i < n; i++) {
        draw_lines(c, places, &boxes[i], i);
    }
    for (int i = 0; i < n; i++) {
        draw_box(c, places[i], &boxes[i]);
    }
    DNA_TRY(dna_canvas_save(c));
out:
    dna_canvas_free(c);
    dna_free(places);
    return rc;
}
