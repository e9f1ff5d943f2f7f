/* template.c - parse, fill and match file-name templates.
 *
 * SPDX-License-Identifier: MIT
 */
#include "data/template.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"

/* ---- parsing --------------------------------------------------------------------- */

typedef struct {
    dna_template *t;
    const char *text; /* the whole template, for messages */
    dna_str literal;  /* text gathered so far */
} parser;

static int
add_part(parser *p, dna_template_part part)
{
    int rc = DNA_OK;

    DNA_REQUIRE(p->t->n < DNA_TEMPLATE_MAX_PART, DNA_EARG,
        "filename_format \"%s\" has more than %d parts", p->text,
        DNA_TEMPLATE_MAX_PART);
    p->t->part[p->t->n++] = part;
out:
    return rc;
}

/* The text gathered so far becomes a part. */
static int
end_literal(parser *p)
{
    dna_template_part part = {.kind = DNA_PART_TEXT};
    int rc = DNA_OK;

    if (p->literal.len == 0) {
        return dna_str_status(&p->literal);
    }
    part.text = dna_strdup(dna_str_text(&p->literal));
    DNA_REQUIRE(part.text != NULL, DNA_ENOMEM, "out of memory");
    DNA_TRY(add_part(p, part));
    part.text = NULL;
    dna_str_clear(&p->literal);
    dna_str_init(&p->literal, 0);
out:
    dna_free(part.text);
    return rc;
}

/* [[fill]align][0][width][d] */
static bool
parse_spec(dna_template_part *part, const char *s)
{
    int width = 0;

    part->fill = ' ';
    part->align = '>';
    if (s[0] != '\0' && s[1] != '\0' && strchr("<>^=", s[1]) != NULL) {
        part->fill = s[0];
        part->align = s[1];
        s += 2;
    } else if (s[0] != '\0' && strchr("<>^=", s[0]) != NULL) {
        part->align = s[0];
        s++;
    }
    if (*s == '0') {
        part->fill = '0';
        part->align = '=';
        s++;
    }
    while (isdigit((unsigned char)*s)) {
        width = width * 10 + (*s++ - '0');
        if (width > DNA_TEMPLATE_MAX_PAD) {
            return false;
        }
    }
    part->width = width;
    part->has_spec = true;
    return *s == '\0' || (s[0] == 'd' && s[1] == '\0');
}

static int
add_field(parser *p, const char *name, const char *spec)
{
    dna_template_part part = {.kind = DNA_PART_NUMBER};
    int rc = DNA_OK;

    if (strcmp(name, "dataset_name") == 0) {
        part.kind = DNA_PART_NAME;
        DNA_REQUIRE(spec == NULL || *spec == '\0' || strcmp(spec, "s") == 0, DNA_EARG,
            "filename_format \"%s\": {dataset_name} takes no format \"%s\"", p->text,
            spec);
        return add_part(p, part);
    }
    if (strcmp(name, "scenario") == 0) {
        part.field = DNA_SCENARIO;
    } else if (strcmp(name, "replicate") == 0) {
        part.field = DNA_REPLICATE;
    } else {
        rc = dna_fail(DNA_EARG,
            "filename_format \"%s\": unknown field {%s} (allowed: dataset_name, scenario, replicate)",
            p->text, name);
        goto out;
    }
    if (spec != NULL && *spec != '\0') {
        DNA_REQUIRE(parse_spec(&part, spec), DNA_EARG,
            "filename_format \"%s\": {%s:%s} has no format of a padded number such as 05",
            p->text, name, spec);
        p->t->has_spec = true;
    }
    p->t->has_field[part.field] = true;
    DNA_TRY(add_part(p, part));
out:
    return rc;
}

/* A field, from behind its opening brace; *end gets the place behind the closing one.
 */
static int
parse_field(parser *p, const char *s, const char **end)
{
    const char *close = strchr(s, '}');
    char field[64];
    char *colon;
    size_t n;
    int rc = DNA_OK;

    DNA_REQUIRE(
        close != NULL, DNA_EARG, "filename_format \"%s\": { without }", p->text);
    n = (size_t)(close - s);
    DNA_REQUIRE(n < sizeof(field), DNA_EARG,
        "filename_format \"%s\": unknown field {%.*s...} (allowed: dataset_name, scenario, replicate)",
        p->text, 32, s);
    memcpy(field, s, n);
    field[n] = '\0';
    colon = strchr(field, ':');
    if (colon != NULL) {
        *colon++ = '\0';
    }
    DNA_TRY(end_literal(p));
    DNA_TRY(add_field(p, field, colon));
    *end = close + 1;
out:
    return rc;
}

static int
parse_parts(parser *p)
{
    const char *s = p->text;
    int rc = DNA_OK;

    while (*s != '\0') {
        if (s[0] == '/' || s[0] == '\\') {
            DNA_TRY(end_literal(p));
            DNA_TRY(add_part(p, (dna_template_part){.kind = DNA_PART_SLASH}));
            while (*s == '/' || *s == '\\') {
                s++;
            }
        } else if ((s[0] == '{' || s[0] == '}') && s[1] == s[0]) {
            dna_str_addc(&p->literal, s[0]);
            s += 2;
        } else if (s[0] == '{') {
            DNA_TRY(parse_field(p, s + 1, &s));
        } else {
            DNA_REQUIRE(
                s[0] != '}', DNA_EARG, "filename_format \"%s\": } without {", p->text);
            dna_str_addc(&p->literal, *s++);
        }
    }
    DNA_TRY(end_literal(p));
out:
    return rc;
}

int
dna_template_parse(dna_template *t, const char *text)
{
    parser p = {.t = t, .text = text};
    int rc = DNA_OK;

    *t = (dna_template){0};
    dna_str_init(&p.literal, 0);
    DNA_REQUIRE(text[0] != '\0' && text[0] != '/' && text[0] != '\\', DNA_EARG,
        "filename_format \"%s\" is not a file name relative to data_root", text);
    DNA_TRY(parse_parts(&p));
    DNA_REQUIRE(t->part[t->n - 1].kind != DNA_PART_SLASH, DNA_EARG,
        "filename_format \"%s\" names a folder, not a file", text);
    DNA_REQUIRE(t->has_field[DNA_SCENARIO], DNA_EARG,
        "filename_format \"%s\" has no field {scenario}", text);
out:
    dna_str_clear(&p.literal);
    if (rc < 0) {
        dna_template_clear(t);
    }
    return rc;
}

void
dna_template_clear(dna_template *t)
{
    for (int i = 0; i < t->n; i++) {
        dna_free(t->part[i].text);
    }
    *t = (dna_template){0};
}

/* ---- numbers --------------------------------------------------------------------- */

/* Digits of value, zero-padded to width, into buf; returns their number. */
static int
format_number(char *buf, size_t size, int64_t value, int width)
{
    return snprintf(buf, size, "%0*" PRId64, width, value);
}

void
dna_template_put_number(
    dna_str *out, const dna_template_part *part, int64_t value, int width)
{
    char digits[DNA_TEMPLATE_MAX_PAD + 32];
    int n, left, right;

    if (!part->has_spec) {
        (void)format_number(digits, sizeof(digits), value, width > 0 ? width : 1);
        dna_str_add(out, digits);
        return;
    }
    n = format_number(digits, sizeof(digits), value, 1);
    right = part->width > n ? part->width - n : 0;
    left = 0;
    if (part->align == '>' || part->align == '=') {
        left = right;
    } else if (part->align == '^') {
        left = right / 2;
    }
    right -= left;
    while (left-- > 0) {
        dna_str_addc(out, part->fill);
    }
    dna_str_add(out, digits);
    while (right-- > 0) {
        dna_str_addc(out, part->fill);
    }
}

/* ---- matching -------------------------------------------------------------------- */

/* Recursive descent with backtracking over one name; names and templates are short. */
typedef struct {
    const dna_template *t;
    int last;
    dna_template_match *m;
    int budget; /* steps left, so that a strange template cannot take for ever */
} matcher;

static bool match_from(matcher *k, int i, const char *s);

/* A number with a spec must look exactly as it would be written. */
static bool
has_spelling(const dna_template_part *part, int64_t value, const char *s, size_t n)
{
    dna_str text;
    bool is_equal;

    dna_str_init(&text, 0);
    dna_template_put_number(&text, part, value, 0);
    is_equal = text.len == n && memcmp(dna_str_text(&text), s, n) == 0;
    dna_str_clear(&text);
    return is_equal;
}

/* The first n characters of s as the number of part i, and the rest by the rest. */
static bool
match_digits(matcher *k, int i, const char *s, size_t n)
{
    const dna_template_part *part = &k->t->part[i];
    int64_t *number = &k->m->number[part->field], before = *number, value;
    char digits[DNA_TEMPLATE_MAX_PAD + 1];
    size_t a = 0, b = n;

    if (part->has_spec) { /* the padding may be anything: take the digits inside */
        while (a < b && s[a] == part->fill && !isdigit((unsigned char)s[a])) {
            a++;
        }
        while (b > a && s[b - 1] == part->fill && !isdigit((unsigned char)s[b - 1])) {
            b--;
        }
    }
    if (a == b || b - a > DNA_TEMPLATE_MAX_PAD) {
        return false;
    }
    memcpy(digits, s + a, b - a);
    digits[b - a] = '\0';
    if (strspn(digits, "0123456789") != b - a || !dna_parse_int(digits, &value)
        || (before >= 0 && value != before)
        || (part->has_spec && !has_spelling(part, value, s, n))) {
        return false;
    }
    *number = value;
    k->m->width[i] = digits[0] == '0' && b - a > 1 ? (int)(b - a) : 0;
    if (match_from(k, i + 1, s + n)) {
        return true;
    }
    *number = before;
    return false;
}

/* Longest first, as a regular expression would. */
static bool
match_number(matcher *k, int i, const char *s)
{
    size_t n = k->t->part[i].has_spec ? strlen(s) : strspn(s, "0123456789");

    for (n = DNA_MIN(n, (size_t)DNA_TEMPLATE_MAX_PAD); n > 0; n--) {
        if (match_digits(k, i, s, n)) {
            return true;
        }
    }
    return false;
}

static bool
match_name(matcher *k, int i, const char *s)
{
    const char *name = k->m->dataset_name;

    if (name != NULL) {
        size_t n = strlen(name);
        return strncmp(s, name, n) == 0 && match_from(k, i + 1, s + n);
    }
    for (size_t n = strlen(s); n > 0; n--) {
        if (match_from(k, i + 1, s + n)) {
            return true;
        }
    }
    return false;
}

static bool
match_from(matcher *k, int i, const char *s)
{
    const dna_template_part *part = &k->t->part[i];

    if (i == k->last) {
        return *s == '\0';
    }
    if (k->budget-- <= 0) {
        return false;
    }
    switch (part->kind) {
    case DNA_PART_TEXT:
        return strncmp(s, part->text, strlen(part->text)) == 0
               && match_from(k, i + 1, s + strlen(part->text));
    case DNA_PART_NUMBER:
        return match_number(k, i, s);
    case DNA_PART_NAME:
        return match_name(k, i, s);
    case DNA_PART_SLASH:
    default:
        return false;
    }
}

bool
dna_template_match_name(
    const dna_template *t, int first, int last, const char *name, dna_template_match *m)
{
    dna_template_match found = *m;
    matcher k = {.t = t, .last = last, .m = &found, .budget = 100000};

    if (!match_from(&k, first, name)) {
        return false;
    }
    *m = found;
    return true;
}
