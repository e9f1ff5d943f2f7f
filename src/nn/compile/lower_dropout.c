/* lower_dropout.c - dropout as a chunk step.
 *
 * SPDX-License-Identifier: MIT
 *
 * Nothing is kept for the backward pass: it draws again. In evaluation the value is that
 * of the input. A smaller sample of a batch of several sizes is taken out, since an
 * entry's draw goes by its place in the sample's own order.
 */
#include "base/mem.h"
#include "nn/compile/lower.h"

typedef struct {
    const dna_node *node;
    dna_tensor_value y, x; /* or dx, dy */
    dna_buffer *scratch;   /* several sizes: the sample */
    bool is_add;
} dropout_args;

/* One sample without gaps. */
static void
dropout(const dna_exec *e, const dna_node *own, int64_t b, float *y, const float *x,
    bool is_add)
{
    dna_dropout_draw draw =
        dna_dropout_draw_of(e->p->seed, e->p->step, own->stream, e->b0 + b, own->rate);
    int64_t C = own->n_dim == 4 ? own->dim[1] : dna_node_size(own);
    e->p->k->axis->dropout(&draw, dna_node_size(own) / C, C, y, x, is_add);
}

static int
run_dropout(const dna_exec *e, const void *args)
{
    const dropout_args *a = args;
    for (int64_t b = 0; b < e->n; b++) {
        const dna_node *own = dna_own_node(e, a->node, b);
        float *y = dna_at(e, &a->y) + b * a->y.stride[0];
        const float *x = dna_at(e, &a->x) + b * a->x.stride[0];
        if (own == a->node) {
            dropout(e, own, b, y, x, a->is_add);
            continue;
        }
        float *dense = dna_bytes_at(e, a->scratch);
        dna_sample_take(e, &a->x, own, x, dense);
        dropout(e, own, b, dense, dense, false);
        dna_sample_put(e, &a->y, own, y, dense, a->is_add);
    }
    return DNA_OK;
}

static int
add_step(dna_program *p, dna_step_list *list, dropout_args *a)
{
    int rc = DNA_OK;
    DNA_TRY(dna_sample_scratch(p, a->node, &a->scratch));
    dna_step *s = dna_step_add(p, list, "dropout", NULL, run_dropout, a, sizeof(*a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->flops = (a->is_add ? 2.0 : 1.0) * dna_entries(p, &a->y);
    dna_step_reads(s, a->x.buf);
    dna_step_writes(s, a->y.buf);
    if (a->scratch != NULL) {
        dna_step_writes(s, a->scratch);
    }
out:
    return rc;
}

int
dna_lower_dropout(dna_program *p, const dna_node *node)
{
    dna_tensor_value *y = &p->values[node->id];
    dropout_args a = {.node = node, .x = p->values[node->in[0]->id]};
    int rc = DNA_OK;

    if (!p->is_training || dna_lower_may_overwrite(p, node->in[0])) {
        *y = a.x;
    } else {
        DNA_TRY(dna_value_new(p, y, node));
    }
    a.y = *y;
    if (p->is_training) {
        DNA_TRY(add_step(p, &p->forward, &a));
    }
out:
    return rc;
}

int
dna_lower_dropout_backward(dna_program *p, const dna_node *node)
{
    dna_tensor_value *dx = &p->grads[node->in[0]->id];
    dropout_args a = {.node = node, .x = p->grads[node->id], .is_add = dx->buf != NULL};

    if (!a.is_add) {
        *dx = a.x; /* in place */
    }
    a.y = *dx;
    return add_step(p, &p->backward, &a);
}
