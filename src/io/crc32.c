/* crc32.c - the checksum of zip and png, through zlib.
 *
 * SPDX-License-Identifier: MIT
 */
#include "io/crc32.h"

#include <zlib.h>

uint32_t
dna_crc32(const void *data, size_t n)
{
    return n > 0 ? (uint32_t)crc32_z(0, data, n) : 0; /* zlib takes NULL for a start */
}
