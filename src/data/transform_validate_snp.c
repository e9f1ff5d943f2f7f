/* transform_validate_snp.c - refuse samples of another shape than the first.
 *
 * SPDX-License-Identifier: MIT
 *
 * The shape is fixed by the first sample that comes. A loader with several threads must
 * therefore let one sample through before it starts them (dna_shape_lock_is_open), so
 * that the first is always the same. Each validate_snp of a list has its own shape: one
 * may stand before a crop and one behind it.
 */
#include <pthread.h>

#include "base/mem.h"
#include "data/transforms.h"

typedef struct {
    int uniform_shape;
} validate_opts;

typedef struct {
    const void *owner; /* the opts of a transform in a list */
    int64_t n_hap, n_site;
} seen_shape;

struct dna_shape_lock {
    pthread_mutex_t mutex;
    seen_shape *seen;
    int64_t n;
};

static const dna_field validate_fields[] = {
    {.key = "uniform_shape",
        .kind = DNA_KIND_BOOL,
        .dflt = "true",
        .offset = offsetof(validate_opts, uniform_shape),
        .doc = "Refuse empty samples and those of another shape than the first seen."},
    {0}};

struct dna_shape_lock *
dna_shape_lock_new(void)
{
    struct dna_shape_lock *lock = dna_calloc(1, sizeof(*lock));

    if (lock != NULL && pthread_mutex_init(&lock->mutex, NULL) != 0) {
        dna_free(lock);
        (void)dna_fail(DNA_ENOMEM, "the system has no mutex left");
        return NULL;
    }
    return lock;
}

void
dna_shape_lock_free(struct dna_shape_lock *lock)
{
    if (lock != NULL) {
        pthread_mutex_destroy(&lock->mutex);
        dna_free(lock->seen);
        dna_free(lock);
    }
}

static const seen_shape *
find_shape(const struct dna_shape_lock *lock, const void *owner)
{
    for (int64_t i = 0; i < lock->n; i++) {
        if (lock->seen[i].owner == owner) {
            return &lock->seen[i];
        }
    }
    return NULL;
}

bool
dna_shape_lock_is_open(struct dna_shape_lock *lock, const dna_transform_list *list)
{
    bool is_open = false;

    pthread_mutex_lock(&lock->mutex);
    for (int64_t i = 0; i < list->n; i++) {
        const validate_opts *o = list->items[i].opts;
        if (list->items[i].def == &dna_transform_validate_snp && o->uniform_shape
            && find_shape(lock, o) == NULL) {
            is_open = true;
        }
    }
    pthread_mutex_unlock(&lock->mutex);
    return is_open;
}

/* The shape that `owner` expects; the sample's own if it is the first. */
static int
expected_shape(struct dna_shape_lock *lock, const void *owner, const dna_sample *s,
    seen_shape *out)
{
    const seen_shape *found;
    seen_shape *grown;
    int rc = DNA_OK;

    pthread_mutex_lock(&lock->mutex);
    found = find_shape(lock, owner);
    if (found != NULL) {
        *out = *found;
        goto out;
    }
    *out = (seen_shape){owner, s->n_hap, s->n_site};
    grown = dna_realloc(lock->seen, (size_t)lock->n + 1, sizeof(*grown));
    DNA_REQUIRE(grown != NULL, DNA_ENOMEM, "out of memory");
    lock->seen = grown;
    lock->seen[lock->n++] = *out;
out:
    pthread_mutex_unlock(&lock->mutex);
    return rc;
}

static int
validate_apply(const void *opts, dna_transform_data *data)
{
    const validate_opts *o = opts;
    const dna_sample *s = data->sample;
    seen_shape shape = {0};
    int rc = DNA_OK;

    if (!o->uniform_shape) {
        return DNA_OK;
    }
    DNA_REQUIRE(s->n_hap > 0 && s->n_site > 0, DNA_ESHAPE,
        "the sample is empty: %lld individuals, %lld SNPs", (long long)s->n_hap,
        (long long)s->n_site);
    if (data->lock == NULL) { /* prediction: each sample stands for itself */
        return DNA_OK;
    }
    DNA_TRY(expected_shape(data->lock, o, s, &shape));
    DNA_REQUIRE(s->n_site == shape.n_site, DNA_ESHAPE,
        "the sample has %lld SNPs, not %lld as the first one", (long long)s->n_site,
        (long long)shape.n_site);
    DNA_REQUIRE(s->n_hap == shape.n_hap, DNA_ESHAPE,
        "the sample has %lld individuals, not %lld as the first one",
        (long long)s->n_hap, (long long)shape.n_hap);
out:
    return rc;
}

const dna_transform_def dna_transform_validate_snp = {
    .name = "validate_snp",
    .class_name = "ValidateSnp",
    .doc = "Leave out samples of unusual shape.",
    .fields = validate_fields,
    .opts_size = sizeof(validate_opts),
    .apply = validate_apply,
};
