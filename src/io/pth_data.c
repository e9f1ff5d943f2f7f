/* pth_data.c - what the objects of a PyTorch file mean: mappings, values, tensors.
 *
 * SPDX-License-Identifier: MIT
 *
 * A hostile file may have objects that contain themselves, or the same object a billion
 * times: depth and steps are bounded.
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "io/json.h"
#include "io/pth_file.h"

#define MAX_DEPTH   64
#define MAX_STEP    1000000
#define MAX_LOOK    1024 /* mappings that a chain is searched through */
#define MORE_TENSOR 64   /* times the bytes of the file, that all tensors may have */

/* ---- mappings -------------------------------------------------------------------- */

static bool
is_call(const dna_pickle *p, int role)
{
    return p != NULL && p->kind == DNA_PICKLE_CALL && p->role == role;
}

/* What a call of _reconstructor(class, base, state) makes: an object of the class, whose
 * attributes are its own state. */
static int
made_role(const dna_pickle *p)
{
    if (is_call(p, PTH_RECONSTRUCTOR) && p->items.n > 0
        && p->items.items[0]->kind == DNA_PICKLE_GLOBAL) {
        return p->items.items[0]->role;
    }
    return p != NULL && p->kind == DNA_PICKLE_CALL ? p->role : PTH_REFUSED;
}

bool
dna_pth_is_mapping(const dna_pickle *p)
{
    int role = made_role(p);
    return p != NULL
           && (p->kind == DNA_PICKLE_DICT || role == PTH_MAPPING || role == PTH_CHAIN);
}

static const dna_pickle *
plain_get(const dna_pickle_list *pairs, const char *key)
{
    for (int64_t i = pairs->n - 2; i >= 0; i -= 2) { /* later ones win */
        const dna_pickle *k = pairs->items[i];
        if (k->kind == DNA_PICKLE_TEXT && strcmp(k->text, key) == 0) {
            return pairs->items[i + 1];
        }
    }
    return NULL;
}

/* An attribute of an object: its state is a mapping, or a pair (mapping, slots). */
static const dna_pickle *
attribute(const dna_pickle *p, const char *name)
{
    const dna_pickle *state = p->state;
    if (state != NULL && state->kind == DNA_PICKLE_TUPLE) {
        for (int64_t i = 0; i < state->items.n; i++) {
            const dna_pickle *part = state->items.items[i];
            const dna_pickle *found =
                part->kind == DNA_PICKLE_DICT ? plain_get(&part->pairs, name) : NULL;
            if (found != NULL) {
                return found;
            }
        }
        return NULL;
    }
    return state != NULL && state->kind == DNA_PICKLE_DICT
               ? plain_get(&state->pairs, name)
               : NULL;
}

/* The mappings behind a mapping that is another's: of a chain its maps, first wins; of a
 * UserDict its data. */
static const dna_pickle_list *
maps_of(const dna_pickle *p, dna_pickle_list *scratch)
{
    static const char *const names[] = {"maps", "data"};
    for (int64_t i = 0; i < DNA_COUNT(names); i++) {
        const dna_pickle *maps = attribute(p, names[i]);
        if (maps != NULL
            && (maps->kind == DNA_PICKLE_LIST || maps->kind == DNA_PICKLE_TUPLE)) {
            return &maps->items;
        }
        if (maps != NULL && dna_pth_is_mapping(maps)) {
            scratch->n = 1;
            memcpy(scratch->items, &maps, sizeof(maps));
            return scratch;
        }
    }
    return made_role(p) == PTH_CHAIN && p->role != PTH_RECONSTRUCTOR ? &p->items : NULL;
}

static const dna_pickle *
get(const dna_pickle *p, const char *key, int depth, int *n_step)
{
    dna_pickle *one = NULL;
    dna_pickle_list scratch = {.items = &one};

    if (depth > MAX_DEPTH || (*n_step)++ > MAX_LOOK || !dna_pth_is_mapping(p)) {
        return NULL;
    }
    const dna_pickle *found = plain_get(&p->pairs, key);
    const dna_pickle_list *maps = found == NULL ? maps_of(p, &scratch) : NULL;
    for (int64_t i = 0; maps != NULL && i < maps->n && found == NULL; i++) {
        found = get(maps->items[i], key, depth + 1, n_step);
    }
    return found;
}

const dna_pickle *
dna_pth_get(const dna_pickle *p, const char *key)
{
    int n_step = 0;
    return get(p, key, 0, &n_step);
}

/* ---- tensors --------------------------------------------------------------------- */

/* The tensor itself, out of its parameter. */
static const dna_pickle *
tensor_of(const dna_pickle *p)
{
    for (int i = 0; i < MAX_DEPTH && is_call(p, PTH_PARAMETER) && p->items.n > 0; i++) {
        p = p->items.items[0];
    }
    return is_call(p, PTH_TENSOR) ? p : NULL;
}

bool
dna_pth_is_tensor(const dna_pickle *p)
{
    return tensor_of(p) != NULL;
}

/* A tuple of numbers, also within torch.Size. */
static int
read_numbers(const dna_pickle *p, int64_t *to, int *n)
{
    int rc = DNA_OK;

    if (is_call(p, PTH_SIZE) && p->items.n == 1) {
        p = p->items.items[0];
    }
    DNA_REQUIRE(
        p != NULL && (p->kind == DNA_PICKLE_TUPLE || p->kind == DNA_PICKLE_LIST),
        DNA_EFORMAT, "a size that is none");
    DNA_REQUIRE(p->items.n <= DNA_MAX_DIM, DNA_EUNSUPPORTED,
        "%lld dimensions, at most %d", (long long)p->items.n, DNA_MAX_DIM);
    for (int64_t i = 0; i < p->items.n; i++) {
        DNA_REQUIRE(p->items.items[i]->kind == DNA_PICKLE_INT
                        && p->items.items[i]->integer >= 0,
            DNA_EFORMAT, "a size that is none");
        to[i] = p->items.items[i]->integer;
    }
    *n = (int)p->items.n;
out:
    return rc;
}

typedef struct {
    dna_pth_storage *storage;
    int64_t first; /* entry of the storage */
    int n_dim;
    int64_t dim[DNA_MAX_DIM], stride[DNA_MAX_DIM];
    int64_t count;
} view;

/* Every entry of the tensor is one of the storage's, and there are not more of them. */
static int
check_view(view *v)
{
    const int64_t max = v->storage->count;
    int64_t last = v->first;
    int rc = DNA_OK;

    v->count = 1;
    for (int i = 0; i < v->n_dim; i++) {
        v->count = v->dim[i] == 0 ? 0 : v->count;
    }
    DNA_REQUIRE(
        v->first >= 0 && v->first <= max, DNA_EFORMAT, "begins beyond its storage");
    for (int i = 0; i < v->n_dim && v->count > 0; i++) {
        int64_t steps = v->dim[i] - 1;
        DNA_REQUIRE(v->dim[i] <= max / v->count, DNA_EFORMAT,
            "has more entries than the %lld of its storage", (long long)max);
        v->count *= v->dim[i];
        DNA_REQUIRE(steps == 0 || v->stride[i] <= (max - last) / steps, DNA_EFORMAT,
            "reaches beyond the %lld entries of its storage", (long long)max);
        last += steps * v->stride[i];
    }
    DNA_REQUIRE(v->count == 0 || last < max, DNA_EFORMAT,
        "reaches beyond the %lld entries of its storage", (long long)max);
out:
    return rc;
}

static int
read_view(view *v, dna_pth *pth, const dna_pickle *p)
{
    dna_pickle *const *arg = p->items.items;
    int64_t base = 0;
    int n_stride = 0;
    int rc = DNA_OK;

    DNA_REQUIRE(p->items.n >= 4 && arg[1]->kind == DNA_PICKLE_INT, DNA_EFORMAT,
        "a tensor without its parts");
    DNA_TRY(dna_pth_resolve(pth, arg[0], &v->storage, &base));
    DNA_TRY(read_numbers(arg[2], v->dim, &v->n_dim));
    DNA_TRY(read_numbers(arg[3], v->stride, &n_stride));
    DNA_REQUIRE(n_stride == v->n_dim, DNA_EFORMAT, "has %d dimensions, but %d strides",
        v->n_dim, n_stride);
    v->first = arg[1]->integer;
    DNA_REQUIRE(v->first >= 0 && base <= v->storage->count
                    && v->first <= v->storage->count - base,
        DNA_EFORMAT, "begins beyond its storage");
    v->first += base;
    DNA_TRY(check_view(v));
out:
    return rc;
}

/* The number of entry i (row-major) in the storage. */
static int64_t
place_of(const view *v, int64_t i)
{
    int64_t at = v->first;
    for (int d = v->n_dim - 1; d >= 0; d--) {
        at += i % v->dim[d] * v->stride[d];
        i /= v->dim[d];
    }
    return at;
}

static void
copy_entry(unsigned char *to, const unsigned char *from, size_t size, bool is_swapped)
{
    for (size_t b = 0; b < size; b++) {
        to[b] = from[is_swapped ? size - 1 - b : b];
    }
}

static int
read_tensor(dna_array *out, dna_pth *pth, const dna_pickle *p, size_t *budget)
{
    const uint16_t one = 1;
    const bool is_host_big = *(const unsigned char *)&one == 0;
    view v = {0};
    int rc = DNA_OK;

    DNA_TRY(read_view(&v, pth, p));
    const dna_pth_storage_type *type = v.storage->type;
    const size_t size = dna_dtype_size(type->dtype);
    const size_t n_byte = (size_t)v.count * (type->is_bfloat ? 4 : size);
    DNA_REQUIRE(n_byte <= *budget, DNA_EUNSUPPORTED,
        "the tensors are more than %d times as large as the file", MORE_TENSOR);
    *budget -= n_byte;
    DNA_TRY(dna_pth_load_storage(pth, v.storage));
    DNA_TRY(
        dna_array_init(out, type->is_bfloat ? DNA_F32 : type->dtype, v.n_dim, v.dim));
    for (int64_t i = 0; i < v.count; i++) {
        unsigned char entry[8];
        copy_entry(entry, v.storage->bytes + (size_t)place_of(&v, i) * size, size,
            pth->is_big_endian != is_host_big);
        if (type->is_bfloat) {
            uint16_t half = 0;
            memcpy(&half, entry, sizeof(half));
            uint32_t bits = (uint32_t)half << 16;
            memcpy(entry, &bits, sizeof(bits));
        }
        const size_t width = type->is_bfloat ? 4 : size;
        memcpy((unsigned char *)out->data + (size_t)i * width, entry, width);
    }
out:
    return rc;
}

int
dna_pth_tensors(dna_safetensors *out, dna_pth *pth, const dna_pickle *mapping)
{
    size_t budget = (pth->n + 4096) * MORE_TENSOR;
    int64_t n = mapping->pairs.n / 2;
    int rc = DNA_OK;

    memset(out, 0, sizeof(*out));
    pth->has_named = false;
    DNA_NEW(out->names, n);
    DNA_NEW(out->arrays, n);
    for (int64_t i = 0; i < n; i++) {
        const dna_pickle *key = mapping->pairs.items[2 * i];
        const dna_pickle *p = tensor_of(mapping->pairs.items[2 * i + 1]);
        if (key->kind != DNA_PICKLE_TEXT || p == NULL) {
            continue;
        }
        out->names[out->n_tensor] = dna_strdup(key->text);
        if (out->names[out->n_tensor] == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
        out->n_tensor++;
        rc = read_tensor(&out->arrays[out->n_tensor - 1], pth, p, &budget);
        if (rc < 0) {
            if (!pth->has_named) {
                dna_context("%s: tensor %.80s", pth->name, key->text);
            }
            goto out;
        }
    }
out:
    return rc;
}

/* ---- values ---------------------------------------------------------------------- */

typedef struct {
    dna_pth *pth;
    dna_arena *arena;
    int64_t n_step;
} reader;

static int convert(dna_value **out, reader *r, const dna_pickle *p, int depth);

static int
check_memory(const dna_value *v)
{
    return v == NULL ? DNA_ENOMEM : DNA_OK;
}

static int
convert_text(dna_value **out, reader *r, const dna_pickle *p)
{
    int rc = DNA_OK;

    DNA_REQUIRE(strlen(p->text) == p->n_byte && dna_is_utf8(p->text), DNA_EFORMAT,
        "a text that is not UTF-8");
    *out = dna_value_string(r->arena, p->text);
    rc = check_memory(*out);
out:
    return rc;
}

static int
convert_list(dna_value **out, reader *r, const dna_pickle_list *items, int depth)
{
    dna_value *list = dna_value_list(r->arena);
    dna_value *item = NULL;
    int rc = check_memory(list);

    for (int64_t i = 0; rc == DNA_OK && i < items->n; i++) {
        DNA_TRY(convert(&item, r, items->items[i], depth + 1));
        DNA_TRY(dna_value_append(r->arena, list, item));
    }
    *out = list;
out:
    return rc;
}

/* A key as text: networks' settings are named, but scenarios are numbered. */
static int
key_text(const char **out, reader *r, const dna_pickle *key)
{
    int rc = DNA_OK;

    if (key->kind == DNA_PICKLE_INT) {
        *out = dna_arena_printf(r->arena, "%lld", (long long)key->integer);
        return *out == NULL ? DNA_ENOMEM : DNA_OK;
    }
    DNA_REQUIRE(key->kind == DNA_PICKLE_TEXT && strlen(key->text) == key->n_byte
                    && dna_is_utf8(key->text),
        DNA_EUNSUPPORTED, "a mapping with a key that is no text");
    *out = key->text;
out:
    return rc;
}

static int
put_pairs(dna_value *map, reader *r, const dna_pickle_list *pairs, int depth)
{
    dna_value *item = NULL;
    const char *key = NULL;
    int rc = DNA_OK;

    for (int64_t i = 0; i + 1 < pairs->n; i += 2) {
        DNA_TRY(key_text(&key, r, pairs->items[i]));
        rc = convert(&item, r, pairs->items[i + 1], depth + 1);
        if (rc < 0) {
            dna_context("%.80s", key);
            goto out;
        }
        DNA_TRY(dna_value_set(r->arena, map, key, item));
    }
out:
    return rc;
}

/* What map lacks, from another; mappings within mappings likewise. */
static int
merge(dna_value *map, reader *r, const dna_value *other, int depth)
{
    int rc = DNA_OK;

    for (int64_t i = 0; i < other->n; i++) {
        dna_value *have = dna_value_get(map, other->keys[i]);
        if (have == NULL) {
            DNA_TRY(dna_value_set(r->arena, map, other->keys[i], other->items[i]));
        } else if (have->type == DNA_MAP && other->items[i]->type == DNA_MAP
                   && depth < MAX_DEPTH) {
            DNA_TRY(merge(have, r, other->items[i], depth + 1));
        }
    }
out:
    return rc;
}

/* The argument of OrderedDict(...) in old files: a list of pairs, or a mapping. */
static int
put_argument(dna_value *map, reader *r, const dna_pickle *arg, int depth)
{
    int rc = DNA_OK;

    if (arg->kind == DNA_PICKLE_GLOBAL) { /* defaultdict(list) */
        goto out;
    }
    if (arg->kind == DNA_PICKLE_DICT) {
        rc = put_pairs(map, r, &arg->pairs, depth);
        goto out;
    }
    DNA_REQUIRE(arg->kind == DNA_PICKLE_LIST || arg->kind == DNA_PICKLE_TUPLE,
        DNA_EUNSUPPORTED, "a mapping that is made of what is none");
    for (int64_t i = 0; i < arg->items.n; i++) {
        const dna_pickle *pair = arg->items.items[i];
        DNA_REQUIRE(pair->items.n == 2, DNA_EFORMAT, "a mapping made of no pairs");
        DNA_TRY(put_pairs(map, r, &pair->items, depth));
    }
out:
    return rc;
}

static int
convert_map(dna_value **out, reader *r, const dna_pickle *p, int depth)
{
    dna_pickle *one = NULL;
    dna_pickle_list scratch = {.items = &one};
    dna_value *map = dna_value_map(r->arena);
    dna_value *other = NULL;
    int rc = DNA_OK;

    DNA_TRY(check_memory(map));
    if (is_call(p, PTH_MAPPING)) {
        for (int64_t i = 0; i < p->items.n; i++) {
            DNA_TRY(put_argument(map, r, p->items.items[i], depth));
        }
    }
    DNA_TRY(put_pairs(map, r, &p->pairs, depth));
    const dna_pickle_list *maps =
        p->kind == DNA_PICKLE_CALL ? maps_of(p, &scratch) : NULL;
    for (int64_t i = 0; maps != NULL && i < maps->n; i++) {
        DNA_REQUIRE(dna_pth_is_mapping(maps->items[i]), DNA_EUNSUPPORTED,
            "a chain of mappings with something else in it");
        DNA_TRY(convert(&other, r, maps->items[i], depth + 1));
        DNA_TRY(merge(map, r, other, 0));
    }
    *out = map;
out:
    return rc;
}

/* A tensor of one number. */
static int
convert_tensor(dna_value **out, reader *r, const dna_pickle *p)
{
    size_t budget = 64;
    dna_array a = {0};
    int rc = DNA_OK;

    rc = read_tensor(&a, r->pth, p, &budget);
    DNA_REQUIRE(rc != DNA_EUNSUPPORTED && (rc < 0 || dna_array_count(&a) == 1),
        DNA_EUNSUPPORTED, "a tensor where a number or a text may be");
    DNA_TRY(rc);
    bool is_float = a.dtype == DNA_F16 || a.dtype == DNA_F32 || a.dtype == DNA_F64;
    double number = dna_array_get(&a, 0);
    *out = is_float ? dna_value_float(r->arena, number)
                    : dna_value_int(r->arena, (int64_t)number);
    rc = check_memory(*out);
out:
    dna_array_clear(&a);
    return rc;
}

/* Bytes as they are, or as text that was made of them (code points below 256). */
static size_t
scalar_bytes(const dna_pickle *p, unsigned char *to, size_t size)
{
    size_t n = 0;
    bool is_text = is_call(p, PTH_ENCODE) && p->items.n == 2
                   && p->items.items[0]->kind == DNA_PICKLE_TEXT;
    p = is_text ? p->items.items[0] : p;
    if (p == NULL || (p->kind != DNA_PICKLE_BYTES && p->kind != DNA_PICKLE_TEXT)) {
        return 0;
    }
    for (size_t i = 0; i < p->n_byte && n < size; i++) {
        unsigned char c = (unsigned char)p->text[i];
        if (is_text && (c & 0xfc) == 0xc0 && i + 1 < p->n_byte) {
            c = (unsigned char)(c << 6 | (p->text[++i] & 0x3f));
        }
        to[n++] = c;
    }
    return n;
}

/* numpy.float64(x) and its like: (dtype, bytes). */
static int
convert_scalar(dna_value **out, reader *r, const dna_pickle *p)
{
    static const struct {
        const char *name;
        dna_dtype dtype;
    } types[] = {{"f8", DNA_F64}, {"f4", DNA_F32}, {"f2", DNA_F16}, {"i8", DNA_I64},
        {"i4", DNA_I32}, {"i2", DNA_I16}, {"i1", DNA_I8}, {"u8", DNA_U64},
        {"u4", DNA_U32}, {"u2", DNA_U16}, {"u1", DNA_U8}, {"b1", DNA_BOOL}};
    unsigned char bytes[8], entry[8];
    dna_array a;
    int rc = DNA_OK;

    DNA_REQUIRE(p->items.n == 2 && is_call(p->items.items[0], PTH_NUMPY_DTYPE)
                    && p->items.items[0]->items.n >= 1
                    && p->items.items[0]->items.items[0]->kind == DNA_PICKLE_TEXT,
        DNA_EFORMAT, "a NumPy scalar without type");
    const dna_pickle *type = p->items.items[0];
    const dna_pickle *state = type->state;
    bool is_big = state != NULL && state->kind == DNA_PICKLE_TUPLE && state->items.n > 1
                  && state->items.items[1]->kind == DNA_PICKLE_TEXT
                  && state->items.items[1]->text[0] == '>';
    int64_t k = 0;
    while (k < DNA_COUNT(types)
           && strcmp(types[k].name, type->items.items[0]->text) != 0) {
        k++;
    }
    DNA_REQUIRE(k < DNA_COUNT(types), DNA_EUNSUPPORTED, "a NumPy scalar of type %.20s",
        type->items.items[0]->text);
    size_t size = dna_dtype_size(types[k].dtype);
    DNA_REQUIRE(scalar_bytes(p->items.items[1], bytes, sizeof(bytes)) == size,
        DNA_EFORMAT, "a NumPy scalar without its bytes");
    const uint16_t one = 1;
    copy_entry(entry, bytes, size, is_big == (*(const unsigned char *)&one == 1));
    dna_array_borrow(&a, types[k].dtype, 0, NULL, entry);
    double number = dna_array_get(&a, 0);
    *out = types[k].dtype == DNA_BOOL ? dna_value_bool(r->arena, number != 0.0)
           : k < 3                    ? dna_value_float(r->arena, number)
                                      : dna_value_int(r->arena, (int64_t)number);
    rc = check_memory(*out);
out:
    return rc;
}

static int
convert_call(dna_value **out, reader *r, const dna_pickle *p, int depth)
{
    char what[160];

    if (dna_pth_is_mapping(p)) {
        return convert_map(out, r, p, depth);
    }
    if (tensor_of(p) != NULL) {
        return convert_tensor(out, r, tensor_of(p));
    }
    if ((p->role == PTH_SIZE || p->role == PTH_SET) && p->items.n <= 1) {
        const dna_pickle_list none = {0};
        return convert_list(
            out, r, p->items.n == 1 ? &p->items.items[0]->items : &none, depth);
    }
    if (p->role == PTH_DEVICE && p->items.n >= 1) {
        return convert(out, r, p->items.items[0], depth + 1);
    }
    if (p->role == PTH_NUMPY_SCALAR) {
        return convert_scalar(out, r, p);
    }
    return dna_fail(DNA_EUNSUPPORTED, "wants %s: only data are read, nothing is called",
        dna_pickle_describe(p, what, sizeof(what)));
}

static int
convert(dna_value **out, reader *r, const dna_pickle *p, int depth)
{
    char what[160];
    int rc = DNA_OK;

    DNA_REQUIRE(depth <= MAX_DEPTH && r->n_step++ < MAX_STEP, DNA_EUNSUPPORTED,
        "objects within objects, deeper than %d or more than %d", MAX_DEPTH, MAX_STEP);
    switch (p->kind) {
    case DNA_PICKLE_NONE:
        *out = dna_value_null(r->arena);
        return check_memory(*out);
    case DNA_PICKLE_BOOL:
        *out = dna_value_bool(r->arena, p->boolean);
        return check_memory(*out);
    case DNA_PICKLE_INT:
        *out = dna_value_int(r->arena, p->integer);
        return check_memory(*out);
    case DNA_PICKLE_FLOAT:
        *out = dna_value_float(r->arena, p->number);
        return check_memory(*out);
    case DNA_PICKLE_TEXT:
    case DNA_PICKLE_BYTES:
        return convert_text(out, r, p);
    case DNA_PICKLE_LIST:
    case DNA_PICKLE_TUPLE:
    case DNA_PICKLE_SET:
        return convert_list(out, r, &p->items, depth);
    case DNA_PICKLE_DICT:
        return convert_map(out, r, p, depth);
    case DNA_PICKLE_GLOBAL:
        *out = dna_value_string(r->arena, p->text);
        return check_memory(*out);
    case DNA_PICKLE_CALL:
        return convert_call(out, r, p, depth);
    case DNA_PICKLE_REF:
        break;
    }
    rc = dna_fail(DNA_EUNSUPPORTED, "%s where a number or a text may be",
        dna_pickle_describe(p, what, sizeof(what)));
out:
    return rc;
}

int
dna_pth_value(dna_value **out, dna_arena *arena, dna_pth *pth, const dna_pickle *obj)
{
    reader r = {.pth = pth, .arena = arena};
    pth->has_named = false;
    int rc = convert(out, &r, obj, 0);
    if (rc < 0 && !pth->has_named) {
        dna_context("%s", pth->name);
    }
    return rc;
}
