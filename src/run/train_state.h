/* train_state.h - all that a training needs to go on, in one file.
 *
 * SPDX-License-Identifier: MIT
 *
 * A safetensors file: tensors are named "<section>/<name>", numbers and flags are in
 * the metadata `dnadna_training_state`, a JSON text with one mapping a section. The
 * same calls write and read it, so that both cannot disagree:
 *
 *     static int
 *     exchange_clock(dna_train_state *s, dna_loop *l)
 *     {
 *         int rc = DNA_OK;
 *         DNA_TRY(dna_train_state_section(s, "clock"));
 *         DNA_TRY(dna_train_state_int(s, "ticks", &l->ticks, 0, INT64_MAX));
 *         DNA_TRY(dna_train_state_tensor(s, "hands", DNA_F32, 1, &l->n, l->hands));
 *     out:
 *         return rc;
 *     }
 *
 * Whoever adds to what training remembers adds such a function to the list in
 * train_state_parts.c. Reading checks everything: what is missing, unknown, of another
 * type or size, out of range or NaN is one line that names the file and the entry.
 */
#ifndef DNA_RUN_TRAIN_STATE_H
#define DNA_RUN_TRAIN_STATE_H

#include <stdbool.h>

#include "base/value.h"
#include "dnadna/array.h"

#define DNA_TRAIN_STATE_FORMAT_VERSION 1

typedef struct dna_train_state dna_train_state;

/** An empty state, to be filled and written. config: as the run's folder has it. */
int dna_train_state_new(dna_train_state **out, const dna_value *config) DNA_MUST_CHECK;
/** Read a file; DNA_ENOTFOUND if there is none. */
int dna_train_state_read(dna_train_state **out, const char *path) DNA_MUST_CHECK;
/** Write it atomically. Tensors are those of the caller and as they are now. */
int dna_train_state_write(const dna_train_state *s, const char *path) DNA_MUST_CHECK;
void dna_train_state_free(dna_train_state *s);

/** After all was read: refuse what nobody asked for. */
int dna_train_state_check_rest(const dna_train_state *s) DNA_MUST_CHECK;
/** Whether a file was read, its name, and the config that is in it. */
bool dna_train_state_is_read(const dna_train_state *s);
const char *dna_train_state_path(const dna_train_state *s);
const dna_value *dna_train_state_config(const dna_train_state *s);
/** A number of a file that was read, before the sections are exchanged. */
bool dna_train_state_peek(const dna_train_state *s, const char *dotted, int64_t *v);

/* Written or read, in the section begun last. */
int dna_train_state_section(dna_train_state *s, const char *name) DNA_MUST_CHECK;
int dna_train_state_int(dna_train_state *s, const char *key, int64_t *v, int64_t min,
    int64_t max) DNA_MUST_CHECK;
int dna_train_state_flag(dna_train_state *s, const char *key, bool *v) DNA_MUST_CHECK;
/** To the last bit; NaN and infinities too. */
int dna_train_state_double(
    dna_train_state *s, const char *key, double *v) DNA_MUST_CHECK;
/** Reading fails unless the file has the very same. */
int dna_train_state_same_int(
    dna_train_state *s, const char *key, int64_t v) DNA_MUST_CHECK;
int dna_train_state_same_text(
    dna_train_state *s, const char *key, const char *v) DNA_MUST_CHECK;
/** Keeps: name's copy only; data until the state is written. DNA_ENUMERIC for NaN. */
int dna_train_state_tensor(dna_train_state *s, const char *name, dna_dtype dtype,
    int n_dim, const int64_t *dim, void *data) DNA_MUST_CHECK;

#endif
