/* tiles_emulated.c - the products in tiles of AMX, compiled with tiles in C; once with the
 * vectors of AVX-512 that they use beside tiles, once without.
 *
 * SPDX-License-Identifier: MIT
 */
#define DNA_TILE_EMULATION
#include <immintrin.h>

#include "nn/kernels/gemm.h"
#include "tile_emulation.h"

dna_product_bf16_fn EXPORTED;

#include "nn/kernels/gemm_bf16_amx.c"
