/* support.c - what the tests share.
 *
 * SPDX-License-Identifier: MIT
 */
#define _XOPEN_SOURCE 700
#include "support/support.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir_name[64];
static char *kept[4096];
static int n_kept;

static const char *
keep(const char *dir, const char *name)
{
    if (n_kept == (int)(sizeof(kept) / sizeof(kept[0]))) {
        fail_msg("too many test paths");
    }
    size_t size = strlen(dir) + strlen(name) + 2;
    char *path = malloc(size);
    assert_non_null(path);
    snprintf(path, size, "%s/%s", dir, name);
    kept[n_kept++] = path;
    return path;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void
remove_all(void)
{
    nftw(dir_name, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    while (n_kept > 0) {
        free(kept[--n_kept]);
    }
}

void
assert_near(double a, double b, double tol)
{
    if (!(fabs(a - b) <= tol * fmax(1.0, fabs(b)))) {
        fail_msg("%.17g is not within %g of %.17g", a, tol, b);
    }
}

const char *
test_dir(void)
{
    if (dir_name[0] == '\0') {
        strcpy(dir_name, "/tmp/dnadna-test-XXXXXX");
        if (mkdtemp(dir_name) == NULL) {
            fail_msg("no temporary folder");
        }
        atexit(remove_all);
    }
    return dir_name;
}

const char *
test_path(const char *name)
{
    return keep(test_dir(), name);
}

const char *
source_path(const char *name)
{
    const char *root = getenv("DNADNA_SOURCE_DIR");
    return keep(root != NULL ? root : ".", name);
}

const char *
shared_path(const char *name)
{
    char relative[512];
    snprintf(relative, sizeof(relative), "../shared/data/%s", name);
    const char *path = source_path(relative);
    return access(path, R_OK) == 0 ? path : NULL;
}

const char *
write_text(const char *name, const char *text)
{
    const char *path = test_path(name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
    return path;
}
