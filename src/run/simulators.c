/* simulators.c - what a simulator recommends for the data it makes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/simulators.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "io/yaml.h"

static const struct {
    const char *name;
    const char *preprocessing, *training;
} simulators[] = {{.name = "one_event",
    .preprocessing = "model_root: .\n"
                     "dataset_splits: {training: 0.7, validation: 0.3}\n"
                     "preprocessing: {min_snp: 500}\n"
                     "learned_params!:\n"
                     "    event_time: {type: regression, log_transform: true}\n"
                     "    recent_size: {type: regression, log_transform: true}\n"
                     "    event_size: {type: regression, log_transform: true}\n",
    .training = "dataset_transforms:\n"
                "- crop: {max_snp: 500}\n"
                "n_epochs: 5\n"
                "batch_size: 20\n"
                "evaluation_interval: 10\n"
                "loader_num_workers: 4\n"}};

static int
parse(dna_value **out, dna_arena *a, const char *simulator, bool is_training)
{
    *out = NULL;
    for (int64_t i = 0; simulator != NULL && i < DNA_COUNT(simulators); i++) {
        if (dna_str_equal(simulator, simulators[i].name)) {
            const char *text =
                is_training ? simulators[i].training : simulators[i].preprocessing;
            return dna_yaml_parse(out, a, text, strlen(text), simulator);
        }
    }
    return DNA_OK;
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
