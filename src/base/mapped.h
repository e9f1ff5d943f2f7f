/* mapped.h - a file as memory, read-only.
 *
 * SPDX-License-Identifier: MIT
 *
 * Pages come from the disk when they are first looked at, and many processes share them.
 * The file must not shrink meanwhile: the system then ends the process (SIGBUS). Files
 * that are replaced by renaming never do.
 */
#ifndef DNA_BASE_MAPPED_H
#define DNA_BASE_MAPPED_H

#include <stddef.h>

#include "dnadna/status.h"

typedef struct {
    const unsigned char *data; /* NULL for an empty file */
    size_t size;
} dna_mapped;

/** A regular file. Errors: DNA_ENOTFOUND, DNA_EIO, with "path: reason". */
int dna_mapped_open(dna_mapped *out, const char *path) DNA_MUST_CHECK;
/** A zeroed one is fine. */
void dna_mapped_close(dna_mapped *m);

#endif
