/* config_verdicts.c - `dnadna config` for thousands of files in one process, for schema.py.
 *
 * SPDX-License-Identifier: MIT
 *
 * Reads lines "KIND FILE"; answers each with one line of JSON: the resolved config as it
 * reads back, or, as a text, the message of the error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dnadna/run.h"
#include "io/json.h"
#include "io/yaml.h"

/* text: what dna_run_config() wrote. */
static int
read_back(dna_str *out, dna_arena *arena, const char *text, size_t n)
{
    dna_value *v = NULL;
    int rc = dna_yaml_parse(&v, arena, text, n, NULL);
    return rc < 0 ? rc : dna_json_write(out, v, 0);
}

static int
answer(const char *kind, const char *file)
{
    dna_config_options o = {.config = file, .kind = kind};
    dna_arena *arena = NULL;
    char *text = NULL;
    size_t n = 0;
    dna_str json;
    FILE *memory = open_memstream(&text, &n);
    int rc = memory == NULL ? DNA_ENOMEM : dna_arena_new(&arena);

    dna_str_init(&json, 0);
    if (rc == DNA_OK) {
        rc = dna_run_config(&o, memory);
    }
    if (memory != NULL) {
        fclose(memory);
    }
    if (rc == DNA_OK) {
        rc = read_back(&json, arena, text, n);
        if (rc < 0) {
            fprintf(stderr, "%s: what was written cannot be read: %s\n", file,
                dna_message());
            exit(1);
        }
    } else if (n > 0) {
        fprintf(stderr, "%s: an error after output\n", file);
        exit(1);
    } else {
        dna_value *message = dna_value_string(arena, dna_message());
        rc = message == NULL ? DNA_ENOMEM : dna_json_write(&json, message, 0);
    }
    puts(dna_str_text(&json));
    fflush(stdout);
    dna_str_clear(&json);
    dna_arena_free(arena);
    free(text);
    return rc;
}

int
main(void)
{
    char kind[32];
    char file[4096];
    while (scanf("%31s %4095s", kind, file) == 2) {
        if (answer(kind, file) < 0) {
            return 1;
        }
    }
    return 0;
}
