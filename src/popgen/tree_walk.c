/* tree_walk.c - genotypes along a tree sequence.
 *
 * SPDX-License-Identifier: MIT
 *
 * Trees are lists of children, changed by the edges that end and begin. What a mutation
 * means is found by going down from its node, so a site costs as much as it has derived
 * samples. Of many samples that would be long: there the set of samples below a node is kept
 * from one site to the next. An edge that ends or begins drops the sets of the nodes above it;
 * they are made again, out of those of their children, when a mutation asks for them. The
 * children of a node with a set have sets, too, but for those without children: so going up
 * ends at the first node that has children and no set. Where samples are isolated, they are looked for at each site.
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "popgen/node_sets.h"
#include "popgen/tree_sequence_parts.h"

enum {
    NONE = -1,
    SLACK = 16, /* before the genotypes */
    WORD = 64,  /* behind them: sets end with a whole word */
    MAX_ALLELE = 127,
    FEW = 128 /* samples that need no sets */
};

#define SETS_LIMIT ((int64_t)64 << 20) /* bytes */

/* What going down reads, in one piece. */
typedef struct {
    int32_t first_child, next_sibling, sample; /* sample: its number or -1 */
    int32_t previous_sibling;
} tree_node;

struct dna_tree_walk {
    const dna_tree_sequence *ts;
    tree_node *nodes; /* [n_node] */
    int32_t *parent;  /* [n_node] */
    int32_t *stack;   /* [n_node] */
    int8_t *
        genotypes; /* [SLACK + n_sample + WORD]; what is no sample is written before them */
    dna_allele *alleles;
    int64_t room; /* of alleles */
    int n_allele;
    int64_t n_isolated; /* samples */
    bool has_sets;
    dna_node_sets sets; /* of samples below nodes with children */
    int64_t inserted, removed, site, mutation;
    double change; /* up to here the tree stays */
};

void
dna_tree_walk_free(dna_tree_walk *walk)
{
    if (walk != NULL) {
        dna_node_sets_clear(&walk->sets);
        dna_free(walk->alleles);
        dna_free(walk->genotypes);
        dna_free(walk->stack);
        dna_free(walk->parent);
        dna_free(walk->nodes);
        dna_free(walk);
    }
}

int
dna_tree_walk_new(dna_tree_walk **out, const dna_tree_sequence *ts)
{
    dna_tree_walk *walk = NULL;
    int rc = DNA_OK;

    DNA_NEW(walk, 1);
    walk->ts = ts;
    DNA_NEW(walk->nodes, ts->n_node);
    DNA_NEW(walk->parent, ts->n_node);
    DNA_NEW(walk->stack, ts->n_node + 1);
    DNA_NEW(walk->genotypes, SLACK + ts->n_sample + WORD);
    walk->has_sets = ts->n_sample > FEW;
    if (walk->has_sets) {
        DNA_TRY(dna_node_sets_init(&walk->sets, ts->n_node, ts->n_sample, SETS_LIMIT));
    }
    walk->room = 4;
    DNA_NEW(walk->alleles, walk->room);
    for (int64_t i = 0; i < ts->n_node; i++) {
        walk->nodes[i] = (tree_node){NONE, NONE, NONE, NONE};
        walk->parent[i] = NONE;
    }
    for (int64_t i = 0; i < ts->n_sample; i++) {
        walk->nodes[ts->samples[i]].sample = (int32_t)i;
    }
    walk->n_isolated = ts->n_sample;
    *out = walk;
    walk = NULL;
out:
    dna_tree_walk_free(walk);
    return rc;
}

/* ---- trees ------------------------------------------------------------------------- */

static bool
is_isolated_sample(const dna_tree_walk *w, int32_t u)
{
    return w->nodes[u].sample >= 0 && w->parent[u] < 0 && w->nodes[u].first_child < 0;
}

/* What is below u changes. */
static void
drop_sets(dna_tree_walk *w, int32_t u)
{
    for (; u >= 0; u = w->parent[u]) {
        if (dna_node_set(&w->sets, u) != NULL) {
            dna_node_sets_drop(&w->sets, u);
        } else if (w->nodes[u].first_child >= 0) {
            return;
        }
    }
}

static void
insert_edge(dna_tree_walk *w, int32_t p, int32_t c)
{
    tree_node *child = &w->nodes[c];

    if (w->has_sets) {
        drop_sets(w, p);
    }
    w->n_isolated -= is_isolated_sample(w, p) + is_isolated_sample(w, c);
    child->previous_sibling = NONE;
    child->next_sibling = w->nodes[p].first_child;
    if (child->next_sibling >= 0) {
        w->nodes[child->next_sibling].previous_sibling = c;
    }
    w->nodes[p].first_child = c;
    w->parent[c] = p;
}

static void
remove_edge(dna_tree_walk *w, int32_t p, int32_t c)
{
    tree_node *child = &w->nodes[c];

    if (w->has_sets) {
        drop_sets(w, p);
    }
    if (child->previous_sibling >= 0) {
        w->nodes[child->previous_sibling].next_sibling = child->next_sibling;
    } else {
        w->nodes[p].first_child = child->next_sibling;
    }
    if (child->next_sibling >= 0) {
        w->nodes[child->next_sibling].previous_sibling = child->previous_sibling;
    }
    child->next_sibling = child->previous_sibling = NONE;
    w->parent[c] = NONE;
    w->n_isolated += is_isolated_sample(w, p) + is_isolated_sample(w, c);
}

/* Where the next edge begins, and where one ends; infinity after the last. */
static double
next_insertion(const dna_tree_walk *w)
{
    const dna_tree_sequence *ts = w->ts;
    return w->inserted < ts->n_edge ? ts->left[ts->insertion[w->inserted]]
                                    : (double)INFINITY;
}

static double
next_removal(const dna_tree_walk *w)
{
    const dna_tree_sequence *ts = w->ts;
    return w->removed < ts->n_edge ? ts->right[ts->removal[w->removed]]
                                   : (double)INFINITY;
}

/* The tree at a position, from one further left. */
static void
go_to(dna_tree_walk *w, double position)
{
    const dna_tree_sequence *ts = w->ts;

    if (position < w->change) {
        return;
    }
    double begin = next_insertion(w);
    double end = next_removal(w);
    for (;;) {
        /* an edge that ends where another begins goes first */
        if (end <= begin && end <= position) {
            int32_t e = ts->removal[w->removed++];
            remove_edge(w, ts->parent[e], ts->child[e]);
            end = next_removal(w);
        } else if (begin <= position) {
            int32_t e = ts->insertion[w->inserted++];
            insert_edge(w, ts->parent[e], ts->child[e]);
            begin = next_insertion(w);
        } else {
            break;
        }
    }
    w->change = DNA_MIN(begin, end);
}

/* ---- genotypes --------------------------------------------------------------------- */

static void
put_sample(const tree_node *node, uint64_t *set)
{
    if (node->sample >= 0) {
        set[node->sample / 64] |= (uint64_t)1 << (node->sample % 64);
    }
}

/* The set of a node whose children have theirs. */
static bool
join_children(dna_tree_walk *w, int32_t u)
{
    uint64_t *set = dna_node_sets_add(&w->sets, u);
    if (set == NULL) {
        return false;
    }
    put_sample(&w->nodes[u], set);
    for (int32_t c = w->nodes[u].first_child; c >= 0; c = w->nodes[c].next_sibling) {
        const uint64_t *below = dna_node_set(&w->sets, c);
        if (below == NULL) { /* no children: the sample alone */
            put_sample(&w->nodes[c], set);
            continue;
        }
        dna_node_sets_join(&w->sets, set, below);
    }
    return true;
}

/* The samples below a node with children. NULL: there is no room for sets. */
static const uint64_t *
find_set(dna_tree_walk *w, int32_t top)
{
    int64_t n = 0;

    if (dna_node_set(&w->sets, top) == NULL) {
        w->stack[n++] = top;
    }
    for (int64_t i = 0; i < n; i++) { /* all that lack one, parents first */
        int32_t c = w->nodes[w->stack[i]].first_child;
        for (; c >= 0; c = w->nodes[c].next_sibling) {
            if (w->nodes[c].first_child >= 0 && dna_node_set(&w->sets, c) == NULL) {
                w->stack[n++] = c;
            }
        }
    }
    while (n > 0) {
        if (!join_children(w, w->stack[--n])) {
            return NULL;
        }
    }
    return dna_node_set(&w->sets, top);
}

/* All samples below a node get an allele. */
static void
go_below(dna_tree_walk *w, int8_t *genotypes, int32_t top, int8_t allele)
{
    const tree_node *nodes = w->nodes;
    int32_t *stack = w->stack;
    int64_t n = 1;

    genotypes[nodes[top].sample] = allele;
    stack[0] = nodes[top].first_child;
    n = stack[0] >= 0;
    while (n > 0) {
        for (int32_t c = stack[--n]; c >= 0;) {
            const tree_node *node = &nodes[c];
            genotypes[node->sample] = allele; /* -1 for other nodes: into the slack */
            stack[n] = node->first_child;
            n += node->first_child >= 0;
            c = node->next_sibling;
        }
    }
}

static void
set_below(dna_tree_walk *w, int8_t *genotypes, int32_t top, int8_t allele)
{
    const uint64_t *set = NULL;

    if (w->has_sets && w->nodes[top].first_child >= 0) {
        set = find_set(w, top);
        w->has_sets = set != NULL; /* too many at once: from here on without */
    }
    if (set != NULL) {
        dna_node_sets_put(&w->sets, set, genotypes, allele);
    } else {
        go_below(w, genotypes, top, allele);
    }
}

static int
find_allele(dna_tree_walk *w, dna_allele a, int *number)
{
    for (int i = 0; i < w->n_allele; i++) {
        if (w->alleles[i].n == a.n
            && memcmp(w->alleles[i].text, a.text, (size_t)a.n) == 0) {
            *number = i;
            return DNA_OK;
        }
    }
    if (w->n_allele == w->room) {
        dna_allele *more =
            dna_realloc(w->alleles, (size_t)w->room * 2, sizeof(*w->alleles));
        if (more == NULL) {
            return DNA_ENOMEM;
        }
        w->alleles = more;
        w->room *= 2;
    }
    *number = w->n_allele;
    w->alleles[w->n_allele++] = a;
    return DNA_OK;
}

static void
mark_missing(const dna_tree_walk *w, int8_t *genotypes)
{
    const dna_tree_sequence *ts = w->ts;
    for (int64_t i = 0; i < ts->n_sample; i++) {
        if (is_isolated_sample(w, ts->samples[i])) {
            genotypes[i] = -1;
        }
    }
}

/* The current site into genotypes, which have SLACK bytes before them. */
static int
decode_site(dna_tree_walk *w, int8_t *genotypes)
{
    const dna_tree_sequence *ts = w->ts;
    int number = 0;
    int rc = DNA_OK;

    go_to(w, ts->position[w->site]);
    memset(genotypes, 0, (size_t)ts->n_sample);
    if (w->n_isolated > 0) {
        mark_missing(w, genotypes);
    }
    w->n_allele = 1;
    w->alleles[0] = dna_text_at(&ts->ancestral, w->site);
    while (w->mutation < ts->n_mutation && ts->mutation_site[w->mutation] == w->site) {
        DNA_TRY(find_allele(w, dna_text_at(&ts->derived, w->mutation), &number));
        set_below(w, genotypes, ts->mutation_node[w->mutation],
            (int8_t)DNA_MIN(number, MAX_ALLELE));
        w->mutation++;
    }
    w->site++;
out:
    return rc;
}

int
dna_tree_walk_next(dna_tree_walk *w, dna_tree_site *site)
{
    int8_t *genotypes = w->genotypes + SLACK;
    int rc = DNA_OK;

    if (w->site == w->ts->n_site) {
        return 0;
    }
    DNA_TRY(decode_site(w, genotypes));
    *site = (dna_tree_site){.position = w->ts->position[w->site - 1],
        .n_allele = w->n_allele,
        .alleles = w->alleles,
        .genotypes = genotypes,
        .is_complete = w->n_isolated == 0};
    rc = 1;
out:
    return rc;
}

int
dna_tree_walk_matrix(dna_tree_walk *w, int8_t *genotypes, double *positions)
{
    const dna_tree_sequence *ts = w->ts;
    int64_t n = ts->n_sample;
    int rc = DNA_OK;

    for (int64_t i = 0; w->site < ts->n_site; i++) {
        positions[i] = ts->position[w->site];
        DNA_TRY(decode_site(w, w->genotypes + SLACK));
        memcpy(genotypes + i * n, w->genotypes + SLACK, (size_t)n);
    }
out:
    return rc;
}
