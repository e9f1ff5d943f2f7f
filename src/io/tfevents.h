/* tfevents.h - curves for TensorBoard: numbers by tag and step, in an event file.
 *
 * SPDX-License-Identifier: MIT
 *
 * An event file is a row of records (the TFRecord format of TensorFlow), integers
 * little-endian:
 *
 *     length   uint64   bytes of data
 *     check    uint32   masked CRC-32C of the eight bytes above
 *     data     length bytes: one Event
 *     check    uint32   masked CRC-32C of data
 *
 * A CRC c is masked as ((c >> 15 | c << 17) + 0xa282ead8) mod 2^32, so that a CRC over
 * bytes that hold CRCs stays a good one.
 *
 * An Event is a protocol buffer (event.proto, summary.proto of TensorFlow). Of its
 * fields these are written, the first record alone having the version:
 *
 *     Event          wall_time = 1 (double, seconds since 1970)  step = 2 (int64)
 *                    file_version = 3 ("brain.Event:2")  summary = 5
 *     Summary        value = 1, repeated
 *     Summary.Value  tag = 1 (text)  simple_value = 2 (float)
 *
 *     DNA_TRY(dna_tfevents_open(&events, path, 0, now));
 *     dna_tfevents_scalar(events, "loss/training", 0.25);
 *     dna_tfevents_scalar(events, "loss/validation", 0.5);
 *     DNA_TRY(dna_tfevents_put(events, step, now));
 *     DNA_TRY(dna_tfevents_sync(events, &length));
 */
#ifndef DNA_IO_TFEVENTS_H
#define DNA_IO_TFEVENTS_H

#include <stddef.h>
#include <stdint.h>

#include "dnadna/status.h"

typedef struct dna_tfevents dna_tfevents;

/** Open or make a file of which the first `keep` bytes stay (0: a new one, which gets
 * the record of the version; DNA_APPEND_ALL, base/append.h). Errors: DNA_EIO;
 * DNA_EFORMAT if it has fewer bytes. */
int dna_tfevents_open(dna_tfevents **out, const char *path, int64_t keep,
    double wall_time) DNA_MUST_CHECK;
/** NULL is fine. */
void dna_tfevents_close(dna_tfevents *events);
/** One more number of the event that dna_tfevents_put() will write. TensorBoard makes a
 * group of the tags that agree up to a slash. NaN is left out: there is no point to
 * draw. */
void dna_tfevents_scalar(dna_tfevents *events, const char *tag, double value);
/** Write the numbers so far as one event; nothing if there are none. Whole or not at
 * all. */
int dna_tfevents_put(
    dna_tfevents *events, int64_t step, double wall_time) DNA_MUST_CHECK;
/** Until it would survive a loss of power; its length, to go on from later. */
int dna_tfevents_sync(dna_tfevents *events, int64_t *length) DNA_MUST_CHECK;

/** CRC-32C: polynomial 0x1edc6f41, bits reversed, begun with and finished by ones.
 * Source: Castagnoli et al. 1993, IEEE Trans. Commun. 41:883-892; RFC 3720, B.4. */
uint32_t dna_crc32c(const void *data, size_t n);

#endif
