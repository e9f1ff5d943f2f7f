/* pth.c - PyTorch's files: the containers, zip and legacy, and the storages in them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "io/pth_file.h"

#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "io/archive.h"
#include "io/pth_names.h"

#define MAX_FILE    ((size_t)16 << 30)
#define MAX_PICKLE  ((size_t)256 << 20)
#define MAX_STORAGE 65536

/* The first pickle of a legacy file: the number 0x1950a86a20f9469cfc6c. */
static const unsigned char legacy_magic[] = {0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c,
    0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.'};

static bool
is_zip(const unsigned char *bytes, size_t n)
{
    return n >= 4 && memcmp(bytes, "PK\003\004", 4) == 0;
}

bool
dna_pth_is(const unsigned char *bytes, size_t n)
{
    /* every torch.save begins with an opcode PROTO or a zip member; what else begins as a
     * pickle of protocol 0 may is read too, so that it is refused for what it wants */
    return is_zip(bytes, n) || (n >= 2 && bytes[0] == 0x80 && bytes[1] <= 5)
           || (n >= 2 && strchr("c(]}NIFVSl", bytes[0]) != NULL && bytes[0] != '\0'
               && bytes[1] != '\0');
}

/* ---- storages -------------------------------------------------------------------- */

/* The persistent id of a storage: ("storage", type, key, location, count[, view]). */
static int
read_ref(const dna_pickle *ref, dna_pth_storage *out, const dna_pickle **view)
{
    const dna_pickle *id = ref->items.items[0];
    dna_pickle *const *item = id->items.items;
    int rc = DNA_OK;

    bool is_id = id->kind == DNA_PICKLE_TUPLE && id->items.n >= 5
                 && item[0]->kind == DNA_PICKLE_TEXT
                 && strcmp(item[0]->text, "storage") == 0
                 && item[1]->kind == DNA_PICKLE_GLOBAL
                 && item[2]->kind == DNA_PICKLE_TEXT && item[4]->kind == DNA_PICKLE_INT;
    DNA_REQUIRE(is_id, DNA_EFORMAT, "a reference that is to no storage");
    const dna_pth_storage_type *type = dna_pth_storage_type_of(item[1]->role);
    DNA_REQUIRE(
        type != NULL, DNA_EUNSUPPORTED, "a storage of type %.80s", item[1]->text);
    *out = (dna_pth_storage){
        .key = item[2]->text, .type = type, .count = item[4]->integer};
    DNA_REQUIRE(out->count >= 0, DNA_EFORMAT, "storage %.40s: %lld entries", out->key,
        (long long)out->count);
    *view = id->items.n > 5 && item[5]->kind == DNA_PICKLE_TUPLE ? item[5] : NULL;
out:
    return rc;
}

dna_pth_storage *
dna_pth_find_storage(const dna_pth *pth, const char *key)
{
    const dna_value *number = dna_value_get(pth->numbers, key);
    return number == NULL ? NULL : &pth->storages[number->integer];
}

/* All storages that the pickle refers to, each once. */
static int
list_storages(dna_pth *pth, const dna_pickle_list *refs)
{
    int rc = DNA_OK;

    pth->numbers = dna_value_map(pth->arena);
    pth->storages = dna_arena_alloc(
        pth->arena, (size_t)DNA_MAX(refs->n, (int64_t)1), sizeof(*pth->storages));
    if (pth->numbers == NULL || pth->storages == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; i < refs->n; i++) {
        dna_pth_storage s;
        const dna_pickle *view = NULL;
        DNA_TRY(read_ref(refs->items[i], &s, &view));
        const dna_pth_storage *same = dna_pth_find_storage(pth, s.key);
        if (same != NULL) {
            DNA_REQUIRE(
                same->type == s.type && (view != NULL || same->count == s.count),
                DNA_EFORMAT, "storage %.40s: is referred to in two ways", s.key);
            continue;
        }
        DNA_REQUIRE(pth->n_storage < MAX_STORAGE, DNA_EUNSUPPORTED,
            "more than %d storages", MAX_STORAGE);
        DNA_TRY(dna_value_set(pth->arena, pth->numbers, s.key,
            dna_value_int(pth->arena, pth->n_storage)));
        pth->storages[pth->n_storage++] = s;
    }
out:
    return rc;
}

int
dna_pth_resolve(
    dna_pth *pth, const dna_pickle *ref, dna_pth_storage **out, int64_t *first)
{
    const dna_pickle *view = NULL;
    dna_pth_storage s;
    int rc = DNA_OK;

    DNA_REQUIRE(ref->kind == DNA_PICKLE_REF, DNA_EFORMAT, "a tensor without storage");
    DNA_TRY(read_ref(ref, &s, &view));
    *out = dna_pth_find_storage(pth, s.key);
    DNA_REQUIRE(*out != NULL, DNA_EFORMAT, "storage %.40s: is not in the file", s.key);
    *first = 0;
    if (view != NULL) { /* (key, first, count) of the storage that it looks into */
        bool is_view =
            view->items.n == 3 && view->items.items[1]->kind == DNA_PICKLE_INT;
        DNA_REQUIRE(is_view && view->items.items[1]->integer >= 0, DNA_EFORMAT,
            "storage %.40s: a view that is none", s.key);
        *first = view->items.items[1]->integer;
    }
out:
    return rc;
}

/* ---- zip ------------------------------------------------------------------------- */

/* The member's number, for "<prefix>/<name>". */
static int64_t
find_member(const dna_pth *pth, const char *name)
{
    const char *path = dna_arena_printf(pth->arena, "%s%s", pth->prefix, name);
    return path == NULL ? -1 : dna_archive_find(pth->zip, path);
}

static int
find_pickle(dna_pth *pth, int64_t *out)
{
    int64_t n = dna_archive_count(pth->zip);
    int rc = DNA_OK;

    *out = -1;
    for (int64_t i = 0; i < n && *out < 0; i++) {
        const char *name = dna_archive_name(pth->zip, i);
        if (name != NULL && dna_str_ends_with(name, "data.pkl")) {
            pth->prefix =
                dna_arena_strndup(pth->arena, name, strlen(name) - strlen("data.pkl"));
            if (pth->prefix == NULL) {
                return DNA_ENOMEM;
            }
            *out = i;
        }
    }
    DNA_REQUIRE(*out >= 0, DNA_EFORMAT, "a zip archive, but without a data.pkl");
    DNA_REQUIRE(find_member(pth, "constants.pkl") < 0, DNA_EUNSUPPORTED,
        "a TorchScript program, which would have to be run: save the network's "
        "state_dict()");
out:
    return rc;
}

static int
read_byte_order(dna_pth *pth)
{
    unsigned char *text = NULL;
    size_t n = 0;
    int64_t i = find_member(pth, "byteorder");
    int rc = DNA_OK;

    if (i >= 0) {
        DNA_TRY(dna_archive_read(pth->zip, i, 64, &text, &n));
        pth->is_big_endian = n == 3 && memcmp(text, "big", 3) == 0;
    }
out:
    dna_free(text);
    return rc;
}

static int
open_zip(dna_pth *pth)
{
    dna_pickle_result result;
    unsigned char *pickle = NULL;
    int64_t i = 0;
    size_t n = 0;
    int rc = DNA_OK;

    pth->has_named = true;
    DNA_TRY(dna_archive_open_memory(
        &pth->zip, pth->bytes, pth->n, pth->name, "PyTorch file"));
    rc = find_pickle(pth, &i);
    if (rc < 0) {
        dna_context("%s", pth->name);
        goto out;
    }
    DNA_TRY(read_byte_order(pth));
    DNA_TRY(dna_archive_read(pth->zip, i, MAX_PICKLE, &pickle, &n));
    pth->has_named = false;
    DNA_TRY(dna_pickle_parse(&result, pth->arena, pickle, n, dna_pth_role));
    pth->root = result.root;
    DNA_TRY(list_storages(pth, &result.refs));
out:
    dna_free(pickle);
    return rc;
}

/* Bytes of a storage of a zip; read when a tensor first needs them. */
int
dna_pth_load_storage(dna_pth *pth, dna_pth_storage *s)
{
    const size_t size = dna_dtype_size(s->type->dtype);
    char name[256];
    int rc = DNA_OK;

    if (s->bytes != NULL) {
        goto out;
    }
    DNA_REQUIRE(pth->zip != NULL, DNA_EFORMAT, "storage %.40s: has no bytes", s->key);
    snprintf(name, sizeof(name), "data/%.200s", s->key);
    int64_t i = find_member(pth, name);
    DNA_REQUIRE(i >= 0, DNA_EFORMAT, "storage %.40s: is not in the file", s->key);
    pth->has_named = true;
    DNA_TRY(dna_archive_read(pth->zip, i, MAX_FILE, &s->owned, &s->n_byte));
    pth->has_named = false;
    s->bytes = s->owned;
    DNA_REQUIRE(s->n_byte / size >= (size_t)s->count, DNA_EFORMAT,
        "storage %.40s: has %zu bytes, %lld entries of %s need more", s->key, s->n_byte,
        (long long)s->count, dna_dtype_name(s->type->dtype));
out:
    return rc;
}

/* ---- legacy ---------------------------------------------------------------------- */

/* One pickle of the row at *at. */
static int
next_pickle(dna_pth *pth, size_t *at, dna_pickle_result *out)
{
    int rc = DNA_OK;

    DNA_TRY(dna_pickle_parse(
        out, pth->arena, pth->bytes + *at, pth->n - *at, dna_pth_role));
    *at += out->n_used;
out:
    return rc;
}

static uint64_t
read_u64(const unsigned char *b, bool is_big_endian)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++) {
        v |= (uint64_t)b[i] << (8 * (is_big_endian ? 7 - i : i));
    }
    return v;
}

/* The storages stand one after the other: a count, then the entries. */
static int
map_storages(dna_pth *pth, const dna_pickle *keys, size_t at)
{
    int rc = DNA_OK;

    DNA_REQUIRE(keys->kind == DNA_PICKLE_LIST, DNA_EFORMAT, "no list of storages");
    for (int64_t i = 0; i < keys->items.n; i++) {
        const dna_pickle *key = keys->items.items[i];
        dna_pth_storage *s =
            key->kind == DNA_PICKLE_TEXT ? dna_pth_find_storage(pth, key->text) : NULL;
        DNA_REQUIRE(s != NULL && s->bytes == NULL, DNA_EFORMAT,
            "storage number %lld: is not one that the file refers to", (long long)i);
        DNA_REQUIRE(pth->n - at >= 8, DNA_EFORMAT, "storage %.40s: is cut off", s->key);
        uint64_t count = read_u64(pth->bytes + at, pth->is_big_endian);
        at += 8;
        size_t size = dna_dtype_size(s->type->dtype);
        DNA_REQUIRE(count <= (pth->n - at) / size, DNA_EFORMAT,
            "storage %.40s: is cut off: %llu entries of %s, but %zu bytes are left",
            s->key, (unsigned long long)count, dna_dtype_name(s->type->dtype),
            pth->n - at);
        s->bytes = pth->bytes + at;
        s->count = (int64_t)count; /* of views, the pickle had the view's own */
        s->n_byte = (size_t)count * size;
        at += s->n_byte;
    }
out:
    return rc;
}

/* Only the object itself: a pickle that torch.save did not write. */
static int
open_plain(dna_pth *pth)
{
    dna_pickle_result result;
    size_t at = 0;
    int rc = DNA_OK;

    DNA_TRY(next_pickle(pth, &at, &result));
    pth->root = result.root;
    DNA_TRY(list_storages(pth, &result.refs));
out:
    return rc;
}

static int
open_legacy(dna_pth *pth)
{
    dna_pickle_result result;
    size_t at = sizeof(legacy_magic);
    int rc = DNA_OK;

    DNA_TRY(next_pickle(pth, &at, &result));
    DNA_REQUIRE(result.root->kind == DNA_PICKLE_INT && result.root->integer == 1001,
        DNA_EUNSUPPORTED, "a legacy PyTorch file of an unknown version");
    DNA_TRY(next_pickle(pth, &at, &result));
    const dna_pickle *order = dna_pth_get(result.root, "little_endian");
    pth->is_big_endian =
        order != NULL && order->kind == DNA_PICKLE_BOOL && !order->boolean;
    DNA_TRY(next_pickle(pth, &at, &result));
    pth->root = result.root;
    DNA_TRY(list_storages(pth, &result.refs));
    DNA_TRY(next_pickle(pth, &at, &result));
    DNA_TRY(map_storages(pth, result.root, at));
out:
    return rc;
}

/* ---- the file -------------------------------------------------------------------- */

static bool
is_tar(const unsigned char *bytes, size_t n)
{
    return n > 262 && memcmp(bytes + 257, "ustar", 5) == 0;
}

static int
open_any(dna_pth *pth)
{
    const size_t n_magic = sizeof(legacy_magic);
    int rc = DNA_OK;

    if (is_zip(pth->bytes, pth->n)) {
        return open_zip(pth);
    }
    DNA_REQUIRE(!is_tar(pth->bytes, pth->n), DNA_EUNSUPPORTED,
        "a tar archive, as PyTorch wrote before 2017: save it anew with torch.save");
    if (pth->n >= n_magic && memcmp(pth->bytes, legacy_magic, n_magic) == 0) {
        return open_legacy(pth);
    }
    return open_plain(pth);
out:
    return rc;
}

int
dna_pth_parse(dna_pth **out, const unsigned char *bytes, size_t n, const char *name)
{
    dna_pth *pth = NULL;
    int rc = DNA_OK;

    DNA_NEW(pth, 1);
    pth->bytes = bytes;
    pth->n = n;
    DNA_TRY(dna_arena_new(&pth->arena));
    pth->name = dna_arena_strdup(pth->arena, name);
    if (pth->name == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    rc = open_any(pth);
    if (rc < 0) {
        if (!pth->has_named) {
            dna_context("%s", name);
        }
        goto out;
    }
    *out = pth;
    pth = NULL;
out:
    dna_pth_free(pth);
    return rc;
}

int
dna_pth_read(dna_pth **out, const char *path)
{
    unsigned char *bytes = NULL;
    size_t n = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_file_read(path, MAX_FILE, &bytes, &n));
    DNA_TRY(dna_pth_parse(out, bytes, n, path));
    (*out)->owned = bytes;
    bytes = NULL;
out:
    dna_free(bytes);
    return rc;
}

void
dna_pth_free(dna_pth *pth)
{
    if (pth == NULL) {
        return;
    }
    for (int64_t i = 0; i < pth->n_storage; i++) {
        dna_free(pth->storages[i].owned);
    }
    dna_archive_close(pth->zip);
    dna_free(pth->owned);
    dna_arena_free(pth->arena);
    dna_free(pth);
}

const dna_pickle *
dna_pth_root(const dna_pth *pth)
{
    return pth->root;
}
