/* prediction_table.c - the columns of predictions, one row a sample or a scenario.
 *
 * SPDX-License-Identifier: MIT
 */
#include "report/prediction_table.h"

#include <inttypes.h>

#include "base/mem.h"
#include "base/str.h"
#include "report/summary.h"

static const struct {
    const char *suffix;
    double p;
} quantiles[] = {
    {"median", 0.5}, {"q05", 0.05}, {"q25", 0.25}, {"q75", 0.75}, {"q95", 0.95}};

int64_t
dna_predicted_n_value(const dna_predicted *params, int64_t n_param)
{
    int64_t n = 0;
    for (int64_t i = 0; i < n_param; i++) {
        n += 1 + params[i].n_class;
    }
    return n;
}

void
dna_columns_free(char **columns, int64_t n_column)
{
    if (columns == NULL) {
        return;
    }
    for (int64_t i = 0; i < n_column; i++) {
        dna_free(columns[i]);
    }
    dna_free(columns);
}

/* Names are made one by one; a NULL one is told at the end. */
typedef struct {
    char **names;
    int64_t n;
    bool is_out_of_memory;
} name_list;

static void
add_name(name_list *list, const char *name, const char *suffix)
{
    dna_str s;
    dna_str_init(&s, 0);
    dna_str_add(&s, name);
    if (suffix != NULL) {
        dna_str_addc(&s, '_');
        dna_str_add(&s, suffix);
    }
    char *text = dna_str_take(&s);
    if (text == NULL) {
        list->is_out_of_memory = true;
    } else {
        list->names[list->n++] = text;
    }
    dna_str_clear(&s);
}

static int
list_new(name_list *list, const char *const *lead, int64_t n_lead, int64_t n_more)
{
    int rc = DNA_OK;
    *list = (name_list){0};
    DNA_NEW(list->names, n_lead + n_more);
    for (int64_t i = 0; i < n_lead; i++) {
        add_name(list, lead[i], NULL);
    }
out:
    return rc;
}

static int
list_finish(name_list *list, char ***columns, int64_t *n_column)
{
    if (list->is_out_of_memory) {
        dna_columns_free(list->names, list->n);
        return DNA_ENOMEM;
    }
    *columns = list->names;
    *n_column = list->n;
    return DNA_OK;
}

static void
add_param(name_list *list, const dna_predicted *param, bool is_summary)
{
    for (int64_t c = 0; c < param->n_class; c++) {
        add_name(list, param->name, param->labels[c]);
    }
    if (param->n_class > 0 || !is_summary) {
        add_name(list, param->name, NULL);
        return;
    }
    add_name(list, param->name, "mean");
    for (int64_t q = 0; q < DNA_COUNT(quantiles); q++) {
        add_name(list, param->name, quantiles[q].suffix);
    }
}

int
dna_prediction_columns(char ***columns, int64_t *n_column, const char *const *lead,
    int64_t n_lead, const dna_predicted *params, int64_t n_param, bool is_summary)
{
    name_list list;
    int64_t n_most = dna_predicted_n_value(params, n_param)
                     + n_param * (is_summary ? DNA_COUNT(quantiles) : 0);
    int rc = list_new(&list, lead, n_lead, n_most);
    if (rc < 0) {
        return rc;
    }
    for (int64_t i = 0; i < n_param; i++) {
        add_param(&list, &params[i], is_summary);
    }
    return list_finish(&list, columns, n_column);
}

int
dna_raw_columns(char ***columns, int64_t *n_column, const char *const *lead,
    int64_t n_lead, int64_t n_raw)
{
    name_list list;
    int rc = list_new(&list, lead, n_lead, n_raw);
    if (rc < 0) {
        return rc;
    }
    for (int64_t i = 0; i < n_raw; i++) {
        char number[32];
        snprintf(number, sizeof(number), "%" PRId64, i);
        add_name(&list, "out", number);
    }
    return list_finish(&list, columns, n_column);
}

void
dna_prediction_put(dna_table *table, const dna_predicted *params, int64_t n_param,
    const double *values)
{
    for (int64_t i = 0; i < n_param; i++) {
        for (int64_t c = 0; c < params[i].n_class; c++) {
            dna_table_number(table, *values++);
        }
        if (params[i].n_class > 0) {
            dna_table_text(table, params[i].labels[(int64_t)*values]);
        } else {
            dna_table_number(table, *values);
        }
        values++;
    }
}

/* Column `at` of values [n, n_value] into `to`. */
static void
take_column(double *to, const double *values, int64_t n, int64_t n_value, int64_t at)
{
    for (int64_t i = 0; i < n; i++) {
        to[i] = values[i * n_value + at];
    }
}

int
dna_prediction_put_summary(dna_table *table, const dna_predicted *params,
    int64_t n_param, const double *values, int64_t n)
{
    int64_t n_value = dna_predicted_n_value(params, n_param);
    double *column = NULL;
    int64_t at = 0;
    int rc = DNA_OK;

    DNA_NEW(column, n);
    for (int64_t i = 0; i < n_param; i++) {
        double largest = -1.0;
        int64_t best = 0;
        for (int64_t c = 0; c < params[i].n_class; c++) {
            take_column(column, values, n, n_value, at++);
            double mean = dna_mean_of(column, n);
            if (mean > largest) {
                largest = mean;
                best = c;
            }
            dna_table_number(table, mean);
        }
        if (params[i].n_class > 0) {
            dna_table_text(table, params[i].labels[best]);
            at++;
            continue;
        }
        take_column(column, values, n, n_value, at++);
        dna_sort(column, n);
        dna_table_number(table, dna_mean_of(column, n));
        for (int64_t q = 0; q < DNA_COUNT(quantiles); q++) {
            dna_table_number(table, dna_quantile(column, n, quantiles[q].p));
        }
    }
out:
    dna_free(column);
    return rc;
}
