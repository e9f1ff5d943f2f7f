/* preprocess.c - the check of scenarios, the split and the scale of targets.
 *
 * SPDX-License-Identifier: MIT
 *
 * Formulas and check values: docs/math.md.
 */
#include "data/preprocess.h"

#include <math.h>
#include <pthread.h>

#include "base/mem.h"
#include "base/mt19937.h"
#include "base/str.h"

/* ---- which scenarios are usable -------------------------------------------------- */

/* What the check of one scenario found. */
typedef struct {
    bool is_rejected;
    int64_t n_readable;
    int64_t n_missing;
    int64_t n_used; /* readable replicates are all below this number */
    char *message;  /* why it is rejected, or the first missing replicate */
} verdict;

typedef struct {
    const dna_params_table *table;
    dna_source *source;
    const dna_scenario_check *options;
    verdict *verdicts; /* [n_row] */
    pthread_mutex_t mutex;
    int64_t n_done;
} check;

/* Remember the current message: the first of tolerated faults, or the one that counts.
 */
static int
keep_message(verdict *v, bool counts)
{
    if (v->message == NULL || counts) {
        dna_free(v->message);
        v->message = dna_strdup(dna_message());
    }
    return v->message != NULL ? DNA_OK : DNA_ENOMEM;
}

/* Whether the size is enough; otherwise the message is set. */
static int
check_size(const dna_scenario_check *o, const char *path, int64_t n_hap, int64_t n_site)
{
    int rc = DNA_OK;

    DNA_REQUIRE(o->min_snp == DNA_NULL_INT || n_site >= o->min_snp, DNA_ESHAPE,
        "%s: %lld SNP%s, min_snp is %lld", path, (long long)n_site, DNA_PLURAL(n_site),
        (long long)o->min_snp);
    DNA_REQUIRE(o->min_indiv == DNA_NULL_INT || n_hap >= o->min_indiv, DNA_ESHAPE,
        "%s: %lld individual%s, min_indiv is %lld", path, (long long)n_hap,
        DNA_PLURAL(n_hap), (long long)o->min_indiv);
out:
    return rc;
}

/* One replicate. Missing means that its file cannot be found or opened. */
static int
check_replicate(const check *c, int64_t scenario, int64_t replicate, bool *is_missing)
{
    char *path = NULL;
    int64_t shape[2] = {0, 0};
    int rc = DNA_OK;

    rc = dna_source_load_shape(shape, &path, c->source, scenario, replicate);
    *is_missing = rc == DNA_ENOTFOUND || rc == DNA_EIO;
    DNA_TRY(rc);
    DNA_TRY(check_size(c->options, path, shape[0], shape[1]));
out:
    dna_free(path);
    return rc;
}

static int
check_replicates(const check *c, int64_t row, verdict *v)
{
    int rc = DNA_OK;

    for (int64_t r = 0; r < c->table->n_replicate[row]; r++) {
        bool is_missing = false;
        rc = check_replicate(c, c->table->scenario[row], r, &is_missing);
        if (rc == DNA_OK) {
            v->n_readable++;
            v->n_used = r + 1;
            continue;
        }
        v->is_rejected = !is_missing || !c->options->ignore_missing;
        if (rc == DNA_ENOMEM || keep_message(v, v->is_rejected) < 0) {
            return DNA_ENOMEM;
        }
        if (v->is_rejected) {
            break; /* the rest is not looked at */
        }
        v->n_missing++;
    }
    return DNA_OK;
}

static int
check_task(void *payload, int64_t row, int worker)
{
    check *c = payload;
    verdict *v = &c->verdicts[row];
    int rc;

    (void)worker;
    rc = check_replicates(c, row, v);
    pthread_mutex_lock(&c->mutex);
    c->n_done++;
    if (c->options->progress != NULL) {
        c->options->progress(c->options->payload, c->n_done, c->table->n_row);
    }
    pthread_mutex_unlock(&c->mutex);
    return rc;
}

/* Warn, set the new number of replicates, and drop what is rejected. */
static int
use_verdicts(dna_params_table *t, const check *c, int64_t *n_sample)
{
    dna_log *log = c->options->log;
    bool *keep = NULL;
    int rc = DNA_OK;

    *n_sample = 0;
    DNA_NEW(keep, t->n_row);
    for (int64_t i = 0; i < t->n_row; i++) {
        const verdict *v = &c->verdicts[i];
        keep[i] = !v->is_rejected;
        if (v->is_rejected) {
            dna_log_warning(log, "scenario %lld is left out: %s",
                (long long)t->scenario[i], v->message);
            continue;
        }
        if (t->n_replicate[i] == 0) {
            dna_log_warning(log, "scenario %lld: n_replicates is 0: it has no sample",
                (long long)t->scenario[i]);
        }
        if (v->n_missing > 0) {
            dna_log_warning(log,
                "scenario %lld: %lld of %lld replicates are missing: %s",
                (long long)t->scenario[i], (long long)v->n_missing,
                (long long)t->n_replicate[i], v->message);
        }
        t->n_replicate[i] = v->n_used;
        *n_sample += v->n_readable;
    }
    (void)dna_params_table_keep(t, keep);
out:
    dna_free(keep);
    return rc;
}

int
dna_scenarios_check(dna_params_table *table, dna_source *source,
    const dna_scenario_check *options, int64_t *n_sample)
{
    check c = {.table = table, .source = source, .options = options};
    int64_t n_row = table->n_row;
    bool has_mutex = false;
    int rc = DNA_OK;

    has_mutex = pthread_mutex_init(&c.mutex, NULL) == 0;
    DNA_REQUIRE(has_mutex, DNA_ENOMEM, "the system has no mutex left");
    DNA_NEW(c.verdicts, n_row);
    DNA_TRY(dna_pool_run(options->pool, n_row, check_task, &c));
    DNA_TRY(use_verdicts(table, &c, n_sample));
out:
    for (int64_t i = 0; c.verdicts != NULL && i < n_row; i++) {
        dna_free(c.verdicts[i].message);
    }
    dna_free(c.verdicts);
    if (has_mutex) {
        pthread_mutex_destroy(&c.mutex);
    }
    return rc;
}

/* ---- the split ------------------------------------------------------------------- */

void
dna_splits_assign(int *split, int64_t n, const double proportions[DNA_N_SPLIT],
    bool has_seed, uint32_t seed)
{
    static const dna_split order[] = {
        DNA_UNUSED, DNA_TRAINING, DNA_VALIDATION, DNA_TEST};
    dna_mt19937 mt;
    int64_t next = 0;

    for (int64_t i = 0; i < n; i++) {
        split[i] = DNA_UNUSED;
    }
    for (int64_t k = 0; k < DNA_COUNT(order); k++) {
        double p = proportions[order[k]];
        double n_slot = p > 0 ? ceil((double)n * p) : 0;
        for (int64_t i = 0; (double)i < n_slot && next < n; i++) {
            split[next++] = (int)order[k];
        }
    }
    dna_mt19937_init(&mt, has_seed ? seed : (uint32_t)dna_rng_os_seed());
    dna_mt19937_shuffle(&mt, split, n);
}

/* ---- the scale of targets -------------------------------------------------------- */

static double *
target_at(dna_params_table *t, int64_t row, int64_t p)
{
    return &t->targets[row * t->n_param + p];
}

static int
take_log(dna_params_table *t, int64_t p, const char *name)
{
    int rc = DNA_OK;

    for (int64_t i = 0; i < t->n_row; i++) {
        double *v = target_at(t, i, p);
        DNA_REQUIRE(!(*v <= 0), DNA_ENUMERIC,
            "scenario %lld: %s is %.17g, which has no logarithm (log_transform)",
            (long long)t->scenario[i], name, *v);
        *v = log(*v);
    }
out:
    return rc;
}

/* Mean and standard deviation (n - 1) over training rows without NaN; whether they have
 * more than one value, which rounding in the sums must not decide. */
static bool
find_scale(const dna_params_table *t, int64_t p, double *mean, double *std)
{
    double sum = 0, squares = 0, first = 0;
    bool is_spread = false;
    int64_t n = 0;

    for (int64_t i = 0; i < t->n_row; i++) {
        double v = t->targets[i * t->n_param + p];
        if (t->split[i] == DNA_TRAINING && !isnan(v)) {
            first = n == 0 ? v : first;
            is_spread = is_spread || v != first;
            sum += v;
            n++;
        }
    }
    *mean = is_spread ? sum / (double)n : first;
    for (int64_t i = 0; i < t->n_row; i++) {
        double v = t->targets[i * t->n_param + p];
        if (t->split[i] == DNA_TRAINING && !isnan(v)) {
            squares += (v - *mean) * (v - *mean);
        }
    }
    *std = is_spread ? sqrt(squares / (double)(n - 1)) : 0;
    if (!(*std > 0)) {
        *std = 1;
    }
    return is_spread;
}

int
dna_targets_standardise(
    dna_params_table *table, dna_param *params, bool nan_to_minus_one, dna_log *log)
{
    int rc = DNA_OK;

    for (int64_t p = 0; p < table->n_param; p++) {
        if (params[p].type != DNA_REGRESSION) {
            continue;
        }
        if (params[p].log_transform) {
            DNA_TRY(take_log(table, p, params[p].name));
        }
        if (!find_scale(table, p, &params[p].mean, &params[p].std)) {
            dna_log_warning(log,
                "%s: has not two different values in the training set: there is nothing to learn about it",
                params[p].name);
        }
        params[p].has_stats = 1;
        for (int64_t i = 0; i < table->n_row; i++) {
            double *v = target_at(table, i, p);
            *v = (*v - params[p].mean) / params[p].std;
            if (nan_to_minus_one && isnan(*v)) {
                *v = -1;
            }
        }
    }
out:
    return rc;
}
