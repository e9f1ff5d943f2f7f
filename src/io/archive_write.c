/* archive_write.c - write zip archives, through libzip.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "io/archive.h"
#include "io/archive_zip.h"

#define DEFLATE_LEVEL 1

struct dna_archive_writer {
    char *path;
    zip_source_t *source;
    zip_t *zip;
    int64_t n;
};

int
dna_archive_create(dna_archive_writer **out, const char *path)
{
    dna_archive_writer *w = NULL;
    zip_error_t error;
    int rc = DNA_OK;

    zip_error_init(&error);
    DNA_NEW(w, 1);
    w->path = dna_strdup(path);
    if (w->path == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    w->source = zip_source_buffer_create(NULL, 0, 0, &error);
    if (w->source == NULL) {
        rc = dna_archive_fault(path, "archive", &error);
        goto out;
    }
    w->zip = dna_zip_open(w->source, ZIP_CREATE | ZIP_TRUNCATE, &error);
    if (w->zip == NULL) {
        rc = dna_archive_fault(path, "archive", &error);
        goto out;
    }
    zip_source_keep(w->source); /* both hold it now */
    *out = w;
    w = NULL;
out:
    dna_archive_abort(w);
    zip_error_fini(&error);
    return rc;
}

void
dna_archive_abort(dna_archive_writer *w)
{
    if (w == NULL) {
        return;
    }
    if (w->zip != NULL) {
        zip_discard(w->zip);
    }
    zip_source_free(w->source);
    dna_free(w->path);
    dna_free(w);
}

int
dna_archive_add(dna_archive_writer *w, const char *name, const void *bytes, size_t n,
    bool is_deflated)
{
    zip_source_t *source = NULL;
    int rc = DNA_OK;

    source = zip_source_buffer(w->zip, bytes, n, 0);
    if (source == NULL) {
        rc = dna_archive_fault(w->path, "archive", zip_get_error(w->zip));
        goto out;
    }
    zip_int64_t i = zip_file_add(w->zip, name, source, ZIP_FL_ENC_UTF_8);
    if (i < 0) {
        rc = zip_error_code_zip(zip_get_error(w->zip)) == ZIP_ER_EXISTS
                 ? dna_fail(DNA_EARG, "%s: two members named \"%s\"", w->path, name)
                 : dna_archive_fault(w->path, "archive", zip_get_error(w->zip));
        goto out;
    }
    source = NULL; /* the archive's */
    zip_int32_t method = is_deflated ? ZIP_CM_DEFLATE : ZIP_CM_STORE;
    if (zip_set_file_compression(w->zip, (zip_uint64_t)i, method, DEFLATE_LEVEL) != 0
        || zip_file_set_dostime(w->zip, (zip_uint64_t)i, 0, 0x21, 0)
               != 0) { /* 1980-01-01 */
        rc = dna_archive_fault(w->path, "archive", zip_get_error(w->zip));
        goto out;
    }
    w->n++;
out:
    zip_source_free(source);
    return rc;
}

/* The finished archive out of its in-memory source. */
static int
write_source(zip_source_t *source, const char *path, bool skips_sync)
{
    unsigned char *bytes = NULL;
    bool is_open = false;
    zip_stat_t st;
    int rc = DNA_OK;

    zip_stat_init(&st);
    if (zip_source_stat(source, &st) != 0 || zip_source_open(source) != 0) {
        rc = dna_archive_fault(path, "archive", zip_source_error(source));
        goto out;
    }
    is_open = true;
    bytes = dna_malloc((size_t)st.size);
    if (bytes == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    if (zip_source_read(source, bytes, st.size) != (zip_int64_t)st.size) {
        rc = dna_archive_fault(path, "archive", zip_source_error(source));
        goto out;
    }
    DNA_TRY(skips_sync ? dna_atomic_write_unsynced(path, bytes, (size_t)st.size)
                       : dna_atomic_write(path, bytes, (size_t)st.size));
out:
    if (is_open) {
        zip_source_close(source);
    }
    dna_free(bytes);
    return rc;
}

/* libzip writes no archive without members; NumPy does: the bare end record. */
static const unsigned char empty_archive[22] = {'P', 'K', 5, 6};

int
dna_archive_commit(dna_archive_writer *w, bool skips_sync)
{
    int rc = DNA_OK;

    if (w->n == 0) {
        rc = dna_atomic_write(w->path, empty_archive, sizeof(empty_archive));
        goto out;
    }
    if (zip_close(w->zip) != 0) {
        rc = dna_archive_fault(w->path, "archive", zip_get_error(w->zip));
        goto out;
    }
    w->zip = NULL;
    DNA_TRY(write_source(w->source, w->path, skips_sync));
out:
    dna_archive_abort(w);
    return rc;
}
