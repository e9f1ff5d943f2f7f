/* sumstats_output.c - the tables of `dnadna sumstats`.
 *
 * SPDX-License-Identifier: MIT
 *
 * A table that is to be replaced is written beside its place and renamed; the long one,
 * which grows scenario by scenario, is emptied with its first rows.
 */
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "report/canvas.h"
#include "report/sumstats_table.h"
#include "run/file_name.h"
#include "run/settings.h"
#include "run/sumstats.h"

static int
table_path(
    const dna_sumstats_job *j, int64_t scenario, dna_sumstats_table which, char **path)
{
    const char *format = dna_setting_text(j->settings, "filename_format");
    const dna_name_field fields[] = {{.name = "dataset_name", .text = j->name},
        {.name = "scenario", .number = scenario, .default_width = j->scenario_width},
        {.name = "type", .text = dna_sumstats_table_name(which)}};
    char *name = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_name_fill(&name, format, fields, DNA_COUNT(fields), "filename_format"));
    *path = dna_path_join(dna_setting_text(j->dataset, "data_root"), name);
    rc = *path == NULL ? DNA_ENOMEM : DNA_OK;
out:
    dna_free(name);
    return rc;
}

static int
make_folder(const char *path)
{
    char *folder = dna_path_dirname(path);
    int rc = folder == NULL ? DNA_ENOMEM : dna_path_make_dirs(folder);

    dna_free(folder);
    return rc;
}

/* ---- before ---------------------------------------------------------------------- */

static int
check_format(const dna_sumstats_job *j)
{
    const char *format = dna_setting_text(j->settings, "filename_format");
    static const char *const needed[] = {"type", "scenario"};
    char *path = NULL;
    int rc = DNA_OK;

    for (int64_t i = 0; i < DNA_COUNT(needed); i++) {
        DNA_REQUIRE(dna_name_has_field(format, needed[i]), DNA_EARG,
            "\"%s\" lacks the field {%s}", format, needed[i]);
    }
    DNA_TRY(table_path(j, 0, DNA_TABLE_SFS, &path));
out:
    dna_free(path);
    return rc < 0 ? dna_setting_blame(rc, j->settings, "filename_format") : rc;
}

int
dna_sumstats_output_check(dna_sumstats_job *j)
{
    char *name = NULL;
    int rc = DNA_OK;

    if (j->dataset != NULL) {
        DNA_TRY(check_format(j));
    }
    if (j->o->figure != NULL) {
        DNA_TRY(dna_canvas_check(j->o->figure));
        DNA_TRY(dna_sumstats_figure_new(
            &j->figure, j->dataset != NULL ? "scenario" : "sample", j->is_folded));
    }
    if (j->o->out_path != NULL) {
        j->long_path = dna_strdup(j->o->out_path);
    } else if (j->dataset != NULL) {
        dna_str s;
        dna_str_init(&s, 0);
        dna_str_addf(&s, "sumstats/%s_sumstats.csv", j->name);
        name = dna_str_take(&s);
        if (name != NULL) {
            j->long_path =
                dna_path_join(dna_setting_text(j->dataset, "data_root"), name);
        }
    } else {
        return DNA_OK;
    }
    rc = j->long_path == NULL ? DNA_ENOMEM : DNA_OK;
out:
    dna_free(name);
    return rc;
}

/* ---- the long table -------------------------------------------------------------- */

static int
open_long(dna_sumstats_job *j)
{
    int64_t n = 0;
    const char *const *columns = dna_sumstats_table_columns(DNA_TABLE_LONG, &n);
    int64_t keep = j->o->overwrite ? 0 : DNA_APPEND_ALL;
    int rc = DNA_OK;

    if (j->long_path == NULL) {
        return dna_table_open_stream(&j->table, j->o->out, columns, n);
    }
    DNA_TRY(make_folder(j->long_path));
    DNA_TRY(dna_table_open_file(&j->table, j->long_path, keep, columns, n));
out:
    return rc;
}

static int
add_long(dna_sumstats_job *j, int64_t first, int64_t last, dna_sumstats *const *stats)
{
    int rc = DNA_OK;

    if (j->table == NULL) {
        DNA_TRY(open_long(j));
    }
    for (int64_t i = first; i < last; i++) {
        const dna_sumstats_input *in = &j->inputs[i];
        dna_sumstats_source source = {.path = in->path,
            .label = j->label,
            .scenario = in->scenario,
            .replicate = in->replicate,
            .is_folded = j->is_folded};
        DNA_TRY(dna_sumstats_put_long(j->table, &source, stats[i - first]));
    }
    DNA_TRY(dna_table_flush(j->table));
out:
    return rc;
}

/* ---- the tables of a scenario ---------------------------------------------------- */

typedef int (*put_rows)(dna_table *t, const dna_sumstats_rows *rows,
    dna_sumstats *const *replicates, int64_t n);

static const put_rows put_which[] = {[DNA_TABLE_SFS] = dna_sumstats_put_sfs,
    [DNA_TABLE_LD] = dna_sumstats_put_ld,
    [DNA_TABLE_SEL] = dna_sumstats_put_sel};

static int
write_table(const dna_sumstats_job *j, dna_sumstats_table which,
    const dna_sumstats_rows *rows, dna_sumstats *const *stats, int64_t n)
{
    int64_t n_column = 0;
    const char *const *columns = dna_sumstats_table_columns(which, &n_column);
    dna_atomic *file = NULL;
    dna_table *table = NULL;
    char *path = NULL;
    int rc = DNA_OK;

    DNA_TRY(table_path(j, rows->scenario, which, &path));
    DNA_TRY(make_folder(path));
    if (j->o->overwrite) {
        DNA_TRY(dna_atomic_open(&file, path));
        DNA_TRY(
            dna_table_open_stream(&table, dna_atomic_stream(file), columns, n_column));
    } else {
        DNA_TRY(dna_table_open_file(&table, path, DNA_APPEND_ALL, columns, n_column));
    }
    DNA_TRY(put_which[which](table, rows, stats, n));
    DNA_TRY(dna_table_flush(table));
    if (file != NULL) {
        DNA_TRY(dna_atomic_commit(&file));
    }
out:
    dna_table_free(table);
    dna_atomic_abort(file);
    dna_free(path);
    return rc;
}

int
dna_sumstats_output(
    dna_sumstats_job *j, int64_t first, int64_t last, dna_sumstats *const *stats)
{
    dna_sumstats_rows rows = {.model = j->name,
        .label = j->label,
        .scenario = j->inputs[first].scenario,
        .is_folded = j->is_folded};
    int rc = DNA_OK;

    for (int which = DNA_TABLE_SFS; j->dataset != NULL && which <= DNA_TABLE_SEL;
         which++) {
        DNA_TRY(write_table(j, (dna_sumstats_table)which, &rows, stats, last - first));
    }
    DNA_TRY(add_long(j, first, last, stats));
    if (j->figure != NULL) {
        int64_t number = j->dataset != NULL ? rows.scenario : first + 1;
        DNA_TRY(dna_sumstats_figure_add(j->figure, number, stats, last - first));
    }
out:
    return rc;
}
