/* dataset.c - number the samples of a table or a maker, load them one by one.
 *
 * SPDX-License-Identifier: MIT
 */
#include "data/dataset.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "data/dataset_load.h"

struct dna_dataset_worker {
    void *state; /* the maker's */
    dna_dataset_worker *next;
};

/* A validation sample that stays in memory. */
typedef struct {
    dna_sample *sample; /* before transforms; NULL: none yet */
    int64_t scenario, replicate;
    double *target; /* of one that was made */
} kept;

struct dna_dataset {
    dna_dataset_options o;
    int64_t n_sample;
    int64_t *first;              /* [n_row + 1] number of each row's replicate 0 */
    int64_t *index[DNA_N_SPLIT]; /* sample numbers of each split */
    int64_t n_index[DNA_N_SPLIT];
    int64_t first_made[DNA_N_SPLIT]; /* with a maker: number of each split's sample 0 */
    bool has_tied;                   /* some target moves with positions */
    struct dna_shape_lock *lock;
    pthread_mutex_t mutex; /* guards cache and idle */
    bool has_mutex;
    kept *cache; /* [n_cache] validation samples, or NULL */
    int64_t n_cache;
    dna_dataset_worker *idle;
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

/* One split after the other. */
static int
number_made(dna_dataset *ds)
{
    int rc = DNA_OK;

    for (int s = 0; s < DNA_N_SPLIT; s++) {
        int64_t n = ds->o.maker->count[s];
        DNA_REQUIRE(n >= 0 && n <= INT64_MAX / 2 - ds->n_sample, DNA_EARG,
            "%lld is no number of %s samples", (long long)n,
            dna_split_name((dna_split)s));
        ds->first_made[s] = ds->n_sample;
        ds->n_index[s] = n;
        ds->n_sample += n;
    }
out:
    return rc;
}

static int
check_table(const dna_dataset_options *o)
{
    int rc = DNA_OK;

    DNA_REQUIRE(o->table->has_split, DNA_EARG,
        "%s: no column \"splits\": the table has not been preprocessed",
        o->table->path != NULL ? o->table->path : "table");
    DNA_REQUIRE(o->table->n_param == o->n_param, DNA_ESHAPE,
        "the table was read with %lld parameters, %lld are learned",
        (long long)o->table->n_param, (long long)o->n_param);
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
    DNA_TRY(o->maker != NULL ? DNA_OK : check_table(o));
    ds->has_mutex = pthread_mutex_init(&ds->mutex, NULL) == 0;
    DNA_REQUIRE(ds->has_mutex, DNA_ENOMEM, "the system has no mutex left");
    ds->lock = dna_shape_lock_new();
    DNA_REQUIRE(ds->lock != NULL, DNA_ENOMEM, "out of memory");
    DNA_TRY(o->maker != NULL ? number_made(ds) : number_samples(ds));
    if (o->cache_validation_set) {
        int64_t n = o->maker != NULL ? ds->n_index[DNA_VALIDATION] : ds->n_sample;
        DNA_NEW(ds->cache, n);
        ds->n_cache = n;
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

static void
free_worker(const dna_dataset *ds, dna_dataset_worker *worker)
{
    ds->o.maker->worker_free(worker->state);
    dna_free(worker);
}

void
dna_dataset_free(dna_dataset *ds)
{
    if (ds == NULL) {
        return;
    }
    while (ds->idle != NULL) {
        dna_dataset_worker *next = ds->idle->next;
        free_worker(ds, ds->idle);
        ds->idle = next;
    }
    for (int64_t i = 0; i < ds->n_cache; i++) {
        dna_sample_free(ds->cache[i].sample);
        dna_free(ds->cache[i].target);
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
    return ds->o.maker != NULL ? ds->first_made[split] + i : ds->index[split][i];
}

/* The split of a sample number; -1: none. */
static int
split_of(const dna_dataset *ds, int64_t index)
{
    if (ds->o.maker == NULL) {
        return ds->o.table->split[row_of(ds, index)];
    }
    int split = DNA_N_SPLIT - 1;
    while (split > 0 && ds->first_made[split] > index) {
        split--;
    }
    return split;
}

const dna_dataset_options *
dna_dataset_settings(const dna_dataset *ds)
{
    return &ds->o;
}

/* ---- workers --------------------------------------------------------------------- */

int
dna_dataset_take_worker(dna_dataset_worker **out, dna_dataset *ds)
{
    dna_dataset_worker *worker = NULL;
    int rc = DNA_OK;

    *out = NULL;
    if (ds->o.maker == NULL) {
        return DNA_OK;
    }
    pthread_mutex_lock(&ds->mutex);
    worker = ds->idle;
    if (worker != NULL) {
        ds->idle = worker->next;
    }
    pthread_mutex_unlock(&ds->mutex);
    if (worker == NULL) {
        DNA_NEW(worker, 1);
        DNA_TRY(ds->o.maker->worker_new(&worker->state, ds->o.maker->payload));
    }
    *out = worker;
    worker = NULL;
out:
    dna_free(worker);
    return rc;
}

void
dna_dataset_give_back(dna_dataset *ds, dna_dataset_worker *worker)
{
    if (worker != NULL) {
        pthread_mutex_lock(&ds->mutex);
        worker->next = ds->idle;
        ds->idle = worker;
        pthread_mutex_unlock(&ds->mutex);
    }
}

/* ---- loading --------------------------------------------------------------------- */

/* The numbers of the training set go on from epoch to epoch. */
static int
make_sample(dna_dataset *ds, dna_dataset_worker *worker, dna_split split, int64_t epoch,
    dna_loaded *out)
{
    int64_t number = out->index - ds->first_made[split];
    int64_t n = ds->n_index[DNA_TRAINING];
    dna_made made = {0};
    int rc = DNA_OK;

    if (split == DNA_TRAINING && epoch > 1) {
        DNA_REQUIRE(epoch - 1 <= (INT64_MAX - number) / n, DNA_EARG,
            "epoch %lld: more samples than there are numbers", (long long)epoch);
        number += (epoch - 1) * n;
    }
    DNA_TRY(ds->o.maker->make(worker->state, split, number, &made, out->target));
    out->sample = made.sample;
    out->scenario = made.scenario;
    out->replicate = made.replicate;
    out->n_redrawn = made.n_redrawn;
    out->n_given_up = made.n_given_up;
out:
    return rc;
}

/* Room of a validation sample in the cache. */
static kept *
cache_of(const dna_dataset *ds, int64_t index)
{
    return &ds->cache[index - ds->first_made[DNA_VALIDATION]];
}

/* A sample that is in the cache is never changed nor freed before the dataset. */
static int
take_kept(dna_dataset *ds, const kept *k, dna_loaded *out)
{
    out->scenario = k->scenario;
    out->replicate = k->replicate;
    if (k->target != NULL) {
        memcpy(out->target, k->target, (size_t)ds->o.n_param * sizeof(*out->target));
    }
    return dna_sample_copy(&out->sample, k->sample);
}

static int
keep(dna_dataset *ds, const dna_loaded *loaded)
{
    kept *place = cache_of(ds, loaded->index);
    kept k = {.scenario = loaded->scenario, .replicate = loaded->replicate};
    int rc = DNA_OK;

    DNA_TRY(dna_sample_copy(&k.sample, loaded->sample));
    if (ds->o.maker != NULL) {
        DNA_NEW(k.target, ds->o.n_param);
        memcpy(k.target, loaded->target, (size_t)ds->o.n_param * sizeof(*k.target));
    }
    pthread_mutex_lock(&ds->mutex);
    if (place->sample == NULL) { /* another thread may have been faster */
        *place = k;
        k = (kept){0};
    }
    pthread_mutex_unlock(&ds->mutex);
out:
    dna_sample_free(k.sample);
    dna_free(k.target);
    return rc;
}

/* A sample of the source, and which of the transforms is done with it. */
static int
load_file(
    dna_dataset *ds, dna_split split, bool is_whole, dna_loaded *out, int64_t *n_done)
{
    dna_sample_part part;
    int64_t n =
        is_whole ? 0 : dna_transforms_part(&ds->o.transforms->list[split], &part);
    bool is_part = false;
    int rc = dna_source_load(&out->sample, ds->o.source, out->scenario, out->replicate,
        n > 0 ? &part : NULL, &is_part);

    *n_done = is_part ? n : 0;
    return rc;
}

/* The sample before its transforms but one, perhaps (*n_done), from wherever it comes;
 * validation samples may be kept in memory. */
static int
load_raw(dna_dataset *ds, dna_dataset_worker *worker, dna_split split, int64_t epoch,
    dna_loaded *out, int64_t *n_done)
{
    bool is_kept = ds->cache != NULL && split == DNA_VALIDATION;
    kept k = {0};
    int rc = DNA_OK;

    if (is_kept) {
        pthread_mutex_lock(&ds->mutex);
        k = *cache_of(ds, out->index);
        pthread_mutex_unlock(&ds->mutex);
    }
    if (k.sample != NULL) {
        return take_kept(ds, &k, out);
    }
    DNA_TRY(ds->o.maker != NULL ? make_sample(ds, worker, split, epoch, out)
                                : load_file(ds, split, is_kept, out, n_done));
    if (is_kept) {
        DNA_TRY(keep(ds, out));
    }
out:
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
transform_loaded(
    dna_dataset *ds, dna_split split, int64_t epoch, dna_loaded *out, int64_t n_done)
{
    dna_rng rng;
    dna_transform_data data = {.sample = out->sample,
        .form = DNA_CONCAT,
        .params = ds->o.params,
        .n_param = ds->o.n_param,
        .rng = &rng,
        .lock = ds->lock,
        .n_done = n_done};
    int rc = DNA_OK;

    dna_rng_init(&rng, ds->o.seed, "transform", epoch, out->index, 0);
    DNA_TRY(transform(ds, &ds->o.transforms->list[split], &data, out->target));
    DNA_REQUIRE(out->sample->n_hap > 0 && out->sample->n_site > 0, DNA_ESHAPE,
        "nothing is left of the sample: %lld individuals, %lld sites",
        (long long)out->sample->n_hap, (long long)out->sample->n_site);
    out->form = data.form;
    DNA_TRY(dna_form_resolve(&out->form, out->sample));
out:
    return rc;
}

/* What the table says of sample `index`. */
static void
look_up(const dna_dataset *ds, int64_t index, dna_loaded *out)
{
    const dna_params_table *t = ds->o.table;
    int64_t row = row_of(ds, index);

    out->scenario = t->scenario[row];
    out->replicate = index - ds->first[row];
    memcpy(out->target, &t->targets[row * t->n_param],
        (size_t)t->n_param * sizeof(*out->target));
}

int
dna_dataset_load(dna_dataset *ds, dna_dataset_worker *worker, int64_t index,
    int64_t epoch, dna_loaded *out)
{
    dna_split split = (dna_split)split_of(ds, index);
    bool is_fatal = false;
    int64_t n_done = 0;
    int rc;

    *out = (dna_loaded){.index = index, .target = out->target};
    if (ds->o.maker == NULL) {
        look_up(ds, index, out);
    }
    rc = load_raw(ds, worker, split, epoch, out, &n_done);
    is_fatal = rc < 0 && ds->o.maker != NULL;
    if (rc == DNA_OK) {
        rc = transform_loaded(ds, split, epoch, out, n_done);
    }
    if (rc == DNA_OK) {
        return rc;
    }
    dna_sample_free(out->sample);
    out->sample = NULL;
    if (rc != DNA_ENOMEM && !is_fatal) {
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
    dna_dataset_worker *worker = NULL;
    dna_loaded loaded = {0};
    int rc = DNA_OK;

    DNA_REQUIRE(index >= 0 && index < ds->n_sample, DNA_EARG,
        "sample %lld is not among the %lld of the dataset", (long long)index,
        (long long)ds->n_sample);
    DNA_NEW(loaded.target, DNA_MAX(ds->o.n_param, 1));
    DNA_REQUIRE(split_of(ds, index) >= 0, DNA_EARG, "sample %lld belongs to no split",
        (long long)index);
    DNA_TRY(dna_dataset_take_worker(&worker, ds));
    DNA_TRY(dna_dataset_load(ds, worker, index, 0, &loaded));
    DNA_REQUIRE(loaded.sample != NULL, DNA_EFORMAT, "scenario %lld, replicate %lld: %s",
        (long long)loaded.scenario, (long long)loaded.replicate, loaded.message);
    *sample = loaded.sample;
    *form = loaded.form;
    loaded.sample = NULL;
out:
    dna_dataset_give_back(ds, worker);
    dna_loaded_clear(&loaded);
    dna_free(loaded.target);
    return rc;
}

int
dna_dataset_settle_shape(dna_dataset *ds, dna_split split)
{
    const dna_transform_list *list = &ds->o.transforms->list[split];
    dna_dataset_worker *worker = NULL;
    dna_loaded loaded = {0};
    int rc = DNA_OK;

    DNA_NEW(loaded.target, DNA_MAX(ds->o.n_param, 1));
    DNA_TRY(dna_dataset_take_worker(&worker, ds));
    for (int64_t i = 0;
         i < ds->n_index[split] && dna_shape_lock_is_open(ds->lock, list); i++) {
        DNA_TRY(
            dna_dataset_load(ds, worker, dna_dataset_index(ds, split, i), 0, &loaded));
        dna_loaded_clear(&loaded);
    }
out:
    dna_dataset_give_back(ds, worker);
    dna_loaded_clear(&loaded);
    dna_free(loaded.target);
    return rc;
}
