/* pass_mean.c - the mean of convolved rows is the convolution of their mean.
 *
 * SPDX-License-Identifier: MIT
 *
 * A convolution that treats the rows of an image alike is linear, and so is a batch norm
 * once its statistics are known. A mean over rows therefore moves up through them:
 *
 *     mean(conv(norm(x)) + r)  =  conv(norm_as(mean(x))) + r
 *
 * where norm_as takes the statistics of x and r is one row. The convolution on the left
 * may still be wanted by others; what is saved is a pass over its result, forward and
 * backward, and the gradient of the mean, which is dense, no longer mixes with what
 * pooling leaves of the rest.
 */
#include "nn/compile/pass.h"

#include "base/mem.h"

enum { ROWS = 2 };

typedef struct {
    dna_graph *g;
    dna_node **mean; /* by id in the new graph: mean over rows, once it was asked for */
    int n;
} means;

static bool
treats_rows_alike(const dna_node *conv)
{
    return conv->kind == DNA_OP_CONV2D && conv->conv.kernel[0] == 1
           && conv->conv.stride[0] == 1 && conv->conv.pad[0] == 0;
}

static dna_node *mean_of(means *m, dna_node *x);

static dna_node *
new_mean(means *m, dna_node *x)
{
    dna_node *a = NULL;
    dna_node *b = NULL;
    int64_t dim[3] = {x->dim[1], 1, x->dim[3]};
    if (x->kind == DNA_OP_ADD) {
        a = mean_of(m, x->in[0]);
        b = mean_of(m, x->in[1]);
        return dna_add(m->g, a, b);
    }
    if (x->kind == DNA_OP_BATCH_NORM) {
        return dna_node_norm_as(m->g, mean_of(m, x->in[0]), x);
    }
    if (treats_rows_alike(x)) {
        a = mean_of(m, x->in[0]);
        return a == NULL ? NULL : dna_node_like(m->g, x, &a, 1, dim);
    }
    return dna_node_reduced(m->g, DNA_OP_MEAN, x, ROWS, true);
}

/* The mean over rows of a node of the new graph, as one row. */
static dna_node *
mean_of(means *m, dna_node *x)
{
    if (x == NULL || x->dim[ROWS] == 1) {
        return x;
    }
    int id =
        x->id; /* of old nodes of the new graph: those made here have larger ones */
    if (id < m->n && m->mean[id] != NULL) {
        return m->mean[id];
    }
    dna_node *y = new_mean(m, x);
    if (id < m->n) {
        m->mean[id] = y;
    }
    return y;
}

/* Whether some convolution below a sum of terms lets a mean pass. */
static bool
is_worth_it(const dna_node *x)
{
    if (x->kind == DNA_OP_ADD) {
        return is_worth_it(x->in[0]) || is_worth_it(x->in[1]);
    }
    return treats_rows_alike(x) && x->dim[ROWS] > 1;
}

static bool
is_mean_of_rows(const dna_node *node)
{
    return node->kind == DNA_OP_MEAN && node->axis == ROWS && node->in[0]->n_dim == 4
           && is_worth_it(node->in[0]);
}

int
dna_pass_mean(dna_graph **out, const dna_graph *old)
{
    dna_graph *g = NULL;
    dna_node **map = NULL;
    means m = {0};
    int rc = DNA_OK;

    DNA_TRY(dna_graph_new_like(&g, old));
    DNA_NEW(map, old->n_node);
    m.n = 8 * old->n_node + 8; /* a mean is made once, of at most a few nodes each */
    DNA_NEW(m.mean, m.n);
    m.g = g;
    for (int i = 0; i < old->n_node && g->rc == DNA_OK; i++) {
        const dna_node *node = old->nodes[i];
        dna_node *in[64];
        DNA_REQUIRE(
            node->n_in <= 64, DNA_EUNSUPPORTED, "concat of more than 64 pieces");
        for (int k = 0; k < node->n_in; k++) {
            in[k] = map[node->in[k]->id];
        }
        if (is_mean_of_rows(node)) {
            dna_node *y = mean_of(&m, in[0]);
            map[i] = node->keep ? y : dna_reshape(g, y, 2, node->dim + 1);
        } else {
            map[i] = dna_pass_copy(g, node, in);
        }
    }
    DNA_TRY(dna_pass_finish(g, old, map, map[old->output->id]));
    *out = g;
    g = NULL;
out:
    dna_graph_free(g);
    dna_free(map);
    dna_free(m.mean);
    return rc;
}
