/* demes_number.c - the numbers of a model: constants, or values that are drawn.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "config/schema.h"
#include "sim/demes_model.h"

int
dna_demes_check_number(const dna_demes_number *number, double v)
{
    static const char *const wanted[] = {[DNA_DEMES_SIZE] = "a size above 0",
        [DNA_DEMES_TIME] = "a time from 0 on",
        [DNA_DEMES_POSITIVE] = "above 0",
        [DNA_DEMES_FRACTION] = "between 0 and 1",
        [DNA_DEMES_GROWTH] = "a finite number"};
    bool is_good = isfinite(v);

    switch (number->kind) {
    case DNA_DEMES_SIZE:
    case DNA_DEMES_POSITIVE:
        is_good = is_good && v > 0;
        break;
    case DNA_DEMES_TIME:
        is_good = is_good && v >= 0;
        break;
    case DNA_DEMES_FRACTION:
        is_good = is_good && v >= 0 && v <= 1;
        break;
    case DNA_DEMES_GROWTH:
        break;
    }
    return is_good ? DNA_OK
                   : dna_config_fail(DNA_EARG, number->source, number->at,
                       "%.10g is not %s", v, wanted[number->kind]);
}

int
dna_demes_add_number(dna_demes *m, int64_t *out, dna_demes_number number)
{
    if (m->n_number == m->cap_number) {
        int64_t cap = m->cap_number > 0 ? 2 * m->cap_number : 64;
        dna_demes_number *more = dna_arena_alloc(m->arena, (size_t)cap, sizeof(*more));
        if (more == NULL) {
            return DNA_ENOMEM;
        }
        if (m->n_number > 0) {
            memcpy(more, m->numbers, (size_t)m->n_number * sizeof(*more));
        }
        m->numbers = more;
        m->cap_number = cap;
    }
    m->numbers[m->n_number] = number;
    *out = m->n_number++;
    return DNA_OK;
}

/* The same place of a file twice, by defaults, is the same value. */
static int64_t
find_number(const dna_demes *m, const dna_value *v, dna_demes_kind kind)
{
    for (int64_t i = 0; i < m->n_number; i++) {
        if (m->numbers[i].source == v && m->numbers[i].kind == kind) {
            return i;
        }
    }
    return DNA_DEMES_NONE;
}

static int
read_parameter(dna_demes_reader *r, int64_t *out, dna_demes_kind kind,
    const dna_value *v, const char *at)
{
    for (int64_t i = 0; i < r->n_parameter; i++) {
        if (strcmp(r->parameters[i].name, v->text + 1) == 0) {
            return dna_demes_add_number(r->m, out,
                (dna_demes_number){
                    kind, 0, r->parameters[i].place, v, r->parameters[i].name});
        }
    }
    return dna_config_fail(
        DNA_ENOTFOUND, v, at, "there is no parameter \"%s\"", v->text);
}

int
dna_demes_read_number(dna_demes_reader *r, int64_t *out, dna_demes_kind kind,
    const dna_value *v, const char *at, const char *name)
{
    dna_demes_number number = {kind, 0, -1, v, at};
    int rc = DNA_OK;

    *out = find_number(r->m, v, kind);
    if (*out != DNA_DEMES_NONE) {
        return DNA_OK;
    }
    if (v->type == DNA_INT || v->type == DNA_FLOAT) {
        (void)dna_value_as_double(v, &number.value);
        DNA_TRY(dna_demes_check_number(&number, number.value));
    } else if (v->type == DNA_STRING && v->text[0] == '$') {
        return read_parameter(r, out, kind, v, at);
    } else if (r->priors != NULL && (v->type == DNA_STRING || v->type == DNA_MAP)) {
        DNA_TRY(dna_priors_add(
            r->priors, &number.place, name, v, at, DNA_PRIOR_IS_SETTING));
    } else {
        return dna_config_fail(
            DNA_EFORMAT, v, at, "%s is not a number", dna_value_type_name(v));
    }
    DNA_TRY(dna_demes_add_number(r->m, out, number));
out:
    return rc;
}
