/* bit_matrix.c - matrices of 0 and 1, a bit an entry, site by site.
 *
 * SPDX-License-Identifier: MIT
 *
 * Packing goes by squares of eight haplotypes and eight sites, which are one 64-bit word:
 * byte j of the word is site j, bit i of a byte is haplotype i. Unpacking takes the bytes of
 * eight haplotypes at many sites, side by side; a row is then one bit of each, in a loop
 * that compilers turn into vector instructions.
 */
#include "popgen/bit_matrix.h"

#include <string.h>

#include "base/mem.h"

#define LOWEST_BITS 0x0101010101010101ULL /* times a byte: eight of it */
#define N_COLUMN    1024                  /* sites unpacked at a time */

/* Where byte j of memory is in a word. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define BYTE_SHIFT(j) (56 - 8 * (j))
#else
#define BYTE_SHIFT(j) (8 * (j))
#endif

void
dna_bits_pack(unsigned char *bits, const uint8_t *bytes, int64_t n_hap, int64_t n_site)
{
    size_t width = dna_bit_width(n_hap);

    memset(bits, 0, (size_t)n_site * width);
    for (int64_t h = 0; h < n_hap; h += 8) {
        int n_row = (int)DNA_MIN((int64_t)8, n_hap - h);
        for (int64_t s = 0; s < n_site; s += 8) {
            int n_column = (int)DNA_MIN((int64_t)8, n_site - s);
            uint64_t square = 0;
            for (int i = 0; i < n_row; i++) {
                uint64_t row = 0;
                memcpy(&row, bytes + (h + i) * n_site + s, (size_t)n_column);
                square |= row << i;
            }
            for (int j = 0; j < n_column; j++) {
                bits[(size_t)(s + j) * width + (size_t)(h / 8)] =
                    (unsigned char)(square >> BYTE_SHIFT(j));
            }
        }
    }
}

/* Byte k of each of n sites: the first ones from `bits` on, or those of an index. */
static void
take_column(uint8_t *restrict column, const unsigned char *bits, size_t width,
    const int64_t *index, int64_t n)
{
    if (index != NULL) {
        for (int64_t j = 0; j < n; j++) {
            column[j] = bits[(size_t)index[j] * width];
        }
    } else {
        for (int64_t j = 0; j < n; j++) {
            column[j] = bits[(size_t)j * width];
        }
    }
}

static void
unpack_row(uint8_t *restrict out, const uint8_t *restrict column, int64_t n, int bit)
{
    uint8_t mask = (uint8_t)(1u << bit);

    for (int64_t j = 0; j < n; j++) {
        out[j] = (column[j] & mask) != 0;
    }
}

void
dna_bits_unpack(uint8_t *bytes, const unsigned char *bits, size_t width, int64_t n_hap,
    const int64_t *index, int64_t n)
{
    uint8_t column[N_COLUMN];

    for (int64_t s = 0; s < n; s += N_COLUMN) {
        int64_t m = DNA_MIN((int64_t)N_COLUMN, n - s);
        const unsigned char *first = index != NULL ? bits : bits + (size_t)s * width;
        for (int64_t h = 0; h < n_hap; h++) {
            if (h % 8 == 0) {
                take_column(
                    column, first + h / 8, width, index != NULL ? index + s : NULL, m);
            }
            unpack_row(bytes + h * n + s, column, m, (int)(h % 8));
        }
    }
}

/* n_whole bytes and the masked one after them, if any, are all 0 or all ones. */
static bool
is_constant(const unsigned char *site, size_t n_whole, unsigned last_mask)
{
    uint64_t any = 0, all = UINT64_MAX;
    size_t k = 0;

    for (; k + 8 <= n_whole; k += 8) {
        uint64_t word;
        memcpy(&word, site + k, 8);
        any |= word;
        all &= word;
    }
    for (; k < n_whole; k++) {
        any |= site[k];
        all &= site[k] * LOWEST_BITS;
    }
    if (last_mask != 0) {
        any |= site[n_whole] & last_mask;
        all &= (site[n_whole] | (~last_mask & 0xff)) * LOWEST_BITS;
    }
    return any == 0 || all == UINT64_MAX;
}

int64_t
dna_bits_find_polymorphic(int64_t *index, int64_t n_most, const unsigned char *bits,
    size_t width, int64_t n_hap, int64_t n_site)
{
    size_t n_whole = (size_t)n_hap / 8;
    unsigned last_mask = (1u << (n_hap % 8)) - 1;
    int64_t n = 0;

    for (int64_t s = 0; s < n_site && n < n_most; s++) {
        if (!is_constant(bits + (size_t)s * width, n_whole, last_mask)) {
            index[n++] = s;
        }
    }
    return n;
}
