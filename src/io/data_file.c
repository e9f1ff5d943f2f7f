/* data_file.c - recognise genotype data by content.
 *
 * SPDX-License-Identifier: MIT
 */
#include "io/data_file.h"

#include <errno.h>
#include <htslib/hts.h>
#include <htslib/hts_log.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "io/data_stream.h"

#define LOOK 4096 /* bytes: a header of ms with seeds and comments fits */

static bool
begins(const char *bytes, size_t n, const char *magic, size_t length)
{
    return n >= length && memcmp(bytes, magic, length) == 0;
}

static bool
has_text(const char *bytes, size_t n, const char *text)
{
    size_t length = strlen(text);
    for (size_t i = 0; i + length <= n; i++) {
        if (memcmp(bytes + i, text, length) == 0) {
            return true;
        }
    }
    return false;
}

static dna_data_kind
look(const char *bytes, size_t n, hFILE *stream)
{
    htsFormat format;

    if (begins(bytes, n, "\x89KAS\r\n\x1a\n", 8)) {
        return DNA_DATA_TREES;
    }
    if (begins(bytes, n, "\x89HDF\r\n\x1a\n", 8)) {
        return DNA_DATA_OLD_TREES;
    }
    if (begins(bytes, n, "PK\x03\x04", 4) || begins(bytes, n, "PK\x05\x06", 4)) {
        return DNA_DATA_NPZ;
    }
    if (begins(bytes, n, "\x6c\x1b", 2)) {
        return DNA_DATA_PLINK;
    }
    if (n > 0 && hts_detect_format(stream, &format) == 0) {
        if (format.format == vcf) {
            return DNA_DATA_VCF;
        }
        if (format.format == bcf) {
            return DNA_DATA_BCF;
        }
    }
    if (memchr(bytes, '\0', n) == NULL
        && (has_text(bytes, n, "\n//") || has_text(bytes, n, "segsites:"))) {
        return DNA_DATA_MS;
    }
    return DNA_DATA_UNKNOWN;
}

/* What the stream holds. */
static int
look_at(dna_data_file *file)
{
    char bytes[LOOK];
    ssize_t n = hpeek(file->stream, bytes, sizeof(bytes));
    int rc = DNA_OK;

    DNA_REQUIRE(n >= 0, DNA_EIO, "%s: %s", file->name, strerror(errno));
    file->kind = look(bytes, (size_t)n, file->stream);
out:
    return rc;
}

int
dna_data_open_memory(dna_data_file **out, const void *bytes, size_t n, const char *name)
{
    dna_data_file *file = NULL;
    char *copy = NULL;
    int rc = DNA_OK;

    hts_set_log_level(HTS_LOG_OFF);
    DNA_NEW(file, 1);
    file->path = dna_strdup("-"); /* it has no index */
    copy = malloc(n + 1);         /* htslib will free it */
    if (file->path == NULL || copy == NULL) {
        rc = dna_fail(DNA_ENOMEM, "out of memory");
        goto out;
    }
    memcpy(copy, bytes, n);
    file->name = name;
    file->stream = hopen("mem:", "r:", copy, n);
    DNA_REQUIRE(file->stream != NULL, DNA_ENOMEM, "out of memory");
    copy = NULL;
    DNA_TRY(look_at(file));
    *out = file;
    file = NULL;
out:
    free(copy);
    dna_data_close(file);
    return rc;
}

int
dna_data_open(dna_data_file **out, const char *path)
{
    dna_data_file *file = NULL;
    int rc = DNA_OK;

    hts_set_log_level(HTS_LOG_OFF); /* what is wrong comes back as a status */
    DNA_REQUIRE(strstr(path, "://") == NULL && strncmp(path, "data:", 5) != 0, DNA_EARG,
        "%s: only files are read, not addresses", path);
    DNA_REQUIRE(!dna_path_is_dir(path), DNA_EIO, "%s: is a folder, not a file", path);
    DNA_NEW(file, 1);
    file->path = dna_strdup(path);
    if (file->path == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    file->name = strcmp(path, "-") == 0 ? "standard input" : file->path;
    errno = 0;
    file->stream = hopen(path, "r");
    if (file->stream == NULL) {
        rc = dna_path_fail(path, errno);
        goto out;
    }
    DNA_TRY(look_at(file));
    *out = file;
    file = NULL;
out:
    dna_data_close(file);
    return rc;
}

void
dna_data_close(dna_data_file *file)
{
    if (file == NULL) {
        return;
    }
    if (file->stream != NULL) {
        hclose_abruptly(file->stream);
    }
    dna_free(file->path);
    dna_free(file);
}

dna_data_kind
dna_data_kind_of(const dna_data_file *file)
{
    return file->kind;
}

const char *
dna_data_kind_name(dna_data_kind kind)
{
    static const char *const names[] = {[DNA_DATA_UNKNOWN] = "unknown",
        [DNA_DATA_VCF] = "VCF",
        [DNA_DATA_BCF] = "BCF",
        [DNA_DATA_TREES] = "tree sequence",
        [DNA_DATA_OLD_TREES] = "tree sequence of an old format",
        [DNA_DATA_PLINK] = "PLINK 1",
        [DNA_DATA_NPZ] = "npz",
        [DNA_DATA_MS] = "ms text"};
    return names[kind];
}

const char *
dna_data_name(const dna_data_file *file)
{
    return file->name;
}

int
dna_data_read(dna_data_file *file, size_t max, unsigned char **bytes, size_t *n)
{
    unsigned char *data = NULL;
    size_t size = 0, room = 0;
    ssize_t got = 1;
    int rc = DNA_OK;

    while (got > 0) {
        if (size == room) {
            room = DNA_MIN(room > 0 ? 2 * room : (size_t)1 << 20, max + 1);
            unsigned char *more = dna_realloc(data, room, 1);
            if (more == NULL) {
                rc = DNA_ENOMEM;
                goto out;
            }
            data = more;
        }
        got = hread(file->stream, data + size, room - size);
        DNA_REQUIRE(got >= 0, DNA_EIO, "%s: %s", file->name, strerror(errno));
        size += (size_t)got;
        DNA_REQUIRE(size <= max, DNA_EUNSUPPORTED,
            "%s: is larger than the %zu bytes that can be read", file->name, max);
    }
    *bytes = data;
    *n = size;
    data = NULL;
out:
    dna_free(data);
    return rc;
}
