/* templates.c - the configs that a new model begins with.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "config/config.h"
#include "config/tables.h"
#include "io/yaml.h"

static const char dataset_text[] =
    "data_root: .\n"
    "dataset_name: generic\n"
    "scenario_params_path: scenario_params.csv\n"
    "data_source:\n"
    "    format: dnadna\n"
    "    filename_format: 'scenario_{scenario}/{dataset_name}_{scenario}_{replicate}.npz'\n"
    "    keys: [SNP, POS]\n"
    "ignore_missing: false\n"
    "cache_validation_set: false\n";

static const char preprocessing_text[] = "model_root: .\n"
                                         "model_name: default\n"
                                         "learned_params:\n"
                                         "    param1:\n"
                                         "        type: regression\n"
                                         "        log_transform: false\n"
                                         "        tied_to_position: false\n"
                                         "        loss_func: MSE\n"
                                         "        loss_weight: 1\n"
                                         "    param2:\n"
                                         "        type: classification\n"
                                         "        classes: 2\n"
                                         "        loss_func: Cross Entropy\n"
                                         "        loss_weight: 1\n"
                                         "dataset_splits:\n"
                                         "    training: 0.7\n"
                                         "    validation: 0.3\n"
                                         "preprocessing:\n"
                                         "    min_snp: 1\n"
                                         "    min_indiv: 1\n"
                                         "    n_workers: 2\n"
                                         "    seed: null\n";

/* use_cuda is false here and true in the original: it says what happens */
static const char training_text[] = "network:\n"
                                    "    name: CustomCNN\n"
                                    "    params: {}\n"
                                    "optimizer:\n"
                                    "    name: Adam\n"
                                    "    params:\n"
                                    "        learning_rate: 0.001\n"
                                    "        weight_decay: 0\n"
                                    "dataset_transforms:\n"
                                    "-   crop:\n"
                                    "        max_snp: 400\n"
                                    "        max_indiv: null\n"
                                    "-   snp_format: concat\n"
                                    "-   validate_snp:\n"
                                    "        uniform_shape: false\n"
                                    "n_epochs: 1\n"
                                    "evaluation_interval: 1\n"
                                    "batch_size: 8\n"
                                    "loader_num_workers: 1\n"
                                    "use_cuda: false\n"
                                    "cuda_device: null\n";

/* A template has no file: its paths belong to whoever writes it. */
static int
parse(dna_value **out, dna_arena *a, const char *text)
{
    return dna_yaml_parse(out, a, text, strlen(text), NULL);
}

int
dna_config_template_dataset(dna_value **out, dna_arena *a)
{
    return parse(out, a, dataset_text);
}

int
dna_config_template_preprocessing(dna_value **out, dna_arena *a)
{
    dna_value *template = NULL;
    dna_value *dataset = NULL;
    int rc = DNA_OK;

    DNA_TRY(parse(&template, a, preprocessing_text));
    DNA_TRY(dna_config_template_dataset(&dataset, a));
    DNA_TRY(dna_value_set(a, template, "dataset", dataset));
    *out = template;
out:
    return rc;
}

int
dna_config_template_training(dna_value **out, dna_arena *a)
{
    dna_value *layers[2] = {NULL, NULL};
    int rc = DNA_OK;

    DNA_TRY(parse(&layers[0], a, training_text));
    DNA_TRY(dna_config_template_preprocessing(&layers[1], a));
    DNA_TRY(dna_config_merge(out, a, layers, 2));
out:
    return rc;
}
