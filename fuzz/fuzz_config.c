/* fuzz_config.c - any bytes as a config: read, write, read again, merge, check.
 *
 * SPDX-License-Identifier: MIT
 *
 * No file is touched: `inherit` is not resolved and paths are left as they are. What
 * was read must be written such that it reads back as the same tree, in YAML and in
 * JSON.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/tables.h"
#include "io/json.h"
#include "io/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_WRITTEN ((size_t)8 << 20)

static void
check_round_trip(dna_arena *arena, const dna_value *v)
{
    dna_value *again = NULL;
    dna_str s;

    dna_str_init(&s, MAX_WRITTEN);
    if (dna_yaml_write(&s, v, NULL) == DNA_OK
        && (dna_yaml_parse(&again, arena, dna_str_text(&s), s.len, NULL) < 0
            || !dna_value_equal(v, again))) {
        abort();
    }
    dna_str_clear(&s);
    dna_str_init(&s, MAX_WRITTEN);
    if (dna_json_write(&s, v, 2) == DNA_OK
        && (dna_json_parse(&again, arena, dna_str_text(&s), s.len, NULL) < 0
            || !dna_value_equal(v, again))) {
        abort();
    }
    dna_str_clear(&s);
}

static void
check_tables(dna_arena *arena, dna_value *v)
{
    const dna_field *const tables[] = {
        dna_fields_training, dna_fields_dataset, dna_fields_training_run};
    dna_param *params = NULL;
    int64_t n = 0;
    dna_value *layers[2] = {v, NULL};
    dna_value *merged = NULL;

    if (v->type == DNA_MAP && dna_config_template_training(&layers[1], arena) == DNA_OK
        && dna_config_merge(&merged, arena, layers, 2) == DNA_OK) {
        check_round_trip(arena, merged);
        (void)!dna_config_check_with(
            arena, merged, tables[0], "", NULL, DNA_CHECK_KEEP_PATHS);
    }
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        dna_value *copy = dna_value_copy(arena, v);
        if (copy != NULL
            && dna_config_check_with(
                   arena, copy, tables[i], "", NULL, DNA_CHECK_KEEP_PATHS)
                   == DNA_OK) {
            check_round_trip(arena, copy);
            dna_config_notices(copy, NULL);
        }
    }
    dna_value *learned = dna_value_get(v, "learned_params");
    if (dna_params_read(&params, &n, arena, learned, NULL, 0, NULL) == DNA_OK
        && dna_params_to_value(&learned, arena, params, n) == DNA_OK) {
        check_round_trip(arena, learned);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dna_arena *arena = NULL;
    dna_value *v = NULL;
    const char *text = size > 0 ? (const char *)data : "";

    if (dna_arena_new(&arena) < 0) {
        return 0;
    }
    if (dna_json_parse(&v, arena, text, size, NULL) == DNA_OK) {
        check_tables(arena, v);
    }
    if (dna_yaml_parse(&v, arena, text, size, NULL) == DNA_OK) {
        check_round_trip(arena, v);
        check_tables(arena, v);
    }
    dna_arena_free(arena);
    return 0;
}
