/* table.h - a CSV table that grows at its end and never loses what it had.
 *
 * SPDX-License-Identifier: MIT
 *
 * Rows are collected and written whole: a full disk or a kill leaves complete rows
 * only. An existing file keeps its rows; its header must be ours. Lines end with LF;
 * numbers are the shortest text that reads back as the same number.
 *
 *     DNA_TRY(dna_table_open_file(&table, "out.csv", DNA_APPEND_ALL, columns, n));
 *     dna_table_text(table, path);
 *     dna_table_number(table, 0.5);
 *     DNA_TRY(dna_table_end_row(table));
 *     DNA_TRY(dna_table_flush(table));
 */
#ifndef DNA_REPORT_TABLE_H
#define DNA_REPORT_TABLE_H

#include <stdint.h>
#include <stdio.h>

#include "base/append.h"
#include "dnadna/status.h"

typedef struct dna_table dna_table;

/** Append to a file, made if it is not there, of which the first `keep` bytes stay
 * (DNA_APPEND_ALL, base/append.h; 0: a new table). The header line is written if it is
 * empty. Errors: DNA_EIO; DNA_EEXISTS if the file has other columns; DNA_EFORMAT if it
 * has fewer bytes or its last line is incomplete. */
int dna_table_open_file(dna_table **out, const char *path, int64_t keep,
    const char *const *columns, int64_t n_column) DNA_MUST_CHECK;
/** Keeps: stream, until the table is freed. The header is written always. */
int dna_table_open_stream(dna_table **out, FILE *stream, const char *const *columns,
    int64_t n_column) DNA_MUST_CHECK;
/** Either of the two, the stream where path is NULL, with `notes`, whole lines that begin
 *  with "#", before the header line. They belong to it: a file with other notes has
 *  another header. */
int dna_table_open_noted(dna_table **out, const char *path, FILE *stream,
    const char *notes, const char *const *columns, int64_t n_column) DNA_MUST_CHECK;
/* Cells of the current row, in order. A row must have as many as there are columns. */
void dna_table_text(dna_table *table, const char *text);
void dna_table_integer(dna_table *table, int64_t value);
void dna_table_number(dna_table *table, double value); /* NaN: "nan" */
/** Errors: DNA_ENOMEM of any cell. */
int dna_table_end_row(dna_table *table) DNA_MUST_CHECK;
/** Write the rows so far. On an error the file is cut back to what it had before. */
int dna_table_flush(dna_table *table) DNA_MUST_CHECK;
/** Flush the rows to a file for good; its length, to go on from later. */
int dna_table_sync(dna_table *table, int64_t *length) DNA_MUST_CHECK;
/** Rows that were not flushed are lost. NULL is fine. */
void dna_table_free(dna_table *table);

#endif
