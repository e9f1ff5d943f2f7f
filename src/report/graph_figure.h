/* graph_figure.h - a graph of boxes, drawn from top to bottom.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_REPORT_GRAPH_FIGURE_H
#define DNA_REPORT_GRAPH_FIGURE_H

#include <stdbool.h>
#include <stdint.h>

#include "dnadna/status.h"

typedef struct {
    const char *title, *text; /* two lines in the box; text may be NULL */
    const int *from;          /* numbers of boxes before it */
    int n_from;
    bool is_strong; /* drawn in colour: it has parameters */
} dna_graph_box;

/** Draw n boxes; the path's end says the form: .svg, .pdf, .png. A box stands below all that
 *  lead to it. */
int dna_graph_figure_write(const char *path, const char *title,
    const dna_graph_box *boxes, int n) DNA_MUST_CHECK;

#endif
