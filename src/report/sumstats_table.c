/* sumstats_table.c - the three tables of a scenario, averaged over its replicates.
 *
 * SPDX-License-Identifier: MIT
 */
#include "report/sumstats_table.h"

#include <math.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/str.h"
#include "dnadna/sfs.h"

static const char *const sfs_columns[] = {"indiv_idx", "scenario_idx", "model", "label",
    "n_snp", "i_xi", "freq_indiv", "n_indiv", "i_xi_norm", "i_xi_sem_norm",
    "i_xi_std_norm"};
static const char *const ld_columns[] = {"dist_group", "scenario_idx", "model", "label",
    "snp_dist_mean", "r2_mean", "r2_count", "r2_sem"};
static const char *const sel_columns[] = {"position_percent", "scenario_idx", "model",
    "label", "tajimasd", "ihs", "nsl", "tajimasd_std", "tajimasd_sem", "ihs_std",
    "ihs_sem", "nsl_std", "nsl_sem"};
static const char *const long_columns[] = {"path", "scenario", "replicate", "label",
    "window", "start", "end", "bin", "statistic", "value"};

static const struct {
    const char *name;
    const char *const *columns;
    int64_t n;
} tables[DNA_N_SUMSTATS_TABLE] = {
    [DNA_TABLE_SFS] = {"sfs", sfs_columns, DNA_COUNT(sfs_columns)},
    [DNA_TABLE_LD] = {"ld", ld_columns, DNA_COUNT(ld_columns)},
    [DNA_TABLE_SEL] = {"sel", sel_columns, DNA_COUNT(sel_columns)},
    [DNA_TABLE_LONG] = {"long", long_columns, DNA_COUNT(long_columns)},
};

const char *
dna_sumstats_table_name(dna_sumstats_table which)
{
    return tables[which].name;
}

const char *const *
dna_sumstats_table_columns(dna_sumstats_table which, int64_t *n_column)
{
    *n_column = tables[which].n;
    return tables[which].columns;
}

/* ---- moments over replicates ----------------------------------------------------- */

typedef struct {
    int64_t n;
    double mean, squares;
} moments;

static void
moments_add(moments *m, double v)
{
    if (isnan(v)) {
        return;
    }
    double d = v - m->mean;
    m->n++;
    m->mean += d / (double)m->n;
    m->squares += d * (v - m->mean);
}

static double
mean_of(const moments *m)
{
    return m->n > 0 ? m->mean : (double)NAN;
}

static double
std_of(const moments *m)
{
    return m->n > 1 ? sqrt(m->squares / (double)(m->n - 1)) : (double)NAN;
}

static double
sem_of(const moments *m)
{
    return std_of(m) / sqrt((double)m->n);
}

static void
put_lead(dna_table *t, const dna_sumstats_rows *rows)
{
    dna_table_integer(t, rows->scenario);
    dna_table_text(t, rows->model);
    dna_table_text(t, rows->label);
}

/* ---- sfs ------------------------------------------------------------------------- */

typedef struct {
    moments count, scaled;
} sfs_row;

/* The last k that has a row. */
static int64_t
last_of(int64_t n_hap, bool is_folded)
{
    return is_folded ? n_hap / 2 : n_hap - 1;
}

/* Replicates with this number of individuals. */
static int
average_sfs(sfs_row *out, dna_sumstats *const *replicates, int64_t n, int64_t n_hap,
    bool is_folded)
{
    int64_t *folded = NULL;
    int rc = DNA_OK;

    DNA_NEW(folded, n_hap + 1);
    for (int64_t r = 0; r < n; r++) {
        const int64_t *sfs = replicates[r]->sfs;
        if (replicates[r]->n_hap != n_hap) {
            continue;
        }
        if (is_folded) {
            dna_sfs_fold(folded, sfs, n_hap);
            sfs = folded;
        }
        for (int64_t k = 1; k <= last_of(n_hap, is_folded); k++) {
            moments_add(&out[k].count, (double)sfs[k]);
            moments_add(&out[k].scaled, dna_sfs_scaled(sfs[k], k, n_hap, is_folded));
        }
    }
out:
    dna_free(folded);
    return rc;
}

static int
put_sfs_of(dna_table *t, const dna_sumstats_rows *rows, dna_sumstats *const *replicates,
    int64_t n, int64_t n_hap)
{
    int64_t last = last_of(n_hap, rows->is_folded);
    sfs_row *row = NULL;
    double level = 0;
    int rc = DNA_OK;

    DNA_NEW(row, n_hap + 1);
    DNA_TRY(average_sfs(row, replicates, n, n_hap, rows->is_folded));
    for (int64_t k = 1; k <= last; k++) {
        level += row[k].scaled.mean / (double)last;
    }
    level = level > 0 ? level : (double)NAN;
    for (int64_t k = 1; k <= last; k++) {
        dna_table_integer(t, k);
        put_lead(t, rows);
        dna_table_number(t, mean_of(&row[k].count));
        dna_table_number(t, mean_of(&row[k].scaled));
        dna_table_number(t, (double)k / (double)n_hap);
        dna_table_integer(t, n_hap);
        dna_table_number(t, mean_of(&row[k].scaled) / level);
        dna_table_number(t, sem_of(&row[k].scaled) / level);
        dna_table_number(t, std_of(&row[k].scaled) / level);
        DNA_TRY(dna_table_end_row(t));
    }
out:
    dna_free(row);
    return rc;
}

int
dna_sumstats_put_sfs(dna_table *t, const dna_sumstats_rows *rows,
    dna_sumstats *const *replicates, int64_t n)
{
    int rc = DNA_OK;

    for (int64_t r = 0; r < n; r++) {
        bool is_new = true;
        for (int64_t i = 0; i < r && is_new; i++) {
            is_new = replicates[i]->n_hap != replicates[r]->n_hap;
        }
        if (is_new && replicates[r]->n_hap > 0) {
            DNA_TRY(put_sfs_of(t, rows, replicates, n, replicates[r]->n_hap));
        }
    }
out:
    return rc;
}

/* ---- ld -------------------------------------------------------------------------- */

static void
put_limits(dna_table *t, double lower, double upper)
{
    char number[DNA_NUMBER_SIZE];
    dna_str s;

    dna_str_init(&s, 0);
    dna_str_addf(&s, "(%s, ", dna_format_double(number, lower));
    dna_str_addf(&s, "%s]", dna_format_double(number, upper));
    dna_table_text(t, dna_str_text(&s));
    dna_str_clear(&s);
}

int
dna_sumstats_put_ld(dna_table *t, const dna_sumstats_rows *rows,
    dna_sumstats *const *replicates, int64_t n)
{
    int64_t n_bin = n > 0 ? replicates[0]->n_bin : 0;
    int rc = DNA_OK;

    for (int64_t i = 0; i < n_bin; i++) {
        moments distance = {0}, r2 = {0}, count = {0}, sem = {0};
        for (int64_t r = 0; r < n; r++) {
            if (i < replicates[r]->n_bin) {
                const dna_ld_bin *b = &replicates[r]->ld[i];
                moments_add(&distance, b->distance_mean);
                moments_add(&r2, b->r2_mean);
                moments_add(&count, (double)b->count);
                moments_add(&sem, b->r2_sem);
            }
        }
        put_limits(t, replicates[0]->ld[i].lower, replicates[0]->ld[i].upper);
        put_lead(t, rows);
        dna_table_number(t, mean_of(&distance));
        dna_table_number(t, mean_of(&r2));
        dna_table_number(t, mean_of(&count));
        dna_table_number(t, mean_of(&sem));
        DNA_TRY(dna_table_end_row(t));
    }
out:
    return rc;
}

/* ---- sel ------------------------------------------------------------------------- */

enum { TAJIMAS_D, IHS, NSL, N_SEL };

/* Window i, or site i where there are no windows; false past the end. */
static bool
sel_values(double *out, const dna_sumstats *s, int64_t i, bool has_windows)
{
    if (i >= (has_windows ? s->n_window : s->n_site)) {
        return false;
    }
    out[TAJIMAS_D] =
        has_windows ? s->values[i][DNA_STAT_TAJIMA_D] : s->whole[DNA_STAT_TAJIMA_D];
    out[IHS] = has_windows ? s->values[i][DNA_STAT_IHS] : s->ihs[i];
    out[NSL] = has_windows ? s->values[i][DNA_STAT_NSL] : s->nsl[i];
    return true;
}

int
dna_sumstats_put_sel(dna_table *t, const dna_sumstats_rows *rows,
    dna_sumstats *const *replicates, int64_t n)
{
    bool has_windows = n > 0 && replicates[0]->n_window > 0;
    int rc = DNA_OK;

    for (int64_t i = 0;; i++) {
        moments m[N_SEL] = {{0}};
        double values[N_SEL];
        bool is_there = false;
        for (int64_t r = 0; r < n; r++) {
            if (sel_values(values, replicates[r], i, has_windows)) {
                is_there = true;
                for (int k = 0; k < N_SEL; k++) {
                    moments_add(&m[k], values[k]);
                }
            }
        }
        if (!is_there) {
            break;
        }
        dna_table_integer(t, has_windows ? i + 1 : i);
        put_lead(t, rows);
        for (int k = 0; k < N_SEL; k++) {
            dna_table_number(t, mean_of(&m[k]));
        }
        for (int k = 0; k < N_SEL; k++) {
            dna_table_number(t, std_of(&m[k]));
            dna_table_number(t, sem_of(&m[k]));
        }
        DNA_TRY(dna_table_end_row(t));
    }
out:
    return rc;
}
