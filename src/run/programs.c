/* programs.c - compiled programs of one network, kept by shape, batch size and mode.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/programs.h"

#include "base/mem.h"
#include "dnadna/run.h"
#include "nn/kernels/kernels.h"

#define N_KEPT       8
#define N_KEPT_GRAPH 256 /* more only within one batch */

typedef struct {
    int64_t n_row, n_site, batch;
    bool is_training, is_mixed;
    dna_precision precision;
    int64_t used; /* time of the last use; 0: the place is free */
    dna_graph *graph;
    dna_program *program;
} entry;

typedef struct {
    int64_t n_row, n_site;
    dna_graph *graph;
} size_graph;

struct dna_programs {
    dna_programs_options options;
    dna_pool *pool;
    dna_precision precision;
    const char *isa;          /* the kernels' own name; NULL: the best */
    dna_workspace *workspace; /* one of them works at a time */
    int64_t clock;
    entry entries[N_KEPT];
    size_graph *graphs; /* of the sizes of samples in mixed batches */
    int64_t n_graph, cap_graph;
    const dna_graph **of_sample; /* scratch */
    int64_t cap_sample;
};

int
dna_programs_new(dna_programs **out, const dna_programs_options *o)
{
    dna_programs *p = NULL;
    int rc = DNA_OK;

    DNA_NEW(p, 1);
    p->options = *o;
    DNA_TRY(dna_workspace_new(&p->workspace));
    *out = p;
    p = NULL;
out:
    dna_free(p);
    return rc;
}

static void
drop(entry *e)
{
    dna_program_free(e->program);
    dna_graph_free(e->graph);
    *e = (entry){0};
}

static void
drop_all(dna_programs *p)
{
    for (int i = 0; i < N_KEPT; i++) {
        drop(&p->entries[i]);
    }
}

static void
drop_graphs(dna_programs *p)
{
    for (int64_t i = 0; i < p->n_graph; i++) {
        dna_graph_free(p->graphs[i].graph);
    }
    p->n_graph = 0;
}

void
dna_programs_free(dna_programs *p)
{
    if (p != NULL) {
        drop_all(p);
        drop_graphs(p);
        dna_free(p->graphs);
        dna_free((void *)p->of_sample);
        dna_workspace_free(p->workspace);
        dna_free(p);
    }
}

void
dna_programs_set_pool(dna_programs *p, dna_pool *pool)
{
    if (p->pool != pool) {
        drop_all(p);
        p->pool = pool;
    }
}

int
dna_programs_set_isa(dna_programs *p, const char *isa)
{
    const dna_kernels *k = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_kernels_find(&k, isa));
    if (p->isa != (isa == NULL ? NULL : k->isa)) {
        drop_all(p);
    }
    p->isa = isa == NULL ? NULL : k->isa;
out:
    return rc;
}

dna_precision
dna_programs_set_precision(dna_programs *p, dna_precision precision)
{
    dna_precision before = p->precision;
    p->precision = precision;
    return before;
}

int
dna_run_check_isa(const char *isa)
{
    const dna_kernels *k = NULL;
    return dna_kernels_find(&k, isa);
}

static dna_net_sizes
sizes_of(const dna_programs *p, int64_t n_row, int64_t n_site)
{
    const dna_programs_options *o = &p->options;
    return (dna_net_sizes){.n_snp = n_site,
        .n_indiv = n_row - (o->concat ? 1 : 0),
        .concat = o->concat,
        .n_outputs = o->n_outputs};
}

static int
compile(dna_programs *p, entry *e)
{
    const dna_programs_options *o = &p->options;
    dna_net_sizes sizes = sizes_of(p, e->n_row, e->n_site);
    dna_program_options options = {.batch = e->batch,
        .is_training = e->is_training,
        .is_mixed = e->is_mixed,
        .pool = p->pool,
        .isa = p->isa,
        .precision = e->precision,
        .workspace = p->workspace};
    int rc = DNA_OK;

    DNA_TRY(dna_net_build(&e->graph, o->def, o->opts, &sizes));
    DNA_TRY(dna_program_new(&e->program, e->graph, o->state, &options));
out:
    return rc;
}

/* The program for a batch of this shape, from those kept or compiled. */
static int
find_program(dna_programs *p, const entry *want, dna_program **out)
{
    entry *oldest = &p->entries[0];
    int rc = DNA_OK;

    p->clock++;
    for (int i = 0; i < N_KEPT; i++) {
        entry *e = &p->entries[i];
        if (e->used > 0 && e->n_row == want->n_row && e->n_site == want->n_site
            && e->batch == want->batch && e->is_training == want->is_training
            && e->is_mixed == want->is_mixed && e->precision == want->precision) {
            e->used = p->clock;
            *out = e->program;
            return DNA_OK;
        }
        if (e->used < oldest->used) {
            oldest = e;
        }
    }
    drop(oldest);
    *oldest = *want;
    DNA_TRY(compile(p, oldest));
    oldest->used = p->clock;
    *out = oldest->program;
out:
    if (rc < 0) {
        drop(oldest);
    }
    return rc;
}

/* ---- samples of several sizes ---- */

static int
find_graph(dna_programs *p, int64_t n_row, int64_t n_site, const dna_graph **out)
{
    dna_net_sizes sizes = sizes_of(p, n_row, n_site);
    int rc = DNA_OK;

    for (int64_t i = 0; i < p->n_graph; i++) {
        if (p->graphs[i].n_row == n_row && p->graphs[i].n_site == n_site) {
            *out = p->graphs[i].graph;
            return DNA_OK;
        }
    }
    if (p->n_graph == p->cap_graph) {
        int64_t cap = DNA_MAX(2 * p->cap_graph, 64);
        size_graph *graphs = dna_realloc(p->graphs, (size_t)cap, sizeof(*graphs));
        DNA_REQUIRE(graphs != NULL, DNA_ENOMEM, "%s", dna_message());
        p->graphs = graphs;
        p->cap_graph = cap;
    }
    size_graph *g = &p->graphs[p->n_graph];
    *g = (size_graph){.n_row = n_row, .n_site = n_site};
    DNA_TRY(dna_net_build(&g->graph, p->options.def, p->options.opts, &sizes));
    p->n_graph++;
    *out = g->graph;
out:
    return rc;
}

/* The layers of a description may depend on the sizes in any way: the graph tells. */
static int
check_description(dna_programs *p, int64_t n_row, int64_t n_site)
{
    dna_net_sizes sizes = sizes_of(p, n_row, n_site);
    const dna_graph *g = NULL;
    int rc = DNA_OK;

    if (p->n_graph > N_KEPT_GRAPH) {
        drop_graphs(p);
    }
    DNA_TRY(find_graph(p, n_row, n_site, &g));
    DNA_TRY(dna_net_check_same(p->options.def, p->options.graph, g, &sizes));
out:
    return rc;
}

int
dna_programs_check(dna_programs *p, int64_t n_row, int64_t n_site)
{
    dna_net_sizes sizes = sizes_of(p, n_row, n_site);
    return p->options.def->description != NULL
               ? check_description(p, n_row, n_site)
               : dna_net_check(p->options.def, p->options.opts, &sizes);
}

static int
set_sizes(dna_programs *p, const dna_batch_sizes *sizes, dna_program *program)
{
    int rc = DNA_OK;

    if (p->n_graph > N_KEPT_GRAPH) {
        drop_graphs(p);
    }
    if (sizes->n > p->cap_sample) {
        dna_free((void *)p->of_sample);
        p->cap_sample = 0;
        DNA_NEW(p->of_sample, sizes->n);
        p->cap_sample = sizes->n;
    }
    for (int64_t i = 0; i < sizes->n; i++) {
        DNA_TRY(find_graph(p, sizes->rows[i], sizes->sites[i], &p->of_sample[i]));
    }
    DNA_TRY(dna_program_set_sizes(program, p->of_sample));
out:
    return rc;
}

static bool
is_mixed(const dna_batch_sizes *s)
{
    for (int64_t i = 0; s->rows != NULL && i < s->n; i++) {
        if (s->rows[i] != s->n_row || s->sites[i] != s->n_site) {
            return true;
        }
    }
    return false;
}

int
dna_programs_get(dna_programs *p, const dna_batch_sizes *sizes, bool is_training,
    dna_program **out, int64_t *bad)
{
    int64_t at = -1;
    int rc = DNA_OK;
    entry want = {.n_row = sizes->n_row,
        .n_site = sizes->n_site,
        .batch = sizes->n,
        .is_training = is_training,
        .is_mixed = is_mixed(sizes),
        .precision = p->precision};

    for (int64_t i = 0; sizes->rows != NULL && i < sizes->n; i++) {
        at = i;
        DNA_TRY(dna_programs_check(p, sizes->rows[i], sizes->sites[i]));
    }
    at = -1;
    DNA_TRY(find_program(p, &want, out));
    if (want.is_mixed) {
        DNA_TRY(set_sizes(p, sizes, *out));
    }
out:
    if (bad != NULL) {
        *bad = at;
    }
    return rc;
}
