/* yaml_write.c - value trees as YAML for people: block style, with comments above keys.
 *
 * SPDX-License-Identifier: MIT
 *
 * libyaml writes no comments, so the text is made here. What is written reads back as
 * the same tree, by the rules of YAML 1.2 (ours) and of YAML 1.1 (the original's
 * reader): text that either would take for something else is quoted, and 1e-08 is
 * written 1.0e-08.
 */
#include "io/yaml.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"

#define LINE_WIDTH      80
#define FLOW_LIST_WIDTH 60
#define NOTE_COLUMN     40 /* notes line up there, where values are shorter */

typedef struct {
    dna_str *out;
    dna_arena *scratch; /* of the text under trial */
    int indent;
    dna_yaml_comment_fn comment;
    dna_yaml_note_fn note;
    void *payload;
} writer;

static void
pad(dna_str *out, int column)
{
    for (int i = 0; i < column; i++) {
        dna_str_addc(out, ' ');
    }
}

/* One character of UTF-8 at s; its length, or 0 if the bytes are not UTF-8. */
static int
decode(const unsigned char *s, unsigned *code)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    int n = s[0] < 0x80             ? 1
            : (s[0] & 0xE0) == 0xC0 ? 2
            : (s[0] & 0xF0) == 0xE0 ? 3
            : (s[0] & 0xF8) == 0xF0 ? 4
                                    : 0;
    if (n <= 1) {
        *code = s[0];
        return n;
    }
    unsigned c = s[0] & (0x7FU >> n);
    for (int i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            return 0;
        }
        c = c << 6 | (s[i] & 0x3FU);
    }
    *code = c;
    bool is_valid = c >= least[n] && c <= 0x10FFFF && !(c >= 0xD800 && c <= 0xDFFF);
    return is_valid ? n : 0;
}

/* Characters that a YAML reader refuses, or may take for the end of a line. */
static bool
needs_escape(unsigned c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029
           || c == 0xFEFF || c == 0xFFFE || c == 0xFFFF;
}

/* Words and numbers of YAML 1.1 that YAML 1.2 reads as text. */
static bool
is_special_in_yaml11(const char *s)
{
    static const char *const words[] = {
        "y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "=", "<<"};
    for (int64_t i = 0; i < DNA_COUNT(words); i++) {
        if (dna_str_equal_nocase(s, words[i])) {
            return true;
        }
    }
    bool may_be_number =
        strchr("0123456789+-.", s[0]) != NULL && strpbrk(s, "0123456789") != NULL;
    return may_be_number
           && strspn(s, "0123456789_:.+-eExXoOabcdefABCDEFtTzZ ") == strlen(s);
}

static bool
is_plain(const char *s)
{
    size_t n = strlen(s);
    if (n == 0 || strchr(" -?:,[]{}#&*!|>'\"%@`", s[0]) != NULL || s[n - 1] == ' '
        || s[n - 1] == ':') {
        return false;
    }
    if (strncmp(s, "...", 3) == 0 || is_special_in_yaml11(s)) {
        return false;
    }
    for (const char *p = strchr(s, ':'); p != NULL; p = strchr(p + 1, ':')) {
        if (!isalnum((unsigned char)p[1])
            && p[1] != '/') { /* ":?" ends text in a list */
            return false;
        }
    }
    return strpbrk(s, ",[]{}") == NULL && strstr(s, " #") == NULL;
}

static void
put_double_quoted(dna_str *out, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    dna_str_addc(out, '"');
    while (*s != '\0') {
        unsigned c = 0;
        int n = decode(s, &c);
        if (c == '"' || c == '\\') {
            dna_str_addf(out, "\\%c", (int)c);
        } else if (c == '\n') {
            dna_str_add(out, "\\n");
        } else if (c == '\t') {
            dna_str_add(out, "\\t");
        } else if (needs_escape(c)) {
            dna_str_addf(out, c < 0x100 ? "\\x%02X" : "\\u%04X", c);
        } else {
            dna_str_addn(out, (const char *)s, (size_t)n);
        }
        s += n;
    }
    dna_str_addc(out, '"');
}

static void
put_single_quoted(dna_str *out, const char *s)
{
    dna_str_addc(out, '\'');
    for (; *s != '\0'; s++) {
        if (*s == '\'') {
            dna_str_addc(out, '\'');
        }
        dna_str_addc(out, *s);
    }
    dna_str_addc(out, '\'');
}

static int
put_text(writer *w, const char *text)
{
    bool has_escape = false;
    const unsigned char *s = (const unsigned char *)text;
    while (*s != '\0') {
        unsigned c = 0;
        int n = decode(s, &c);
        if (n == 0) {
            return dna_fail(DNA_EFORMAT,
                "\"%s\" is not UTF-8 text and cannot be written as YAML", text);
        }
        has_escape = has_escape || needs_escape(c);
        s += n;
    }
    if (has_escape) {
        put_double_quoted(w->out, text);
        return DNA_OK;
    }
    bool is_text = is_plain(text);
    if (is_text) {
        const dna_value *v = dna_value_plain(w->scratch, text);
        if (v == NULL) {
            return DNA_ENOMEM;
        }
        is_text = v->type == DNA_STRING;
    }
    if (is_text) {
        dna_str_add(w->out, text);
    } else {
        put_single_quoted(w->out, text);
    }
    return DNA_OK;
}

/* 1e-08 -> 1.0e-08: without the point YAML 1.1 reads text. */
static void
put_float_text(dna_str *out, const char *s)
{
    const char *e = strpbrk(s, "eE");
    if (e == NULL || strchr(s, '.') != NULL) {
        dna_str_add(out, s);
        return;
    }
    dna_str_addn(out, s, (size_t)(e - s));
    dna_str_add(out, ".0");
    dna_str_add(out, e);
}

static void
put_float(dna_str *out, double v)
{
    char buf[DNA_NUMBER_SIZE];
    if (isnan(v)) {
        dna_str_add(out, ".nan");
    } else if (isinf(v)) {
        dna_str_add(out, v > 0 ? ".inf" : "-.inf");
    } else {
        put_float_text(out, dna_format_double(buf, v));
    }
}

/* Whether the text as it was written still says what the value is: kept then, so that
 * a label such as 007 or 2.50 survives. */
static int
has_own_text(writer *w, const dna_value *v, bool *yes)
{
    *yes = false;
    if (v->text == NULL || v->is_quoted) {
        return DNA_OK;
    }
    const dna_value *again = dna_value_plain(w->scratch, v->text);
    if (again == NULL) {
        return DNA_ENOMEM;
    }
    *yes = again->type == v->type && dna_value_equal(again, v);
    return DNA_OK;
}

static int
put_scalar(writer *w, const dna_value *v)
{
    bool is_kept = false;
    int rc = DNA_OK;

    if (v->type == DNA_STRING) {
        return put_text(w, v->text);
    }
    if (v->type == DNA_NULL) {
        dna_str_add(w->out, "null");
        return DNA_OK;
    }
    DNA_TRY(has_own_text(w, v, &is_kept));
    if (v->type == DNA_BOOLEAN) {
        dna_str_add(w->out, is_kept ? v->text : v->boolean ? "true" : "false");
    } else if (v->type == DNA_INT) {
        if (is_kept) {
            dna_str_add(w->out, v->text);
        } else {
            dna_str_addf(w->out, "%lld", (long long)v->integer);
        }
    } else if (is_kept) {
        put_float_text(w->out, v->text);
    } else {
        put_float(w->out, v->number);
    }
out:
    return rc;
}

static bool
is_scalar(const dna_value *v)
{
    return v->type != DNA_LIST && v->type != DNA_MAP;
}

/* Scalars, empty collections, and short lists of scalars go on one line. *is_inline is
 * false, and nothing is written, for everything else. */
static int
put_inline(writer *w, const dna_value *v, bool *is_inline)
{
    int rc = DNA_OK;

    *is_inline = true;
    if (is_scalar(v)) {
        return put_scalar(w, v);
    }
    if (v->n == 0) {
        dna_str_add(w->out, v->type == DNA_MAP ? "{}" : "[]");
        return DNA_OK;
    }
    *is_inline = false;
    if (v->type == DNA_MAP) {
        return DNA_OK;
    }
    for (int64_t i = 0; i < v->n; i++) {
        if (!is_scalar(v->items[i])) {
            return DNA_OK;
        }
    }
    dna_str line;
    dna_str_init(&line, 0);
    dna_str *out = w->out;
    w->out = &line;
    for (int64_t i = 0; i < v->n && line.len <= FLOW_LIST_WIDTH; i++) {
        dna_str_add(&line, i > 0 ? ", " : "");
        DNA_TRY(put_scalar(w, v->items[i]));
    }
    DNA_TRY(dna_str_status(&line));
    if (line.len <= FLOW_LIST_WIDTH) {
        *is_inline = true;
        dna_str_addc(out, '[');
        dna_str_add(out, dna_str_text(&line));
        dna_str_addc(out, ']');
    }
out:
    w->out = out;
    dna_str_clear(&line);
    return rc;
}

/* Words of one paragraph, from *s up to the end of its line; moves *s past it. */
static void
put_paragraph(dna_str *out, const char **s, int column)
{
    const char *p = *s;
    size_t width = 0;
    while (*p != '\0' && *p != '\n') {
        size_t n = strcspn(p, " \n");
        if (n > 0) {
            if (width > 0 && width + 1 + n + (size_t)column + 2 > LINE_WIDTH) {
                dna_str_addc(out, '\n');
                width = 0;
            }
            if (width == 0) {
                pad(out, column);
                dna_str_add(out, "# ");
            } else {
                dna_str_addc(out, ' ');
                width++;
            }
            dna_str_addn(out, p, n);
            width += n;
        }
        p += n;
        p += *p == ' ';
    }
    if (width == 0) {
        pad(out, column);
        dna_str_addc(out, '#');
    }
    dna_str_addc(out, '\n');
    *s = *p == '\n' ? p + 1 : p;
}

static void
put_comment(writer *w, const char *path, int column, bool is_first)
{
    const char *text = w->comment != NULL ? w->comment(w->payload, path) : NULL;
    if (text == NULL) {
        return;
    }
    if (!is_first) {
        dna_str_addc(w->out, '\n');
    }
    while (*text != '\0') {
        put_paragraph(w->out, &text, column);
    }
}

/* End the line of a value. */
static void
end_line(writer *w, const dna_value *v)
{
    const char *text = w->note != NULL ? w->note(w->payload, v) : NULL;
    size_t start = w->out->len;

    if (text == NULL || dna_str_status(w->out) < 0) {
        dna_str_addc(w->out, '\n');
        return;
    }
    while (start > 0 && w->out->data[start - 1] != '\n') {
        start--;
    }
    size_t width = w->out->len - start;
    pad(w->out, width + 2 < NOTE_COLUMN ? NOTE_COLUMN - (int)width : 2);
    dna_str_add(w->out, "# ");
    for (const unsigned char *s = (const unsigned char *)text; *s != '\0';) {
        unsigned c = 0;
        int n = decode(s, &c);
        bool is_bad = n == 0 || needs_escape(c);
        dna_str_addn(w->out, is_bad ? "?" : (const char *)s, is_bad ? 1 : (size_t)n);
        s += n > 0 ? n : 1;
    }
    dna_str_addc(w->out, '\n');
}

static int put_block(
    writer *w, const dna_value *v, int column, const char *path, bool is_open);

/* is_open: the first key goes on the line already begun ("-   key: ..."). path: NULL
 * inside lists, where keys have no comments. */
static int
put_map(writer *w, const dna_value *v, int column, const char *path, bool is_open)
{
    dna_str child;
    int rc = DNA_OK;

    dna_str_init(&child, 0);
    for (int64_t i = 0; i < v->n; i++) {
        bool is_inline = false;
        const char *child_path = NULL;
        if (path != NULL) {
            dna_str_clear(&child);
            dna_str_add(&child, path);
            dna_str_add(&child, path[0] != '\0' ? "." : "");
            dna_str_add(&child, v->keys[i]);
            DNA_TRY(dna_str_status(&child));
            child_path = dna_str_text(&child);
            put_comment(w, child_path, column, i == 0);
        }
        if (i > 0 || !is_open) {
            pad(w->out, column);
        }
        DNA_TRY(put_text(w, v->keys[i]));
        dna_str_addc(w->out, ':');
        const dna_value *item = v->items[i];
        size_t mark = w->out->len;
        dna_str_addc(w->out, ' ');
        DNA_TRY(put_inline(w, item, &is_inline));
        DNA_TRY(dna_str_status(w->out));
        if (is_inline) {
            end_line(w, item);
            continue;
        }
        w->out->len = mark; /* no space before the end of the line */
        dna_str_addc(w->out, '\n');
        int inner = item->type == DNA_MAP ? column + w->indent : column;
        DNA_TRY(put_block(w, item, inner, child_path, false));
    }
out:
    dna_str_clear(&child);
    return rc;
}

static int
put_list(writer *w, const dna_value *v, int column, bool is_open)
{
    int rc = DNA_OK;

    for (int64_t i = 0; i < v->n; i++) {
        bool is_inline = false;
        if (i > 0 || !is_open) {
            pad(w->out, column);
        }
        dna_str_addc(w->out, '-');
        pad(w->out, w->indent - 1);
        DNA_TRY(put_inline(w, v->items[i], &is_inline));
        if (is_inline) {
            end_line(w, v->items[i]);
        } else {
            DNA_TRY(put_block(w, v->items[i], column + w->indent, NULL, true));
        }
    }
out:
    return rc;
}

static int
put_block(writer *w, const dna_value *v, int column, const char *path, bool is_open)
{
    return v->type == DNA_MAP ? put_map(w, v, column, path, is_open)
                              : put_list(w, v, column, is_open);
}

int
dna_yaml_write(dna_str *out, const dna_value *value, const dna_yaml_style *style)
{
    writer w = {.out = out, .indent = 4};
    bool is_inline = false;
    int rc = DNA_OK;

    DNA_TRY(dna_arena_new(&w.scratch));
    if (style != NULL) {
        w.indent = style->indent > 1 ? style->indent : style->indent == 1 ? 2 : 4;
        w.comment = style->comment;
        w.note = style->note;
        w.payload = style->payload;
    }
    put_comment(&w, "", 0, true);
    if (w.comment != NULL && w.comment(w.payload, "") != NULL) {
        dna_str_addc(out, '\n');
    }
    DNA_TRY(put_inline(&w, value, &is_inline));
    if (is_inline) {
        end_line(&w, value);
    } else {
        DNA_TRY(put_block(&w, value, 0, "", false));
    }
    DNA_TRY(dna_str_status(out));
out:
    dna_arena_free(w.scratch);
    return rc;
}
