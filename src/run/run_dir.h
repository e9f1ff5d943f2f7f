/* run_dir.h - which number a training run gets, and the folder it lives in.
 *
 * SPDX-License-Identifier: MIT
 *
 * A run id is a number (padded to three digits in names) or any text without a slash,
 * used as it is. Without a wish, the highest number that the model's folder has is
 * looked up; it is taken if its folder is empty, else the next one is.
 */
#ifndef DNA_RUN_RUN_DIR_H
#define DNA_RUN_RUN_DIR_H

#include <stdbool.h>
#include <stdint.h>

#include "dnadna/status.h"

typedef struct {
    bool is_number;
    int64_t number;
    char *id;            /* as text */
    char *name;          /* "run_003" */
    char *dir;           /* <model root>/run_003 */
    bool has_files;      /* the folder exists and is not empty */
    bool is_free_choice; /* nobody asked for this number */
} dna_run_name;

typedef struct {
    const char *model_root;
    const char *model_name;
    const char *format; /* run_name_format */
    const char *wanted; /* NULL: the next free number ... */
    int64_t not_below;  /* ... from this one on */
} dna_run_wish;

/** Nothing is made on disk. Errors: DNA_EARG for an id or format that makes no name. */
int dna_run_name_choose(dna_run_name *out, const dna_run_wish *wish) DNA_MUST_CHECK;
void dna_run_name_clear(dna_run_name *run);
/** Make the run's folder and hold it: a second training that wants it is told so by
 *  *is_taken, as long as *lock is not closed. *is_taken also if files came into a
 * folder that run->has_files calls empty. *lock is -1 then. */
int dna_run_claim(int *lock, bool *is_taken, const dna_run_name *run) DNA_MUST_CHECK;
/** "<dir>/<model_filename_format filled>", a heap string. *is_renamed tells that a .pth
 * was asked for and the .safetensors beside it is meant. */
int dna_run_network_path(char **out, const dna_run_name *run, const char *model_name,
    const char *format, const char *checkpoint, bool *is_renamed) DNA_MUST_CHECK;
/** The same name with .safetensors in place of .pth or .pt; *is_renamed tells if it
 * was. */
int dna_network_file_name(
    char **out, const char *path, bool *is_renamed) DNA_MUST_CHECK;

#endif
