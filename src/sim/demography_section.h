/* demography_section.h - the `demography` of a simulation config as a model.
 *
 * SPDX-License-Identifier: MIT
 *
 * Four ways: windows (`sizes`, `times`, `growth`), the name of a built-in `model` with its
 * parameters, a Demes file (`demes: file.yml`, perhaps with `set`), or the content of one
 * (`demes: [...]`, `migrations`, ...), in which numbers may be formulas and distributions.
 */
#ifndef DNA_SIM_DEMOGRAPHY_SECTION_H
#define DNA_SIM_DEMOGRAPHY_SECTION_H

#include "dnadna/field.h"
#include "sim/demes.h"

/** The keys of the section. */
extern const dna_field dna_fields_demography[];

typedef struct {
    const char *name;
    const char *parameters[8]; /* up to NULL; "migration_AB?": 0 if not given */
    const char *doc, *yaml;    /* a Demes model in which "$name" is a parameter */
} dna_demography_model;

/** i-th built-in model, NULL past the end. */
const dna_demography_model *dna_demography_model_at(int64_t i);

/** Read the section; values that are not constants join the priors.
 *  Keeps: section, priors. Errors: as dna_demes_read(), with file, line and key. */
int dna_demography_read(dna_demes **out, dna_arena *arena, dna_priors *priors,
    const dna_value *section, const char *at) DNA_MUST_CHECK;

#endif
