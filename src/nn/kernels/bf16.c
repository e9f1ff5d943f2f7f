/* bf16.c - numbers rounded to bf16; compiled once for each instruction set.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/kernels/kernels.h"
#include "nn/kernels/vec.h"

#define PASTE2(a, b) a##b
#define PASTE(a, b)  PASTE2(a, b)

#if defined(DNA_TILES) /* the tiles of this instruction set */
#define tiles PASTE(dna_gemm_bf16_, DNA_ISA)
#else
#define TILE_N 64

/* row[j] += x * b[j * 2], for one number of each pair. */
static void
add_numbers(float *row, int64_t n, float x, const dna_bf16 *b)
{
    for (int64_t j = 0; j < n; j++) {
        row[j] += x * dna_bf16_float(b[2 * j]);
    }
}

static void
tiles(const dna_left_bf16 *a, int64_t N, const dna_bf16 *B, const float *first,
    int64_t ld_first, float *C, int64_t ldc)
{
    for (int64_t m = 0; m < a->M; m++) {
        for (int64_t n0 = 0; n0 < N; n0 += TILE_N) {
            int64_t n = N - n0 < TILE_N ? N - n0 : TILE_N;
            float row[TILE_N] = {0};
            if (first != NULL) {
                memcpy(row, first + m * ld_first + n0, (size_t)n * sizeof(*row));
            }
            for (int64_t k = 0; k < a->K; k++) {
                const dna_bf16 *pair = a->A + m * a->step_m + k / 2 * a->step_pair;
                add_numbers(row, n, dna_bf16_float(pair[k & 1]),
                    B + (k / 2 * N + n0) * 2 + (k & 1));
            }
            memcpy(C + m * ldc + n0, row, (size_t)n * sizeof(*row));
        }
    }
}
#endif

/* Two rows side by side. */
static void
pair_rows(dna_bf16 *restrict pairs, const dna_bf16 *restrict a,
    const dna_bf16 *restrict b, int64_t C)
{
    for (int64_t c = 0; c < C; c++) {
        pairs[2 * c] = a[c];
        pairs[2 * c + 1] = b[c];
    }
}

static void
interleave(dna_bf16 *pairs, const dna_bf16 *x, int64_t n, int64_t n_pair, int64_t C)
{
    int64_t i = 0;
    for (; i < n_pair && 2 * i + 1 < n; i++) {
        pair_rows(pairs + 2 * i * C, x + 2 * i * C, x + (2 * i + 1) * C, C);
    }
    for (int64_t r = 2 * i; i < n_pair; i++, r += 2) {
        for (int64_t c = 0; c < C; c++) {
            pairs[2 * (i * C + c)] = r < n ? x[r * C + c] : 0;
            pairs[2 * (i * C + c) + 1] = 0;
        }
    }
}

static void
round_all(dna_bf16 *y, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i += VEC_WIDTH) {
        vec_part part = vec_part_of(n - i);
        vec_store_bf16(y + i, part, vec_load(x + i, part));
    }
}

const dna_bf16_kernels PASTE(dna_bf16_, DNA_ISA) = {
    .product = tiles,
    .interleave = interleave,
    .round = round_all,
};
