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
/** Whether a folder is there and not empty. DNA_EEXISTS if it is no folder. */
int dna_run_dir_has_files(bool *out, const char *dir) DNA_MUST_CHECK;
/** Hold a folder that is there until *lock is closed: a second training that wants it
 * is told so by *is_taken (*lock is -1 then, and where a file system knows no locks it
 * never is). */
int dna_run_dir_hold(int *lock, bool *is_taken, const char *dir) DNA_MUST_CHECK;
/** Make the run's folder, with what `fill` writes into the folder it is given, and hold
 * it. It appears whole: it is filled beside, under a hidden name. *is_taken also if
 * another was faster. A folder that run->has_files says is there is filled as it is. */
typedef int (*dna_run_dir_fill_fn)(void *payload, const char *dir);
int dna_run_dir_claim(int *lock, bool *is_taken, const dna_run_name *run,
    dna_run_dir_fill_fn fill, void *payload) DNA_MUST_CHECK;
/** "<dir>/<model_filename_format filled>", a heap string. *is_renamed tells that a .pth
 * was asked for and the .safetensors beside it is meant. */
int dna_run_network_path(char **out, const dna_run_name *run, const char *model_name,
    const char *format, const char *checkpoint, bool *is_renamed) DNA_MUST_CHECK;

#endif
