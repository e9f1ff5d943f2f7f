/* npz.c - read and write NumPy .npz archives.
 *
 * SPDX-License-Identifier: MIT
 *
 * What a zip directory says about sizes is a claim: it is bounded by the bytes that
 * are there (deflate cannot shrink more than 1032 times) before memory is taken,
 * compared with the shape in the npy header, and the member must end exactly there.
 * Reading to the end also makes libzip compare the checksum.
 */
#include "io/npz.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <zip.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"

#define DEFLATE_MOST 1032 /* bytes out of one byte in, and some for tiny members */
#define FIRST_READ   256  /* holds nearly every npy header */

struct dna_npz {
    zip_t *zip;
    char *path;
    char **keys; /* [n], NULL for members that are no arrays */
    int64_t n;
    int64_t n_byte; /* of the archive */
};

/* "path: reason" for an error of libzip on the archive as a whole. */
static int
archive_fault(const char *path, zip_error_t *error)
{
    int code = zip_error_code_zip(error);
    if (code == ZIP_ER_NOZIP || code == ZIP_ER_EOF) {
        return dna_fail(
            DNA_EFORMAT, "%s: not a complete zip archive: cut off, or no npz", path);
    }
    if (code == ZIP_ER_INCONS) {
        return dna_fail(DNA_EFORMAT, "%s: damaged zip archive: %s", path,
            "its directory does not fit the content");
    }
    if (code == ZIP_ER_EXISTS) {
        return dna_fail(
            DNA_EFORMAT, "%s: two arrays of the archive have the same name", path);
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

/* The directory as keys; the members' own names stay with libzip. */
static int
list_keys(dna_npz *npz)
{
    int rc = DNA_OK;
    npz->n = zip_get_num_entries(npz->zip, 0);
    DNA_NEW(npz->keys, npz->n);
    for (int64_t i = 0; i < npz->n; i++) {
        const char *name = zip_get_name(npz->zip, (zip_uint64_t)i, 0);
        DNA_REQUIRE(name != NULL, DNA_EFORMAT, "%s: member %lld has no readable name",
            npz->path, (long long)i);
        if (dna_str_ends_with(name, ".npy")) {
            npz->keys[i] = dna_strndup(name, strlen(name) - 4);
            if (npz->keys[i] == NULL) {
                rc = DNA_ENOMEM;
                goto out;
            }
        }
    }
out:
    return rc;
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
open_source(dna_npz **out, zip_source_t *source, int64_t n_byte, const char *path)
{
    int rc = DNA_OK;
    zip_error_t error;
    dna_npz *npz = NULL;
    zip_error_init(&error);
    DNA_NEW(npz, 1);
    npz->n_byte = n_byte;
    npz->path = dna_strdup(path);
    if (npz->path == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_REQUIRE(n_byte > 0, DNA_EFORMAT, "%s: the file is empty, not an npz", path);
    npz->zip = open_zip(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
    if (npz->zip == NULL) {
        rc = archive_fault(path, &error);
        goto out;
    }
    source = NULL; /* the archive's */
    DNA_TRY(list_keys(npz));
    *out = npz;
    npz = NULL;
out:
    zip_source_free(source);
    dna_npz_close(npz);
    zip_error_fini(&error);
    return rc;
}

int
dna_npz_open(dna_npz **out, const char *path)
{
    int rc = DNA_OK;
    int64_t n_byte = 0;
    zip_error_t error;
    zip_error_init(&error);
    DNA_TRY(dna_path_size(path, &n_byte));
    zip_source_t *source = zip_source_file_create(path, 0, -1, &error);
    if (source == NULL) {
        rc = archive_fault(path, &error);
        goto out;
    }
    DNA_TRY(open_source(out, source, n_byte, path));
out:
    zip_error_fini(&error);
    return rc;
}

int
dna_npz_open_memory(dna_npz **out, const void *bytes, size_t n, const char *name)
{
    int rc = DNA_OK;
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(bytes, n, 0, &error);
    if (source == NULL) {
        rc = archive_fault(name, &error);
        goto out;
    }
    DNA_TRY(open_source(out, source, (int64_t)n, name));
out:
    zip_error_fini(&error);
    return rc;
}

void
dna_npz_close(dna_npz *npz)
{
    if (npz == NULL) {
        return;
    }
    if (npz->zip != NULL) {
        zip_discard(npz->zip);
    }
    for (int64_t i = 0; npz->keys != NULL && i < npz->n; i++) {
        dna_free(npz->keys[i]);
    }
    dna_free(npz->keys);
    dna_free(npz->path);
    dna_free(npz);
}

int64_t
dna_npz_count(const dna_npz *npz)
{
    return npz->n;
}

const char *
dna_npz_name(const dna_npz *npz, int64_t i)
{
    return i >= 0 && i < npz->n ? npz->keys[i] : NULL;
}

static int64_t
find(const dna_npz *npz, const char *key)
{
    for (int64_t i = 0; i < npz->n; i++) {
        if (npz->keys[i] != NULL && strcmp(npz->keys[i], key) == 0) {
            return i;
        }
    }
    return -1;
}

bool
dna_npz_has(dna_npz *npz, const char *key)
{
    return find(npz, key) >= 0;
}

static int
no_such_key(const dna_npz *npz, const char *key)
{
    dna_str s;
    dna_str_init(&s, 0);
    int n = 0;
    for (int64_t i = 0; i < npz->n && n < 8; i++) {
        if (npz->keys[i] != NULL) {
            dna_str_addf(&s, "%s%.40s", n > 0 ? ", " : "", npz->keys[i]);
            n++;
        }
    }
    int rc = dna_fail(DNA_ENOTFOUND, "%s: no array \"%s\"; the archive has: %s",
        npz->path, key, n > 0 ? dna_str_text(&s) : "no arrays at all");
    dna_str_clear(&s);
    return rc;
}

/* One member that is being read. */
typedef struct {
    zip_file_t *file;
    size_t size;     /* as the directory says, within reason */
    char where[512]; /* "path: key" */
} member;

static int
member_fault(const member *m)
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
check_stat(const dna_npz *npz, member *m, const zip_stat_t *st)
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
    DNA_REQUIRE(st->size <= DNA_NPZ_MAX_ARRAY + DNA_NPY_HEADER_MAX, DNA_EUNSUPPORTED,
        "%s: %llu bytes, more than the %zu allowed", m->where,
        (unsigned long long)st->size, DNA_NPZ_MAX_ARRAY);
    zip_uint64_t most =
        st->comp_method == ZIP_CM_STORE
            ? st->comp_size
            : (st->comp_size + 1)
                  * DEFLATE_MOST; /* below 2^64: comp_size is within n_byte */
    DNA_REQUIRE(st->comp_size <= (zip_uint64_t)npz->n_byte && st->size <= most,
        DNA_EFORMAT, "%s: the directory's sizes cannot be true (%llu bytes from %llu)",
        m->where, (unsigned long long)st->size, (unsigned long long)st->comp_size);
    m->size = (size_t)st->size;
out:
    return rc;
}

static int
open_member(dna_npz *npz, const char *key, member *m)
{
    int rc = DNA_OK;
    zip_stat_t st;
    memset(m, 0, sizeof(*m));
    int64_t i = find(npz, key);
    if (i < 0) {
        return no_such_key(npz, key);
    }
    snprintf(m->where, sizeof(m->where), "%s: %.80s", npz->path, key);
    zip_stat_init(&st);
    if (zip_stat_index(npz->zip, (zip_uint64_t)i, 0, &st) != 0) {
        rc = archive_fault(m->where, zip_get_error(npz->zip));
        goto out;
    }
    DNA_TRY(check_stat(npz, m, &st));
    m->file = zip_fopen_index(npz->zip, (zip_uint64_t)i, 0);
    if (m->file == NULL) {
        rc = archive_fault(m->where, zip_get_error(npz->zip));
    }
out:
    return rc;
}

static void
close_member(member *m)
{
    if (m->file != NULL) {
        zip_fclose(m->file);
        m->file = NULL;
    }
}

/* Exactly n more bytes. */
static int
read_bytes(member *m, unsigned char *to, size_t n)
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

/* The member must end here; libzip compares the checksum when it sees the end. */
static int
expect_end(member *m)
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

/* Read at least the header into buf and parse it; *n: bytes read. */
static int
read_header(member *m, dna_npy_header *h, unsigned char **buf, size_t *n)
{
    int rc = DNA_OK;
    unsigned char *bytes = NULL;
    size_t got = DNA_MIN(m->size, (size_t)FIRST_READ);
    bytes = dna_malloc(DNA_MAX(got, (size_t)12));
    if (bytes == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(read_bytes(m, bytes, got));
    if (got >= 12) { /* a long header? its length is within the first 12 bytes */
        size_t start = bytes[6] == 1 ? 10 : 12;
        size_t length = bytes[8] | (size_t)bytes[9] << 8;
        if (bytes[6] > 1) {
            length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
        }
        size_t need =
            DNA_MIN(start + length, DNA_MIN(m->size, (size_t)DNA_NPY_HEADER_MAX));
        if (need > got) {
            unsigned char *larger = dna_realloc(bytes, need, 1);
            if (larger == NULL) {
                rc = DNA_ENOMEM;
                goto out;
            }
            bytes = larger;
            DNA_TRY(read_bytes(m, bytes + got, need - got));
            got = need;
        }
    }
    DNA_TRY(dna_npy_parse_header(h, bytes, got, m->where));
    DNA_REQUIRE(h->data_size <= DNA_NPZ_MAX_ARRAY, DNA_EUNSUPPORTED,
        "%s: an array of %zu bytes, more than the %zu allowed", m->where, h->data_size,
        DNA_NPZ_MAX_ARRAY);
    DNA_REQUIRE(h->data_offset + h->data_size == m->size, DNA_EFORMAT,
        "%s: %zu bytes, but header and shape ask for %zu", m->where, m->size,
        h->data_offset + h->data_size);
    *buf = bytes;
    *n = got;
    bytes = NULL;
out:
    dna_free(bytes);
    return rc;
}

int
dna_npz_header(dna_npz *npz, const char *key, dna_npy_header *h)
{
    int rc = DNA_OK;
    member m;
    unsigned char *bytes = NULL;
    size_t n = 0;
    DNA_TRY(open_member(npz, key, &m));
    DNA_TRY(read_header(&m, h, &bytes, &n));
out:
    dna_free(bytes);
    close_member(&m);
    return rc;
}

int
dna_npz_read(dna_npz *npz, const char *key, dna_array *out)
{
    int rc = DNA_OK;
    member m;
    dna_npy_header h;
    unsigned char *bytes = NULL;
    size_t n = 0;
    memset(out, 0, sizeof(*out));
    DNA_TRY(open_member(npz, key, &m));
    DNA_TRY(read_header(&m, &h, &bytes, &n));
    if (n < m.size) {
        unsigned char *larger = dna_realloc(bytes, m.size, 1);
        if (larger == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
        bytes = larger;
        DNA_TRY(read_bytes(&m, bytes + n, m.size - n));
    }
    DNA_TRY(expect_end(&m));
    DNA_TRY(dna_npy_decode(out, &h, bytes + h.data_offset, h.data_size, m.where));
out:
    dna_free(bytes);
    close_member(&m);
    return rc;
}

/* Writing: the archive grows in memory and goes to its file in one atomic write. */

#define DEFLATE_LEVEL 1

static int
add_member(zip_t *zip, const char *path, const char *key, const unsigned char *bytes,
    size_t n, bool is_deflated)
{
    int rc = DNA_OK;
    dna_str name;
    zip_source_t *source = NULL;
    dna_str_init(&name, 0);
    dna_str_addf(&name, "%s.npy", key);
    DNA_TRY(dna_str_status(&name));
    source = zip_source_buffer(zip, bytes, n, 0);
    if (source == NULL) {
        rc = archive_fault(path, zip_get_error(zip));
        goto out;
    }
    zip_int64_t i = zip_file_add(zip, dna_str_text(&name), source, ZIP_FL_ENC_UTF_8);
    if (i < 0) {
        rc = zip_error_code_zip(zip_get_error(zip)) == ZIP_ER_EXISTS
                 ? dna_fail(DNA_EARG, "%s: two arrays named \"%s\"", path, key)
                 : archive_fault(path, zip_get_error(zip));
        goto out;
    }
    source = NULL; /* the archive's */
    zip_int32_t method = is_deflated ? ZIP_CM_DEFLATE : ZIP_CM_STORE;
    if (zip_set_file_compression(zip, (zip_uint64_t)i, method, DEFLATE_LEVEL) != 0
        || zip_file_set_dostime(zip, (zip_uint64_t)i, 0, 0x21, 0)
               != 0) { /* 1980-01-01 */
        rc = archive_fault(path, zip_get_error(zip));
    }
out:
    zip_source_free(source);
    dna_str_clear(&name);
    return rc;
}

/* The finished archive out of its in-memory source. */
static int
write_source(zip_source_t *source, const char *path, bool skips_sync)
{
    int rc = DNA_OK;
    zip_stat_t st;
    unsigned char *bytes = NULL;
    bool is_open = false;
    zip_stat_init(&st);
    if (zip_source_stat(source, &st) != 0 || zip_source_open(source) != 0) {
        rc = archive_fault(path, zip_source_error(source));
        goto out;
    }
    is_open = true;
    bytes = dna_malloc((size_t)st.size);
    if (bytes == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    if (zip_source_read(source, bytes, st.size) != (zip_int64_t)st.size) {
        rc = archive_fault(path, zip_source_error(source));
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

static int
write_arrays(const char *path, const char *const *keys, const dna_array *arrays,
    int64_t n, bool is_deflated, bool skips_sync)
{
    int rc = DNA_OK;
    zip_error_t error;
    zip_source_t *source = NULL;
    zip_t *zip = NULL;
    unsigned char **members = NULL;

    if (n == 0) {
        return dna_atomic_write(path, empty_archive, sizeof(empty_archive));
    }
    zip_error_init(&error);
    DNA_NEW(members, n);
    source = zip_source_buffer_create(NULL, 0, 0, &error);
    if (source == NULL) {
        rc = archive_fault(path, &error);
        goto out;
    }
    zip = open_zip(source, ZIP_CREATE | ZIP_TRUNCATE, &error);
    if (zip == NULL) {
        rc = archive_fault(path, &error);
        goto out;
    }
    zip_source_keep(source); /* both hold it now */
    for (int64_t i = 0; i < n; i++) {
        size_t size = 0;
        DNA_TRY(dna_npy_encode(&members[i], &size, &arrays[i]));
        DNA_TRY(add_member(zip, path, keys[i], members[i], size, is_deflated));
    }
    if (zip_close(zip) != 0) {
        rc = archive_fault(path, zip_get_error(zip));
        goto out;
    }
    zip = NULL;
    DNA_TRY(write_source(source, path, skips_sync));
out:
    if (zip != NULL) {
        zip_discard(zip);
    }
    zip_source_free(source);
    for (int64_t i = 0; members != NULL && i < n; i++) {
        dna_free(members[i]);
    }
    dna_free(members);
    zip_error_fini(&error);
    return rc;
}

int
dna_npz_write(const char *path, const char *const *keys, const dna_array *arrays,
    int64_t n, bool is_deflated)
{
    return write_arrays(path, keys, arrays, n, is_deflated, false);
}

int
dna_npz_write_unsynced(const char *path, const char *const *keys,
    const dna_array *arrays, int64_t n, bool is_deflated)
{
    return write_arrays(path, keys, arrays, n, is_deflated, true);
}
