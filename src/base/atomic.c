/* atomic.c - files that appear whole or not at all.
 *
 * SPDX-License-Identifier: MIT
 *
 * The bytes go to ".<name>.tmp-<pid>-<n>" in the folder of the target, so that the
 * rename stays within one file system. A symbolic link is followed, as a plain write
 * would; a device or a pipe (/dev/stdout) is written directly, there is nothing to
 * replace.
 */
#define _XOPEN_SOURCE 700 /* realpath */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"

struct dna_atomic {
    char *path;  /* where the file shall appear */
    char *temp;  /* NULL: path itself is written */
    char *shown; /* the caller's name, for messages */
    FILE *stream;
    bool skips_sync;
};

static void
free_atomic(dna_atomic *file)
{
    dna_free(file->path);
    dna_free(file->temp);
    dna_free(file->shown);
    dna_free(file);
}

/* The target behind a symbolic link, if it exists; else the name itself. */
static char *
resolve(const char *path)
{
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode)) {
        char *real = realpath(path, NULL);
        if (real != NULL) {
            char *copy = dna_strdup(real);
            free(real);
            return copy;
        }
    }
    return dna_strdup(path);
}

static char *
temp_name(const char *path)
{
    static atomic_uint n_name; /* two threads may write files of one name */
    dna_str s;
    const char *name = dna_path_basename(path);
    dna_str_init(&s, 0);
    dna_str_addn(&s, path, (size_t)(name - path));
    dna_str_addf(
        &s, ".%s.tmp-%ld-%u", name, (long)getpid(), atomic_fetch_add(&n_name, 1));
    return dna_str_take(&s);
}

/* Open the temporary file, with the rights of the file that it will replace. */
static int
open_temp(dna_atomic *file, const struct stat *old)
{
    int fd = -1;
    do {
        dna_free(file->temp);
        file->temp = temp_name(file->path);
        if (file->temp == NULL) {
            return -1;
        }
        fd = open(file->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (fd < 0 && errno == EEXIST);
    if (fd >= 0 && old != NULL) {
        (void)fchmod(fd, old->st_mode & 0777); /* a file system may know no rights */
    }
    return fd;
}

int
dna_atomic_open(dna_atomic **out, const char *path)
{
    int rc = DNA_OK;
    int fd = -1;
    struct stat st;
    dna_atomic *file = NULL;

    DNA_REQUIRE(path[0] != '\0', DNA_EARG, "an empty file name");
    DNA_NEW(file, 1);
    file->path = resolve(path);
    file->shown = dna_strdup(path);
    if (file->path == NULL || file->shown == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    bool is_there = stat(path, &st) == 0;
    if (is_there) {
        DNA_REQUIRE(!S_ISDIR(st.st_mode), DNA_EIO, "%s: is a folder, not a file", path);
        if (access(path, W_OK) != 0) { /* rename would not ask */
            rc = dna_path_fail(path, errno);
            goto out;
        }
    }
    errno = 0;
    if (is_there && !S_ISREG(st.st_mode)) {
        fd = open(path, O_WRONLY | O_CLOEXEC);
    } else {
        fd = open_temp(file, is_there ? &st : NULL);
        if (fd < 0 && file->temp == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
    }
    if (fd < 0) {
        rc = dna_path_fail(path, errno);
        goto out;
    }
    file->stream = fdopen(fd, "wb");
    if (file->stream == NULL) {
        rc = dna_path_fail(path, errno);
        goto out;
    }
    fd = -1; /* the stream's */
    *out = file;
    file = NULL;
out:
    if (fd >= 0) {
        close(fd);
        if (file->temp != NULL) {
            unlink(file->temp);
        }
    }
    if (file != NULL) {
        free_atomic(file);
    }
    return rc;
}

FILE *
dna_atomic_stream(dna_atomic *file)
{
    return file->stream;
}

void
dna_atomic_skip_sync(dna_atomic *file)
{
    file->skips_sync = true;
}

const char *
dna_atomic_temp_path(const dna_atomic *file)
{
    return file->temp != NULL ? file->temp : file->path;
}

/* Write out what the stream holds: 0, or the errno of the first fault. */
static int
flush(FILE *stream, bool skips_sync)
{
    int fd = fileno(stream);
    bool had_error = ferror(stream) != 0;
    errno = 0;
    if (fflush(stream) != 0) {
        return errno != 0 ? errno : EIO;
    }
    if (had_error) { /* its reason is gone: ask once more, with a byte that is not kept
                      */
        return write(fd, "", 1) < 0 ? errno : EIO;
    }
    if (skips_sync) {
        return 0;
    }
    if (fsync(fd) != 0 && errno != EINVAL && errno != ENOTSUP && errno != EROFS) {
        return errno; /* the three: a pipe or device that knows no sync */
    }
    return 0;
}

int
dna_atomic_commit(dna_atomic **file)
{
    dna_atomic *f = *file;
    int rc = DNA_OK;
    int err = flush(f->stream, f->skips_sync);
    *file = NULL;
    if (fclose(f->stream) != 0 && err == 0) {
        err = errno;
    }
    if (err == 0 && f->temp != NULL && rename(f->temp, f->path) != 0) {
        err = errno;
    }
    if (err != 0) {
        if (f->temp != NULL) {
            unlink(f->temp);
        }
        rc = dna_path_fail(f->shown, err);
    } else if (f->temp != NULL && !f->skips_sync) {
        dna_path_sync_folder(f->path);
    }
    free_atomic(f);
    return rc;
}

void
dna_atomic_abort(dna_atomic *file)
{
    if (file != NULL) {
        fclose(file->stream);
        if (file->temp != NULL) {
            unlink(file->temp);
        }
        free_atomic(file);
    }
}

static int
write_bytes(const char *path, const void *data, size_t size, bool skips_sync)
{
    int rc = DNA_OK;
    dna_atomic *file = NULL;
    DNA_TRY(dna_atomic_open(&file, path));
    file->skips_sync = skips_sync;
    if (size > 0) {
        (void)fwrite(data, 1, size, file->stream); /* the commit sees any error */
    }
    DNA_TRY(dna_atomic_commit(&file));
out:
    dna_atomic_abort(file);
    return rc;
}

int
dna_atomic_write(const char *path, const void *data, size_t size)
{
    return write_bytes(path, data, size, false);
}

int
dna_atomic_write_unsynced(const char *path, const void *data, size_t size)
{
    return write_bytes(path, data, size, true);
}

/* ".<name>.tmp-<digits>-<digits>" */
static bool
is_temp_name(const char *name)
{
    static const char digits[] = "0123456789";
    const char *mark = NULL;

    for (const char *p = strstr(name, ".tmp-"); p != NULL; p = strstr(p + 1, ".tmp-")) {
        mark = p;
    }
    if (name[0] != '.' || mark == NULL || mark == name) {
        return false;
    }
    const char *p = mark + strlen(".tmp-");
    size_t n = strspn(p, digits);
    if (n == 0 || p[n] != '-') {
        return false;
    }
    p += n + 1;
    n = strspn(p, digits);
    return n > 0 && p[n] == '\0';
}

void
dna_atomic_sweep(const char *dir)
{
    char **names = NULL;
    int64_t n = 0;

    if (dna_path_list(dir, &names, &n) < 0) {
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        char *path = is_temp_name(names[i]) ? dna_path_join(dir, names[i]) : NULL;
        if (path != NULL) {
            (void)unlink(path); /* never a folder */
        }
        dna_free(path);
    }
    dna_path_list_free(names, n);
}
