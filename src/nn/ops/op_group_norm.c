/* op_group_norm.c - normalise groups of channels over space, sample by sample.
 *
 * SPDX-License-Identifier: MIT
 *
 * An instance norm is a group norm with one channel a group, however many there are: in
 * batches of several sizes channels without weights may be among what differs.
 */
#include "nn/ops/norm_rows.h"

static dna_node *
group_norm(dna_graph *g, dna_node *x, const char *layer, int64_t groups, double eps,
    bool is_affine)
{
    eps = dna_norm_eps(g, layer, eps);
    dna_node *node =
        dna_node_new(g, DNA_OP_GROUP_NORM, &x, 1, x->n_dim - 1, x->dim + 1);
    if (node == NULL) {
        return NULL;
    }
    node->groups = groups;
    node->eps = eps;
    if (is_affine) {
        node->tensor[DNA_WEIGHT] =
            dna_graph_tensor(g, layer, "weight", DNA_TENSOR_PARAM, 1, &x->dim[1], 0);
        node->tensor[DNA_BIAS] =
            dna_graph_tensor(g, layer, "bias", DNA_TENSOR_PARAM, 1, &x->dim[1], 0);
    }
    return dna_node_name(g, node, layer);
}

dna_node *
dna_group_norm(dna_graph *g, dna_node *x, const char *layer, dna_group_norm_opts o)
{
    if (x == NULL) {
        return NULL;
    }
    char shape[DNA_SHAPE_TEXT];
    if (x->n_dim < 2 || o.groups < 1 || x->dim[1] % o.groups != 0) {
        return dna_graph_fail(g, DNA_ESHAPE,
            "%s: input %s has no channels in %lld groups of equal size", layer,
            dna_node_shape_text(x, shape, sizeof(shape)), (long long)o.groups);
    }
    return group_norm(g, x, layer, o.groups, o.eps, !o.no_affine);
}

dna_node *
dna_instance_norm(
    dna_graph *g, dna_node *x, const char *layer, dna_instance_norm_opts o)
{
    if (x == NULL) {
        return NULL;
    }
    char shape[DNA_SHAPE_TEXT];
    if (x->n_dim < 3 || dna_node_span(x, 2) < 2) {
        return dna_graph_fail(g, DNA_ESHAPE,
            "%s: input %s has not two entries a channel to normalise over", layer,
            dna_node_shape_text(x, shape, sizeof(shape)));
    }
    return group_norm(g, x, layer, 0, o.eps, o.affine);
}

int64_t
dna_node_groups(const dna_node *node)
{
    return node->groups == 0 ? node->dim[1] : node->groups;
}

/* saved: mean and 1/sqrt(var + eps) of each group of each sample */
static int64_t
n_saved(const dna_node *node)
{
    return 2 * dna_node_groups(node);
}

/* The channels of a group are neighbours, so that a sample is `groups` rows. */
static dna_norm_rows
rows_of(const dna_ref_args *a)
{
    const dna_node *node = a->node;
    int64_t size = dna_node_size(node);
    return (dna_norm_rows){.n_row = a->batch * dna_node_groups(node),
        .n = size / dna_node_groups(node),
        .n_weight = node->dim[1],
        .first_weight = node->param_begin,
        .times = size / node->dim[1]};
}

static void
group_norm_forward(const dna_ref_args *a)
{
    dna_norm_rows r = rows_of(a);
    dna_norm_rows_forward(a, &r);
}

static void
group_norm_backward(const dna_ref_args *a)
{
    dna_norm_rows r = rows_of(a);
    dna_norm_rows_backward(a, &r);
}

const dna_op_def dna_op_group_norm = {.name = "group_norm",
    .forward = group_norm_forward,
    .backward = group_norm_backward,
    .n_saved = n_saved};
