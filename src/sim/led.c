/* led.c - lineages that do what the log of the block before says.
 *
 * SPDX-License-Identifier: MIT
 *
 * What they have in this block goes with them: structured.c tells why.
 */
#include "sim/structured.h"

/* Names of a led lineage: in the log before (old) and in the log being written. */
static uint64_t
both_names(uint32_t old, uint32_t name)
{
    return (uint64_t)old << 32 | name;
}

static int
push_led(dna_loop *l, uint32_t population, dna_lineage line, uint64_t id)
{
    dna_lineages *s = dna_loop_led(l, population);
    l->where[id >> 32] = (dna_place){population, s->n};
    return dna_loop_push(s, line, id);
}

static void
remove_led(dna_loop *l, dna_place p)
{
    dna_lineages *s = dna_loop_led(l, p.population);
    dna_lineages_remove(s, p.slot);
    if (p.slot < s->n) {
        l->where[s->id[p.slot] >> 32].slot = p.slot;
    }
}

static int
replay_sample(dna_loop *l, const dna_log_entry *e)
{
    uint32_t name = dna_loop_new_name(l);
    int rc = DNA_OK;

    DNA_TRY(dna_ancestry_reserve(l->a, 1));
    dna_lineage line = dna_ancestry_sample(l->a, e->right);
    DNA_TRY(push_led(
        l, e->b, dna_loop_led_line(line, l->a->begin), both_names(e->a, name)));
    DNA_TRY(dna_loop_log(l, DNA_LOG_SAMPLE, name, e->b, e->right));
out:
    return rc;
}

static int
replay_merge(dna_loop *l, const dna_log_entry *e)
{
    dna_place x = l->where[e->a];
    dna_place y = l->where[e->b];
    dna_lineages *s = dna_loop_led(l, x.population);
    bool is_led = e->kind == DNA_LOG_MERGE;
    int rc = DNA_OK;

    DNA_TRY(
        dna_ancestry_reserve(l->a, dna_merge_room(s->line[x.slot], s->line[y.slot])));
    l->a->population = (int32_t)x.population;
    dna_lineage m = dna_ancestry_merge(l->a, s->line[x.slot], s->line[y.slot]);
    uint32_t name = dna_loop_name(s->id[x.slot]);
    uint32_t gone = dna_loop_name(s->id[y.slot]);
    if (is_led) {
        m = dna_loop_led_line(m, e->right);
        dna_lineages_put(s, x.slot, m);
    }
    DNA_TRY(dna_loop_log_merge(l, name, gone, !is_led && m.n == 0, m.right));
    remove_led(l, y);
    if (!is_led) {
        remove_led(l, l->where[e->a]); /* it may have moved */
        if (m.n > 0) {
            DNA_TRY(dna_loop_push(dna_loop_own(l, x.population), m, name));
        }
    }
out:
    return rc;
}

static int
replay_cut(dna_loop *l, const dna_log_entry *e)
{
    dna_place x = l->where[e->a];
    dna_lineages *s = dna_loop_led(l, x.population);
    dna_lineage whole = s->line[x.slot];
    uint32_t name = dna_loop_new_name(l);
    int rc = DNA_OK;

    dna_lineages_put(s, x.slot, dna_loop_led_line((dna_lineage){0}, e->right));
    DNA_TRY(dna_loop_log(l, DNA_LOG_CUT, dna_loop_name(s->id[x.slot]), name, e->right));
    DNA_TRY(push_led(l, x.population, whole, both_names(e->b, name)));
out:
    return rc;
}

static int
replay_move(dna_loop *l, const dna_log_entry *e)
{
    dna_place x = l->where[e->a];
    dna_lineages *s = dna_loop_led(l, x.population);
    dna_lineage line = s->line[x.slot];
    uint64_t id = s->id[x.slot];
    int rc = DNA_OK;

    remove_led(l, x);
    DNA_TRY(push_led(l, e->b, line, id));
    DNA_TRY(dna_loop_log(l, DNA_LOG_MOVE, dna_loop_name(id), e->b, 0));
out:
    return rc;
}

int
dna_loop_replay(dna_loop *l, const dna_log_entry *e)
{
    switch ((dna_log_kind)e->kind) {
    case DNA_LOG_SAMPLE:
        return replay_sample(l, e);
    case DNA_LOG_MERGE:
    case DNA_LOG_VANISH:
        return replay_merge(l, e);
    case DNA_LOG_CUT:
        return replay_cut(l, e);
    case DNA_LOG_MOVE:
    default:
        return replay_move(l, e);
    }
}
