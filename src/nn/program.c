/* program.c - compile a graph for a batch size, and run it.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "base/mem.h"
#include "nn/compile/fuse.h"
#include "nn/compile/pass.h"
#include "nn/compile/precision.h"
#include "nn/compile/table.h"

/* ---- compile ---- */

/* The graph's tensors must be those of the state, or steps would write elsewhere. */
static int
check_state(const dna_program *p)
{
    for (int i = 0; i < p->source->n_tensor; i++) {
        const dna_tensor *a = &p->source->tensors[i];
        const dna_tensor *b = dna_state_find(p->state, a->name);
        bool is_same = b != NULL && a->kind == b->kind && a->n_dim == b->n_dim
                       && a->offset == b->offset;
        for (int d = 0; is_same && d < a->n_dim; d++) {
            is_same = a->dim[d] == b->dim[d];
        }
        if (!is_same) {
            return dna_fail(DNA_ESHAPE,
                "tensor \"%s\" of the graph has no counterpart of its shape in the state",
                a->name);
        }
    }
    return DNA_OK;
}

static void
find_needs(dna_program *p)
{
    for (int i = 0; i < p->g->n_node; i++) {
        const dna_node *node = p->g->nodes[i];
        p->needs_grad[i] = node->tensor[DNA_WEIGHT] >= 0;
        for (int k = 0; k < node->n_in; k++) {
            p->n_use[node->in[k]->id]++;
            p->needs_grad[i] = p->needs_grad[i] || p->needs_grad[node->in[k]->id];
        }
    }
}

/* Buffers are not larger than some hundred times the values and weights together: far
 * from where their sizes could overflow. */
static int
check_size(const dna_program *p)
{
    double bytes = 0.0;
    for (int i = 0; i < p->g->n_node; i++) {
        const dna_node *node = p->g->nodes[i];
        bool is_rnn = node->kind == DNA_OP_GRU || node->kind == DNA_OP_LSTM;
        double states = is_rnn ? (double)node->in[0]->dim[1] : 1.0; /* at most */
        bytes += states * (double)dna_node_size(node) * (double)p->batch;
    }
    for (int i = 0; i < p->g->n_tensor; i++) {
        bytes += (double)p->g->tensors[i].count;
    }
    bytes *= sizeof(float);
    return bytes < 0x1p56 ? DNA_OK
                          : dna_fail(DNA_ENOMEM,
                              "a network of this size does not fit into memory");
}

/* Samples a chunk: a few chunks a thread of any sensible machine, more samples each
 * when they are small. It depends on the shapes alone, so that results do. */
static void
choose_chunks(dna_program *p)
{
    size_t sample = 1;
    for (int i = 0; i < p->g->n_node; i++) {
        sample = DNA_MAX(sample, (size_t)dna_node_size(p->g->nodes[i]) * sizeof(float));
    }
    int64_t fitting = (int64_t)DNA_MAX(((size_t)256 << 10) / sample, 1);
    int64_t most = (p->batch + 7) / 8; /* at least 8 chunks */
    int64_t least =
        (p->batch + DNA_MAX_CHUNK - 1) / DNA_MAX_CHUNK; /* each has its own sums */
    p->chunk = DNA_MAX(DNA_MIN(fitting, most), least);
    p->n_chunk = (p->batch + p->chunk - 1) / p->chunk;
}

static int
lower_output(dna_program *p)
{
    dna_tensor_value *v = &p->values[p->g->output->id];
    int rc = DNA_OK;

    if (v->stride[0] != v->size || v->offset != 0 || v->buf->is_pinned) {
        dna_tensor_value out;
        DNA_TRY(dna_value_new(p, &out, p->g->output));
        DNA_TRY(dna_lower_copy(p, &p->forward, "output", &out, v, 1.0f, false, false));
        p->output = out;
    } else {
        p->output = *v;
    }
    p->output.buf->is_pinned = true;
    if (p->is_training && p->needs_grad[p->g->output->id]) {
        dna_tensor_value *dy = &p->grads[p->g->output->id];
        DNA_TRY(dna_value_new(p, dy, p->g->output));
        dy->buf->is_pinned = true;
        p->output_grad = *dy;
        DNA_TRY(dna_lower_mask(p, &p->backward, dy, p->g->output));
    }
out:
    return rc;
}

static int
lower(dna_program *p)
{
    int n = p->g->n_node;
    int rc = DNA_OK;

    DNA_NEW(p->values, n);
    DNA_NEW(p->grads, n);
    DNA_NEW(p->operands, n);
    DNA_NEW(p->statistics, DNA_MAX(p->g->n_tensor, 1));
    DNA_NEW(p->saved, n);
    DNA_NEW(p->chains, n);
    DNA_NEW(p->tables, n);
    DNA_NEW(p->is_made, n);
    DNA_NEW(p->deferred, n);
    DNA_NEW(p->follower_sums, n);
    DNA_NEW(p->n_use, n);
    DNA_NEW(p->needs_grad, n);
    DNA_NEW(p->inputs, DNA_MAX(p->g->n_input, 1));
    find_needs(p);
    if (p->extents == NULL && (p->options.without & DNA_WITHOUT_FUSION) == 0) {
        DNA_TRY(dna_fuse(p));
        if ((p->options.without & DNA_WITHOUT_TABLES) == 0) {
            DNA_TRY(dna_find_tables(p));
        }
    }
    if (p->options.precision == DNA_PRECISION_BF16) {
        dna_choose_bf16(p);
    }
    for (int i = 0; i < n; i++) {
        DNA_TRY(dna_lower_forward(p, p->g->nodes[i]));
    }
    DNA_TRY(lower_output(p));
    for (int i = n - 1; p->is_training && i >= 0; i--) {
        DNA_TRY(dna_lower_backward(p, p->g->nodes[i]));
    }
    DNA_TRY(dna_schedule(p, &p->forward));
    DNA_TRY(dna_schedule(p, &p->backward));
    DNA_TRY(dna_plan_memory(p));
out:
    return rc;
}

static int
compile(dna_program **out, const dna_graph *g, dna_state *state,
    const dna_program_options *o, dna_rewrite rewrite)
{
    dna_program *p = NULL;
    int rc = DNA_OK;

    DNA_REQUIRE(g->output != NULL, DNA_EARG, "the graph has no output");
    DNA_REQUIRE(o->batch >= 1 && o->batch <= INT32_MAX, DNA_EARG,
        "a batch of %lld samples, 1 to %d are possible", (long long)o->batch,
        INT32_MAX);
    DNA_NEW(p, 1);
    DNA_TRY(dna_arena_new(&p->arena));
    p->source = g;
    p->state = state;
    p->options = *o;
    p->pool = o->pool;
    p->n_worker = dna_pool_n_thread(o->pool);
    DNA_TRY(dna_kernels_find(&p->k, o->isa));
    p->gemm = o->own_products ? NULL : dna_gemm_onednn();
    p->is_training = o->is_training;
    p->workspace = o->workspace;
    if (p->workspace == NULL) {
        DNA_TRY(dna_workspace_new(&p->workspace));
        p->owns_workspace = true;
    }
    p->batch = o->batch;
    DNA_TRY(check_state(p));
    DNA_TRY(rewrite(&p->g, p->source, o->without));
    if (o->is_mixed) {
        DNA_TRY(dna_extents_new(
            &p->extents, p->source, p->g, rewrite, o->without, p->batch));
    }
    DNA_TRY(check_size(p));
    choose_chunks(p);
    DNA_TRY(lower(p));
    *out = p;
    p = NULL;
out:
    dna_program_free(p);
    return rc;
}

int
dna_program_new(dna_program **out, const dna_graph *g, dna_state *state,
    const dna_program_options *o)
{
    return compile(out, g, state, o, o->is_mixed ? dna_pass_mixed : dna_pass_all);
}

int
dna_program_set_sizes(dna_program *p, const dna_graph *const *graphs)
{
    int rc = DNA_OK;

    DNA_REQUIRE(p->extents != NULL, DNA_EARG,
        "the program was compiled for samples of one size");
    p->is_plain = false;
    DNA_TRY(dna_extents_set(p->extents, graphs));
    if (rc == DNA_OK) {
        return rc;
    }
    if (p->plain == NULL) {
        dna_program_options o = p->options;
        o.workspace = p->workspace; /* the two work in turn */
        o.isa = p->k->isa;          /* the caller's string may be gone */
        DNA_TRY(compile(&p->plain, p->source, p->state, &o, dna_pass_plain));
        dna_program_set_random(p->plain, p->seed, p->step);
    }
    DNA_TRY(dna_extents_set(p->plain->extents, graphs));
    DNA_REQUIRE(rc == DNA_OK, DNA_ESHAPE,
        "a network whose layers depend on the size of a sample cannot take several sizes in one batch");
    p->is_plain = true;
out:
    return rc;
}

void
dna_program_free(dna_program *p)
{
    if (p != NULL) {
        dna_program_free(p->plain); /* use the workspace */
        dna_program_free(p->dense);
        dna_extents_free(p->extents);
        dna_graph_free(p->g);
        dna_arena_free(p->arena);
        dna_free(p->forward.steps);
        dna_free(p->backward.steps);
        dna_free(p->buffers);
        dna_free(p->values);
        dna_free(p->grads);
        dna_free(p->operands);
        dna_free(p->statistics);
        dna_free(p->saved);
        dna_free(p->chains);
        dna_free(p->tables);
        dna_free(p->is_made);
        dna_free(p->deferred);
        dna_free(p->follower_sums);
        dna_free(p->n_use);
        dna_free(p->needs_grad);
        dna_free(p->inputs);
        if (p->owns_workspace) {
            dna_workspace_free(p->workspace);
        }
        dna_free(p);
    }
}

/* ---- memory at run time ---- */

void *
dna_bytes_at(const dna_exec *e, const dna_buffer *b)
{
    const dna_program *p = e->p;
    if (b->is_local) {
        return p->workspace->memory + p->shared_size + (size_t)e->worker * p->local_size
               + b->offset;
    }
    return p->workspace->memory + b->offset + b->sample_bytes * (size_t)e->b0;
}

float *
dna_at(const dna_exec *e, const dna_tensor_value *v)
{
    return (float *)dna_bytes_at(e, v->buf) + v->offset;
}

dna_bf16 *
dna_bf16_at(const dna_exec *e, const dna_tensor_value *v)
{
    return (dna_bf16 *)dna_bytes_at(e, v->buf) + v->offset;
}

float *
dna_node_param(const dna_program *p, const dna_node *node, int which)
{
    return node->tensor[which] < 0
               ? NULL
               : dna_state_params(p->state) + p->g->tensors[node->tensor[which]].offset;
}

float *
dna_node_grad(const dna_program *p, const dna_node *node, int which)
{
    return node->tensor[which] < 0
               ? NULL
               : dna_state_grads(p->state) + p->g->tensors[node->tensor[which]].offset;
}

float *
dna_node_buffer(const dna_program *p, const dna_node *node, int which)
{
    return node->tensor[which] < 0 ? NULL
                                   : dna_state_buffers(p->state)
                                         + p->g->tensors[node->tensor[which]].offset;
}

/* ---- run ---- */

typedef struct {
    const dna_program *p;
    const dna_step *steps; /* of one level */
    int n;
} level_run;

/* All chunk steps of a level on one chunk. */
static int
run_chunk(void *payload, int64_t chunk, int worker)
{
    const level_run *l = payload;
    int64_t b0 = chunk * l->p->chunk;
    dna_exec e = {.p = l->p,
        .task = chunk,
        .b0 = b0,
        .n = DNA_MIN(l->p->chunk, l->p->batch - b0),
        .worker = worker};
    for (int i = 0; i < l->n; i++) {
        int rc = l->steps[i].run(&e, l->steps[i].args);
        if (rc < 0) {
            return rc;
        }
    }
    return DNA_OK;
}

static int
run_task(void *payload, int64_t task, int worker)
{
    const level_run *l = payload;
    dna_exec e = {.p = l->p, .task = task, .b0 = 0, .n = l->p->batch, .worker = worker};
    return l->steps[0].run(&e, l->steps[0].args);
}

static int
run_steps(const dna_program *p, const dna_step_list *list)
{
    for (int i = 0; i < list->n;) {
        level_run l = {.p = p, .steps = &list->steps[i], .n = 1};
        int rc = DNA_OK;
        if (list->steps[i].is_chunk) {
            while (
                i + l.n < list->n && list->steps[i + l.n].level == l.steps[0].level) {
                l.n++;
            }
            rc = dna_pool_run(p->pool, p->n_chunk, run_chunk, &l);
        } else {
            dna_pool *pool = l.steps[0].n_task > 1 ? p->pool : NULL;
            rc = dna_pool_run(pool, l.steps[0].n_task, run_task, &l);
        }
        if (rc < 0) {
            return rc;
        }
        i += l.n;
    }
    return DNA_OK;
}

/* Where the caller reads or writes the whole batch of a pinned value. */
static float *
whole(const dna_program *p, const dna_tensor_value *v)
{
    dna_exec e = {.p = p};
    return v->buf == NULL ? NULL : dna_at(&e, v);
}

/* Of a program and its other forms, the one that computes what is at hand. */
static const dna_program *
active(const dna_program *p)
{
    return p->is_plain ? p->plain : p->is_dense ? p->dense : p;
}

float *
dna_program_input(dna_program *program, int i)
{
    const dna_program *p = active(program);
    return i < 0 || i >= p->g->n_input ? NULL : whole(p, &p->inputs[i]);
}

void
dna_program_set_random(dna_program *p, uint64_t seed, int64_t step)
{
    p->seed = seed;
    p->step = step;
    if (p->plain != NULL) {
        dna_program_set_random(p->plain, seed, step);
    }
    if (p->dense != NULL) {
        dna_program_set_random(p->dense, seed, step);
    }
}

/* The same program without tables, in the same workspace. Inputs have the same places in
 * both; compiling may move the workspace, so they are kept meanwhile. */
static int
make_dense(dna_program *p)
{
    dna_program_options o = p->options;
    size_t bytes[16];
    float *kept[16] = {NULL};
    int n = DNA_MIN(p->g->n_input, 16);
    int rc = DNA_OK;

    o.without |= DNA_WITHOUT_TABLES;
    o.workspace = p->workspace;
    o.isa = p->k->isa;
    for (int i = 0; i < n; i++) {
        bytes[i] = (size_t)(p->inputs[i].size * p->batch) * sizeof(float);
        kept[i] = dna_malloc(bytes[i]);
        DNA_REQUIRE(kept[i] != NULL, DNA_ENOMEM, "%s", dna_message());
        memcpy(kept[i], whole(p, &p->inputs[i]), bytes[i]);
    }
    DNA_TRY(compile(&p->dense, p->source, p->state, &o, dna_pass_all));
    dna_program_set_random(p->dense, p->seed, p->step);
    for (int i = 0; i < n; i++) {
        memcpy(whole(p->dense, &p->dense->inputs[i]), kept[i], bytes[i]);
    }
out:
    for (int i = 0; i < n; i++) {
        dna_free(kept[i]);
    }
    return rc;
}

int
dna_program_forward(dna_program *program)
{
    int rc = DNA_OK;
    if (program->n_bits > 0) {
        bool fit = true;
        DNA_TRY(dna_tables_fit(program, &fit));
        if (!fit && program->dense == NULL) {
            DNA_TRY(make_dense(program));
        }
        program->is_dense = !fit;
    }
    const dna_program *p = active(program);
    rc = run_steps(p, &p->forward);
out:
    return rc;
}

const float *
dna_program_output(const dna_program *program)
{
    const dna_program *p = active(program);
    return whole(p, &p->output);
}

float *
dna_program_output_grad(dna_program *program)
{
    const dna_program *p = active(program);
    return whole(p, &p->output_grad);
}

int
dna_program_backward(dna_program *program)
{
    const dna_program *p = active(program);
    if (!p->is_training) {
        return dna_fail(DNA_EARG, "a program for evaluation has no gradients");
    }
    memset(dna_state_grads(p->state), 0,
        (size_t)dna_state_n_param(p->state) * sizeof(float));
    return run_steps(p, &p->backward);
}

size_t
dna_program_bytes(const dna_program *program)
{
    return active(program)->memory_size;
}
