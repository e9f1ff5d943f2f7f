/* op_input.c - what the caller fills, and constant zeros.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "nn/node.h"

dna_node *
dna_input(dna_graph *g, const char *name, int n_dim, const int64_t *dim)
{
    dna_node *node =
        dna_node_name(g, dna_node_new(g, DNA_OP_INPUT, NULL, 0, n_dim, dim), name);
    if (node == NULL) {
        return NULL;
    }
    dna_node **inputs =
        dna_arena_alloc(g->arena, (size_t)g->n_input + 1, sizeof(*inputs));
    if (inputs == NULL) {
        return dna_graph_fail(g, DNA_ENOMEM, "%s: out of memory", name);
    }
    if (g->n_input > 0) {
        memcpy(inputs, g->inputs, (size_t)g->n_input * sizeof(*inputs));
    }
    inputs[g->n_input++] = node;
    g->inputs = inputs;
    return node;
}

dna_node *
dna_zeros(dna_graph *g, int n_dim, const int64_t *dim)
{
    return dna_node_new(g, DNA_OP_ZEROS, NULL, 0, n_dim, dim);
}

/* The evaluator gives an input's node the caller's vector: nothing to do. */
static void
input_forward(const dna_ref_args *a)
{
    (void)a;
}

static void
zeros_forward(const dna_ref_args *a)
{
    memset(a->y, 0, (size_t)(a->batch * dna_node_size(a->node)) * sizeof(*a->y));
}

const dna_op_def dna_op_input = {.name = "input", .forward = input_forward};
const dna_op_def dna_op_zeros = {.name = "zeros", .forward = zeros_forward};
