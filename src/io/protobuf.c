/* protobuf.c - write protocol buffers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "io/protobuf.h"

#include <string.h>

enum { VARINT = 0, EIGHT_BYTES = 1, BYTES = 2, FOUR_BYTES = 5 };

void
dna_pb_fixed(dna_str *s, uint64_t v, int n_byte)
{
    for (int i = 0; i < n_byte; i++) {
        dna_str_addc(s, (char)(unsigned char)(v >> 8 * i & 0xff));
    }
}

void
dna_pb_varint(dna_str *s, uint64_t v)
{
    while (v >= 0x80) {
        dna_pb_fixed(s, (v & 0x7f) | 0x80, 1);
        v >>= 7;
    }
    dna_pb_fixed(s, v, 1);
}

static void
put_key(dna_str *s, int field, int wire_type)
{
    dna_pb_varint(s, (uint64_t)(field << 3 | wire_type));
}

void
dna_pb_int(dna_str *s, int field, int64_t v)
{
    put_key(s, field, VARINT);
    dna_pb_varint(s, (uint64_t)v);
}

void
dna_pb_float(dna_str *s, int field, float v)
{
    uint32_t bits = 0;
    memcpy(&bits, &v, sizeof(bits));
    put_key(s, field, FOUR_BYTES);
    dna_pb_fixed(s, bits, 4);
}

void
dna_pb_double(dna_str *s, int field, double v)
{
    uint64_t bits = 0;
    memcpy(&bits, &v, sizeof(bits));
    put_key(s, field, EIGHT_BYTES);
    dna_pb_fixed(s, bits, 8);
}

void
dna_pb_bytes(dna_str *s, int field, const void *data, size_t n)
{
    put_key(s, field, BYTES);
    dna_pb_varint(s, n);
    dna_str_addn(s, data, n);
}

void
dna_pb_text(dna_str *s, int field, const char *text)
{
    dna_pb_bytes(s, field, text, strlen(text));
}

void
dna_pb_message(dna_str *s, int field, dna_str *message)
{
    if (dna_str_status(message) < 0 && s->rc == DNA_OK) {
        s->rc = message->rc;
    }
    dna_pb_bytes(s, field, dna_str_text(message), message->len);
    dna_str_clear(message);
}
