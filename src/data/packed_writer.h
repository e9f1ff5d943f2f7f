/* packed_writer.h - write a packed dataset, sample by sample, from many threads.
 *
 * SPDX-License-Identifier: MIT
 *
 * Samples are numbered 0, 1, 2, ... in the order that they shall have in the file. Threads
 * may bring them in any order; each waits in memory until those before it are written. So
 * the bytes of the file depend on the samples alone. The file grows as "<path>.part" and
 * gets its name when it is whole; a later writer can go on with what a killed one left:
 *
 *     DNA_TRY(dna_packed_writer_open(&w, path, meta, n_meta, true));
 *     for (int64_t i = dna_packed_writer_n_kept(w); i < n; i++) {
 *         DNA_TRY(dna_packed_writer_put(w, i, scenario, replicate, sample, true));
 *     }
 *     DNA_TRY(dna_packed_writer_finish(w, n));
 * out:
 *     dna_packed_writer_close(w);      // what is not finished stays for the next one
 */
#ifndef DNA_DATA_PACKED_WRITER_H
#define DNA_DATA_PACKED_WRITER_H

#include "data/packed.h"

#define DNA_PACKED_PART ".part" /* behind the name of a file that is not finished */

typedef struct dna_packed_writer dna_packed_writer;

/** Begin anew, or (keep) go on with the whole samples of a partial file of the same
 *  metadata. Errors: DNA_EIO; DNA_EEXISTS if the partial file is of another dataset. */
int dna_packed_writer_open(dna_packed_writer **out, const char *path, const char *meta,
    size_t n_meta, bool keep) DNA_MUST_CHECK;
/** Keeps what is written for a later writer. */
void dna_packed_writer_close(dna_packed_writer *w);
/** The partial file's name; a heap string, NULL when memory is out. */
char *dna_packed_part_path(const char *path);
/** How many samples were kept: the first ones. */
int64_t dna_packed_writer_n_kept(const dna_packed_writer *w);
/** A sample that was kept. */
int dna_packed_writer_kept(
    dna_packed_sample *r, const dna_packed_writer *w, int64_t i) DNA_MUST_CHECK;
/** Add sample `number`. With may_wait a thread that is far ahead of the others waits for
 *  them; then numbers must have been begun in their order. Threads: safe. Errors: DNA_EIO,
 *  DNA_ENOMEM; after dna_packed_writer_stop() the code and the message given there. */
int dna_packed_writer_put(dna_packed_writer *w, int64_t number, int64_t scenario,
    int64_t replicate, const dna_sample *sample, bool may_wait) DNA_MUST_CHECK;
/** Let nobody wait any longer: a sample that others wait for will not come, for the reason
 *  of this code and the current message. The first reason stays. */
void dna_packed_writer_stop(dna_packed_writer *w, int code);
/** Bytes so far, those that wait included. */
int64_t dna_packed_writer_length(dna_packed_writer *w);
/** When all n samples have come: write the index and give the file its name. */
int dna_packed_writer_finish(dna_packed_writer *w, int64_t n) DNA_MUST_CHECK;

#endif
