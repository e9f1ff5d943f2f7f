/* packed_sample.c - a sample in few bytes: the records of a packed dataset.
 *
 * SPDX-License-Identifier: MIT
 */
#include "popgen/packed_sample.h"

#include <math.h>
#include <string.h>

#include "base/little_endian.h"
#include "base/mem.h"
#include "base/narrow.h"
#include "io/crc32.h"
#include "popgen/bit_matrix.h"

#define MAGIC      0x53616e64u /* "dnaS" */
#define CRC_OFFSET 60

static size_t
round_up(size_t n)
{
    return (n + 7) / 8 * 8;
}

/* ---- the header ------------------------------------------------------------------ */

void
dna_packed_sample_put(unsigned char out[DNA_RECORD_HEADER], const dna_packed_sample *r)
{
    dna_put_le(out, MAGIC, 4);
    out[4] = r->snp_dtype;
    out[5] = r->snp_coding;
    out[6] = r->pos_dtype;
    out[7] = r->pos_coding;
    dna_put_le(out + 8, (uint64_t)r->scenario, 8);
    dna_put_le(out + 16, (uint64_t)r->replicate, 8);
    dna_put_le(out + 24, (uint64_t)r->n_hap, 8);
    dna_put_le(out + 32, (uint64_t)r->n_site, 8);
    dna_put_le(out + 40, r->offset, 8);
    dna_put_le(out + 48, r->payload, 8);
    dna_put_le(out + 56, r->crc, 4);
    dna_put_le(out + CRC_OFFSET, dna_crc32(out, CRC_OFFSET), 4);
}

static size_t
matrix_size(const dna_packed_sample *r)
{
    size_t n_hap = (size_t)r->n_hap, n_site = (size_t)r->n_site;

    if (r->snp_coding == DNA_CODED_AS_BITS) {
        return n_site * dna_bit_width(r->n_hap);
    }
    return n_hap * n_site * dna_dtype_size((dna_dtype)r->snp_coding);
}

static size_t
positions_size(const dna_packed_sample *r)
{
    return r->pos_coding == DNA_CODED_NONE
               ? 0
               : (size_t)r->n_site * dna_dtype_size((dna_dtype)r->pos_coding);
}

static bool
is_coding(unsigned dtype, unsigned coding)
{
    return dtype <= DNA_F64 && coding <= DNA_F64
           && dna_may_narrow((dna_dtype)dtype, (dna_dtype)coding);
}

int
dna_packed_sample_get(
    dna_packed_sample *r, const unsigned char in[DNA_RECORD_HEADER], const char *name)
{
    int rc = DNA_OK;

    *r = (dna_packed_sample){.snp_dtype = in[4],
        .snp_coding = in[5],
        .pos_dtype = in[6],
        .pos_coding = in[7],
        .scenario = (int64_t)dna_get_le(in + 8, 8),
        .replicate = (int64_t)dna_get_le(in + 16, 8),
        .n_hap = (int64_t)dna_get_le(in + 24, 8),
        .n_site = (int64_t)dna_get_le(in + 32, 8),
        .offset = dna_get_le(in + 40, 8),
        .payload = dna_get_le(in + 48, 8),
        .crc = (uint32_t)dna_get_le(in + 56, 4)};
    DNA_REQUIRE(dna_get_le(in, 4) == MAGIC
                    && dna_get_le(in + CRC_OFFSET, 4) == dna_crc32(in, CRC_OFFSET),
        DNA_EFORMAT, "%s: damaged: the checksum of the header of a sample is wrong",
        name);
    DNA_REQUIRE(r->scenario >= 0 && r->replicate >= 0 && r->n_hap >= 0 && r->n_site >= 0
                    && r->n_hap < DNA_RECORD_MOST_HAP
                    && r->n_site < DNA_RECORD_MOST_SITE && r->snp_dtype <= DNA_F64
                    && (r->snp_coding == DNA_CODED_AS_BITS
                        || is_coding(r->snp_dtype, r->snp_coding))
                    && (r->pos_coding == DNA_CODED_NONE
                            ? r->pos_dtype == DNA_CODED_NONE
                            : is_coding(r->pos_dtype, r->pos_coding)),
        DNA_EFORMAT, "%s: the header of a sample has impossible values", name);
    /* an empty matrix is one of bits, so that each site takes a byte of the file */
    DNA_REQUIRE(
        (uint64_t)r->n_hap * (uint64_t)r->n_site < (UINT64_C(1) << 58)
            && (r->n_hap > 0 || r->snp_coding == DNA_CODED_AS_BITS)
            && r->payload == round_up(matrix_size(r)) + round_up(positions_size(r)),
        DNA_EFORMAT, "%s: %llu bytes for a sample of %lld x %lld", name,
        (unsigned long long)r->payload, (long long)r->n_hap, (long long)r->n_site);
out:
    return rc;
}

/* ---- packing --------------------------------------------------------------------- */

/* The matrix as bytes, if all its values are 0 and 1 (and none is -0); NULL if not. Bytes
 * are the sample's own where they can be, else in *room. */
static const uint8_t *
as_bytes(const dna_sample *s, uint8_t *room)
{
    int64_t n = s->n_hap * s->n_site;

    if (dna_dtype_size(s->snp.dtype) == 1) {
        const uint8_t *bytes = s->snp.data;
        unsigned seen = 0;
        for (int64_t i = 0; i < n; i++) {
            seen |= bytes[i];
        }
        return seen <= 1 ? bytes : NULL;
    }
    for (int64_t i = 0; i < n; i++) {
        double v = dna_array_get(&s->snp, i);
        if (!(v >= 0 && v <= 1) || (v > 0 && v < 1) || signbit(v) != 0) {
            return NULL;
        }
        room[i] = v > 0;
    }
    return room;
}

static int
choose_coding(dna_packed_sample *r, const dna_sample *s, const uint8_t *bytes)
{
    int rc = DNA_OK;

    *r = (dna_packed_sample){.n_hap = s->n_hap,
        .n_site = s->n_site,
        .snp_dtype = (uint8_t)s->snp.dtype,
        .pos_dtype = DNA_CODED_NONE,
        .pos_coding = DNA_CODED_NONE};
    DNA_REQUIRE(s->n_hap < DNA_RECORD_MOST_HAP && s->n_site < DNA_RECORD_MOST_SITE,
        DNA_EUNSUPPORTED,
        "a matrix of %lld x %lld: a packed sample has fewer than %lld individuals and %lld sites",
        (long long)s->n_hap, (long long)s->n_site, (long long)DNA_RECORD_MOST_HAP,
        (long long)DNA_RECORD_MOST_SITE);
    r->snp_coding = bytes != NULL ? DNA_CODED_AS_BITS : (uint8_t)dna_narrowest(&s->snp);
    if (s->has_pos) {
        r->pos_dtype = (uint8_t)s->pos.dtype;
        r->pos_coding = (uint8_t)dna_narrowest(&s->pos);
    }
    r->payload = round_up(matrix_size(r)) + round_up(positions_size(r));
out:
    return rc;
}

int
dna_packed_sample_pack(
    dna_packed_sample *r, unsigned char **payload, const dna_sample *s)
{
    uint8_t *room = NULL;
    unsigned char *out = NULL;
    int rc = DNA_OK;

    if (dna_dtype_size(s->snp.dtype) > 1) {
        DNA_NEW(room, s->n_hap * s->n_site);
    }
    const uint8_t *bytes = as_bytes(s, room);
    DNA_TRY(choose_coding(r, s, bytes));
    DNA_NEW(out, r->payload);
    if (bytes != NULL) {
        dna_bits_pack(out, bytes, s->n_hap, s->n_site);
    } else {
        dna_narrow(out, (dna_dtype)r->snp_coding, &s->snp);
    }
    if (s->has_pos) {
        dna_narrow(out + round_up(matrix_size(r)), (dna_dtype)r->pos_coding, &s->pos);
    }
    r->crc = dna_crc32(out, r->payload);
    *payload = out;
    out = NULL;
out:
    dna_free(out);
    dna_free(room);
    return rc;
}

/* ---- unpacking ------------------------------------------------------------------- */

bool
dna_packed_sample_has_parts(const dna_packed_sample *r, bool is_distance)
{
    return r->snp_coding == DNA_CODED_AS_BITS
           && dna_dtype_size((dna_dtype)r->snp_dtype) == 1
           && (r->pos_coding == DNA_CODED_NONE || !is_distance);
}

static int
unpack_matrix(dna_sample *s, const dna_packed_sample *r, const unsigned char *in,
    const int64_t *index, int64_t n_hap, int64_t n_site)
{
    int64_t dim[2] = {n_hap, n_site};
    size_t width = dna_bit_width(r->n_hap);
    uint8_t *room = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_array_init_unset(&s->snp, (dna_dtype)r->snp_dtype, 2, dim));
    if (r->snp_coding != DNA_CODED_AS_BITS) {
        dna_widen(&s->snp, (dna_dtype)r->snp_coding, in, n_hap * n_site);
    } else if (dna_dtype_size(s->snp.dtype) == 1) {
        dna_bits_unpack(s->snp.data, in, width, n_hap, index, n_site);
    } else {
        DNA_NEW(room, n_hap * n_site);
        dna_bits_unpack(room, in, width, n_hap, index, n_site);
        for (int64_t i = 0; i < n_hap * n_site; i++) {
            dna_array_set(&s->snp, i, room[i]);
        }
    }
out:
    dna_free(room);
    return rc;
}

static int
unpack_positions(dna_sample *s, const dna_packed_sample *r, const unsigned char *in,
    const int64_t *index, int64_t n_site)
{
    size_t size;
    unsigned char *room = NULL;
    int rc = DNA_OK;

    if (r->pos_coding == DNA_CODED_NONE) {
        return DNA_OK;
    }
    s->has_pos = true;
    size = dna_dtype_size((dna_dtype)r->pos_coding);
    in += round_up(matrix_size(r));
    DNA_TRY(dna_array_init_unset(&s->pos, (dna_dtype)r->pos_dtype, 1, &n_site));
    if (index != NULL) {
        room = dna_malloc(DNA_MAX((size_t)n_site * size, (size_t)1));
        if (room == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
        for (int64_t i = 0; i < n_site; i++) {
            memcpy(room + (size_t)i * size, in + (size_t)index[i] * size, size);
        }
        in = room;
    }
    dna_widen(&s->pos, (dna_dtype)r->pos_coding, in, n_site);
out:
    dna_free(room);
    return rc;
}

int
dna_packed_sample_unpack(dna_sample **out, const dna_packed_sample *r,
    const unsigned char *payload, const dna_sample_part *part)
{
    static const dna_position_format unknown = DNA_POSITION_FORMAT_INIT;
    int64_t n_hap = r->n_hap, n_site = r->n_site;
    int64_t *index = NULL;
    dna_sample *s = NULL;
    int rc = DNA_OK;

    if (part != NULL) {
        n_hap = part->n_hap >= 0 ? DNA_MIN(part->n_hap, n_hap) : n_hap;
        n_site = part->n_site >= 0 ? DNA_MIN(part->n_site, n_site) : n_site;
    }
    if (part != NULL && part->only_polymorphic) {
        index = dna_malloc((size_t)DNA_MAX(n_site, 1) * sizeof(*index));
        if (index == NULL) {
            return DNA_ENOMEM;
        }
        n_site = dna_bits_find_polymorphic(
            index, n_site, payload, dna_bit_width(r->n_hap), n_hap, r->n_site);
    }
    DNA_NEW(s, 1);
    s->format = unknown;
    s->n_hap = n_hap;
    s->n_site = n_site;
    DNA_TRY(unpack_matrix(s, r, payload, index, n_hap, n_site));
    DNA_TRY(unpack_positions(s, r, payload, index, n_site));
    *out = s;
    s = NULL;
out:
    dna_sample_free(s);
    dna_free(index);
    return rc;
}
