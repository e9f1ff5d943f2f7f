/* prior_table.c - values that a CSV file gives, a row for each scenario.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "config/schema.h"
#include "io/csv.h"
#include "sim/prior_set.h"

/* Columns that number or group the rows of a table written by a run. */
static bool
is_skipped(const char *name)
{
    return name[0] == '\0' || strcmp(name, "scenario_idx") == 0
           || strcmp(name, "n_replicates") == 0;
}

static bool
is_number_column(const dna_csv *csv, int64_t column)
{
    double v = 0;

    for (int64_t i = 0; i < csv->n_row; i++) {
        if (!dna_parse_double(dna_csv_cell(csv, i, column), &v)) {
            return false;
        }
    }
    return true;
}

static int
read_numbers(
    dna_priors *p, dna_prior *prior, const dna_csv *csv, int64_t column, double *rows)
{
    int rc = DNA_OK;

    (void)p;
    prior->column.is_integer = true;
    for (int64_t i = 0; i < csv->n_row; i++) {
        DNA_TRY(dna_csv_number(csv, i, column, &rows[i]));
        DNA_REQUIRE(isfinite(rows[i]), DNA_EFORMAT, "%s:%d: %s: %s is not finite",
            csv->path, csv->lines[i], csv->names[column], dna_csv_cell(csv, i, column));
        prior->column.is_integer =
            prior->column.is_integer && rows[i] == floor(rows[i]);
    }
out:
    return rc;
}

static int
read_texts(
    dna_priors *p, dna_prior *prior, const dna_csv *csv, int64_t column, double *rows)
{
    enum { MAX_LABELS = 1000 };
    const char **labels = dna_arena_alloc(p->arena, MAX_LABELS, sizeof(*labels));
    int64_t n = 0;
    int rc = DNA_OK;

    if (labels == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; i < csv->n_row; i++) {
        const char *cell = dna_csv_cell(csv, i, column);
        int64_t k = 0;
        DNA_REQUIRE(cell[0] != '\0', DNA_EFORMAT, "%s:%d: %s: the cell is empty",
            csv->path, csv->lines[i], csv->names[column]);
        while (k < n && strcmp(labels[k], cell) != 0) {
            k++;
        }
        DNA_REQUIRE(k < MAX_LABELS, DNA_EFORMAT,
            "%s:%d: %s: more than %d different texts", csv->path, csv->lines[i],
            csv->names[column], (int)MAX_LABELS);
        if (k == n) {
            labels[n++] = dna_arena_strdup(p->arena, cell);
            if (labels[k] == NULL) {
                return DNA_ENOMEM;
            }
        }
        rows[i] = (double)k;
    }
    prior->column.labels = labels;
    prior->column.n_label = n;
out:
    return rc;
}

int
dna_priors_read_table(dna_priors *p, const dna_value *path)
{
    dna_csv csv = {0};
    int rc = DNA_OK;

    DNA_TRY(dna_csv_read(&csv, dna_value_as_text(path), 0));
    DNA_REQUIRE(csv.n_row > 0, DNA_EFORMAT, "%s: the table has no rows", csv.path);
    p->table = dna_value_as_text(path);
    p->n_row = csv.n_row;
    for (int64_t c = 0; c < csv.n_column; c++) {
        dna_prior *prior = NULL;
        if (is_skipped(csv.names[c])) {
            continue;
        }
        double *rows = dna_arena_alloc(p->arena, (size_t)csv.n_row, sizeof(*rows));
        char *at = dna_arena_printf(p->arena, "table: column %s", csv.names[c]);
        if (rows == NULL || at == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
        DNA_TRY(dna_priors_append(p, &prior, csv.names[c], path, at));
        prior->rows = rows;
        prior->is_column = true;
        DNA_TRY(is_number_column(&csv, c) ? read_numbers(p, prior, &csv, c, rows)
                                          : read_texts(p, prior, &csv, c, rows));
    }
out:
    dna_csv_clear(&csv);
    return rc;
}
