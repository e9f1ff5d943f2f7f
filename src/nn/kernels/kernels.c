/* kernels.c - which table this processor can run.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/kernels/kernels.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "nn/kernels/amx.h"

static bool
can_run(const dna_kernels *k)
{
#if defined(DNA_HAVE_AVX512)
    bool has_avx512 =
        __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    bool has_bf16 = has_avx512 && __builtin_cpu_supports("avx512bf16");
    if (k == &dna_kernels_avx512) {
        return has_avx512;
    }
    if (k == &dna_kernels_avx512_bf16) {
        return has_bf16;
    }
    if (k == &dna_kernels_amx) {
        return has_bf16 && dna_amx_is_there();
    }
#endif
#if defined(DNA_HAVE_AVX2)
    if (k == &dna_kernels_avx2) {
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    }
#endif
    return k == &dna_kernels_c;
}

static const dna_kernels *const tables[] = {/* the best first */
#if defined(DNA_HAVE_AVX512)
    &dna_kernels_amx, &dna_kernels_avx512_bf16, &dna_kernels_avx512,
#endif
#if defined(DNA_HAVE_AVX2)
    &dna_kernels_avx2,
#endif
    &dna_kernels_c};

const dna_kernels *
dna_kernels_for(const char *isa)
{
    for (int64_t i = 0; i < DNA_COUNT(tables); i++) {
        if ((isa == NULL || strcmp(isa, tables[i]->isa) == 0) && can_run(tables[i])) {
            return tables[i];
        }
    }
    return NULL;
}

int
dna_kernels_find(const dna_kernels **out, const char *isa)
{
    char names[128] = "";
    size_t n = 0;

    *out = dna_kernels_for(isa);
    for (int64_t i = DNA_COUNT(tables) - 1; *out == NULL && i >= 0; i--) {
        if (can_run(tables[i]) && n < sizeof(names)) {
            n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s",
                n == 0 ? "" : ", ", tables[i]->isa);
        }
    }
    return *out != NULL
               ? DNA_OK
               : dna_fail(DNA_EUNSUPPORTED,
                   "there are no kernels \"%s\" here, this processor and build have %s",
                   isa, names);
}
