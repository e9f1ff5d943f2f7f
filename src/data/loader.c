/* loader.c - one pass over a split in batches, prepared ahead by threads.
 *
 * SPDX-License-Identifier: MIT
 *
 * The pass is a sequence of samples, fixed before it begins. Workers take the next
 * sample of the sequence, whichever batch it belongs to, and put it where it belongs;
 * who completes a batch assembles it. Batches wait in a ring of slots: batch b has slot
 * b mod n_slot, and nobody works on a batch whose slot is not free yet, which bounds
 * the memory. Samples keep their own type (a byte a value) until their batch is
 * assembled.
 *
 * Nothing depends on which thread did what: random streams belong to the sample, and
 * warnings are written when a batch is handed out, in the order of its samples.
 */
#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "data/dataset_load.h"

/* A thread with what it needs to make samples. */
typedef struct {
    dna_loader *loader;
    dna_dataset_worker *worker;
    pthread_t thread;
} hand;

typedef struct {
    dna_batch batch;
    size_t x_cap;     /* floats that batch.x holds */
    int64_t n_sample; /* of the batch, before any fail */
    int64_t n_loaded;
    int64_t number; /* of the batch that is in the slot, -1: none */
    bool is_ready;
    dna_loaded *loaded; /* [max_batch] */
    double *targets;    /* [max_batch, n_param], what loaded[i].target points into */
} slot;

struct dna_loader {
    dna_dataset *ds;
    dna_loader_options o;
    int64_t epoch;
    int64_t n_param;
    int64_t *order; /* [n] sample numbers in the order of the pass */
    int64_t n, n_batch;
    int64_t max_batch; /* samples of the largest batch */
    slot *slots;
    int64_t n_slot;
    hand *hands; /* [max(n_worker, 1)]: the threads, or the caller */
    int n_hand;
    int n_thread; /* started */
    bool has_sync;
    pthread_mutex_t mutex; /* guards all below, and the slots' counters */
    pthread_cond_t has_room, has_batch;
    int64_t next;       /* next place in order to be taken by a worker */
    int64_t current;    /* batch that the caller has or waits for */
    bool is_started;    /* the caller has asked for a batch */
    int64_t n_good;     /* samples handed out so far */
    char *last_message; /* why the last sample failed */
    bool must_stop;
    int error; /* first fatal error, with its message */
    char *error_message;
};

/* ---- the order of the pass ------------------------------------------------------- */

/* The last batch also takes a single sample left over, if so asked. */
static int64_t
batch_first(const dna_loader *l, int64_t b)
{
    return b == l->n_batch ? l->n : b * l->o.batch_size;
}

static int64_t
batch_of(const dna_loader *l, int64_t place)
{
    return DNA_MIN(place / l->o.batch_size, l->n_batch - 1);
}

static int
plan_pass(dna_loader *l)
{
    int64_t size = l->o.batch_size;
    int64_t *shuffled = NULL;
    int rc = DNA_OK;

    l->n = dna_dataset_count(l->ds, l->o.split);
    l->n_batch = l->n / size + (l->n % size != 0);
    if (l->o.drop_single && l->n_batch > 1 && l->n % size == 1) {
        l->n_batch--;
    }
    for (int64_t b = 0; b < l->n_batch; b++) {
        l->max_batch = DNA_MAX(l->max_batch, batch_first(l, b + 1) - batch_first(l, b));
    }
    DNA_NEW(l->order, l->n);
    for (int64_t i = 0; i < l->n; i++) {
        l->order[i] = dna_dataset_index(l->ds, l->o.split, i);
    }
    if (l->o.is_shuffled) {
        dna_rng rng;
        DNA_NEW(shuffled, l->n);
        dna_rng_init(
            &rng, dna_dataset_settings(l->ds)->seed, "shuffle", l->epoch, 0, 0);
        dna_rng_permutation(&rng, shuffled, l->n);
        for (int64_t i = 0; i < l->n; i++) {
            shuffled[i] = l->order[shuffled[i]];
        }
        dna_free(l->order);
        l->order = shuffled;
        shuffled = NULL;
    }
out:
    dna_free(shuffled);
    return rc;
}

/* ---- assembling a batch ---------------------------------------------------------- */

/* A batch has one form: samples that differ from its first good one are left out. */
static int
unify_form(slot *s)
{
    const dna_loaded *first = NULL;
    int rc = DNA_OK;

    for (int64_t i = 0; i < s->n_sample; i++) {
        dna_loaded *l = &s->loaded[i];
        if (l->sample == NULL) {
            continue;
        }
        if (first == NULL) {
            first = l;
        }
        if (l->form != first->form) {
            l->message = dna_strdup(
                l->sample->has_pos ? "has positions, while other samples have none"
                                   : "has no positions, while other samples have some");
            DNA_REQUIRE(l->message != NULL, DNA_ENOMEM, "out of memory");
            dna_sample_free(l->sample);
            l->sample = NULL;
        }
    }
out:
    return rc;
}

/* The extents of the batch: the largest of each. */
static void
size_batch(slot *s)
{
    dna_batch *b = &s->batch;
    int64_t min_row = INT64_MAX, min_site = INT64_MAX;

    b->n = b->n_row = b->n_site = 0;
    b->n_redrawn = b->n_given_up = 0;
    for (int64_t i = 0; i < s->n_sample; i++) {
        const dna_loaded *l = &s->loaded[i];
        if (l->sample != NULL) {
            int64_t n_row = dna_form_n_row(l->form, l->sample->n_hap);
            b->n_row = DNA_MAX(b->n_row, n_row);
            b->n_site = DNA_MAX(b->n_site, l->sample->n_site);
            min_row = DNA_MIN(min_row, n_row);
            min_site = DNA_MIN(min_site, l->sample->n_site);
            b->form = l->form;
            b->n++;
        }
    }
    b->is_mixed = b->n > 0 && (min_row < b->n_row || min_site < b->n_site);
    b->is_binary = b->form != DNA_PRODUCT;
}

/* Room for the batch; what is there is reused from batch to batch. */
static int
reserve_x(slot *s)
{
    const dna_batch *b = &s->batch;
    size_t n, bytes;
    int rc = DNA_OK;

    DNA_REQUIRE(dna_mul_size((size_t)b->n, (size_t)b->n_row, &n)
                    && dna_mul_size(n, (size_t)b->n_site, &n)
                    && dna_mul_size(n, sizeof(float), &bytes),
        DNA_ESHAPE, "a batch of %lld samples of %lld x %lld is too large",
        (long long)b->n, (long long)b->n_row, (long long)b->n_site);
    if (n > s->x_cap) {
        dna_free(s->batch.x);
        s->x_cap = 0;
        s->batch.x = dna_alloc_aligned(bytes);
        DNA_REQUIRE(s->batch.x != NULL, DNA_ENOMEM, "out of memory");
        s->x_cap = n;
    }
out:
    return rc;
}

static void
fill_sample(dna_batch *b, const dna_loaded *l, int64_t k, int64_t n_param)
{
    int64_t n = b->n_row * b->n_site;
    float *x = b->x + k * n;

    b->rows[k] = dna_form_n_row(l->form, l->sample->n_hap);
    b->sites[k] = l->sample->n_site;
    if (b->rows[k] < b->n_row || b->sites[k] < b->n_site) {
        memset(x, 0, (size_t)n * sizeof(*x));
    }
    dna_form_fill_rows(l->form, l->sample, x, b->n_site);
    b->is_binary = b->is_binary && dna_array_is_binary(&l->sample->snp);
    memcpy(b->target + k * n_param, l->target, (size_t)n_param * sizeof(*b->target));
    b->index[k] = l->index;
    b->scenario[k] = l->scenario;
    b->replicate[k] = l->replicate;
    b->n_redrawn += l->n_redrawn;
    b->n_given_up += l->n_given_up;
}

static int
assemble(const dna_loader *loader, slot *s)
{
    int64_t k = 0;
    int rc = DNA_OK;

    DNA_TRY(unify_form(s));
    size_batch(s);
    DNA_TRY(reserve_x(s));
    for (int64_t i = 0; i < s->n_sample; i++) {
        if (s->loaded[i].sample != NULL) {
            fill_sample(&s->batch, &s->loaded[i], k++, loader->n_param);
            dna_sample_free(s->loaded[i].sample);
            s->loaded[i].sample = NULL;
        }
    }
out:
    return rc;
}

/* ---- workers --------------------------------------------------------------------- */

/* With the mutex held. */
static void
stop_with_error(dna_loader *l, int code)
{
    if (l->error == DNA_OK) {
        l->error = code;
        l->error_message = dna_strdup(dna_message());
    }
    l->must_stop = true;
    pthread_cond_broadcast(&l->has_room);
    pthread_cond_broadcast(&l->has_batch);
}

/* Take the next sample of the pass whose slot is free. -1: there is nothing to do, now
 * or (with `wait`) ever. With the mutex held. */
static int64_t
take_place(dna_loader *l, bool wait)
{
    for (;;) {
        if (l->must_stop || l->next >= l->n) {
            return -1;
        }
        if (batch_of(l, l->next) < l->current + l->n_slot) {
            return l->next++;
        }
        if (!wait) {
            return -1;
        }
        pthread_cond_wait(&l->has_room, &l->mutex);
    }
}

/* The slot of a batch, made ready for it by whoever comes first. With the mutex held.
 */
static slot *
enter_slot(dna_loader *l, int64_t b)
{
    slot *s = &l->slots[b % l->n_slot];

    if (s->number != b) {
        s->number = b;
        s->n_sample = batch_first(l, b + 1) - batch_first(l, b);
        s->n_loaded = 0;
        s->is_ready = false;
    }
    return s;
}

/* Load the sample at a place of the pass; assemble its batch if it was the last one.
 * The mutex is held on entry and on return, not in between. */
static void
work_on(dna_loader *l, dna_dataset_worker *worker, int64_t place)
{
    int64_t b = batch_of(l, place);
    slot *s = enter_slot(l, b);
    dna_loaded *loaded = &s->loaded[place - batch_first(l, b)];
    int rc;

    pthread_mutex_unlock(&l->mutex);
    rc = dna_dataset_load(l->ds, worker, l->order[place], l->epoch, loaded);
    pthread_mutex_lock(&l->mutex);
    s->n_loaded++;
    if (rc == DNA_OK && s->n_loaded == s->n_sample) {
        pthread_mutex_unlock(&l->mutex);
        rc = assemble(l, s);
        pthread_mutex_lock(&l->mutex);
        s->is_ready = rc == DNA_OK;
        pthread_cond_broadcast(&l->has_batch);
    }
    if (rc < 0) {
        stop_with_error(l, rc);
    }
}

static void *
worker_main(void *payload)
{
    hand *h = payload;
    dna_loader *l = h->loader;
    int64_t place;

    pthread_mutex_lock(&l->mutex);
    while ((place = take_place(l, true)) >= 0) {
        work_on(l, h->worker, place);
    }
    pthread_mutex_unlock(&l->mutex);
    return NULL;
}

/* ---- the loader ------------------------------------------------------------------ */

static int
make_slots(dna_loader *l)
{
    int64_t n_param = DNA_MAX(l->n_param, 1);
    int rc = DNA_OK;

    /* One with the caller, one more than workers being filled: bounded and never idle.
     */
    l->n_slot = l->o.n_worker > 0 ? (int64_t)l->o.n_worker + 2 : 1;
    l->n_slot = DNA_MAX(1, DNA_MIN(l->n_slot, l->n_batch));
    DNA_NEW(l->slots, l->n_slot);
    for (int64_t i = 0; i < l->n_slot; i++) {
        slot *s = &l->slots[i];
        s->number = -1;
        DNA_NEW(s->loaded, l->max_batch);
        DNA_NEW(s->targets, l->max_batch * n_param);
        DNA_NEW(s->batch.target, l->max_batch * n_param);
        DNA_NEW(s->batch.rows, l->max_batch);
        DNA_NEW(s->batch.sites, l->max_batch);
        DNA_NEW(s->batch.index, l->max_batch);
        DNA_NEW(s->batch.scenario, l->max_batch);
        DNA_NEW(s->batch.replicate, l->max_batch);
        for (int64_t k = 0; k < l->max_batch; k++) {
            s->loaded[k].target = s->targets + k * l->n_param;
        }
    }
out:
    return rc;
}

static int
start_workers(dna_loader *l)
{
    int n = (int)DNA_MIN((int64_t)l->o.n_worker, l->n);
    int n_hand = n > 0 ? n : 1;
    int rc = DNA_OK;

    DNA_REQUIRE(pthread_mutex_init(&l->mutex, NULL) == 0
                    && pthread_cond_init(&l->has_room, NULL) == 0
                    && pthread_cond_init(&l->has_batch, NULL) == 0,
        DNA_ENOMEM, "the system has no mutex left");
    l->has_sync = true;
    DNA_NEW(l->hands, n_hand);
    l->n_hand = n_hand;
    for (int i = 0; i < n_hand; i++) {
        l->hands[i].loader = l;
        DNA_TRY(dna_dataset_take_worker(&l->hands[i].worker, l->ds));
    }
    for (int i = 0; i < n; i++) {
        hand *h = &l->hands[i];
        DNA_REQUIRE(pthread_create(&h->thread, NULL, worker_main, h) == 0, DNA_ENOMEM,
            "loading thread %d of %d cannot be started", i + 1, n);
        l->n_thread++;
    }
out:
    return rc;
}

int
dna_loader_new(
    dna_loader **out, dna_dataset *ds, const dna_loader_options *o, int64_t epoch)
{
    dna_loader *l = NULL;
    int rc = DNA_OK;

    DNA_REQUIRE(o->batch_size >= 1, DNA_EARG, "batch_size %lld is below 1",
        (long long)o->batch_size);
    DNA_REQUIRE(o->first_batch >= 0, DNA_EARG, "first_batch %lld is below 0",
        (long long)o->first_batch);
    DNA_NEW(l, 1);
    l->ds = ds;
    l->o = *o;
    l->epoch = epoch;
    l->n_param = dna_dataset_settings(ds)->n_param;
    DNA_TRY(plan_pass(l));
    l->current = DNA_MIN(o->first_batch, l->n_batch);
    l->next = batch_first(l, l->current);
    DNA_TRY(make_slots(l));
    DNA_TRY(dna_dataset_settle_shape(ds, o->split));
    DNA_TRY(start_workers(l));
    *out = l;
    l = NULL;
out:
    dna_loader_free(l);
    return rc;
}

int64_t
dna_loader_n_batch(const dna_loader *loader)
{
    return loader->n_batch;
}

/* Write the warnings of a batch and forget them. */
static void
report_failures(dna_loader *l, slot *s)
{
    dna_log *log = dna_dataset_settings(l->ds)->log;

    for (int64_t i = 0; i < s->n_sample; i++) {
        dna_loaded *loaded = &s->loaded[i];
        if (loaded->message != NULL) {
            dna_log_warning(log, "scenario %lld, replicate %lld is left out: %s",
                (long long)loaded->scenario, (long long)loaded->replicate,
                loaded->message);
            dna_free(l->last_message);
            l->last_message = loaded->message;
            loaded->message = NULL;
        }
    }
}

/* Wait for batch l->current, or make it here if there are no workers. Mutex held. */
static int
await_batch(dna_loader *l, slot **out)
{
    slot *s = &l->slots[l->current % l->n_slot];

    while (!l->must_stop && !(s->number == l->current && s->is_ready)) {
        if (l->n_thread > 0) {
            pthread_cond_wait(&l->has_batch, &l->mutex);
        } else {
            int64_t place = take_place(l, false);
            if (place < 0) {
                break;
            }
            work_on(l, l->hands[0].worker, place);
        }
    }
    *out = s;
    if (l->error != DNA_OK) {
        return dna_fail(l->error, "%s",
            l->error_message != NULL ? l->error_message : "out of memory");
    }
    return DNA_OK;
}

static int
fail_empty_pass(const dna_loader *l)
{
    return dna_fail(DNA_EFORMAT,
        "not one of the %lld samples of the %s set could be used; the last one: %s",
        (long long)l->n, dna_split_name(l->o.split),
        l->last_message != NULL ? l->last_message : "no reason given");
}

int
dna_loader_next(dna_loader *l, dna_batch **batch)
{
    slot *s = NULL;
    int rc = 0;

    *batch = NULL;
    pthread_mutex_lock(&l->mutex);
    while (l->current < l->n_batch) {
        if (l->is_started) { /* the batch that the caller had */
            l->current++;
            pthread_cond_broadcast(&l->has_room);
        }
        l->is_started = true;
        if (l->current >= l->n_batch) {
            break;
        }
        DNA_TRY(await_batch(l, &s));
        report_failures(l, s);
        if (s->batch.n > 0) {
            s->batch.number = l->current;
            l->n_good += s->batch.n;
            *batch = &s->batch;
            rc = 1;
            goto out;
        }
    }
    if (l->n > 0 && l->n_good == 0 && l->o.first_batch == 0) {
        rc = fail_empty_pass(l);
    }
out:
    pthread_mutex_unlock(&l->mutex);
    return rc;
}

static void
clear_slot(slot *s, int64_t max_batch)
{
    for (int64_t i = 0; s->loaded != NULL && i < max_batch; i++) {
        dna_loaded_clear(&s->loaded[i]);
    }
    dna_free(s->loaded);
    dna_free(s->targets);
    dna_free(s->batch.x);
    dna_free(s->batch.target);
    dna_free(s->batch.rows);
    dna_free(s->batch.sites);
    dna_free(s->batch.index);
    dna_free(s->batch.scenario);
    dna_free(s->batch.replicate);
}

void
dna_loader_free(dna_loader *l)
{
    if (l == NULL) {
        return;
    }
    if (l->has_sync) {
        pthread_mutex_lock(&l->mutex);
        l->must_stop = true;
        pthread_cond_broadcast(&l->has_room);
        pthread_mutex_unlock(&l->mutex);
        for (int i = 0; i < l->n_thread; i++) {
            pthread_join(l->hands[i].thread, NULL);
        }
        pthread_cond_destroy(&l->has_room);
        pthread_cond_destroy(&l->has_batch);
        pthread_mutex_destroy(&l->mutex);
    }
    for (int64_t i = 0; l->slots != NULL && i < l->n_slot; i++) {
        clear_slot(&l->slots[i], l->max_batch);
    }
    dna_free(l->slots);
    for (int i = 0; i < l->n_hand; i++) {
        dna_dataset_give_back(l->ds, l->hands[i].worker);
    }
    dna_free(l->hands);
    dna_free(l->order);
    dna_free(l->last_message);
    dna_free(l->error_message);
    dna_free(l);
}
