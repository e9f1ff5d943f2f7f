/* simulators.c - what a simulator recommends for the data it makes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/simulators.h"

#include <string.h>

#include "io/yaml.h"
#include "sim/simulator.h"

static int
parse(dna_value **out, dna_arena *a, const char *simulator, bool is_training)
{
    const dna_simulator_def *def = dna_simulator_find(simulator);
    const char *text = NULL;

    *out = NULL;
    if (def != NULL) {
        text = is_training ? def->training : def->preprocessing;
    }
    return text == NULL ? DNA_OK
                        : dna_yaml_parse(out, a, text, strlen(text), simulator);
}

int
dna_simulator_preprocessing(dna_value **out, dna_arena *a, const char *simulator)
{
    return parse(out, a, simulator, false);
}

int
dna_simulator_training(dna_value **out, dna_arena *a, const char *simulator)
{
    return parse(out, a, simulator, true);
}
