/* simulators.h - what a simulator recommends for the data it makes.
 *
 * SPDX-License-Identifier: MIT
 *
 * A dataset config that names its simulator gets these settings below the user's own.
 */
#ifndef DNA_RUN_SIMULATORS_H
#define DNA_RUN_SIMULATORS_H

#include "base/value.h"

/** Settings for a preprocessing or training config; *out is NULL if the simulator
 * (which may be NULL) is not built in. */
int dna_simulator_preprocessing(
    dna_value **out, dna_arena *a, const char *simulator) DNA_MUST_CHECK;
int dna_simulator_training(
    dna_value **out, dna_arena *a, const char *simulator) DNA_MUST_CHECK;

#endif
