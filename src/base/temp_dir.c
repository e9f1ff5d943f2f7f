/* temp_dir.c - folders of a name that nobody else has, and their removal.
 *
 * SPDX-License-Identifier: MIT
 */
#define _XOPEN_SOURCE 700 /* nftw */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"

int
dna_temp_dir_new(char **out, const char *parent)
{
    char *path = dna_path_join(parent, "dnadna-XXXXXX");
    int rc = DNA_OK;

    if (path == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    if (mkdtemp(path) == NULL) { /* makes it, with rights for its owner only */
        rc = dna_path_fail(parent, errno);
        dna_context("a temporary folder cannot be made");
        goto out;
    }
    *out = path;
    path = NULL;
out:
    dna_free(path);
    return rc;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    if (flag == FTW_DP) {
        (void)rmdir(path);
    } else {
        (void)unlink(path);
    }
    return 0;
}

void
dna_temp_dir_remove(const char *path)
{
    if (path != NULL) {
        (void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    }
}
