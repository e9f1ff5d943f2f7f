/* figure.c - what is in a figure, until it is drawn (figure_draw.c).
 *
 * SPDX-License-Identifier: MIT
 */
#include "report/figure.h"

#include <string.h>

#include "base/mem.h"
#include "report/figure_panel.h"

dna_color
dna_palette(int64_t i)
{
    static const dna_color colors[DNA_N_PALETTE] = {
        {0.000, 0.447, 0.698, 1}, /* blue */
        {0.835, 0.369, 0.000, 1}, /* vermilion */
        {0.000, 0.620, 0.451, 1}, /* bluish green */
        {0.800, 0.475, 0.655, 1}, /* reddish purple */
        {0.902, 0.624, 0.000, 1}, /* orange */
        {0.337, 0.706, 0.914, 1}, /* sky blue */
        {0.200, 0.200, 0.200, 1}, /* nearly black */
    };
    return colors[i % DNA_N_PALETTE];
}

dna_color
dna_palette_grey(void)
{
    return (dna_color){0.45, 0.45, 0.45, 1};
}

dna_color
dna_color_fade(dna_color color, double alpha)
{
    color.a *= alpha;
    return color;
}

int
dna_figure_new(dna_figure **out, int n_row, int n_column)
{
    dna_figure *f = NULL;
    int rc = DNA_OK;

    DNA_NEW(f, 1);
    f->n_row = n_row;
    f->n_column = n_column;
    DNA_TRY(dna_arena_new(&f->arena));
    DNA_NEW(f->panels, n_row * n_column);
    for (int i = 0; i < n_row * n_column; i++) {
        f->panels[i] = (dna_panel){.figure = f};
    }
    *out = f;
    f = NULL;
out:
    dna_figure_free(f);
    return rc;
}

void
dna_figure_free(dna_figure *f)
{
    if (f == NULL) {
        return;
    }
    dna_arena_free(f->arena);
    dna_free(f->panels);
    dna_free(f);
}

dna_panel *
dna_figure_panel(dna_figure *f, int i)
{
    return &f->panels[i];
}

static const char *
keep_text(dna_panel *p, const char *text)
{
    if (text == NULL) {
        return NULL;
    }
    char *copy = dna_arena_strdup(p->figure->arena, text);
    if (copy == NULL) {
        p->figure->rc = DNA_ENOMEM;
    }
    return copy;
}

static const double *
keep_numbers(dna_panel *p, const double *v, int64_t n)
{
    if (v == NULL || n == 0) {
        return NULL;
    }
    double *copy = dna_arena_alloc(p->figure->arena, (size_t)n, sizeof(*v));
    if (copy == NULL) {
        p->figure->rc = DNA_ENOMEM;
        return NULL;
    }
    memcpy(copy, v, (size_t)n * sizeof(*v));
    return copy;
}

void
dna_panel_axes(dna_panel *p, const char *title, dna_axis x, dna_axis y)
{
    p->title = keep_text(p, title);
    p->x = x;
    p->y = y;
    p->x.label = keep_text(p, x.label);
    p->y.label = keep_text(p, y.label);
}

void
dna_panel_add(dna_panel *p, const dna_series *series)
{
    dna_panel_entry *e = dna_arena_alloc(p->figure->arena, 1, sizeof(*e));

    if (e == NULL) {
        p->figure->rc = DNA_ENOMEM;
        return;
    }
    e->series = *series;
    e->series.x = keep_numbers(p, series->x, series->n);
    e->series.y = keep_numbers(p, series->y, series->n);
    e->series.low = keep_numbers(p, series->low, series->n);
    e->series.high = keep_numbers(p, series->high, series->n);
    e->series.name = keep_text(p, series->name);
    *(p->last == NULL ? &p->first : &p->last->next) = e;
    p->last = e;
}

void
dna_panel_reference(dna_panel *p, double y, const char *note)
{
    p->has_reference = true;
    p->reference = y;
    p->note = keep_text(p, note);
}
