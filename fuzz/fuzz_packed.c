/* fuzz_packed.c - any bytes as a packed dataset, and as one of its samples.
 *
 * SPDX-License-Identifier: MIT
 *
 * Checksums keep a fuzzer out, so they are set right first: input is taken for the metadata, the
 * header of one record and its payload, and made a file of; input that begins as a packed
 * dataset is also read as it is. What was read must survive being packed again.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/little_endian.h"
#include "base/mem.h"
#include "data/packed.h"
#include "io/crc32.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *
file_name(void)
{
    static char name[64];
    if (name[0] == '\0') {
        snprintf(name, sizeof(name), "/tmp/fuzz_packed.%ld", (long)getpid());
    }
    return name;
}

static void
check_round_trip(const dna_sample *s)
{
    unsigned char *payload = NULL;
    dna_sample *back = NULL;
    dna_packed_sample r;
    size_t n = (size_t)dna_array_count(&s->snp) * dna_dtype_size(s->snp.dtype);

    if (dna_packed_sample_pack(&r, &payload, s) < 0
        || dna_packed_sample_unpack(&back, &r, payload, NULL) < 0
        || back->snp.dtype != s->snp.dtype
        || (n > 0 && memcmp(back->snp.data, s->snp.data, n) != 0)
        || back->has_pos != s->has_pos) {
        abort();
    }
    n = s->has_pos ? (size_t)s->n_site * dna_dtype_size(s->pos.dtype) : 0;
    if (n > 0 && memcmp(back->pos.data, s->pos.data, n) != 0) {
        abort();
    }
    dna_sample_free(back);
    dna_free(payload);
}

static void
read_file(const unsigned char *bytes, size_t size)
{
    dna_sample_part part = {.n_hap = 3, .n_site = 5, .only_polymorphic = true};
    dna_packed *p = NULL;
    FILE *f = fopen(file_name(), "wb");

    if (f == NULL || fwrite(bytes, 1, size, f) != size || fclose(f) != 0) {
        abort();
    }
    if (dna_packed_open(&p, file_name()) == DNA_OK) {
        for (int64_t i = 0; i < dna_packed_count(p) && i < 16; i++) {
            dna_sample *s = NULL;
            bool is_part = false;
            if (dna_packed_load(&s, p, i, NULL, NULL, NULL) == DNA_OK) {
                check_round_trip(s);
                dna_sample_free(s);
                s = NULL;
                if (dna_packed_load(&s, p, i, NULL, &part, &is_part) < 0) {
                    abort();
                }
                dna_sample_free(s);
            }
        }
    }
    dna_packed_close(p);
    (void)unlink(file_name());
}

static void
put_crc(unsigned char *at, size_t n)
{
    dna_put_le(at + n, dna_crc32(at, n), 4);
}

/* The first 64 bytes are the header of the record, the others its payload. */
static void
read_record(const uint8_t *data, size_t size)
{
    size_t n_payload = size - DNA_RECORD_HEADER;
    size_t n = DNA_PACKED_HEADER + 2 * DNA_RECORD_HEADER + n_payload + DNA_PACKED_END;
    unsigned char *file = dna_calloc(n, 1);
    unsigned char *record, *index;

    if (file == NULL) {
        return;
    }
    dna_packed_put_header(file, "", 0);
    record = file + DNA_PACKED_HEADER;
    memcpy(record, data, size);
    dna_put_le(record, 0x53616e64u, 4);
    if (data[40] % 4 != 0) { /* else its place is as told */
        dna_put_le(record + 40, DNA_PACKED_HEADER, 8);
    }
    dna_put_le(record + 56, dna_crc32(record + DNA_RECORD_HEADER, n_payload), 4);
    put_crc(record, 60);
    index = record + size;
    memcpy(index, record, DNA_RECORD_HEADER);
    dna_packed_put_end(index + DNA_RECORD_HEADER, (uint64_t)(index - file), index, 1);
    read_file(file, n);
    dna_free(file);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0 && data[0] == 0x89) {
        read_file(data, size);
    } else if (size >= DNA_RECORD_HEADER) {
        read_record(data, size);
    }
    return 0;
}
