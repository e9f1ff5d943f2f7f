/* table.c - a CSV table that grows at its end and never loses what it had.
 *
 * SPDX-License-Identifier: MIT
 */
#include "report/table.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/append.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/str.h"
#include "io/csv.h"

/* Longest header line that is compared with an existing file's. */
#define HEADER_MAX ((size_t)1 << 20)

struct dna_table {
    FILE *stream;     /* borrowed; NULL for a file */
    dna_append *file; /* NULL for a stream */
    int64_t n_column;
    int64_t n_cell; /* of the current row */
    dna_str rows;   /* whole rows that wait, and the current one */
};

/* Whether text begins with the header; a line may end with CR LF in the place of LF. */
static bool
begins_with(const char *text, size_t n, const char *header)
{
    size_t at = 0;
    for (const char *c = header; *c != '\0'; c++, at++) {
        if (*c == '\n' && at + 1 < n && text[at] == '\r') {
            at++;
        }
        if (at >= n || text[at] != *c) {
            return false;
        }
    }
    return true;
}

/* Whether the file begins with the header, and whether its last line is complete. */
static int
compare_header(const dna_table *t, const char *header, size_t length)
{
    const char *path = dna_append_path(t->file);
    const char *columns = header; /* the last line */
    char *text = NULL;
    size_t n = 0;
    int rc = DNA_OK;

    DNA_REQUIRE(length < HEADER_MAX, DNA_EUNSUPPORTED, "%s: a header of %zu bytes",
        path, length);
    text = dna_malloc(2 * length);
    if (text == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_append_read(t->file, 0, text, 2 * length, &n));
    for (const char *end; columns[0] == '#' && (end = strchr(columns, '\n')) != NULL;) {
        columns = end + 1;
    }
    DNA_REQUIRE(begins_with(text, n, header), DNA_EEXISTS,
        "%s: its first line%s not the header \"%.*s\"%s: give another output file",
        path, columns > header ? "s are" : " is", (int)strcspn(columns, "\n"), columns,
        columns > header ? ", or were made under other rules" : "");
    char last = '\n';
    DNA_TRY(dna_append_read(t->file, dna_append_length(t->file) - 1, &last, 1, &n));
    DNA_REQUIRE(
        n == 1 && last == '\n', DNA_EFORMAT, "%s: its last line is incomplete", path);
out:
    dna_free(text);
    return rc;
}

static int
table_new(dna_table **out, FILE *stream, int64_t n_column)
{
    dna_table *t = NULL;
    int rc = DNA_OK;

    DNA_NEW(t, 1);
    t->stream = stream;
    t->n_column = n_column;
    dna_str_init(&t->rows, 0);
    *out = t;
out:
    return rc;
}

static int
put_header(dna_table *t, const char *notes, const char *const *columns)
{
    dna_str_add(&t->rows, notes != NULL ? notes : "");
    for (int64_t i = 0; i < t->n_column; i++) {
        dna_table_text(t, columns[i]);
    }
    return dna_table_end_row(t);
}

static int
open_file(dna_table **out, const char *path, int64_t keep, const char *notes,
    const char *const *columns, int64_t n_column)
{
    dna_table *t = NULL;
    int rc = DNA_OK;

    DNA_TRY(table_new(&t, NULL, n_column));
    DNA_TRY(dna_append_open(&t->file, path, keep));
    DNA_TRY(put_header(t, notes, columns));
    if (dna_append_length(t->file) > 0) {
        DNA_TRY(compare_header(t, t->rows.data, t->rows.len));
        t->rows.len = 0;
    }
    *out = t;
    t = NULL;
out:
    dna_table_free(t);
    return rc;
}

static int
open_stream(dna_table **out, FILE *stream, const char *notes,
    const char *const *columns, int64_t n_column)
{
    dna_table *t = NULL;
    int rc = DNA_OK;

    DNA_TRY(table_new(&t, stream, n_column));
    DNA_TRY(put_header(t, notes, columns));
    *out = t;
    t = NULL;
out:
    dna_table_free(t);
    return rc;
}

int
dna_table_open_file(dna_table **out, const char *path, int64_t keep,
    const char *const *columns, int64_t n_column)
{
    return open_file(out, path, keep, NULL, columns, n_column);
}

int
dna_table_open_stream(
    dna_table **out, FILE *stream, const char *const *columns, int64_t n_column)
{
    return open_stream(out, stream, NULL, columns, n_column);
}

int
dna_table_open_noted(dna_table **out, const char *path, FILE *stream, const char *notes,
    const char *const *columns, int64_t n_column)
{
    return path != NULL ? open_file(out, path, DNA_APPEND_ALL, notes, columns, n_column)
                        : open_stream(out, stream, notes, columns, n_column);
}

void
dna_table_free(dna_table *t)
{
    if (t == NULL) {
        return;
    }
    dna_append_close(t->file);
    dna_str_clear(&t->rows);
    dna_free(t);
}

void
dna_table_text(dna_table *t, const char *text)
{
    dna_csv_put(&t->rows, text, t->n_cell == 0);
    t->n_cell++;
}

void
dna_table_integer(dna_table *t, int64_t value)
{
    char text[32];
    snprintf(text, sizeof(text), "%" PRId64, value);
    dna_table_text(t, text);
}

void
dna_table_number(dna_table *t, double value)
{
    char text[DNA_NUMBER_SIZE];
    dna_table_text(t, dna_format_double(text, value));
}

int
dna_table_end_row(dna_table *t)
{
    assert(t->n_cell == t->n_column);
    t->n_cell = 0;
    dna_str_addc(&t->rows, '\n');
    return dna_str_status(&t->rows);
}

int
dna_table_flush(dna_table *t)
{
    int rc = DNA_OK;

    assert(t->n_cell == 0);
    if (t->rows.len == 0) {
        goto out;
    }
    if (t->stream != NULL) {
        bool is_written = fwrite(t->rows.data, 1, t->rows.len, t->stream) == t->rows.len
                          && fflush(t->stream) == 0;
        DNA_REQUIRE(is_written, DNA_EIO, "output: %s", strerror(errno));
    } else {
        DNA_TRY(dna_append_write(t->file, t->rows.data, t->rows.len));
    }
    t->rows.len = 0;
    t->rows.data[0] = '\0';
out:
    return rc;
}

int
dna_table_sync(dna_table *t, int64_t *length)
{
    int rc = DNA_OK;

    DNA_TRY(dna_table_flush(t));
    DNA_TRY(dna_append_sync(t->file));
    *length = dna_append_length(t->file);
out:
    return rc;
}
