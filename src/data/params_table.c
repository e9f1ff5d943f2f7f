/* params_table.c - read, check and write the table of scenarios.
 *
 * SPDX-License-Identifier: MIT
 */
#include "data/params_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"
#include "data/packed_meta.h"

/* More samples than any disk holds; keeps sums of replicates within int64. */
#define MAX_REPLICATE ((int64_t)1 << 32)

static int
copy_names(const dna_csv *csv, char ***names, int64_t *n)
{
    char **copy = NULL;
    int rc = DNA_OK;

    DNA_NEW(copy, csv->n_column);
    for (int64_t i = 0; i < csv->n_column; i++) {
        copy[i] = dna_strdup(csv->names[i]);
        DNA_REQUIRE(copy[i] != NULL, DNA_ENOMEM, "out of memory");
    }
    *names = copy;
    *n = csv->n_column;
    copy = NULL;
out:
    dna_path_list_free(copy, copy != NULL ? csv->n_column : 0);
    return rc;
}

/* A CSV file, or the table that a packed dataset brings along. */
static int
read_csv(dna_csv *csv, const char *path)
{
    char *text = NULL;
    size_t n = 0;
    int rc = DNA_OK;

    if (!dna_str_ends_with(path, DNA_PACKED_SUFFIX)) {
        return dna_csv_read(csv, path, 0);
    }
    DNA_TRY(dna_packed_read_table(&text, &n, path));
    DNA_TRY(dna_csv_parse(csv, text, n, path, 0));
out:
    dna_free(text);
    return rc;
}

int
dna_params_table_columns(const char *path, char ***names, int64_t *n)
{
    dna_csv csv = {0};
    int rc = DNA_OK;

    DNA_TRY(read_csv(&csv, path));
    DNA_TRY(copy_names(&csv, names, n));
out:
    dna_csv_clear(&csv);
    return rc;
}

/* ---- reading --------------------------------------------------------------------- */

static int
find_column(const dna_csv *csv, const char *name, int64_t *column)
{
    int rc = DNA_OK;

    *column = dna_csv_column(csv, name);
    if (*column < 0) {
        dna_str known;
        dna_str_init(&known, 512); /* a longer list is cut */
        for (int64_t i = 0; i < csv->n_column; i++) {
            dna_str_addf(&known, "%s%s", i > 0 ? ", " : "", csv->names[i]);
        }
        rc = dna_fail(DNA_ENOTFOUND, "%s: no column \"%s\" (columns: %s)", csv->path,
            name, dna_str_text(&known));
        dna_str_clear(&known);
    }
    return rc;
}

/* A class: an index 0 .. n_class-1, or one of the labels. */
static int
read_class(const dna_csv *csv, int64_t row, int64_t column, const dna_param *param,
    double *out)
{
    const char *cell = dna_csv_cell(csv, row, column);
    double number;
    int rc = DNA_OK;

    if (!dna_parse_double(cell, &number)) {
        for (int64_t c = 0; param->labels != NULL && c < param->n_class; c++) {
            if (dna_str_equal(cell, param->labels[c])) {
                *out = (double)c;
                return DNA_OK;
            }
        }
        DNA_REQUIRE(false, DNA_EFORMAT,
            "%s:%d: %s: \"%s\" is neither a class index 0 to %lld nor a class label",
            csv->path, csv->lines[row], param->name, cell,
            (long long)param->n_class - 1);
    }
    DNA_REQUIRE(
        number >= 0 && number < (double)param->n_class && number == rint(number),
        DNA_EFORMAT, "%s:%d: %s: class index %s is not an integer from 0 to %lld",
        csv->path, csv->lines[row], param->name, cell, (long long)param->n_class - 1);
    *out = number;
out:
    return rc;
}

static int
read_target(const dna_csv *csv, int64_t row, int64_t column, const dna_param *param,
    double *out)
{
    int rc = DNA_OK;

    if (param->type == DNA_CLASSIFICATION) {
        return read_class(csv, row, column, param, out);
    }
    DNA_TRY(dna_csv_number(csv, row, column, out));
    DNA_REQUIRE(!isinf(*out), DNA_EFORMAT, "%s:%d: %s: the value is infinite",
        csv->path, csv->lines[row], param->name);
out:
    return rc;
}

static int
read_split(const dna_csv *csv, int64_t row, int64_t column, int *split)
{
    const char *cell = dna_csv_cell(csv, row, column);
    int rc = DNA_OK;

    *split = dna_split_from_name(cell);
    DNA_REQUIRE(*split >= 0, DNA_EFORMAT,
        "%s:%d: splits: \"%s\" is not training, validation, test or unused", csv->path,
        csv->lines[row], cell);
out:
    return rc;
}

typedef struct {
    int64_t scenario, n_replicate, splits;
    int64_t *param; /* [n_param] */
} columns;

static int
find_columns(columns *c, const dna_csv *csv, const dna_param *params, int64_t n_param)
{
    int rc = DNA_OK;

    DNA_TRY(find_column(csv, "scenario_idx", &c->scenario));
    DNA_TRY(find_column(csv, "n_replicates", &c->n_replicate));
    c->splits = dna_csv_column(csv, "splits");
    DNA_NEW(c->param, n_param);
    for (int64_t p = 0; p < n_param; p++) {
        DNA_TRY(find_column(csv, params[p].name, &c->param[p]));
    }
out:
    return rc;
}

/* Row `row` of the file as row `i` of the table. */
static int
read_row(dna_params_table *t, int64_t i, const dna_csv *csv, int64_t row,
    const columns *c, const dna_param *params)
{
    int rc = DNA_OK;

    DNA_TRY(dna_csv_integer(csv, row, c->n_replicate, &t->n_replicate[i]));
    DNA_REQUIRE(t->n_replicate[i] >= 0 && t->n_replicate[i] <= MAX_REPLICATE,
        DNA_EFORMAT, "%s:%d: n_replicates: %lld is not a number of replicates",
        csv->path, csv->lines[row], (long long)t->n_replicate[i]);
    t->split[i] = -1;
    if (c->splits >= 0) {
        DNA_TRY(read_split(csv, row, c->splits, &t->split[i]));
    }
    for (int64_t p = 0; p < t->n_param; p++) {
        DNA_TRY(read_target(
            csv, row, c->param[p], &params[p], &t->targets[i * t->n_param + p]));
    }
out:
    return rc;
}

typedef struct {
    int64_t scenario, row;
} sort_key;

static int
compare_keys(const void *a, const void *b)
{
    const sort_key *x = a, *y = b;

    if (x->scenario != y->scenario) {
        return x->scenario < y->scenario ? -1 : 1;
    }
    return (x->row > y->row) - (x->row < y->row);
}

/* The rows of the file in order of their scenario, each once. */
static int
sort_rows(sort_key *keys, const dna_csv *csv, int64_t column)
{
    int rc = DNA_OK;

    for (int64_t i = 0; i < csv->n_row; i++) {
        DNA_TRY(dna_csv_integer(csv, i, column, &keys[i].scenario));
        DNA_REQUIRE(keys[i].scenario >= 0, DNA_EFORMAT,
            "%s:%d: scenario_idx: %lld is negative", csv->path, csv->lines[i],
            (long long)keys[i].scenario);
        keys[i].row = i;
    }
    qsort(keys, (size_t)csv->n_row, sizeof(*keys), compare_keys);
    for (int64_t i = 1; i < csv->n_row; i++) {
        DNA_REQUIRE(keys[i].scenario != keys[i - 1].scenario, DNA_EFORMAT,
            "%s:%d: scenario_idx: %lld is already in line %d", csv->path,
            csv->lines[keys[i].row], (long long)keys[i].scenario,
            csv->lines[keys[i - 1].row]);
    }
out:
    return rc;
}

static int
read_rows(dna_params_table *t, const dna_csv *csv, const dna_param *params)
{
    columns c = {0};
    sort_key *keys = NULL;
    int rc = DNA_OK;

    DNA_TRY(find_columns(&c, csv, params, t->n_param));
    DNA_REQUIRE(csv->n_row > 0, DNA_EFORMAT, "%s: the table has no row", csv->path);
    t->has_split = c.splits >= 0;
    DNA_NEW(keys, csv->n_row);
    DNA_TRY(sort_rows(keys, csv, c.scenario));
    DNA_NEW(t->scenario, csv->n_row);
    DNA_NEW(t->n_replicate, csv->n_row);
    DNA_NEW(t->split, csv->n_row);
    DNA_NEW(t->targets, csv->n_row * DNA_MAX(t->n_param, 1));
    for (int64_t i = 0; i < csv->n_row; i++) {
        t->scenario[i] = keys[i].scenario;
        DNA_TRY(read_row(t, i, csv, keys[i].row, &c, params));
        t->n_row++;
    }
out:
    dna_free(keys);
    dna_free(c.param);
    return rc;
}

int
dna_params_table_read(
    dna_params_table *out, const char *path, const dna_param *params, int64_t n_param)
{
    dna_csv csv = {0};
    int rc = DNA_OK;

    *out = (dna_params_table){.n_param = n_param};
    DNA_TRY(read_csv(&csv, path));
    out->path = dna_strdup(path);
    DNA_REQUIRE(out->path != NULL, DNA_ENOMEM, "out of memory");
    DNA_TRY(copy_names(&csv, &out->columns, &out->n_column));
    DNA_TRY(read_rows(out, &csv, params));
out:
    dna_csv_clear(&csv);
    if (rc < 0) {
        dna_params_table_clear(out);
    }
    return rc;
}

void
dna_params_table_clear(dna_params_table *t)
{
    dna_path_list_free(t->columns, t->n_column);
    dna_free(t->scenario);
    dna_free(t->n_replicate);
    dna_free(t->split);
    dna_free(t->targets);
    dna_free(t->path);
    *t = (dna_params_table){0};
}

/* ---- dropping rows --------------------------------------------------------------- */

/* Row i becomes row n, which is not behind it. */
static void
move_row(dna_params_table *t, int64_t n, int64_t i)
{
    t->scenario[n] = t->scenario[i];
    t->n_replicate[n] = t->n_replicate[i];
    t->split[n] = t->split[i];
    memmove(&t->targets[n * t->n_param], &t->targets[i * t->n_param],
        (size_t)t->n_param * sizeof(double));
}

static int64_t
cut_rows(dna_params_table *t, int64_t n)
{
    int64_t n_dropped = t->n_row - n;
    t->n_row = n;
    return n_dropped;
}

int64_t
dna_params_table_keep(dna_params_table *t, const bool *keep)
{
    int64_t n = 0;

    for (int64_t i = 0; i < t->n_row; i++) {
        if (keep[i]) {
            move_row(t, n++, i);
        }
    }
    return cut_rows(t, n);
}

int64_t
dna_params_table_drop_split(dna_params_table *t, dna_split split)
{
    int64_t n = 0;

    for (int64_t i = 0; i < t->n_row; i++) {
        if (t->split[i] != (int)split) {
            move_row(t, n++, i);
        }
    }
    return cut_rows(t, n);
}

/* ---- writing --------------------------------------------------------------------- */

static void
put_integer(dna_str *out, int64_t value)
{
    dna_str_addf(out, ",%lld", (long long)value);
}

/* Missing values are empty cells. */
static void
put_number(dna_str *out, double value)
{
    char buf[DNA_NUMBER_SIZE];
    dna_csv_put(out, isnan(value) ? "" : dna_format_double(buf, value), 0);
}

static void
put_table(dna_str *out, const dna_params_table *t, const dna_param *params)
{
    dna_csv_put(out, "scenario_idx", 1);
    for (int64_t p = 0; p < t->n_param; p++) {
        dna_csv_put(out, params[p].name, 0);
    }
    dna_str_add(out, t->has_split ? ",n_replicates,splits\n" : ",n_replicates\n");
    for (int64_t i = 0; i < t->n_row; i++) {
        dna_str_addf(out, "%lld", (long long)t->scenario[i]);
        for (int64_t p = 0; p < t->n_param; p++) {
            double v = t->targets[i * t->n_param + p];
            if (params[p].type == DNA_CLASSIFICATION) {
                put_integer(out, (int64_t)v);
            } else {
                put_number(out, v);
            }
        }
        put_integer(out, t->n_replicate[i]);
        if (t->has_split) {
            dna_csv_put(out, dna_split_name((dna_split)t->split[i]), 0);
        }
        dna_str_addc(out, '\n');
    }
}

int
dna_params_table_write(
    const dna_params_table *table, const char *path, const dna_param *params)
{
    dna_str text;
    int rc = DNA_OK;

    dna_str_init(&text, 0);
    put_table(&text, table, params);
    DNA_TRY(dna_str_status(&text));
    DNA_TRY(dna_atomic_write(path, dna_str_text(&text), text.len));
out:
    dna_str_clear(&text);
    return rc;
}
