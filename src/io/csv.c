/* csv.c - tables of text: a header line and rows.
 *
 * SPDX-License-Identifier: MIT
 *
 * The text is copied once and cut into cells in place: a cell with its quotes taken off
 * is never longer than it was, so every cell is a pointer into that copy.
 */
#include "io/csv.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"

#define MAX_BYTE   ((size_t)1 << 30)
#define MAX_COLUMN 16384

typedef struct {
    dna_csv *csv;
    char *next; /* the rest of the text, terminated by a zero */
    char separator;
    int line;
    char **cells; /* of the row being read */
    int64_t n_cell, cap_cell;
    int64_t cap_row;
} reader;

/* The commonest of the separators in the header line, outside quotes. */
static char
find_separator(const char *text)
{
    static const char candidates[] = ",;\t|";
    int count[4] = {0};
    bool has_space = false;
    bool is_quoted = false;
    for (const char *p = text; *p != '\0' && (is_quoted || !strchr("\r\n", *p)); p++) {
        if (*p == '"') {
            is_quoted = !is_quoted;
        } else if (!is_quoted) {
            const char *c = strchr(candidates, *p);
            if (c != NULL) {
                count[c - candidates]++;
            }
            has_space = has_space || *p == ' ';
        }
    }
    int best = 0;
    for (int i = 1; i < 4; i++) {
        best = count[i] > count[best] ? i : best;
    }
    return count[best] > 0 ? candidates[best] : has_space ? ' ' : ',';
}

static bool
is_blank(const reader *r, char c)
{
    return c == ' ' || (c == '\t' && r->separator != '\t');
}

static void
skip_blanks(reader *r)
{
    while (is_blank(r, *r->next)) {
        r->next++;
    }
}

static bool
at_line_end(const reader *r)
{
    return *r->next == '\0' || *r->next == '\n'
           || (*r->next == '\r' && (r->next[1] == '\n' || r->next[1] == '\0'));
}

static int
add_cell(reader *r, char *cell)
{
    if (r->n_cell == MAX_COLUMN) {
        return dna_fail(DNA_EFORMAT, "%s:%d: more than %d cells in a row", r->csv->path,
            r->line, MAX_COLUMN);
    }
    if (r->n_cell == r->cap_cell) {
        int64_t cap = r->cap_cell > 0 ? 2 * r->cap_cell : 16;
        char **cells = dna_realloc(r->cells, (size_t)cap, sizeof(*cells));
        if (cells == NULL) {
            return DNA_ENOMEM;
        }
        r->cells = cells;
        r->cap_cell = cap;
    }
    r->cells[r->n_cell++] = cell;
    return DNA_OK;
}

/* "...", quotes inside doubled. *end gets the place for the final zero. */
static int
read_quoted(reader *r, char **end)
{
    int first_line = r->line;
    char *to = ++r->next; /* the opening quote makes room for the final zero */
    for (;;) {
        char c = *r->next;
        if (c == '\0') {
            return dna_fail(DNA_EFORMAT, "%s:%d: a quote that is never closed",
                r->csv->path, first_line);
        }
        if (c == '"' && r->next[1] != '"') {
            break;
        }
        r->next += c == '"' ? 2 : 1;
        if (c == '\n' && r->line < INT_MAX) {
            r->line++;
        }
        *to++ = c;
    }
    r->next++;
    *end = to;
    skip_blanks(r);
    if (!at_line_end(r) && *r->next != r->separator
        && !(r->separator == ' ' && is_blank(r, r->next[-1]))) {
        return dna_fail(
            DNA_EFORMAT, "%s:%d: text after a closing quote", r->csv->path, r->line);
    }
    return DNA_OK;
}

static void
read_bare(reader *r, char **end)
{
    char *to = r->next;
    while (!at_line_end(r) && *r->next != r->separator) {
        if (!is_blank(r, *r->next)) {
            to = r->next + 1;
        }
        r->next++;
    }
    *end = to;
}

/* The cells of one line, which is moved past. */
static int
read_row(reader *r)
{
    int rc = DNA_OK;

    r->n_cell = 0;
    skip_blanks(r);
    for (;;) {
        char *end = NULL;
        char *cell = *r->next == '"' ? r->next + 1 : r->next;
        if (*r->next == '"') {
            DNA_TRY(read_quoted(r, &end));
        } else {
            read_bare(r, &end);
        }
        DNA_TRY(add_cell(r, cell));
        if (r->separator == ' ') {
            skip_blanks(r);
        }
        bool is_last = at_line_end(r);
        bool is_text_end = *r->next == '\0';
        if (!is_last && *r->next == r->separator) {
            r->next++;
        }
        if (is_last && !is_text_end) {
            r->next += *r->next == '\r' ? 1 : 0;
            r->next += *r->next == '\n' ? 1 : 0;
        }
        *end = '\0'; /* only now: it may be where the separator was */
        if (is_last) {
            break;
        }
        skip_blanks(r);
    }
out:
    return rc;
}

/* Whether another row follows; empty lines are passed over. */
static bool
find_row(reader *r)
{
    for (;;) {
        char *begin = r->next;
        skip_blanks(r);
        if (*r->next == '\0') {
            return false;
        }
        if (!at_line_end(r)) {
            r->next = begin;
            return true;
        }
        r->next += *r->next == '\r' ? 1 : 0;
        if (*r->next == '\n') {
            r->next++;
            r->line += r->line < INT_MAX;
        }
    }
}

static int
read_header(reader *r)
{
    dna_csv *csv = r->csv;
    int rc = DNA_OK;

    DNA_REQUIRE(
        find_row(r), DNA_EFORMAT, "%s: is empty, a header line is needed", csv->path);
    int line = r->line;
    DNA_TRY(read_row(r));
    r->line += r->line < INT_MAX;
    DNA_NEW(csv->names, r->n_cell);
    memcpy(csv->names, r->cells, (size_t)r->n_cell * sizeof(*csv->names));
    csv->n_column = r->n_cell;
    for (int64_t i = 0; i < csv->n_column; i++) {
        for (int64_t j = 0; j < i && csv->names[i][0] != '\0'; j++) {
            DNA_REQUIRE(strcmp(csv->names[i], csv->names[j]) != 0, DNA_EFORMAT,
                "%s:%d: two columns are named \"%s\"", csv->path, line, csv->names[i]);
        }
    }
out:
    return rc;
}

static int
grow_rows(reader *r)
{
    dna_csv *csv = r->csv;
    size_t n_cell = 0;
    int64_t cap = r->cap_row > 0 ? 2 * r->cap_row : 64;

    if (!dna_mul_size((size_t)cap, (size_t)csv->n_column, &n_cell)) {
        return dna_fail(DNA_ENOMEM, "%s: too many cells", csv->path);
    }
    char **cells = dna_realloc(csv->cells, n_cell, sizeof(*cells));
    if (cells == NULL) {
        return DNA_ENOMEM;
    }
    csv->cells = cells;
    int *lines = dna_realloc(csv->lines, (size_t)cap, sizeof(*lines));
    if (lines == NULL) {
        return DNA_ENOMEM;
    }
    csv->lines = lines;
    r->cap_row = cap;
    return DNA_OK;
}

static int
read_rows(reader *r)
{
    dna_csv *csv = r->csv;
    int rc = DNA_OK;

    while (find_row(r)) {
        int line = r->line;
        DNA_TRY(read_row(r));
        r->line += r->line < INT_MAX;
        DNA_REQUIRE(r->n_cell == csv->n_column, DNA_EFORMAT,
            "%s:%d: %lld cells, the header has %lld", csv->path, line,
            (long long)r->n_cell, (long long)csv->n_column);
        if (csv->n_row == r->cap_row) {
            DNA_TRY(grow_rows(r));
        }
        memcpy(csv->cells + csv->n_row * csv->n_column, r->cells,
            (size_t)csv->n_column * sizeof(*csv->cells));
        csv->lines[csv->n_row++] = line;
    }
out:
    return rc;
}

int
dna_csv_parse(
    dna_csv *out, const char *text, size_t n, const char *name, char separator)
{
    dna_csv csv = {0};
    reader r = {.csv = &csv, .line = 1};
    int rc = DNA_OK;

    memset(out, 0, sizeof(*out));
    csv.path = dna_strdup(name != NULL ? name : "table");
    if (csv.path == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_REQUIRE(
        n <= MAX_BYTE, DNA_EFORMAT, "%s: more than %zu MiB", csv.path, MAX_BYTE >> 20);
    DNA_REQUIRE(n == 0 || memchr(text, '\0', n) == NULL, DNA_EFORMAT,
        "%s: a zero byte; this is not a table of text", csv.path);
    csv.memory = dna_strndup(n > 0 ? text : "", n);
    if (csv.memory == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    r.next = csv.memory;
    if (strncmp(r.next, "\xEF\xBB\xBF", 3) == 0) {
        r.next += 3;
    }
    r.separator = separator != '\0' ? separator : find_separator(r.next);
    DNA_TRY(read_header(&r));
    DNA_TRY(read_rows(&r));
    *out = csv;
    memset(&csv, 0, sizeof(csv));
out:
    dna_free(r.cells);
    dna_csv_clear(&csv);
    return rc;
}

int
dna_csv_read(dna_csv *out, const char *path, char separator)
{
    unsigned char *data = NULL;
    size_t size = 0;

    memset(out, 0, sizeof(*out));
    int rc = dna_file_read(path, MAX_BYTE, &data, &size);
    if (rc == DNA_OK) {
        rc = dna_csv_parse(out, (const char *)data, size, path, separator);
    }
    dna_free(data);
    return rc;
}

void
dna_csv_clear(dna_csv *csv)
{
    if (csv != NULL) {
        dna_free(csv->names);
        dna_free(csv->cells);
        dna_free(csv->lines);
        dna_free(csv->path);
        dna_free(csv->memory);
        memset(csv, 0, sizeof(*csv));
    }
}

int64_t
dna_csv_column(const dna_csv *csv, const char *name)
{
    for (int64_t i = 0; i < csv->n_column; i++) {
        if (strcmp(csv->names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

const char *
dna_csv_cell(const dna_csv *csv, int64_t row, int64_t column)
{
    return csv->cells[row * csv->n_column + column];
}

static int
cell_error(const dna_csv *csv, int64_t row, int64_t column, const char *expected)
{
    return dna_fail(DNA_EFORMAT, "%s:%d: %s: \"%s\" is not %s", csv->path,
        csv->lines[row], csv->names[column], dna_csv_cell(csv, row, column), expected);
}

int
dna_csv_number(const dna_csv *csv, int64_t row, int64_t column, double *out)
{
    static const char *const missing[] = {
        "", "nan", "na", "n/a", "#n/a", "null", "none"};
    const char *cell = dna_csv_cell(csv, row, column);
    for (int64_t i = 0; i < DNA_COUNT(missing); i++) {
        if (dna_str_equal_nocase(cell, missing[i])) {
            *out = (double)NAN;
            return DNA_OK;
        }
    }
    return dna_parse_double(cell, out) ? DNA_OK
                                       : cell_error(csv, row, column, "a number");
}

int
dna_csv_integer(const dna_csv *csv, int64_t row, int64_t column, int64_t *out)
{
    const char *cell = dna_csv_cell(csv, row, column);
    double v = 0;
    if (dna_parse_int(cell, out)) {
        return DNA_OK;
    }
    /* beyond 2^53 a double no longer tells integers apart */
    if (dna_parse_double(cell, &v) && fabs(v) <= 9007199254740992.0 && v == floor(v)) {
        *out = (int64_t)v;
        return DNA_OK;
    }
    return cell_error(csv, row, column, "an integer");
}

void
dna_csv_put(dna_str *line, const char *text, int is_first)
{
    size_t n = strlen(text);
    if (!is_first) {
        dna_str_addc(line, ',');
    }
    /* blanks at the ends are quoted too, since bare ones are not part of a cell */
    bool is_padded = n > 0 && (strchr(" \t", text[0]) || strchr(" \t", text[n - 1]));
    if (!is_padded && strpbrk(text, ",\"\r\n") == NULL) {
        dna_str_add(line, text);
        return;
    }
    dna_str_addc(line, '"');
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"') {
            dna_str_addc(line, '"');
        }
        dna_str_addc(line, *p);
    }
    dna_str_addc(line, '"');
}
