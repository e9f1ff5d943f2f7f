/* kastore_read.c - read named arrays from one file.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "io/kastore.h"

enum { BLOCK = 64, ALIGNMENT = 8 };

typedef struct {
    uint64_t key, key_size, array, n;
    dna_dtype type;
} entry;

struct dna_kastore {
    const unsigned char *bytes;
    const char *name;
    entry *entries;
    int64_t n;
};

static uint64_t
get(const unsigned char *in, int n_byte)
{
    uint64_t v = 0;
    for (int i = n_byte - 1; i >= 0; i--) {
        v = v << 8 | in[i];
    }
    return v;
}

static int
read_entry(entry *e, const dna_kastore *store, int64_t i, uint64_t size)
{
    static const dna_dtype types[] = {DNA_I8, DNA_U8, DNA_I16, DNA_U16, DNA_I32,
        DNA_U32, DNA_I64, DNA_U64, DNA_F32, DNA_F64};
    const unsigned char *d = store->bytes + BLOCK * (i + 1);
    int rc = DNA_OK;

    DNA_REQUIRE(d[0] < DNA_COUNT(types), DNA_EFORMAT,
        "%s: array %" PRId64 " has the unknown type %d", store->name, i, d[0]);
    *e = (entry){.key = get(d + 8, 8),
        .key_size = get(d + 16, 8),
        .array = get(d + 24, 8),
        .n = get(d + 32, 8),
        .type = types[d[0]]};
    uint64_t width = dna_dtype_size(e->type);
    bool is_inside = e->key <= size && e->key_size <= size - e->key && e->array <= size
                     && e->n <= (size - e->array) / width;
    DNA_REQUIRE(is_inside && e->array % ALIGNMENT == 0, DNA_EFORMAT,
        "%s: array %" PRId64 " lies outside of the file or not at a multiple of 8",
        store->name, i);
out:
    return rc;
}

int
dna_kastore_open_memory(
    dna_kastore **out, const unsigned char *bytes, size_t n, const char *name)
{
    static const unsigned char magic[8] = {0x89, 'K', 'A', 'S', '\r', '\n', 0x1a, '\n'};
    static const unsigned char old[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    const uint16_t one = 1;
    dna_kastore *store = NULL;
    int rc = DNA_OK;

    DNA_REQUIRE(*(const unsigned char *)&one == 1, DNA_EUNSUPPORTED,
        "%s: tree files are read on little-endian machines only", name);
    DNA_REQUIRE(n < sizeof(old) || memcmp(bytes, old, sizeof(old)) != 0,
        DNA_EUNSUPPORTED,
        "%s: a tree sequence of the time before kastore (HDF5); `tskit upgrade` makes a new one",
        name);
    DNA_REQUIRE(n >= BLOCK && memcmp(bytes, magic, sizeof(magic)) == 0, DNA_EFORMAT,
        "%s: is no tree sequence file (kastore)", name);
    DNA_REQUIRE(get(bytes + 8, 2) == 1, DNA_EUNSUPPORTED,
        "%s: version %d of the kastore format, only 1 can be read", name,
        (int)get(bytes + 8, 2));
    uint64_t n_item = get(bytes + 12, 4);
    DNA_REQUIRE(get(bytes + 16, 8) == n, DNA_EFORMAT,
        "%s: has %zu bytes and says it has %" PRIu64 ": it is truncated or damaged",
        name, n, get(bytes + 16, 8));
    DNA_REQUIRE(n_item <= n / BLOCK - 1, DNA_EFORMAT,
        "%s: says it has %" PRIu64 " arrays, more than fit", name, n_item);
    DNA_NEW(store, 1);
    *store = (dna_kastore){.bytes = bytes, .name = name};
    DNA_NEW(store->entries, n_item);
    store->n = (int64_t)n_item;
    for (int64_t i = 0; i < store->n; i++) {
        DNA_TRY(read_entry(&store->entries[i], store, i, n));
    }
    *out = store;
    store = NULL;
out:
    dna_kastore_close(store);
    return rc;
}

void
dna_kastore_close(dna_kastore *store)
{
    if (store != NULL) {
        dna_free(store->entries);
        dna_free(store);
    }
}

bool
dna_kastore_find(const dna_kastore *store, const char *key, dna_kastore_item *item)
{
    size_t n = strlen(key);
    for (int64_t i = 0; i < store->n; i++) {
        const entry *e = &store->entries[i];
        if (e->key_size == n && memcmp(store->bytes + e->key, key, n) == 0) {
            *item = (dna_kastore_item){
                key, e->type, store->bytes + e->array, (int64_t)e->n};
            return true;
        }
    }
    return false;
}
