/* mapped.c - a file as memory, read-only.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"

int
dna_mapped_open(dna_mapped *out, const char *path)
{
    struct stat st;
    int fd = -1;
    int rc = DNA_OK;

    *out = (dna_mapped){0};
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        rc = dna_path_fail(path, errno);
        goto out;
    }
    DNA_REQUIRE(S_ISREG(st.st_mode), DNA_EIO, "%s: is %s, not a file", path,
        S_ISDIR(st.st_mode) ? "a folder" : "a device or a pipe");
    if (st.st_size > 0) {
        void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
        if (data == MAP_FAILED) {
            rc = dna_path_fail(path, errno);
            goto out;
        }
        out->data = data;
        out->size = (size_t)st.st_size;
    }
out:
    if (fd >= 0) {
        close(fd);
    }
    return rc;
}

void
dna_mapped_close(dna_mapped *m)
{
    if (m->data != NULL) {
        void *data = NULL;
        memcpy(&data, &m->data, sizeof(data)); /* munmap takes no const */
        munmap(data, m->size);
    }
    *m = (dna_mapped){0};
}
