/* tables_params.c - the settings of one learned parameter.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/tables.h"

#define TEXT_OF(x)  #x
#define TEXT(x)     TEXT_OF(x)
#define MAX_CLASSES TEXT(DNA_CLASSES_MAX)

#define PARAM_TYPE_ROW                                               \
    {                                                                \
        .key = "type", .kind = DNA_KIND_CHOICE, .is_required = true, \
        .choices = "regression|classification",                      \
        .doc = "What is learned: a number or a class."               \
    }
#define PARAM_LOSS_WEIGHT_ROW                                          \
    {                                                                  \
        .key = "loss_weight", .kind = DNA_KIND_FLOAT, .has_min = true, \
        .has_max = true, .min = 0, .max = 1, .dflt = "1",              \
        .offset = offsetof(dna_param, loss_weight),                    \
        .doc = "The loss of this parameter is multiplied by it."       \
    }

/* Rows without an offset are read by params.c, which sets the name after binding. */
const dna_field dna_fields_regression[] = {PARAM_TYPE_ROW,
    {.key = "loss_func",
        .kind = DNA_KIND_STRING,
        .schema = DNA_DEFINITION("regression_loss"),
        .has_min = true,
        .min = 1,
        .dflt = "MSE",
        .offset = offsetof(dna_param, loss_func),
        .doc =
            "The loss: the name of a PyTorch loss without its final Loss, or MCE for positions on a circle. "
            "Case and spaces do not count."},
    PARAM_LOSS_WEIGHT_ROW,
    {.key = "log_transform",
        .kind = DNA_KIND_BOOL,
        .dflt = "false",
        .offset = offsetof(dna_param, log_transform),
        .doc = "Learn the natural logarithm; predictions are transformed back."},
    {.key = "tied_to_position",
        .kind = DNA_KIND_BOOL,
        .dflt = "false",
        .offset = offsetof(dna_param, tied_to_position),
        .doc =
            "The parameter is a position, moved by transforms that move positions (rotate)."},
    {0}};

const dna_field dna_fields_classification[] = {PARAM_TYPE_ROW,
    {.key = "classes",
        .kind = DNA_KIND_ANY,
        .schema = "anyOf: [{type: integer, minimum: 1, maximum: " MAX_CLASSES "}, "
                  "{type: array, minItems: 1, maxItems: " MAX_CLASSES ", "
                  "items: {type: [string, number, boolean]}}]",
        .is_required = true,
        .doc = "Number of classes, or the list of their labels. "
               "The parameter table holds the class numbers 0, 1, ... in either case."},
    {.key = "n_classes",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .min = 1,
        .doc = "Computed from classes; not to be set by hand."},
    {.key = "loss_func",
        .kind = DNA_KIND_STRING,
        .schema = DNA_DEFINITION("classification_loss"),
        .has_min = true,
        .min = 1,
        .dflt = "Cross Entropy",
        .offset = offsetof(dna_param, loss_func),
        .doc = "The loss, named as for a regression."},
    PARAM_LOSS_WEIGHT_ROW,
    {.key = "class_weights",
        .kind = DNA_KIND_ANY,
        .schema = "anyOf: [{enum: [balanced, none]}, {type: array, minItems: 1, "
                  "maxItems: " MAX_CLASSES ", items: {type: number, minimum: 0}}]",
        .dflt = "balanced",
        .doc =
            "balanced: "
            "cross entropy weighs each class by the inverse of its frequency in the training set, "
            "so that rare classes count as much as common ones. "
            "none: all samples count alike, as in the original program. "
            "A list of numbers: the weight of each class, for Cross Entropy and NLL."},
    {0}};
