/* prior_set.h - what a set of named values holds, for the files that read and draw it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_SIM_PRIOR_SET_H
#define DNA_SIM_PRIOR_SET_H

#include "config/expression.h"
#include "sim/prior.h"

/* One value. It has an expression, choices or rows. */
typedef struct {
    dna_sim_column column;
    const dna_value *source; /* NULL: of this program */
    const char *at;
    unsigned flags;
    dna_expression *expression;
    const double *choices, *cumulative; /* [n_choice]; the last sum is 1 */
    int64_t n_choice;
    const double *rows;         /* [n_row] of the table */
    dna_expression *low, *high; /* redrawn until within; NULL: not asked */
    bool is_column, is_constant, draws;
    bool is_hidden; /* its name is another value's */
    int mark;       /* of the walk that puts values in order */
} dna_prior;

typedef struct {
    dna_expression *expression;
    const dna_value *source;
    const char *at;
} dna_prior_condition;

struct dna_priors {
    dna_arena *arena;
    dna_prior *priors; /* [n] */
    int64_t n, cap;
    dna_prior_condition *conditions; /* [n_condition] */
    int64_t n_condition;
    const char *table; /* its path */
    int64_t n_row;
    bool has_draws;

    dna_expression_name *names; /* [n] */
    int64_t *order;             /* [n] so that a value comes after what it uses */
    bool *whole;                /* [n] */
    double *constants;          /* [n] of those that are */
    dna_sim_column *columns;    /* [n_column] */
    int64_t *place;             /* [n_column] */
    int64_t n_column;
};

/** Read the table: one value for each of its columns. prior_table.c */
int dna_priors_read_table(dna_priors *p, const dna_value *path) DNA_MUST_CHECK;
int dna_priors_append(dna_priors *p, dna_prior **out, const char *name,
    const dna_value *source, const char *at) DNA_MUST_CHECK;
/** The choices of a mapping, if it is a choice: known before formulas are read. */
int dna_prior_read_choice(dna_priors *p, dna_prior *prior) DNA_MUST_CHECK;
/** The formulas of a value, once all names are known. prior_read.c */
int dna_prior_read(
    dna_priors *p, dna_prior *prior, const dna_expression_scope *scope) DNA_MUST_CHECK;
/** "file:line: key: <message>" around what was said last. */
int dna_prior_place_error(const dna_value *source, const char *at, int code);

#endif
