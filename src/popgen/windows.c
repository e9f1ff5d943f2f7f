/* windows.c - cut kept sites into windows.
 *
 * SPDX-License-Identifier: MIT
 */
#include "popgen/windows.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

struct dna_windows {
    dna_genotypes *g;
    dna_window_rule rule;
    int64_t n_row;
    bool is_integer;
    /* sites of the current contig that are still needed */
    int8_t *rows; /* [room, n_row] */
    double *position;
    int64_t *n_missing;
    int64_t first, n, room; /* those in use: first .. n - 1 */
    int32_t contig;         /* -1: none yet */
    bool has_start;
    double start;        /* BP: of the next window */
    int64_t skip;        /* SITES: sites to pass over (step > size) */
    dna_kept_site ahead; /* read, of another contig or beyond the window */
    bool has_ahead, is_over;
    bool has_told; /* a window of this contig */
};

int
dna_windows_new(dna_windows **out, dna_genotypes *g, const dna_window_rule *rule)
{
    dna_windows *w = NULL;
    const dna_site_source *source = dna_genotypes_source(g);
    int rc = DNA_OK;

    DNA_REQUIRE(rule->unit == DNA_WINDOW_CONTIG || (rule->size > 0 && rule->step > 0),
        DNA_EARG, "windows need a size and a step of at least 1");
    DNA_REQUIRE(rule->unit != DNA_WINDOW_BP || !dna_site_source_is_normalized(source),
        DNA_EARG,
        "%s: its positions are from 0 to 1: windows in bp need the length of the sequence (--chromosome-size)",
        dna_site_source_name(source));
    DNA_NEW(w, 1);
    *w = (dna_windows){.g = g,
        .rule = *rule,
        .n_row = dna_genotypes_n_row(g),
        .is_integer = dna_site_source_is_integer(source),
        .contig = -1};
    *out = w;
out:
    return rc;
}

void
dna_windows_free(dna_windows *w)
{
    if (w != NULL) {
        dna_free(w->rows);
        dna_free(w->position);
        dna_free(w->n_missing);
        dna_free(w);
    }
}

const char *
dna_windows_contig(const dna_windows *w, int32_t contig)
{
    return dna_site_source_contig(dna_genotypes_source(w->g), contig);
}

/* ---- sites ------------------------------------------------------------------------- */

static int
grow(dna_windows *w)
{
    if (w->first > 0 && w->first >= w->n - w->first) { /* half is not needed any more */
        int64_t n = w->n - w->first;
        memmove(w->rows, w->rows + w->first * w->n_row, (size_t)(n * w->n_row));
        memmove(w->position, w->position + w->first, (size_t)n * sizeof(double));
        memmove(w->n_missing, w->n_missing + w->first, (size_t)n * sizeof(int64_t));
        w->first = 0;
        w->n = n;
        return DNA_OK;
    }
    int64_t room = w->room > 0 ? 2 * w->room : 512;
    int8_t *rows = dna_realloc(w->rows, (size_t)room, (size_t)w->n_row);
    if (rows != NULL) {
        w->rows = rows;
    }
    double *position = dna_realloc(w->position, (size_t)room, sizeof(double));
    if (position != NULL) {
        w->position = position;
    }
    int64_t *n_missing = dna_realloc(w->n_missing, (size_t)room, sizeof(int64_t));
    if (n_missing != NULL) {
        w->n_missing = n_missing;
    }
    if (rows == NULL || position == NULL || n_missing == NULL) {
        return DNA_ENOMEM;
    }
    w->room = room;
    return DNA_OK;
}

static int
push(dna_windows *w, const dna_kept_site *site)
{
    int rc = DNA_OK;

    if (w->n == w->room) {
        DNA_TRY(grow(w));
    }
    memcpy(w->rows + w->n * w->n_row, site->row, (size_t)w->n_row);
    w->position[w->n] = site->position;
    w->n_missing[w->n] = site->n_missing;
    w->n++;
out:
    return rc;
}

/* Where a site lies when counted from 0. */
static double
from_0(const dna_windows *w, double position)
{
    return w->is_integer ? position - 1 : position;
}

/* Read sites until the window is full, or one comes that is not of it. 1: there may be
 * more of this contig; 0: the contig ended. */
static int
fill(dna_windows *w)
{
    int rc = DNA_OK;

    for (;;) {
        if (!w->has_ahead && !w->is_over) {
            DNA_TRY(dna_genotypes_next(w->g, &w->ahead));
            w->has_ahead = rc > 0;
            w->is_over = rc == 0;
        }
        if (!w->has_ahead || w->ahead.contig != w->contig) {
            return 0;
        }
        if (w->skip > 0) {
            w->skip--;
            w->has_ahead = false;
            continue;
        }
        if (w->rule.unit == DNA_WINDOW_SITES && w->n - w->first == w->rule.size) {
            return 1;
        }
        if (w->rule.unit == DNA_WINDOW_BP) {
            double at = from_0(w, w->ahead.position);
            if (w->has_start && at >= w->start + (double)w->rule.size) {
                return 1;
            }
            if (w->has_start && at < w->start) { /* between windows */
                w->has_ahead = false;
                continue;
            }
        }
        DNA_TRY(push(w, &w->ahead));
        w->has_ahead = false;
    }
out:
    return rc;
}

/* ---- samples ----------------------------------------------------------------------- */

/* Eight by eight bytes: columns of `in` become rows of `out`. */
static void
transpose_8(const int8_t *in, int64_t in_stride, int8_t *out, int64_t out_stride)
{
    static const uint64_t masks[3] = {UINT64_C(0x00ff00ff00ff00ff),
        UINT64_C(0x0000ffff0000ffff), UINT64_C(0x00000000ffffffff)};
    uint64_t v[8];

    for (int i = 0; i < 8; i++) {
        memcpy(&v[i], in + i * in_stride, 8);
    }
    for (int k = 0; k < 3; k++) { /* swap blocks of 1, 2, 4 bytes */
        int d = 1 << k;
        for (int i = 0; i < 8; i++) {
            if ((i & d) == 0) {
                uint64_t t = (v[i] >> (8 * d) ^ v[i + d]) & masks[k];
                v[i + d] ^= t;
                v[i] ^= t << (8 * d);
            }
        }
    }
    for (int i = 0; i < 8; i++) {
        memcpy(out + i * out_stride, &v[i], 8);
    }
}

enum { BLOCK_ROWS = 64, BLOCK_SITES = 256 };

/* Sites by rows into rows by sites. */
static void
transpose(const int8_t *in, int64_t n_site, int64_t n_row, int8_t *out)
{
    const uint16_t one = 1;
    bool is_little = *(const unsigned char *)&one == 1;
    int64_t whole_site = is_little ? n_site / 8 * 8 : 0;
    int64_t whole_row = is_little ? n_row / 8 * 8 : 0;

    /* in blocks whose lines of cache are read once */
    for (int64_t r0 = 0; r0 < whole_row; r0 += BLOCK_ROWS) {
        int64_t r1 = DNA_MIN(r0 + BLOCK_ROWS, whole_row);
        for (int64_t s0 = 0; s0 < whole_site; s0 += BLOCK_SITES) {
            int64_t s1 = DNA_MIN(s0 + BLOCK_SITES, whole_site);
            for (int64_t r = r0; r < r1; r += 8) {
                for (int64_t s = s0; s < s1; s += 8) {
                    transpose_8(
                        in + s * n_row + r, n_row, out + r * n_site + s, n_site);
                }
            }
        }
    }
    for (int64_t r = 0; r < n_row; r++) {
        for (int64_t s = r < whole_row ? whole_site : 0; s < n_site; s++) {
            out[r * n_site + s] = in[s * n_row + r];
        }
    }
}

static int
make_sample(
    dna_windows *w, int64_t n, double origin, bool has_missing, dna_sample **out)
{
    const dna_site_source *source = dna_genotypes_source(w->g);
    const double *position = w->position + w->first;
    dna_sample *s = NULL;
    int rc = DNA_OK;

    DNA_NEW(s, 1);
    DNA_TRY(dna_array_init(
        &s->snp, has_missing ? DNA_I8 : DNA_U8, 2, (int64_t[2]){w->n_row, n}));
    transpose(w->rows + w->first * w->n_row, n, w->n_row, s->snp.data);
    DNA_TRY(dna_array_init(&s->pos, w->is_integer ? DNA_I64 : DNA_F64, 1, &n));
    for (int64_t i = 0; i < n; i++) {
        if (w->is_integer) {
            ((int64_t *)s->pos.data)[i] = (int64_t)(position[i] - origin);
        } else {
            ((double *)s->pos.data)[i] = position[i] - origin;
        }
    }
    s->has_pos = true;
    s->n_hap = w->n_row;
    s->n_site = n;
    s->format = (dna_position_format){.distance = 0,
        .normalized = dna_site_source_is_normalized(source),
        .circular = 0,
        .initial_position = (double)NAN};
    *out = s;
    s = NULL;
out:
    dna_sample_free(s);
    return rc;
}

/* The first n sites in use become a window. */
static int
tell(dna_windows *w, int64_t n, dna_window *out)
{
    const double *position = w->position + w->first;
    int64_t n_missing = 0, n_left = 0;
    double origin = 0;
    int rc = DNA_OK;

    *out = (dna_window){.contig = w->contig, .n_site = n, .is_complete = true};
    for (int64_t i = 0; i < n; i++) {
        n_missing += w->n_missing[w->first + i];
    }
    const int8_t *rows = w->rows + w->first * w->n_row;
    for (int64_t i = 0; n_missing > 0 && i < n * w->n_row; i++) {
        n_left += rows[i] < 0;
    }
    if (w->rule.unit == DNA_WINDOW_BP) {
        out->start = w->start;
        out->end = w->start + (double)w->rule.size;
        origin = w->start + (w->is_integer ? 1 : 0);
    } else if (n > 0) {
        out->start = DNA_MAX(floor(from_0(w, position[0])), 0.0); /* 0: unknown */
        out->end = floor(from_0(w, position[n - 1])) + 1;
        out->is_complete = w->rule.unit != DNA_WINDOW_SITES || n == w->rule.size;
        origin = w->rule.unit == DNA_WINDOW_SITES ? position[0] : 0;
    }
    if (n > 0) {
        out->missing = (double)n_missing / (double)(n * w->n_row);
        DNA_TRY(make_sample(w, n, origin, n_left > 0, &out->sample));
    }
    w->has_told = true;
    rc = 1;
out:
    return rc;
}

/* ---- windows ----------------------------------------------------------------------- */

static void
start_contig(dna_windows *w)
{
    w->contig = w->ahead.contig;
    w->first = w->n = 0;
    w->skip = 0;
    w->has_told = false;
    w->has_start = w->rule.unit == DNA_WINDOW_BP;
    if (w->has_start) { /* the first window that holds the site */
        double at = from_0(w, w->ahead.position) - (double)w->rule.origin;
        double i = floor((at - (double)w->rule.size) / (double)w->rule.step) + 1;
        w->start = (double)w->rule.origin + DNA_MAX(i, 0.0) * (double)w->rule.step;
    }
}

/* Sites of a window of bp: those before its end; sites before its start are let go. */
static int64_t
count_inside(dna_windows *w)
{
    while (w->first < w->n && from_0(w, w->position[w->first]) < w->start) {
        w->first++;
    }
    int64_t n = 0;
    double end = w->start + (double)w->rule.size;
    while (w->first + n < w->n && from_0(w, w->position[w->first + n]) < end) {
        n++;
    }
    return n;
}

static int
next_of_sites(dna_windows *w, bool is_ended, dna_window *out)
{
    int64_t n = w->n - w->first;
    bool is_new = !w->has_told || n > w->rule.size - w->rule.step;
    int rc = DNA_OK;

    if (n == 0 || (is_ended && n < w->rule.size && !is_new)) {
        w->first = w->n; /* what is left was in the window before */
        return 0;
    }
    DNA_TRY(tell(w, n, out));
    int64_t step = n < w->rule.size ? n : DNA_MIN(w->rule.step, n);
    w->skip = DNA_MAX(w->rule.step - n, 0);
    w->first += step;
    rc = 1;
out:
    return rc;
}

static int
next_of_contig(dna_windows *w, dna_window *out)
{
    int rc = fill(w);

    if (rc < 0) {
        return rc;
    }
    bool is_ended = rc == 0;
    switch (w->rule.unit) {
    case DNA_WINDOW_SITES:
        return next_of_sites(w, is_ended, out);
    case DNA_WINDOW_CONTIG:
        rc = w->n > 0 ? tell(w, w->n, out) : 0;
        w->n = 0;
        return rc;
    case DNA_WINDOW_BP:
        break;
    }
    int64_t n = count_inside(w);
    if (is_ended && w->first == w->n) {
        return 0;
    }
    rc = tell(w, n, out);
    w->start += (double)w->rule.step;
    return rc;
}

int
dna_windows_next(dna_windows *w, dna_window *out)
{
    int rc = DNA_OK;

    for (;;) {
        if (w->contig >= 0) {
            DNA_TRY(next_of_contig(w, out));
            if (rc > 0) {
                goto out;
            }
        } else {
            DNA_TRY(fill(w)); /* reads the first site */
        }
        if (!w->has_ahead) {
            return 0;
        }
        start_contig(w);
    }
out:
    return rc;
}
