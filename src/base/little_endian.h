/* little_endian.h - unsigned integers as bytes, the lowest first.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_BASE_LITTLE_ENDIAN_H
#define DNA_BASE_LITTLE_ENDIAN_H

#include <stdint.h>

static inline void
dna_put_le(unsigned char *out, uint64_t v, int n_byte)
{
    for (int i = 0; i < n_byte; i++) {
        out[i] = (unsigned char)(v >> (8 * i));
    }
}

static inline uint64_t
dna_get_le(const unsigned char *in, int n_byte)
{
    uint64_t v = 0;
    for (int i = 0; i < n_byte; i++) {
        v |= (uint64_t)in[i] << (8 * i);
    }
    return v;
}

#endif
