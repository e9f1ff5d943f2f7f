/* demes_windows.c - one population whose size is given by windows of time.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "base/mem.h"
#include "config/schema.h"
#include "sim/demes_model.h"

static int
check_length(
    const dna_value *v, const char *at, const char *key, int64_t n, int64_t other)
{
    if (v == NULL || v->type != DNA_LIST || v->n < 1 || (v->n != n && v->n != other)) {
        return dna_config_fail(DNA_EARG, v, at,
            "%s is not a list of numbers, formulas or distributions, as long as sizes",
            key);
    }
    return DNA_OK;
}

static int
read_item(dna_demes_reader *r, int64_t *out, dna_demes_kind kind, const dna_value *v,
    const char *at, const char *what, int64_t i)
{
    char name[64];
    const char *item_at =
        dna_arena_printf(r->m->arena, "%s.%ss[%lld]", at, what, (long long)i);

    snprintf(name, sizeof(name), "%s_%lld", what, (long long)i);
    return item_at == NULL ? DNA_ENOMEM
                           : dna_demes_read_number(r, out, kind, v, item_at, name);
}

int
dna_demes_read_windows(dna_demes **out, dna_arena *arena, dna_priors *priors,
    const dna_value *times, const dna_value *sizes, const dna_value *growth,
    const char *at)
{
    dna_demes *m = dna_arena_alloc(arena, 1, sizeof(*m));
    dna_demes_reader r = {m, priors, NULL, 0};
    int rc = DNA_OK;

    if (m == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(check_length(sizes, at, "sizes", sizes != NULL ? sizes->n : 0, -1));
    int64_t n = sizes->n;
    if (times != NULL || n > 1) {
        DNA_TRY(check_length(times, at, "times", n, n - 1));
    }
    if (growth != NULL) {
        DNA_TRY(check_length(growth, at, "growth", n, -1));
    }
    int64_t first = times != NULL && times->n == n ? 0 : 1; /* window of times[0] */
    double zero = 0;
    if (first == 0 && (!dna_value_as_double(times->items[0], &zero) || zero != 0)) {
        return dna_config_fail(DNA_EARG, times->items[0], at,
            "times[0] is not 0, the present, where the first of %lld windows begins",
            (long long)n);
    }
    m->arena = arena;
    m->generation_time = DNA_DEMES_NONE;
    m->demes = dna_arena_alloc(arena, 1, sizeof(*m->demes));
    dna_demes_epoch *epochs = dna_arena_alloc(arena, (size_t)n, sizeof(*epochs));
    if (m->demes == NULL || epochs == NULL) {
        return DNA_ENOMEM;
    }
    m->n_deme = 1;
    m->demes[0] = (dna_demes_deme){.name = "pop",
        .start_time = DNA_DEMES_NONE,
        .epochs = epochs,
        .n_epoch = n,
        .source = sizes,
        .at = at};
    for (int64_t i = 0; i < n; i++) {
        dna_demes_epoch *e = &epochs[n - 1 - i]; /* from old to young */
        *e = (dna_demes_epoch){.end_time = DNA_DEMES_NONE,
            .growth = DNA_DEMES_NONE,
            .source = sizes->items[i],
            .at = at};
        DNA_TRY(read_item(
            &r, &e->end_size, DNA_DEMES_SIZE, sizes->items[i], at, "size", i));
        e->start_size = e->end_size;
        if (times != NULL && i >= first) {
            DNA_TRY(read_item(&r, &e->end_time, DNA_DEMES_TIME, times->items[i - first],
                at, "time", i));
        }
        if (growth != NULL) {
            DNA_TRY(read_item(
                &r, &e->growth, DNA_DEMES_GROWTH, growth->items[i], at, "growth", i));
        }
    }
    *out = m;
out:
    return rc;
}
