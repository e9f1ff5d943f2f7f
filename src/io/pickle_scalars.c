/* pickle_scalars.c - the opcodes of pickles that make texts and numbers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "io/pickle_machine.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static int
push_int(dna_pickle_machine *m, int64_t v)
{
    dna_pickle *p = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_pickle_new(m, DNA_PICKLE_INT, &p));
    p->integer = v;
    p->number = (double)v;
    DNA_TRY(dna_pickle_push(m, p));
out:
    return rc;
}

static int
push_double(dna_pickle_machine *m, double v, bool is_rounded)
{
    dna_pickle *p = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_pickle_new(m, DNA_PICKLE_FLOAT, &p));
    p->number = v;
    p->is_rounded = is_rounded;
    DNA_TRY(dna_pickle_push(m, p));
out:
    return rc;
}

static int
push_bool(dna_pickle_machine *m, bool v)
{
    dna_pickle *p = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_pickle_new(m, DNA_PICKLE_BOOL, &p));
    p->boolean = v;
    p->integer = v;
    p->number = v;
    DNA_TRY(dna_pickle_push(m, p));
out:
    return rc;
}

static int
push_text(dna_pickle_machine *m, dna_pickle_kind kind, const char *text, size_t n)
{
    dna_pickle *p = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_pickle_new(m, kind, &p));
    char *copy = dna_arena_alloc(m->arena, n + 1, 1);
    if (copy == NULL) {
        return DNA_ENOMEM;
    }
    if (n > 0) {
        memcpy(copy, text, n);
    }
    p->text = copy;
    p->n_byte = n;
    DNA_TRY(dna_pickle_push(m, p));
out:
    return rc;
}

/* A length of `size` bytes, then as many bytes. */
static int
push_counted(dna_pickle_machine *m, dna_pickle_kind kind, size_t size)
{
    const unsigned char *b = NULL;
    uint64_t n = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_pickle_take_number(m, size, &n));
    if (n > m->n - m->at) {
        return dna_pickle_fault(m, "cut off: a text of %llu bytes, %zu are left",
            (unsigned long long)n, m->n - m->at);
    }
    DNA_TRY(dna_pickle_take(m, (size_t)n, &b));
    DNA_TRY(push_text(m, kind, (const char *)b, (size_t)n));
out:
    return rc;
}

/* Two's complement, little-endian, any length. */
static int
push_long(dna_pickle_machine *m, size_t size)
{
    const unsigned char *b = NULL;
    uint64_t n = 0;
    uint64_t low = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_pickle_take_number(m, size, &n));
    DNA_REQUIRE(n <= 1024, DNA_EFORMAT, "pickle, byte %zu: an integer of %llu bytes",
        m->op_at, (unsigned long long)n);
    DNA_TRY(dna_pickle_take(m, (size_t)n, &b));
    bool is_negative = n > 0 && (b[n - 1] & 0x80) != 0;
    const unsigned char fill = is_negative ? 0xff : 0;
    while (n > 8 && b[n - 1] == fill && (b[n - 2] & 0x80) == (fill & 0x80)) {
        n--; /* only repeats the sign */
    }
    if (n <= 8) {
        low = is_negative ? ~UINT64_C(0) : 0;
        for (size_t i = (size_t)n; i > 0; i--) {
            low = low << 8 | b[i - 1];
        }
        int64_t v = 0;
        memcpy(&v, &low, sizeof(v));
        return push_int(m, v);
    }
    double sum = 0.0; /* of a negative number: -1 - its complement */
    for (size_t i = (size_t)n; i > 0; i--) {
        sum = sum * 256.0 + (b[i - 1] ^ fill);
    }
    sum = is_negative ? -1.0 - sum : sum;
    DNA_TRY(push_double(m, sum, true));
out:
    return rc;
}

/* INT and LONG of protocol 0: decimal digits, "00" and "01" are flags. */
static int
push_decimal(dna_pickle_machine *m, bool is_long)
{
    const char *text = NULL;
    char *end = NULL;
    size_t n = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_pickle_take_line(m, &text, &n));
    if (!is_long && n == 2 && text[0] == '0' && (text[1] == '0' || text[1] == '1')) {
        return push_bool(m, text[1] == '1');
    }
    errno = 0;
    long long v = strtoll(text, &end, 10);
    bool is_over = errno == ERANGE;
    if (end == text || isspace((unsigned char)text[0])
        || strcmp(end, is_long && *end == 'L' ? "L" : "") != 0) {
        return dna_pickle_fault(m, "\"%.40s\" is no integer", text);
    }
    rc = is_over ? push_double(m, strtod(text, NULL), true) : push_int(m, v);
out:
    return rc;
}

static int
push_float_text(dna_pickle_machine *m)
{
    const char *text = NULL;
    char *end = NULL;
    size_t n = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_pickle_take_line(m, &text, &n));
    double v = strtod(text, &end);
    if (n == 0 || *end != '\0' || end == text || isspace((unsigned char)text[0])) {
        return dna_pickle_fault(m, "\"%.40s\" is no number", text);
    }
    DNA_TRY(push_double(m, v, false));
out:
    return rc;
}

static int
push_float(dna_pickle_machine *m)
{
    const unsigned char *b = NULL;
    uint64_t bits = 0;
    double v = 0.0;
    int rc = DNA_OK;

    DNA_TRY(dna_pickle_take(m, 8, &b));
    for (int i = 0; i < 8; i++) {
        bits = bits << 8 | b[i];
    }
    memcpy(&v, &bits, sizeof(v));
    DNA_TRY(push_double(m, v, false));
out:
    return rc;
}

static size_t
put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xe0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3f));
        to[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3f));
    to[2] = (char)(0x80 | (c >> 6 & 0x3f));
    to[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* n hexadecimal digits at p, which ends with a zero; false if there are not as many. */
static bool
read_hex(const char *p, int n, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < n; i++) {
        if (!isxdigit((unsigned char)p[i])) {
            return false;
        }
        int c = tolower((unsigned char)p[i]);
        *out = *out << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return *out < 0x110000;
}

/* UNICODE of protocol 0: Latin-1 with \uXXXX and \UXXXXXXXX. */
static int
push_raw_unicode(dna_pickle_machine *m)
{
    const char *text = NULL;
    size_t n = 0;
    size_t k = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_pickle_take_line(m, &text, &n));
    char *to = dna_arena_alloc(m->arena, 2 * n + 1, 1);
    if (to == NULL) {
        return DNA_ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t c = (unsigned char)text[i];
        if (c == '\\' && i + 1 < n && (text[i + 1] == 'u' || text[i + 1] == 'U')) {
            int digits = text[i + 1] == 'u' ? 4 : 8;
            if (!read_hex(text + i + 2, digits, &c)) {
                return dna_pickle_fault(m, "a text with a broken \\%c", text[i + 1]);
            }
            i += (size_t)digits + 1;
        }
        k += put_utf8(to + k, c);
    }
    DNA_TRY(push_text(m, DNA_PICKLE_TEXT, to, k));
out:
    return rc;
}

/* STRING of protocol 0: a literal in quotes, as Python 2 prints it. */
static int
push_literal(dna_pickle_machine *m)
{
    static const char letters[] = "nrtabfv\\'\"";
    static const char meant[] = "\n\r\t\a\b\f\v\\'\"";
    const char *text = NULL;
    size_t n = 0;
    size_t k = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_pickle_take_line(m, &text, &n));
    if (n < 2 || text[0] != text[n - 1] || (text[0] != '\'' && text[0] != '"')) {
        return dna_pickle_fault(m, "a string without its quotes");
    }
    char *to = dna_arena_alloc(m->arena, n + 1, 1);
    if (to == NULL) {
        return DNA_ENOMEM;
    }
    for (size_t i = 1; i + 1 < n; i++) {
        uint32_t c = (unsigned char)text[i];
        if (c == '\\' && i + 2 < n) {
            const char *known = strchr(letters, text[++i]);
            if (text[i] == 'x' && read_hex(text + i + 1, 2, &c)) {
                i += 2;
            } else {
                c = known != NULL && *known != '\0'
                        ? (unsigned char)meant[known - letters]
                        : (unsigned char)text[i];
            }
        }
        to[k++] = (char)c;
    }
    DNA_TRY(push_text(m, DNA_PICKLE_TEXT, to, k));
out:
    return rc;
}

static int
push_int32(dna_pickle_machine *m)
{
    uint64_t v = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_pickle_take_number(m, 4, &v));
    rc = push_int(m, (int64_t)v - (v >= UINT64_C(1) << 31 ? INT64_C(1) << 32 : 0));
out:
    return rc;
}

static int
push_unsigned(dna_pickle_machine *m, size_t size)
{
    uint64_t v = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_pickle_take_number(m, size, &v));
    rc = push_int(m, (int64_t)v);
out:
    return rc;
}

/* Texts and numbers. */
int
dna_pickle_run_scalar(dna_pickle_machine *m, unsigned char op)
{
    switch (op) {
    case 'N':
        return dna_pickle_push_new(m, DNA_PICKLE_NONE);
    case 0x88:
    case 0x89:
        return push_bool(m, op == 0x88);
    case 'I':
    case 'L':
        return push_decimal(m, op == 'L');
    case 'J':
        return push_int32(m);
    case 'K':
    case 'M':
        return push_unsigned(m, op == 'K' ? 1 : 2);
    case 0x8a:
    case 0x8b:
        return push_long(m, op == 0x8a ? 1 : 4);
    case 'F':
        return push_float_text(m);
    case 'G':
        return push_float(m);
    case 'S':
        return push_literal(m);
    case 'V':
        return push_raw_unicode(m);
    case 'T':
    case 'X':
        return push_counted(m, DNA_PICKLE_TEXT, 4);
    case 'U':
    case 0x8c:
        return push_counted(m, DNA_PICKLE_TEXT, 1);
    case 0x8d:
        return push_counted(m, DNA_PICKLE_TEXT, 8);
    case 'B':
        return push_counted(m, DNA_PICKLE_BYTES, 4);
    case 'C':
        return push_counted(m, DNA_PICKLE_BYTES, 1);
    case 0x8e:
    case 0x96:
        return push_counted(m, DNA_PICKLE_BYTES, 8);
    default:
        return dna_pickle_unknown(m, op);
    }
}
