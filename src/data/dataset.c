/* dataset.c - number the samples of a table, load them one by one.
 *
 * SPDX-License-Identifier: MIT
 */
#include "data/dataset.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "data/dataset_load.h"

struct dna_dataset {
    dna_dataset_options o;
    int64_t n_sample;
    int64_t *first;              /* [n_row + 1] number of each row's replicate 0 */
    int64_t *index[DNA_N_SPLIT]; /* sample numbers of each split */
    int64_t n_index[DNA_N_SPLIT];
    bool has_tied; /* some target moves with positions */
    struct dna_shape_lock *lock;
    pthread_mutex_t mutex; /* guards cache */
    bool has_mutex;
    dna_sample **cache; /* [n_sample] raw validation samples, or NULL */
};

/* ---- numbering ------------------------------------------------------------------- */

static int
number_samples(dna_dataset *ds)
{
    const dna_params_table *t = ds->o.table;
    int rc = DNA_OK;

    DNA_NEW(ds->first, t->n_row + 1);
    for (int64_t i = 0; i < t->n_row; i++) {
        ds->first[i + 1] = ds->first[i] + t->n_replicate[i];
        if (t->split[i] >= 0 && t->split[i] < DNA_N_SPLIT) {
            ds->n_index[t->split[i]] += t->n_replicate[i];
        }
    }
    ds->n_sample = ds->first[t->n_row];
    for (int s = 0; s < DNA_N_SPLIT; s++) {
        int64_t n = 0;
        DNA_NEW(ds->index[s], ds->n_index[s]);
        for (int64_t i = 0; i < t->n_row; i++) {
            for (int64_t r = 0; t->split[i] == s && r < t->n_replicate[i]; r++) {
                ds->index[s][n++] = ds->first[i] + r;
            }
        }
    }
out:
    return rc;
}

/* The row that sample `index` belongs to: the last one that begins at or before it. */
static int64_t
row_of(const dna_dataset *ds, int64_t index)
{
    int64_t low = 0, high = ds->o.table->n_row;

    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (ds->first[middle] <= index) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

int
dna_dataset_new(dna_dataset **out, const dna_dataset_options *o)
{
    dna_dataset *ds = NULL;
    int rc = DNA_OK;

    DNA_NEW(ds, 1);
    ds->o = *o;
    DNA_REQUIRE(o->table->has_split, DNA_EARG,
        "%s: no column \"splits\": the table has not been preprocessed",
        o->table->path != NULL ? o->table->path : "table");
    DNA_REQUIRE(o->table->n_param == o->n_param, DNA_ESHAPE,
        "the table was read with %lld parameters, %lld are learned",
        (long long)o->table->n_param, (long long)o->n_param);
    ds->has_mutex = pthread_mutex_init(&ds->mutex, NULL) == 0;
    DNA_REQUIRE(ds->has_mutex, DNA_ENOMEM, "the system has no mutex left");
    ds->lock = dna_shape_lock_new();
    DNA_REQUIRE(ds->lock != NULL, DNA_ENOMEM, "out of memory");
    DNA_TRY(number_samples(ds));
    if (o->cache_validation_set) {
        DNA_NEW(ds->cache, ds->n_sample);
    }
    for (int64_t p = 0; p < o->n_param; p++) {
        ds->has_tied =
            ds->has_tied
            || (o->params[p].type == DNA_REGRESSION && o->params[p].tied_to_position);
    }
    *out = ds;
    ds = NULL;
out:
    dna_dataset_free(ds);
    return rc;
}

void
dna_dataset_free(dna_dataset *ds)
{
    if (ds == NULL) {
        return;
    }
    for (int64_t i = 0; ds->cache != NULL && i < ds->n_sample; i++) {
        dna_sample_free(ds->cache[i]);
    }
    dna_free(ds->cache);
    for (int s = 0; s < DNA_N_SPLIT; s++) {
        dna_free(ds->index[s]);
    }
    dna_free(ds->first);
    dna_shape_lock_free(ds->lock);
    if (ds->has_mutex) {
        pthread_mutex_destroy(&ds->mutex);
    }
    dna_free(ds);
}

int64_t
dna_dataset_count(const dna_dataset *ds, dna_split split)
{
    return ds->n_index[split];
}

int64_t
dna_dataset_index(const dna_dataset *ds, dna_split split, int64_t i)
{
    return ds->index[split][i];
}

const dna_dataset_options *
dna_dataset_settings(const dna_dataset *ds)
{
    return &ds->o;
}

/* ---- loading --------------------------------------------------------------------- */

static int
load_file(dna_dataset *ds, const dna_loaded *where, dna_sample **out)
{
    char *path = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_source_path(ds->o.source, where->scenario, where->replicate, &path));
    DNA_TRY(dna_sample_load(out, path, dna_source_sample_options(ds->o.source)));
out:
    dna_free(path);
    return rc;
}

/* The sample as it is in its file; validation samples may be kept in memory. */
static int
load_raw(dna_dataset *ds, const dna_loaded *where, dna_split split, dna_sample **out)
{
    dna_sample *kept = NULL, *copy = NULL;
    int rc = DNA_OK;

    if (ds->cache == NULL || split != DNA_VALIDATION) {
        return load_file(ds, where, out);
    }
    pthread_mutex_lock(&ds->mutex);
    kept = ds->cache[where->index];
    pthread_mutex_unlock(&ds->mutex);
    if (kept != NULL) { /* never changed nor freed before the dataset */
        return dna_sample_copy(out, kept);
    }
    DNA_TRY(load_file(ds, where, out));
    DNA_TRY(dna_sample_copy(&copy, *out));
    pthread_mutex_lock(&ds->mutex);
    if (ds->cache[where->index] == NULL) {
        ds->cache[where->index] = copy;
        copy = NULL;
    }
    pthread_mutex_unlock(&ds->mutex);
    dna_sample_free(copy); /* another thread was faster */
out:
    if (rc < 0) {
        dna_sample_free(*out);
        *out = NULL;
    }
    return rc;
}

static bool
may_move_targets(const dna_dataset *ds, const dna_transform_list *list)
{
    for (int64_t i = 0; ds->has_tied && i < list->n; i++) {
        if (list->items[i].def->moves_targets) {
            return true;
        }
    }
    return false;
}

/* Run the transforms. Targets see them in natural units and come back to the scale of
 * the network only if they have moved, so that the others keep their very bits. */
static int
transform(dna_dataset *ds, const dna_transform_list *list, dna_transform_data *data,
    double *target)
{
    double *before = NULL;
    int64_t n = ds->o.n_param;
    int rc = DNA_OK;

    if (!may_move_targets(ds, list)) {
        return dna_transforms_apply(list, data);
    }
    DNA_NEW(before, 2 * n);
    data->targets = before + n;
    for (int64_t p = 0; p < n; p++) {
        const dna_param *param = &ds->o.params[p];
        before[p] = param->type == DNA_REGRESSION
                        ? dna_param_to_natural(param, target[p])
                        : target[p];
        data->targets[p] = before[p];
    }
    DNA_TRY(dna_transforms_apply(list, data));
    for (int64_t p = 0; p < n; p++) {
        double after = data->targets[p];
        if (after < before[p] || after > before[p]) {
            target[p] = dna_param_to_target(&ds->o.params[p], after);
        }
    }
out:
    data->targets = NULL;
    dna_free(before);
    return rc;
}

static int
load_sample(dna_dataset *ds, int64_t row, int64_t epoch, dna_loaded *out)
{
    dna_split split = (dna_split)ds->o.table->split[row];
    dna_rng rng;
    dna_transform_data data = {.form = DNA_CONCAT,
        .params = ds->o.params,
        .n_param = ds->o.n_param,
        .rng = &rng,
        .lock = ds->lock};
    int rc = DNA_OK;

    dna_rng_init(&rng, ds->o.seed, "transform", epoch, out->index, 0);
    DNA_TRY(load_raw(ds, out, split, &out->sample));
    data.sample = out->sample;
    DNA_TRY(transform(ds, &ds->o.transforms->list[split], &data, out->target));
    DNA_REQUIRE(out->sample->n_hap > 0 && out->sample->n_site > 0, DNA_ESHAPE,
        "nothing is left of the sample: %lld individuals, %lld sites",
        (long long)out->sample->n_hap, (long long)out->sample->n_site);
    out->form = data.form;
    DNA_TRY(dna_form_resolve(&out->form, out->sample));
out:
    return rc;
}

int
dna_dataset_load(dna_dataset *ds, int64_t index, int64_t epoch, dna_loaded *out)
{
    const dna_params_table *t = ds->o.table;
    int64_t row = row_of(ds, index);
    int rc;

    out->sample = NULL;
    out->message = NULL;
    out->index = index;
    out->scenario = t->scenario[row];
    out->replicate = index - ds->first[row];
    memcpy(out->target, &t->targets[row * t->n_param],
        (size_t)t->n_param * sizeof(*out->target));
    rc = load_sample(ds, row, epoch, out);
    if (rc == DNA_OK) {
        return rc;
    }
    dna_sample_free(out->sample);
    out->sample = NULL;
    if (rc != DNA_ENOMEM) {
        out->message = dna_strdup(dna_message());
        rc = out->message != NULL ? DNA_OK : DNA_ENOMEM;
    }
    return rc;
}

void
dna_loaded_clear(dna_loaded *loaded)
{
    dna_sample_free(loaded->sample);
    dna_free(loaded->message);
    loaded->sample = NULL;
    loaded->message = NULL;
}

int
dna_dataset_probe(
    dna_dataset *ds, int64_t index, dna_sample **sample, dna_snp_form *form)
{
    dna_loaded loaded = {0};
    int rc = DNA_OK;

    DNA_REQUIRE(index >= 0 && index < ds->n_sample, DNA_EARG,
        "sample %lld is not among the %lld of the dataset", (long long)index,
        (long long)ds->n_sample);
    DNA_NEW(loaded.target, DNA_MAX(ds->o.n_param, 1));
    DNA_REQUIRE(ds->o.table->split[row_of(ds, index)] >= 0, DNA_EARG,
        "sample %lld belongs to no split", (long long)index);
    DNA_TRY(dna_dataset_load(ds, index, 0, &loaded));
    DNA_REQUIRE(loaded.sample != NULL, DNA_EFORMAT, "scenario %lld, replicate %lld: %s",
        (long long)loaded.scenario, (long long)loaded.replicate, loaded.message);
    *sample = loaded.sample;
    *form = loaded.form;
    loaded.sample = NULL;
out:
    dna_loaded_clear(&loaded);
    dna_free(loaded.target);
    return rc;
}

int
dna_dataset_settle_shape(dna_dataset *ds, dna_split split)
{
    const dna_transform_list *list = &ds->o.transforms->list[split];
    dna_loaded loaded = {0};
    int rc = DNA_OK;

    DNA_NEW(loaded.target, DNA_MAX(ds->o.n_param, 1));
    for (int64_t i = 0;
         i < ds->n_index[split] && dna_shape_lock_is_open(ds->lock, list); i++) {
        DNA_TRY(dna_dataset_load(ds, ds->index[split][i], 0, &loaded));
        dna_loaded_clear(&loaded);
    }
out:
    dna_loaded_clear(&loaded);
    dna_free(loaded.target);
    return rc;
}
