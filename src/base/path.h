/* path.h - file names, folders, and files that appear whole or not at all.
 *
 * SPDX-License-Identifier: MIT
 *
 * An output is written beside its final place and renamed when it is complete, so that
 * a full disk or a kill leaves either the old file or the new one:
 *
 *     DNA_TRY(dna_atomic_open(&file, path));
 *     fprintf(dna_atomic_stream(file), ...);
 *     DNA_TRY(dna_atomic_commit(&file));      // flush, check, fsync, rename
 * out:
 *     dna_atomic_abort(file);                 // NULL after a commit: does nothing
 */
#ifndef DNA_BASE_PATH_H
#define DNA_BASE_PATH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/str.h"
#include "dnadna/status.h"

/** "path: reason" of an errno value: DNA_ENOTFOUND for a missing file or folder,
 *  DNA_ENOMEM, DNA_EEXISTS, else DNA_EIO. */
int dna_path_fail(const char *path, int err);

/* All return a heap string (dna_free), NULL when memory is out. */
char *dna_path_join(const char *dir, const char *name); /* name absolute: name */
char *dna_path_dirname(const char *path);               /* "." if there is none */
const char *dna_path_basename(const char *path);        /* points into path */
/** Absolute and without "." and "..", by text alone (the file need not exist). */
char *dna_path_absolute(const char *path);
/** `path` as seen from the folder `from` (both made absolute first). */
char *dna_path_relative(const char *path, const char *from);

bool dna_path_exists(const char *path);
bool dna_path_is_dir(const char *path);
/** Bytes; DNA_EIO / DNA_ENOTFOUND with "path: reason" in the message. */
int dna_path_size(const char *path, int64_t *size) DNA_MUST_CHECK;
/** Make a folder and its parents; existing ones are fine. */
int dna_path_make_dirs(const char *path) DNA_MUST_CHECK;
/** A new folder "dnadna-..." in `parent`, for this user alone; *out is a heap string. */
int dna_temp_dir_new(char **out, const char *parent) DNA_MUST_CHECK;
/** Remove it and all that is in it; symbolic links are not followed. Best effort; NULL is
 * fine. */
void dna_temp_dir_remove(const char *path);
/** After a rename: the name itself shall survive a crash. Best effort. */
void dna_path_sync_folder(const char *path);
/** Names in a folder, sorted as text, without "." and ".."; free each and the list. */
int dna_path_list(const char *dir, char ***names, int64_t *n) DNA_MUST_CHECK;
void dna_path_list_free(char **names, int64_t n);
/** The whole file, with a final zero byte that is not counted. A folder, a missing file
 *  or one larger than max bytes is an error that names it. */
int dna_file_read(
    const char *path, size_t max, unsigned char **data, size_t *size) DNA_MUST_CHECK;

typedef struct dna_atomic dna_atomic;
int dna_atomic_open(dna_atomic **out, const char *path) DNA_MUST_CHECK;
FILE *dna_atomic_stream(dna_atomic *file);
/** Let the commit not wait for the disk: the file is whole for every process, but may be
 *  lost or empty after a loss of power. For one of many files that can be made again. */
void dna_atomic_skip_sync(dna_atomic *file);
/** The temporary name, for writers that open by name. */
const char *dna_atomic_temp_path(const dna_atomic *file);
int dna_atomic_commit(dna_atomic **file) DNA_MUST_CHECK;
void dna_atomic_abort(dna_atomic *file);
/** Remove the temporary files that a killed process left in a folder. Only where nobody
 * else writes now. What cannot be removed stays. */
void dna_atomic_sweep(const char *dir);
/** Write bytes to path, atomically. */
int dna_atomic_write(const char *path, const void *data, size_t size) DNA_MUST_CHECK;
/** The same after dna_atomic_skip_sync(). */
int dna_atomic_write_unsynced(
    const char *path, const void *data, size_t size) DNA_MUST_CHECK;

#endif
