/* history.c - copy a demography; epochs of a single population.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/history.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

static int
copy_array(void *out, const void *from, int64_t n, size_t size)
{
    void *copy = dna_calloc((size_t)n, size);
    if (copy == NULL) {
        return DNA_ENOMEM;
    }
    if (n > 0 && from != NULL) {
        memcpy(copy, from, (size_t)n * size);
    }
    memcpy(out, &copy, sizeof(copy));
    return DNA_OK;
}

/* Groups by time; equal times keep their order. */
static int
order_groups(dna_history *h)
{
    int rc = DNA_OK;

    DNA_NEW(h->group_order, h->d.n_group);
    for (int64_t i = 0; i < h->d.n_group; i++) {
        int64_t j = i;
        while (j > 0 && h->d.group[h->group_order[j - 1]].time > h->d.group[i].time) {
            h->group_order[j] = h->group_order[j - 1];
            j--;
        }
        h->group_order[j] = i;
    }
out:
    return rc;
}

static bool
is_simple(const dna_demography *d)
{
    const dna_population *p = d->population;
    bool is = d->n_population == 1 && p->growth == 0 && p->end_time == 0
              && p->start_time == 0;
    for (int64_t i = 0; i < d->n_group; i++) {
        is = is && d->group[i].time == 0;
    }
    for (int64_t i = 0; i < d->n_event; i++) {
        const dna_demographic_event *e = &d->event[i];
        is = is
             && (e->kind == DNA_EVENT_SIZE
                 || (e->kind == DNA_EVENT_GROWTH && e->value == 0));
    }
    return is;
}

static int
init_epochs(dna_history *h)
{
    const dna_demography *d = &h->d;
    int64_t n = 0;
    int rc = DNA_OK;

    DNA_NEW(h->epoch, d->n_event + 1);
    h->epoch[0].rate = 1 / (2 * d->population[0].size);
    for (int64_t i = 0; i < d->n_event; i++) {
        if (d->event[i].kind == DNA_EVENT_SIZE) {
            h->epoch[n].until = d->event[i].time;
            h->epoch[++n].rate = 1 / (2 * d->event[i].value);
        }
    }
    h->epoch[n].until = (double)INFINITY;
    h->n_epoch = n + 1;
out:
    return rc;
}

int
dna_history_init(dna_history *h, const dna_demography *d)
{
    int rc = DNA_OK;

    *h = (dna_history){0};
    DNA_TRY(dna_demography_check(d));
    h->d.n_population = d->n_population;
    h->d.n_event = d->n_event;
    h->d.n_group = d->n_group;
    h->n_sample = dna_demography_n_sample(d);
    DNA_TRY(copy_array(
        &h->d.population, d->population, d->n_population, sizeof(*d->population)));
    DNA_TRY(copy_array(&h->d.migration, d->migration, d->n_population * d->n_population,
        sizeof(*d->migration)));
    DNA_TRY(copy_array(&h->d.event, d->event, d->n_event, sizeof(*d->event)));
    DNA_TRY(copy_array(&h->d.group, d->group, d->n_group, sizeof(*d->group)));
    DNA_TRY(order_groups(h));
    h->is_simple = is_simple(d);
    if (h->is_simple) {
        DNA_TRY(init_epochs(h));
    }
out:
    if (rc < 0) {
        dna_history_clear(h);
    }
    return rc;
}

static void
free_copy(const void *p)
{
    void *mine = NULL;
    memcpy(&mine, &p, sizeof(mine));
    dna_free(mine);
}

void
dna_history_clear(dna_history *h)
{
    free_copy(h->d.population);
    free_copy(h->d.migration);
    free_copy(h->d.event);
    free_copy(h->d.group);
    dna_free(h->group_order);
    dna_free(h->epoch);
    *h = (dna_history){0};
}

/* With A(tau) lineages after the scaled time tau, E[A; A > 1] is the sum over even j of
 * 2 (2j - 1) n_[j] / n_(j) exp(-j (j-1) tau / 2), n_[j] falling and n_(j) rising
 * factorials (Tavare 1984, Theor. Popul. Biol. 26:119-164, from eqs. 5.2 and 5.5); its
 * integral over generations is the expected length. */
double
dna_history_branch_length(const dna_history *h)
{
    double n = (double)h->n_sample;
    double ratio = 1; /* n_[j] / n_(j) */
    double sum = 0;
    for (int64_t i = 1; i <= h->n_sample; i++) {
        double j = (double)i;
        ratio *= (n - j + 1) / (n + j - 1);
        if (i % 2 != 0) {
            continue;
        }
        double c = j * (j - 1) / 2;
        double tau = 0;
        double start = 0;
        double area = 0;
        for (int64_t k = 0; k < h->n_epoch && c * tau < 40; k++) {
            const dna_epoch *e = &h->epoch[k];
            double span = (e->until - start) * e->rate; /* may be infinite */
            area += exp(-c * tau) * -expm1(-c * span) / (c * e->rate);
            tau += span;
            start = e->until;
        }
        sum += 2 * (2 * j - 1) * ratio * area;
    }
    return sum;
}
