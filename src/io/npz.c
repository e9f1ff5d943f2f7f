/* npz.c - read and write NumPy .npz archives.
 *
 * SPDX-License-Identifier: MIT
 *
 * The archive bounds what its directory says (archive.h); here the size of a member is
 * compared with the shape in its npy header, and it must end exactly there.
 */
#include "io/npz.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "io/archive.h"

#define FIRST_READ 256 /* holds nearly every npy header */

struct dna_npz {
    dna_archive *archive;
    char **keys; /* [n], NULL for members that are no arrays */
    int64_t n;
};

/* The directory as keys; the members' own names stay with the archive. */
static int
list_keys(dna_npz *npz)
{
    int rc = DNA_OK;
    npz->n = dna_archive_count(npz->archive);
    DNA_NEW(npz->keys, npz->n);
    for (int64_t i = 0; i < npz->n; i++) {
        const char *name = dna_archive_name(npz->archive, i);
        DNA_REQUIRE(name != NULL, DNA_EFORMAT, "%s: member %lld has no readable name",
            dna_archive_path(npz->archive), (long long)i);
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

/* Takes the archive. */
static int
open_archive(dna_npz **out, dna_archive *archive)
{
    dna_npz *npz = NULL;
    int rc = DNA_OK;

    npz = dna_calloc(1, sizeof(*npz));
    if (npz == NULL) {
        dna_archive_close(archive);
        return DNA_ENOMEM;
    }
    npz->archive = archive;
    DNA_TRY(list_keys(npz));
    *out = npz;
    npz = NULL;
out:
    dna_npz_close(npz);
    return rc;
}

int
dna_npz_open(dna_npz **out, const char *path)
{
    dna_archive *archive = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_archive_open(&archive, path, "npz"));
    DNA_TRY(open_archive(out, archive));
out:
    return rc;
}

int
dna_npz_open_memory(dna_npz **out, const void *bytes, size_t n, const char *name)
{
    dna_archive *archive = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_archive_open_memory(&archive, bytes, n, name, "npz"));
    DNA_TRY(open_archive(out, archive));
out:
    return rc;
}

void
dna_npz_close(dna_npz *npz)
{
    if (npz == NULL) {
        return;
    }
    for (int64_t i = 0; npz->keys != NULL && i < npz->n; i++) {
        dna_free(npz->keys[i]);
    }
    dna_free(npz->keys);
    dna_archive_close(npz->archive);
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
        dna_archive_path(npz->archive), key,
        n > 0 ? dna_str_text(&s) : "no arrays at all");
    dna_str_clear(&s);
    return rc;
}

static int
open_member(dna_npz *npz, const char *key, dna_member *m)
{
    int64_t i = find(npz, key);
    memset(m, 0, sizeof(*m));
    if (i < 0) {
        return no_such_key(npz, key);
    }
    return dna_member_open(
        m, npz->archive, i, key, DNA_NPZ_MAX_ARRAY + DNA_NPY_HEADER_MAX);
}

/* The first n bytes of a member are its header, at least, and fit its size. */
static int
check_header(
    const dna_member *m, dna_npy_header *h, const unsigned char *bytes, size_t n)
{
    int rc = DNA_OK;

    DNA_TRY(dna_npy_parse_header(h, bytes, n, m->where));
    DNA_REQUIRE(h->data_size <= DNA_NPZ_MAX_ARRAY, DNA_EUNSUPPORTED,
        "%s: an array of %zu bytes, more than the %zu allowed", m->where, h->data_size,
        DNA_NPZ_MAX_ARRAY);
    DNA_REQUIRE(h->data_offset + h->data_size == m->size, DNA_EFORMAT,
        "%s: %zu bytes, but header and shape ask for %zu", m->where, m->size,
        h->data_offset + h->data_size);
out:
    return rc;
}

/* Read at least the header into buf and parse it; *n: bytes read. */
static int
read_header(dna_member *m, dna_npy_header *h, unsigned char **buf, size_t *n)
{
    int rc = DNA_OK;
    unsigned char *bytes = NULL;
    size_t got = DNA_MIN(m->size, (size_t)FIRST_READ);
    bytes = dna_malloc(DNA_MAX(got, (size_t)12));
    if (bytes == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(dna_member_read(m, bytes, got));
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
            DNA_TRY(dna_member_read(m, bytes + got, need - got));
            got = need;
        }
    }
    DNA_TRY(check_header(m, h, bytes, got));
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
    dna_member m;
    unsigned char *bytes = NULL;
    size_t n = 0;
    DNA_TRY(open_member(npz, key, &m));
    DNA_TRY(read_header(&m, h, &bytes, &n));
out:
    dna_free(bytes);
    dna_member_close(&m);
    return rc;
}

int
dna_npz_read(dna_npz *npz, const char *key, dna_array *out)
{
    int rc = DNA_OK;
    dna_member m;
    dna_npy_header h;
    unsigned char *bytes = NULL;
    size_t n = 0;
    memset(out, 0, sizeof(*out));
    DNA_TRY(open_member(npz, key, &m));
    const unsigned char *all = dna_member_bytes(&m);
    if (all != NULL) { /* in memory already: no copy but the array */
        DNA_TRY(check_header(&m, &h, all, DNA_MIN(m.size, (size_t)DNA_NPY_HEADER_MAX)));
        DNA_TRY(dna_member_end(&m));
        DNA_TRY(dna_npy_decode(out, &h, all + h.data_offset, h.data_size, m.where));
        goto out;
    }
    DNA_TRY(read_header(&m, &h, &bytes, &n));
    if (n < m.size) {
        unsigned char *larger = dna_realloc(bytes, m.size, 1);
        if (larger == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
        bytes = larger;
        DNA_TRY(dna_member_read(&m, bytes + n, m.size - n));
    }
    DNA_TRY(dna_member_end(&m));
    DNA_TRY(dna_npy_decode(out, &h, bytes + h.data_offset, h.data_size, m.where));
out:
    dna_free(bytes);
    dna_member_close(&m);
    return rc;
}

static int
add_array(dna_archive_writer *w, const char *path, const char *key,
    const unsigned char *bytes, size_t n, bool is_deflated)
{
    dna_str name;
    int rc = DNA_OK;

    dna_str_init(&name, 0);
    dna_str_addf(&name, "%s.npy", key);
    DNA_TRY(dna_str_status(&name));
    rc = dna_archive_add(w, dna_str_text(&name), bytes, n, is_deflated);
    if (rc == DNA_EARG) {
        rc = dna_fail(rc, "%s: two arrays named \"%s\"", path, key);
    }
out:
    dna_str_clear(&name);
    return rc;
}

static int
write_arrays(const char *path, const char *const *keys, const dna_array *arrays,
    int64_t n, bool is_deflated, bool skips_sync)
{
    dna_archive_writer *w = NULL;
    unsigned char **members = NULL;
    int rc = DNA_OK;

    DNA_NEW(members, n);
    DNA_TRY(dna_archive_create(&w, path));
    for (int64_t i = 0; i < n; i++) {
        size_t size = 0;
        DNA_TRY(dna_npy_encode(&members[i], &size, &arrays[i]));
        DNA_TRY(add_array(w, path, keys[i], members[i], size, is_deflated));
    }
    rc = dna_archive_commit(w, skips_sync);
    w = NULL;
out:
    dna_archive_abort(w);
    for (int64_t i = 0; members != NULL && i < n; i++) {
        dna_free(members[i]);
    }
    dna_free(members);
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
