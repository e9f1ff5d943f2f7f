/* schema_simulators.h - the settings of each simulator in the JSON Schema of a simulation.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_RUN_SCHEMA_SIMULATORS_H
#define DNA_RUN_SCHEMA_SIMULATORS_H

#include "config/json_schema.h"

/** Definitions `prior` and simulator_<name>, and a list of what holds for a config by its
 *  simulator_name. */
dna_value *dna_schema_simulators(dna_schema *s, dna_value *definitions);

#endif
