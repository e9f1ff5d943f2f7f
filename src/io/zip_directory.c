/* zip_directory.c - the directory of a plain zip archive in memory.
 *
 * SPDX-License-Identifier: MIT
 *
 * Layout (PKWARE's APPNOTE.TXT): members, each a local header and its bytes; the directory,
 * an entry each; the end record, 22 bytes without a comment.
 */
#include "io/zip_directory.h"

#include <libdeflate.h>
#include <string.h>

#include "base/little_endian.h"
#include "base/mem.h"

#define END_SIZE     22
#define ENTRY_SIZE   46
#define HEADER_SIZE  30
#define DEFLATE_MOST 1032 /* bytes out of one byte in */
#define LEVEL_FLAGS  6u   /* how hard was deflated */
#define UTF8_FLAG    0x800u
#define IN_EXTRA     0xffffffffu /* a size is in the field of zip64 */

static uint32_t
get(const unsigned char *p, int n_byte)
{
    return (uint32_t)dna_get_le(p, n_byte);
}

/* Printable ASCII, which no encoding changes. */
static bool
take_name(dna_zip_entry *e, const unsigned char *name, size_t n)
{
    if (n == 0 || n >= DNA_ZIP_NAME) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (name[i] <= ' ' || name[i] > '~') {
            return false;
        }
    }
    memcpy(e->name, name, n);
    e->name[n] = '\0';
    return true;
}

/* The sizes of a local header: its own, and, as NumPy writes them, those of the field of
 * zip64, which is then its only extra field; with it the header's own may be left out. */
static bool
sizes_agree(const dna_zip_entry *e, const unsigned char *header,
    const unsigned char *extra, size_t n_extra)
{
    uint32_t stored = get(header + 18, 4), size = get(header + 22, 4);
    bool is_told = stored == e->stored && size == e->size;

    if (n_extra == 0) {
        return is_told;
    }
    return (is_told || (stored == IN_EXTRA && size == IN_EXTRA)) && n_extra == 20
           && get(extra, 2) == 1 && get(extra + 2, 2) == 16
           && dna_get_le(extra + 4, 8) == e->size
           && dna_get_le(extra + 12, 8) == e->stored;
}

/* The local header at e->offset agrees with its entry; e->offset becomes that of the bytes,
 * which end before `end`. */
static bool
take_local(dna_zip_entry *e, const unsigned char *bytes, size_t end,
    const unsigned char *entry)
{
    const unsigned char *header = bytes + e->offset;

    if (e->offset > end || end - e->offset < HEADER_SIZE
        || get(header, 4) != 0x04034b50) {
        return false;
    }
    size_t n_name = get(header + 26, 2), n_extra = get(header + 28, 2);
    if (end - e->offset - HEADER_SIZE < n_name + n_extra || n_name != get(entry + 28, 2)
        || memcmp(header + HEADER_SIZE, entry + ENTRY_SIZE, n_name) != 0
        /* version, flags, method, time, checksum */
        || memcmp(header + 4, entry + 6, 14) != 0
        || !sizes_agree(e, header, header + HEADER_SIZE + n_name, n_extra)) {
        return false;
    }
    e->offset += HEADER_SIZE + n_name + n_extra;
    return e->stored <= end - e->offset;
}

/* One entry of n bytes that are left of the directory; returns its length, 0 if it is not
 * plain. */
static size_t
take_entry(dna_zip_entry *e, const unsigned char *entry, size_t n)
{
    if (n < ENTRY_SIZE || get(entry, 4) != 0x02014b50) {
        return 0;
    }
    uint32_t flags = get(entry + 8, 2), method = get(entry + 10, 2);
    size_t n_name = get(entry + 28, 2);
    *e = (dna_zip_entry){.is_deflated = method == 8,
        .crc = get(entry + 16, 4),
        .stored = get(entry + 20, 4),
        .size = get(entry + 24, 4),
        .offset = get(entry + 42, 4)};
    bool has_more = get(entry + 30, 2) != 0 || get(entry + 32, 2) != 0
                    || get(entry + 34, 2) != 0; /* extra field, comment, disk */
    bool is_plain = (flags & ~(LEVEL_FLAGS | UTF8_FLAG)) == 0
                    && (method == 0 || method == 8) && !has_more
                    && e->stored != IN_EXTRA && e->size != IN_EXTRA
                    && e->offset != IN_EXTRA
                    && (e->is_deflated ? e->size <= (e->stored + 1) * DEFLATE_MOST
                                       : e->size == e->stored);
    if (!is_plain || n - ENTRY_SIZE < n_name
        || !take_name(e, entry + ENTRY_SIZE, n_name)) {
        return 0;
    }
    return ENTRY_SIZE + n_name;
}

static bool
is_new_name(const dna_zip_entry *entries, int64_t i)
{
    for (int64_t k = 0; k < i; k++) {
        if (strcmp(entries[k].name, entries[i].name) == 0) {
            return false;
        }
    }
    return true;
}

bool
dna_zip_read_directory(dna_zip_entry entries[DNA_ZIP_MOST], int64_t *n,
    const unsigned char *bytes, size_t size)
{
    if (size < END_SIZE) {
        return false;
    }
    const unsigned char *end = bytes + size - END_SIZE;
    size_t n_byte = get(end + 12, 4), at = get(end + 16, 4), last = 0;
    int64_t count = get(end + 10, 2);
    if (get(end, 4) != 0x06054b50 || get(end + 4, 4) != 0 || get(end + 8, 2) != count
        || get(end + 20, 2) != 0 || count < 1 || count > DNA_ZIP_MOST
        || at > size - END_SIZE || n_byte != size - END_SIZE - at) {
        return false;
    }
    const unsigned char *entry = bytes + at;
    for (int64_t i = 0; i < count; i++) {
        dna_zip_entry *e = &entries[i];
        size_t length = take_entry(e, entry, (size_t)(end - entry));
        if (length == 0 || e->offset < last || !take_local(e, bytes, at, entry)
            || !is_new_name(entries, i)) {
            return false;
        }
        last = e->offset + e->stored;
        entry += length;
    }
    *n = count;
    return entry == end;
}

int
dna_zip_inflate(unsigned char *out, bool *is_good, const dna_zip_entry *e,
    const unsigned char *archive)
{
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    size_t used = 0;

    if (d == NULL) {
        return dna_fail(DNA_ENOMEM, "out of memory");
    }
    *is_good = libdeflate_deflate_decompress_ex(
                   d, archive + e->offset, e->stored, out, e->size, &used, NULL)
                   == LIBDEFLATE_SUCCESS
               && used == e->stored;
    libdeflate_free_decompressor(d);
    return DNA_OK;
}
