/* path.c - file names, folders, whole-file reads and atomic writes.
 *
 * SPDX-License-Identifier: MIT
 */
#define _XOPEN_SOURCE 700 /* realpath */
#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

int
dna_path_fail(const char *path, int err)
{
    char reason[128];
    int code = DNA_EIO;
    if (strerror_r(err, reason, sizeof(reason)) != 0) {
        snprintf(reason, sizeof(reason), "error %d", err);
    }
    if (err == ENOENT || err == ENOTDIR) {
        code = DNA_ENOTFOUND;
    } else if (err == ENOMEM) {
        code = DNA_ENOMEM;
    } else if (err == EEXIST) {
        code = DNA_EEXISTS;
    }
    return dna_fail(code, "%s: %s", path, reason);
}

char *
dna_path_join(const char *dir, const char *name)
{
    dna_str s;
    dna_str_init(&s, 0);
    if (name[0] != '/' && dir[0] != '\0') {
        dna_str_add(&s, dir);
        if (!dna_str_ends_with(dir, "/") && name[0] != '\0') {
            dna_str_addc(&s, '/');
        }
    }
    dna_str_add(&s, name);
    return dna_str_take(&s);
}

char *
dna_path_dirname(const char *path)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/') {
        n--;
    }
    while (n > 0 && path[n - 1] != '/') {
        n--;
    }
    if (n == 0) {
        return dna_strdup(".");
    }
    while (n > 1 && path[n - 1] == '/') {
        n--;
    }
    return dna_strndup(path, n);
}

const char *
dna_path_basename(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static char *
current_dir(void)
{
    char *dir = NULL;
    for (size_t size = 256; size <= (size_t)1 << 20; size *= 2) {
        char *larger = dna_realloc(dir, size, 1);
        if (larger == NULL) {
            break;
        }
        dir = larger;
        if (getcwd(dir, size) != NULL) {
            return dir;
        }
        if (errno != ERANGE) {
            (void)dna_path_fail(".", errno);
            break;
        }
    }
    dna_free(dir);
    return NULL;
}

/* Drop the last "/part" of a builder. */
static void
drop_part(dna_str *s)
{
    while (s->len > 0 && s->data[s->len - 1] != '/') {
        s->len--;
    }
    if (s->len > 0) {
        s->data[--s->len] = '\0';
    }
}

char *
dna_path_absolute(const char *path)
{
    dna_str s;
    char *dir = NULL;
    char *whole = NULL;
    dna_str_init(&s, 0);
    if (path[0] != '/') {
        dir = current_dir();
        if (dir == NULL) {
            return NULL;
        }
    }
    whole = dna_path_join(dir != NULL ? dir : "/", path);
    dna_free(dir);
    if (whole == NULL) {
        return NULL;
    }
    for (const char *p = whole; *p != '\0';) {
        p += strspn(p, "/");
        size_t n = strcspn(p, "/");
        if (n == 2 && p[0] == '.' && p[1] == '.') {
            drop_part(&s);
        } else if (n > 0 && !(n == 1 && p[0] == '.')) {
            dna_str_addc(&s, '/');
            dna_str_addn(&s, p, n);
        }
        p += n;
    }
    dna_free(whole);
    if (s.len == 0) {
        dna_str_addc(&s, '/');
    }
    return dna_str_take(&s);
}

/* Length of the leading whole parts that two absolute paths share. */
static size_t
shared_prefix(const char *a, const char *b)
{
    size_t last = 0;
    size_t i = 0;
    while (a[i] != '\0' && a[i] == b[i]) {
        if (a[i] == '/') {
            last = i;
        }
        i++;
    }
    if ((a[i] == '\0' || a[i] == '/') && (b[i] == '\0' || b[i] == '/')) {
        last = i;
    }
    return last;
}

char *
dna_path_relative(const char *path, const char *from)
{
    dna_str s;
    char *a = dna_path_absolute(path);
    char *b = dna_path_absolute(from);
    char *result = NULL;
    dna_str_init(&s, 0);
    if (a != NULL && b != NULL) {
        const char *pa = strcmp(a, "/") == 0 ? "" : a;
        const char *pb = strcmp(b, "/") == 0 ? "" : b;
        size_t n = shared_prefix(pa, pb);
        for (const char *p = pb + n; *p != '\0'; p++) {
            if (*p == '/') {
                dna_str_add(&s, s.len > 0 ? "/.." : "..");
            }
        }
        if (pa[n] != '\0') {
            dna_str_add(&s, s.len > 0 ? "/" : "");
            dna_str_add(&s, pa + n + 1);
        }
        if (s.len == 0) {
            dna_str_addc(&s, '.');
        }
        result = dna_str_take(&s);
    }
    dna_free(a);
    dna_free(b);
    return result;
}

bool
dna_path_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

bool
dna_path_is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int
dna_path_size(const char *path, int64_t *size)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        return dna_path_fail(path, errno);
    }
    if (S_ISDIR(st.st_mode)) {
        return dna_fail(DNA_EIO, "%s: is a folder, not a file", path);
    }
    *size = (int64_t)st.st_size;
    return DNA_OK;
}

void
dna_path_sync_folder(const char *path)
{
    char *dir = dna_path_dirname(path);
    if (dir != NULL) {
        int fd = open(dir, O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
            (void)fsync(fd); /* not every file system can; the file is in place */
            close(fd);
        }
    }
    dna_free(dir);
}

int
dna_path_make_dirs(const char *path)
{
    int rc = DNA_OK;
    char *copy = dna_strdup(path);
    if (copy == NULL) {
        return DNA_ENOMEM;
    }
    for (char *p = copy; rc == DNA_OK && *p != '\0'; p++) {
        bool is_end = p[1] == '\0' || (p[1] == '/' && *p != '/');
        if (!is_end) {
            continue;
        }
        char kept = p[1];
        p[1] = '\0';
        if (mkdir(copy, 0777) != 0) {
            int err = errno;
            if (!dna_path_is_dir(copy)) {
                rc = err == EEXIST
                         ? dna_fail(DNA_EEXISTS, "%s: is a file, not a folder", copy)
                         : dna_path_fail(copy, err);
            }
        }
        p[1] = kept;
    }
    dna_free(copy);
    return rc;
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int
dna_path_list(const char *dir, char ***names, int64_t *n)
{
    int rc = DNA_OK;
    char **list = NULL;
    int64_t count = 0;
    int64_t cap = 0;
    DIR *d = opendir(dir);
    if (d == NULL) {
        return dna_path_fail(dir, errno);
    }
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(d);
        if (entry == NULL) {
            DNA_REQUIRE(errno == 0, DNA_EIO, "%s: the folder cannot be read", dir);
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        if (count == cap) {
            cap = DNA_MAX((int64_t)16, cap * 2);
            char **larger = dna_realloc(list, (size_t)cap, sizeof(*list));
            if (larger == NULL) {
                rc = DNA_ENOMEM;
                goto out;
            }
            list = larger;
        }
        list[count] = dna_strdup(entry->d_name);
        if (list[count] == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
        count++;
    }
    if (count > 0) {
        qsort(list, (size_t)count, sizeof(*list), compare_names);
    }
    *names = list;
    *n = count;
    list = NULL;
    count = 0;
out:
    dna_path_list_free(list, count);
    closedir(d);
    return rc;
}

void
dna_path_list_free(char **names, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        dna_free(names[i]);
    }
    dna_free(names);
}

/* Read fd to its end; `hint` is the size the system told, 0 for a pipe. */
static int
read_all(int fd, const char *path, size_t hint, size_t max, unsigned char **data,
    size_t *size)
{
    int rc = DNA_OK;
    unsigned char *bytes = NULL;
    size_t n = 0;
    size_t cap = 0;
    for (;;) {
        if (cap - n < 2) {
            size_t next = cap == 0 ? DNA_MAX(hint, (size_t)4096) + 2 : cap * 2;
            unsigned char *larger = dna_realloc(bytes, next, 1);
            if (larger == NULL) {
                rc = DNA_ENOMEM;
                goto out;
            }
            bytes = larger;
            cap = next;
        }
        ssize_t got = read(fd, bytes + n, DNA_MIN(cap - n - 1, (size_t)1 << 30));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            rc = dna_path_fail(path, errno);
            goto out;
        }
        if (got == 0) {
            break;
        }
        n += (size_t)got;
        DNA_REQUIRE(n <= max, DNA_EFORMAT, "%s: more than the %zu bytes allowed here",
            path, max);
    }
    bytes[n] = '\0';
    *data = bytes;
    *size = n;
    bytes = NULL;
out:
    dna_free(bytes);
    return rc;
}

int
dna_file_read(const char *path, size_t max, unsigned char **data, size_t *size)
{
    int rc = DNA_OK;
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return dna_path_fail(path, errno);
    }
    if (fstat(fd, &st) != 0) {
        rc = dna_path_fail(path, errno);
        goto out;
    }
    DNA_REQUIRE(!S_ISDIR(st.st_mode), DNA_EIO, "%s: is a folder, not a file", path);
    DNA_REQUIRE(st.st_size < 0 || (uintmax_t)st.st_size <= max, DNA_EFORMAT,
        "%s: %lld bytes, more than the %zu allowed here", path, (long long)st.st_size,
        max);
    DNA_TRY(
        read_all(fd, path, st.st_size > 0 ? (size_t)st.st_size : 0, max, data, size));
out:
    close(fd);
    return rc;
}
