/* number.c - doubles and integers as text, the same in every locale.
 *
 * SPDX-License-Identifier: MIT
 *
 * printf and strtod follow the locale's decimal point, so both run here in the "C"
 * locale of the calling thread.
 */
#include "base/number.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_DIGITS 17

typedef struct {
    locale_t c, before;
} locale_guard;

static locale_guard
enter_c_locale(void)
{
    locale_guard g;
    g.before = (locale_t)0;
    g.c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (g.c != (locale_t)0) {
        g.before = uselocale(g.c);
    }
    return g;
}

static void
leave_c_locale(locale_guard g)
{
    if (g.c != (locale_t)0) {
        uselocale(g.before);
        freelocale(g.c);
    }
}

/* A positive decimal: 0.d1 d2 d3 ... times 10^exponent. */
typedef struct {
    char digits[MOST_DIGITS + 2];
    int n;
    int exponent;
} decimal;

static double
decimal_value(const decimal *d)
{
    char text[48];
    snprintf(text, sizeof(text), "0.%se%d", d->digits, d->exponent);
    return strtod(text, NULL);
}

/* v rounded to n digits. */
static void
decimal_round(decimal *d, double v, int n)
{
    char text[48];
    snprintf(text, sizeof(text), "%.*e", n - 1, v);
    d->n = 0;
    const char *p = text;
    for (; *p != '\0' && *p != 'e'; p++) {
        if (*p >= '0' && *p <= '9' && d->n < MOST_DIGITS) {
            d->digits[d->n++] = *p;
        }
    }
    d->digits[d->n] = '\0';
    d->exponent = *p == 'e' ? atoi(p + 1) + 1 : 1;
}

/* The next larger decimal of as many digits. */
static void
decimal_next(decimal *d)
{
    int i = d->n - 1;
    while (i >= 0 && d->digits[i] == '9') {
        d->digits[i--] = '0';
    }
    if (i >= 0) {
        d->digits[i]++;
    } else {
        d->digits[0] = '1';
        d->exponent++;
    }
}

/* The shortest decimal that reads back as v > 0. Below 16 digits all precisions give
 * the same digits and zeros, if v is normal. At a power of two the numbers above are
 * twice as far apart as those below, so the upper neighbour may be the one that reads
 * back although the lower is nearer. */
static void
decimal_shortest(decimal *d, double v)
{
    int exponent = 0;
    bool is_power = frexp(v, &exponent) == 0.5;
    for (int n = v >= 2.2250738585072014e-308 ? 15 : 1; n <= MOST_DIGITS; n++) {
        decimal_round(d, v, n);
        if (decimal_value(d) == v) {
            break;
        }
        if (is_power) {
            decimal_next(d);
            if (decimal_value(d) == v) {
                break;
            }
        }
    }
    while (d->n > 1 && d->digits[d->n - 1] == '0') {
        d->digits[--d->n] = '\0';
    }
}

static void
write_fixed(char *out, const decimal *d)
{
    if (d->exponent <= 0) {
        *out++ = '0';
        *out++ = '.';
        for (int i = d->exponent; i < 0; i++) {
            *out++ = '0';
        }
    }
    for (int i = 0; i < d->n || i < d->exponent; i++) {
        if (i == d->exponent && i > 0) {
            *out++ = '.';
        }
        *out++ = i < d->n ? d->digits[i] : '0';
    }
    if (d->exponent >= d->n) {
        *out++ = '.';
        *out++ = '0';
    }
    *out = '\0';
}

static void
write_scientific(char *out, size_t size, const decimal *d)
{
    int e = d->exponent - 1;
    snprintf(out, size, "%c%s%se%c%02d", d->digits[0], d->n > 1 ? "." : "",
        d->digits + 1, e < 0 ? '-' : '+', abs(e));
}

const char *
dna_format_double(char *buf, double v)
{
    if (isnan(v)) {
        return strcpy(buf, "nan");
    }
    char *out = buf;
    if (signbit(v)) {
        *out++ = '-';
        v = -v;
    }
    if (isinf(v)) {
        strcpy(out, "inf");
    } else if (v == 0) {
        strcpy(out, "0.0");
    } else if (v < 1e15 && v == floor(v)) { /* whole numbers are common and exact */
        snprintf(out, DNA_NUMBER_SIZE - 1, "%.0f", v);
        strcat(out, ".0");
    } else {
        decimal d = {"0", 1, 1};
        locale_guard g = enter_c_locale();
        decimal_shortest(&d, v);
        leave_c_locale(g);
        if (d.exponent > -4 && d.exponent <= 16) {
            write_fixed(out, &d);
        } else {
            write_scientific(out, DNA_NUMBER_SIZE - 1, &d);
        }
    }
    return buf;
}

bool
dna_parse_int(const char *s, int64_t *out)
{
    bool is_negative = *s == '-';
    if (*s == '-' || *s == '+') {
        s++;
    }
    if (*s == '\0') {
        return false;
    }
    int64_t value = 0; /* kept negative: the range reaches one further there */
    for (; *s != '\0'; s++) {
        if (*s < '0' || *s > '9') {
            return false;
        }
        int digit = *s - '0';
        if (value < (INT64_MIN + digit) / 10) {
            return false;
        }
        value = value * 10 - digit;
    }
    if (!is_negative && value == INT64_MIN) {
        return false;
    }
    *out = is_negative ? value : -value;
    return true;
}

static bool
is_word(const char *s, const char *word)
{
    while (*word != '\0') {
        char c = *s >= 'A' && *s <= 'Z' ? (char)(*s - 'A' + 'a') : *s;
        if (c != *word) {
            return false;
        }
        s++;
        word++;
    }
    return *s == '\0';
}

/* What a scan of a decimal number found. */
typedef struct {
    uint64_t mantissa; /* the first 19 digits */
    int n_digit;       /* significant ones */
    int64_t exponent;  /* value = mantissa * 10^exponent, if n_digit <= 19 */
} scanned;

static const char *
scan_digits(const char *s, scanned *n, bool is_fraction, bool *any)
{
    for (; *s >= '0' && *s <= '9'; s++) {
        *any = true;
        if (n->n_digit < 19) {
            n->mantissa = n->mantissa * 10 + (uint64_t)(*s - '0');
        }
        if (n->n_digit > 0 || *s != '0') {
            n->n_digit++;
        }
        if (is_fraction) {
            n->exponent--;
        }
    }
    return s;
}

static bool
scan_number(const char *s, scanned *n)
{
    bool any = false;
    s = scan_digits(s, n, false, &any);
    if (*s == '.') {
        s = scan_digits(s + 1, n, true, &any);
    }
    if (!any) {
        return false;
    }
    if (*s == 'e' || *s == 'E') {
        s++;
        bool is_negative = *s == '-';
        if (*s == '-' || *s == '+') {
            s++;
        }
        if (*s == '\0') {
            return false;
        }
        int64_t e = 0;
        for (; *s >= '0' && *s <= '9'; s++) {
            e = e < 100000000 ? e * 10 + (*s - '0') : e;
        }
        n->exponent += is_negative ? -e : e;
    }
    return *s == '\0';
}

bool
dna_parse_double(const char *s, double *out)
{
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
        1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const char *body = s + (*s == '-' || *s == '+' ? 1 : 0);
    double v = 0;
    scanned n = {0, 0, 0};
    if (is_word(body, "nan")) {
        v = (double)NAN;
    } else if (is_word(body, "inf") || is_word(body, "infinity")) {
        v = (double)INFINITY;
    } else if (!scan_number(body, &n)) {
        return false;
    } else if (n.n_digit <= 15 && n.exponent >= -22 && n.exponent <= 22) {
        /* both factors are exact doubles, so one rounding gives the right result */
        v = n.exponent < 0 ? (double)n.mantissa / powers[-n.exponent]
                           : (double)n.mantissa * powers[n.exponent];
    } else {
        locale_guard g = enter_c_locale();
        v = strtod(body, NULL);
        leave_c_locale(g);
    }
    *out = *s == '-' ? -v : v;
    return true;
}
