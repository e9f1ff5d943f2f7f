/* value_read.c - what values mean: plain scalars resolved, questions answered.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/value.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"

/* Plain scalars. */

static bool
is_one_of(const char *s, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcmp(s, *words) == 0) {
            return true;
        }
    }
    return false;
}

/* 0x1f and 0o17 of the core rules. */
static bool
parse_based(const char *s, int64_t *out)
{
    int base = strncmp(s, "0x", 2) == 0 ? 16 : strncmp(s, "0o", 2) == 0 ? 8 : 0;
    if (base == 0 || s[2] == '\0') {
        return false;
    }
    int64_t value = 0;
    for (const char *p = s + 2; *p != '\0'; p++) {
        int digit = *p >= '0' && *p <= '9'   ? *p - '0'
                    : *p >= 'a' && *p <= 'f' ? *p - 'a' + 10
                    : *p >= 'A' && *p <= 'F' ? *p - 'A' + 10
                                             : 99;
        if (digit >= base || value > (INT64_MAX - digit) / base) {
            return false;
        }
        value = value * base + digit;
    }
    *out = value;
    return true;
}

/* The words of YAML for infinities and NaN; dna_parse_double has Python's instead. */
static bool
parse_special(const char *s, double *out)
{
    static const char *const infs[] = {".inf", ".Inf", ".INF", NULL};
    static const char *const nans[] = {".nan", ".NaN", ".NAN", NULL};
    const char *body = s + (*s == '-' || *s == '+' ? 1 : 0);
    if (is_one_of(body, infs)) {
        *out = *s == '-' ? -(double)INFINITY : (double)INFINITY;
        return true;
    }
    if (is_one_of(s, nans)) {
        *out = (double)NAN;
        return true;
    }
    return false;
}

static bool
has_digit_start(const char *s)
{
    if (*s == '-' || *s == '+') {
        s++;
    }
    if (*s == '.') {
        s++;
    }
    return *s >= '0' && *s <= '9';
}

dna_value *
dna_value_plain(dna_arena *a, const char *text)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const yes[] = {"true", "True", "TRUE", NULL};
    static const char *const no[] = {"false", "False", "FALSE", NULL};
    dna_value *v = dna_value_string(a, text);
    if (v == NULL) {
        return NULL;
    }
    if (is_one_of(text, nulls)) {
        v->type = DNA_NULL;
    } else if (is_one_of(text, yes) || is_one_of(text, no)) {
        v->type = DNA_BOOLEAN;
        v->boolean = is_one_of(text, yes);
    } else if (dna_parse_int(text, &v->integer) || parse_based(text, &v->integer)) {
        v->type = DNA_INT;
        v->number = (double)v->integer;
    } else if (parse_special(text, &v->number)
               || (has_digit_start(text) && dna_parse_double(text, &v->number))) {
        v->type = DNA_FLOAT; /* also integers beyond 64 bits */
    }
    return v;
}

/* Questions. */

bool
dna_value_is_null(const dna_value *v)
{
    return v == NULL || v->type == DNA_NULL;
}

const char *
dna_value_type_name(const dna_value *v)
{
    if (v == NULL) {
        return "nothing";
    }
    switch (v->type) {
    case DNA_NULL:
        return "null";
    case DNA_BOOLEAN:
        return "a boolean";
    case DNA_INT:
        return "an integer";
    case DNA_FLOAT:
        return "a number";
    case DNA_STRING:
        return "text";
    case DNA_LIST:
        return "a list";
    case DNA_MAP:
        return "a mapping";
    }
    return "unknown";
}

void
dna_value_describe(const dna_value *v, char *buf, size_t size)
{
    size_t room = size > 8 ? size - 8 : 0; /* quotes, dots, the final zero */
    if (size == 0) {
        return;
    }
    if (v == NULL) {
        snprintf(buf, size, "nothing");
    } else if (v->type == DNA_LIST) {
        snprintf(buf, size, "a list of %lld", (long long)v->n);
    } else if (v->type == DNA_MAP && v->n > 0) {
        snprintf(buf, size, "a mapping (%.*s%s)", (int)DNA_MIN(room / 2, (size_t)200),
            v->keys[0], v->n > 1 ? ", ..." : "");
    } else if (v->type == DNA_MAP) {
        snprintf(buf, size, "an empty mapping");
    } else {
        const char *text = v->text != NULL && v->text[0] != '\0' ? v->text : "null";
        const char *quote = "";
        if (v->type == DNA_STRING) {
            text = v->text;
            quote = "\"";
        }
        size_t n = strlen(text);
        bool is_cut = n > room;
        if (is_cut) {
            n = room;
            while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80) {
                n--; /* not inside a UTF-8 character */
            }
        }
        snprintf(
            buf, size, "%s%.*s%s%s", quote, (int)n, text, is_cut ? "..." : "", quote);
    }
}

static bool
is_number(const dna_value *v)
{
    return v->type == DNA_INT || v->type == DNA_FLOAT;
}

bool
dna_value_equal(const dna_value *a, const dna_value *b)
{
    if (dna_value_is_null(a) || dna_value_is_null(b)) {
        return dna_value_is_null(a) && dna_value_is_null(b);
    }
    if (a->type == DNA_INT && b->type == DNA_INT) {
        return a->integer == b->integer;
    }
    if (is_number(a) && is_number(b)) {
        return a->number == b->number || (isnan(a->number) && isnan(b->number));
    }
    if (a->type != b->type || a->n != b->n) {
        return false;
    }
    if (a->type == DNA_BOOLEAN) {
        return a->boolean == b->boolean;
    }
    if (a->type == DNA_STRING) {
        return strcmp(a->text, b->text) == 0;
    }
    for (int64_t i = 0; i < a->n; i++) {
        const dna_value *other =
            a->type == DNA_MAP ? dna_value_get(b, a->keys[i]) : b->items[i];
        if (other == NULL || !dna_value_equal(a->items[i], other)) {
            return false;
        }
    }
    return true;
}

bool
dna_value_as_bool(const dna_value *v, bool *out)
{
    static const char *const yes[] = {
        "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE", NULL};
    static const char *const no[] = {
        "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE", NULL};
    if (v == NULL || v->is_quoted) {
        return false;
    }
    if (v->type == DNA_BOOLEAN) {
        *out = v->boolean;
        return true;
    }
    if (v->type == DNA_STRING && (is_one_of(v->text, yes) || is_one_of(v->text, no))) {
        *out = is_one_of(v->text, yes);
        return true;
    }
    return false;
}

bool
dna_value_as_int(const dna_value *v, int64_t *out)
{
    if (v == NULL) {
        return false;
    }
    if (v->type == DNA_INT) {
        *out = v->integer;
        return true;
    }
    if (v->type == DNA_FLOAT && v->number == floor(v->number)
        && fabs(v->number) <= 0x1p53) { /* beyond, the double is not what was written */
        *out = (int64_t)v->number;
        return true;
    }
    return false;
}

bool
dna_value_as_double(const dna_value *v, double *out)
{
    if (v == NULL || !is_number(v)) {
        return false;
    }
    *out = v->number;
    return true;
}

const char *
dna_value_as_text(const dna_value *v)
{
    if (dna_value_is_null(v) || v->type == DNA_LIST || v->type == DNA_MAP) {
        return NULL;
    }
    return v->text;
}
