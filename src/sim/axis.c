/* axis.c - cells, base pairs and mutation mass, by uniform rates or by maps.
 *
 * SPDX-License-Identifier: MIT
 *
 * With maps, base pairs, cells (recombination) and mass (mutation) are three monotone
 * functions, linear between the borders of the pieces; each is turned into another by
 * finding the piece.
 */
#include "sim/axis.h"

#include <math.h>

#include "base/mem.h"

/* y at x, where (xs, ys) are the borders of n pieces */
static double
interpolate(const double *xs, const double *ys, int64_t n, double x)
{
    int64_t low = 0;
    int64_t high = n; /* xs[low] <= x < xs[high] */
    if (x >= xs[n]) {
        return ys[n];
    }
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (xs[middle] <= x) {
            low = middle;
        } else {
            high = middle;
        }
    }
    double width = xs[high] - xs[low];
    double part = width > 0 ? (x - xs[low]) / width : 0;
    return ys[low] + part * (ys[high] - ys[low]);
}

double
dna_axis_bp(const dna_axis *axis, uint32_t cell)
{
    if (cell == DNA_CELLS) {
        return axis->length;
    }
    if (axis->is_uniform) {
        return (double)cell * axis->bp_per_cell;
    }
    return cell == 0 ? 0 : interpolate(axis->cell, axis->pos, axis->n, (double)cell);
}

uint32_t
dna_axis_cell(const dna_axis *axis, double bp)
{
    double cell = axis->is_uniform ? bp / axis->bp_per_cell
                                   : interpolate(axis->pos, axis->cell, axis->n, bp);
    cell = ceil(cell);
    return cell >= (double)DNA_CELLS ? DNA_CELLS : (uint32_t)cell;
}

double
dna_axis_mass(const dna_axis *axis, uint32_t cell)
{
    if (axis->is_uniform) {
        return (double)cell * axis->bp_per_cell * axis->mutation_rate;
    }
    return interpolate(axis->pos, axis->mass, axis->n, dna_axis_bp(axis, cell));
}

double
dna_axis_bp_of_mass(const dna_axis *axis, double mass)
{
    if (axis->is_uniform) {
        return mass / axis->mutation_rate;
    }
    return interpolate(axis->mass, axis->pos, axis->n, mass);
}

double
dna_axis_place(const dna_axis *axis, uint32_t left, uint32_t right, double u)
{
    double from = dna_axis_bp(axis, left);
    double to = dna_axis_bp(axis, right);
    double place = 0;
    if (axis->is_uniform) {
        place = from + u * (to - from);
    } else {
        double mass = dna_axis_mass(axis, left);
        place =
            dna_axis_bp_of_mass(axis, mass + u * (dna_axis_mass(axis, right) - mass));
    }
    /* rounding must not move a site beyond the segment its carriers share */
    return place < from ? from : place < to ? place : nextafter(to, from);
}

/* ---- from a model ------------------------------------------------------------------ */

static int
check_rate(const char *name, double rate, const dna_rate_map *map, double length)
{
    int rc = DNA_OK;

    if (map == NULL) {
        DNA_REQUIRE(isfinite(rate) && rate >= 0, DNA_EARG,
            "%s rate: %g is not a finite number >= 0", name, rate);
        return DNA_OK;
    }
    DNA_TRY(dna_rate_map_check(map, name));
    DNA_REQUIRE(map->pos[0] <= 0 && map->pos[map->n] >= length, DNA_EARG,
        "%s map: it reaches from %g to %g, not from 0 to the length %g", name,
        map->pos[0], map->pos[map->n], length);
out:
    return rc;
}

/* A walk along the pieces of a map, or along one piece with a constant rate. */
typedef struct {
    const dna_rate_map *map; /* NULL: rate everywhere */
    double rate;
    int64_t i;
} walker;

static void
walk_to(walker *w, double x)
{
    while (w->map != NULL && w->i + 1 < w->map->n && w->map->pos[w->i + 1] <= x) {
        w->i++;
    }
}

static double
walk_rate(const walker *w)
{
    return w->map != NULL ? w->map->rate[w->i] : w->rate;
}

static double
walk_end(const walker *w)
{
    return w->map != NULL ? w->map->pos[w->i + 1] : (double)INFINITY;
}

/* Borders of both maps in one list, with what has accumulated up to each; *all gets the
 * recombination rate of the whole sequence. */
static int
init_pieces(dna_axis *axis, const dna_coalescent_model *m, double *all)
{
    walker r = {.map = m->recombination_map, .rate = m->recombination_rate};
    walker u = {.map = m->mutation_map, .rate = m->mutation_rate};
    int64_t room = 2 + (r.map != NULL ? r.map->n : 0) + (u.map != NULL ? u.map->n : 0);
    double x = 0;
    int64_t n = 0;
    int rc = DNA_OK;

    DNA_NEW(axis->pos, room);
    DNA_NEW(axis->cell, room);
    DNA_NEW(axis->mass, room);
    while (x < m->length) {
        walk_to(&r, x);
        walk_to(&u, x);
        double next = fmin(fmin(walk_end(&r), walk_end(&u)), m->length);
        axis->cell[n + 1] = axis->cell[n] + walk_rate(&r) * (next - x);
        axis->mass[n + 1] = axis->mass[n] + walk_rate(&u) * (next - x);
        axis->pos[++n] = x = next;
    }
    axis->n = n;
    *all = axis->cell[n];
    for (int64_t i = 0; i <= n; i++) { /* crossovers become cells */
        double part = *all > 0 ? axis->cell[i] / *all : axis->pos[i] / m->length;
        axis->cell[i] = part * (double)DNA_CELLS;
    }
    axis->cell[n] = (double)DNA_CELLS;
out:
    return rc;
}

/* A million a generation is far beyond any genome, and no simulation would end. */
static int
check_total(const char *name, double all)
{
    int rc = DNA_OK;

    DNA_REQUIRE(all <= 1e6, DNA_EARG,
        "%s: %g expected in a generation over the sequence, at most 1e6 are allowed",
        name, all);
out:
    return rc;
}

int
dna_axis_init(dna_axis *axis, const dna_coalescent_model *m)
{
    double all = m->recombination_rate * m->length;
    int rc = DNA_OK;

    *axis = (dna_axis){.length = m->length};
    DNA_REQUIRE(isfinite(m->length) && m->length > 0, DNA_EARG,
        "length: %g is not a finite number of base pairs > 0", m->length);
    DNA_TRY(check_rate(
        "recombination", m->recombination_rate, m->recombination_map, m->length));
    DNA_TRY(check_rate("mutation", m->mutation_rate, m->mutation_map, m->length));
    axis->is_uniform = m->recombination_map == NULL && m->mutation_map == NULL;
    axis->bp_per_cell = m->length / (double)DNA_CELLS;
    axis->mutation_rate = m->mutation_rate;
    if (!axis->is_uniform) {
        DNA_TRY(init_pieces(axis, m, &all));
    }
    DNA_TRY(check_total("recombination", all));
    DNA_TRY(check_total("mutation", dna_axis_mass(axis, DNA_CELLS)));
    axis->link = all / (double)(DNA_CELLS - 1);
out:
    if (rc < 0) {
        dna_axis_clear(axis);
    }
    return rc;
}

void
dna_axis_clear(dna_axis *axis)
{
    dna_free(axis->pos);
    dna_free(axis->cell);
    dna_free(axis->mass);
    *axis = (dna_axis){0};
}
