/* zip_directory.h - the directory of a plain zip archive in memory.
 *
 * SPDX-License-Identifier: MIT
 *
 * A loader opens an archive for every sample, and libzip takes longer to open one than the
 * rest of loading does. Archives as NumPy and this program write them are therefore read
 * here: a few members with short ASCII names, one after the other, stored or deflated,
 * every header agreeing with the directory. Whatever is not exactly so, damaged or only
 * unusual, is left to libzip, which knows all forms and says what is wrong.
 */
#ifndef DNA_IO_ZIP_DIRECTORY_H
#define DNA_IO_ZIP_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DNA_ZIP_MOST = 16, DNA_ZIP_NAME = 64 };

typedef struct {
    char name[DNA_ZIP_NAME];
    bool is_deflated;
    uint32_t crc;  /* of the content */
    size_t size;   /* of the content, not above 1032 times `stored` and some */
    size_t stored; /* bytes in the archive, all of them there ... */
    size_t offset; /* ... from here on */
} dna_zip_entry;

/** Whether the bytes are a plain archive, and its n members in the order of the directory. */
bool dna_zip_read_directory(dna_zip_entry entries[DNA_ZIP_MOST], int64_t *n,
    const unsigned char *bytes, size_t size);
/** The content of a member into out [e->size]; false if it is damaged. The checksum is not
 * looked at. Errors: DNA_ENOMEM. */
int dna_zip_inflate(unsigned char *out, bool *is_good, const dna_zip_entry *e,
    const unsigned char *archive);

#endif
