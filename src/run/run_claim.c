/* run_claim.c - a run's folder appears whole, and belongs to one training.
 *
 * SPDX-License-Identifier: MIT
 */
#define _DEFAULT_SOURCE /* flock */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "run/run_dir.h"

int
dna_run_dir_has_files(bool *out, const char *dir)
{
    char **names = NULL;
    int64_t n = 0;
    int rc = DNA_OK;

    *out = false;
    if (dna_path_exists(dir)) {
        DNA_REQUIRE(
            dna_path_is_dir(dir), DNA_EEXISTS, "%s: is there and is no folder", dir);
        DNA_TRY(dna_path_list(dir, &names, &n));
        *out = n > 0;
    }
out:
    dna_path_list_free(names, n);
    return rc;
}

int
dna_run_dir_hold(int *lock, bool *is_taken, const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    *lock = -1;
    *is_taken = false;
    if (fd < 0) {
        return dna_path_fail(dir, errno);
    }
    *is_taken = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (*is_taken) {
        close(fd);
    } else {
        *lock = fd;
    }
    return DNA_OK;
}

/* A new hidden folder beside the run's, so that a rename can put it in place. */
static int
make_hidden(char **out, const dna_run_name *run)
{
    dna_str s;
    const char *name = dna_path_basename(run->dir);
    int rc = DNA_OK;

    dna_str_init(&s, 0);
    for (unsigned i = 0;; i++) {
        dna_str_clear(&s);
        dna_str_addn(&s, run->dir, (size_t)(name - run->dir));
        dna_str_addf(&s, ".%s.tmp-%ld-%u", name, (long)getpid(), i);
        DNA_TRY(dna_str_status(&s));
        if (mkdir(dna_str_text(&s), 0777) == 0) {
            break;
        }
        if (errno != EEXIST) {
            rc = dna_path_fail(run->dir, errno);
            goto out;
        }
    }
    *out = dna_str_take(&s);
out:
    dna_str_clear(&s);
    return rc;
}

/* A folder of files; what cannot be removed stays, as a hidden folder harms nobody. It
 * takes no memory of ours: that may be what is lacking. */
static void
remove_folder(const char *dir)
{
    DIR *d = opendir(dir);
    const struct dirent *entry = NULL;

    while (d != NULL && (entry = readdir(d)) != NULL) {
        (void)unlinkat(dirfd(d), entry->d_name, 0); /* not "." and ".." */
    }
    if (d != NULL) {
        closedir(d);
    }
    (void)rmdir(dir);
}

/* The folder itself, where it must stay: it is in use, or a link, or a mount. */
static int
fill_in_place(int *lock, bool *is_taken, const dna_run_name *run,
    dna_run_dir_fill_fn fill, void *payload)
{
    bool has_some = false;
    int rc = DNA_OK;

    DNA_TRY(dna_run_dir_hold(lock, is_taken, run->dir));
    if (*is_taken) {
        goto out;
    }
    DNA_TRY(dna_run_dir_has_files(&has_some, run->dir));
    *is_taken = has_some && !run->has_files;
    if (!*is_taken) {
        DNA_TRY(fill(payload, run->dir));
    }
out:
    if ((rc < 0 || *is_taken) && *lock >= 0) {
        close(*lock);
        *lock = -1;
    }
    return rc;
}

/* rename() replaces an empty folder and refuses any other. */
static int
put_in_place(bool *is_done, bool *is_taken, const char *hidden, const char *dir)
{
    int rc = DNA_OK;

    *is_done = rename(hidden, dir) == 0;
    if (*is_done) {
        dna_path_sync_folder(dir);
        goto out;
    }
    int why = errno;
    *is_taken = why == ENOTEMPTY || why == EEXIST;
    if (!*is_taken && !dna_path_is_dir(dir)) {
        rc = dna_path_fail(dir, why);
    }
out:
    return rc;
}

int
dna_run_dir_claim(int *lock, bool *is_taken, const dna_run_name *run,
    dna_run_dir_fill_fn fill, void *payload)
{
    char *hidden = NULL;
    bool is_done = false;
    int rc = DNA_OK;

    *lock = -1;
    *is_taken = false;
    if (run->has_files) {
        return fill_in_place(lock, is_taken, run, fill, payload);
    }
    DNA_TRY(make_hidden(&hidden, run));
    DNA_TRY(dna_run_dir_hold(lock, is_taken, hidden)); /* stays held when renamed */
    DNA_TRY(fill(payload, hidden));
    DNA_TRY(put_in_place(&is_done, is_taken, hidden, run->dir));
out:
    if (hidden != NULL && !is_done) {
        remove_folder(hidden);
        if (*lock >= 0) {
            close(*lock);
            *lock = -1;
        }
        if (rc == DNA_OK && !*is_taken) {
            rc = fill_in_place(lock, is_taken, run, fill, payload);
        }
    }
    dna_free(hidden);
    return rc;
}
