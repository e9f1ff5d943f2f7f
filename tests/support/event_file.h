/* event_file.h - read event files of TensorBoard, in code that shares nothing with what
 * writes them: records are checked by a CRC of single bits, fields are taken apart by
 * the rules of protocol buffers, and whatever was not announced fails the test.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_TESTS_EVENT_FILE_H
#define DNA_TESTS_EVENT_FILE_H

#include "support/support.h"

#include <string.h>

#include "base/path.h"

#define EVENT_MAX_VALUE 64

typedef struct {
    double wall_time;
    int64_t step;     /* -1: the event has no such field */
    char version[32]; /* "": none */
    int n_value;
    struct {
        char tag[128];
        float value;
    } values[EVENT_MAX_VALUE];
} event;

typedef struct {
    const unsigned char *p, *end;
} event_bytes;

/* One bit after the other, as the polynomial is divided by hand. */
static inline uint32_t
event_crc(const unsigned char *p, size_t n)
{
    uint32_t rest = 0xffffffffu;
    for (size_t i = 0; i < n * 8; i++) {
        uint32_t bit = (uint32_t)(p[i / 8] >> (i % 8)) & 1u;
        uint32_t carry = (rest & 1u) ^ bit;
        rest >>= 1;
        if (carry != 0u) {
            rest ^= 0x82f63b78u;
        }
    }
    return rest ^ 0xffffffffu;
}

static inline uint64_t
event_fixed(event_bytes *b, int n)
{
    uint64_t v = 0;
    assert_true(b->end - b->p >= n);
    for (int i = 0; i < n; i++) {
        v += (uint64_t)b->p[i] << (8 * i);
    }
    b->p += n;
    return v;
}

static inline uint64_t
event_varint(event_bytes *b)
{
    uint64_t v = 0;
    for (int shift = 0;; shift += 7) {
        assert_true(b->p < b->end && shift < 64);
        unsigned char c = *b->p++;
        v += (uint64_t)(c & 127u) << shift;
        if (c < 128u) {
            return v;
        }
    }
}

static inline event_bytes
event_part(event_bytes *b)
{
    uint64_t n = event_varint(b);
    assert_true((uint64_t)(b->end - b->p) >= n);
    event_bytes part = {b->p, b->p + n};
    b->p += n;
    return part;
}

static inline void
event_text(char *to, size_t size, event_bytes part)
{
    size_t n = (size_t)(part.end - part.p);
    assert_true(n < size);
    memcpy(to, part.p, n);
    to[n] = '\0';
}

static inline void
event_read_value(event *e, event_bytes b)
{
    assert_true(e->n_value < EVENT_MAX_VALUE);
    char *tag = e->values[e->n_value].tag;
    int n_field = 0;
    while (b.p < b.end) {
        uint64_t key = event_varint(&b);
        if (key == (1 << 3 | 2)) {
            event_text(tag, sizeof(e->values[0].tag), event_part(&b));
        } else {
            assert_int_equal(key, 2 << 3 | 5);
            uint32_t bits = (uint32_t)event_fixed(&b, 4);
            memcpy(&e->values[e->n_value].value, &bits, sizeof(bits));
        }
        n_field++;
    }
    assert_int_equal(n_field, 2);
    e->n_value++;
}

static inline void
event_read_summary(event *e, event_bytes b)
{
    while (b.p < b.end) {
        assert_int_equal(event_varint(&b), 1 << 3 | 2);
        event_read_value(e, event_part(&b));
    }
}

static inline void
event_read(event *e, event_bytes b)
{
    *e = (event){.step = -1};
    while (b.p < b.end) {
        uint64_t key = event_varint(&b);
        if (key == (1 << 3 | 1)) {
            uint64_t bits = event_fixed(&b, 8);
            memcpy(&e->wall_time, &bits, sizeof(bits));
        } else if (key == (2 << 3 | 0)) {
            e->step = (int64_t)event_varint(&b);
        } else if (key == (3 << 3 | 2)) {
            event_text(e->version, sizeof(e->version), event_part(&b));
        } else {
            assert_int_equal(key, 5 << 3 | 2);
            event_read_summary(e, event_part(&b));
        }
    }
}

static inline uint32_t
event_mask(uint32_t c)
{
    return ((c >> 15) | (c << 17)) + 0xa282ead8u;
}

/* All events of a file; every byte belongs to a record whose CRCs are right. */
static inline int
read_event_file(const char *path, event *events, int max)
{
    unsigned char *data = NULL;
    size_t size = 0;
    int n = 0;
    assert_ok(dna_file_read(path, (size_t)1 << 24, &data, &size));
    event_bytes b = {data, data + size};
    while (b.p < b.end) {
        const unsigned char *head = b.p;
        uint64_t length = event_fixed(&b, 8);
        assert_int_equal(event_fixed(&b, 4), event_mask(event_crc(head, 8)));
        assert_true((uint64_t)(b.end - b.p) >= length + 4);
        event_bytes part = {b.p, b.p + length};
        b.p += length;
        assert_int_equal(event_fixed(&b, 4), event_mask(event_crc(part.p, length)));
        assert_true(n < max);
        event_read(&events[n++], part);
    }
    dna_free(data);
    return n;
}

#endif
