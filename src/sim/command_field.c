/* command_field.c - fields of a command line: their formats, and values in them.
 *
 * SPDX-License-Identifier: MIT
 *
 * The format is a part of Python's: [sign][0][width][.precision][type].
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "sim/command_line_parts.h"

#define MAX_WIDTH 100 /* and precision */
/* The longest: the largest double with all its digits before and after the point. */
#define TEXT_SIZE (MAX_WIDTH + 320 + MAX_WIDTH)

/* ---- reading ------------------------------------------------------------------------- */

static char *
trim(char *text)
{
    size_t n = 0;

    text += strspn(text, " \t\r\n");
    n = strlen(text);
    while (n > 0 && strchr(" \t\r\n", text[n - 1]) != NULL) {
        text[--n] = '\0';
    }
    return text;
}

/* Digits at *p, at most MAX_WIDTH; -1 if there are none or it is more. */
static int
read_count(const char **p)
{
    int n = 0;

    if (**p < '0' || **p > '9') {
        return -1;
    }
    for (; **p >= '0' && **p <= '9'; ++*p) {
        n = n > MAX_WIDTH ? n : 10 * n + (**p - '0');
    }
    return n <= MAX_WIDTH ? n : -1;
}

static bool
read_format(dna_command_field *f, const char *p)
{
    if (*p == '+' || *p == '-' || *p == ' ') {
        f->sign = *p == '-' ? '\0' : *p;
        p++;
    }
    if (*p == '0') {
        f->has_zeros = true;
        p++;
    }
    if (*p >= '0' && *p <= '9') {
        f->width = read_count(&p);
    }
    if (*p == '.') {
        p++;
        f->precision = read_count(&p);
        if (f->precision < 0) {
            return false;
        }
    }
    if (*p != '\0') {
        f->type = *p++;
    }
    return *p == '\0' && f->width >= 0
           && (f->type == '\0' || strchr("dfFeEgGs", f->type) != NULL);
}

int
dna_command_field_read(dna_command_field *f, char *text)
{
    char *colon = strchr(text, ':');
    int rc = DNA_OK;

    *f = (dna_command_field){.precision = -1};
    if (colon != NULL) {
        *colon = '\0';
    }
    f->text = trim(text);
    DNA_REQUIRE(f->text[0] != '\0', DNA_EARG,
        "{} names no field: {seed}, {output} or a parameter; the braces themselves are {{}}");
    DNA_REQUIRE(colon == NULL || read_format(f, colon + 1), DNA_EARG,
        "{%s:%s}: \"%s\" is not a format such as .0f, .10g, 03d or s", f->text,
        colon + 1, colon + 1);
out:
    return rc;
}

/* ---- writing ------------------------------------------------------------------------- */

static int
fail_type(const dna_command_field *f, const char *value, const char *what)
{
    return dna_fail(DNA_EARG, "{%s}: the format %c is not for %s, %s", f->text, f->type,
        what, value);
}

/* A text that is all digits after its sign gets that sign and zeros of the format. */
static void
put_padded(dna_str *out, const dna_command_field *f, const char *text)
{
    bool has_sign = *text == '-' || *text == '+';
    char sign = has_sign ? *text : f->sign;
    const char *body = text + has_sign;
    int n = (int)strlen(body) + (sign != '\0');

    for (int i = n; i < f->width && !f->has_zeros; i++) {
        dna_str_addc(out, ' ');
    }
    if (sign != '\0') {
        dna_str_addc(out, sign);
    }
    for (int i = n; i < f->width && f->has_zeros; i++) {
        dna_str_addc(out, '0');
    }
    dna_str_add(out, body);
}

/* The locale's point becomes a point. */
static void
fix_point(char *text)
{
    char *to = text;

    for (const char *p = text; *p != '\0'; p++) {
        bool is_foreign = strchr("0123456789+-eEinfaINFA.", *p) == NULL;
        if (!is_foreign) {
            *to++ = *p;
        } else if (to == text || to[-1] != '.') {
            *to++ = '.';
        }
    }
    *to = '\0';
}

static int
put_float(dna_str *out, const dna_command_field *f, double value)
{
    char text[TEXT_SIZE];
    int precision = f->precision >= 0 ? f->precision : 6;

    switch (f->type) {
    case 'f':
    case 'F':
        snprintf(text, sizeof(text), "%.*f", precision, value);
        break;
    case 'e':
        snprintf(text, sizeof(text), "%.*e", precision, value);
        break;
    case 'E':
        snprintf(text, sizeof(text), "%.*E", precision, value);
        break;
    case 'G':
        snprintf(text, sizeof(text), "%.*G", precision, value);
        break;
    default: /* g, or a precision alone */
        snprintf(text, sizeof(text), "%.*g", precision, value);
        break;
    }
    fix_point(text);
    put_padded(out, f, text);
    return dna_str_status(out);
}

int
dna_command_field_put_int(dna_str *out, const dna_command_field *f, int64_t value)
{
    char text[DNA_NUMBER_SIZE];

    snprintf(text, sizeof(text), "%" PRId64, value);
    if (f->type == 's') {
        return fail_type(f, text, "a number");
    }
    if ((f->type != '\0' && f->type != 'd') || f->precision >= 0) {
        return f->type == 'd' ? fail_type(f, text, "a number with a precision")
                              : put_float(out, f, (double)value);
    }
    put_padded(out, f, text);
    return dna_str_status(out);
}

int
dna_command_field_put_number(dna_str *out, const dna_command_field *f, double value)
{
    char text[DNA_NUMBER_SIZE];

    if (value == floor(value) && fabs(value) <= 9007199254740992.0) {
        return dna_command_field_put_int(out, f, (int64_t)value);
    }
    (void)dna_format_double(text, value);
    if (f->type == 'd' || f->type == 's') {
        return fail_type(f, text, f->type == 'd' ? "a fraction" : "a number");
    }
    if (f->type != '\0' || f->precision >= 0) {
        return put_float(out, f, value);
    }
    put_padded(out, f, text);
    return dna_str_status(out);
}

int
dna_command_field_put_text(dna_str *out, const dna_command_field *f, const char *value)
{
    if (f->type != '\0' && f->type != 's') {
        return fail_type(f, value, "a text");
    }
    if (f->sign != '\0' || f->has_zeros || f->width > 0 || f->precision >= 0) {
        return dna_fail(
            DNA_EARG, "{%s}: the text %s has a format for numbers", f->text, value);
    }
    dna_str_add(out, value);
    return dna_str_status(out);
}
