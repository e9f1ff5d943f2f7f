/* test_config.c - resolved configs and schemas through the library.
 *
 * SPDX-License-Identifier: MIT
 *
 * What they hold is compared with another validator in tests/e2e/schema.py; here are the
 * pieces by hand, and memory that runs out.
 */
#include "support/arena_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "dnadna/run.h"
#include "io/json.h"
#include "io/yaml.h"
#include "run/kind.h"

/* The schema of a kind, read back. */
static const dna_value *
schema_of(const char *kind)
{
    char *text = NULL;
    size_t n = 0;
    dna_value *v = NULL;
    FILE *f = open_memstream(&text, &n);
    assert_non_null(f);
    assert_ok(dna_run_schema(kind, f));
    assert_int_equal(fclose(f), 0);
    assert_ok(dna_json_parse(&v, arena, text, n, NULL));
    free(text);
    return v;
}

/* The value at a path is what the YAML text says. */
static void
assert_at(const dna_value *schema, const char *path, const char *expected)
{
    dna_value *v = NULL;
    const dna_value *found = dna_value_get_path(schema, path);
    assert_ok(dna_yaml_parse(&v, arena, expected, strlen(expected), NULL));
    if (found == NULL || !dna_value_equal(found, v)) {
        fail_msg("%s is not %s", path, expected);
    }
}

static void
test_rows_become_keywords(void **state)
{
    (void)state;
    const dna_value *s = schema_of("training");
    assert_at(s, "properties.batch_size.type", "integer");
    assert_at(s, "properties.batch_size.minimum", "1");
    assert_at(s, "properties.batch_size.default", "1");
    assert_at(s, "properties.n_epochs.maximum", "1000000");
    assert_at(s, "properties.seed.type", "[integer, 'null']");
    assert_at(s, "properties.use_cuda.type", "boolean");
    assert_at(s, "properties.random_transforms_in_validation.enum", "[fixed, fresh]");
    assert_at(s, "properties.model_name.minLength", "1");
    assert_at(s, "properties.train_mean.additionalProperties.type", "number");
    assert_at(s, "properties.dataset_splits.additionalProperties", "false");
    assert_at(s, "properties.dataset_splits.properties.training.exclusiveMinimum", "0");
    assert_at(s, "properties.dataset_splits.properties.training.exclusiveMaximum", "1");
    assert_at(s, "properties.dataset_splits.properties.test.minimum", "0");
    assert_at(
        s, "properties.dataset.properties.data_source.properties.keys.minItems", "2");
    assert_at(s, "else.required", "[model_name, dataset, learned_params]");
    const dna_value *spared = dna_value_get_path(s, "else.allOf");
    assert_int_equal(spared->n, 2);
    assert_at(spared->items[0], "anyOf",
        "[{required: [dataset_splits]}, {required: [fresh_samples], properties: {fresh_samples: {type: object}}}]");
    assert_at(s, "properties.fresh_samples.type", "[object, 'null']");
    assert_at(
        s, "else.properties.dataset_splits.else.required", "[training, validation]");
    assert_at(s, "if", "{required: [inherit]}");
    assert_at(s, "definitions.network_SPIDNA.properties.n_blocks.minimum", "1");
    assert_at(
        s, "definitions.optimizer_Adam.properties.betas.items.exclusiveMaximum", "1");
    assert_null(dna_value_get_path(s, "required"));
    assert_null(dna_value_get_path(s, "$id"));
    s = schema_of("training-run");
    assert_at(
        s, "else.required", "[model_name, dataset, learned_params, run_id, run_name]");
    /* keys of training are known in a preprocessing config, and left alone */
    s = schema_of("preprocessing");
    assert_non_null(dna_value_get_path(s, "properties.n_epochs.description"));
    assert_int_equal(dna_value_get_path(s, "properties.n_epochs")->n, 1);
    FILE *f = tmpfile();
    assert_non_null(f);
    assert_fails(dna_run_schema("trainin", f), DNA_ENOTFOUND,
        "\"trainin\" is no kind of config, there are: dataset, simulation, ");
    fclose(f);
}

static void
assert_kind(const char *text, const char *name)
{
    const dna_config_kind *kind = NULL;
    dna_value *v = NULL;
    assert_ok(dna_yaml_parse(&v, arena, text, strlen(text), NULL));
    assert_ok(dna_config_kind_detect(&kind, v));
    assert_string_equal(kind->name, name);
}

static void
test_kinds_are_seen_from_keys(void **state)
{
    (void)state;
    assert_kind("{data_root: ., n_scenarios: 3}", "dataset");
    assert_kind("{data_source: {}, simulator_name: null}", "dataset");
    assert_kind("{data_root: ., simulator_name: x}", "simulation");
    assert_kind("{simulator_name: x}", "simulation");
    assert_kind("{model_name: m, dataset: {}}", "preprocessing");
    assert_kind("{model_name: m, n_epochs: 3}", "training");
    assert_kind("{network: {}}", "training");
    assert_kind("{model_name: m, n_epochs: 3, run_name: null}", "training");
    assert_kind("{model_name: m, run_name: r}", "training-run");
    assert_kind("{training_datetime: r}", "training-run");
    const dna_config_kind *kind = NULL;
    dna_value *v = NULL;
    assert_ok(dna_yaml_parse(&v, arena, "{a: 1}", 6, NULL));
    assert_fails(dna_config_kind_detect(&kind, v), DNA_EARG, "--kind does: dataset");
}

#define CONFIG                                                                         \
    "model_name: m\ndataset: {data_root: ., dataset_name: d, data_source: {format: "   \
    "dnadna}}\n"                                                                       \
    "learned_params: {t: {type: regression}, c: {type: classification, classes: 2}}\n" \
    "dataset_splits: {training: 0.5, validation: 0.5}\npreprocessing: {}\n"            \
    "network: {name: MLP}\noptimizer: {params: {learning_rate: 1}}\n"                  \
    "dataset_transforms: [crop, {snp_format: concat}]\n"

static void
test_memory_running_out_is_an_error(void **state)
{
    (void)state;
    const char *path = test_path("oom.yml");
    static const char *const set[] = {"batch_size=3"};
    assert_ok(dna_atomic_write(path, CONFIG, strlen(CONFIG)));
    for_each_oom(i) {
        dna_config_options o = {.config = path, .overrides = set, .n_override = 1};
        FILE *f = tmpfile();
        assert_non_null(f);
        int rc = dna_run_config(&o, f);
        if (rc == DNA_OK) {
            rc = dna_run_schema("training", f);
        }
        fclose(f);
        if (rc != DNA_OK && (rc != DNA_ENOMEM || !dna_mem_has_failed())) {
            fail_msg("%lld: %s", (long long)i, dna_message());
        }
        if (oom_done()) {
            assert_int_equal(rc, DNA_OK);
            break;
        }
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_rows_become_keywords),
        T(test_kinds_are_seen_from_keys),
        cmocka_unit_test(test_memory_running_out_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
