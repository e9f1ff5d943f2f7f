/* npy.c - the header of a .npy file, and its numbers as a row-major array.
 *
 * SPDX-License-Identifier: MIT
 *
 * The header is a Python dictionary literal. A small reader of our own takes exactly
 * what NumPy writes: quoted text, True and False, tuples of integers; anything else is
 * refused with the place.
 */
#include "io/npy.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

/* A place in the header text. */
typedef struct {
    const char *at, *end;
    const char *name;
} cursor;

static int
complain(const cursor *c, const char *expected)
{
    char found[24] = "its end";
    int n = (int)DNA_MIN(c->end - c->at, (ptrdiff_t)16);
    if (n > 0) {
        snprintf(found, sizeof(found), "\"%.*s\"", n, c->at);
    }
    return dna_fail(DNA_EFORMAT, "%s: npy header: %s, but %s is expected", c->name,
        found, expected);
}

static void
skip_space(cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\n')) {
        c->at++;
    }
}

/* Take one character if it is next. */
static bool
accept(cursor *c, char wanted)
{
    skip_space(c);
    if (c->at < c->end && *c->at == wanted) {
        c->at++;
        return true;
    }
    return false;
}

static bool
accept_word(cursor *c, const char *word)
{
    size_t n = strlen(word);
    skip_space(c);
    if ((size_t)(c->end - c->at) >= n && memcmp(c->at, word, n) == 0) {
        c->at += n;
        return true;
    }
    return false;
}

/* 'text' or "text", without escapes. */
static int
read_text(cursor *c, char *out, size_t size)
{
    skip_space(c);
    if (c->at == c->end || (*c->at != '\'' && *c->at != '"')) {
        return complain(c, "quoted text");
    }
    char quote = *c->at;
    const char *stop = memchr(c->at + 1, quote, (size_t)(c->end - c->at - 1));
    if (stop == NULL) {
        return complain(c, "a closing quote");
    }
    size_t n = (size_t)(stop - c->at - 1);
    if (n >= size) {
        return complain(c, "a shorter text");
    }
    memcpy(out, c->at + 1, n);
    out[n] = '\0';
    c->at = stop + 1;
    return DNA_OK;
}

/* (), (n,), (n, m): at most DNA_MAX_DIM numbers. Python 2 wrote 3L for 3. */
static int
read_shape(cursor *c, dna_npy_header *h)
{
    h->n_dim = 0;
    if (!accept(c, '(')) {
        return complain(c, "a tuple");
    }
    while (!accept(c, ')')) {
        int64_t value = 0;
        bool is_number = false;
        skip_space(c);
        for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
            int digit = *c->at - '0';
            if (value > (INT64_MAX - digit) / 10) {
                return dna_fail(
                    DNA_EFORMAT, "%s: npy header: a dimension is too large", c->name);
            }
            value = value * 10 + digit;
            is_number = true;
        }
        if (!is_number) {
            return complain(c, "a dimension");
        }
        if (h->n_dim == DNA_MAX_DIM) {
            return dna_fail(
                DNA_EUNSUPPORTED, "%s: more than %d dimensions", c->name, DNA_MAX_DIM);
        }
        h->dim[h->n_dim++] = value;
        (void)accept(c, 'L');
        if (!accept(c, ',')) {
            if (!accept(c, ')')) {
                return complain(c, "a comma or )");
            }
            break;
        }
    }
    return DNA_OK;
}

static const struct {
    char kind;
    int size;
    dna_dtype dtype;
} types[] = {
    {'b', 1, DNA_BOOL},
    {'u', 1, DNA_U8},
    {'i', 1, DNA_I8},
    {'u', 2, DNA_U16},
    {'i', 2, DNA_I16},
    {'u', 4, DNA_U32},
    {'i', 4, DNA_I32},
    {'u', 8, DNA_U64},
    {'i', 8, DNA_I64},
    {'f', 2, DNA_F16},
    {'f', 4, DNA_F32},
    {'f', 8, DNA_F64},
};

/* '<f4', '|u1', '>i8'. */
static int
set_type(dna_npy_header *h, const char *descr, const char *name)
{
    const char *code = descr;
    char order = '=';
    if (*code == '<' || *code == '>' || *code == '|' || *code == '=') {
        order = *code++;
    }
    if (code[0] == 'O') {
        return dna_fail(DNA_EUNSUPPORTED,
            "%s: an array of Python objects, but only arrays of numbers are read",
            name);
    }
    if (code[0] != '\0' && code[1] >= '1' && code[1] <= '9' && code[2] == '\0') {
        for (int64_t i = 0; i < DNA_COUNT(types); i++) {
            if (types[i].kind == code[0] && types[i].size == code[1] - '0') {
                h->dtype = types[i].dtype;
                h->is_big_endian = order == '>';
                return DNA_OK;
            }
        }
    }
    return dna_fail(DNA_EUNSUPPORTED,
        "%s: type \"%s\", but only bool, int8 to int64, uint8 to uint64, float16, float32 and float64 are read",
        name, descr);
}

static int
read_entry(cursor *c, dna_npy_header *h, unsigned *seen)
{
    int rc = DNA_OK;
    char key[32];
    char descr[32];
    unsigned bit = 0;
    DNA_TRY(read_text(c, key, sizeof(key)));
    if (!accept(c, ':')) {
        return complain(c, "a colon");
    }
    if (strcmp(key, "descr") == 0) {
        bit = 1;
        skip_space(c);
        DNA_REQUIRE(c->at == c->end || *c->at != '[', DNA_EUNSUPPORTED,
            "%s: an array of records, but only arrays of numbers are read", c->name);
        DNA_TRY(read_text(c, descr, sizeof(descr)));
        DNA_TRY(set_type(h, descr, c->name));
    } else if (strcmp(key, "fortran_order") == 0) {
        bit = 2;
        h->is_fortran = accept_word(c, "True");
        if (!h->is_fortran && !accept_word(c, "False")) {
            return complain(c, "True or False");
        }
    } else if (strcmp(key, "shape") == 0) {
        bit = 4;
        DNA_TRY(read_shape(c, h));
    } else {
        return dna_fail(
            DNA_EFORMAT, "%s: npy header: unknown key \"%s\"", c->name, key);
    }
    DNA_REQUIRE((*seen & bit) == 0, DNA_EFORMAT, "%s: npy header: %s is given twice",
        c->name, key);
    *seen |= bit;
out:
    return rc;
}

static int
read_dict(cursor *c, dna_npy_header *h)
{
    int rc = DNA_OK;
    unsigned seen = 0;
    if (!accept(c, '{')) {
        return complain(c, "{");
    }
    while (!accept(c, '}')) {
        DNA_TRY(read_entry(c, h, &seen));
        if (!accept(c, ',')) {
            if (!accept(c, '}')) {
                return complain(c, "a comma or }");
            }
            break;
        }
    }
    skip_space(c);
    if (c->at != c->end) {
        return complain(c, "its end");
    }
    DNA_REQUIRE(seen == 7, DNA_EFORMAT, "%s: npy header: %s is missing", c->name,
        (seen & 1) == 0   ? "descr"
        : (seen & 2) == 0 ? "fortran_order"
                          : "shape");
out:
    return rc;
}

int
dna_npy_parse_header(
    dna_npy_header *h, const unsigned char *bytes, size_t n, const char *name)
{
    int rc = DNA_OK;
    dna_npy_header got;
    memset(&got, 0, sizeof(got));
    DNA_REQUIRE(n >= 10 && memcmp(bytes, "\x93NUMPY", 6) == 0, DNA_EFORMAT,
        "%s: not a NumPy array file%s", name, n < 10 ? ": too short" : "");
    int major = bytes[6];
    DNA_REQUIRE(major >= 1 && major <= 3, DNA_EUNSUPPORTED,
        "%s: npy version %d.%d, but 1.0, 2.0 and 3.0 are read", name, major, bytes[7]);
    size_t start = major == 1 ? 10 : 12;
    DNA_REQUIRE(n >= start, DNA_EFORMAT, "%s: npy header is cut off", name);
    size_t length = bytes[8] | (size_t)bytes[9] << 8;
    if (major > 1) {
        length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
    }
    DNA_REQUIRE(length <= DNA_NPY_HEADER_MAX - start, DNA_EFORMAT,
        "%s: npy header of %zu bytes, more than the %d allowed", name, start + length,
        DNA_NPY_HEADER_MAX);
    DNA_REQUIRE(length <= n - start, DNA_EFORMAT,
        "%s: npy header is cut off: %zu of %zu bytes", name, n - start, length);
    cursor c = {
        (const char *)bytes + start, (const char *)bytes + start + length, name};
    DNA_TRY(read_dict(&c, &got));

    got.data_offset = start + length;
    got.data_size = dna_dtype_size(got.dtype);
    bool is_empty = false;
    bool fits = true;
    for (int i = 0; i < got.n_dim; i++) {
        is_empty = is_empty || got.dim[i] == 0;
        fits = fits && dna_mul_size(got.data_size, (size_t)got.dim[i], &got.data_size);
        got.data_size = got.dim[i] == 0 ? 1 : got.data_size; /* see the others, too */
    }
    DNA_REQUIRE(fits && got.data_size <= PTRDIFF_MAX, DNA_EFORMAT,
        "%s: npy header: a shape too large for this machine", name);
    got.data_size = is_empty ? 0 : got.data_size;
    *h = got;
out:
    return rc;
}

static bool
is_machine_big_endian(void)
{
    const uint16_t one = 1;
    unsigned char first = 0;
    memcpy(&first, &one, 1);
    return first == 0;
}

static void
swap_bytes(unsigned char *p, size_t n, size_t size)
{
    for (size_t i = 0; i < n; i += size) {
        for (size_t j = 0; j < size / 2; j++) {
            unsigned char t = p[i + j];
            p[i + j] = p[i + size - 1 - j];
            p[i + size - 1 - j] = t;
        }
    }
}

/* Column-major to row-major: walk the output in order, the input with its strides. */
static void
reorder(dna_array *a, const unsigned char *from)
{
    size_t size = dna_dtype_size(a->dtype);
    int64_t stride[DNA_MAX_DIM] = {0};
    int64_t index[DNA_MAX_DIM] = {0};
    int64_t at = 0;
    int64_t count = dna_array_count(a);
    unsigned char *to = a->data;
    for (int i = 0; i < a->n_dim; i++) {
        stride[i] = i == 0 ? 1 : stride[i - 1] * a->dim[i - 1];
    }
    for (int64_t k = 0; k < count; k++) {
        memcpy(to + (size_t)k * size, from + (size_t)at * size, size);
        for (int i = a->n_dim - 1; i >= 0; i--) {
            at += stride[i];
            if (++index[i] < a->dim[i]) {
                break;
            }
            at -= stride[i] * a->dim[i];
            index[i] = 0;
        }
    }
}

/* NumPy's bytes for False and True are 0 and 1; a hostile file may hold others. */
static void
normalise_bool(unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        p[i] = p[i] != 0;
    }
}

int
dna_npy_decode(dna_array *out, const dna_npy_header *h, const unsigned char *data,
    size_t n, const char *name)
{
    memset(out, 0, sizeof(*out));
    if (n != h->data_size) {
        return dna_fail(DNA_EFORMAT,
            "%s: %zu bytes of numbers, but the shape asks for %zu", name, n,
            h->data_size);
    }
    int rc = dna_array_init_unset(out, h->dtype, h->n_dim, h->dim);
    if (rc < 0) {
        dna_context("%s", name);
        return rc;
    }
    if (n == 0) {
        return DNA_OK;
    }
    if (h->is_fortran && h->n_dim > 1) {
        reorder(out, data);
    } else {
        memcpy(out->data, data, n);
    }
    size_t size = dna_dtype_size(h->dtype);
    if (size > 1 && h->is_big_endian != is_machine_big_endian()) {
        swap_bytes(out->data, n, size);
    }
    if (h->dtype == DNA_BOOL) {
        normalise_bool(out->data, n);
    }
    return DNA_OK;
}

int
dna_npy_encode(unsigned char **bytes, size_t *n, const dna_array *a)
{
    int rc = DNA_OK;
    dna_str s;
    size_t data_size = (size_t)dna_array_count(a) * dna_dtype_size(a->dtype);
    size_t item = dna_dtype_size(a->dtype);
    char kind = 0;
    dna_str_init(&s, SIZE_MAX - 1);
    for (int64_t i = 0; i < DNA_COUNT(types); i++) {
        kind = types[i].dtype == a->dtype ? types[i].kind : kind;
    }
    char order = item == 1 ? '|' : is_machine_big_endian() ? '>' : '<';
    dna_str_addn(&s, "\x93NUMPY\x01\x00\x00\x00", 10);
    dna_str_addf(&s, "{'descr': '%c%c%zu', 'fortran_order': False, 'shape': (", order,
        kind, item);
    for (int i = 0; i < a->n_dim; i++) {
        dna_str_addf(&s, i == 0 ? "%lld," : " %lld,", (long long)a->dim[i]);
    }
    DNA_TRY(dna_str_status(&s));
    if (a->n_dim > 1) {
        s.data[--s.len] = '\0'; /* only a tuple of one keeps its comma */
    }
    dna_str_add(&s, "), }");
    while (s.rc == DNA_OK && s.len % 64 != 63) { /* the numbers begin at a multiple */
        dna_str_addc(&s, ' ');
    }
    dna_str_addc(&s, '\n');
    DNA_TRY(dna_str_status(&s));
    s.data[8] = (char)((s.len - 10) & 0xff);
    s.data[9] = (char)((s.len - 10) >> 8);
    if (data_size > 0) {
        dna_str_addn(&s, a->data, data_size);
    }
    DNA_TRY(dna_str_status(&s));
    *n = s.len;
    char *text = dna_str_take(&s);
    memcpy(bytes, &text, sizeof(text));
out:
    dna_str_clear(&s);
    return rc;
}
