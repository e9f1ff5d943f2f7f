/* archive_zip.c - opening archives with libzip, and its errors in words.
 *
 * SPDX-License-Identifier: MIT
 */
#include "io/archive_zip.h"

#include <pthread.h>

#include "base/path.h"

/* "path: reason" for an error of libzip on the archive as a whole. */
int
dna_archive_fault(const char *path, const char *what, zip_error_t *error)
{
    int code = zip_error_code_zip(error);
    if (code == ZIP_ER_NOZIP || code == ZIP_ER_EOF) {
        return dna_fail(DNA_EFORMAT,
            "%s: not a complete zip archive: cut off, or no %s", path, what);
    }
    if (code == ZIP_ER_INCONS) {
        return dna_fail(DNA_EFORMAT, "%s: damaged zip archive: %s", path,
            "its directory does not fit the content");
    }
    if (code == ZIP_ER_EXISTS) {
        return dna_fail(
            DNA_EFORMAT, "%s: two members of the archive have the same name", path);
    }
    if (code == ZIP_ER_MEMORY) {
        return dna_fail(DNA_ENOMEM, "%s: out of memory", path);
    }
    if (zip_error_system_type(error) == ZIP_ET_SYS
        && zip_error_code_system(error) != 0) {
        return dna_path_fail(path, zip_error_code_system(error));
    }
    return dna_fail(DNA_EFORMAT, "%s: %s", path, zip_error_strerror(error));
}

/* libzip before 1.9 fills static variables at its first archive without a lock (its issue
 * 289), and a thread that comes second finds its archive read-only: one is opened here,
 * once, before any other. Whether it can be opened does not matter. */
static void
open_first(void)
{
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_t *zip = source != NULL
                     ? zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, NULL)
                     : NULL;

    if (zip != NULL) {
        zip_discard(zip); /* the source, too */
    } else {
        zip_source_free(source);
    }
}

zip_t *
dna_zip_open(zip_source_t *source, int flags, zip_error_t *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, open_first);
    return zip_open_from_source(source, flags, error);
}
