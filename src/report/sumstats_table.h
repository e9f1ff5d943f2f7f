/* sumstats_table.h - summary statistics as tables.
 *
 * SPDX-License-Identifier: MIT
 *
 * Three tables of a scenario, which average over its replicates, with the columns of the
 * original (sfs, ld, sel), and a long one with every number in a row of its own. Columns:
 * docs/formats.md.
 *
 * Means, standard deviations and errors are over the replicates that have a value; a
 * standard deviation has n - 1.
 */
#ifndef DNA_REPORT_SUMSTATS_TABLE_H
#define DNA_REPORT_SUMSTATS_TABLE_H

#include "dnadna/sumstats.h"
#include "report/table.h"

typedef enum {
    DNA_TABLE_SFS,
    DNA_TABLE_LD,
    DNA_TABLE_SEL,
    DNA_TABLE_LONG,
    DNA_N_SUMSTATS_TABLE
} dna_sumstats_table;

/** "sfs", "ld", "sel", "long". */
const char *dna_sumstats_table_name(dna_sumstats_table which);
const char *const *dna_sumstats_table_columns(
    dna_sumstats_table which, int64_t *n_column);

/* What is told of a scenario in every row. */
typedef struct {
    const char *model; /* name of the dataset */
    const char *label; /* of the user; "" */
    int64_t scenario;
    bool is_folded; /* the spectrum */
} dna_sumstats_rows;

/** Rows of a scenario from n replicates. A spectrum has one number of individuals: where
 * replicates differ in it, those that agree are averaged, in rows of their own. */
int dna_sumstats_put_sfs(dna_table *t, const dna_sumstats_rows *rows,
    dna_sumstats *const *replicates, int64_t n) DNA_MUST_CHECK;
int dna_sumstats_put_ld(dna_table *t, const dna_sumstats_rows *rows,
    dna_sumstats *const *replicates, int64_t n) DNA_MUST_CHECK;
/** Per window, or per site if there are none. */
int dna_sumstats_put_sel(dna_table *t, const dna_sumstats_rows *rows,
    dna_sumstats *const *replicates, int64_t n) DNA_MUST_CHECK;

/* Of a plain file scenario and replicate are -1: their cells are empty. */
typedef struct {
    const char *path, *label;
    int64_t scenario, replicate;
    bool is_folded;
} dna_sumstats_source;

/** All numbers of one sample. */
int dna_sumstats_put_long(dna_table *t, const dna_sumstats_source *source,
    const dna_sumstats *s) DNA_MUST_CHECK;

#endif
