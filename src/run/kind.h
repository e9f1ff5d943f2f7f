/* kind.h - the kinds of config files: which table, which checks, how to tell them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_RUN_KIND_H
#define DNA_RUN_KIND_H

#include "config/tables.h"

typedef struct dna_config_kind {
    const char *name;  /* "training" */
    const char *title; /* "Training config of dnadna" */
    const dna_field *fields;
    const dna_field *also; /* keys that are known and left alone; NULL: none */
    bool is_model, is_training, is_simulation;
    int (*check)(dna_arena *a, dna_value *v, dna_log *log);
} dna_config_kind;

/** i-th kind, NULL past the end. */
const dna_config_kind *dna_config_kind_at(int64_t i);
/** By name; DNA_ENOTFOUND with the names there are. */
int dna_config_kind_find(const dna_config_kind **out, const char *name) DNA_MUST_CHECK;
/** What a config (inheritance resolved) seems to be by its keys; DNA_EARG if nothing
 * tells it. A config with a key that only training reads is a training config. */
int dna_config_kind_detect(
    const dna_config_kind **out, const dna_value *config) DNA_MUST_CHECK;
/** All checks that need neither data nor files; defaults are filled in. */
int dna_config_kind_check(const dna_config_kind *kind, dna_arena *a, dna_value *config,
    dna_log *log) DNA_MUST_CHECK;

#endif
