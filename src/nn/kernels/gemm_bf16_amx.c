/* gemm_bf16_amx.c - products of pairs of bf16 in the tiles of AMX.
 *
 * SPDX-License-Identifier: MIT
 *
 * One instruction multiplies 16 x 16 pairs by 16 pairs x 16 columns. Two tiles of rows by two
 * of columns are summed at once, so that each tile that is loaded serves two products:
 *
 *                      N: 16      16
 *                     +-------+-------+        B: [pairs][N][2], 16 rows of 16 pairs lie
 *                     | tmm6  | tmm7  |        as the tile wants them, N pairs apart
 *            +------+ +-------+-------+
 *       M 16 | tmm4 | | tmm0  | tmm1  |        A: 16 rows of 16 pairs, step_m apart;
 *            +------+ +-------+-------+        with step_pair (bf16.h) they are turned
 *         16 | tmm5 | | tmm2  | tmm3  |        into a panel first
 *            +------+ +-------+-------+
 *
 * Rows, columns and pairs that are left over get tiles of their own shape: a part is the
 * tiles of one shape, for which the processor is configured once.
 *
 * A test compiles this file with the instructions for tiles replaced by the same in C
 * (DNA_TILE_EMULATION), and so runs it on processors without them.
 */
#include "nn/kernels/gemm.h"

#include <immintrin.h>

#if !defined(DNA_TILE_EMULATION)
/* The compiler does not know what these read and write: nothing may move across. */
#define tile_fence() __asm__ volatile("" ::: "memory")
#endif

enum {
    SIDE = 16,       /* rows, pairs and columns of a tile */
    CHUNK = 128,     /* pairs at once, whole tiles */
    GROUP = 4 * SIDE /* rows whose panel is made at once */
};

/* What the instruction reads, 64 bytes. */
typedef struct {
    uint8_t palette, start_row, unused[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} tile_config;

static void
configure(int rows, int columns, int pairs)
{
    _Alignas(64) tile_config c = {.palette = 1};
    for (int i = 0; i < 8; i++) {
        c.rows[i] = (uint8_t)(i < 6 ? rows : pairs);
        c.row_bytes[i] = (uint16_t)(4 * (i == 4 || i == 5 ? pairs : columns));
    }
    tile_fence();
    _tile_loadconfig(&c);
}

/* A: where the pairs of row 0 begin; rows are `row` numbers apart, pairs are neighbours. */
typedef struct {
    const dna_bf16 *at;
    int64_t row;
} rows_of_pairs;

/* Tiles of one shape: n_m x n_n x n_k of rows x columns x pairs. */
typedef struct {
    int rows, columns, pairs;
    int64_t n_m, n_n, n_k;
    rows_of_pairs a;
    const dna_bf16 *b;
    int64_t ldb; /* pairs */
    const float *first;
    int64_t ld_first;
    float *c;
    int64_t ldc;
} part;

/* One or two tiles of rows by one or two of columns, from tile i, j on. */
static inline __attribute__((always_inline)) void
block(const part *p, int n_m, int n_n, int64_t i, int64_t j)
{
    const dna_bf16 *a = p->a.at + i * p->rows * p->a.row;
    const dna_bf16 *a1 = a + p->rows * p->a.row;
    const dna_bf16 *b = p->b + j * p->columns * 2;
    const dna_bf16 *b1 = b + p->columns * 2;
    float *c = p->c + i * p->rows * p->ldc + j * p->columns;
    float *c1 = c + p->rows * p->ldc;
    int64_t row = p->a.row * (int64_t)sizeof(*a);
    int64_t row_b = p->ldb * 2 * (int64_t)sizeof(*b);
    int64_t row_c = p->ldc * (int64_t)sizeof(*c);

    if (p->first == NULL) {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
    } else {
        const float *f = p->first + i * p->rows * p->ld_first + j * p->columns;
        const float *f1 = f + p->rows * p->ld_first;
        int64_t row_f = p->ld_first * (int64_t)sizeof(*f);
        _tile_loadd(0, f, row_f);
        if (n_n > 1) {
            _tile_loadd(1, f + p->columns, row_f);
        }
        if (n_m > 1) {
            _tile_loadd(2, f1, row_f);
        }
        if (n_m > 1 && n_n > 1) {
            _tile_loadd(3, f1 + p->columns, row_f);
        }
    }
    for (int64_t k = 0; k < p->n_k; k++) {
        int64_t at = k * p->pairs * 2;
        int64_t at_b = at * p->ldb;
        _tile_loadd(6, b + at_b, row_b);
        _tile_loadd(4, a + at, row);
        _tile_dpbf16ps(0, 4, 6);
        if (n_n > 1) {
            _tile_loadd(7, b1 + at_b, row_b);
            _tile_dpbf16ps(1, 4, 7);
        }
        if (n_m > 1) {
            _tile_loadd(5, a1 + at, row);
            _tile_dpbf16ps(2, 5, 6);
        }
        if (n_m > 1 && n_n > 1) {
            _tile_dpbf16ps(3, 5, 7);
        }
    }
    _tile_stored(0, c, row_c);
    if (n_n > 1) {
        _tile_stored(1, c + p->columns, row_c);
    }
    if (n_m > 1) {
        _tile_stored(2, c1, row_c);
    }
    if (n_m > 1 && n_n > 1) {
        _tile_stored(3, c1 + p->columns, row_c);
    }
}

static void
run_part(const part *p)
{
    if (p->n_m == 0 || p->n_n == 0 || p->n_k == 0) {
        return;
    }
    configure(p->rows, p->columns, p->pairs);
    for (int64_t i = 0; i < p->n_m; i += 2) {
        for (int64_t j = 0; j < p->n_n; j += 2) {
            bool two_m = i + 1 < p->n_m;
            bool two_n = j + 1 < p->n_n;
            if (two_m && two_n) {
                block(p, 2, 2, i, j);
            } else if (two_m) {
                block(p, 2, 1, i, j);
            } else if (two_n) {
                block(p, 1, 2, i, j);
            } else {
                block(p, 1, 1, i, j);
            }
        }
    }
    tile_fence();
}

/* p cut along the pairs: whole tiles, then the rest, which goes on from C. */
static void
along_pairs(part p, int64_t n_pair)
{
    part rest = p;
    p.pairs = SIDE;
    p.n_k = n_pair / SIDE;
    run_part(&p);
    rest.pairs = (int)(n_pair % SIDE);
    rest.n_k = rest.pairs > 0;
    rest.a.at += p.n_k * SIDE * 2;
    rest.b += p.n_k * SIDE * 2 * p.ldb;
    if (p.n_k > 0) {
        rest.first = p.c;
        rest.ld_first = p.ldc;
    }
    run_part(&rest);
}

static void
along_columns(part p, int64_t N, int64_t n_pair)
{
    int64_t whole = N / SIDE * SIDE;
    p.columns = SIDE;
    p.n_n = N / SIDE;
    along_pairs(p, n_pair);
    p.columns = (int)(N - whole);
    p.n_n = p.columns > 0;
    p.b += whole * 2;
    p.c += whole;
    p.first = p.first == NULL ? NULL : p.first + whole;
    along_pairs(p, n_pair);
}

static void
along_rows(part p, int64_t M, int64_t N, int64_t n_pair)
{
    int64_t whole = M / SIDE * SIDE;
    p.rows = SIDE;
    p.n_m = M / SIDE;
    along_columns(p, N, n_pair);
    p.rows = (int)(M - whole);
    p.n_m = p.rows > 0;
    p.a.at += whole * p.a.row;
    p.c += whole * p.ldc;
    p.first = p.first == NULL ? NULL : p.first + whole * p.ld_first;
    along_columns(p, N, n_pair);
}

/* ---- rows whose pairs are not neighbours ---- */

#if defined(__AVX512F__)
/* 16 x 16 numbers of 32 bits, rows become columns: neighbours of 1, 2, 4 and 8 change
 * places. */
static inline void
turn_whole(uint32_t *to, int64_t ld_to, const dna_bf16 *from, int64_t step)
{
    __m512i r[SIDE], s[SIDE];
    for (int i = 0; i < SIDE; i++) {
        r[i] = _mm512_loadu_si512(from + i * step);
    }
    for (int i = 0; i < SIDE; i += 2) {
        s[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        s[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    }
    for (int i = 0; i < SIDE; i += 4) {
        r[i] = _mm512_unpacklo_epi64(s[i], s[i + 2]);
        r[i + 1] = _mm512_unpackhi_epi64(s[i], s[i + 2]);
        r[i + 2] = _mm512_unpacklo_epi64(s[i + 1], s[i + 3]);
        r[i + 3] = _mm512_unpackhi_epi64(s[i + 1], s[i + 3]);
    }
    for (int i = 0; i < 4; i++) { /* lanes of 4 numbers; 0x88: even ones, 0xdd: odd */
        s[i] = _mm512_shuffle_i32x4(r[i], r[4 + i], 0x88);
        s[4 + i] = _mm512_shuffle_i32x4(r[i], r[4 + i], 0xdd);
        s[8 + i] = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], 0x88);
        s[12 + i] = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], 0xdd);
    }
    for (int i = 0; i < 8; i++) {
        r[i] = _mm512_shuffle_i32x4(s[i], s[8 + i], 0x88);
        r[8 + i] = _mm512_shuffle_i32x4(s[i], s[8 + i], 0xdd);
    }
    for (int i = 0; i < SIDE; i++) {
        _mm512_storeu_si512(to + i * ld_to, r[i]);
    }
}
#endif

static void
turn(uint32_t *to, int64_t ld_to, const dna_left_bf16 *left, const dna_bf16 *from,
    int64_t rows, int64_t n_pair)
{
#if defined(__AVX512F__)
    if (rows == SIDE && n_pair == SIDE && left->step_m == 2) {
        turn_whole(to, ld_to, from, left->step_pair);
        return;
    }
#endif
    for (int64_t m = 0; m < rows; m++) {
        for (int64_t t = 0; t < n_pair; t++) {
            memcpy(&to[m * ld_to + t], from + m * left->step_m + t * left->step_pair,
                sizeof(*to));
        }
    }
}

/* panel[m][t] = pair t of row m */
static void
make_panel(uint32_t *panel, const dna_left_bf16 *left, const dna_bf16 *a, int64_t rows,
    int64_t n_pair)
{
    for (int64_t t = 0; t < n_pair; t += SIDE) {
        for (int64_t m = 0; m < rows; m += SIDE) {
            turn(panel + m * CHUNK + t, CHUNK, left,
                a + t * left->step_pair + m * left->step_m,
                rows - m < SIDE ? rows - m : SIDE,
                n_pair - t < SIDE ? n_pair - t : SIDE);
        }
    }
}

static void
by_panels(
    part p, const dna_left_bf16 *left, const dna_bf16 *a, int64_t N, int64_t n_pair)
{
    uint32_t panel[GROUP * CHUNK];
    for (int64_t m = 0; m < left->M; m += GROUP) {
        int64_t rows = left->M - m < GROUP ? left->M - m : GROUP;
        part q = p;
        make_panel(panel, left, a + m * left->step_m, rows, n_pair);
        q.a = (rows_of_pairs){(const dna_bf16 *)panel, 2 * CHUNK};
        q.c += m * q.ldc;
        q.first = q.first == NULL ? NULL : q.first + m * q.ld_first;
        along_rows(q, rows, N, n_pair);
    }
}

#if !defined(DNA_TILE_EMULATION)
#define EXPORTED dna_gemm_bf16_amx
#endif

void
EXPORTED(const dna_left_bf16 *left, int64_t N, const dna_bf16 *B, const float *first,
    int64_t ld_first, float *C, int64_t ldc)
{
    part p = {
        .b = B, .ldb = N, .first = first, .ld_first = ld_first, .c = C, .ldc = ldc};
    int64_t n_pair = left->K / 2;
    if (n_pair == 0) { /* tiles have one pair at least */
        dna_gemm_bf16_avx512_bf16(left, N, B, first, ld_first, C, ldc);
        return;
    }
    for (int64_t t = 0; t < n_pair; t += CHUNK) {
        int64_t n = n_pair - t < CHUNK ? n_pair - t : CHUNK;
        const dna_bf16 *a = left->A + t * left->step_pair;
        p.b = B + t * N * 2;
        if (left->step_pair == 2) {
            p.a = (rows_of_pairs){a, left->step_m};
            along_rows(p, left->M, N, n);
        } else {
            by_panels(p, left, a, N, n);
        }
        p.first = C;
        p.ld_first = ldc;
    }
    _tile_release();
    if (left->K % 2 == 1) {
        dna_add_last_bf16(left, N, B + left->K / 2 * N * 2, C, ldc);
    }
}
