/* programs.c - compiled programs of one network, kept by shape, batch size and mode.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/programs.h"

#include "base/mem.h"

#define N_KEPT 8

typedef struct {
    int64_t n_row, n_site, batch;
    bool is_training;
    int64_t used; /* time of the last use; 0: the place is free */
    dna_graph *graph;
    dna_program *program;
} entry;

struct dna_programs {
    dna_programs_options options;
    dna_pool *pool;
    dna_workspace *workspace; /* one of them works at a time */
    int64_t clock;
    entry entries[N_KEPT];
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

void
dna_programs_free(dna_programs *p)
{
    if (p != NULL) {
        drop_all(p);
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

static int
compile(dna_programs *p, entry *e)
{
    const dna_programs_options *o = &p->options;
    dna_net_sizes sizes = {.n_snp = e->n_site,
        .n_indiv = e->n_row - (o->concat ? 1 : 0),
        .concat = o->concat,
        .n_outputs = o->n_outputs};
    dna_program_options options = {.batch = e->batch,
        .is_training = e->is_training,
        .pool = p->pool,
        .workspace = p->workspace};
    int rc = DNA_OK;

    DNA_TRY(dna_net_build(&e->graph, o->def, o->opts, &sizes));
    DNA_TRY(dna_program_new(&e->program, e->graph, o->state, &options));
out:
    return rc;
}

int
dna_programs_get(dna_programs *p, int64_t n_row, int64_t n_site, int64_t batch,
    bool is_training, dna_program **out)
{
    entry *oldest = &p->entries[0];
    int rc = DNA_OK;

    p->clock++;
    for (int i = 0; i < N_KEPT; i++) {
        entry *e = &p->entries[i];
        if (e->used > 0 && e->n_row == n_row && e->n_site == n_site && e->batch == batch
            && e->is_training == is_training) {
            e->used = p->clock;
            *out = e->program;
            return DNA_OK;
        }
        if (e->used < oldest->used) {
            oldest = e;
        }
    }
    drop(oldest);
    oldest->n_row = n_row;
    oldest->n_site = n_site;
    oldest->batch = batch;
    oldest->is_training = is_training;
    DNA_TRY(compile(p, oldest));
    oldest->used = p->clock;
    *out = oldest->program;
out:
    if (rc < 0) {
        drop(oldest);
    }
    return rc;
}
