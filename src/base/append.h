/* append.h - a file that grows at its end and never keeps half of what was added.
 *
 * SPDX-License-Identifier: MIT
 *
 * For tables and event files, which are written as the work goes on and read meanwhile.
 * What is added is added whole: when the disk is full, the file is cut back to what it
 * had. A later run may go on from a length it has noted, and drop what came after:
 *
 *     DNA_TRY(dna_append_open(&file, "out.csv", DNA_APPEND_ALL));
 *     DNA_TRY(dna_append_write(file, text, length));
 *     DNA_TRY(dna_append_sync(file));
 *     noted = dna_append_length(file);
 *  ...
 *     DNA_TRY(dna_append_open(&file, "out.csv", noted));
 */
#ifndef DNA_BASE_APPEND_H
#define DNA_BASE_APPEND_H

#include <stddef.h>
#include <stdint.h>

#include "dnadna/status.h"

typedef struct dna_append dna_append;

/** Keep all that the file has. */
#define DNA_APPEND_ALL ((int64_t)-1)

/** Open a file, made if it is not there, and cut it to its first `keep` bytes. A pipe or
 * a device is written as it is. Errors: DNA_EIO; DNA_EFORMAT if it has fewer. */
int dna_append_open(dna_append **out, const char *path, int64_t keep) DNA_MUST_CHECK;
/** A file that was made here and got nothing is removed. NULL is fine. */
void dna_append_close(dna_append *file);
const char *dna_append_path(const dna_append *file);
/** Bytes of a regular file; 0 for a pipe or a device. */
int64_t dna_append_length(const dna_append *file);
/** Up to n bytes from a place of a regular file; *n_read tells how many there were. */
int dna_append_read(const dna_append *file, int64_t at, void *data, size_t n,
    size_t *n_read) DNA_MUST_CHECK;
/** All n bytes or none. */
int dna_append_write(dna_append *file, const void *data, size_t n) DNA_MUST_CHECK;
/** Until what was written would survive a loss of power. */
int dna_append_sync(dna_append *file) DNA_MUST_CHECK;

#endif
