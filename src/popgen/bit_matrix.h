/* bit_matrix.h - matrices of 0 and 1, a bit an entry, site by site.
 *
 * SPDX-License-Identifier: MIT
 *
 * A site has dna_bit_width(n_hap) bytes; haplotype i is bit i mod 8 of byte i / 8, and bits
 * past the last haplotype are 0. So the first sites are a prefix, and whether a site
 * varies is seen from a few bytes. Unpacked, a matrix is a byte an entry, haplotype by
 * haplotype, as in a sample.
 */
#ifndef DNA_POPGEN_BIT_MATRIX_H
#define DNA_POPGEN_BIT_MATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes of a site: at least 1. */
static inline size_t
dna_bit_width(int64_t n_hap)
{
    return n_hap > 0 ? ((size_t)n_hap + 7) / 8 : 1;
}

/** bits [n_site, width] from bytes [n_hap, n_site] of 0 and 1. */
void dna_bits_pack(
    unsigned char *bits, const uint8_t *bytes, int64_t n_hap, int64_t n_site);
/** The first n_hap haplotypes at the sites index[0 .. n-1] (NULL: the first n), from bits
 *  whose sites have `width` bytes, as bytes [n_hap, n]. */
void dna_bits_unpack(uint8_t *bytes, const unsigned char *bits, size_t width,
    int64_t n_hap, const int64_t *index, int64_t n);
/** The first n_most sites of n_site at which the first n_hap haplotypes are not all the
 *  same; index has room for them. Returns how many there are. */
int64_t dna_bits_find_polymorphic(int64_t *index, int64_t n_most,
    const unsigned char *bits, size_t width, int64_t n_hap, int64_t n_site);

#endif
