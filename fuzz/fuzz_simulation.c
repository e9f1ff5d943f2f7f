/* fuzz_simulation.c - any bytes as priors and a demography: read, draw, make the history.
 *
 * SPDX-License-Identifier: MIT
 *
 * No file is touched. What was drawn satisfies what the set says of its values, and a
 * history that the checks let pass has sizes that a simulation can use.
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/yaml.h"
#include "sim/demography_section.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_history(const dna_demes *model, const double *values)
{
    dna_history *h = NULL;
    dna_sample_group group = {.n = 2};

    if (dna_demes_count(model) <= 50 && dna_history_new(&h, model) == DNA_OK
        && dna_history_set(h, values) == DNA_OK) {
        dna_demography d = *dna_history_demography(h);
        d.group = &group;
        d.n_group = 1;
        (void)!dna_demography_check(&d);
        for (int64_t i = 0; i < d.n_population; i++) {
            if (!(d.population[i].size > 0)) {
                abort();
            }
        }
    }
    dna_history_free(h);
}

static void
draw(const dna_priors *p, const dna_demes *model)
{
    const dna_sim_column *columns = NULL;
    double *row = NULL;
    double *values = NULL;
    int64_t n = 0;
    dna_rng rng;

    dna_priors_columns(p, &columns, NULL, &n);
    row = dna_calloc((size_t)n + 1, sizeof(*row));
    values = dna_calloc((size_t)dna_priors_count(p) + 1, sizeof(*values));
    dna_rng_init(&rng, 1, "fuzz", 0, 0, 0);
    if (row != NULL && values != NULL && dna_priors_draw(p, &rng, -1, row) == DNA_OK
        && dna_priors_restore(p, row, values) == DNA_OK) {
        for (int64_t i = 0; i < n; i++) {
            if (!isfinite(row[i])
                || (columns[i].is_integer && row[i] != floor(row[i]))) {
                abort();
            }
        }
        if (model != NULL) {
            check_history(model, values);
        }
    }
    dna_free(row);
    dna_free(values);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dna_arena *arena = NULL;
    dna_priors *p = NULL;
    dna_value *v = NULL;
    dna_demes *model = NULL;
    const char *text = size > 0 ? (const char *)data : "";

    if (dna_arena_new(&arena) < 0 || dna_priors_new(&p) < 0
        || dna_yaml_parse(&v, arena, text, size, NULL) < 0) {
        goto out;
    }
    dna_value_remove(v, "table");
    const dna_value *section = dna_value_get(v, "demography");
    const dna_value *demes = dna_value_get(section, "demes");
    if (dna_priors_read(p, v) < 0
        || (section != NULL && (demes == NULL || demes->type != DNA_STRING)
            && dna_demography_read(&model, arena, p, section, "demography") < 0)
        || dna_priors_finish(p) < 0) {
        goto out;
    }
    draw(p, model);
out:
    dna_priors_free(p);
    dna_arena_free(arena);
    return 0;
}
