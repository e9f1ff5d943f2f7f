/* tile_emulation.h - the instructions of AMX for bf16 in C, for a test of their user.
 *
 * SPDX-License-Identifier: MIT
 *
 * After the pseudocode of Intel's software developer's manual (LDTILECFG, TILELOADD, TILESTORED,
 * TDPBF16PS). What would raise an exception there ends the test. (Numbers too small for a
 * normal float, which the processor takes as 0, are kept.)
 */
#ifndef DNA_TESTS_TILE_EMULATION_H
#define DNA_TESTS_TILE_EMULATION_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define tile_fence()

typedef struct {
    int rows, bytes; /* of a row */
    unsigned char data[16][64];
} emulated_tile;

static emulated_tile emulated[8];
static bool is_configured;

static inline void
emulated_check(bool is_good, const char *what)
{
    if (!is_good) {
        fprintf(stderr, "tiles: %s\n", what);
        abort();
    }
}

static inline void
emulated_config(const void *config)
{
    unsigned char c[64];
    memcpy(c, config, sizeof(c));
    emulated_check(c[0] == 1 && c[1] == 0, "palette or start row");
    for (int i = 2; i < 16; i++) {
        emulated_check(c[i] == 0, "reserved bytes");
    }
    for (int i = 0; i < 16; i++) {
        int bytes = c[16 + 2 * i] + 256 * c[17 + 2 * i];
        int rows = c[48 + i];
        emulated_check(i < 8 || (bytes == 0 && rows == 0), "there are 8 tiles");
        emulated_check(bytes <= 64 && rows <= 16, "a tile is too large");
        emulated_check((bytes == 0) == (rows == 0), "a tile of no size");
        if (i < 8) {
            memset(&emulated[i], 0, sizeof(emulated[i]));
            emulated[i].rows = rows;
            emulated[i].bytes = bytes;
        }
    }
    is_configured = true;
}

static inline emulated_tile *
emulated_at(int i)
{
    emulated_check(is_configured && emulated[i].rows > 0, "not configured");
    return &emulated[i];
}

static inline void
emulated_zero(int i)
{
    emulated_tile *t = emulated_at(i);
    memset(t->data, 0, sizeof(t->data));
}

static inline void
emulated_load(int i, const void *from, long stride)
{
    emulated_tile *t = emulated_at(i);
    memset(t->data, 0, sizeof(t->data));
    for (int r = 0; r < t->rows; r++) {
        memcpy(t->data[r], (const char *)from + r * stride, (size_t)t->bytes);
    }
}

static inline void
emulated_store(int i, void *to, long stride)
{
    const emulated_tile *t = emulated_at(i);
    for (int r = 0; r < t->rows; r++) {
        memcpy((char *)to + r * stride, t->data[r], (size_t)t->bytes);
    }
}

static inline float
emulated_bf16(const emulated_tile *t, int r, int i)
{
    dna_bf16 x = 0;
    memcpy(&x, t->data[r] + 2 * i, sizeof(x));
    return dna_bf16_float(x);
}

static inline void
emulated_product(int d, int a, int b)
{
    emulated_tile *to = emulated_at(d);
    const emulated_tile *x = emulated_at(a), *y = emulated_at(b);
    emulated_check(d != a && d != b && a != b, "three different tiles are needed");
    emulated_check(to->rows == x->rows && to->bytes == y->bytes
                       && x->bytes / 4 == y->rows && x->bytes % 4 == 0
                       && y->bytes % 4 == 0,
        "shapes do not fit");
    for (int m = 0; m < to->rows; m++) {
        float sums[32] = {0};
        for (int k = 0; k < x->bytes / 4; k++) {
            for (int n = 0; n < 2 * (to->bytes / 4); n++) {
                sums[n] = fmaf(emulated_bf16(x, m, 2 * k + n % 2),
                    emulated_bf16(y, k, n), sums[n]);
            }
        }
        for (int n = 0; n < to->bytes / 4; n++) {
            float v = 0.0f;
            memcpy(&v, to->data[m] + 4 * n, sizeof(v));
            v += sums[2 * n] + sums[2 * n + 1];
            memcpy(to->data[m] + 4 * n, &v, sizeof(v));
        }
    }
}

#undef _tile_loadconfig
#undef _tile_release
#undef _tile_zero
#undef _tile_loadd
#undef _tile_stored
#undef _tile_dpbf16ps
#define _tile_loadconfig(c)        emulated_config(c)
#define _tile_release()            (is_configured = false)
#define _tile_zero(i)              emulated_zero(i)
#define _tile_loadd(i, p, stride)  emulated_load(i, p, stride)
#define _tile_stored(i, p, stride) emulated_store(i, p, stride)
#define _tile_dpbf16ps(d, a, b)    emulated_product(d, a, b)

#endif
