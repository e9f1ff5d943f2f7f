/* test_tables.c - whole configs of each kind, as the original's users have them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/log_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
#include "config/config.h"
#include "config/tables.h"

static dna_value *
loaded(const char *path)
{
    dna_value *v = NULL;
    assert_ok(dna_config_load(&v, arena, path));
    return v;
}

static dna_value *
parsed(const char *text)
{
    dna_value *v = NULL;
    assert_ok(dna_config_parse(&v, arena, text, "t.yml", test_dir()));
    return v;
}

static const char *
text_at(const dna_value *v, const char *dotted)
{
    const char *text = dna_value_as_text(dna_value_get_path(v, dotted));
    assert_non_null(text);
    return text;
}

/* a simulation config, a preprocessing config and a training config of the original */
static const char simulation_yml[] =
    "simulator_name: one_event\n"
    "plugins: [dnadna.examples.one_event]\n"
    "data_root: .\n"
    "dataset_name: demo\n"
    "scenario_params_path: demo_params.csv\n"
    "data_source:\n"
    "    format: dnadna\n"
    "    filename_format: \"scenario_{scenario}/{dataset_name}_{scenario}_{replicate}.npz\"\n"
    "n_scenarios: 20\n"
    "n_replicates: 2\n"
    "n_samples: 50\n"
    "segment_length: 2.0e+6\n"
    "tmax: 100000\n"
    "tmin: 2000\n"
    "generation_time: 25\n"
    "recombination_rate: 1.0e-8\n"
    "mutation_rate: 1.0e-8\n"
    "n_min: 3.6989700043360187\n"
    "n_max: 4.698970004336019\n"
    "seed: 2\n";

static const char preprocessing_yml[] =
    "model_root: .\n"
    "model_name: demo\n"
    "dataset:\n"
    "    inherit: ../data/demo_simulation_config.yml\n"
    "learned_params:\n"
    "    event_time: {type: regression, log_transform: true}\n"
    "    recent_size: {type: regression, log_transform: true, loss_weight: 0.5}\n"
    "    selection: {type: classification, classes: [\"no\", \"yes\"]}\n"
    "dataset_splits: {training: 0.7, validation: 0.2, test: 0.1}   # see gaps\n"
    "preprocessing:\n"
    "    min_snp: 500\n"
    "    min_indiv: 20\n"
    "    seed: 11\n"
    "    n_workers: 4\n";

static const char training_yml[] =
    "model_filename_format: '{model_name}_{run_name}_{checkpoint}_net.pth'\n"
    "run_name_format: run_{run_id}\n"
    "network:\n"
    "    name: SPIDNA\n"
    "    params: {n_blocks: 7, n_features: 50}\n"
    "optimizer:\n"
    "    name: Adam\n"
    "    params: {learning_rate: 0.001, weight_decay: 0, betas: [0.9, 0.999], eps: 1.0e-08, amsgrad: false}\n"
    "dataset:\n"
    "    scenario_params_path: demo_preprocessed_params.csv\n"
    "dataset_transforms:\n"
    "-   subsample: {size: 30, keep_polymorphic_only: true}\n"
    "-   crop: {max_snp: 400, max_indiv: null, keep_polymorphic_only: true}\n"
    "-   snp_format: concat\n"
    "-   validate_snp: {uniform_shape: false}\n"
    "n_epochs: 5\n"
    "batch_size: 20\n"
    "evaluation_interval: 10\n"
    "loader_num_workers: 4\n"
    "use_cuda: true\n"
    "cuda_device: null\n"
    "seed: 2\n"
    "learned_params:\n"
    "-   event_time: {type: regression, log_transform: true, loss_func: MSE, loss_weight: 1, tied_to_position: false}\n"
    "-   selection: {type: classification, classes: ['no', 'yes'], n_classes: 2, loss_func: Cross Entropy, loss_weight: 1}\n"
    "train_mean: {event_time: 7.35}\n"
    "train_std: {event_time: 0.81}\n"
    "dnadna_version: 1.0.0rc1\n"
    "preprocessing_datetime: '2022-05-16T10:00:00.000000+00:00'\n"
    "inherit: demo_preprocessing_config.yml\n";

static const char *
write_configs(void)
{
    (void)mkdir(test_path("data"), 0700);
    (void)mkdir(test_path("model"), 0700);
    write_text("data/demo_simulation_config.yml", simulation_yml);
    write_text("model/demo_preprocessing_config.yml", preprocessing_yml);
    return write_text("model/demo_training_config.yml", training_yml);
}

static void
test_configs_of_the_original_pass_unchanged(void **state)
{
    (void)state;
    write_configs();
    dna_value *v = loaded(test_path("data/demo_simulation_config.yml"));
    assert_ok(dna_config_check_dataset(arena, v, log_));
    assert_string_equal(text_at(v, "data_root"), test_path("data"));
    assert_string_equal(lines, ""); /* keys of the simulator are not unknown */
}

static void
test_paths_belong_to_the_file_that_supplied_them(void **state)
{
    (void)state;
    const char *training = write_configs();
    dna_value *v = loaded(training);
    assert_ok(dna_config_check_training(arena, v, log_));
    assert_string_equal(lines, ""); /* nothing unknown, nothing doubtful */
    assert_string_equal(text_at(v, "model_root"), test_path("model"));
    assert_string_equal(text_at(v, "dataset.data_root"), test_path("data"));
    assert_string_equal(text_at(v, "dataset.scenario_params_path"),
        test_path("model/demo_preprocessed_params.csv"));
    assert_string_equal(text_at(v, "model_filename_format"),
        "{model_name}_{run_name}_{checkpoint}_net.pth");
    assert_int_equal(dna_value_get_path(v, "preprocessing.min_snp")->integer, 500);
    assert_string_equal(text_at(v, "preprocessing.nan_targets"), "keep");
    assert_int_equal(dna_value_get(v, "learned_params")->type, DNA_LIST);
}

static void
test_preprocessing_config(void **state)
{
    (void)state;
    write_configs();
    dna_value *v = loaded(test_path("model/demo_preprocessing_config.yml"));
    assert_ok(dna_config_check_preprocessing(arena, v, log_));
    assert_string_equal(lines, ""); /* 0.7 + 0.2 + 0.1 is 1 */
    assert_null(dna_value_get_path(v, "dataset_splits.unused"));
    assert_string_equal(
        text_at(v, "dataset.scenario_params_path"), test_path("data/demo_params.csv"));
}

#define DATASET                                                    \
    "data_root: .\ndataset_name: d\nscenario_params_path: p.csv\n" \
    "data_source: {format: dnadna}\n"
#define MODEL                                                                     \
    "model_name: m\nlearned_params: {p: {type: regression}}\npreprocessing: {}\n" \
    "dataset: {data_root: ., dataset_name: d, data_source: {format: dnadna}}\n"

static void
test_defaults_of_each_kind(void **state)
{
    (void)state;
    dna_value *v = parsed(DATASET);
    assert_ok(dna_config_check_dataset(arena, v, log_));
    assert_string_equal(text_at(v, "data_source.filename_format"),
        "scenario_{scenario}/{dataset_name}_{scenario}_{replicate}.npz");
    assert_string_equal(
        dna_value_get_path(v, "data_source.keys")->items[1]->text, "POS");
    assert_false(dna_value_get(v, "ignore_missing")->boolean);
    assert_false(dna_value_get(v, "cache_validation_set")->boolean);

    v = parsed(MODEL "dataset_splits: {training: 0.7, validation: 0.3}\n");
    assert_ok(dna_config_check_training(arena, v, log_));
    assert_string_equal(text_at(v, "network.name"), "CustomCNN");
    assert_string_equal(text_at(v, "optimizer.name"), "Adam");
    assert_int_equal(dna_value_get_path(v, "optimizer.params")->type, DNA_MAP);
    assert_int_equal(dna_value_get(v, "dataset_transforms")->type, DNA_LIST);
    static const char *const ones[] = {"n_epochs", "evaluation_interval", "batch_size"};
    for (int64_t i = 0; i < DNA_COUNT(ones); i++) {
        assert_int_equal(dna_value_get(v, ones[i])->integer, 1);
    }
    assert_int_equal(dna_value_get(v, "loader_num_workers")->integer, 0);
    assert_string_equal(text_at(v, "model_filename_format"),
        "{model_name}_{run_name}_{checkpoint}_net.safetensors");
    assert_string_equal(text_at(v, "run_name_format"), "run_{run_id}");
    assert_string_equal(text_at(v, "random_transforms_in_validation"), "fixed");
    assert_string_equal(text_at(v, "model_root"), test_dir());
    assert_true(dna_value_is_null(dna_value_get(v, "seed")));
    assert_true(dna_value_is_null(dna_value_get_path(v, "preprocessing.min_snp")));
    assert_int_equal(dna_value_get_path(v, "preprocessing.n_workers")->integer, 0);
    assert_string_equal(lines, "");

    v = parsed(MODEL "dataset_splits: {training: 0.7, validation: 0.3}\n"
                     "network: {params: {n_blocks: 7, n_features: 50}}\n");
    assert_ok(dna_config_check_training(arena, v, log_));
    assert_string_equal(text_at(v, "network.name"), "SPIDNA"); /* as in the original */
}

static int
check_model(const char *more, bool is_training)
{
    char text[2048];
    snprintf(text, sizeof(text), "%s%s%s", MODEL,
        strstr(more, "dataset_splits") != NULL
            ? ""
            : "dataset_splits: {training: 0.7, validation: 0.3}\n",
        more);
    dna_value *v = parsed(text);
    return is_training ? dna_config_check_training(arena, v, log_)
                       : dna_config_check_preprocessing(arena, v, log_);
}

static void
test_splits_add_up(void **state)
{
    (void)state;
    dna_value *v = parsed(
        MODEL "dataset_splits: {training: 0.25, validation: 0.25, unused: 0.125}");
    assert_ok(dna_config_check_preprocessing(arena, v, log_));
    assert_true(dna_value_get_path(v, "dataset_splits.unused")->number == 0.5);
    assert_non_null(strstr(lines,
        "dataset_splits: the proportions add up to 0.625; the rest, 0.375, is added to unused"));
    assert_fails(check_model("dataset_splits: {training: 0.7, validation: 0.5}", false),
        DNA_EARG, "dataset_splits: the proportions add up to 1.2, more than 1");
    assert_fails(check_model("dataset_splits: {training: 1.5, validation: 0.5}", false),
        DNA_EARG, "dataset_splits.training: 1.5 is not below 1");
    assert_fails(check_model("dataset_splits: {training: 0, validation: 0.5}", false),
        DNA_EARG, "dataset_splits.training: 0 is not above 0");
    assert_fails(check_model("dataset_splits: {training: 0.5}", false), DNA_EARG,
        "dataset_splits.validation: is required but missing");
    assert_fails(
        check_model("dataset_splits: {training: 0.5, validation: 0.5, tset: 0}", false),
        DNA_EARG, "dataset_splits.tset: unknown key; did you mean \"test\"");
    assert_ok(check_model(
        "dataset_splits: {training: 0.9, validation: 0.1, test: 0}", false));
}

static void
test_training_keys_are_checked(void **state)
{
    (void)state;
    assert_ok(check_model("run_id: 5\nrun_name: x\n", true));
    assert_ok(check_model("run_id: abc\n", true));
    assert_fails(check_model("run_id: [1]\n", true), DNA_EARG, "run_id: a list of 1");
    assert_fails(check_model("run_id: -1\n", true), DNA_EARG, "run_id: -1 is not");
    assert_fails(check_model("model_filename_format: '{model_name}.pth'\n", true),
        DNA_EARG, "lacks the field {checkpoint}");
    assert_ok(check_model("model_filename_format: '{checkpoint:>9}.pth'\n", true));
    assert_fails(check_model("run_name_format: r_1\n", true), DNA_EARG,
        "run_name_format: 3 letters are not at least 4");
    assert_fails(check_model("batch_size: 0\n", true), DNA_EARG,
        "batch_size: 0 is not at least 1");
    assert_fails(
        check_model("seed: -1\n", true), DNA_EARG, "seed: -1 is not at least 0");
    /* a folder is only needed by who writes there: a run may be moved and predict */
    assert_ok(check_model("model_root: nowhere\n", false));
    assert_fails(
        dna_config_check_preprocessing(arena,
            parsed("{model_name: m, learned_params: {p: {type: regression}}, "
                   "dataset: {data_root: ., dataset_name: d, data_source: {format: "
                   "dnadna}}, dataset_splits: {training: 0.5, validation: 0.5}, "
                   "preprocessing: {seed: 5000000000}}"),
            log_),
        DNA_EARG, "preprocessing.seed: 5000000000 is not at most 4294967295");
    lines[0] = '\0';
    assert_ok(check_model("optimiser: {name: SGD}\n", true));
    assert_non_null(
        strstr(lines, "optimiser: unknown key, ignored; did you mean \"optimizer\""));
    dna_value *v =
        parsed(MODEL "dataset_splits: {training: 0.7, validation: 0.3}\nrun_id: 1\n");
    assert_fails(dna_config_check_training_run(arena, v, log_), DNA_EARG,
        "run_name: is required but missing");
    v = parsed(MODEL "dataset_splits: {training: 0.7, validation: 0.3}\n"
                     "run_id: null\nrun_name: r\n");
    assert_fails(dna_config_check_training_run(arena, v, log_), DNA_EARG, "run_id: ");
    v = parsed(MODEL "dataset_splits: {training: 0.7, validation: 0.3}\n"
                     "run_id: 0\nrun_name: run_000\n");
    assert_ok(dna_config_check_training_run(arena, v, log_));
}

static void
test_dataset_mistakes(void **state)
{
    (void)state;
    assert_fails(dna_config_check_dataset(arena, parsed("dataset_name: x"), log_),
        DNA_EARG, "data_root: is required but missing");
    assert_fails(
        dna_config_check_dataset(arena,
            parsed("{data_root: ., dataset_name: d, data_source: {format: vcf}}"),
            log_),
        DNA_EARG, "data_source.format: \"vcf\" is not one of dnadna");
    assert_fails(
        dna_config_check_dataset(arena,
            parsed(
                "{data_root: ., dataset_name: d, data_source: {format: dnadna, keys: [SNP]}}"),
            log_),
        DNA_EARG, "data_source.keys: has 1 entry, not 2");
    assert_fails(dna_config_check_dataset(arena,
                     parsed(DATASET "position_format: {chromosome_size: 0}"), log_),
        DNA_EARG, "position_format.chromosome_size: 0 is not at least 1");
    lines[0] = '\0';
    assert_ok(dna_config_check_dataset(arena, parsed(DATASET "tmax: 5\n"), log_));
    assert_non_null(strstr(lines, "tmax: unknown key"));
}

static void
test_position_format_is_read_at_both_places(void **state)
{
    (void)state;
    int distance = 0;
    int normalized = 0;
    int circular = 0;
    int64_t size = 7;
    double initial = 0;
    dna_value *v = parsed(DATASET);
    assert_ok(dna_config_check_dataset(arena, v, log_));
    assert_int_equal(dna_config_position_format(
                         v, &distance, &normalized, &circular, &size, &initial),
        0);
    assert_int_equal(distance, -1);
    assert_int_equal(normalized, -1);
    assert_int_equal(circular, -1);
    assert_int_equal(size, 0);
    assert_true(isnan(initial));

    v = parsed("{data_root: ., dataset_name: d, data_source: {format: dnadna, "
               "position_format: {normalized: no, chromosome_size: 2000000}}, "
               "position_format: {normalized: yes, distance: on, circular: null, "
               "initial_position: 5}}");
    assert_ok(dna_config_check_dataset(arena, v, log_));
    assert_int_equal(dna_config_position_format(
                         v, &distance, &normalized, &circular, &size, &initial),
        4);
    assert_int_equal(distance, 1);
    assert_int_equal(normalized, 0);
    assert_int_equal(circular, -1);
    assert_int_equal(size, 2000000);
    assert_true(initial == 5);
    assert_non_null(strstr(lines,
        "position_format.normalized differs from data_source.position_format.normalized"));
    assert_null(strstr(lines, "chromosome_size"));
}

static void
notices_of(const char *text)
{
    dna_value *v = parsed(text);
    lines[0] = '\0';
    dna_config_notices(v, log_);
}

static void
test_notices(void **state)
{
    (void)state;
    notices_of(
        "{plugins: [dnadna.examples.one_event], dataset: {plugins: [dnadna.examples.one_event]}, use_cuda: no, cuda_device: null}");
    assert_string_equal(lines, "");
    notices_of("use_cuda: yes\ncuda_device: 1\n");
    assert_string_equal(
        strstr(lines, "t.yml"), "t.yml:1: use_cuda: CPU only, no GPU is used\n");
    notices_of("{cuda_device: 0}");
    assert_non_null(strstr(lines, "cuda_device: CPU only"));
    notices_of(
        "plugins: [my_net.py]\ndataset: {plugins: [my_net.py, sim], simulator_name: s}\n");
    assert_non_null(strstr(
        lines, "t.yml:2: plugins: my_net.py is Python and is not run; the files"));
    assert_non_null(strstr(lines, "sim is Python and is not run"));
    assert_null(strstr(lines, "t.yml:1:"));
    notices_of("plugins: [my_net.py]\n");
    assert_non_null(strstr(lines, "use a built-in network"));
    notices_of("plugins: null\n");
    assert_string_equal(lines, "");
    dna_config_notices(NULL, log_);
    dna_value *v = parsed(MODEL "dataset_splits: {training: 0.7, validation: 0.3}\n");
    assert_ok(dna_config_check_training(arena, v, log_));
    lines[0] = '\0';
    dna_config_notices(v, log_);
    assert_string_equal(lines, ""); /* defaults were given by nobody */
}

static void
test_templates_pass_their_own_checks(void **state)
{
    (void)state;
    dna_value *v = NULL;
    assert_ok(dna_config_template_dataset(&v, arena));
    assert_string_equal(text_at(v, "dataset_name"), "generic");
    assert_ok(dna_config_check_dataset(arena, v, log_));
    assert_ok(dna_config_template_preprocessing(&v, arena));
    assert_true(dna_value_get_path(v, "dataset_splits.training")->number == 0.7);
    assert_int_equal(
        dna_value_get_path(v, "learned_params.param2.classes")->integer, 2);
    assert_int_equal(dna_value_get_path(v, "preprocessing.n_workers")->integer, 2);
    assert_int_equal(dna_value_get_path(v, "preprocessing.min_snp")->integer, 1);
    assert_ok(dna_config_check_preprocessing(arena, v, log_));
    assert_ok(dna_config_template_training(&v, arena));
    assert_string_equal(text_at(v, "network.name"), "CustomCNN");
    assert_int_equal(dna_value_get(v, "batch_size")->integer, 8);
    assert_int_equal(dna_value_get(v, "dataset_transforms")->n, 3);
    assert_string_equal(text_at(v, "model_name"), "default");
    assert_ok(dna_config_check_training(arena, v, log_));
    dna_config_notices(v, log_);
    assert_string_equal(lines, "");
}

/* --- every row is documented --------------------------------------------------------
 */

static void
assert_documented(const dna_field *fields, const char *text)
{
    for (const dna_field *f = fields; f->key != NULL; f++) {
        char quoted[80];
        char dotted[80];
        assert_non_null(f->doc);
        assert_true(f->doc[strlen(f->doc) - 1] == '.');
        snprintf(quoted, sizeof(quoted), "`%s`", f->key);
        snprintf(dotted, sizeof(dotted), ".%s`", f->key);
        if (strstr(text, quoted) == NULL && strstr(text, dotted) == NULL) {
            fail_msg("docs/config.md does not tell of \"%s\"", f->key);
        }
        if (f->kind == DNA_KIND_MAP) {
            assert_documented(f->fields, text);
        }
    }
}

static void
test_the_documentation_tells_of_every_key(void **state)
{
    (void)state;
    unsigned char *text = NULL;
    size_t n = 0;
    assert_ok(dna_file_read(source_path("docs/config.md"), 1 << 20, &text, &n));
    const dna_field *const tables[] = {dna_fields_dataset, dna_fields_regression,
        dna_fields_classification, dna_fields_training, dna_fields_training_run};
    for (int64_t i = 0; i < DNA_COUNT(tables); i++) {
        assert_documented(tables[i], (const char *)text);
    }
    dna_free(text);
}

static void
test_written_configs_are_annotated_and_read_back(void **state)
{
    (void)state;
    dna_value *v = loaded(write_configs());
    assert_ok(dna_config_check_training(arena, v, log_));
    const char *path = test_path("final.yml");
    assert_ok(dna_config_write(path, v, dna_fields_training, "A title.", 2));
    assert_true(dna_value_equal(v, loaded(path)));
    unsigned char *text = NULL;
    size_t n = 0;
    assert_ok(dna_file_read(path, 1 << 20, &text, &n));
    assert_int_equal(strncmp((char *)text, "# A title.\n\n# ", 14), 0);
    assert_non_null(strstr((char *)text,
        "\n\n# Samples that are seen between two steps of the optimizer. Default: 1.\n"
        "batch_size: 20\n"));
    assert_non_null(strstr((char *)text,
        "\n  # CNN, MLP, CustomCNN or SPIDNA, also in small letters (custom_cnn). Default:\n"
        "  # SPIDNA.\n"
        "  name: SPIDNA\n"));
    assert_non_null(strstr((char *)text, "classes: ['no', 'yes']"));
    dna_free(text);
    dna_value *again = loaded(path);
    assert_ok(dna_config_check_training(arena, again, log_));
    assert_true(dna_value_equal(v, again));

    path = test_path("final.json");
    assert_ok(dna_config_write(path, v, dna_fields_training, "A title.", 2));
    assert_true(dna_value_equal(v, loaded(path)));
    path = test_path("plain.yml");
    assert_ok(dna_config_write(path, v, NULL, NULL, 0));
    assert_true(dna_value_equal(v, loaded(path)));
    assert_fails(dna_config_write(test_path("no/where.yml"), v, NULL, NULL, 0),
        DNA_ENOTFOUND, "where.yml");
}

static void
test_memory_running_out_is_an_error(void **state)
{
    (void)state;
    const char *training = write_configs();
    const char *path = test_path("oom.yml");
    for_each_oom(i) {
        dna_arena *a = NULL;
        dna_value *v = NULL;
        int rc = dna_arena_new(&a);
        if (rc == DNA_OK) {
            rc = dna_config_load(&v, a, training);
        }
        if (rc == DNA_OK) {
            rc = dna_config_check_training(a, v, NULL);
        }
        if (rc == DNA_OK) {
            rc = dna_config_write(path, v, dna_fields_training, "A title.", 4);
        }
        if (rc == DNA_OK) {
            rc = dna_config_template_training(&v, a);
        }
        /* a comment that found no memory is shorter, and no error */
        if (rc != DNA_OK && (rc != DNA_ENOMEM || !dna_mem_has_failed())) {
            fail_msg("%lld: %s", (long long)i, dna_message());
        }
        dna_arena_free(a);
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
        T(test_configs_of_the_original_pass_unchanged),
        T(test_paths_belong_to_the_file_that_supplied_them),
        T(test_preprocessing_config),
        T(test_defaults_of_each_kind),
        T(test_splits_add_up),
        T(test_training_keys_are_checked),
        T(test_dataset_mistakes),
        T(test_position_format_is_read_at_both_places),
        T(test_notices),
        T(test_templates_pass_their_own_checks),
        T(test_the_documentation_tells_of_every_key),
        T(test_written_configs_are_annotated_and_read_back),
        cmocka_unit_test(test_memory_running_out_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
