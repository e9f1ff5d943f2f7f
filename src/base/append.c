/* append.c - a file that grows at its end and never keeps half of what was added.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/append.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

struct dna_append {
    int fd;
    bool is_regular;
    bool is_new; /* was not there before */
    char *path;
    int64_t length;
};

static int
fail(const dna_append *file, int err)
{
    return dna_fail(DNA_EIO, "%s: %s", file->path, strerror(err));
}

static int
cut(dna_append *file, int64_t keep)
{
    int rc = DNA_OK;

    DNA_REQUIRE(keep <= file->length, DNA_EFORMAT,
        "%s: has %lld bytes, fewer than the %lld it had", file->path,
        (long long)file->length, (long long)keep);
    if (ftruncate(file->fd, (off_t)keep) != 0) {
        rc = fail(file, errno);
        goto out;
    }
    file->length = keep;
out:
    return rc;
}

int
dna_append_open(dna_append **out, const char *path, int64_t keep)
{
    dna_append *file = NULL;
    struct stat st;
    int rc = DNA_OK;

    DNA_NEW(file, 1);
    file->fd = -1;
    file->path = dna_strdup(path);
    if (file->path == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    const int flags = O_RDWR | O_APPEND | O_CLOEXEC;
    file->fd = open(path, flags);
    if (file->fd < 0 && errno == ENOENT) {
        file->fd = open(path, flags | O_CREAT | O_EXCL, 0666);
        file->is_new = file->fd >= 0;
    }
    if (file->fd < 0 && errno == EEXIST) { /* made by another just now */
        file->fd = open(path, flags | O_CREAT, 0666);
    }
    if (file->fd < 0 || fstat(file->fd, &st) != 0) {
        rc = fail(file, errno);
        goto out;
    }
    file->is_regular = S_ISREG(st.st_mode);
    file->length = file->is_regular ? (int64_t)st.st_size : 0;
    if (file->is_regular && keep >= 0) {
        DNA_TRY(cut(file, keep));
    }
    *out = file;
    file = NULL;
out:
    dna_append_close(file);
    return rc;
}

void
dna_append_close(dna_append *file)
{
    if (file == NULL) {
        return;
    }
    if (file->fd >= 0) {
        struct stat st;
        bool is_empty = fstat(file->fd, &st) == 0 && st.st_size == 0;
        if (file->is_new && is_empty) {
            (void)unlink(file->path);
        }
        close(file->fd);
    }
    dna_free(file->path);
    dna_free(file);
}

const char *
dna_append_path(const dna_append *file)
{
    return file->path;
}

int64_t
dna_append_length(const dna_append *file)
{
    return file->length;
}

int
dna_append_read(
    const dna_append *file, int64_t at, void *data, size_t n, size_t *n_read)
{
    ssize_t done = pread(file->fd, data, n, (off_t)at);
    if (done < 0) {
        return fail(file, errno);
    }
    *n_read = (size_t)done;
    return DNA_OK;
}

/* Write all bytes; errno tells why not. */
static bool
write_all(int fd, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, data, n);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return false;
        }
        data += done;
        n -= (size_t)done;
    }
    return true;
}

int
dna_append_write(dna_append *file, const void *data, size_t n)
{
    struct stat st;
    int rc = DNA_OK;

    /* another program may have appended too: its bytes are not ours to cut off */
    if (fstat(file->fd, &st) != 0) {
        rc = fail(file, errno);
        goto out;
    }
    if (!write_all(file->fd, data, n)) {
        int why = errno;
        if (file->is_regular && ftruncate(file->fd, st.st_size) != 0) {
            why = errno;
        }
        rc = fail(file, why);
        goto out;
    }
    if (file->is_regular) {
        file->length = (int64_t)st.st_size + (int64_t)n;
    }
out:
    return rc;
}

int
dna_append_sync(dna_append *file)
{
    if (file->is_regular && fsync(file->fd) != 0 && errno != EINVAL
        && errno != ENOTSUP) { /* the two: a file system that knows no sync */
        return fail(file, errno);
    }
    return DNA_OK;
}
