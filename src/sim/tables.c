/* tables.c - nodes, edges and mutations in the order tskit asks for.
 *
 * SPDX-License-Identifier: MIT
 *
 * Nodes were made from young to old, so edges sorted by parent are sorted by its time.
 */
#include "sim/tables.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void
free_const(const void *p)
{
    void *mine = NULL;
    memcpy(&mine, &p, sizeof(mine));
    dna_free(mine);
}

void
dna_tables_clear(dna_tree_tables *t)
{
    free_const(t->node_time);
    free_const(t->node_population);
    free_const(t->edge_left);
    free_const(t->edge_right);
    free_const(t->edge_parent);
    free_const(t->edge_child);
    free_const(t->site_position);
    free_const(t->mutation_time);
    free_const(t->mutation_node);
    *t = (dna_tree_tables){0};
}

static int
compare_edges(const void *pa, const void *pb)
{
    const dna_edge *a = pa;
    const dna_edge *b = pb;
    if (a->parent != b->parent) {
        return a->parent < b->parent ? -1 : 1;
    }
    if (a->child != b->child) {
        return a->child < b->child ? -1 : 1;
    }
    return (a->left > b->left) - (a->left < b->left);
}

static int
fill_nodes(dna_tree_tables *t, const dna_record *r)
{
    double *time = NULL;
    int32_t *population = NULL;
    int rc = DNA_OK;

    DNA_NEW(time, r->n_node);
    t->node_time = time;
    DNA_NEW(population, r->n_node);
    t->node_population = population;
    memcpy(time, r->time, (size_t)r->n_node * sizeof(*time));
    memcpy(population, r->population, (size_t)r->n_node * sizeof(*population));
    t->n_node = r->n_node;
out:
    return rc;
}

/* Edges that continue each other become one. */
static int
fill_edges(dna_tree_tables *t, const dna_record *r, const dna_axis *axis)
{
    dna_edge *edge = NULL;
    double *left = NULL;
    double *right = NULL;
    int32_t *parent = NULL;
    int32_t *child = NULL;
    int64_t n = 0;
    int rc = DNA_OK;

    DNA_NEW(edge, r->n_edge);
    DNA_NEW(left, r->n_edge);
    t->edge_left = left;
    DNA_NEW(right, r->n_edge);
    t->edge_right = right;
    DNA_NEW(parent, r->n_edge);
    t->edge_parent = parent;
    DNA_NEW(child, r->n_edge);
    t->edge_child = child;
    memcpy(edge, r->edge, (size_t)r->n_edge * sizeof(*edge));
    qsort(edge, (size_t)r->n_edge, sizeof(*edge), compare_edges);
    for (int64_t i = 0; i < r->n_edge; i++) {
        const dna_edge *e = &edge[i];
        const dna_edge *b = i > 0 ? e - 1 : NULL;
        if (b != NULL && b->parent == e->parent && b->child == e->child
            && b->right == e->left) {
            right[n - 1] = dna_axis_bp(axis, e->right);
            continue;
        }
        left[n] = dna_axis_bp(axis, e->left);
        right[n] = dna_axis_bp(axis, e->right);
        parent[n] = (int32_t)e->parent;
        child[n++] = (int32_t)e->child;
    }
    t->n_edge = n;
out:
    dna_free(edge);
    return rc;
}

static int
fill_sites(dna_tree_tables *t, const dna_sites *s)
{
    double *position = NULL;
    double *time = NULL;
    int32_t *node = NULL;
    int rc = DNA_OK;

    DNA_NEW(position, s->n);
    t->site_position = position;
    DNA_NEW(time, s->n);
    t->mutation_time = time;
    DNA_NEW(node, s->n);
    t->mutation_node = node;
    for (int64_t i = 0; i < s->n; i++) {
        position[i] = s->at[i].pos;
        time[i] = s->at[i].time;
        node[i] = (int32_t)s->at[i].node;
    }
    t->n_site = s->n;
out:
    return rc;
}

int
dna_tables_fill(dna_tree_tables *t, const dna_ancestry *a, int64_t n_population)
{
    int rc = DNA_OK;

    dna_tables_clear(t);
    t->length = a->axis->length;
    t->n_sample = a->n_sample;
    t->n_population = n_population;
    DNA_TRY(fill_nodes(t, &a->record));
    DNA_TRY(fill_edges(t, &a->record, a->axis));
    DNA_TRY(fill_sites(t, &a->sites));
out:
    if (rc < 0) {
        dna_tables_clear(t);
    }
    return rc;
}
