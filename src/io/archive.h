/* archive.h - zip archives: members read within bounds, written whole.
 *
 * SPDX-License-Identifier: MIT
 *
 * What a zip directory says about sizes is a claim: it is bounded by the bytes that
 * are there (deflate cannot shrink more than 1032 times) before memory is taken. Small
 * archives in plain form are read into memory and taken apart here (zip_directory.h), all
 * others by libzip. The checksum of a member is compared at its end. npz.h and pth.h stand on
 * this.
 */
#ifndef DNA_IO_ARCHIVE_H
#define DNA_IO_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "dnadna/status.h"

typedef struct dna_archive dna_archive;

/** `what` is the kind of file in messages ("npz"). */
int dna_archive_open(
    dna_archive **out, const char *path, const char *what) DNA_MUST_CHECK;
/** The same on bytes that the caller keeps; `path` names them in messages. */
int dna_archive_open_memory(dna_archive **out, const void *bytes, size_t n,
    const char *path, const char *what) DNA_MUST_CHECK;
void dna_archive_close(dna_archive *archive);
const char *dna_archive_path(const dna_archive *archive);
int64_t dna_archive_count(const dna_archive *archive);
/** NULL if member i has no readable name. It belongs to the archive. */
const char *dna_archive_name(const dna_archive *archive, int64_t i);
/** The member of this name, or -1. */
int64_t dna_archive_find(const dna_archive *archive, const char *name);

/* One member that is being read. */
typedef struct {
    struct zip_file *file;      /* NULL: the content is in memory */
    const unsigned char *bytes; /* [size] in memory; NULL: read by libzip */
    unsigned char *own;         /* the same, if it was inflated */
    size_t at;                  /* read so far of it */
    uint32_t crc;
    size_t size;     /* as the directory says, within reason */
    char where[512]; /* "path: label", for messages */
} dna_member;

/** Member i, refused if larger than max bytes. Close it in any case. */
int dna_member_open(dna_member *m, dna_archive *archive, int64_t i, const char *label,
    size_t max) DNA_MUST_CHECK;
void dna_member_close(dna_member *m);
/** All of it at once, read to the end, where it is in memory; else NULL, and
 *  dna_member_read() is for it. The member's own. */
const unsigned char *dna_member_bytes(dna_member *m);
/** Exactly n more bytes. */
int dna_member_read(dna_member *m, unsigned char *to, size_t n) DNA_MUST_CHECK;
/** The member must end here, and have the checksum that the directory says. */
int dna_member_end(dna_member *m) DNA_MUST_CHECK;
/** A whole member (dna_free). */
int dna_archive_read(dna_archive *archive, int64_t i, size_t max, unsigned char **bytes,
    size_t *n) DNA_MUST_CHECK;

/* Writing: the archive grows in memory and goes to its file in one atomic write, with
 * fixed dates: the same members give the same bytes. */
typedef struct dna_archive_writer dna_archive_writer;

int dna_archive_create(dna_archive_writer **out, const char *path) DNA_MUST_CHECK;
/** Keeps: bytes, until the commit. Deflated with level 1. */
int dna_archive_add(dna_archive_writer *w, const char *name, const void *bytes,
    size_t n, bool is_deflated) DNA_MUST_CHECK;
/** Write and free (also on failure). skips_sync: dna_atomic_skip_sync(). */
int dna_archive_commit(dna_archive_writer *w, bool skips_sync) DNA_MUST_CHECK;
/** Free without writing; NULL does nothing. */
void dna_archive_abort(dna_archive_writer *w);

#endif
