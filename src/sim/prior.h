/* prior.h - named values of a scenario: how each is drawn, and what they must satisfy.
 *
 * SPDX-License-Identifier: MIT
 *
 * A value is, in a config:
 *
 *     10000                                     a number
 *     recent_size * 10 ^ uniform(-1, 1)         a formula (expression.h)
 *     {log_uniform: [5000, 50000]}              a distribution (distribution.h), whose
 *     {normal: {mean: 0, sd: 2 * s}}            arguments are numbers or formulas
 *     {choice: [1, 2, 5], weights: [2, 1, 1]}   one of numbers, or of texts
 *     {expression: ..., within: [10, 100000]}   redrawn until within; also with the above
 *
 * Names in formulas are other values, written before or after. Conditions redraw the
 * whole row until all hold. A table gives values by rows instead.
 *
 *     DNA_TRY(dna_priors_new(&p));
 *     DNA_TRY(dna_priors_read(p, config));        // table, parameters, conditions
 *     DNA_TRY(dna_priors_add(p, &place, "mutation_rate", value, "mutation_rate", 0));
 *     DNA_TRY(dna_priors_finish(p));
 *     dna_priors_columns(p, &sim->columns, NULL, &sim->n_column);
 *     DNA_TRY(dna_priors_draw(p, &rng, -1, row));
 *
 * Values are drawn in the order in which they are written, what one depends on first.
 * Random: only the rng that is given, as often as needed.
 */
#ifndef DNA_SIM_PRIOR_H
#define DNA_SIM_PRIOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/value.h"
#include "dnadna/field.h"
#include "dnadna/rng.h"
#include "sim/simulator.h"

/** More values are a mistake. */
#define DNA_PRIORS_MAX 10000

typedef struct dna_priors dna_priors;

int dna_priors_new(dna_priors **out) DNA_MUST_CHECK;
void dna_priors_free(dna_priors *p);

/** IS_SETTING: a column only if it is drawn or depends on what is, and is more than the
 *  name of another value. Where another value has its name, formulas mean the other.
 *  IS_UNNAMED, of a setting: a column only if it draws itself, and no formula can use it.
 */
enum { DNA_PRIOR_IS_SETTING = 1, DNA_PRIOR_IS_UNNAMED = 2 };

/** What a checked config says under `table`, `parameters` and `conditions`.
 *  Errors: with file, line and key. Keeps: config. */
int dna_priors_read(dna_priors *p, const dna_value *config) DNA_MUST_CHECK;
/** One more value; *place gets its index in the array of values (place may be NULL). at:
 *  its dotted path, for messages. Keeps: value. Errors: DNA_EARG (a name that is taken or
 *  cannot be one, a value that is none), with file, line and key. */
int dna_priors_add(dna_priors *p, int64_t *place, const char *name,
    const dna_value *value, const char *at, unsigned flags) DNA_MUST_CHECK;
/** The same for a number that is a column. */
int dna_priors_add_number(
    dna_priors *p, int64_t *place, const char *name, double value) DNA_MUST_CHECK;
/** The same for text of this program, not of a config: YAML of a value. */
int dna_priors_add_text(dna_priors *p, int64_t *place, const char *name,
    const char *yaml, unsigned flags) DNA_MUST_CHECK;
/** Once, after all values are there. Errors: DNA_ENOTFOUND (names), DNA_EARG (cycles, a
 *  constant that no distribution can have, ...), with file, line and key. */
int dna_priors_finish(dna_priors *p) DNA_MUST_CHECK;

/** Of a finished set. */
int64_t dna_priors_count(const dna_priors *p);
/** Rows of the table; 0 without one. */
int64_t dna_priors_n_row(const dna_priors *p);
int64_t dna_priors_find(const dna_priors *p, const char *name); /* -1: none */
/** Whether a value never changes, and which it is. */
bool dna_priors_constant(const dna_priors *p, int64_t place, double *out);
/** The value's name, kind and labels. */
const dna_sim_column *dna_priors_column(const dna_priors *p, int64_t place);
/** "file:line: key: <text>" of a value; returns code. */
int dna_priors_fail(const dna_priors *p, int64_t place, int code, const char *fmt, ...)
    DNA_PRINTF(4, 5);

/** columns[n]: those of the parameter table, in the order of their addition; place[i] is
 *  the value of column i (may be NULL). Both belong to p. */
void dna_priors_columns(const dna_priors *p, const dna_sim_column **columns,
    const int64_t **place, int64_t *n);

/** columns[n of dna_priors_columns]: a row. row: of the table; -1: a random one.
 *  Errors: DNA_EARG and DNA_ENUMERIC (values that cannot be, conditions that do not hold
 *  in a hundred thousand rows, or ten million values: the one that failed most is
 *  named). */
int dna_priors_draw(
    const dna_priors *p, dna_rng *rng, int64_t row, double *columns) DNA_MUST_CHECK;
/** columns[n_scenario, n]: what dna_simulator_def.table wants; row i of the table is
 *  scenario i. Random: streams (seed, "scenario", scenario). */
int dna_priors_table(const dna_priors *p, uint64_t seed, int64_t n_scenario,
    double *columns) DNA_MUST_CHECK;
/** values[count] from columns[n]: what is no column is computed. */
int dna_priors_restore(
    const dna_priors *p, const double *columns, double *values) DNA_MUST_CHECK;

/** The rows of a field table for what dna_priors_read() reads; they are not bound. */
#define DNA_PRIORS_FIELDS                                                            \
    {.key = "parameters",                                                            \
        .kind = DNA_KIND_ANY,                                                        \
        .is_nullable = true,                                                         \
        .schema = "{type: [object, 'null'], additionalProperties: "                  \
                  "{$ref: '#/definitions/prior'}}",                                  \
        .doc =                                                                       \
            "Values of a scenario by name, each a column of the parameter table: a " \
            "number, a formula of other values (recent_size * x), or a "             \
            "distribution: {uniform: [a, b]}, log_uniform, integer, normal, "        \
            "log_normal, truncated_normal: [mean, sd, low, high], beta, gamma, "     \
            "exponential, {choice: [a, b, c], weights: [2, 1, 1]}."},                \
        {.key = "conditions",                                                        \
            .kind = DNA_KIND_ANY,                                                    \
            .is_nullable = true,                                                     \
            .schema = "{type: [array, string, 'null'], items: {type: string}}",      \
            .doc = "Comparisons of values that must all hold, such as "              \
                   "event_size < 5 * recent_size; else the row is drawn again."},    \
    {                                                                                \
        .key = "table", .kind = DNA_KIND_PATH, .is_nullable = true,                  \
        .must_exist = true,                                                          \
        .doc = "A CSV file with a column for each value and a row for each "         \
               "scenario, instead of, or beside, parameters that are drawn."         \
    }

#endif
