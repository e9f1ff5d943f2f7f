/* single.c - the event loop of one population with sizes constant by pieces.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/loops.h"

#include "base/mem.h"

static int
add_samples(dna_ancestry *a, dna_lineages *s)
{
    int rc = DNA_OK;

    DNA_TRY(dna_ancestry_reserve(a, (uint64_t)a->n_sample));
    for (int64_t i = 0; i < a->n_sample; i++) {
        uint32_t id = 0;
        if (s->n == s->room) {
            DNA_TRY(dna_lineages_grow(s));
        }
        if (a->has_log) {
            id = dna_log_name(&a->log);
            DNA_TRY(dna_ancestry_log(a, DNA_LOG_SAMPLE, id, 0, (uint32_t)i));
        }
        dna_lineages_push(s, dna_ancestry_sample(a, i), id);
    }
out:
    return rc;
}

static int
recombine(dna_ancestry *a, dna_lineages *s)
{
    uint32_t border = 0;
    uint32_t i = dna_lineages_find(s, dna_draw_below(&a->rng, s->mass), &border);
    dna_lineage right;
    dna_lineage left = dna_ancestry_cut(a, s->line[i], border, &right);
    uint32_t id = 0;
    int rc = DNA_OK;

    a->n_recombination++;
    if (a->has_log) {
        id = dna_log_name(&a->log);
        DNA_TRY(dna_ancestry_log(a, DNA_LOG_CUT, (uint32_t)s->id[i], id, left.right));
    }
    dna_lineages_put(s, i, left);
    if (s->n == s->room) {
        DNA_TRY(dna_lineages_grow(s));
    }
    dna_lineages_push(s, right, id);
out:
    return rc;
}

static int
coalesce(dna_ancestry *a, dna_lineages *s)
{
    uint32_t i = (uint32_t)dna_draw_below(&a->rng, s->n);
    uint32_t j = (uint32_t)dna_draw_below(&a->rng, s->n - 1);
    int rc = DNA_OK;

    j += j >= i;
    DNA_TRY(dna_ancestry_reserve(a, dna_merge_room(s->line[i], s->line[j])));
    dna_lineage merged = dna_ancestry_merge(a, s->line[i], s->line[j]);
    if (a->has_log) {
        uint32_t gone = (uint32_t)s->id[j];
        DNA_TRY(dna_ancestry_log(a, merged.n > 0 ? DNA_LOG_MERGE : DNA_LOG_VANISH,
            (uint32_t)s->id[i], gone, merged.right));
        DNA_TRY(dna_log_forget(&a->log, gone));
    }
    if (merged.n > 0) {
        dna_lineages_put(s, i, merged);
        dna_lineages_remove(s, j);
        return DNA_OK;
    }
    if (a->has_log) {
        DNA_TRY(dna_log_forget(&a->log, (uint32_t)s->id[i]));
    }
    dna_lineages_remove(s, DNA_MAX(i, j));
    dna_lineages_remove(s, DNA_MIN(i, j));
out:
    return rc;
}

int
dna_run_single(dna_ancestry *a, const dna_history *h)
{
    const dna_epoch *epoch = h->epoch;
    dna_lineages *s = &a->set[0];
    double link = a->axis->link;
    int rc = DNA_OK;

    DNA_TRY(add_samples(a, s));
    while (s->n > 0) {
        double pairs = 0.5 * (double)s->n * (double)(s->n - 1) * epoch->rate;
        double breaks = link * (double)s->mass;
        double total = pairs + breaks;
        double next = a->time + dna_draw_exponential(&a->ziggurat, &a->rng) / total;
        if (next >= epoch->until) { /* the draw is forgotten: it knew the old size */
            a->time = epoch->until;
            epoch++;
            continue;
        }
        a->time = next;
        if ((++a->n_event & (DNA_POLL_EVENTS - 1)) == 0) {
            DNA_TRY(dna_ancestry_poll(a));
        }
        if (dna_draw_uniform(&a->rng) * total < breaks) {
            DNA_TRY(recombine(a, s));
        } else {
            DNA_TRY(coalesce(a, s));
        }
    }
    DNA_TRY(a->rc);
out:
    return rc;
}
