/* driver.c - run a fuzz target once over files, without a fuzzer.
 *
 * SPDX-License-Identifier: MIT
 *
 *     replay_npz FILE_OR_FOLDER ...
 *
 * Each input lies in a block of exactly its size, so that a sanitizer sees the first
 * byte read beyond it. No file at all is a failure: a test must not pass on nothing.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int n_run;

static int
run_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        perror(path);
        return 1;
    }
    uint8_t *data = NULL;
    long size = -1;
    if (fseek(f, 0, SEEK_END) == 0) {
        size = ftell(f);
        rewind(f);
    }
    if (size >= 0) {
        data = malloc(size > 0 ? (size_t)size : 1);
    }
    int is_bad = data == NULL || fread(data, 1, (size_t)size, f) != (size_t)size;
    fclose(f);
    if (is_bad) {
        fprintf(stderr, "%s: cannot be read\n", path);
    } else {
        (void)LLVMFuzzerTestOneInput(data, (size_t)size);
        n_run++;
    }
    free(data);
    return is_bad;
}

static int
run(const char *path)
{
    DIR *dir = opendir(path);
    if (dir == NULL) {
        return run_file(path);
    }
    int n_bad = 0;
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        if (e->d_name[0] != '.') {
            char name[4096];
            snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
            n_bad += run_file(name);
        }
    }
    closedir(dir);
    return n_bad;
}

int
main(int argc, char **argv)
{
    int n_bad = 0;
    for (int i = 1; i < argc; i++) {
        n_bad += run(argv[i]);
    }
    printf("%d inputs\n", n_run);
    return n_bad == 0 && n_run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
