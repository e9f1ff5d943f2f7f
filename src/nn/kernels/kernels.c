/* kernels.c - which table this processor can run.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/kernels/kernels.h"

#include <string.h>

static bool
can_run(const dna_kernels *k)
{
#if defined(DNA_HAVE_AVX512)
    if (k == &dna_kernels_avx512) {
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
               && __builtin_cpu_supports("avx512vl")
               && __builtin_cpu_supports("avx512dq");
    }
#endif
#if defined(DNA_HAVE_AVX2)
    if (k == &dna_kernels_avx2) {
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    }
#endif
    return k == &dna_kernels_plain;
}

const dna_kernels *
dna_kernels_for(const char *isa)
{
    static const dna_kernels *const tables[] = {
#if defined(DNA_HAVE_AVX512)
        &dna_kernels_avx512,
#endif
#if defined(DNA_HAVE_AVX2)
        &dna_kernels_avx2,
#endif
        &dna_kernels_plain,
    };
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        if ((isa == NULL || strcmp(isa, tables[i]->isa) == 0) && can_run(tables[i])) {
            return tables[i];
        }
    }
    return NULL;
}
