/* tfevents.c - curves for TensorBoard: numbers by tag and step, in an event file.
 *
 * SPDX-License-Identifier: MIT
 */
#include "io/tfevents.h"

#include <math.h>
#include <string.h>

#include "base/append.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/protobuf.h"

enum {
    EVENT_WALL_TIME = 1,
    EVENT_STEP = 2,
    EVENT_FILE_VERSION = 3,
    EVENT_SUMMARY = 5,
    SUMMARY_VALUE = 1,
    VALUE_TAG = 1,
    VALUE_SIMPLE = 2
};

struct dna_tfevents {
    dna_append *file;
    dna_str summary; /* of the event that is being made */
    uint32_t crc_table[256];
};

/* ---- CRC-32C --------------------------------------------------------------------- */

/* Entry i: the remainder that the byte i leaves. */
static void
fill_crc_table(uint32_t *table)
{
    const uint32_t reversed_polynomial = 0x82f63b78;
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int bit = 0; bit < 8; bit++) {
            c = (c & 1) != 0 ? c >> 1 ^ reversed_polynomial : c >> 1;
        }
        table[i] = c;
    }
}

static uint32_t
crc32c(const uint32_t *table, const void *data, size_t n)
{
    const unsigned char *p = data;
    uint32_t c = 0xffffffff;
    for (size_t i = 0; i < n; i++) {
        c = table[(c ^ p[i]) & 0xff] ^ c >> 8;
    }
    return ~c;
}

uint32_t
dna_crc32c(const void *data, size_t n)
{
    uint32_t table[256];
    fill_crc_table(table);
    return crc32c(table, data, n);
}

static uint32_t
masked_crc(const uint32_t *table, const void *data, size_t n)
{
    uint32_t c = crc32c(table, data, n);
    return (c >> 15 | c << 17) + 0xa282ead8;
}

/* ---- records --------------------------------------------------------------------- */

static int
put_record(dna_tfevents *e, const dna_str *data)
{
    dna_str record;
    int rc = DNA_OK;

    dna_str_init(&record, 0);
    DNA_TRY(dna_str_status(data));
    dna_pb_fixed(&record, data->len, 8);
    DNA_TRY(dna_str_status(&record));
    dna_pb_fixed(&record, masked_crc(e->crc_table, record.data, record.len), 4);
    dna_str_addn(&record, data->data, data->len);
    dna_pb_fixed(&record, masked_crc(e->crc_table, data->data, data->len), 4);
    DNA_TRY(dna_str_status(&record));
    DNA_TRY(dna_append_write(e->file, record.data, record.len));
out:
    dna_str_clear(&record);
    return rc;
}

static int
put_version(dna_tfevents *e, double wall_time)
{
    static const char version[] = "brain.Event:2";
    dna_str event;

    dna_str_init(&event, 0);
    dna_pb_double(&event, EVENT_WALL_TIME, wall_time);
    dna_pb_bytes(&event, EVENT_FILE_VERSION, version, sizeof(version) - 1);
    int rc = put_record(e, &event);
    dna_str_clear(&event);
    return rc;
}

int
dna_tfevents_open(dna_tfevents **out, const char *path, int64_t keep, double wall_time)
{
    dna_tfevents *e = NULL;
    int rc = DNA_OK;

    DNA_NEW(e, 1);
    dna_str_init(&e->summary, 0);
    fill_crc_table(e->crc_table);
    DNA_TRY(dna_append_open(&e->file, path, keep));
    if (dna_append_length(e->file) == 0) {
        DNA_TRY(put_version(e, wall_time));
    }
    *out = e;
    e = NULL;
out:
    dna_tfevents_close(e);
    return rc;
}

void
dna_tfevents_close(dna_tfevents *e)
{
    if (e != NULL) {
        dna_append_close(e->file);
        dna_str_clear(&e->summary);
        dna_free(e);
    }
}

void
dna_tfevents_scalar(dna_tfevents *e, const char *tag, double value)
{
    dna_str one;

    if (isnan(value)) {
        return;
    }
    dna_str_init(&one, 0);
    dna_pb_bytes(&one, VALUE_TAG, tag, strlen(tag));
    dna_pb_float(&one, VALUE_SIMPLE, (float)value);
    if (dna_str_status(&one) == DNA_OK) {
        dna_pb_bytes(&e->summary, SUMMARY_VALUE, one.data, one.len);
    } else {
        e->summary.rc = dna_str_status(&one); /* told by dna_tfevents_put() */
    }
    dna_str_clear(&one);
}

int
dna_tfevents_put(dna_tfevents *e, int64_t step, double wall_time)
{
    dna_str event;
    int rc = DNA_OK;

    dna_str_init(&event, 0);
    DNA_TRY(dna_str_status(&e->summary));
    if (e->summary.len == 0) {
        goto out;
    }
    dna_pb_double(&event, EVENT_WALL_TIME, wall_time);
    dna_pb_int(&event, EVENT_STEP, step);
    dna_pb_bytes(&event, EVENT_SUMMARY, e->summary.data, e->summary.len);
    DNA_TRY(put_record(e, &event));
out:
    dna_str_clear(&event);
    dna_str_clear(&e->summary);
    dna_str_init(&e->summary, 0);
    return rc;
}

int
dna_tfevents_sync(dna_tfevents *e, int64_t *length)
{
    int rc = DNA_OK;

    DNA_TRY(dna_append_sync(e->file));
    *length = dna_append_length(e->file);
out:
    return rc;
}
