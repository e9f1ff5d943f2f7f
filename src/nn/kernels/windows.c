/* windows.c - what follows a row of products while it is in cache; compiled once for each
 * instruction set.
 *
 * SPDX-License-Identifier: MIT
 *
 * Forward, one vector of channels at a time, down the windows of a block:
 *
 *     products  t:  | 0 | 1 | 2 | 3 | 4 | 5 | ...     positions of kw * n, each C channels
 *                    \  /    \  /    \  /             largest of a window, its place
 *     result    y:    | 0   |   1   |   2   | ...     max(., 0); sums, squares, mean row
 *
 * Backward the gradient of y goes to the entry that was the largest, the others get 0.
 */
#include "nn/kernels/kernels.h"
#include "nn/kernels/vec.h"

#define PASTE2(a, b) a##b
#define PASTE(a, b)  PASTE2(a, b)

#define MAX_WINDOW 256

/* Where the entries of a window stand, from its first one. */
static int
offsets_of(const dna_windows *d, int64_t offsets[MAX_WINDOW])
{
    int n = 0;
    for (int64_t u = 0; u < d->kh; u++) {
        for (int64_t v = 0; v < d->kw; v++) {
            offsets[n++] = u * d->row + v * d->C;
        }
    }
    return n;
}

/* One vector of channels; entries is 1, 2, or 0 for any number. */
VEC_INLINE void
forward_channels(const dna_windows *d, int entries, bool is_bf16,
    const int64_t *offsets, int n_entry, vec_part part, const dna_window_result *r,
    const float *t, int64_t c)
{
    int n_of = entries > 0 ? entries : n_entry;
    vec zero = vec_set1(0.0f);
    vec shift = r->shift == NULL ? zero : vec_load(r->shift + c, part);
    vec sum = zero;
    vec squares = zero;
    for (int64_t j = 0; j < d->n; j++) {
        const float *at = t + j * d->kw * d->C + c;
        int64_t to = j * d->C + c;
        vec best = vec_load(at, part);
        vec place = zero;
        for (int k = 1; k < n_of; k++) {
            vec v = vec_load(at + offsets[k], part);
            vec_mask replaces = vec_replaces(v, best);
            best = vec_select(replaces, v, best);
            place = vec_select(replaces, vec_set1((float)k), place);
        }
        if (d->is_relu) {
            best = vec_relu(best);
        }
        if (is_bf16) {
            best = vec_round_bf16(best);
            vec_store_bf16(r->y_bf16 + to, part, best);
        } else {
            vec_store(r->y + to, part, best);
        }
        if (r->at != NULL) {
            vec_store_bytes(r->at + to, part, place);
        }
        if (r->row_sums != NULL) {
            vec_store(r->row_sums + to, part, vec_load(r->row_sums + to, part) + best);
        }
        if (r->sums != NULL) {
            shift = r->shift == NULL && j == 0 ? best : shift;
            vec x = best - shift;
            sum += x;
            squares = vec_fma(x, x, squares);
        }
    }
    if (r->sums != NULL) {
        vec_store(r->sums + c, part, sum);
        vec_store(r->sums + d->C + c, part, squares);
    }
}

VEC_INLINE void
forward_all(
    const dna_windows *d, bool is_bf16, const dna_window_result *r, const float *t)
{
    int64_t offsets[MAX_WINDOW];
    int n = offsets_of(d, offsets);
    for (int64_t c = 0; c < d->C; c += VEC_WIDTH) {
        vec_part part = vec_part_of(d->C - c);
        if (n == 1) {
            forward_channels(d, 1, is_bf16, offsets, n, part, r, t, c);
        } else if (n == 2) {
            forward_channels(d, 2, is_bf16, offsets, n, part, r, t, c);
        } else {
            forward_channels(d, 0, is_bf16, offsets, n, part, r, t, c);
        }
    }
}

static void
windows_forward(const dna_windows *d, const dna_window_result *r, const float *t)
{
    if (r->y_bf16 != NULL) {
        forward_all(d, true, r, t);
    } else {
        forward_all(d, false, r, t);
    }
}

/* Of one of two places. */
VEC_INLINE vec
load_either(
    bool may_be_bf16, const float *x, const dna_bf16 *x_bf16, int64_t at, vec_part part)
{
    return may_be_bf16 && x_bf16 != NULL ? vec_load_bf16(x_bf16 + at, part)
                                         : vec_load(x + at, part);
}

/* The gradient of the products; `has` and `bf16` are constants at each call. */
VEC_INLINE void
backward_channels(const dna_windows *d, int entries, bool has_dy, bool has_slopes,
    bool has_row, bool bf16, const int64_t *offsets, int n_entry, vec_part part,
    const dna_window_grad *g, float *dt, int64_t c)
{
    int n_of = entries > 0 ? entries : n_entry;
    vec zero = vec_set1(0.0f);
    vec a = has_slopes ? vec_load(g->slopes + c, part) : zero;
    vec b = has_slopes ? vec_load(g->slopes + d->C + c, part) : zero;
    vec constant = has_slopes ? vec_load(g->slopes + 2 * d->C + c, part) : zero;
    vec factor = vec_set1(g->row_factor);
    vec sum = zero;
    for (int64_t j = 0; j < d->n; j++) {
        int64_t from = j * d->C + c;
        int64_t to = j * d->kw * d->C + c;
        vec y = load_either(bf16, g->y, g->y_bf16, from, part);
        vec v = has_dy ? load_either(bf16, g->dy, g->dy_bf16, from, part) : zero;
        if (has_slopes) {
            v = vec_fma(a, v, vec_fma(b, y, constant));
        }
        if (has_row) {
            v = vec_fma(factor, vec_load(g->row + from, part), v);
        }
        if (d->is_relu) {
            v = vec_select(vec_greater(y, zero), v, zero);
        }
        sum += v;
        vec place = n_of > 1 ? vec_load_bytes(g->at + from, part) : zero;
        for (int k = 0; k < n_of; k++) {
            vec share = n_of == 1
                            ? v
                            : vec_select(vec_equal(place, vec_set1((float)k)), v, zero);
            if (bf16 && g->dt_bf16 != NULL) {
                vec_store_bf16(g->dt_bf16 + to + offsets[k], part, share);
            } else {
                vec_store(dt + to + offsets[k], part, share);
            }
            if (g->row_sums != NULL) {
                float *total =
                    g->row_sums + to + (entries > 0 ? k * d->C : k % d->kw * d->C);
                vec_store(total, part, vec_load(total, part) + share);
            }
        }
    }
    vec_store(g->sums + c, part, sum);
}

VEC_INLINE void
backward_all(const dna_windows *d, bool has_dy, bool has_slopes, bool has_row,
    bool bf16, const dna_window_grad *g, float *dt)
{
    int64_t offsets[MAX_WINDOW];
    int n = offsets_of(d, offsets);
    bool is_pair = n == 2 && d->kw == 2;
    for (int64_t c = 0; c < d->C; c += VEC_WIDTH) {
        vec_part part = vec_part_of(d->C - c);
        if (n == 1) {
            backward_channels(
                d, 1, has_dy, has_slopes, has_row, bf16, offsets, n, part, g, dt, c);
        } else if (is_pair) {
            backward_channels(
                d, 2, has_dy, has_slopes, has_row, bf16, offsets, n, part, g, dt, c);
        } else {
            backward_channels(
                d, 0, has_dy, has_slopes, has_row, bf16, offsets, n, part, g, dt, c);
        }
    }
}

VEC_INLINE void
backward_parts(
    const dna_windows *d, int parts, bool bf16, const dna_window_grad *g, float *dt)
{
    switch (parts) {
    case 1:
        backward_all(d, false, false, true, bf16, g, dt);
        break;
    case 2:
        backward_all(d, false, true, false, bf16, g, dt);
        break;
    case 3:
        backward_all(d, false, true, true, bf16, g, dt);
        break;
    case 4:
        backward_all(d, true, false, false, bf16, g, dt);
        break;
    case 5:
        backward_all(d, true, false, true, bf16, g, dt);
        break;
    case 6:
        backward_all(d, true, true, false, bf16, g, dt);
        break;
    default:
        backward_all(d, true, true, true, bf16, g, dt);
        break;
    }
}

static void
windows_backward(const dna_windows *d, const dna_window_grad *g, float *dt)
{
    bool has_dy = g->dy != NULL || g->dy_bf16 != NULL;
    int parts =
        (has_dy ? 4 : 0) + (g->slopes != NULL ? 2 : 0) + (g->row != NULL ? 1 : 0);
    if (g->y_bf16 != NULL || g->dy_bf16 != NULL || g->dt_bf16 != NULL) {
        backward_parts(d, parts, true, g, dt);
    } else {
        backward_parts(d, parts, false, g, dt);
    }
}

const dna_window_kernels PASTE(dna_windows_, DNA_ISA) = {
    .forward = windows_forward,
    .backward = windows_backward,
};
