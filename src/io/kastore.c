/* kastore.c - write named arrays as one file.
 *
 * SPDX-License-Identifier: MIT
 */
#include "io/kastore.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"

enum { BLOCK = 64, ALIGNMENT = 8 };

static const unsigned char magic[8] = {0x89, 'K', 'A', 'S', '\r', '\n', 0x1a, '\n'};

static unsigned char
type_code(dna_dtype type)
{
    static const dna_dtype order[] = {DNA_I8, DNA_U8, DNA_I16, DNA_U16, DNA_I32,
        DNA_U32, DNA_I64, DNA_U64, DNA_F32, DNA_F64};
    unsigned char code = 0;
    while (code < DNA_COUNT(order) && order[code] != type) {
        code++;
    }
    assert(code < DNA_COUNT(order));
    return code;
}

static void
put(unsigned char *out, uint64_t value, int n_byte)
{
    for (int i = 0; i < n_byte; i++) {
        out[i] = (unsigned char)(value >> (8 * i));
    }
}

static uint64_t
aligned(uint64_t at)
{
    return (at + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Where keys and arrays go: two numbers an item; *size gets the size of the file. */
static void
place_items(uint64_t *start, const dna_kastore_item *items, int64_t n, uint64_t *size)
{
    uint64_t at = BLOCK * (1 + (uint64_t)n);
    for (int64_t i = 0; i < n; i++) {
        assert(i == 0 || strcmp(items[i - 1].key, items[i].key) < 0);
        start[2 * i] = at;
        at += strlen(items[i].key);
    }
    for (int64_t i = 0; i < n; i++) {
        at = aligned(at);
        start[2 * i + 1] = at;
        at += (uint64_t)items[i].n * dna_dtype_size(items[i].type);
    }
    *size = at;
}

static void
write_head(FILE *out, const dna_kastore_item *items, int64_t n, const uint64_t *start,
    uint64_t size)
{
    unsigned char head[BLOCK] = {0};
    memcpy(head, magic, sizeof(magic));
    put(head + 8, 1, 2);
    put(head + 12, (uint64_t)n, 4);
    put(head + 16, size, 8);
    fwrite(head, 1, BLOCK, out);
    for (int64_t i = 0; i < n; i++) {
        unsigned char item[BLOCK] = {type_code(items[i].type)};
        put(item + 8, start[2 * i], 8);
        put(item + 16, strlen(items[i].key), 8);
        put(item + 24, start[2 * i + 1], 8);
        put(item + 32, (uint64_t)items[i].n, 8);
        fwrite(item, 1, BLOCK, out);
    }
    for (int64_t i = 0; i < n; i++) {
        fwrite(items[i].key, 1, strlen(items[i].key), out);
    }
}

int
dna_kastore_write(const char *path, const dna_kastore_item *items, int64_t n)
{
    static const unsigned char zeros[ALIGNMENT] = {0};
    dna_atomic *file = NULL;
    uint64_t *start = NULL;
    uint64_t size = 0;
    const uint16_t one = 1;
    int rc = DNA_OK;

    DNA_REQUIRE(*(const unsigned char *)&one == 1, DNA_EUNSUPPORTED,
        "%s: tree files are written on little-endian machines only", path);
    DNA_NEW(start, 2 * n);
    place_items(start, items, n, &size);
    DNA_TRY(dna_atomic_open(&file, path));
    FILE *out = dna_atomic_stream(file);
    write_head(out, items, n, start, size);
    uint64_t at = n > 0 ? start[2 * n - 2] + strlen(items[n - 1].key) : (uint64_t)BLOCK;
    for (int64_t i = 0; i < n; i++) {
        uint64_t bytes = (uint64_t)items[i].n * dna_dtype_size(items[i].type);
        fwrite(zeros, 1, (size_t)(start[2 * i + 1] - at), out);
        if (bytes > 0) {
            fwrite(items[i].data, 1, (size_t)bytes, out);
        }
        at = start[2 * i + 1] + bytes;
    }
    DNA_TRY(dna_atomic_commit(&file)); /* a failed write is told here */
out:
    dna_atomic_abort(file);
    dna_free(start);
    return rc;
}
