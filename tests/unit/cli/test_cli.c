/* test_cli.c - exit statuses and where words go, for lines that do no work.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"

static char out_text[65536], err_text[16384];

/* Run the program's main with standard output and error going to files. */
static int
run(const char *line)
{
    char copy[512];
    char *argv[32];
    int argc = 0;
    const char *paths[2] = {test_path("out"), test_path("err")};
    FILE *streams[2] = {stdout, stderr};
    char *texts[2] = {out_text, err_text};
    const size_t sizes[2] = {sizeof(out_text), sizeof(err_text)};
    int saved[2];

    snprintf(copy, sizeof(copy), "dnadna %s", line);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
        argv[argc++] = word;
    }
    for (int i = 0; i < 2; i++) {
        fflush(streams[i]);
        saved[i] = dup(i + 1);
        FILE *f = fopen(paths[i], "wb");
        assert_non_null(f);
        assert_true(dup2(fileno(f), i + 1) >= 0);
        fclose(f);
    }
    int status = dna_main(argc, argv);
    for (int i = 0; i < 2; i++) {
        fflush(streams[i]);
        dup2(saved[i], i + 1);
        close(saved[i]);
        FILE *f = fopen(paths[i], "rb");
        assert_non_null(f);
        size_t n = fread(texts[i], 1, sizes[i] - 1, f);
        texts[i][n] = '\0';
        fclose(f);
    }
    return status;
}

static void
test_version_goes_to_standard_output(void **state)
{
    (void)state;
    assert_int_equal(run("--version"), 0);
    assert_string_equal(out_text, "dnadna 0.1.0\n");
    assert_string_equal(err_text, "");
    assert_int_equal(run("-V"), 0);
}

static void
test_help_lists_the_commands(void **state)
{
    (void)state;
    static const char *const names[] = {
        "init", "preprocess", "train", "predict", "inspect"};
    assert_int_equal(run("--help"), 0);
    assert_string_equal(err_text, "");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char line[64];
        assert_non_null(strstr(out_text, names[i]));
        snprintf(line, sizeof(line), "%s -h", names[i]);
        assert_int_equal(run(line), 0);
        snprintf(line, sizeof(line), "usage: dnadna %s", names[i]);
        assert_non_null(strstr(out_text, line));
        assert_int_equal(run("--help"), 0);
    }
}

/* Each command, also below a group, with its path. */
static void
for_each_command(const dna_command *command, void (*fn)(const dna_command *command))
{
    fn(command);
    for (int i = 0; command->commands != NULL && command->commands[i] != NULL; i++) {
        for_each_command(command->commands[i], fn);
    }
}

static void
check_help(const dna_command *command)
{
    static char same[sizeof(out_text)];
    char line[128];
    const char *words = command->spec->name + strlen("dnadna");

    snprintf(line, sizeof(line), "help%s", words);
    assert_int_equal(run(line), 0);
    memcpy(same, out_text, sizeof(same));
    snprintf(line, sizeof(line), "%s --help", words);
    assert_int_equal(run(line), 0);
    assert_string_equal(out_text, same);
    /* what it does, an example of itself, how it is used */
    assert_true(strncmp(out_text, command->spec->doc, 12) == 0);
    const char *head = "\nexample:\n  $ ";
    const char *example = strstr(out_text, head);
    assert_non_null(example);
    const char *first = example + strlen(head);
    snprintf(line, sizeof(line), "\nusage: %s", command->spec->name);
    const char *usage = strstr(out_text, line);
    assert_non_null(usage);
    assert_true(example < usage);
    assert_true(strncmp(first, "dnadna ", 7) == 0 || strncmp(first, "source", 6) == 0);
    /* its manual page has every option */
    snprintf(line, sizeof(line), "help --man%s", words);
    assert_int_equal(run(line), 0);
    assert_true(strncmp(out_text, ".TH DNADNA", 10) == 0);
    const dna_opt *o = NULL;
    for (int i = 0; (o = dna_opt_at(command->spec, i)) != NULL; i++) {
        snprintf(
            line, sizeof(line), "\\fB\\-\\-%.*s", (int)strcspn(o->name, "-"), o->name);
        assert_true(o->is_hidden || strstr(out_text, line) != NULL);
    }
}

static void
test_every_command_teaches_by_example(void **state)
{
    (void)state;
    for_each_command(&dna_command_main, check_help);
    assert_int_equal(run("help nonsense"), 1);
    assert_non_null(strstr(err_text, "unknown command \"nonsense\""));
    assert_int_equal(run("help train more"), 1);
    assert_non_null(strstr(err_text, "has no commands of its own"));
    assert_int_equal(run("help --man-dir /proc/no/such"), 1);
}

/* An example that is typed as it stands must be understood: no unknown option in it. */
static void
check_example(const dna_command *command)
{
    char example[1024], line[1024];

    snprintf(example, sizeof(example), "%s", command->spec->example);
    for (char *next = example; next != NULL;) {
        char *own = next;
        next = strchr(own, '\n');
        if (next != NULL) {
            *next++ = '\0';
        }
        own[strcspn(own, ">|")] = '\0';
        if (strncmp(own, "dnadna ", 7) != 0 || strstr(own, "help") != NULL) {
            continue;
        }
        snprintf(line, sizeof(line), "%s --help", own + 7);
        assert_int_equal(run(line), 0);
        assert_string_equal(err_text, "");
    }
}

static void
test_examples_are_understood(void **state)
{
    (void)state;
    for_each_command(&dna_command_main, check_example);
}

static void
test_the_doctor_checks_results(void **state)
{
    (void)state;
    assert_int_equal(run("doctor"), 0);
    assert_non_null(strstr(out_text, "the same bytes"));
    assert_non_null(strstr(out_text, "htslib"));
    assert_fails(dna_run_doctor(&(dna_doctor_options){.isa = "abacus"}, stdout),
        DNA_EUNSUPPORTED, "no kernels \"abacus\"");
}

static void
test_no_command_is_a_mistake_of_usage(void **state)
{
    (void)state;
    assert_int_equal(run(""), 2);
    assert_string_equal(out_text, "usage: dnadna [-h] [COMMAND]\n");
    assert_non_null(strstr(err_text, "a command is required"));
    assert_int_equal(run("train"), 2);
    assert_non_null(strstr(err_text, "dnadna train: CONFIG is missing"));
    assert_int_equal(run("--nonsense train"), 2);
    assert_string_equal(out_text, "");
}

static void
test_unknown_commands_are_named_with_the_nearest(void **state)
{
    (void)state;
    assert_int_equal(run("pre-process x"), 1);
    assert_non_null(
        strstr(err_text, "unknown command \"pre-process\"; did you mean preprocess?"));
}

static void
test_errors_while_running_give_one_line_and_status_1(void **state)
{
    (void)state;
    assert_int_equal(run("inspect /no/such/file.safetensors"), 1);
    assert_non_null(
        strstr(err_text, "dnadna inspect: error: /no/such/file.safetensors"));
    assert_int_equal(run("inspect --debug /no/such/file.safetensors"), 1);
    assert_non_null(strstr(err_text, "error: ENOTFOUND: "));
    assert_int_equal(run("--debug train /no/such/config.yml"), 1);
    assert_non_null(strstr(err_text, ";    ERROR;  ENOTFOUND: "));
    assert_string_equal(out_text, "");
}

static void
test_plugins_of_the_command_line_are_told(void **state)
{
    (void)state;
    assert_int_equal(run("--plugin my_plugin.py inspect /no/such/file"), 1);
    assert_non_null(strstr(err_text, "my_plugin.py"));
    assert_int_equal(
        run("--plugin dnadna.examples.one_event inspect /no/such/file"), 1);
    assert_null(strstr(err_text, "one_event"));
    assert_int_equal(run("--trace-plugins inspect /no/such/file"), 1);
    assert_non_null(strstr(err_text, "one_event: built in"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version_goes_to_standard_output),
        cmocka_unit_test(test_help_lists_the_commands),
        cmocka_unit_test(test_every_command_teaches_by_example),
        cmocka_unit_test(test_examples_are_understood),
        cmocka_unit_test(test_the_doctor_checks_results),
        cmocka_unit_test(test_no_command_is_a_mistake_of_usage),
        cmocka_unit_test(test_unknown_commands_are_named_with_the_nearest),
        cmocka_unit_test(test_errors_while_running_give_one_line_and_status_1),
        cmocka_unit_test(test_plugins_of_the_command_line_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
