/* op_activation.c - functions of one number, applied to each entry.
 *
 * SPDX-License-Identifier: MIT
 *
 * NaN stays NaN in all of them, so that a diverging network shows it.
 */
#include "nn/activation.h"

#include <math.h>

#include "nn/node.h"

/* ---- the functions and their derivatives ---- */

static double
relu(double x, const double *k)
{
    (void)k;
    return x <= 0.0 ? 0.0 : x;
}

static double
relu_slope(double x, const double *k)
{
    (void)k;
    return x <= 0.0 ? 0.0 : 1.0;
}

static double
leaky_relu(double x, const double *k)
{
    return x > 0.0 ? x : k[0] * x;
}

static double
leaky_relu_slope(double x, const double *k)
{
    return x > 0.0 ? 1.0 : k[0];
}

static double
elu(double x, const double *k)
{
    return x > 0.0 ? x : k[0] * expm1(x);
}

static double
elu_slope(double x, const double *k)
{
    return x > 0.0 ? 1.0 : k[0] * exp(x);
}

/* x times the probability that a standard normal is at most x. */
static double
gelu(double x, const double *k)
{
    (void)k;
    return 0.5 * x * erfc(-x * sqrt(0.5));
}

static double
gelu_slope(double x, const double *k)
{
    (void)k;
    double density = exp(-0.5 * x * x) / sqrt(2.0 * acos(-1.0));
    return 0.5 * erfc(-x * sqrt(0.5)) + x * density;
}

static double
sigmoid(double x, const double *k)
{
    (void)k;
    return 1.0 / (1.0 + exp(-x));
}

static double
sigmoid_slope(double x, const double *k)
{
    double y = sigmoid(x, k);
    return y * (1.0 - y);
}

static double
softplus(double x, const double *k)
{
    return k[0] * x > k[1] ? x : log1p(exp(k[0] * x)) / k[0];
}

static double
softplus_slope(double x, const double *k)
{
    return k[0] * x > k[1] ? 1.0 : sigmoid(k[0] * x, k);
}

static double
tanh_of(double x, const double *k)
{
    (void)k;
    return tanh(x);
}

static double
tanh_slope(double x, const double *k)
{
    (void)k;
    return 1.0 - tanh(x) * tanh(x);
}

typedef struct {
    const char *name;
    double (*value)(double x, const double *k);
    double (*slope)(double x, const double *k);
    bool uses_output;
} row;

static const row rows[DNA_N_ACTIVATION] = {
    [DNA_RELU] = {"relu", relu, relu_slope, true},
    [DNA_LEAKY_RELU] = {"leaky_relu", leaky_relu, leaky_relu_slope, true},
    [DNA_ELU] = {"elu", elu, elu_slope, false},
    [DNA_GELU] = {"gelu", gelu, gelu_slope, false},
    [DNA_SIGMOID] = {"sigmoid", sigmoid, sigmoid_slope, true},
    [DNA_SOFTPLUS] = {"softplus", softplus, softplus_slope, false},
    [DNA_TANH] = {"tanh", tanh_of, tanh_slope, true},
};

const char *
dna_activation_name(const dna_activation *a)
{
    return rows[a->kind].name;
}

double
dna_activation_value(const dna_activation *a, double x)
{
    return rows[a->kind].value(x, a->k);
}

double
dna_activation_slope(const dna_activation *a, double x)
{
    return rows[a->kind].slope(x, a->k);
}

bool
dna_activation_uses_output(const dna_activation *a)
{
    /* a negative slope turns the sign, which is how the output tells the side */
    return rows[a->kind].uses_output
           && !(a->kind == DNA_LEAKY_RELU && !(a->k[0] >= 0.0));
}

/* ---- the op ---- */

static dna_node *
activation(dna_graph *g, dna_node *x, dna_activation a)
{
    if (x == NULL) {
        return NULL;
    }
    for (int i = 0; i < DNA_ACTIVATION_MAX_K; i++) {
        if (!isfinite(a.k[i])) {
            return dna_graph_fail(
                g, DNA_EARG, "%s: a setting is not finite", dna_activation_name(&a));
        }
    }
    dna_node *node =
        dna_node_new(g, DNA_OP_ACTIVATION, &x, 1, x->n_dim - 1, x->dim + 1);
    if (node != NULL) {
        node->activation = a;
    }
    return node;
}

dna_node *
dna_relu(dna_graph *g, dna_node *x)
{
    return activation(g, x, (dna_activation){DNA_RELU, {0}});
}

dna_node *
dna_leaky_relu(dna_graph *g, dna_node *x, double slope)
{
    return activation(g, x, (dna_activation){DNA_LEAKY_RELU, {slope}});
}

dna_node *
dna_elu(dna_graph *g, dna_node *x, double alpha)
{
    return activation(g, x, (dna_activation){DNA_ELU, {alpha}});
}

dna_node *
dna_gelu(dna_graph *g, dna_node *x)
{
    return activation(g, x, (dna_activation){DNA_GELU, {0}});
}

dna_node *
dna_sigmoid(dna_graph *g, dna_node *x)
{
    return activation(g, x, (dna_activation){DNA_SIGMOID, {0}});
}

dna_node *
dna_softplus(dna_graph *g, dna_node *x, double beta, double threshold)
{
    if (x != NULL && !(beta > 0.0)) {
        return dna_graph_fail(
            g, DNA_EARG, "softplus: beta is %g, above 0 is needed", beta);
    }
    return activation(g, x, (dna_activation){DNA_SOFTPLUS, {beta, threshold}});
}

dna_node *
dna_tanh(dna_graph *g, dna_node *x)
{
    return activation(g, x, (dna_activation){DNA_TANH, {0}});
}

static void
activation_forward(const dna_ref_args *a)
{
    int64_t n = a->batch * dna_node_size(a->node);
    for (int64_t i = 0; i < n; i++) {
        a->y[i] = dna_activation_value(&a->node->activation, a->x[0][i]);
    }
}

static void
activation_backward(const dna_ref_args *a)
{
    int64_t n = a->batch * dna_node_size(a->node);
    for (int64_t i = 0; i < n; i++) {
        a->dx[0][i] +=
            a->dy[i] * dna_activation_slope(&a->node->activation, a->x[0][i]);
    }
}

const dna_op_def dna_op_activation = {.name = "activation",
    .forward = activation_forward,
    .backward = activation_backward};
