/* genome_track.c - windows along a genome as bedGraph, BED and a summary.
 *
 * SPDX-License-Identifier: MIT
 */
#include "report/genome_track.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "report/genome_track_parts.h"
#include "report/summary.h"

int
dna_genome_track_new(
    dna_genome_track **out, const dna_predicted *params, int64_t n_param)
{
    dna_genome_track *t = NULL;
    int rc = DNA_OK;

    DNA_NEW(t, 1);
    t->params = params;
    t->n_param = n_param;
    t->n_value = dna_predicted_n_value(params, n_param);
    *out = t;
out:
    return rc;
}

void
dna_genome_track_free(dna_genome_track *t)
{
    if (t == NULL) {
        return;
    }
    for (int64_t i = 0; i < t->n_contig; i++) {
        dna_free(t->contigs[i].name);
    }
    dna_free(t->contigs);
    dna_free(t->start);
    dna_free(t->end);
    dna_free(t->values);
    dna_free(t);
}

static int
grow(dna_genome_track *t)
{
    int64_t room = t->room > 0 ? 2 * t->room : 256;
    int64_t *start = dna_realloc(t->start, (size_t)room, sizeof(*start));
    t->start = start != NULL ? start : t->start;
    int64_t *end = dna_realloc(t->end, (size_t)room, sizeof(*end));
    t->end = end != NULL ? end : t->end;
    float *values =
        dna_realloc(t->values, (size_t)(room * t->n_value), sizeof(*values));
    t->values = values != NULL ? values : t->values;
    if (start == NULL || end == NULL || values == NULL) {
        return DNA_ENOMEM;
    }
    t->room = room;
    return DNA_OK;
}

/* A window before the one before it begins a contig anew: it is of another file. */
static int
enter_contig(dna_genome_track *t, const char *name, int64_t start)
{
    int rc = DNA_OK;

    if (t->n_contig > 0 && strcmp(t->contigs[t->n_contig - 1].name, name) == 0
        && start >= t->start[t->n - 1]) {
        return DNA_OK;
    }
    if (t->n_contig == t->contig_room) {
        int64_t room = t->contig_room > 0 ? 2 * t->contig_room : 32;
        dna_track_contig *more = dna_realloc(t->contigs, (size_t)room, sizeof(*more));
        if (more == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
        t->contigs = more;
        t->contig_room = room;
    }
    char *copy = dna_strdup(name);
    if (copy == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    t->contigs[t->n_contig++] = (dna_track_contig){copy, t->n, 0};
out:
    return rc;
}

int
dna_genome_track_add(dna_genome_track *t, const char *contig, double start, double end,
    const double *values)
{
    int rc = DNA_OK;

    if (t->n == t->room) {
        DNA_TRY(grow(t));
    }
    DNA_TRY(enter_contig(t, contig, (int64_t)floor(start)));
    t->start[t->n] = (int64_t)floor(start);
    t->end[t->n] = (int64_t)ceil(end);
    float *to = t->values + t->n * t->n_value;
    for (int64_t k = 0; k < t->n_value; k++) {
        to[k] = values != NULL ? (float)values[k] : NAN;
    }
    t->n++;
    t->n_predicted += values != NULL;
    t->contigs[t->n_contig - 1].n++;
out:
    return rc;
}

int64_t
dna_genome_track_n(const dna_genome_track *t)
{
    return t->n_predicted;
}

static bool
is_predicted(const dna_genome_track *t, int64_t i)
{
    return !isnan(t->values[i * t->n_value]);
}

/* ---- tracks ------------------------------------------------------------------------ */

/* Where window i ends and the next one begins; before the first of a contig (i = first - 1)
 * its start. */
static int64_t
border_after(const dna_genome_track *t, const dna_track_contig *c, int64_t i)
{
    if (i < c->first) {
        return t->start[c->first];
    }
    bool is_shared = i + 1 < c->first + c->n && t->start[i + 1] < t->end[i];
    return is_shared ? t->start[i + 1] + (t->end[i] - t->start[i + 1]) / 2 : t->end[i];
}

static void
put_bedgraph(const dna_genome_track *t, int64_t value, const char *name, FILE *out)
{
    fprintf(out,
        "track type=bedGraph name=\"%s\" description=\"%s by dnadna predict\"\n", name,
        name);
    for (int64_t k = 0; k < t->n_contig; k++) {
        const dna_track_contig *c = &t->contigs[k];
        for (int64_t i = c->first; i < c->first + c->n; i++) {
            int64_t from = DNA_MAX(border_after(t, c, i - 1), t->start[i]);
            int64_t to = border_after(t, c, i);
            if (is_predicted(t, i) && to > from) {
                fprintf(out, "%s\t%" PRId64 "\t%" PRId64 "\t%.7g\n", c->name, from, to,
                    (double)t->values[i * t->n_value + value]);
            }
        }
    }
}

/* What stands in a file's name: no folders, no blanks. */
static void
make_file_name(char *name)
{
    for (char *c = name; *c != '\0'; c++) {
        *c = strchr("/\\ \"", *c) != NULL ? '_' : *c;
    }
}

static int
save_bedgraph(const dna_genome_track *t, int64_t value, const char *prefix,
    const char *param, const char *label)
{
    dna_atomic *file = NULL;
    dna_str name, path;
    int rc = DNA_OK;

    dna_str_init(&name, 0);
    dna_str_init(&path, 0);
    dna_str_addf(
        &name, "%s%s%s", param, label != NULL ? "_" : "", label != NULL ? label : "");
    DNA_TRY(dna_str_status(&name));
    make_file_name(name.data);
    dna_str_addf(&path, "%s.%s.bedgraph", prefix, name.data);
    DNA_TRY(dna_str_status(&path));
    DNA_TRY(dna_atomic_open(&file, path.data));
    put_bedgraph(t, value, name.data, dna_atomic_stream(file));
    DNA_TRY(dna_atomic_commit(&file));
out:
    dna_atomic_abort(file);
    dna_str_clear(&name);
    dna_str_clear(&path);
    return rc;
}

int
dna_genome_track_save_bedgraph(const dna_genome_track *t, const char *prefix)
{
    int64_t value = 0;
    int rc = DNA_OK;

    for (int64_t p = 0; p < t->n_param; p++) {
        const dna_predicted *param = &t->params[p];
        if (param->n_class == 0) {
            DNA_TRY(save_bedgraph(t, value, prefix, param->name, NULL));
        }
        for (int64_t k = 0; k < param->n_class; k++) {
            DNA_TRY(save_bedgraph(t, value + k, prefix, param->name, param->labels[k]));
        }
        value += param->n_class + 1;
    }
out:
    return rc;
}

static void
put_bed_name(const dna_genome_track *t, const float *values, FILE *out)
{
    for (int64_t p = 0; p < t->n_param; p++) {
        const dna_predicted *param = &t->params[p];
        fprintf(out, "%s%s=", p > 0 ? ";" : "", param->name);
        if (param->n_class > 0) {
            fputs(param->labels[(int64_t)values[param->n_class]], out);
        } else {
            fprintf(out, "%.5g", (double)*values);
        }
        values += param->n_class + 1;
    }
}

int
dna_genome_track_save_bed(const dna_genome_track *t, const char *path)
{
    dna_atomic *file = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_atomic_open(&file, path));
    FILE *out = dna_atomic_stream(file);
    for (int64_t k = 0; k < t->n_contig; k++) {
        const dna_track_contig *c = &t->contigs[k];
        for (int64_t i = c->first; i < c->first + c->n; i++) {
            if (!is_predicted(t, i)) {
                continue;
            }
            fprintf(
                out, "%s\t%" PRId64 "\t%" PRId64 "\t", c->name, t->start[i], t->end[i]);
            put_bed_name(t, t->values + i * t->n_value, out);
            fputc('\n', out);
        }
    }
    DNA_TRY(dna_atomic_commit(&file));
out:
    dna_atomic_abort(file);
    return rc;
}

/* ---- summary ----------------------------------------------------------------------- */

/* One value of all windows that have it, sorted; free it. */
static int
sorted_values(const dna_genome_track *t, int64_t value, double **out)
{
    double *v = NULL;
    int64_t n = 0;
    int rc = DNA_OK;

    DNA_NEW(v, DNA_MAX(t->n_predicted, 1));
    for (int64_t i = 0; i < t->n; i++) {
        if (is_predicted(t, i)) {
            v[n++] = (double)t->values[i * t->n_value + value];
        }
    }
    dna_sort(v, n);
    *out = v;
out:
    return rc;
}

/* Share of windows whose most probable class it is; `value` is where the class stands. */
static double
share_of(const dna_genome_track *t, int64_t value, int64_t class_index)
{
    int64_t n = 0;
    for (int64_t i = 0; i < t->n; i++) {
        n += is_predicted(t, i)
             && (int64_t)t->values[i * t->n_value + value] == class_index;
    }
    return (double)n / (double)t->n_predicted;
}

static int
put_summary(const dna_genome_track *t, int64_t value, dna_table *table)
{
    static const double p[] = {0.5, 0.05, 0.25, 0.75, 0.95};
    double *v = NULL;
    int rc = DNA_OK;

    DNA_TRY(sorted_values(t, value, &v));
    dna_table_number(table, dna_mean_of(v, t->n_predicted));
    for (int i = 0; i < (int)DNA_COUNT(p); i++) {
        dna_table_number(table, dna_quantile(v, t->n_predicted, p[i]));
    }
    DNA_TRY(dna_table_end_row(table));
out:
    dna_free(v);
    return rc;
}

static int
put_param(const dna_genome_track *t, const dna_predicted *param, int64_t value,
    dna_table *table)
{
    int rc = DNA_OK;

    for (int64_t k = 0; k < DNA_MAX(param->n_class, 1); k++) {
        bool is_class = param->n_class > 0;
        dna_table_text(table, param->name);
        dna_table_text(table, is_class ? param->labels[k] : "");
        dna_table_integer(table, t->n_predicted);
        if (is_class) {
            dna_table_number(table, share_of(t, value + param->n_class, k));
        } else {
            dna_table_text(table, "NA");
        }
        DNA_TRY(put_summary(t, value + k, table));
    }
out:
    return rc;
}

int
dna_genome_track_save_summary(const dna_genome_track *t, const char *path)
{
    static const char *const columns[] = {"parameter", "class", "n_windows", "share",
        "mean", "median", "q05", "q25", "q75", "q95"};
    dna_atomic *file = NULL;
    dna_table *table = NULL;
    int64_t value = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_atomic_open(&file, path));
    DNA_TRY(dna_table_open_stream(
        &table, dna_atomic_stream(file), columns, DNA_COUNT(columns)));
    for (int64_t p = 0; p < t->n_param && t->n_predicted > 0; p++) {
        DNA_TRY(put_param(t, &t->params[p], value, table));
        value += t->params[p].n_class + 1;
    }
    DNA_TRY(dna_table_flush(table));
    DNA_TRY(dna_atomic_commit(&file));
out:
    dna_table_free(table);
    dna_atomic_abort(file);
    return rc;
}

int
dna_genome_track_tell(const dna_genome_track *t, int64_t param, char **text)
{
    const dna_predicted *p = &t->params[param];
    int64_t value = dna_predicted_n_value(t->params, param);
    double *v = NULL;
    dna_str s;
    int rc = DNA_OK;

    dna_str_init(&s, 0);
    dna_str_addf(&s, "%s: ", p->name);
    if (p->n_class == 0) {
        DNA_TRY(sorted_values(t, value, &v));
        dna_str_addf(&s, "mean %.5g, median %.5g, 90 %% of windows from %.5g to %.5g",
            dna_mean_of(v, t->n_predicted), dna_quantile(v, t->n_predicted, 0.5),
            dna_quantile(v, t->n_predicted, 0.05),
            dna_quantile(v, t->n_predicted, 0.95));
    }
    for (int64_t k = 0; k < p->n_class; k++) {
        dna_str_addf(&s, "%s%.3g %% %s", k > 0 ? ", " : "",
            100 * share_of(t, value + p->n_class, k), p->labels[k]);
    }
    DNA_TRY(dna_str_status(&s));
    *text = dna_str_take(&s);
out:
    dna_free(v);
    dna_str_clear(&s);
    return rc;
}
