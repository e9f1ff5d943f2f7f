/* ld_count.c - bits that two columns have in common, chosen at run time.
 *
 * SPDX-License-Identifier: MIT
 */
#include "popgen/ld_count.h"

#include "popgen/bits.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static inline __attribute__((always_inline)) void
count_words(int32_t *counts, const dna_haplotypes *h, int64_t a, const int64_t *sites,
    int64_t n)
{
    const uint64_t *column = h->derived + a * h->n_word;
    for (int64_t j = 0; j < n; j++) {
        counts[j] =
            dna_count_both(column, h->derived + sites[j] * h->n_word, h->n_word);
    }
}

#if defined(__x86_64__)

/* Neither instruction is in every x86-64. */
__attribute__((target("popcnt"))) static void
count_popcnt(int32_t *counts, const dna_haplotypes *h, int64_t a, const int64_t *sites,
    int64_t n)
{
    count_words(counts, h, a, sites, n);
}

__attribute__((target("avx512f,avx512vpopcntdq"))) static void
count_avx512(int32_t *counts, const dna_haplotypes *h, int64_t a, const int64_t *sites,
    int64_t n)
{
    const uint64_t *column = h->derived + a * h->n_word;
    int64_t n_whole = h->n_word / 8 * 8;
    __mmask8 rest = (__mmask8)((1U << (h->n_word - n_whole)) - 1);

    for (int64_t j = 0; j < n; j++) {
        const uint64_t *other = h->derived + sites[j] * h->n_word;
        __m512i sum = _mm512_setzero_si512();
        for (int64_t w = 0; w < n_whole; w += 8) {
            __m512i both = _mm512_and_si512(
                _mm512_loadu_si512(column + w), _mm512_loadu_si512(other + w));
            sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(both));
        }
        if (rest != 0) {
            __m512i both =
                _mm512_and_si512(_mm512_maskz_loadu_epi64(rest, column + n_whole),
                    _mm512_maskz_loadu_epi64(rest, other + n_whole));
            sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(both));
        }
        counts[j] = (int32_t)_mm512_reduce_add_epi64(sum);
    }
}

void
dna_ld_count(int32_t *counts, const dna_haplotypes *h, int64_t a, const int64_t *sites,
    int64_t n)
{
    if (h->n_word >= 4 && __builtin_cpu_supports("avx512vpopcntdq")) {
        count_avx512(counts, h, a, sites, n);
    } else if (__builtin_cpu_supports("popcnt")) {
        count_popcnt(counts, h, a, sites, n);
    } else {
        count_words(counts, h, a, sites, n);
    }
}

#else

void
dna_ld_count(int32_t *counts, const dna_haplotypes *h, int64_t a, const int64_t *sites,
    int64_t n)
{
    count_words(counts, h, a, sites, n);
}

#endif
