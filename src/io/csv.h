/* csv.h - tables of text: a header line and rows, in memory.
 *
 * SPDX-License-Identifier: MIT
 *
 * The separator (comma, semicolon, tab, | or spaces) is found from the header line when
 * it is not given; RFC 4180 quoting, LF or CR LF ends, UTF-8 byte-order mark skipped.
 * A row with another number of cells than the header is an error naming its line.
 */
#ifndef DNA_IO_CSV_H
#define DNA_IO_CSV_H

#include <stdint.h>

#include "base/str.h"
#include "dnadna/status.h"

typedef struct {
    int64_t n_column, n_row;
    char **names; /* [n_column] */
    char **cells; /* [n_row * n_column], row-major; "" for an empty cell */
    int *lines;   /* [n_row] line in the file */
    char *path;   /* for messages */
    void *memory; /* what the texts live in */
} dna_csv;

/** separator 0: find it. out is initialised here. */
int dna_csv_read(dna_csv *out, const char *path, char separator) DNA_MUST_CHECK;
int dna_csv_parse(dna_csv *out, const char *text, size_t n, const char *name,
    char separator) DNA_MUST_CHECK;
void dna_csv_clear(dna_csv *csv);
/** Column number, -1 if absent. */
int64_t dna_csv_column(const dna_csv *csv, const char *name);
const char *dna_csv_cell(const dna_csv *csv, int64_t row, int64_t column);
/** Cell as a number; empty, "nan", "NA" are NaN. Error: "path:line: column: text". */
int dna_csv_number(
    const dna_csv *csv, int64_t row, int64_t column, double *out) DNA_MUST_CHECK;
/** Cell as an integer (3.0 counts). */
int dna_csv_integer(
    const dna_csv *csv, int64_t row, int64_t column, int64_t *out) DNA_MUST_CHECK;

/** One cell with minimal quoting, preceded by a comma unless first. */
void dna_csv_put(dna_str *line, const char *text, int is_first);

#endif
