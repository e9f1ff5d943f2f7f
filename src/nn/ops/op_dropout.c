/* op_dropout.c - zero entries at random while training.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/dropout.h"
#include "nn/node.h"

dna_node *
dna_dropout(dna_graph *g, dna_node *x, double rate)
{
    int64_t stream = 0;

    if (x == NULL) {
        return NULL;
    }
    if (!(rate >= 0.0 && rate <= 1.0)) {
        return dna_graph_fail(
            g, DNA_EARG, "dropout: rate %g, 0 to 1 are possible", rate);
    }
    for (int i = 0; i < g->n_node; i++) {
        stream += g->nodes[i]->kind == DNA_OP_DROPOUT ? 1 : 0;
    }
    dna_node *node = dna_node_new(g, DNA_OP_DROPOUT, &x, 1, x->n_dim - 1, x->dim + 1);
    if (node != NULL) {
        node->rate = rate;
        node->stream = stream;
    }
    return node;
}

/* What entry i of a sample is multiplied by. NaN times 0 stays NaN, as in PyTorch. */
static double
factor(const dna_ref_args *a, const dna_dropout_draw *draw, int64_t i)
{
    if (!a->is_training) {
        return 1.0;
    }
    return dna_dropout_drops(draw, (uint64_t)i) ? 0.0 : draw->scale;
}

static dna_dropout_draw
draw_of(const dna_ref_args *a, int64_t b)
{
    const dna_node *node = a->node;
    return dna_dropout_draw_of(
        a->seed, a->step, node->stream, a->first + b, node->rate);
}

static void
dropout_forward(const dna_ref_args *a)
{
    int64_t size = dna_node_size(a->node);
    for (int64_t b = 0; b < a->batch; b++) {
        dna_dropout_draw draw = draw_of(a, b);
        for (int64_t i = 0; i < size; i++) {
            a->y[b * size + i] = a->x[0][b * size + i] * factor(a, &draw, i);
        }
    }
}

static void
dropout_backward(const dna_ref_args *a)
{
    int64_t size = dna_node_size(a->node);
    for (int64_t b = 0; b < a->batch; b++) {
        dna_dropout_draw draw = draw_of(a, b);
        for (int64_t i = 0; i < size; i++) {
            a->dx[0][b * size + i] += a->dy[b * size + i] * factor(a, &draw, i);
        }
    }
}

const dna_op_def dna_op_dropout = {
    .name = "dropout", .forward = dropout_forward, .backward = dropout_backward};
