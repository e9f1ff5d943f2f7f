/* op_group_norm.c - normalise groups of channels over space, sample by sample.
 *
 * SPDX-License-Identifier: MIT
 *
 * An instance norm is a group norm with one channel a group, however many there are: in
 * batches of several sizes channels without weights may be among what differs.
 */
#include <math.h>

#include "nn/node.h"

static dna_node *
group_norm(dna_graph *g, dna_node *x, const char *layer, int64_t groups, double eps,
    bool is_affine)
{
    dna_node *node =
        dna_node_new(g, DNA_OP_GROUP_NORM, &x, 1, x->n_dim - 1, x->dim + 1);
    if (node == NULL) {
        return NULL;
    }
    node->groups = groups;
    node->eps = eps > 0 ? eps : 1e-5;
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

static void
statistics(const double *x, int64_t n, double eps, double *mean, double *inv_std)
{
    double sum = 0.0;
    double squares = 0.0;
    for (int64_t i = 0; i < n; i++) {
        sum += x[i];
    }
    *mean = sum / (double)n;
    for (int64_t i = 0; i < n; i++) {
        squares += (x[i] - *mean) * (x[i] - *mean);
    }
    *inv_std = 1.0 / sqrt(squares / (double)n + eps);
}

static void
group_norm_forward(const dna_ref_args *a)
{
    const dna_node *node = a->node;
    int64_t groups = dna_node_groups(node);
    int64_t P = dna_node_span(node, 2);
    int64_t n = node->dim[1] / groups * P; /* entries of a group, in a row */
    for (int64_t k = 0; k < a->batch * groups; k++) {
        const double *x = a->x[0] + k * n;
        double *mean = &a->saved[2 * k];
        double *inv_std = &a->saved[2 * k + 1];
        statistics(x, n, node->eps, mean, inv_std);
        for (int64_t i = 0; i < n; i++) {
            int64_t c = (k % groups * n + i) / P + node->param_begin;
            double w = a->w[DNA_WEIGHT] == NULL ? 1.0 : a->w[DNA_WEIGHT][c];
            double b = a->w[DNA_BIAS] == NULL ? 0.0 : a->w[DNA_BIAS][c];
            a->y[k * n + i] = (x[i] - *mean) * *inv_std * w + b;
        }
    }
}

/* With xhat = (x - mean) inv_std and g = w dy: dx = inv_std (g - mean(g) - xhat mean(g
 * xhat)), the means over the group. Source: as for batch norm, Ioffe and Szegedy 2015. */
static void
group_norm_backward(const dna_ref_args *a)
{
    const dna_node *node = a->node;
    int64_t groups = dna_node_groups(node);
    int64_t P = dna_node_span(node, 2);
    int64_t n = node->dim[1] / groups * P;
    for (int64_t k = 0; k < a->batch * groups; k++) {
        double mean = a->saved[2 * k];
        double inv_std = a->saved[2 * k + 1];
        double sum = 0.0;
        double sum_xhat = 0.0;
        for (int pass = 0; pass < 2; pass++) {
            for (int64_t i = 0; i < n; i++) {
                int64_t c = (k % groups * n + i) / P + node->param_begin;
                double dy = a->dy[k * n + i];
                double g = a->w[DNA_WEIGHT] == NULL ? dy : dy * a->w[DNA_WEIGHT][c];
                double xhat = (a->x[0][k * n + i] - mean) * inv_std;
                if (pass == 1) {
                    a->dx[0][k * n + i] +=
                        inv_std * (g - (sum + xhat * sum_xhat) / (double)n);
                    continue;
                }
                sum += g;
                sum_xhat += g * xhat;
                if (a->dw[DNA_WEIGHT] != NULL) {
                    a->dw[DNA_WEIGHT][c] += dy * xhat;
                    a->dw[DNA_BIAS][c] += dy;
                }
            }
        }
    }
}

const dna_op_def dna_op_group_norm = {.name = "group_norm",
    .forward = group_norm_forward,
    .backward = group_norm_backward,
    .n_saved = n_saved};
