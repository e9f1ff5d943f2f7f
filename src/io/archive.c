/* archive.c - read zip archives: from memory where they are plain, else through libzip.
 *
 * SPDX-License-Identifier: MIT
 */
#include "io/archive.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "io/archive_zip.h"
#include "io/crc32.h"
#include "io/zip_directory.h"

#define DEFLATE_MOST 1032 /* bytes out of one byte in, and some for tiny members */
/* Archives that are read at once, members that are inflated at once. */
#define MOST_IN_MEMORY ((size_t)4 << 20)
#define MOST_INFLATED  ((size_t)64 << 20)

struct dna_archive {
    zip_t *zip; /* NULL: not needed so far */
    char *path;
    const char *what;
    size_t n_byte;
    const unsigned char *bytes; /* [n_byte]; NULL: in its file */
    unsigned char *own;         /* the same, if they are the archive's */
    dna_zip_entry entries[DNA_ZIP_MOST];
    int64_t n_entry; /* 0: not a plain archive */
};

/* ---- opening --------------------------------------------------------------------- */

static int
new_archive(dna_archive **out, const char *path, const char *what)
{
    dna_archive *archive = NULL;
    int rc = DNA_OK;

    DNA_NEW(archive, 1);
    archive->what = what;
    archive->path = dna_strdup(path);
    if (archive->path == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    *out = archive;
    archive = NULL;
out:
    dna_archive_close(archive);
    return rc;
}

/* Let libzip read it, from its bytes or its file. */
static int
open_with_libzip(dna_archive *archive)
{
    zip_source_t *source = NULL;
    zip_error_t error;
    int rc = DNA_OK;

    if (archive->zip != NULL) {
        return DNA_OK;
    }
    zip_error_init(&error);
    source = archive->bytes != NULL
                 ? zip_source_buffer_create(archive->bytes, archive->n_byte, 0, &error)
                 : zip_source_file_create(archive->path, 0, -1, &error);
    archive->zip = source != NULL
                       ? dna_zip_open(source, ZIP_RDONLY | ZIP_CHECKCONS, &error)
                       : NULL;
    if (archive->zip == NULL) {
        zip_source_free(source);
        rc = dna_archive_fault(archive->path, archive->what, &error);
    }
    zip_error_fini(&error);
    return rc;
}

static int
read_directory(dna_archive *archive)
{
    int rc = DNA_OK;

    DNA_REQUIRE(archive->n_byte > 0, DNA_EFORMAT, "%s: the file is empty, not an %s",
        archive->path, archive->what);
    if (archive->bytes == NULL || archive->n_byte > MOST_IN_MEMORY
        || !dna_zip_read_directory(
            archive->entries, &archive->n_entry, archive->bytes, archive->n_byte)) {
        archive->n_entry = 0;
        DNA_TRY(open_with_libzip(archive));
    }
out:
    return rc;
}

int
dna_archive_open(dna_archive **out, const char *path, const char *what)
{
    dna_archive *archive = NULL;
    int64_t n_byte = 0;
    int rc = DNA_OK;

    DNA_TRY(new_archive(&archive, path, what));
    rc = dna_file_read(path, MOST_IN_MEMORY, &archive->own, &archive->n_byte);
    archive->bytes = archive->own;
    if (rc == DNA_EFORMAT) { /* it is larger */
        rc = dna_path_size(path, &n_byte);
        archive->n_byte = (size_t)n_byte;
    }
    DNA_TRY(rc);
    DNA_TRY(read_directory(archive));
    *out = archive;
    archive = NULL;
out:
    dna_archive_close(archive);
    return rc;
}

int
dna_archive_open_memory(
    dna_archive **out, const void *bytes, size_t n, const char *path, const char *what)
{
    dna_archive *archive = NULL;
    int rc = DNA_OK;

    DNA_TRY(new_archive(&archive, path, what));
    archive->bytes = bytes;
    archive->n_byte = n;
    DNA_TRY(read_directory(archive));
    *out = archive;
    archive = NULL;
out:
    dna_archive_close(archive);
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
    dna_free(archive->own);
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
    return archive->n_entry > 0 ? archive->n_entry
                                : zip_get_num_entries(archive->zip, 0);
}

const char *
dna_archive_name(const dna_archive *archive, int64_t i)
{
    if (archive->n_entry > 0) {
        return i >= 0 && i < archive->n_entry ? archive->entries[i].name : NULL;
    }
    return zip_get_name(archive->zip, (zip_uint64_t)i, 0);
}

int64_t
dna_archive_find(const dna_archive *archive, const char *name)
{
    for (int64_t i = 0; i < archive->n_entry; i++) {
        if (strcmp(archive->entries[i].name, name) == 0) {
            return i;
        }
    }
    return archive->n_entry > 0 ? -1 : zip_name_locate(archive->zip, name, 0);
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
    DNA_REQUIRE(st->comp_size <= archive->n_byte && st->size <= most, DNA_EFORMAT,
        "%s: the directory's sizes cannot be true (%llu bytes from %llu)", m->where,
        (unsigned long long)st->size, (unsigned long long)st->comp_size);
    m->size = (size_t)st->size;
out:
    return rc;
}

/* A member of an archive that libzip has open. */
static int
open_streamed(dna_member *m, dna_archive *archive, int64_t i, size_t max)
{
    zip_stat_t st;
    int rc = DNA_OK;

    zip_stat_init(&st);
    if (zip_stat_index(archive->zip, (zip_uint64_t)i, 0, &st) != 0) {
        rc = dna_archive_fault(m->where, archive->what, zip_get_error(archive->zip));
        goto out;
    }
    DNA_TRY(check_stat(archive, m, &st, max));
    m->file = zip_fopen_index(archive->zip, (zip_uint64_t)i, 0);
    if (m->file == NULL) {
        rc = dna_archive_fault(m->where, archive->what, zip_get_error(archive->zip));
    }
out:
    return rc;
}

/* The content of a member of a plain archive; m->bytes stays NULL if libzip had better read
 * it: it is large, or damaged in a way that libzip has words for. */
static int
take_content(dna_member *m, const dna_archive *archive, const dna_zip_entry *e)
{
    bool is_good = false;
    int rc = DNA_OK;

    m->size = e->size;
    m->crc = e->crc;
    if (!e->is_deflated) {
        m->bytes = archive->bytes + e->offset;
        return DNA_OK;
    }
    if (e->size > MOST_INFLATED) {
        return DNA_OK;
    }
    m->own = dna_malloc(e->size);
    if (m->own == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(dna_zip_inflate(m->own, &is_good, e, archive->bytes));
    m->bytes = is_good ? m->own : NULL;
out:
    return rc;
}

int
dna_member_open(
    dna_member *m, dna_archive *archive, int64_t i, const char *label, size_t max)
{
    int rc = DNA_OK;

    memset(m, 0, sizeof(*m));
    snprintf(m->where, sizeof(m->where), "%s: %.80s", archive->path, label);
    if (i >= 0 && i < archive->n_entry && archive->entries[i].size <= max) {
        DNA_TRY(take_content(m, archive, &archive->entries[i]));
    }
    if (m->bytes == NULL) {
        DNA_TRY(open_with_libzip(archive));
        DNA_TRY(open_streamed(m, archive, i, max));
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
    dna_free(m->own);
    m->own = NULL;
    m->bytes = NULL;
}

const unsigned char *
dna_member_bytes(dna_member *m)
{
    if (m->bytes != NULL) {
        m->at = m->size;
    }
    return m->bytes;
}

static int
read_streamed(dna_member *m, unsigned char *to, size_t n)
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

int
dna_member_read(dna_member *m, unsigned char *to, size_t n)
{
    if (m->bytes == NULL) {
        return read_streamed(m, to, n);
    }
    if (n > m->size - m->at) {
        return dna_fail(DNA_EFORMAT, "%s: the content is cut off", m->where);
    }
    if (n > 0) {
        memcpy(to, m->bytes + m->at, n);
    }
    m->at += n;
    return DNA_OK;
}

/* libzip compares the checksum when it sees the end. */
int
dna_member_end(dna_member *m)
{
    unsigned char byte = 0;
    int rc = DNA_OK;

    zip_int64_t more = m->bytes == NULL ? zip_fread(m->file, &byte, 1)
                                        : (zip_int64_t)(m->size - m->at);
    if (more < 0) {
        return member_fault(m);
    }
    DNA_REQUIRE(more == 0, DNA_EFORMAT,
        "%s: more bytes than the %zu that the directory says", m->where, m->size);
    DNA_REQUIRE(m->bytes == NULL || dna_crc32(m->bytes, m->size) == m->crc, DNA_EFORMAT,
        "%s: wrong checksum: the content is damaged", m->where);
out:
    return rc;
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
