/* tables.c - values that only depend on a few neighbouring bits; compiled once for each
 * instruction set.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/kernels/kernels.h"
#include "nn/kernels/vec.h"

#define PASTE2(a, b) a##b
#define PASTE(a, b)  PASTE2(a, b)

static void
encode(uint8_t *codes, const float *x, int64_t n, int bits)
{
    int64_t whole = n - bits + 1;
    for (int64_t p = 0; p < whole; p++) {
        int code = 0;
        for (int i = 0; i < bits; i++) {
            code = 2 * code + (x[p + i] != 0.0f ? 1 : 0);
        }
        codes[p] = (uint8_t)code;
    }
    for (int64_t p = whole < 0 ? 0 : whole; p < n; p++) {
        int code = 0;
        for (int i = 0; i < bits; i++) {
            code = 2 * code + (p + i < n && x[p + i] != 0.0f ? 1 : 0);
        }
        codes[p] = (uint8_t)code;
    }
}

static bool
is_binary(const float *x, int64_t n)
{
    int others = 0;
    for (int64_t i = 0; i < n; i++) {
        others |= (x[i] != 0.0f) & (x[i] != 1.0f);
    }
    return others == 0;
}

static void
gather(float *out, const float *table, const uint8_t *codes, int shift, int64_t n,
    int64_t C, const float *first, int64_t ld_first)
{
    for (int64_t c = 0; c < C; c += VEC_WIDTH) {
        vec_part part = vec_part_of(C - c);
        for (int64_t p = 0; p < n; p++) {
            vec v = vec_load(table + (codes[p] >> shift) * C + c, part);
            if (first != NULL) {
                v += vec_load(first + p * ld_first + c, part);
            }
            vec_store(out + p * C + c, part, v);
        }
    }
}

static void
scatter(
    float *table, const float *x, const uint8_t *codes, int shift, int64_t n, int64_t C)
{
    for (int64_t p = 0; p < n; p++) {
        float *to = table + (codes[p] >> shift) * C;
        const float *from = x + p * C;
        for (int64_t c = 0; c < C; c += VEC_WIDTH) {
            vec_part part = vec_part_of(C - c);
            vec_store(to + c, part, vec_load(to + c, part) + vec_load(from + c, part));
        }
    }
}

const dna_table_kernels PASTE(dna_tables_, DNA_ISA) = {
    .encode = encode,
    .is_binary = is_binary,
    .gather = gather,
    .scatter = scatter,
};
