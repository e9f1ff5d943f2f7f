/* precision.c - which chains round their numbers to bf16 (precision.h).
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/compile/precision.h"

#include "base/str.h"
#include "nn/compile/conv_sample.h"

/* A convolution along rows whose gradients go row by row, too. A chain that only training
 * has, for the sums of a norm behind it, stays as it is in evaluation. */
static bool
is_for_bf16(const dna_chain *c)
{
    const dna_conv_dims d = dna_conv_dims_of(c->conv);
    bool is_always = c->pool != NULL || c->relu != NULL || c->norm != NULL;
    return is_always && d.kh == 1 && d.sh == 1 && d.sw == 1 && d.ph == 0 && d.pw == 0
           && d.dw == 1;
}

/* Whether what reads x does so in a chain that rounds it anyway. */
static bool
rounds(const dna_program *p, const dna_node *user, int k, const dna_node *x)
{
    const dna_chain *c = p->chains[user->id];
    return c != NULL && c->is_bf16 && c->x == x && k == 0
           && user == (c->norm != NULL ? c->norm : c->conv);
}

/* Whether the result may be stored rounded. A batch norm's backward step reads it unless
 * the gradient is put together in the chain. */
static bool
may_store(const dna_program *p, const dna_chain *c)
{
    const dna_node *x = c->last;
    if (x == p->g->output
        || (p->is_training && c->next_norm != NULL && !c->is_deferred)) {
        return false;
    }
    for (int i = x->id + 1; i < p->g->n_node; i++) {
        const dna_node *user = p->g->nodes[i];
        for (int k = 0; k < user->n_in; k++) {
            bool is_fine = user->in[k] != x || user == c->mean
                           || (user->kind == DNA_OP_NORM_AS && k == 1)
                           || rounds(p, user, k, x);
            if (!is_fine) {
                return false;
            }
        }
    }
    return true;
}

void
dna_choose_bf16(dna_program *p)
{
    for (int i = 0; i < p->g->n_node; i++) {
        dna_chain *c = p->chains[i];
        if (c != NULL && c->conv == p->g->nodes[i]) {
            c->is_bf16 = !c->is_by_table && is_for_bf16(c);
        }
    }
    for (int i = 0; i < p->g->n_node; i++) {
        dna_chain *c = p->chains[i];
        if (c != NULL && c->conv == p->g->nodes[i]) {
            c->stores_bf16 = may_store(p, c);
        }
    }
}

int
dna_precision_find(dna_precision *out, const char *name)
{
    bool is_bf16 = name != NULL && dna_str_equal_nocase(name, "bf16");
    if (!is_bf16 && name != NULL && !dna_str_equal_nocase(name, "f32")) {
        return dna_fail(DNA_EARG, "precision \"%s\": f32 and bf16 are possible", name);
    }
    *out = is_bf16 ? DNA_PRECISION_BF16 : DNA_PRECISION_F32;
    return DNA_OK;
}

bool
dna_program_rounds(const dna_program *p)
{
    bool is_any = false;
    for (int i = 0; i < p->g->n_node; i++) {
        is_any = is_any || (p->chains[i] != NULL && p->chains[i]->is_bf16);
    }
    return is_any;
}
