/* table.c - a CSV table that grows at its end and never loses what it had.
 *
 * SPDX-License-Identifier: MIT
 */
#include "report/table.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
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

/* Whether the file begins with the header line (LF or CR LF at its end), and whether
 * its last line is complete. */
static int
compare_header(const dna_table *t, const char *header, size_t length)
{
    const char *path = dna_append_path(t->file);
    char *line = NULL;
    size_t n = 0;
    int rc = DNA_OK;

    DNA_REQUIRE(length < HEADER_MAX, DNA_EUNSUPPORTED, "%s: a header of %zu bytes",
        path, length);
    line = dna_malloc(length + 2);
    if (line == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_append_read(t->file, 0, line, length + 1, &n));
    /* header ends with "\n", which in the file may be "\r\n" */
    bool is_same =
        n >= length && memcmp(line, header, length - 1) == 0
        && (line[length - 1] == '\n'
            || (n > length && line[length - 1] == '\r' && line[length] == '\n'));
    DNA_REQUIRE(is_same, DNA_EEXISTS,
        "%s: its first line is not the header \"%.*s\": give another output file", path,
        (int)(length - 1), header);
    char last = '\n';
    DNA_TRY(dna_append_read(t->file, dna_append_length(t->file) - 1, &last, 1, &n));
    DNA_REQUIRE(
        n == 1 && last == '\n', DNA_EFORMAT, "%s: its last line is incomplete", path);
out:
    dna_free(line);
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
put_header(dna_table *t, const char *const *columns)
{
    for (int64_t i = 0; i < t->n_column; i++) {
        dna_table_text(t, columns[i]);
    }
    return dna_table_end_row(t);
}

int
dna_table_open_file(dna_table **out, const char *path, int64_t keep,
    const char *const *columns, int64_t n_column)
{
    dna_table *t = NULL;
    int rc = DNA_OK;

    DNA_TRY(table_new(&t, NULL, n_column));
    DNA_TRY(dna_append_open(&t->file, path, keep));
    DNA_TRY(put_header(t, columns));
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

int
dna_table_open_stream(
    dna_table **out, FILE *stream, const char *const *columns, int64_t n_column)
{
    dna_table *t = NULL;
    int rc = DNA_OK;

    DNA_TRY(table_new(&t, stream, n_column));
    DNA_TRY(put_header(t, columns));
    *out = t;
    t = NULL;
out:
    dna_table_free(t);
    return rc;
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
