/* protobuf.h - write protocol buffers: the fields of a message, one after the other.
 *
 * SPDX-License-Identifier: MIT
 *
 * A field is its key (number << 3 | wire type), then its value: type 0 a varint (seven
 * bits a byte, least first, the high bit for "more"), 1 eight bytes, 2 a length and as
 * many bytes (text, bytes, a message), 5 four bytes. Numbers are little-endian.
 * Source: protobuf.dev/programming-guides/encoding.
 *
 * The strings' errors are sticky (str.h).
 */
#ifndef DNA_IO_PROTOBUF_H
#define DNA_IO_PROTOBUF_H

#include "base/str.h"

void dna_pb_varint(dna_str *s, uint64_t v); /* bare, without a key */
void dna_pb_fixed(dna_str *s, uint64_t v, int n_byte);
void dna_pb_int(dna_str *s, int field, int64_t v);
void dna_pb_float(dna_str *s, int field, float v);
void dna_pb_double(dna_str *s, int field, double v);
void dna_pb_bytes(dna_str *s, int field, const void *data, size_t n);
void dna_pb_text(dna_str *s, int field, const char *text);
/** The message as a field; it is cleared. Its error becomes that of s. */
void dna_pb_message(dna_str *s, int field, dna_str *message);

#endif
