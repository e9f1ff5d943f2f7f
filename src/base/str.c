/* str.c - the growing string and small text helpers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/str.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define DEFAULT_MAX ((size_t)1 << 30)
#define WORD_MAX    64 /* letters of a word that count for the edit distance */

void
dna_str_init(dna_str *s, size_t max)
{
    memset(s, 0, sizeof(*s));
    s->max = max == 0 ? DEFAULT_MAX : max;
}

void
dna_str_clear(dna_str *s)
{
    dna_free(s->data);
    dna_str_init(s, s->max);
}

/* Room for n more bytes and the final zero. */
static bool
reserve(dna_str *s, size_t n)
{
    if (s->rc < 0) {
        return false;
    }
    size_t max = s->max == 0 ? DEFAULT_MAX : s->max; /* a zeroed dna_str works too */
    if (n > max || s->len > max - n) {
        s->rc = dna_fail(DNA_ESHAPE, "text grows beyond %zu bytes", max);
        return false;
    }
    size_t need = s->len + n + 1;
    if (need <= s->cap) {
        return true;
    }
    size_t cap = DNA_MAX(need, DNA_MAX((size_t)64, s->cap * 2));
    char *data = dna_realloc(s->data, cap, 1);
    if (data == NULL) {
        s->rc = DNA_ENOMEM;
        return false;
    }
    s->data = data;
    s->cap = cap;
    return true;
}

void
dna_str_addn(dna_str *s, const char *text, size_t n)
{
    if (reserve(s, n)) {
        if (n > 0) {
            memcpy(s->data + s->len, text, n);
        }
        s->len += n;
        s->data[s->len] = '\0';
    }
}

void
dna_str_add(dna_str *s, const char *text)
{
    dna_str_addn(s, text, strlen(text));
}

void
dna_str_addc(dna_str *s, char c)
{
    dna_str_addn(s, &c, 1);
}

static bool
is_shell_plain(const char *word)
{
    for (const char *p = word; *p != '\0'; p++) {
        if (!isalnum((unsigned char)*p) && strchr("_-./+,:@%=", *p) == NULL) {
            return false;
        }
    }
    return word[0] != '\0';
}

void
dna_str_add_shell(dna_str *s, const char *word)
{
    if (is_shell_plain(word)) {
        dna_str_add(s, word);
        return;
    }
    dna_str_addc(s, '\'');
    for (const char *p = word; *p != '\0'; p++) {
        if (*p == '\'') {
            dna_str_add(s, "'\\''");
        } else {
            dna_str_addc(s, *p);
        }
    }
    dna_str_addc(s, '\'');
}

void
dna_str_addf(dna_str *s, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0 && s->rc == DNA_OK) {
        s->rc = dna_fail(DNA_ENOMEM, "text cannot be formatted");
    } else if (n >= 0 && reserve(s, (size_t)n)) {
        vsnprintf(s->data + s->len, (size_t)n + 1, fmt, again);
        s->len += (size_t)n;
    }
    va_end(again);
}

int
dna_str_status(const dna_str *s)
{
    return s->rc;
}

const char *
dna_str_text(const dna_str *s)
{
    return s->data != NULL ? s->data : "";
}

char *
dna_str_take(dna_str *s)
{
    char *text = NULL;
    dna_str_addn(s, "", 0); /* an empty one becomes "" */
    if (s->rc == DNA_OK) {
        text = s->data;
        s->data = NULL;
    }
    dna_str_clear(s);
    return text;
}

bool
dna_str_equal(const char *a, const char *b)
{
    if (a == NULL || b == NULL) {
        return a == b;
    }
    return strcmp(a, b) == 0;
}

/* The letters of names are ASCII; tolower() would ask the locale. */
static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool
is_lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool
dna_str_equal_nocase(const char *a, const char *b)
{
    if (a == NULL || b == NULL) {
        return a == b;
    }
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

bool
dna_str_ends_with(const char *s, const char *suffix)
{
    size_t n = strlen(s);
    size_t m = strlen(suffix);
    return m <= n && memcmp(s + n - m, suffix, m) == 0;
}

void
dna_snake_case(char *out, size_t size, const char *name)
{
    size_t n = 0;
    if (size == 0) {
        return;
    }
    for (size_t i = 0; name[i] != '\0'; i++) {
        /* a word begins at a capital after a small letter, or before one */
        bool is_start = i > 0 && is_upper(name[i]) && name[i - 1] != '_'
                        && (is_lower_or_digit(name[i - 1])
                            || (name[i + 1] >= 'a' && name[i + 1] <= 'z'));
        if (is_start && n + 1 < size) {
            out[n++] = '_';
        }
        if (n + 1 < size) {
            out[n++] = lower(name[i]);
        }
    }
    out[n] = '\0';
}

bool
dna_name_matches(const char *word, const char *name)
{
    char snake[128];
    dna_snake_case(snake, sizeof(snake), name);
    return strcmp(word, name) == 0 || strcmp(word, snake) == 0;
}

static int
word_length(const char *s)
{
    int n = 0;
    while (n < WORD_MAX && s[n] != '\0') {
        n++;
    }
    return n;
}

int
dna_edit_distance(const char *a, const char *b)
{
    int rows[3][WORD_MAX + 1]; /* the rows i, i-1, i-2 of the table, in turn */
    int n = word_length(a);
    int m = word_length(b);
    for (int j = 0; j <= m; j++) {
        rows[0][j] = j;
    }
    for (int i = 1; i <= n; i++) {
        int *row = rows[i % 3];
        const int *above = rows[(i + 2) % 3];
        const int *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (int j = 1; j <= m; j++) {
            int change = above[j - 1] + (a[i - 1] != b[j - 1]);
            int best = DNA_MIN(change, DNA_MIN(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                best = DNA_MIN(best, above2[j - 2] + 1); /* two letters swapped */
            }
            row[j] = best;
        }
    }
    return rows[n % 3][m];
}

const char *
dna_nearest_name(const char *word, const char *const *names, int64_t n)
{
    const char *nearest = NULL;
    int limit = DNA_MAX(1, word_length(word) / 3); /* one slip in three letters */
    int best = limit + 1;
    for (int64_t i = 0; i < n; i++) {
        int d = dna_edit_distance(word, names[i]);
        if (d > 0 && dna_str_equal_nocase(word, names[i])) {
            d = 1;
        }
        if (d < best) {
            best = d;
            nearest = names[i];
        }
    }
    return nearest;
}
