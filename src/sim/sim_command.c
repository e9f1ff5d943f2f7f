/* sim_command.c - any program that writes npz or ms text.
 *
 * SPDX-License-Identifier: MIT
 *
 * The config has the template of a command line; its fields are the parameters of the
 * scenario, formulas of them, and what a call needs. The program is run once for each
 * replicate, with a seed of its own.
 */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "config/schema.h"
#include "config/tables.h"
#include "sim/command_run.h"
#include "sim/prior.h"

typedef struct {
    int64_t n_scenarios, n_replicates;
    int shell;
    const char *format;
    double timeout;
    int64_t max_output, seed_bits;
    const char *temp_dir;
} command_opts;

static const dna_field fields[] = {
    {.key = "n_scenarios",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .min = 1,
        .dflt = "100",
        .offset = offsetof(command_opts, n_scenarios),
        .doc = "Number of scenarios: rows of the parameter table."},
    {.key = "n_replicates",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .min = 1,
        .dflt = "3",
        .offset = offsetof(command_opts, n_replicates),
        .doc = "Independent regions simulated for each scenario."},
    {.key = "command",
        .kind = DNA_KIND_ANY,
        .is_required = true,
        .schema = "{anyOf: [{type: string, minLength: 1}, {type: array, minItems: 1, "
                  "items: {type: [string, number]}}]}",
        .doc =
            "Command line of the program, with fields in braces: {seed}, {output} (a "
            "file to write; without it the standard output is read), {scenario}, "
            "{replicate}, any parameter, or a formula of parameters, such as "
            "{4 * size * mutation_rate * segment_length:.10g}, with a format as in "
            "Python. A text is split into words as by a shell, but none is run; a list "
            "gives the words. {{ and }} are braces."},
    {.key = "shell",
        .kind = DNA_KIND_BOOL,
        .dflt = "false",
        .offset = offsetof(command_opts, shell),
        .doc = "Run the command by /bin/sh, for pipes and redirections."},
    {.key = "format",
        .kind = DNA_KIND_CHOICE,
        .is_nullable = true,
        .choices = "npz|ms|vcf|trees",
        .dflt = "null",
        .offset = offsetof(command_opts, format),
        .doc =
            "What the program writes: npz (SNP and POS, positions absolute, base "
            "pairs or from 0 to 1), ms text, vcf (or BCF; one contig, phased) or trees "
            "(tree sequence). null: seen from the content."},
    {.key = "n_samples",
        .kind = DNA_KIND_ANY,
        .is_nullable = true,
        .schema = "{anyOf: [{$ref: '#/definitions/prior'}, {type: 'null'}]}",
        .dflt = "50",
        .doc = "Number of haploid genomes in a sample, as for parameters; what the "
               "program writes must have as many. null: any number."},
    {.key = "segment_length",
        .kind = DNA_KIND_ANY,
        .schema = DNA_DEFINITION("prior"),
        .dflt = "2.0e+6",
        .doc = "Length of a region in base pairs, as for parameters."},
    DNA_PRIORS_FIELDS,
    {.key = "timeout",
        .kind = DNA_KIND_FLOAT,
        .is_nullable = true,
        .has_min = true,
        .is_min_open = true,
        .min = 0,
        .dflt = "null",
        .offset = offsetof(command_opts, timeout),
        .doc =
            "Seconds after which a call is stopped, with all that it started, and the "
            "simulation fails. null: as long as it takes."},
    {.key = "max_output",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .min = 1,
        .dflt = "1000000000",
        .offset = offsetof(command_opts, max_output),
        .doc = "Bytes that one call may write; more stop it."},
    {.key = "seed_bits",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .min = 8,
        .has_max = true,
        .max = 63,
        .dflt = "31",
        .offset = offsetof(command_opts, seed_bits),
        .doc = "{seed}, {seed2} and {seed3} are from 1 to 2^seed_bits - 1."},
    {.key = "temp_dir",
        .kind = DNA_KIND_PATH,
        .is_nullable = true,
        .must_exist = true,
        .dflt = "null",
        .offset = offsetof(command_opts, temp_dir),
        .doc = "Folder for the files {output}, which are removed at once. null: /tmp."},
    {0}};

/* What a field is, if it is no value of the scenario. */
enum { SEED = -1, SEED2 = -2, SEED3 = -3, OUTPUT = -4, SCENARIO = -5, REPLICATE = -6 };

static const struct {
    const char *name;
    int64_t place;
} special[] = {{"seed", SEED}, {"seed2", SEED2}, {"seed3", SEED3}, {"output", OUTPUT},
    {"scenario", SCENARIO}, {"replicate", REPLICATE}};

typedef struct {
    dna_command_line *line;
    dna_priors *priors;
    int64_t *places; /* [n field] of the values, or one of the above */
    int64_t n_replicates, n_samples, segment_length; /* places; n_samples -1: any */
    bool has_output, has_seed;
} command_state;

/* A row and a call that is being made. */
typedef struct {
    const dna_simulator *sim;
    double *values; /* of all priors */
    int64_t seeds[3], scenario, replicate;
} command_worker;

/* ---- opening ----------------------------------------------------------------------- */

static int64_t
special_place(const char *name)
{
    for (int64_t i = 0; i < DNA_COUNT(special); i++) {
        if (strcmp(special[i].name, name) == 0) {
            return special[i].place;
        }
    }
    return 0;
}

/* Unless the table has it, and the config is silent. */
static int
add_setting(dna_simulator *sim, const char *key, int64_t *place)
{
    command_state *state = sim->state;
    const dna_value *v = dna_value_get(sim->config, key);

    *place = dna_priors_find(state->priors, key);
    if (dna_value_is_null(v) || (*place >= 0 && v->is_default)) {
        return DNA_OK;
    }
    return dna_priors_add(state->priors, place, key, v, key, 0);
}

/* A formula of the command is a value that is no column, with a name nobody sees. */
static int
add_formula(dna_simulator *sim, const char *formula, int64_t i, int64_t *place)
{
    command_state *state = sim->state;
    const dna_value *source = dna_value_get(sim->config, "command");
    dna_value *v = dna_value_string(sim->arena, formula);
    const char *name = dna_arena_printf(sim->arena, "command_%lld", (long long)i);

    if (v == NULL || name == NULL) {
        return DNA_ENOMEM;
    }
    v->file = source->file;
    v->line = source->line;
    v->option = source->option;
    return dna_priors_add(state->priors, place, name, v, "command",
        DNA_PRIOR_IS_SETTING | DNA_PRIOR_IS_UNNAMED);
}

static int
find_fields(dna_simulator *sim)
{
    command_state *state = sim->state;
    int64_t n = dna_command_line_n_field(state->line);
    int rc = DNA_OK;

    state->places = dna_arena_alloc(sim->arena, (size_t)n + 1, sizeof(*state->places));
    if (state->places == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; i < n; i++) {
        const char *text = dna_command_line_field(state->line, i)->text;
        int64_t place = special_place(text);
        if (place == 0) {
            place = dna_priors_find(state->priors, text);
        }
        state->has_output = state->has_output || place == OUTPUT;
        state->has_seed = state->has_seed || (place <= SEED && place >= SEED3);
        state->places[i] = place;
        if (place == -1 && special_place(text) == 0) {
            DNA_TRY(add_formula(sim, text, i, &state->places[i]));
        }
    }
out:
    return rc;
}

static int
check_names(const dna_simulator *sim)
{
    const command_state *state = sim->state;

    for (int64_t i = 0; i < DNA_COUNT(special); i++) {
        int64_t place = dna_priors_find(state->priors, special[i].name);
        if (place >= 0) {
            return dna_priors_fail(state->priors, place, DNA_EARG,
                "{%s} is a field of every command: the parameter needs another name",
                special[i].name);
        }
    }
    return DNA_OK;
}

/* What a formula of the command draws would be a column without a name. */
static int
check_formulas(const dna_simulator *sim)
{
    const command_state *state = sim->state;

    for (int64_t k = 0; k < sim->n_column; k++) {
        for (int64_t i = 0; i < dna_command_line_n_field(state->line); i++) {
            const char *text = dna_command_line_field(state->line, i)->text;
            int64_t place = state->places[i];
            if (place >= 0
                && dna_priors_column(state->priors, place)->name == sim->columns[k].name
                && strcmp(text, sim->columns[k].name) != 0) {
                return dna_priors_fail(state->priors, place, DNA_EARG,
                    "{%s} draws: it needs a name, under \"parameters\"", text);
            }
        }
    }
    return DNA_OK;
}

static int
check_constant(const command_state *state, int64_t place, double least)
{
    double v = 0;

    if (place >= 0 && dna_priors_constant(state->priors, place, &v)
        && (v < least || v > 1e15)) {
        return dna_priors_fail(
            state->priors, place, DNA_EARG, "%g is not from %g to 1e15", v, least);
    }
    return DNA_OK;
}

static int
read_priors(dna_simulator *sim)
{
    command_state *state = sim->state;
    int rc = DNA_OK;

    DNA_TRY(dna_priors_new(&state->priors));
    DNA_TRY(dna_priors_read(state->priors, sim->config));
    DNA_TRY(check_names(sim));
    DNA_TRY(add_setting(sim, "n_replicates", &state->n_replicates));
    DNA_TRY(add_setting(sim, "n_samples", &state->n_samples));
    DNA_TRY(add_setting(sim, "segment_length", &state->segment_length));
    DNA_TRY(find_fields(sim));
    DNA_TRY(dna_priors_finish(state->priors));
    DNA_TRY(check_constant(state, state->n_samples, 1));
    DNA_TRY(check_constant(state, state->segment_length, 1));
    dna_priors_columns(state->priors, &sim->columns, NULL, &sim->n_column);
out:
    return rc;
}

static int
command_open(dna_simulator *sim)
{
    const command_opts *o = sim->opts;
    const dna_value *command = dna_value_get(sim->config, "command");
    command_state *state = NULL;
    int rc = DNA_OK;

    DNA_NEW(state, 1);
    sim->state = state;
    DNA_TRY(dna_command_line_read(
        &state->line, sim->arena, command, "command", o->shell == 1));
    DNA_TRY(read_priors(sim));
    DNA_TRY(check_formulas(sim));
    sim->replicate_column = dna_simulator_column(sim, "n_replicates");
    if (!state->has_seed) {
        dna_config_warn(sim->log, command, "command",
            "has no {seed}: samples do not depend on the seed of this config");
    }
out:
    return rc;
}

static void
command_close(dna_simulator *sim)
{
    command_state *state = sim->state;

    if (state != NULL) {
        dna_priors_free(state->priors);
        dna_free(state);
    }
}

/* ---- parameters -------------------------------------------------------------------- */

static int
command_draw(const dna_simulator *sim, dna_rng *rng, double *row)
{
    const command_state *state = sim->state;
    return dna_priors_draw(state->priors, rng, -1, row);
}

static int
command_table(const dna_simulator *sim, double *values)
{
    const command_state *state = sim->state;
    return dna_priors_table(state->priors, sim->seed, sim->n_scenario, values);
}

/* ---- replicates -------------------------------------------------------------------- */

static int
command_worker_new(void **worker, const dna_simulator *sim)
{
    const command_state *state = sim->state;
    command_worker *w = NULL;
    int rc = DNA_OK;

    DNA_NEW(w, 1);
    w->sim = sim;
    *worker = w; /* freed by the caller, also after an error */
    DNA_NEW(w->values, dna_priors_count(state->priors) + 1);
out:
    return rc;
}

static void
command_worker_free(void *worker)
{
    command_worker *w = worker;

    if (w != NULL) {
        dna_free(w->values);
        dna_free(w);
    }
}

static int
put_field(void *payload, int64_t i, const char *output, dna_str *text)
{
    const command_worker *w = payload;
    const command_state *state = w->sim->state;
    const dna_command_field *f = dna_command_line_field(state->line, i);
    int64_t place = state->places[i];

    if (special_place(f->text) == 0) {
        const dna_sim_column *c = dna_priors_column(state->priors, place);
        double v = w->values[place];
        return c->labels != NULL
                   ? dna_command_field_put_text(text, f, c->labels[(int64_t)v])
                   : dna_command_field_put_number(text, f, v);
    }
    switch (place) {
    case OUTPUT:
        return dna_command_field_put_text(text, f, output);
    case SCENARIO:
        return dna_command_field_put_int(text, f, w->scenario);
    case REPLICATE:
        return dna_command_field_put_int(text, f, w->replicate);
    default:
        return dna_command_field_put_int(text, f, w->seeds[SEED - place]);
    }
}

static int
check_sample(const command_worker *w, const dna_sample *s)
{
    const command_state *state = w->sim->state;
    int rc = DNA_OK;

    DNA_REQUIRE(state->n_samples < 0 || (double)s->n_hap == w->values[state->n_samples],
        DNA_ESHAPE, "the program wrote %lld haplotypes, but n_samples is %.10g",
        (long long)s->n_hap, w->values[state->n_samples]);
out:
    return rc;
}

/* The seeds of the program, the row, and how long its segment is. */
static int
set_row(command_worker *w, const double *row, uint64_t seed, int64_t *segment_length)
{
    const command_state *state = w->sim->state;
    const command_opts *o = w->sim->opts;
    double length = 0;
    dna_rng rng;
    int rc = DNA_OK;

    DNA_TRY(dna_priors_restore(state->priors, row, w->values));
    length = trunc(w->values[state->segment_length]);
    DNA_REQUIRE(length >= 1 && length <= 1e15, DNA_EARG,
        "segment_length %.10g is not from 1 to 1e15", length);
    *segment_length = (int64_t)length;
    dna_rng_init(&rng, seed, "command", w->scenario, w->replicate, 0);
    for (int64_t i = 0; i < DNA_COUNT(w->seeds); i++) {
        int64_t n = (int64_t)((UINT64_C(1) << o->seed_bits) - 1);
        w->seeds[i] = 1 + dna_rng_below(&rng, n);
    }
out:
    return rc;
}

static dna_output_format
output_format(const char *word)
{
    static const char *const words[] = {[DNA_OUTPUT_NPZ] = "npz",
        [DNA_OUTPUT_MS] = "ms",
        [DNA_OUTPUT_VCF] = "vcf",
        [DNA_OUTPUT_TREES] = "trees"};
    for (int i = DNA_OUTPUT_NPZ; i <= DNA_OUTPUT_TREES; i++) {
        if (dna_str_equal_nocase(words[i], word)) {
            return (dna_output_format)i;
        }
    }
    return DNA_OUTPUT_ANY;
}

static int
command_run(void *worker, const dna_simulator *sim, const double *row, uint64_t seed,
    int64_t scenario, int64_t replicate, int64_t max_snp, dna_sample **out)
{
    const command_state *state = sim->state;
    const command_opts *o = sim->opts;
    command_worker *w = worker;
    dna_sample *sample = NULL;
    dna_command_call call = {.line = state->line,
        .format = output_format(o->format),
        .timeout = isnan(o->timeout) ? 0 : o->timeout,
        .max_output = (size_t)o->max_output,
        .temp_dir = o->temp_dir != NULL ? o->temp_dir : "/tmp",
        .has_output = state->has_output,
        .is_cancelled = sim->is_cancelled,
        .cancel_payload = sim->payload,
        .put_field = put_field,
        .payload = w};
    int rc = DNA_OK;

    (void)max_snp; /* the program decides */
    w->scenario = scenario;
    w->replicate = replicate;
    DNA_TRY(set_row(w, row, seed, &call.segment_length));
    DNA_TRY(dna_command_run(&sample, &call));
    DNA_TRY(check_sample(w, sample));
    *out = sample;
    sample = NULL;
out:
    dna_sample_free(sample);
    return rc;
}

const dna_simulator_def dna_simulator_command = {.name = "command",
    .doc =
        "Any program that writes npz, ms text, VCF, BCF or tree sequences, such as scrm, "
        "msms, discoal, SLiM, msprime or a script of your own. It is run once for each replicate; parameters, formulas "
        "of them and a seed are put into its command line. Its failures are told "
        "with what it wrote to its standard error.",
    .fields = fields,
    .opts_size = sizeof(command_opts),
    .config = "command: scrm {n_samples} 1\n"
              "    -t {4 * recent_size * mutation_rate * segment_length:.10g}\n"
              "    -r {4 * recent_size * recombination_rate * segment_length:.10g}\n"
              "    {segment_length:.0f}\n"
              "    -eN {event_time / (4 * recent_size):.10g}\n"
              "    {event_size / recent_size:.10g}\n"
              "    -p 10 -seed {seed}\n"
              "n_samples: 50\n"
              "segment_length: 2.0e+6\n"
              "parameters:\n"
              "    mutation_rate: 1.0e-8\n"
              "    recombination_rate: 1.0e-8\n"
              "    event_time: {uniform: [80, 4000]}\n"
              "    recent_size: {log_uniform: [5000, 50000]}\n"
              "    event_size: {log_uniform: [5000, 50000]}\n",
    .preprocessing = "model_root: .\n"
                     "dataset_splits: {training: 0.7, validation: 0.3}\n"
                     "preprocessing: {min_snp: 500}\n",
    .training = "dataset_transforms:\n"
                "- crop: {max_snp: 500}\n"
                "n_epochs: 5\n"
                "batch_size: 20\n"
                "evaluation_interval: 10\n"
                "loader_num_workers: 4\n",
    .open = command_open,
    .close = command_close,
    .table = command_table,
    .draw = command_draw,
    .worker_new = command_worker_new,
    .worker_free = command_worker_free,
    .run = command_run};
