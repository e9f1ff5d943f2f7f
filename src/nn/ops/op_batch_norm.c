/* op_batch_norm.c - normalise each channel over batch and space.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "nn/extent.h"
#include "nn/node.h"

double
dna_norm_eps(dna_graph *g, const char *layer, double eps)
{
    if (!(eps >= 0.0 && isfinite(eps))) {
        dna_graph_fail(g, DNA_EARG, "%s: eps is %g, 0 or more is needed", layer, eps);
    }
    return eps > 0.0 ? eps : 1e-5;
}

dna_node *
dna_batch_norm(dna_graph *g, dna_node *x, const char *layer, dna_batch_norm_opts o)
{
    if (x == NULL) {
        return NULL;
    }
    if (x->n_dim < 2) {
        return dna_graph_fail(
            g, DNA_ESHAPE, "%s: an input with channels is needed", layer);
    }
    if (!(o.momentum >= 0.0 && o.momentum <= 1.0)) {
        return dna_graph_fail(g, DNA_EARG,
            "%s: momentum is %g, 0 (for 0.1) to 1 are possible", layer, o.momentum);
    }
    double eps = dna_norm_eps(g, layer, o.eps);
    dna_node *node =
        dna_node_new(g, DNA_OP_BATCH_NORM, &x, 1, x->n_dim - 1, x->dim + 1);
    if (node == NULL) {
        return NULL;
    }
    static const struct {
        const char *suffix;
        dna_tensor_kind kind;
    } rows[DNA_NODE_MAX_TENSOR] = {{"weight", DNA_TENSOR_PARAM},
        {"bias", DNA_TENSOR_PARAM}, {"running_mean", DNA_TENSOR_BUFFER},
        {"running_var", DNA_TENSOR_BUFFER},
        {"num_batches_tracked", DNA_TENSOR_COUNTER}};
    node->eps = eps;
    node->momentum = o.momentum > 0 ? o.momentum : 0.1;
    for (int i = 0; i < DNA_NODE_MAX_TENSOR; i++) {
        node->tensor[i] = dna_graph_tensor(g, layer, rows[i].suffix, rows[i].kind,
            i == DNA_TRACKED ? 0 : 1, &x->dim[1], 0);
    }
    return dna_node_name(g, node, layer);
}

/* saved: mean and 1/sqrt(var + eps) of each channel */
static int64_t
n_saved(const dna_node *node)
{
    return 2 * node->dim[1];
}

/* How often position p of sample n stands in the original graph: 0 outside of the
 * sample's extents. */
static double
times(const dna_ref_args *a, int64_t n, int64_t p)
{
    const dna_node *own = dna_extents_node(a->extents, a->node, n);
    for (int d = own->n_dim - 1; d > 1; d--) {
        if (p % a->node->dim[d] >= own->dim[d]) {
            return 0.0;
        }
        p /= a->node->dim[d];
    }
    return (double)own->repeat;
}

/* Values of a channel in the whole batch. */
static double
count_of(const dna_ref_args *a)
{
    double count = 0.0;
    for (int64_t n = 0; n < a->batch; n++) {
        for (int64_t p = 0; p < dna_node_span(a->node, 2); p++) {
            count += times(a, n, p);
        }
    }
    return count;
}

static void
statistics(const dna_ref_args *a, int64_t c, double count, double *mean, double *var)
{
    const dna_node *node = a->node;
    int64_t C = node->dim[1];
    int64_t P = dna_node_span(node, 2);
    double sum = 0.0;
    double squares = 0.0;
    for (int64_t n = 0; n < a->batch; n++) {
        for (int64_t p = 0; p < P; p++) {
            sum += times(a, n, p) * a->x[0][(n * C + c) * P + p];
        }
    }
    *mean = sum / count;
    for (int64_t n = 0; n < a->batch; n++) {
        for (int64_t p = 0; p < P; p++) {
            double d = a->x[0][(n * C + c) * P + p] - *mean;
            squares += times(a, n, p) * d * d;
        }
    }
    *var = squares / count;
}

static void
batch_norm_forward(const dna_ref_args *a)
{
    const dna_node *node = a->node;
    int64_t C = node->dim[1];
    int64_t P = dna_node_span(node, 2);
    double count = count_of(a);
    for (int64_t c = 0; c < C; c++) {
        int64_t k = node->param_begin + c;
        double mean = a->w[DNA_RUNNING_MEAN][k];
        double var = a->w[DNA_RUNNING_VAR][k];
        if (a->is_training) {
            double m = node->momentum;
            statistics(a, c, count, &mean, &var);
            double *running_mean = &a->w[DNA_RUNNING_MEAN][k];
            double *running_var = &a->w[DNA_RUNNING_VAR][k];
            *running_mean = (1.0 - m) * *running_mean + m * mean;
            *running_var = (1.0 - m) * *running_var + m * var * count / (count - 1.0);
        }
        double inv_std = 1.0 / sqrt(var + node->eps);
        a->saved[c] = mean;
        a->saved[C + c] = inv_std;
        for (int64_t n = 0; n < a->batch; n++) {
            for (int64_t p = 0; p < P; p++) {
                int64_t i = (n * C + c) * P + p;
                double y = (a->x[0][i] - mean) * inv_std * a->w[DNA_WEIGHT][k]
                           + a->w[DNA_BIAS][k];
                a->y[i] = times(a, n, p) > 0.0 ? y : 0.0;
            }
        }
    }
}

/* Source: Ioffe and Szegedy 2015, section 3, the gradients of algorithm 1. dy is the sum
 * over an entry's repeats. */
static void
batch_norm_backward(const dna_ref_args *a)
{
    const dna_node *node = a->node;
    int64_t C = node->dim[1];
    int64_t P = dna_node_span(node, 2);
    double count = count_of(a);
    for (int64_t c = 0; c < C; c++) {
        int64_t k = node->param_begin + c;
        double mean = a->saved[c];
        double inv_std = a->saved[C + c];
        double sum_dy = 0.0;
        double sum_dy_xhat = 0.0;
        for (int64_t n = 0; n < a->batch; n++) {
            for (int64_t p = 0; p < P; p++) {
                int64_t i = (n * C + c) * P + p;
                double dy = times(a, n, p) > 0.0 ? a->dy[i] : 0.0;
                sum_dy += dy;
                sum_dy_xhat += dy * (a->x[0][i] - mean) * inv_std;
            }
        }
        a->dw[DNA_WEIGHT][k] += sum_dy_xhat;
        a->dw[DNA_BIAS][k] += sum_dy;
        double scale = a->w[DNA_WEIGHT][k] * inv_std;
        double through =
            a->is_training ? 1.0 : 0.0; /* statistics depend on x only then */
        for (int64_t n = 0; n < a->batch; n++) {
            for (int64_t p = 0; p < P; p++) {
                int64_t i = (n * C + c) * P + p;
                double xhat = (a->x[0][i] - mean) * inv_std;
                double share = times(a, n, p);
                if (share > 0.0) {
                    a->dx[0][i] +=
                        scale
                        * (a->dy[i]
                            - through * share * (sum_dy + xhat * sum_dy_xhat) / count);
                }
            }
        }
    }
}

const dna_op_def dna_op_batch_norm = {.name = "batch_norm",
    .forward = batch_norm_forward,
    .backward = batch_norm_backward,
    .n_saved = n_saved,
    .joins_samples = true};
