/* archive.c - read and write zip archives.
 *
 * SPDX-License-Identifier: MIT
 */
#include "io/archive.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <zip.h>

#include "base/mem.h"
#include "base/path.h"

#define DEFLATE_MOST 1032 /* bytes out of one byte in, and some for tiny members */

struct dna_archive {
    zip_t *zip;
    char *path;
    const char *what;
    int64_t n_byte; /* of the archive */
};

/* "path: reason" for an error of libzip on the archive as a whole. */
static int
archive_fault(const char *path, const char *what, zip_error_t *error)
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

static zip_t *
open_zip(zip_source_t *source, int flags, zip_error_t *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, open_first);
    return zip_open_from_source(source, flags, error);
}

/* Takes the source. */
static int
open_source(dna_archive **out, zip_source_t *source, int64_t n_byte, const char *path,
    const char *what)
{
    dna_archive *archive = NULL;
    zip_error_t error;
    int rc = DNA_OK;

    zip_error_init(&error);
    DNA_NEW(archive, 1);
    archive->n_byte = n_byte;
    archive->what = what;
    archive->path = dna_strdup(path);
    if (archive->path == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_REQUIRE(
        n_byte > 0, DNA_EFORMAT, "%s: the file is empty, not an %s", path, what);
    archive->zip = open_zip(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
    if (archive->zip == NULL) {
        rc = archive_fault(path, what, &error);
        goto out;
    }
    source = NULL; /* the archive's */
    *out = archive;
    archive = NULL;
out:
    zip_source_free(source);
    dna_archive_close(archive);
    zip_error_fini(&error);
    return rc;
}

int
dna_archive_open(dna_archive **out, const char *path, const char *what)
{
    int64_t n_byte = 0;
    zip_error_t error;
    int rc = DNA_OK;

    zip_error_init(&error);
    DNA_TRY(dna_path_size(path, &n_byte));
    zip_source_t *source = zip_source_file_create(path, 0, -1, &error);
    if (source == NULL) {
        rc = archive_fault(path, what, &error);
        goto out;
    }
    DNA_TRY(open_source(out, source, n_byte, path, what));
out:
    zip_error_fini(&error);
    return rc;
}

int
dna_archive_open_memory(
    dna_archive **out, const void *bytes, size_t n, const char *path, const char *what)
{
    zip_error_t error;
    int rc = DNA_OK;

    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(bytes, n, 0, &error);
    if (source == NULL) {
        rc = archive_fault(path, what, &error);
        goto out;
    }
    DNA_TRY(open_source(out, source, (int64_t)n, path, what));
out:
    zip_error_fini(&error);
    return rc;
}

void
dna_archive_close(dna_archive *archive)
{
    if (archive == NULL) {
        return;
    }
    if (archive->zip != NULL) {
        zip_discard(archive->zip);
    }
    dna_free(archive->path);
    dna_free(archive);
}

const char *
dna_archive_path(const dna_archive *archive)
{
    return archive->path;
}

int64_t
dna_archive_count(const dna_archive *archive)
{
    return zip_get_num_entries(archive->zip, 0);
}

const char *
dna_archive_name(const dna_archive *archive, int64_t i)
{
    return zip_get_name(archive->zip, (zip_uint64_t)i, 0);
}

int64_t
dna_archive_find(const dna_archive *archive, const char *name)
{
    return zip_name_locate(archive->zip, name, 0);
}

/* ---- members --------------------------------------------------------------------- */

static int
member_fault(const dna_member *m)
{
    zip_error_t *error = zip_file_get_error(m->file);
    int code = zip_error_code_zip(error);
    if (code == ZIP_ER_CRC) {
        return dna_fail(
            DNA_EFORMAT, "%s: wrong checksum: the content is damaged", m->where);
    }
    if (code == ZIP_ER_MEMORY) {
        return dna_fail(DNA_ENOMEM, "%s: out of memory", m->where);
    }
    if (code == ZIP_ER_READ && zip_error_code_system(error) != 0) {
        return dna_path_fail(m->where, zip_error_code_system(error));
    }
    return dna_fail(
        DNA_EFORMAT, "%s: damaged content: %s", m->where, zip_error_strerror(error));
}

static int
check_stat(const dna_archive *archive, dna_member *m, const zip_stat_t *st, size_t max)
{
    int rc = DNA_OK;
    zip_uint64_t need = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD
                        | ZIP_STAT_ENCRYPTION_METHOD;
    DNA_REQUIRE((st->valid & need) == need, DNA_EFORMAT, "%s: a member without sizes",
        m->where);
    DNA_REQUIRE(st->encryption_method == ZIP_EM_NONE, DNA_EUNSUPPORTED,
        "%s: is encrypted", m->where);
    DNA_REQUIRE(st->comp_method == ZIP_CM_STORE || st->comp_method == ZIP_CM_DEFLATE,
        DNA_EUNSUPPORTED,
        "%s: compression method %u, but only stored and deflated are read", m->where,
        (unsigned)st->comp_method);
    DNA_REQUIRE(st->size <= max, DNA_EUNSUPPORTED,
        "%s: %llu bytes, more than the %zu allowed", m->where,
        (unsigned long long)st->size, max);
    zip_uint64_t most =
        st->comp_method == ZIP_CM_STORE
            ? st->comp_size
            : (st->comp_size + 1)
                  * DEFLATE_MOST; /* below 2^64: comp_size is within n_byte */
    DNA_REQUIRE(st->comp_size <= (zip_uint64_t)archive->n_byte && st->size <= most,
        DNA_EFORMAT, "%s: the directory's sizes cannot be true (%llu bytes from %llu)",
        m->where, (unsigned long long)st->size, (unsigned long long)st->comp_size);
    m->size = (size_t)st->size;
out:
    return rc;
}

int
dna_member_open(
    dna_member *m, dna_archive *archive, int64_t i, const char *label, size_t max)
{
    zip_stat_t st;
    int rc = DNA_OK;

    memset(m, 0, sizeof(*m));
    snprintf(m->where, sizeof(m->where), "%s: %.80s", archive->path, label);
    zip_stat_init(&st);
    if (zip_stat_index(archive->zip, (zip_uint64_t)i, 0, &st) != 0) {
        rc = archive_fault(m->where, archive->what, zip_get_error(archive->zip));
        goto out;
    }
    DNA_TRY(check_stat(archive, m, &st, max));
    m->file = zip_fopen_index(archive->zip, (zip_uint64_t)i, 0);
    if (m->file == NULL) {
        rc = archive_fault(m->where, archive->what, zip_get_error(archive->zip));
    }
out:
    return rc;
}

void
dna_member_close(dna_member *m)
{
    if (m->file != NULL) {
        zip_fclose(m->file);
        m->file = NULL;
    }
}

int
dna_member_read(dna_member *m, unsigned char *to, size_t n)
{
    while (n > 0) {
        zip_int64_t got = zip_fread(m->file, to, n);
        if (got < 0) {
            return member_fault(m);
        }
        if (got == 0) {
            return dna_fail(DNA_EFORMAT, "%s: the content is cut off", m->where);
        }
        to += got;
        n -= (size_t)got;
    }
    return DNA_OK;
}

/* libzip compares the checksum when it sees the end. */
int
dna_member_end(dna_member *m)
{
    unsigned char byte = 0;
    zip_int64_t got = zip_fread(m->file, &byte, 1);
    if (got < 0) {
        return member_fault(m);
    }
    if (got > 0) {
        return dna_fail(DNA_EFORMAT,
            "%s: more bytes than the %zu that the directory says", m->where, m->size);
    }
    return DNA_OK;
}

int
dna_archive_read(
    dna_archive *archive, int64_t i, size_t max, unsigned char **bytes, size_t *n)
{
    const char *name = dna_archive_name(archive, i);
    unsigned char *to = NULL;
    dna_member m = {0};
    int rc = DNA_OK;

    DNA_TRY(dna_member_open(&m, archive, i, name != NULL ? name : "?", max));
    to = dna_malloc(DNA_MAX(m.size, (size_t)1));
    if (to == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_member_read(&m, to, m.size));
    DNA_TRY(dna_member_end(&m));
    *bytes = to;
    *n = m.size;
    to = NULL;
out:
    dna_free(to);
    dna_member_close(&m);
    return rc;
}

/* ---- writing --------------------------------------------------------------------- */

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
        rc = archive_fault(path, "archive", &error);
        goto out;
    }
    w->zip = open_zip(w->source, ZIP_CREATE | ZIP_TRUNCATE, &error);
    if (w->zip == NULL) {
        rc = archive_fault(path, "archive", &error);
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
        rc = archive_fault(w->path, "archive", zip_get_error(w->zip));
        goto out;
    }
    zip_int64_t i = zip_file_add(w->zip, name, source, ZIP_FL_ENC_UTF_8);
    if (i < 0) {
        rc = zip_error_code_zip(zip_get_error(w->zip)) == ZIP_ER_EXISTS
                 ? dna_fail(DNA_EARG, "%s: two members named \"%s\"", w->path, name)
                 : archive_fault(w->path, "archive", zip_get_error(w->zip));
        goto out;
    }
    source = NULL; /* the archive's */
    zip_int32_t method = is_deflated ? ZIP_CM_DEFLATE : ZIP_CM_STORE;
    if (zip_set_file_compression(w->zip, (zip_uint64_t)i, method, DEFLATE_LEVEL) != 0
        || zip_file_set_dostime(w->zip, (zip_uint64_t)i, 0, 0x21, 0)
               != 0) { /* 1980-01-01 */
        rc = archive_fault(w->path, "archive", zip_get_error(w->zip));
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
        rc = archive_fault(path, "archive", zip_source_error(source));
        goto out;
    }
    is_open = true;
    bytes = dna_malloc((size_t)st.size);
    if (bytes == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    if (zip_source_read(source, bytes, st.size) != (zip_int64_t)st.size) {
        rc = archive_fault(path, "archive", zip_source_error(source));
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
        rc = archive_fault(w->path, "archive", zip_get_error(w->zip));
        goto out;
    }
    w->zip = NULL;
    DNA_TRY(write_source(w->source, w->path, skips_sync));
out:
    dna_archive_abort(w);
    return rc;
}
