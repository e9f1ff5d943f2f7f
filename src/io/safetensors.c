/* safetensors.c - named tensors and text metadata in one file.
 *
 * SPDX-License-Identifier: MIT
 *
 * The JSON of the header goes through jansson, which keeps the order of keys; all that
 * it says is checked against the bytes before any memory is taken for tensors.
 * Numbers are little-endian in the file.
 */
#include "io/safetensors.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "io/json.h"

#define HEADER_MAX ((size_t)100 << 20) /* the format's own limit */
#define FILE_MAX   ((size_t)16 << 30)

static const struct {
    const char *name;
    dna_dtype dtype;
} types[] = {
    {"BOOL", DNA_BOOL},
    {"U8", DNA_U8},
    {"I8", DNA_I8},
    {"U16", DNA_U16},
    {"I16", DNA_I16},
    {"U32", DNA_U32},
    {"I32", DNA_I32},
    {"U64", DNA_U64},
    {"I64", DNA_I64},
    {"F16", DNA_F16},
    {"F32", DNA_F32},
    {"F64", DNA_F64},
};

/* A tensor as the header tells it. */
typedef struct {
    const char *name;
    dna_dtype dtype;
    int n_dim;
    int64_t dim[DNA_MAX_DIM];
    size_t begin, end;
} entry;

static uint64_t
read_u64(const unsigned char *p)
{
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--) {
        v = v << 8 | p[i];
    }
    return v;
}

static bool
is_big_endian(void)
{
    const uint16_t one = 1;
    unsigned char first = 0;
    memcpy(&first, &one, 1);
    return first == 0;
}

/* Numbers from or to the file's order; the same bytes on nearly every machine. */
static void
copy_numbers(unsigned char *to, const unsigned char *from, size_t n, size_t size)
{
    if (n == 0) {
        return;
    }
    if (!is_big_endian()) {
        memcpy(to, from, n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        to[i] = from[i - i % size + (size - 1 - i % size)];
    }
}

static int
parse_type(entry *e, const json_t *value, const char *name)
{
    const char *text = json_string_value(value);
    if (text == NULL) {
        return dna_fail(DNA_EFORMAT, "%s: tensor \"%s\": no dtype", name, e->name);
    }
    for (int64_t i = 0; i < DNA_COUNT(types); i++) {
        if (strcmp(text, types[i].name) == 0) {
            e->dtype = types[i].dtype;
            return DNA_OK;
        }
    }
    return dna_fail(DNA_EUNSUPPORTED,
        "%s: tensor \"%s\": dtype \"%s\", but only BOOL, U8 to U64, I8 to I64, F16, F32 and F64 are read",
        name, e->name, text);
}

/* The shape, and the bytes it needs. */
static int
parse_shape(entry *e, const json_t *shape, const char *name, size_t *n_byte)
{
    int rc = DNA_OK;
    size_t n_dim = json_array_size(shape);
    DNA_REQUIRE(json_is_array(shape), DNA_EFORMAT, "%s: tensor \"%s\": no shape", name,
        e->name);
    DNA_REQUIRE(n_dim <= DNA_MAX_DIM, DNA_EUNSUPPORTED,
        "%s: tensor \"%s\": %zu dimensions, but at most %d are read", name, e->name,
        n_dim, DNA_MAX_DIM);
    *n_byte = dna_dtype_size(e->dtype);
    e->n_dim = (int)n_dim;
    for (size_t i = 0; i < n_dim; i++) {
        const json_t *item = json_array_get(shape, i);
        DNA_REQUIRE(json_is_integer(item) && json_integer_value(item) >= 0, DNA_EFORMAT,
            "%s: tensor \"%s\": shape[%zu] is not a size", name, e->name, i);
        e->dim[i] = json_integer_value(item);
        DNA_REQUIRE(dna_mul_size(*n_byte, (size_t)e->dim[i], n_byte), DNA_EFORMAT,
            "%s: tensor \"%s\": a shape too large for this machine", name, e->name);
    }
out:
    return rc;
}

static int
parse_entry(
    entry *e, const char *key, const json_t *value, const char *name, size_t n_data)
{
    int rc = DNA_OK;
    size_t n_byte = 0;
    e->name = key;
    DNA_REQUIRE(json_is_object(value), DNA_EFORMAT,
        "%s: tensor \"%s\": not described by a mapping", name, key);
    DNA_TRY(parse_type(e, json_object_get(value, "dtype"), name));
    DNA_TRY(parse_shape(e, json_object_get(value, "shape"), name, &n_byte));
    const json_t *offsets = json_object_get(value, "data_offsets");
    const json_t *begin = json_array_get(offsets, 0);
    const json_t *end = json_array_get(offsets, 1);
    DNA_REQUIRE(json_array_size(offsets) == 2 && json_is_integer(begin)
                    && json_is_integer(end) && json_integer_value(begin) >= 0
                    && json_integer_value(begin) <= json_integer_value(end),
        DNA_EFORMAT, "%s: tensor \"%s\": data_offsets are not [begin, end]", name, key);
    DNA_REQUIRE((uint64_t)json_integer_value(end) <= n_data, DNA_EFORMAT,
        "%s: tensor \"%s\": ends at byte %lld of the data, which has %zu", name, key,
        (long long)json_integer_value(end), n_data);
    e->begin = (size_t)json_integer_value(begin);
    e->end = (size_t)json_integer_value(end);
    DNA_REQUIRE(e->end - e->begin == n_byte, DNA_EFORMAT,
        "%s: tensor \"%s\": %zu bytes, but its shape asks for %zu", name, key,
        e->end - e->begin, n_byte);
    DNA_REQUIRE(json_object_size(value) == 3, DNA_EFORMAT,
        "%s: tensor \"%s\": more than dtype, shape and data_offsets", name, key);
out:
    return rc;
}

/* By place in the file; an empty tensor goes before the one that begins there. */
static int
compare_begin(const void *a, const void *b)
{
    const entry *x = *(const entry *const *)a;
    const entry *y = *(const entry *const *)b;
    if (x->begin != y->begin) {
        return x->begin < y->begin ? -1 : 1;
    }
    return x->end == y->end ? 0 : x->end < y->end ? -1 : 1;
}

/* The tensors must cover the data, each byte once. */
static int
check_cover(const entry *entries, int64_t n, size_t n_data, const char *name)
{
    int rc = DNA_OK;
    const entry **order = NULL;
    size_t at = 0;
    DNA_NEW(order, n);
    for (int64_t i = 0; i < n; i++) {
        order[i] = &entries[i];
    }
    if (n > 0) {
        qsort(order, (size_t)n, sizeof(*order), compare_begin);
    }
    for (int64_t i = 0; i < n; i++) {
        DNA_REQUIRE(order[i]->begin == at, DNA_EFORMAT,
            "%s: tensor \"%s\": begins at byte %zu of the data, but %s at %zu", name,
            order[i]->name, order[i]->begin,
            order[i]->begin < at ? "the one before it ends" : "there is a hole", at);
        at = order[i]->end;
    }
    DNA_REQUIRE(at == n_data, DNA_EFORMAT,
        "%s: the tensors end at byte %zu of the data, which has %zu", name, at, n_data);
out:
    dna_free(order);
    return rc;
}

static int
take_metadata(dna_safetensors *st, json_t *meta, const char *name)
{
    int rc = DNA_OK;
    DNA_REQUIRE(
        json_is_object(meta), DNA_EFORMAT, "%s: __metadata__ is not a mapping", name);
    DNA_NEW(st->meta_keys, json_object_size(meta));
    DNA_NEW(st->meta_texts, json_object_size(meta));
    for (void *it = json_object_iter(meta); it != NULL;
         it = json_object_iter_next(meta, it)) {
        const char *key = json_object_iter_key(it);
        const char *text = json_string_value(json_object_iter_value(it));
        DNA_REQUIRE(
            text != NULL, DNA_EFORMAT, "%s: __metadata__ \"%s\": not text", name, key);
        int64_t i = st->n_meta++; /* clear() frees what is there, even half of it */
        st->meta_keys[i] = dna_strdup(key);
        st->meta_texts[i] = dna_strdup(text);
        if (st->meta_keys[i] == NULL || st->meta_texts[i] == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
    }
out:
    return rc;
}

static int
take_tensor(dna_safetensors *st, const entry *e, const unsigned char *data)
{
    int rc = DNA_OK;
    int64_t i = st->n_tensor++;
    st->names[i] = dna_strdup(e->name);
    if (st->names[i] == NULL) {
        return DNA_ENOMEM;
    }
    dna_array *a = &st->arrays[i];
    DNA_TRY(dna_array_init(a, e->dtype, e->n_dim, e->dim));
    copy_numbers(a->data, data + e->begin, e->end - e->begin, dna_dtype_size(e->dtype));
    if (e->dtype == DNA_BOOL) {
        unsigned char *p = a->data;
        for (size_t k = 0; k < e->end - e->begin; k++) {
            p[k] = p[k] != 0;
        }
    }
out:
    return rc;
}

static int
take_header(dna_safetensors *st, json_t *root, const unsigned char *data, size_t n_data,
    const char *name)
{
    int rc = DNA_OK;
    entry *entries = NULL;
    int64_t n = 0;
    DNA_NEW(entries, json_object_size(root));
    for (void *it = json_object_iter(root); it != NULL;
         it = json_object_iter_next(root, it)) {
        const char *key = json_object_iter_key(it);
        if (strcmp(key, "__metadata__") == 0) {
            DNA_TRY(take_metadata(st, json_object_iter_value(it), name));
        } else {
            DNA_TRY(parse_entry(
                &entries[n], key, json_object_iter_value(it), name, n_data));
            n++;
        }
    }
    DNA_TRY(check_cover(entries, n, n_data, name));
    DNA_NEW(st->names, n);
    DNA_NEW(st->arrays, n);
    for (int64_t i = 0; i < n; i++) {
        DNA_TRY(take_tensor(st, &entries[i], data));
    }
out:
    dna_free(entries);
    return rc;
}

int
dna_safetensors_parse(
    dna_safetensors *out, const unsigned char *bytes, size_t n, const char *name)
{
    int rc = DNA_OK;
    json_t *root = NULL;
    json_error_t error;
    memset(out, 0, sizeof(*out));
    DNA_REQUIRE(n >= 8, DNA_EFORMAT, "%s: %zu bytes, too short for a safetensors file",
        name, n);
    DNA_REQUIRE(memcmp(bytes, "PK\3\4", 4) != 0, DNA_EFORMAT,
        "%s: a zip archive (an npz, or a PyTorch file), not a safetensors file", name);
    uint64_t length = read_u64(bytes);
    DNA_REQUIRE(length <= HEADER_MAX, DNA_EFORMAT,
        "%s: not a safetensors file: a header of %llu bytes", name,
        (unsigned long long)length);
    DNA_REQUIRE(length <= n - 8, DNA_EFORMAT,
        "%s: cut off: a header of %llu bytes, but %zu are left", name,
        (unsigned long long)length, n - 8);
    const char *text = (const char *)bytes + 8;
    DNA_REQUIRE(length > 0 && text[0] == '{', DNA_EFORMAT,
        "%s: not a safetensors file: the header does not begin with {", name);
    root = json_loadb(text, (size_t)length, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        rc = dna_json_failure((int)json_error_code(&error), error.text) == DNA_ENOMEM
                 ? dna_fail(DNA_ENOMEM, "%s: out of memory", name)
                 : dna_fail(DNA_EFORMAT, "%s: header, byte %d: %s", name,
                     error.position, error.text);
        goto out;
    }
    DNA_TRY(take_header(out, root, bytes + 8 + length, n - 8 - (size_t)length, name));
out:
    json_decref(root);
    if (rc < 0) {
        dna_safetensors_clear(out);
    }
    return rc;
}

int
dna_safetensors_read(dna_safetensors *out, const char *path)
{
    int rc = DNA_OK;
    unsigned char *bytes = NULL;
    size_t n = 0;
    memset(out, 0, sizeof(*out));
    DNA_TRY(dna_file_read(path, FILE_MAX, &bytes, &n));
    DNA_TRY(dna_safetensors_parse(out, bytes, n, path));
out:
    dna_free(bytes);
    return rc;
}

void
dna_safetensors_clear(dna_safetensors *st)
{
    for (int64_t i = 0; i < st->n_tensor; i++) {
        dna_free(st->names[i]);
        dna_array_clear(&st->arrays[i]);
    }
    for (int64_t i = 0; i < st->n_meta; i++) {
        dna_free(st->meta_keys[i]);
        dna_free(st->meta_texts[i]);
    }
    dna_free(st->names);
    dna_free(st->arrays);
    dna_free(st->meta_keys);
    dna_free(st->meta_texts);
    memset(st, 0, sizeof(*st));
}

const dna_array *
dna_safetensors_find(const dna_safetensors *st, const char *name)
{
    for (int64_t i = 0; i < st->n_tensor; i++) {
        if (strcmp(st->names[i], name) == 0) {
            return &st->arrays[i];
        }
    }
    return NULL;
}

const char *
dna_safetensors_meta(const dna_safetensors *st, const char *key)
{
    for (int64_t i = 0; i < st->n_meta; i++) {
        if (strcmp(st->meta_keys[i], key) == 0) {
            return st->meta_texts[i];
        }
    }
    return NULL;
}

/* Writing. */

/* Takes value. */
static int
put(json_t *object, const char *key, json_t *value, const char *path)
{
    if (json_object_get(object, key) != NULL) {
        json_decref(value);
        return dna_fail(DNA_EARG, "%s: two entries named \"%s\"", path, key);
    }
    if (!dna_is_utf8(key)) {
        json_decref(value);
        return dna_fail(DNA_EARG, "%s: \"%s\": not UTF-8", path, key);
    }
    if (json_object_set_new(object, key, value) != 0) { /* also for NULL */
        return dna_fail(DNA_ENOMEM, "%s: out of memory", path);
    }
    return DNA_OK;
}

static json_t *
describe(const dna_array *a, size_t begin, size_t end)
{
    const char *type = "";
    for (int64_t i = 0; i < DNA_COUNT(types); i++) {
        type = types[i].dtype == a->dtype ? types[i].name : type;
    }
    json_t *shape = json_array();
    for (int i = 0; i < a->n_dim; i++) {
        if (json_array_append_new(shape, json_integer(a->dim[i])) != 0) {
            json_decref(shape);
            return NULL;
        }
    }
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", type, "shape", shape,
        "data_offsets", (json_int_t)begin, (json_int_t)end);
}

/* The header's text, padded with spaces so that the data begin at a multiple of 8. */
static int
make_header(dna_str *text, const char *path, const char *const *names,
    const dna_array *arrays, int64_t n_tensor, json_t *meta)
{
    int rc = DNA_OK;
    size_t at = 0;
    char *dump = NULL;
    json_t *root = json_object();
    if (json_object_size(meta) > 0) {
        DNA_TRY(put(root, "__metadata__", json_incref(meta), path));
    }
    for (int64_t i = 0; i < n_tensor; i++) {
        size_t end =
            at + (size_t)dna_array_count(&arrays[i]) * dna_dtype_size(arrays[i].dtype);
        DNA_REQUIRE(strcmp(names[i], "__metadata__") != 0, DNA_EARG,
            "%s: no tensor can be named __metadata__", path);
        DNA_TRY(put(root, names[i], describe(&arrays[i], at, end), path));
        at = end;
    }
    dump = json_dumps(root, JSON_COMPACT);
    DNA_REQUIRE(dump != NULL, DNA_ENOMEM, "%s: out of memory", path);
    dna_str_add(text, dump);
    while (text->rc == DNA_OK && text->len % 8 != 0) {
        dna_str_addc(text, ' ');
    }
    DNA_TRY(dna_str_status(text));
    DNA_REQUIRE(text->len <= HEADER_MAX, DNA_EARG,
        "%s: a header of %zu bytes, more than the format's %zu", path, text->len,
        HEADER_MAX);
out:
    free(dump);
    json_decref(root);
    return rc;
}

static int
write_numbers(FILE *f, const dna_array *a)
{
    unsigned char buffer[4096];
    size_t size = dna_dtype_size(a->dtype);
    size_t n = (size_t)dna_array_count(a) * size;
    const unsigned char *from = a->data;
    if (!is_big_endian()) {
        return n == 0 || fwrite(from, 1, n, f) == n ? 0 : -1;
    }
    for (size_t at = 0; at < n; at += sizeof(buffer)) {
        size_t piece = DNA_MIN(n - at, sizeof(buffer));
        copy_numbers(buffer, from + at, piece, size);
        if (fwrite(buffer, 1, piece, f) != piece) {
            return -1;
        }
    }
    return 0;
}

int
dna_safetensors_write(const char *path, const char *const *names,
    const dna_array *arrays, int64_t n_tensor, const char *const *meta_keys,
    const char *const *meta_texts, int64_t n_meta)
{
    int rc = DNA_OK;
    dna_atomic *file = NULL;
    dna_str text;
    unsigned char length[8];
    json_t *meta = json_object();
    dna_str_init(&text, 0);
    for (int64_t i = 0; i < n_meta; i++) {
        DNA_REQUIRE(dna_is_utf8(meta_texts[i]), DNA_EARG, "%s: \"%s\": not UTF-8", path,
            meta_keys[i]);
        DNA_TRY(put(meta, meta_keys[i], json_string(meta_texts[i]), path));
    }
    DNA_TRY(make_header(&text, path, names, arrays, n_tensor, meta));
    for (int i = 0; i < 8; i++) {
        length[i] = (unsigned char)((uint64_t)text.len >> (8 * i));
    }
    DNA_TRY(dna_atomic_open(&file, path));
    FILE *f = dna_atomic_stream(file);
    bool is_good =
        fwrite(length, 1, 8, f) == 8 && fwrite(text.data, 1, text.len, f) == text.len;
    for (int64_t i = 0; is_good && i < n_tensor; i++) {
        is_good = write_numbers(f, &arrays[i]) == 0;
    }
    DNA_TRY(dna_atomic_commit(&file)); /* tells of any failed write above */
out:
    dna_atomic_abort(file);
    dna_str_clear(&text);
    json_decref(meta);
    return rc;
}
