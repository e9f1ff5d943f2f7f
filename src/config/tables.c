/* tables.c - the settings of every config file.
 *
 * SPDX-License-Identifier: MIT
 *
 * One row a key; docs/config.md tells the same for people, and a test compares them.
 */
#include "config/tables.h"

static const dna_field text_item[] = {{.kind = DNA_KIND_STRING}};
static const dna_field number_item[] = {{.kind = DNA_KIND_FLOAT}};
static const dna_field deviation_item[] = {
    {.kind = DNA_KIND_FLOAT, .has_min = true, .is_min_open = true}};

static const dna_field fields_splits[] = {
    {.key = "training",
        .kind = DNA_KIND_FLOAT,
        .is_required = true,
        .is_min_open = true,
        .is_max_open = true,
        .has_min = true,
        .has_max = true,
        .min = 0,
        .max = 1,
        .doc = "Proportion of the scenarios that the network learns from."},
    {.key = "validation",
        .kind = DNA_KIND_FLOAT,
        .is_required = true,
        .is_min_open = true,
        .is_max_open = true,
        .has_min = true,
        .has_max = true,
        .min = 0,
        .max = 1,
        .doc =
            "Proportion of the scenarios that the network is measured on while it learns."},
    {.key = "test",
        .kind = DNA_KIND_FLOAT,
        .is_max_open = true,
        .has_min = true,
        .has_max = true,
        .min = 0,
        .max = 1,
        .doc = "Proportion of the scenarios kept apart for a test after training."},
    {.key = "unused",
        .kind = DNA_KIND_FLOAT,
        .is_max_open = true,
        .has_min = true,
        .has_max = true,
        .min = 0,
        .max = 1,
        .doc = "Proportion of the scenarios that are left out."},
    {0}};

/* Of numbers of samples: a table of them has to fit into memory. */
#define MAX_FRESH 1e9

/* NumPy's generator, which the splits follow, takes 32 bits */
#define MAX_SPLIT_SEED 4294967295.0

static const dna_field fields_filters[] = {
    {.key = "min_snp",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .has_min = true,
        .min = 1,
        .dflt = "null",
        .doc =
            "Least number of SNPs: a scenario with a replicate below it is left out. null: no limit."},
    {.key = "min_indiv",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .has_min = true,
        .min = 1,
        .dflt = "null",
        .doc = "Least number of individuals (rows of the matrix). null: no limit."},
    {.key = "seed",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .has_min = true,
        .has_max = true,
        .min = 0,
        .max = MAX_SPLIT_SEED,
        .dflt = "null",
        .doc =
            "Seed of the random assignment of scenarios to the splits. null: another one each time."},
    {.key = "n_workers",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .min = 0,
        .dflt = "0",
        .doc =
            "Threads that check the scenarios, at most as many as there are processors. 0: one."},
    {.key = "nan_targets",
        .kind = DNA_KIND_CHOICE,
        .choices = "keep|minus_one",
        .dflt = "keep",
        .doc =
            "Empty cells of the parameter table. "
            "keep: they stay empty and the loss leaves them out. "
            "minus_one: they become -1 in standard units, as in the original program."},
    {0}};

static const dna_field fields_fresh[] = {
    {.key = "n_training",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .has_max = true,
        .min = 1,
        .max = MAX_FRESH,
        .dflt = "10000",
        .doc = "Samples of an epoch. None comes twice, in whatever epoch."},
    {.key = "n_validation",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .has_max = true,
        .min = 1,
        .max = MAX_FRESH,
        .dflt = "1000",
        .doc = "Samples of the validation set, the same at each validation."},
    {.key = "n_test",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .has_max = true,
        .min = 0,
        .max = MAX_FRESH,
        .dflt = "1000",
        .doc = "Samples of the test set. 0: no test."},
    {.key = "n_replicates",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .has_max = true,
        .min = 1,
        .max = MAX_FRESH,
        .dflt = "1",
        .doc = "Samples that share their parameters."},
    {.key = "max_redraws",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .has_max = true,
        .min = 0,
        .max = MAX_FRESH,
        .dflt = "10",
        .doc = "A replicate below min_snp or min_indiv is drawn again up to this many "
               "times; then its parameters are drawn again, too. 0: they always are."},
    {.key = "n_first_draw",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .has_max = true,
        .min = 2,
        .max = MAX_FRESH,
        .dflt = "2000",
        .doc =
            "Draws of the parameters, before any training, whose means and deviations "
            "scale the targets."},
    {.key = "first_draw_path",
        .kind = DNA_KIND_PATH,
        .is_nullable = true,
        .dflt = "null",
        .doc =
            "Written by preprocessing: the table of these draws. null: training draws "
            "them."},
    {.key = "seed",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .has_min = true,
        .min = 0,
        .dflt = "null",
        .doc =
            "Seed of the first draw, the validation set and the test set. null: that of "
            "the dataset, or another one each time."},
    {0}};

#define PREPROCESSING_ROWS                                                            \
    {.key = "model_root",                                                             \
        .kind = DNA_KIND_PATH,                                                        \
        .dflt = "\".\"",                                                              \
        .doc = "Folder of the model, relative to this file; what preprocessing and "  \
               "training write goes there."},                                         \
        {.key = "model_name",                                                         \
            .kind = DNA_KIND_STRING,                                                  \
            .is_required = true,                                                      \
            .has_min = true,                                                          \
            .min = 1,                                                                 \
            .doc = "Name of the model, used in file names."},                         \
        {.key = "dataset",                                                            \
            .kind = DNA_KIND_MAP,                                                     \
            .is_required = true,                                                      \
            .fields = dna_fields_dataset,                                             \
            .doc = "The dataset, usually inherited from its own config file."},       \
        {.key = "learned_params",                                                     \
            .kind = DNA_KIND_ANY,                                                     \
            .schema = DNA_DEFINITION("learned_params"),                               \
            .schema_complete = DNA_DEFINITION("learned_params_complete"),             \
            .is_required = true,                                                      \
            .doc =                                                                    \
                "What the network learns: columns of the parameter table. A mapping " \
                "from names to settings (the order is that of the table), or a list " \
                "of such mappings with one name each (the order is that of the "      \
                "list)."},                                                            \
        {.key = "dataset_splits",                                                     \
            .kind = DNA_KIND_MAP,                                                     \
            .is_required = true,                                                      \
            .unless = "fresh_samples",                                                \
            .is_strict = true, /* scenarios of a misspelt split would be lost */      \
            .fields = fields_splits,                                                  \
            .doc = "Proportions of the scenarios in each split. Less than 1 in all "  \
                   "leaves the rest unused. A column splits of the parameter table "  \
                   "goes before them."},                                              \
        {.key = "preprocessing",                                                      \
            .kind = DNA_KIND_MAP,                                                     \
            .is_required = true,                                                      \
            .unless = "fresh_samples",                                                \
            .fields = fields_filters,                                                 \
            .doc = "Which scenarios are usable, and how they are split."},            \
        {.key = "fresh_samples",                                                      \
            .kind = DNA_KIND_MAP,                                                     \
            .is_nullable = true,                                                      \
            .is_strict = true,                                                        \
            .fields = fields_fresh,                                                   \
            .doc = "Train without files: the simulator of the dataset draws every "   \
                   "sample when it is wanted. {}: with the defaults. Not given: "     \
                   "samples are files."},                                             \
        {.key = "dnadna_version",                                                     \
            .kind = DNA_KIND_STRING,                                                  \
            .is_nullable = true,                                                      \
            .doc = "Version of the program that wrote the file. For information."},   \
    {                                                                                 \
        .key = "plugins", .kind = DNA_KIND_LIST, .is_nullable = true,                 \
        .item = text_item,                                                            \
        .doc = "Plugins of the original program. dnadna.examples.one_event is built " \
               "in; Python files are not run."                                        \
    }

const dna_field dna_fields_preprocessing[] = {PREPROCESSING_ROWS, {0}};

static const dna_field fields_network[] = {
    {.key = "name",
        .kind = DNA_KIND_STRING,
        .has_min = true,
        .min = 1,
        .dflt = "SPIDNA",
        .doc = "CNN, MLP, CustomCNN or SPIDNA, also in small letters (custom_cnn)."},
    {.key = "params",
        .kind = DNA_KIND_ANY,
        .dflt = "{}",
        .doc =
            "Settings of the network. Those that the data decide (n_snp, n_indiv, n_outputs) are computed."},
    {.key = "file",
        .kind = DNA_KIND_PATH,
        .must_exist = true,
        .doc = "A network of your own: a file with layers and the keys below."},
    {.key = "layers",
        .kind = DNA_KIND_ANY,
        .schema = DNA_DEFINITION("network_layers"),
        .doc = "The layers of a network of your own, in order (docs/networks.md)."},
    {.key = "output",
        .kind = DNA_KIND_STRING,
        .doc =
            "The layer that is its output, [N, n_outputs]; by default the last one."},
    {.key = "let",
        .kind = DNA_KIND_ANY,
        .schema = "{type: object}",
        .doc = "Values for its formulas, by name: numbers or formulas."},
    {.key = "needs",
        .kind = DNA_KIND_ANY,
        .schema = "{anyOf: [{type: string}, {type: array, items: {type: string}}]}",
        .doc = "Conditions that its sizes must meet, such as n_snp >= 400."},
    {.key = "exchangeable",
        .kind = DNA_KIND_BOOL,
        .doc = "It claims that the order of individuals does not matter."},
    {.key = "description",
        .kind = DNA_KIND_STRING,
        .doc = "What it is, for which sizes."},
    {.key = "citation", .kind = DNA_KIND_STRING, .doc = "How to cite it."},
    {.key = "licence", .kind = DNA_KIND_STRING, .doc = "On which terms it is given."},
    {0}};

static const dna_field fields_optimizer[] = {
    {.key = "name",
        .kind = DNA_KIND_STRING,
        .has_min = true,
        .min = 1,
        .dflt = "Adam",
        .doc =
            "Adam, AdamW, Adamax, NAdam, RAdam, SGD, Adagrad, Adadelta, RMSprop, Rprop or "
            "ASGD, also in small letters (adam_w)."},
    {.key = "params",
        .kind = DNA_KIND_ANY,
        .dflt = "{}",
        .doc =
            "Settings of the optimizer, by PyTorch's names; learning_rate is another name of lr."},
    {0}};

static const dna_field fields_lr_scheduler[] = {
    {.key = "name",
        .kind = DNA_KIND_CHOICE,
        .is_nullable = true,
        .choices = "step|exponential|cosine|plateau",
        .dflt = "null",
        .doc =
            "The schedule. step, exponential and cosine change the learning rate after "
            "each epoch, plateau after validations. null: only the warm-up."},
    {.key = "params",
        .kind = DNA_KIND_ANY,
        .dflt = "{}",
        .doc = "Settings of the schedule, by PyTorch's names."},
    {.key = "warmup_steps",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .min = 0,
        .dflt = "0",
        .doc = "In the first steps of the optimizer the learning rate rises linearly, "
               "from 1 / warmup_steps of it to all of it."},
    {0}};

static const dna_field fields_gradient_clipping[] = {
    {.key = "max_norm",
        .kind = DNA_KIND_FLOAT,
        .is_nullable = true,
        .has_min = true,
        .is_min_open = true,
        .min = 0,
        .dflt = "null",
        .doc = "A gradient whose Euclidean norm, over all parameters, is above this is "
               "scaled down to it."},
    {.key = "max_value",
        .kind = DNA_KIND_FLOAT,
        .is_nullable = true,
        .has_min = true,
        .is_min_open = true,
        .min = 0,
        .dflt = "null",
        .doc =
            "Each number of the gradient is brought between -max_value and max_value, "
            "before the norm is taken."},
    {0}};

static const dna_field pattern_item = {
    .kind = DNA_KIND_STRING, .has_min = true, .min = 1};

static const dna_field fields_fine_tuning[] = {
    {.key = "from",
        .kind = DNA_KIND_PATH,
        .doc = "The network file; dnadna train --from gives it, too."},
    {.key = "freeze",
        .kind = DNA_KIND_LIST,
        .item = &pattern_item,
        .doc = "Layers that stay as they are: names, or patterns such as conv*."},
    {.key = "reset",
        .kind = DNA_KIND_LIST,
        .item = &pattern_item,
        .doc =
            "Layers that begin anew, at random; those whose shape changes do anyway."},
    {.key = "checksum",
        .kind = DNA_KIND_STRING,
        .doc = "Of the network file, as training found it. For information."},
    {.key = "origin",
        .kind = DNA_KIND_STRING,
        .doc = "Its network, model, run and checkpoint. For information."},
    {0}};

static const dna_field fields_early_stopping[] = {
    {.key = "patience",
        .kind = DNA_KIND_INT,
        .is_required = true,
        .has_min = true,
        .min = 1,
        .doc = "Training ends after this many validations in a row without a better "
               "loss."},
    {.key = "min_delta",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .min = 0,
        .dflt = "0",
        .doc = "A loss is better if it is below the best one by more than this."},
    {0}};

static const dna_field fields_weight_averaging[] = {
    {.key = "name",
        .kind = DNA_KIND_CHOICE,
        .is_required = true,
        .choices = "ema|swa",
        .doc =
            "ema: a moving average of the weights, after each step of the optimizer. "
            "swa: the mean of the weights at the ends of epochs."},
    {.key = "decay",
        .kind = DNA_KIND_FLOAT,
        .is_nullable = true,
        .has_min = true,
        .has_max = true,
        .is_max_open = true,
        .min = 0,
        .max = 1,
        .dflt = "null",
        .doc = "Of ema: the share of the mean that each step keeps. null: 0.999."},
    {.key = "start_epoch",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .has_min = true,
        .min = 1,
        .dflt = "null",
        .doc = "The first epoch whose weights count. null: 1 for ema, the first of the "
               "last quarter for swa."},
    {0}};

#define TRAINING_ROWS                                                                  \
    {.key = "network",                                                                 \
        .kind = DNA_KIND_MAP,                                                          \
        .schema = DNA_DEFINITION("any_network"),                                       \
        .schema_complete = DNA_DEFINITION("any_network_complete"),                     \
        .fields = fields_network,                                                      \
        .dflt = "{name: CustomCNN, params: {}}",                                       \
        .doc = "The network."},                                                        \
        {.key = "optimizer",                                                           \
            .kind = DNA_KIND_MAP,                                                      \
            .schema = DNA_DEFINITION("optimizer"),                                     \
            .schema_complete = DNA_DEFINITION("optimizer_complete"),                   \
            .fields = fields_optimizer,                                                \
            .dflt = "{}",                                                              \
            .doc = "How the network's parameters are adapted."},                       \
        {.key = "lr_scheduler",                                                        \
            .kind = DNA_KIND_MAP,                                                      \
            .schema = DNA_DEFINITION("lr_scheduler"),                                  \
            .schema_complete = DNA_DEFINITION("lr_scheduler_complete"),                \
            .is_nullable = true,                                                       \
            .fields = fields_lr_scheduler,                                             \
            .doc = "How the learning rate changes while training. Not given: not "     \
                   "at all."},                                                         \
        {.key = "gradient_clipping",                                                   \
            .kind = DNA_KIND_MAP,                                                      \
            .schema_complete =                                                         \
                "anyOf: ["                                                             \
                "{required: [max_norm], properties: {max_norm: {type: number}}}, "     \
                "{required: [max_value], properties: {max_value: {type: number}}}]",   \
            .is_nullable = true,                                                       \
            .fields = fields_gradient_clipping,                                        \
            .doc = "Bounds of the gradient of each step. Not given: none."},           \
        {.key = "fine_tuning",                                                         \
            .kind = DNA_KIND_MAP,                                                      \
            .is_nullable = true,                                                       \
            .is_strict = true,                                                         \
            .fields = fields_fine_tuning,                                              \
            .doc = "Start from the weights of another network."},                      \
        {.key = "early_stopping",                                                      \
            .kind = DNA_KIND_MAP,                                                      \
            .is_nullable = true,                                                       \
            .fields = fields_early_stopping,                                           \
            .doc = "When to end the training before n_epochs. Not given: never."},     \
        {.key = "weight_averaging",                                                    \
            .kind = DNA_KIND_MAP,                                                      \
            .schema = "{if: {properties: {name: {const: swa}}, required: [name]}, "    \
                      "then: {properties: {decay: {type: 'null'}}}}",                  \
            .is_nullable = true,                                                       \
            .fields = fields_weight_averaging,                                         \
            .doc = "Validate and save a mean of the weights, not those of the last "   \
                   "step. Not given: no."},                                            \
        {.key = "dataset_transforms",                                                  \
            .kind = DNA_KIND_ANY,                                                      \
            .schema = DNA_DEFINITION("dataset_transforms"),                            \
            .is_nullable = true,                                                       \
            .dflt = "[]",                                                              \
            .doc =                                                                     \
                "What is done to each sample when it is loaded, in order: a list of "  \
                "transforms, or a mapping of training, validation and test to such "   \
                "lists."},                                                             \
        {.key = "random_transforms_in_validation",                                     \
            .kind = DNA_KIND_CHOICE,                                                   \
            .choices = "fixed|fresh",                                                  \
            .dflt = "fixed",                                                           \
            .doc = "Random transforms (subsample, rotate) in the validation set. "     \
                   "fixed: the same draw for a sample at each validation, so that "    \
                   "losses can be compared. fresh: a new draw at each validation, as " \
                   "in the original program."},                                        \
        {.key = "n_epochs",                                                            \
            .kind = DNA_KIND_INT,                                                      \
            .has_min = true,                                                           \
            .has_max = true,                                                           \
            .min = 1,                                                                  \
            .max = 1e6,                                                                \
            .dflt = "1",                                                               \
            .doc = "Passes over the training set."},                                   \
        {.key = "evaluation_interval",                                                 \
            .kind = DNA_KIND_INT,                                                      \
            .has_min = true,                                                           \
            .min = 1,                                                                  \
            .dflt = "1",                                                               \
            .doc = "Batches between two measurements on the validation set."},         \
        {.key = "batch_size",                                                          \
            .kind = DNA_KIND_INT,                                                      \
            .has_min = true,                                                           \
            .min = 1,                                                                  \
            .dflt = "1",                                                               \
            .doc = "Samples that are seen between two steps of the optimizer."},       \
        {.key = "loader_num_workers",                                                  \
            .kind = DNA_KIND_INT,                                                      \
            .has_min = true,                                                           \
            .min = 0,                                                                  \
            .dflt = "0",                                                               \
            .doc = "Threads that load samples. 0: the training thread itself."},       \
        {.key = "precision",                                                           \
            .kind = DNA_KIND_CHOICE,                                                   \
            .choices = "f32|bf16",                                                     \
            .dflt = "f32",                                                             \
            .doc = "How convolutions multiply: f32, or numbers rounded to bf16, "      \
                   "faster, with 8 bits of significand; sums and weights stay f32."},  \
        {.key = "use_cuda",                                                            \
            .kind = DNA_KIND_BOOL,                                                     \
            .dflt = "false",                                                           \
            .doc = "Accepted for configs of the original program; everything runs on " \
                   "the CPU."},                                                        \
        {.key = "cuda_device",                                                         \
            .kind = DNA_KIND_INT,                                                      \
            .is_nullable = true,                                                       \
            .has_min = true,                                                           \
            .min = 0,                                                                  \
            .dflt = "null",                                                            \
            .doc = "As use_cuda."},                                                    \
        {.key = "seed",                                                                \
            .kind = DNA_KIND_INT,                                                      \
            .is_nullable = true,                                                       \
            .has_min = true,                                                           \
            .min = 0,                                                                  \
            .dflt = "null",                                                            \
            .doc = "Seed of everything random in training. null: another one each "    \
                   "time."},                                                           \
        {.key = "model_filename_format",                                               \
            .kind = DNA_KIND_STRING,                                                   \
            .schema = "{type: string, pattern: '[{]checkpoint[}:]'}",                  \
            .has_min = true,                                                           \
            .min = 1,                                                                  \
            .dflt = "\"{model_name}_{run_name}_{checkpoint}_net.safetensors\"",        \
            .doc = "Template of the network files, with the fields {model_name}, "     \
                   "{run_name}, {run_id} and {checkpoint}; the last one is needed."},  \
        {.key = "run_name_format",                                                     \
            .kind = DNA_KIND_STRING,                                                   \
            .has_min = true,                                                           \
            .min = 4,                                                                  \
            .dflt = "\"run_{run_id}\"",                                                \
            .doc = "Template of the name of a run, with the fields {run_id} and "      \
                   "{model_name}."},                                                   \
        {.key = "train_mean",                                                          \
            .kind = DNA_KIND_NAMED,                                                    \
            .is_nullable = true,                                                       \
            .item = number_item,                                                       \
            .doc = "Written by preprocessing: mean of each regression target (of its " \
                   "logarithm with log_transform) over the training split."},          \
        {.key = "train_std",                                                           \
            .kind = DNA_KIND_NAMED,                                                    \
            .is_nullable = true,                                                       \
            .item = deviation_item,                                                    \
            .doc = "Written by preprocessing: standard deviation, as train_mean."},    \
    {                                                                                  \
        .key = "preprocessing_datetime", .kind = DNA_KIND_STRING, .is_nullable = true, \
        .doc = "Written by preprocessing: when, in UTC."                               \
    }

#define RUN_NAME_ROW(required)                                                    \
    {                                                                             \
        .key = "run_name", .kind = DNA_KIND_STRING, .is_required = (required),    \
        .has_min = true, .min = 1, .doc = "Written by training: name of the run." \
    }
#define RUN_DATETIME_ROW                                                          \
    {                                                                             \
        .key = "training_datetime", .kind = DNA_KIND_STRING, .is_nullable = true, \
        .doc = "Written by training: start of the run, in UTC."                   \
    }

const dna_field dna_fields_training[] = {PREPROCESSING_ROWS, TRAINING_ROWS,
    {.key = "run_id",
        .kind = DNA_KIND_ANY,
        .schema = "{type: [integer, string], minimum: 0, minLength: 1}",
        .is_nullable = true,
        .doc = "Identifier of the run, a number or a text; "
               "the option --run-id goes before it. Not given: the next free number."},
    RUN_NAME_ROW(false), RUN_DATETIME_ROW, {0}};

const dna_field dna_fields_training_run[] = {PREPROCESSING_ROWS, TRAINING_ROWS,
    {.key = "run_id",
        .kind = DNA_KIND_ANY,
        .schema = "{type: [integer, string], minimum: 0, minLength: 1}",
        .is_required = true,
        .doc = "Identifier of the run, a number or a text."},
    RUN_NAME_ROW(true), RUN_DATETIME_ROW, {0}};
