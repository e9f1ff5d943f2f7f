/* train_state_parts.c - what a training remembers, section by section.
 *
 * SPDX-License-Identifier: MIT
 *
 * Random streams need no memory: they are derived from the seed, the epoch and the
 * sample, all of which are here or in the config.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/path.h"
#include "run/train_loop.h"

#define TABLE_MAX ((size_t)1 << 30)

/* ---- what must be the same ------------------------------------------------------- */

/* FNV-1a, 64 bits (Fowler, Noll and Vo): against mistakes, not against forgers. */
static uint64_t
digest(const unsigned char *data, size_t n)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < n; i++) {
        h = (h ^ data[i]) * 1099511628211u;
    }
    return h;
}

static int
exchange_data(dna_loop *l, dna_train_state *s)
{
    dna_training *t = l->t;
    unsigned char *table = NULL;
    size_t size = 0;
    char *path = NULL;
    char text[32];
    int rc = DNA_OK;

    DNA_TRY(dna_train_state_section(s, "data"));
    if (t->table_digest == 0) { /* once: it is read at the start only */
        if (t->table.path == NULL) {
            DNA_TRY(dna_training_file(&path, t, DNA_TABLE_SUFFIX));
        }
        DNA_TRY(dna_file_read(
            path != NULL ? path : t->table.path, TABLE_MAX, &table, &size));
        t->table_digest = digest(table, size);
    }
    snprintf(text, sizeof(text), "%016" PRIx64, t->table_digest);
    DNA_TRY(dna_train_state_same_text(s, "table_fnv1a", text));
    DNA_TRY(dna_train_state_same_int(s, "n_training", t->n_training));
    DNA_TRY(dna_train_state_same_int(s, "n_validation", t->n_validation));
    DNA_TRY(dna_train_state_same_int(s, "n_snp", t->net->sizes.n_snp));
    DNA_TRY(dna_train_state_same_int(s, "n_indiv", t->net->sizes.n_indiv));
out:
    dna_free(path);
    dna_free(table);
    return rc;
}

/* ---- the loop -------------------------------------------------------------------- */

static int
exchange_loop(dna_loop *l, dna_train_state *s)
{
    const int64_t most = INT64_MAX / 2;
    int64_t n_epoch = l->t->n_epoch;
    int rc = DNA_OK;

    DNA_TRY(dna_train_state_section(s, "loop"));
    DNA_TRY(dna_train_state_int(s, "n_epochs", &n_epoch, 1, most));
    DNA_TRY(dna_train_state_int(s, "epoch", &l->epoch, 1, most));
    DNA_TRY(dna_train_state_int(s, "batch", &l->batch, 0, most));
    DNA_TRY(dna_train_state_int(s, "next_batch", &l->next_batch, 0, most));
    DNA_TRY(dna_train_state_int(s, "step", &l->step, 0, most));
    DNA_TRY(dna_train_state_int(s, "n_uncounted", &l->n_uncounted, 0, most));
    DNA_TRY(dna_train_state_int(s, "n_validations", &l->n_validation, 0, most));
    DNA_TRY(dna_train_state_flag(s, "is_validation_pending", &l->is_pending));
    DNA_TRY(dna_train_state_flag(s, "is_epoch_done", &l->is_epoch_done));
    DNA_TRY(dna_train_state_flag(s, "is_finished", &l->is_finished));
    DNA_TRY(dna_train_state_double(s, "loss_sum", &l->loss_sum));
    DNA_TRY(dna_train_state_int(s, "loss_n", &l->loss_n, 0, most));
    DNA_TRY(dna_train_state_double(s, "best", &l->best));
out:
    return rc;
}

/* What min_snp has cost so far. */
static int
exchange_fresh(dna_loop *l, dna_train_state *s)
{
    int rc = DNA_OK;

    if (l->t->fresh == NULL) {
        goto out;
    }
    DNA_TRY(dna_train_state_section(s, "fresh_samples"));
    DNA_TRY(dna_train_state_int(s, "n_redrawn", &l->n_redrawn, 0, INT64_MAX));
    DNA_TRY(dna_train_state_int(s, "n_given_up", &l->n_given_up, 0, INT64_MAX));
out:
    return rc;
}

/* The running sums of each parameter's loss. */
static int
exchange_losses(dna_loop *l, dna_train_state *s)
{
    int rc = DNA_OK;

    DNA_TRY(dna_train_state_section(s, "losses_sum"));
    for (int64_t i = 0; i < l->t->n_param; i++) {
        DNA_TRY(dna_train_state_double(s, l->t->params[i].name, &l->losses_sum[i]));
    }
out:
    return rc;
}

/* How far metrics.csv and the event file are good. */
static int
exchange_record(dna_loop *l, dna_train_state *s)
{
    dna_record_marks *m = &l->marks;
    int rc = DNA_OK;

    DNA_TRY(dna_train_state_section(s, "record"));
    DNA_TRY(dna_train_state_int(s, "metrics_length", &m->metrics_length, 0, INT64_MAX));
    DNA_TRY(dna_train_state_int(s, "events_length", &m->events_length, 0, INT64_MAX));
    DNA_TRY(dna_train_state_int(s, "events_time", &m->events_time, 0, INT64_MAX));
out:
    return rc;
}

/* ---- tensors --------------------------------------------------------------------- */

static int
exchange_network(dna_loop *l, dna_train_state *s)
{
    dna_network *net = l->t->net;
    int rc = DNA_OK;

    DNA_TRY(dna_train_state_section(s, "network"));
    DNA_TRY(dna_train_state_same_text(s, "name", net->def->name));
    for (int64_t i = 0; i < dna_state_n_tensor(net->state); i++) {
        const dna_tensor *x = dna_state_tensor(net->state, i);
        DNA_TRY(dna_train_state_tensor(s, x->name,
            x->kind == DNA_TENSOR_COUNTER ? DNA_I64 : DNA_F32, x->n_dim, x->dim,
            dna_network_tensor_data(net, x)));
    }
out:
    return rc;
}

static int
exchange_optimizer(dna_loop *l, dna_train_state *s)
{
    dna_optim *o = l->t->optim;
    const dna_state *state = l->t->net->state;
    char name[512];
    int rc = DNA_OK;

    DNA_TRY(dna_train_state_section(s, "optimizer"));
    DNA_TRY(dna_train_state_same_text(s, "name", o->def->name));
    DNA_TRY(dna_train_state_int(s, "step", &o->step, 0, INT64_MAX / 2));
    for (int k = 0; k < o->def->n_scalar; k++) {
        snprintf(name, sizeof(name), "scalar_%d", k);
        DNA_TRY(dna_train_state_double(s, name, &o->scalars[k]));
    }
    for (int k = 0; k < o->def->n_slot; k++) {
        for (int64_t i = 0; i < dna_state_n_tensor(state); i++) {
            const dna_tensor *x = dna_state_tensor(state, i);
            if (x->kind != DNA_TENSOR_PARAM) {
                continue;
            }
            snprintf(name, sizeof(name), "slot_%d/%s", k, x->name);
            DNA_TRY(dna_train_state_tensor(
                s, name, DNA_F32, x->n_dim, x->dim, o->slots + k * o->n + x->offset));
        }
    }
out:
    return rc;
}

/* ---- schedule, early stopping, averages ------------------------------------------ */

static int
exchange_regime(dna_loop *l, dna_train_state *s)
{
    const int64_t most = INT64_MAX / 2;
    dna_regime *r = &l->regime;
    dna_lr_plateau *p = &r->schedule.plateau;
    int rc = DNA_OK;

    DNA_TRY(dna_train_state_section(s, "regime"));
    DNA_TRY(dna_train_state_double(s, "learning_rate", &r->lr));
    DNA_TRY(dna_train_state_double(s, "plateau_learning_rate", &p->lr));
    DNA_TRY(dna_train_state_double(s, "plateau_best", &p->best));
    DNA_TRY(dna_train_state_int(s, "plateau_n_bad", &p->n_bad, 0, most));
    DNA_TRY(dna_train_state_int(s, "plateau_cooldown", &p->cooldown, 0, most));
    DNA_TRY(dna_train_state_double(s, "stop_best", &r->stop.best));
    DNA_TRY(dna_train_state_int(s, "stop_n_bad", &r->stop.n_bad, 0, most));
    DNA_REQUIRE(r->lr >= 0.0 && isfinite(r->lr) && p->lr >= 0.0 && isfinite(p->lr),
        DNA_EFORMAT, "%s: regime: a learning rate that is below 0 or not finite",
        dna_train_state_path(s));
out:
    return rc;
}

static int
exchange_average(dna_loop *l, dna_train_state *s)
{
    dna_weight_average *a = l->regime.average;
    const dna_state *state = l->t->net->state;
    int rc = DNA_OK;

    if (a == NULL) {
        goto out;
    }
    DNA_TRY(dna_train_state_section(s, "average"));
    DNA_TRY(dna_train_state_int(s, "n_added", &a->n_added, 0, INT64_MAX / 2));
    for (int64_t i = 0; i < dna_state_n_tensor(state); i++) {
        const dna_tensor *x = dna_state_tensor(state, i);
        if (x->kind != DNA_TENSOR_COUNTER) {
            float *mean = x->kind == DNA_TENSOR_PARAM ? a->params : a->buffers;
            DNA_TRY(dna_train_state_tensor(
                s, x->name, DNA_F32, x->n_dim, x->dim, mean + x->offset));
        }
    }
out:
    return rc;
}

int
dna_loop_exchange(dna_loop *l, dna_train_state *s)
{
    static int (*const parts[])(dna_loop * l, dna_train_state * s) = {exchange_data,
        exchange_loop, exchange_fresh, exchange_losses, exchange_record,
        exchange_network, exchange_optimizer, exchange_regime, exchange_average};
    int rc = DNA_OK;

    for (int64_t i = 0; i < DNA_COUNT(parts); i++) {
        DNA_TRY(parts[i](l, s));
    }
    if (dna_train_state_is_read(s)) {
        DNA_TRY(dna_train_state_check_rest(s));
    }
out:
    return rc;
}
