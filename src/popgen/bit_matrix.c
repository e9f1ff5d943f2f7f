/* bit_matrix.c - matrices of 0 and 1, a bit an entry, site by site.
 *
 * SPDX-License-Identifier: MIT
 *
 * Both ways go by squares of eight haplotypes and eight sites, which are one 64-bit word:
 * byte j of the word is site j, bit i of a byte is haplotype i. A row of the square is
 * then the word shifted by i with all but the lowest bit of each byte masked out.
 */
#include "popgen/bit_matrix.h"

#include <string.h>

#include "base/mem.h"

#define LOWEST_BITS 0x0101010101010101ULL

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

/* Rows h .. h + 7 (as far as there are) of eight sites, or of fewer at the end. */
static void
unpack_square(uint8_t *out, int64_t stride, uint64_t square, int n_row, int n_column)
{
    if (n_column == 8) {
        for (int i = 0; i < n_row; i++) {
            uint64_t row = square >> i & LOWEST_BITS;
            memcpy(out + i * stride, &row, 8);
        }
    } else {
        for (int i = 0; i < n_row; i++) {
            uint64_t row = square >> i & LOWEST_BITS;
            memcpy(out + i * stride, &row, (size_t)n_column);
        }
    }
}

void
dna_bits_unpack(uint8_t *bytes, const unsigned char *bits, size_t width, int64_t n_hap,
    const int64_t *index, int64_t n)
{
    const unsigned char *site[8];

    for (int64_t s = 0; s < n; s += 8) {
        int n_column = (int)DNA_MIN((int64_t)8, n - s);
        for (int j = 0; j < n_column; j++) {
            site[j] = bits + (size_t)(index != NULL ? index[s + j] : s + j) * width;
        }
        for (int j = n_column; j < 8; j++) {
            site[j] = site[0]; /* not used */
        }
        for (int64_t h = 0; h < n_hap; h += 8) {
            uint64_t square = 0;
            for (int j = 0; j < 8; j++) {
                square |= (uint64_t)site[j][h / 8] << BYTE_SHIFT(j);
            }
            unpack_square(bytes + h * n + s, n, square,
                (int)DNA_MIN((int64_t)8, n_hap - h), n_column);
        }
    }
}

/* n_whole bytes and the masked one after them, if any, are all 0 or all ones. */
static bool
is_constant(const unsigned char *site, size_t n_whole, unsigned last_mask)
{
    unsigned any = 0, all = 0xff;

    for (size_t k = 0; k < n_whole; k++) {
        any |= site[k];
        all &= site[k];
    }
    if (last_mask != 0) {
        any |= site[n_whole] & last_mask;
        all &= site[n_whole] | (~last_mask & 0xff);
    }
    return any == 0 || all == 0xff;
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
