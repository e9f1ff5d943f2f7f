/* crc32.h - the checksum of zip and png, through libdeflate.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_IO_CRC32_H
#define DNA_IO_CRC32_H

#include <stddef.h>
#include <stdint.h>

/** CRC-32 (polynomial 0xedb88320, as in RFC 1952) of n bytes. */
uint32_t dna_crc32(const void *data, size_t n);

#endif
