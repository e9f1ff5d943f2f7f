/* archive_zip.h - what reading and writing archives share: opening with libzip, its errors.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_IO_ARCHIVE_ZIP_H
#define DNA_IO_ARCHIVE_ZIP_H

#include <zip.h>

#include "dnadna/status.h"

/** "path: reason" for an error of libzip on the archive as a whole, a `what`. */
int dna_archive_fault(const char *path, const char *what, zip_error_t *error);
/** As zip_open_from_source(). Threads: safe. */
zip_t *dna_zip_open(zip_source_t *source, int flags, zip_error_t *error);

#endif
