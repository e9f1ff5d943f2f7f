/* test_network_predict.c - from samples in memory to values.
 *
 * SPDX-License-Identifier: MIT
 *
 * Truth: the check values of the networks' description, computed with PyTorch in double
 * precision, and the inverse transformations done by hand.
 */
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "popgen/sample_ops.h"
#include "unit/run/small_network.h"

static const double expected[2][2] = {{-1.021330, -3.086717}, {-0.997224, -3.026123}};

static const dna_sample *const *
view(dna_sample *const *samples)
{
    return (const dna_sample *const *)samples;
}

static void
free_samples(dna_sample **samples, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        dna_sample_free(samples[i]);
    }
}

static void
test_raw_outputs_are_the_check_values(void **state)
{
    (void)state;
    dna_network *net = small_network();
    dna_sample *samples[] = {small_sample(0, 4, 20), small_sample(1, 4, 20)};
    dna_predict_options options = {.is_raw = true};
    double out[4];
    int status[2];
    assert_int_equal(dna_network_n_output(net), 2);
    assert_ok(dna_network_predict(net, view(samples), 2, &options, out, status, NULL));
    for (int i = 0; i < 4; i++) {
        assert_int_equal(status[i / 2], DNA_OK);
        assert_near(out[i], expected[i / 2][i % 2], 2e-6);
    }
    free_samples(samples, 2);
    dna_network_free(net);
}

static void
test_values_are_in_natural_units(void **state)
{
    (void)state;
    dna_network *net = small_network();
    dna_sample *samples[] = {small_sample(0, 4, 20)};
    double values[2];
    int status = 1;
    assert_int_equal(dna_network_n_value(net), 2);
    assert_string_equal(dna_network_value_name(net, 1), "b");
    assert_ok(dna_network_predict(net, view(samples), 1, NULL, values, &status, NULL));
    assert_int_equal(status, DNA_OK);
    assert_near(values[0], exp(-1.021330 * 0.5 + 2.5), 1e-5);
    assert_near(values[1], -3.086717 * 3.0 - 1.0, 1e-5);
    assert_true(values[0] == (double)(float)values[0]);
    free_samples(samples, 1);
    dna_network_free(net);
}

static void
test_classes_have_probabilities_and_the_most_probable_one(void **state)
{
    (void)state;
    /* reference of the original: outputs (0.123, 0.1, 0.9) */
    static const char meta[] =
        "{\"format_version\": 1, \"network\": {\"name\": \"MLP\"},"
        " \"input\": {\"n_snp\": 20, \"n_indiv\": 4, \"form\": \"concat\"},"
        " \"learned_params\": [{\"position\": {\"type\": \"regression\"}},"
        " {\"selection\": {\"type\": \"classification\", \"classes\": [\"yes\", \"no\"]}},"
        " {\"t\": {\"type\": \"regression\", \"log_transform\": true}}],"
        " \"position_format\": {\"distance\": false, \"normalized\": true,"
        " \"circular\": false}}";
    static const char *const names[] = {
        "position", "selection_yes", "selection_no", "selection", "t"};
    const float out[] = {0.123f, 0.1f, 0.9f, 0.123f};
    double values[5];
    dna_network *net = network_from_text(meta);
    assert_int_equal(dna_network_n_value(net), 5);
    for (int i = 0; i < 5; i++) {
        assert_string_equal(dna_network_value_name(net, i), names[i]);
    }
    assert_int_equal(dna_network_param_n_class(net, 1), 2);
    assert_int_equal(dna_network_param_n_class(net, 0), 0);
    assert_string_equal(dna_network_param_label(net, 1, 1), "no");
    assert_null(dna_network_param_label(net, 1, 2));
    dna_network_values(net, out, values);
    assert_near(values[0], 0.123, 1e-7);
    assert_near(values[1], 0.3100255, 1e-6);
    assert_near(values[2], 0.6899744, 1e-6);
    assert_near(values[3], 1.0, 0.0);
    assert_near(values[4], exp(0.123), 1e-6);
    dna_network_free(net);
}

static void
test_a_result_does_not_depend_on_its_company(void **state)
{
    (void)state;
    enum { N = 37 };
    dna_network *net = small_network();
    dna_sample *samples[N];
    double together[N][2], threads[N][2], alone[2];
    int status[N];
    for (int64_t i = 0; i < N; i++) { /* of three sizes, mixed */
        samples[i] = small_sample(i, 4 + i % 2, i % 3 == 0 ? 30 : 20);
    }
    dna_predict_options one = {.is_raw = true, .n_thread = 1};
    dna_predict_options three = {.is_raw = true, .n_thread = 3};
    assert_ok(
        dna_network_predict(net, view(samples), N, &one, together[0], status, NULL));
    dna_network *other = small_network();
    assert_ok(
        dna_network_predict(other, view(samples), N, &three, threads[0], status, NULL));
    assert_memory_equal(together, threads, sizeof(together));
    for (int64_t i = 0; i < N; i++) {
        assert_ok(
            dna_network_predict(net, view(samples) + i, 1, &one, alone, status, NULL));
        for (int k = 0; k < 2; k++) { /* batches of one size are computed otherwise */
            assert_near(alone[k], together[i][k], 2e-6);
        }
    }
    free_samples(samples, N);
    dna_network_free(other);
    dna_network_free(net);
}

static void
test_one_bad_sample_does_not_stop_the_others(void **state)
{
    (void)state;
    dna_network *net = small_network();
    dna_sample *samples[] = {small_sample(0, 4, 20), NULL, small_sample(0, 4, 11),
        small_sample(0, 1, 20), small_sample(1, 4, 20)};
    dna_predict_options options = {.is_raw = true, .check_min_sizes = true};
    double out[10];
    int status[5];
    char *messages[5];
    assert_ok(
        dna_network_predict(net, view(samples), 5, &options, out, status, messages));
    assert_int_equal(status[0], DNA_OK);
    assert_int_equal(status[1], DNA_ENOTFOUND);
    assert_int_equal(status[2], DNA_ESHAPE);
    assert_string_equal(messages[2], "11 SNPs, the network's min_snp is 12");
    assert_string_equal(messages[3], "1 individuals, the network's min_indiv is 2");
    assert_int_equal(status[4], DNA_OK);
    assert_near(out[8], expected[1][0], 2e-6);
    free(messages[2]);
    free(messages[3]);
    /* without the check the network itself says what it needs */
    options.check_min_sizes = false;
    assert_ok(
        dna_network_predict(net, view(samples), 5, &options, out, status, messages));
    assert_int_equal(status[2], DNA_ESHAPE);
    assert_non_null(strstr(messages[2], "at least 12"));
    for (int i = 0; i < 5; i++) {
        free(messages[i]);
    }
    free_samples(samples, 5);
    dna_network_free(net);
}

static void
test_positions_are_converted_to_those_of_training(void **state)
{
    (void)state;
    dna_network *net = small_network(); /* normalised, absolute, 1000 bp */
    dna_sample *samples[3] = {NULL};
    dna_array pos = {0};
    double out[3][2];
    int status[3];
    char *messages[3];
    dna_predict_options options = {.is_raw = true};
    int64_t n = 20;

    samples[0] = small_sample(0, 4, 20);
    assert_ok(dna_array_init(&pos, DNA_I64, 1, &n));
    for (int64_t j = 0; j < n; j++) { /* 50, 100, ... of 1000 */
        dna_array_set(&samples[0]->pos, j, 0.05 * (double)(j + 1));
        dna_array_set(&pos, j, (double)(50 * (j + 1)));
    }
    const dna_position_format bp = {0, 0, 0, 0, (double)NAN};
    assert_ok(dna_sample_new(&samples[1], &samples[0]->snp, &pos, &bp, "bp"));
    for (int64_t j = 0; j < n; j++) {
        dna_array_set(&pos, j, 100.0); /* distances of 100 in 2000 bp: the same */
    }
    const dna_position_format distances = {1, 0, 0, 2000, (double)NAN};
    assert_ok(dna_sample_new(&samples[2], &samples[0]->snp, &pos, &distances, "gaps"));
    assert_ok(
        dna_network_predict(net, view(samples), 3, &options, out[0], status, NULL));
    for (int i = 1; i < 3; i++) {
        assert_int_equal(status[i], DNA_OK);
        assert_near(out[i][0], out[0][0], 1e-6);
        assert_near(out[i][1], out[0][1], 1e-6);
    }
    /* a network that does not know its chromosome asks for the size */
    net->format.chromosome_size = 0;
    assert_ok(
        dna_network_predict(net, view(samples), 3, &options, out[0], status, messages));
    assert_int_equal(status[1], DNA_EARG);
    assert_non_null(strstr(messages[1], "--chromosome-size"));
    assert_int_equal(status[2], DNA_OK);
    free(messages[1]);
    dna_array_clear(&pos);
    free_samples(samples, 3);
    dna_network_free(net);
}

static void
test_samples_without_positions_are_refused_by_a_network_that_needs_them(void **state)
{
    (void)state;
    dna_network *net = small_network();
    dna_sample *with = small_sample(0, 4, 20);
    dna_array floats = {0};
    dna_sample *samples[1] = {NULL};
    double out[2];
    int status = 0;
    char *message = NULL;
    assert_ok(dna_array_init(&floats, DNA_F32, 2, (const int64_t[]){4, 20}));
    assert_ok(dna_sample_new(&samples[0], &floats, NULL, NULL, "no positions"));
    assert_ok(dna_network_predict(net, view(samples), 1, NULL, out, &status, &message));
    assert_int_equal(status, DNA_EARG);
    assert_string_equal(message, "has no positions, which the network needs");
    free(message);
    dna_array_clear(&floats);
    dna_sample_free(with);
    free_samples(samples, 1);
    dna_network_free(net);
}

static void
test_lack_of_memory_ends_everything_cleanly(void **state)
{
    (void)state;
    dna_sample *samples[] = {small_sample(0, 4, 20), small_sample(0, 4, 11)};
    double out[4];
    int status[2];
    char *messages[2] = {NULL, NULL};
    for_each_oom(i) {
        dna_mem_fail_at(0);
        dna_network *net = small_network();
        dna_mem_fail_at(i);
        int rc =
            dna_network_predict(net, view(samples), 2, NULL, out, status, messages);
        bool has_failed = dna_mem_has_failed();
        bool is_done = oom_done();
        if (rc != (has_failed ? DNA_ENOMEM : DNA_OK)) {
            fail_msg("allocation %lld: %s", (long long)i, dna_status_name(rc));
        }
        free(messages[0]);
        free(messages[1]);
        dna_network_free(net);
        if (is_done) {
            break;
        }
    }
    free_samples(samples, 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_raw_outputs_are_the_check_values),
        cmocka_unit_test(test_values_are_in_natural_units),
        cmocka_unit_test(test_classes_have_probabilities_and_the_most_probable_one),
        cmocka_unit_test(test_a_result_does_not_depend_on_its_company),
        cmocka_unit_test(test_one_bad_sample_does_not_stop_the_others),
        cmocka_unit_test(test_positions_are_converted_to_those_of_training),
        cmocka_unit_test(
            test_samples_without_positions_are_refused_by_a_network_that_needs_them),
        cmocka_unit_test(test_lack_of_memory_ends_everything_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
