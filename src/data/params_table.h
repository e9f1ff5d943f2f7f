/* params_table.h - the scenario parameter table: one row a scenario.
 *
 * SPDX-License-Identifier: MIT
 *
 * A CSV file; or a packed dataset that brings one along (data/packed.h).
 * Columns: scenario_idx, n_replicates, any parameters, and after preprocessing
 * `splits`.
 */
#ifndef DNA_DATA_PARAMS_TABLE_H
#define DNA_DATA_PARAMS_TABLE_H

#include "data/transform.h"
#include "io/csv.h"

typedef struct {
    int64_t n_row;
    int64_t *scenario;    /* [n_row] */
    int64_t *n_replicate; /* [n_row] */
    int *split;           /* [n_row] dna_split, or -1 if the table has no such column */
    bool has_split;
    int64_t n_param;
    double *targets; /* [n_row, n_param]: as the table gives them; NaN: empty */
    char **columns;  /* all column names of the file */
    int64_t n_column;
    char *path;
} dna_params_table;

/** Only the column names (to order mapping-form parameters). Free as
 * dna_path_list_free. */
int dna_params_table_columns(
    const char *path, char ***names, int64_t *n) DNA_MUST_CHECK;
/** Read and check: required columns, duplicates of scenario_idx, numbers, class indices
 *  within 0 .. n_class-1 (or one of the labels). Rows are sorted by scenario_idx. */
int dna_params_table_read(dna_params_table *out, const char *path,
    const dna_param *params, int64_t n_param) DNA_MUST_CHECK;
void dna_params_table_clear(dna_params_table *table);
/** Keep the rows whose flag is set; returns how many were dropped. */
int64_t dna_params_table_keep(dna_params_table *table, const bool *keep);
/** Drop the rows of a split (preprocessing drops DNA_UNUSED); returns how many. */
int64_t dna_params_table_drop_split(dna_params_table *table, dna_split split);
/** scenario_idx, parameters, n_replicates and, if has_split, splits; atomically. */
int dna_params_table_write(const dna_params_table *table, const char *path,
    const dna_param *params) DNA_MUST_CHECK;

#endif
