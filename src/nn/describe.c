/* describe.c - what a compiled program does (program.h): its steps, buffers and costs as
 * lowering wrote them down.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "base/mem.h"
#include "nn/compile/lower.h"

/* Memory that a step's use of a buffer moves; what stays in cache is none. */
static double
traffic(const dna_program *p, const dna_buffer *b)
{
    return b->is_local
               ? 0.0
               : (double)b->fixed_bytes + (double)b->sample_bytes * (double)p->batch;
}

static void
describe(const dna_program *p, const dna_step *s, dna_program_step *out)
{
    *out = (dna_program_step){.name = s->name,
        .layer = s->layer,
        .fused = s->fused,
        .is_chunk = s->is_chunk,
        .n_task = s->is_chunk ? p->n_chunk : s->n_task,
        .level = s->level,
        .flops = s->flops,
        .bytes_read = s->params_read * sizeof(float),
        .bytes_written = s->params_written * sizeof(float),
        .n_read = s->n_read,
        .n_write = s->n_write};
    for (int i = 0; i < s->n_read; i++) {
        out->reads[i] = s->reads[i]->id;
        out->bytes_read += traffic(p, s->reads[i]);
    }
    for (int i = 0; i < s->n_write; i++) {
        out->writes[i] = s->writes[i]->id;
        out->bytes_written += traffic(p, s->writes[i]);
    }
}

bool
dna_program_step_at(const dna_program *p, int64_t i, dna_program_step *out)
{
    bool is_backward = i >= p->forward.n;
    const dna_step_list *list = is_backward ? &p->backward : &p->forward;
    int64_t k = is_backward ? i - p->forward.n : i;
    if (i < 0 || k >= list->n) {
        return false;
    }
    describe(p, &list->steps[k], out);
    out->is_backward = is_backward;
    return true;
}

/* The first and last step that touch a buffer; the layer of the first, if the buffer is
 * not known to be a node's. */
static void
find_life(const dna_program *p, const dna_buffer *b, dna_program_buffer *out)
{
    const dna_step_list *lists[2] = {&p->forward, &p->backward};
    int64_t place = 0;
    out->first = -1;
    out->last = -1;
    for (int l = 0; l < 2; l++) {
        for (int i = 0; i < lists[l]->n; i++, place++) {
            const dna_step *s = &lists[l]->steps[i];
            bool is_used = false;
            for (int k = 0; k < s->n_read; k++) {
                is_used = is_used || s->reads[k] == b;
            }
            for (int k = 0; k < s->n_write; k++) {
                is_used = is_used || s->writes[k] == b;
            }
            if (is_used) {
                if (out->first < 0) {
                    out->first = place;
                    out->of = out->of != NULL ? out->of : s->layer;
                }
                out->last = place;
            }
        }
    }
}

bool
dna_program_buffer_at(const dna_program *p, int64_t i, dna_program_buffer *out)
{
    if (i < 0 || i >= p->n_buffer) {
        return false;
    }
    const dna_buffer *b = p->buffers[i];
    *out = (dna_program_buffer){.what = b->what,
        .bytes = dna_buffer_bytes(p, b),
        .offset = b->offset,
        .is_local = b->is_local,
        .is_pinned = b->is_pinned};
    if (b->shape != NULL) {
        const char *layer = b->shape->layer;
        out->of = layer != NULL ? layer : dna_op(b->shape->kind)->name;
        out->n_dim = b->shape->n_dim;
        memcpy(out->dim, b->shape->dim, sizeof(out->dim));
        out->dim[0] = b->is_local ? p->chunk : p->batch;
    }
    find_life(p, b, out);
    return true;
}

/* How often all threads meet: after each level of chunks and each step of tasks. */
static int64_t
count_barriers(const dna_step_list *list)
{
    int64_t n = 0;
    for (int i = 0; i < list->n; i++) {
        const dna_step *s = &list->steps[i];
        bool goes_on = i > 0 && s->is_chunk && list->steps[i - 1].level == s->level;
        n += goes_on ? 0 : 1;
    }
    return n;
}

void
dna_program_total(const dna_program *p, dna_program_totals *out)
{
    dna_program_step s;

    *out = (dna_program_totals){.isa = p->k->isa,
        .n_step = p->forward.n + p->backward.n,
        .n_buffer = p->n_buffer,
        .n_chunk = p->n_chunk,
        .chunk = p->chunk,
        .n_thread = p->n_worker,
        .n_barrier = count_barriers(&p->forward) + count_barriers(&p->backward),
        .bytes = p->memory_size,
        .shared_bytes = p->shared_size,
        .local_bytes = p->local_size};
    for (int64_t i = 0; dna_program_step_at(p, i, &s); i++) {
        out->flops += s.flops;
        out->bytes_read += s.bytes_read;
        out->bytes_written += s.bytes_written;
    }
}
