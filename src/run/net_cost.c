/* net_cost.c - what the nodes of a network cost, as recorded.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/net_cost.h"

#include "base/mem.h"

static double
weight_count(const dna_node *node)
{
    double n = 0;
    for (int i = 0; i < DNA_NODE_MAX_TENSOR; i++) {
        if (node->tensor[i] >= 0) {
            const dna_tensor *t = &node->graph->tensors[node->tensor[i]];
            n += t->n_dim > 1 ? (double)t->count : 0.0;
        }
    }
    return n;
}

double
dna_node_flops(const dna_node *node)
{
    double out = (double)dna_node_size(node);
    double in = node->n_in > 0 ? (double)dna_node_size(node->in[0]) : 0.0;

    switch (node->kind) {
    case DNA_OP_INPUT:
    case DNA_OP_ZEROS:
    case DNA_OP_EXPAND:
    case DNA_OP_CONCAT:
    case DNA_OP_SLICE:
    case DNA_OP_RESHAPE:
    case DNA_OP_TRANSPOSE:
        return 0.0;
    case DNA_OP_CONV2D: /* each weight once for each place */
        return 2.0 * weight_count(node) * (double)dna_node_span(node, 2);
    case DNA_OP_LINEAR:
        return 2.0 * weight_count(node) * in
               / (double)node->in[0]->dim[node->in[0]->n_dim - 1];
    case DNA_OP_GRU:
    case DNA_OP_LSTM:
        return 2.0 * weight_count(node) * (double)node->in[0]->dim[1];
    case DNA_OP_BATCH_NORM:
    case DNA_OP_NORM_AS:
    case DNA_OP_GROUP_NORM:
    case DNA_OP_LAYER_NORM:
    case DNA_OP_ACTIVATION:
    case DNA_OP_MAX_POOL2D:
    case DNA_OP_AVG_POOL2D:
    case DNA_OP_MEAN:
    case DNA_OP_SUM:
    case DNA_OP_MAX:
    case DNA_OP_SOFTMAX:
    case DNA_OP_DROPOUT:
    case DNA_OP_ADD:
    case DNA_N_OP:
        break;
    }
    return DNA_MAX(in, out);
}

static bool
is_first(const dna_node *node, int tensor)
{
    for (int k = 0; k < node->id; k++) {
        for (int i = 0; i < DNA_NODE_MAX_TENSOR; i++) {
            if (node->graph->nodes[k]->tensor[i] == tensor) {
                return false;
            }
        }
    }
    return true;
}

int64_t
dna_node_n_param(const dna_node *node)
{
    int64_t n = 0;
    for (int i = 0; i < DNA_NODE_MAX_TENSOR; i++) {
        if (node->tensor[i] >= 0) {
            const dna_tensor *t = &node->graph->tensors[node->tensor[i]];
            n += t->kind == DNA_TENSOR_PARAM && is_first(node, node->tensor[i])
                     ? t->count
                     : 0;
        }
    }
    return n;
}

const char *
dna_node_op_name(const dna_node *node)
{
    return node->kind == DNA_OP_ACTIVATION ? dna_activation_name(&node->activation)
                                           : dna_op(node->kind)->name;
}
