/* data_fixture.h - small datasets made on the spot, for tests.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_TESTS_DATA_FIXTURE_H
#define DNA_TESTS_DATA_FIXTURE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/support.h"

#include "base/path.h"
#include "data/dataset.h"
#include "io/npz.h"
#include "io/yaml.h"

/* YAML text as a tree. */
static inline dna_value *
yaml(dna_arena *arena, const char *text)
{
    dna_value *v = NULL;
    assert_ok(dna_yaml_parse(&v, arena, text, strlen(text), "test.yml"));
    return v;
}

/* The folder of a file name inside the test folder, made if need be; returns the path.
 */
static inline const char *
path_with_folder(const char *name)
{
    const char *path = test_path(name);
    char *dir = dna_path_dirname(path);
    assert_non_null(dir);
    assert_ok(dna_path_make_dirs(dir));
    dna_free(dir);
    return path;
}

/* An npz below the test folder. Every value tells where it is from: site j of row i has
 * (i * 3 + j * 5 + salt) % 7 < 3, so that rows and samples differ. */
static inline const char *
write_sample(const char *name, int64_t n_hap, int64_t n_site, int64_t salt)
{
    const char *path = path_with_folder(name);
    static const char *const keys[2] = {"SNP", "POS"};
    int64_t dim[2] = {n_hap, n_site};
    dna_array arrays[2] = {{0}, {0}};
    assert_ok(dna_array_init(&arrays[0], DNA_U8, 2, dim));
    assert_ok(dna_array_init(&arrays[1], DNA_F64, 1, &n_site));
    for (int64_t i = 0; i < n_hap; i++) {
        for (int64_t j = 0; j < n_site; j++) {
            dna_array_set(
                &arrays[0], i * n_site + j, (i * 3 + j * 5 + salt * (i + 1)) % 7 < 3);
        }
    }
    for (int64_t j = 0; j < n_site; j++) {
        dna_array_set(&arrays[1], j, ((double)j + 0.5) / (double)(n_site + salt));
    }
    assert_ok(dna_npz_write(path, keys, arrays, 2, false));
    dna_array_clear(&arrays[0]);
    dna_array_clear(&arrays[1]);
    return path;
}

/* A source over a folder of the test folder; template NULL: the default one. */
static inline dna_source *
open_source(dna_arena *arena, const char *folder, const char *dataset_name,
    const char *template)
{
    char text[1024];
    dna_source *source = NULL;
    snprintf(text, sizeof(text),
        "data_root: \"%s\"\ndataset_name: \"%s\"\ndata_source:\n  format: dnadna\n%s%s%s",
        test_path(folder), dataset_name,
        template != NULL ? "  filename_format: \"" : "",
        template != NULL ? template : "", template != NULL ? "\"\n" : "");
    assert_ok(dna_source_new(&source, yaml(arena, text)));
    return source;
}

/* A log that counts lines and keeps them, for tests of warnings. */
typedef struct {
    char text[16384];
    int n;
} kept_log;

static inline void
keep_line(void *payload, dna_log_level level, const char *text)
{
    kept_log *k = payload;
    (void)level;
    if (strlen(k->text) + strlen(text) + 2 < sizeof(k->text)) {
        strcat(k->text, text);
        strcat(k->text, "\n");
    }
    k->n++;
}

static inline dna_log *
open_log(kept_log *k)
{
    dna_log *log = NULL;
    memset(k, 0, sizeof(*k));
    assert_ok(dna_log_new(&log, DNA_LOG_INFO));
    assert_ok(dna_log_add_callback(log, keep_line, k));
    return log;
}

static inline void
assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("\"%s\" lacks \"%s\"", text, part);
    }
}

#endif
