/* override.h - settings of the command line (--set a.b=value) that go before a config.
 *
 * SPDX-License-Identifier: MIT
 *
 * They act on a config whose inheritance is resolved, before checks and defaults:
 *
 *     DNA_TRY(dna_config_load(&config, arena, path));
 *     DNA_TRY(dna_overrides_read(&overrides, arena, texts, n));
 *     DNA_TRY(dna_overrides_apply(config, arena, overrides, n));
 *     DNA_TRY(dna_config_check_training(arena, config, log));
 *
 * The value is YAML (nothing: null) and takes the place of the whole old one: mappings
 * are not merged. Parts of the key, divided by dots, are keys of mappings, numbers of
 * list entries from 0, or the name of an entry in a list of one-entry mappings
 * (learned_params, dataset_transforms). Where keys themselves have dots, the longest
 * one that is there counts. Mappings that are missing on the way are made; lists do
 * not grow.
 *
 * Values and mappings made here have `option` set: messages then name the option
 * instead of a file, an unknown key is an error, and relative paths are relative to the
 * current directory.
 */
#ifndef DNA_CONFIG_OVERRIDE_H
#define DNA_CONFIG_OVERRIDE_H

#include "base/value.h"

typedef struct {
    const char *key; /* "optimizer.params.lr" */
    dna_value *value;
} dna_override;

/** Read texts "key=value". DNA_EARG for a text without "=", an empty part of a key, or
 * `inherit`, whose time is over; DNA_EFORMAT for a value that is no YAML. */
int dna_overrides_read(dna_override **out, dna_arena *arena, const char *const *texts,
    int64_t n) DNA_MUST_CHECK;
/** Put them into a config, in order. DNA_EARG for a key that leads through a number or
 * a text, DNA_ENOTFOUND for a list entry that is not there. */
int dna_overrides_apply(dna_value *config, dna_arena *arena,
    const dna_override *overrides, int64_t n) DNA_MUST_CHECK;
/** The parts of a config that were overridden, as a layer that gives them again when it
 * is merged over the config that was overridden: mappings that were given as a whole
 * get a "!", lists are whole. An empty mapping if there are none. */
int dna_overrides_collect(
    dna_value **out, dna_arena *arena, const dna_value *config) DNA_MUST_CHECK;

#endif
