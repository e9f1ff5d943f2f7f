/* packed.c - read a packed dataset.
 *
 * SPDX-License-Identifier: MIT
 *
 * Whatever a file says about places and sizes is compared with the bytes that are there
 * before it is used, each time, for a mapped file may change under its reader.
 */
#include "data/packed.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/little_endian.h"
#include "base/mapped.h"
#include "base/mem.h"
#include "io/crc32.h"
#include "io/json.h"
#include "popgen/sample_ops.h"

static const unsigned char begin_magic[8] = {0x89, 'd', 'n', 'a', 'p', 'k', '\r', '\n'};
static const unsigned char end_magic[8] = {'d', 'n', 'a', 'p', 'k', 'E', 'N', 'D'};

/* What is known of a sample once it was verified, bit by bit. */
enum {
    IS_VERIFIED = 1,
    LOOKS_NORMALIZED = 2, /* no position is above 1 */
    HAS_FRACTION = 4,     /* a position is strictly between 0 and 1 */
    DECREASES = 8         /* a position is below the one before it */
};

struct dna_packed {
    char *path;
    dna_mapped file;
    const unsigned char *meta;
    size_t n_meta;
    const unsigned char *index; /* [n, DNA_RECORD_HEADER] */
    uint64_t index_at;
    int64_t n;
    atomic_uchar *known; /* [n] */
};

/* ---- header and end -------------------------------------------------------------- */

uint64_t
dna_packed_first_record(size_t n_meta)
{
    return DNA_PACKED_HEADER + (n_meta + 7) / 8 * 8;
}

void
dna_packed_put_header(unsigned char out[DNA_PACKED_HEADER], const void *meta, size_t n)
{
    memset(out, 0, DNA_PACKED_HEADER);
    memcpy(out, begin_magic, sizeof(begin_magic));
    dna_put_le(out + 8, DNA_PACKED_VERSION, 4);
    dna_put_le(out + 16, n, 8);
    dna_put_le(out + 24, dna_crc32(meta, n), 4);
    dna_put_le(out + 60, dna_crc32(out, 60), 4);
}

int
dna_packed_get_header(const unsigned char **meta, size_t *n_meta,
    const unsigned char *file, size_t size, const char *path)
{
    int rc = DNA_OK;

    DNA_REQUIRE(size >= sizeof(begin_magic)
                    && memcmp(file, begin_magic, sizeof(begin_magic)) == 0,
        DNA_EFORMAT, "%s: is not a packed dataset", path);
    DNA_REQUIRE(size >= DNA_PACKED_HEADER, DNA_EFORMAT, "%s: is cut off", path);
    uint64_t version = dna_get_le(file + 8, 4);
    DNA_REQUIRE(version == DNA_PACKED_VERSION, DNA_EUNSUPPORTED,
        "%s: is of version %llu of the format, but version %d is read", path,
        (unsigned long long)version, DNA_PACKED_VERSION);
    DNA_REQUIRE(dna_get_le(file + 60, 4) == dna_crc32(file, 60), DNA_EFORMAT,
        "%s: damaged: the checksum of its header is wrong", path);
    uint64_t n = dna_get_le(file + 16, 8);
    DNA_REQUIRE(n <= DNA_PACKED_MAX_META && dna_packed_first_record((size_t)n) <= size,
        DNA_EFORMAT, "%s: is cut off within its metadata", path);
    DNA_REQUIRE(
        dna_get_le(file + 24, 4) == dna_crc32(file + DNA_PACKED_HEADER, (size_t)n),
        DNA_EFORMAT, "%s: damaged: the checksum of its metadata is wrong", path);
    *meta = file + DNA_PACKED_HEADER;
    *n_meta = (size_t)n;
out:
    return rc;
}

void
dna_packed_put_end(unsigned char out[DNA_PACKED_END], uint64_t index_at,
    const unsigned char *index, int64_t n)
{
    size_t n_byte = (size_t)n * DNA_RECORD_HEADER;

    memset(out, 0, DNA_PACKED_END);
    memcpy(out, end_magic, sizeof(end_magic));
    dna_put_le(out + 8, index_at, 8);
    dna_put_le(out + 16, (uint64_t)n, 8);
    dna_put_le(out + 24, dna_crc32(index, n_byte), 4);
    dna_put_le(out + 32, index_at + n_byte + DNA_PACKED_END, 8);
    dna_put_le(out + 60, dna_crc32(out, 60), 4);
}

static int
get_end(dna_packed *p)
{
    uint64_t first = dna_packed_first_record(p->n_meta);
    int rc = DNA_OK;

    DNA_REQUIRE(p->file.size >= first + DNA_PACKED_END, DNA_EFORMAT,
        "%s: is cut off, or still being written", p->path);
    const unsigned char *end = p->file.data + p->file.size - DNA_PACKED_END;
    DNA_REQUIRE(memcmp(end, end_magic, sizeof(end_magic)) == 0
                    && dna_get_le(end + 32, 8) == p->file.size,
        DNA_EFORMAT, "%s: is cut off, or still being written", p->path);
    DNA_REQUIRE(dna_get_le(end + 60, 4) == dna_crc32(end, 60), DNA_EFORMAT,
        "%s: damaged: the checksum of its end is wrong", p->path);
    uint64_t at = dna_get_le(end + 8, 8), n = dna_get_le(end + 16, 8);
    uint64_t room = p->file.size - DNA_PACKED_END - first;
    DNA_REQUIRE(n <= room / DNA_RECORD_HEADER && at >= first
                    && at == p->file.size - DNA_PACKED_END - n * DNA_RECORD_HEADER,
        DNA_EFORMAT, "%s: the place of its index is impossible", p->path);
    p->index = p->file.data + at;
    p->index_at = at;
    p->n = (int64_t)n;
    DNA_REQUIRE(
        dna_get_le(end + 24, 4) == dna_crc32(p->index, (size_t)n * DNA_RECORD_HEADER),
        DNA_EFORMAT, "%s: damaged: the checksum of its index is wrong", p->path);
out:
    return rc;
}

/* ---- the index ------------------------------------------------------------------- */

static const unsigned char *
entry(const dna_packed *p, int64_t i)
{
    return p->index + (size_t)i * DNA_RECORD_HEADER;
}

/* < 0, 0, > 0 as entry i comes before, is, or comes after (scenario, replicate). */
static int
compare(const dna_packed *p, int64_t i, int64_t scenario, int64_t replicate)
{
    int64_t s = (int64_t)dna_get_le(entry(p, i) + 8, 8),
            r = (int64_t)dna_get_le(entry(p, i) + 16, 8);

    return s != scenario    ? (s < scenario ? -1 : 1)
           : r != replicate ? (r < replicate ? -1 : 1)
                            : 0;
}

int64_t
dna_packed_find(const dna_packed *p, int64_t scenario, int64_t replicate)
{
    int64_t low = 0, high = p->n;

    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        int c = compare(p, middle, scenario, replicate);
        if (c == 0) {
            return middle;
        }
        if (c < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return -1;
}

static int
check_order(const dna_packed *p)
{
    int rc = DNA_OK;

    for (int64_t i = 1; i < p->n; i++) {
        const unsigned char *e = entry(p, i);
        int64_t s = (int64_t)dna_get_le(e + 8, 8), r = (int64_t)dna_get_le(e + 16, 8);
        DNA_REQUIRE(compare(p, i - 1, s, r) < 0, DNA_EFORMAT,
            "%s: its index is not in the order of scenarios and replicates", p->path);
    }
out:
    return rc;
}

int
dna_packed_record(dna_packed_sample *r, const dna_packed *p, int64_t i)
{
    uint64_t first = dna_packed_first_record(p->n_meta);
    int rc = DNA_OK;

    DNA_TRY(dna_packed_sample_get(r, entry(p, i), p->path));
    DNA_REQUIRE(r->offset >= first && r->offset <= p->index_at
                    && p->index_at - r->offset >= DNA_RECORD_HEADER
                    && r->payload <= p->index_at - r->offset - DNA_RECORD_HEADER,
        DNA_EFORMAT, "%s: scenario %lld, replicate %lld: its place is impossible",
        p->path, (long long)r->scenario, (long long)r->replicate);
out:
    return rc;
}

/* ---- open, close ----------------------------------------------------------------- */

int
dna_packed_open(dna_packed **out, const char *path)
{
    dna_packed *p = NULL;
    int rc = DNA_OK;

    DNA_NEW(p, 1);
    p->path = dna_strdup(path);
    DNA_REQUIRE(p->path != NULL, DNA_ENOMEM, "out of memory");
    DNA_TRY(dna_mapped_open(&p->file, path));
    DNA_TRY(
        dna_packed_get_header(&p->meta, &p->n_meta, p->file.data, p->file.size, path));
    DNA_TRY(get_end(p));
    DNA_TRY(check_order(p));
    DNA_NEW(p->known, p->n);
    *out = p;
    p = NULL;
out:
    dna_packed_close(p);
    return rc;
}

void
dna_packed_close(dna_packed *p)
{
    if (p != NULL) {
        dna_mapped_close(&p->file);
        dna_free(p->known);
        dna_free(p->path);
        dna_free(p);
    }
}

const char *
dna_packed_path(const dna_packed *p)
{
    return p->path;
}

int64_t
dna_packed_count(const dna_packed *p)
{
    return p->n;
}

const char *
dna_packed_meta(const dna_packed *p, size_t *n)
{
    *n = p->n_meta;
    return (const char *)p->meta;
}

int
dna_packed_read_meta(dna_value **out, dna_arena *arena, const dna_packed *p)
{
    int rc = DNA_OK;

    DNA_TRY(dna_json_parse(out, arena, (const char *)p->meta, p->n_meta, p->path));
    DNA_REQUIRE((*out)->type == DNA_MAP, DNA_EFORMAT, "%s: its metadata is no mapping",
        p->path);
out:
    return rc;
}

/* ---- samples --------------------------------------------------------------------- */

int
dna_packed_check_record(dna_packed_sample *r, const unsigned char *file, size_t size,
    uint64_t at, const char *path)
{
    int rc = DNA_OK;

    DNA_REQUIRE(at <= size && size - at >= DNA_RECORD_HEADER, DNA_EFORMAT,
        "%s: is cut off", path);
    DNA_TRY(dna_packed_sample_get(r, file + at, path));
    DNA_REQUIRE(r->offset == at && r->payload <= size - at - DNA_RECORD_HEADER,
        DNA_EFORMAT, "%s: is cut off", path);
    DNA_REQUIRE(dna_crc32(file + at + DNA_RECORD_HEADER, (size_t)r->payload) == r->crc,
        DNA_EFORMAT, "%s: damaged: the checksum of a sample is wrong", path);
out:
    return rc;
}

/* What a checked sample's positions let know. */
static unsigned
learn(const dna_sample *s)
{
    unsigned known = IS_VERIFIED | LOOKS_NORMALIZED;
    double before = 0;

    for (int64_t i = 0; s->has_pos && i < s->n_site; i++) {
        double v = dna_array_get(&s->pos, i);
        known |= v > 0 && v < 1 ? HAS_FRACTION : 0;
        known |= v < before ? DECREASES : 0;
        known &= v > 1 ? ~(unsigned)LOOKS_NORMALIZED : ~0u;
        before = v;
    }
    return known;
}

/* The whole sample, with all checks; *known gets what is to be remembered. */
static int
load_whole(dna_sample **out, const dna_packed_sample *r, const unsigned char *payload,
    const dna_position_format *format, const char *path, unsigned *known)
{
    dna_sample *s = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_packed_sample_unpack(&s, r, payload, NULL));
    if (format != NULL) {
        s->format = *format;
    }
    DNA_TRY(dna_sample_check(s, path));
    *known = learn(s);
    *out = s;
    s = NULL;
out:
    dna_sample_free(s);
    return rc;
}

/* Set the flags as dna_sample_check() would; false: it would find fault. */
static bool
settle_format(dna_sample *s, const dna_position_format *format, unsigned known)
{
    bool looks_normalized = (known & LOOKS_NORMALIZED) != 0;
    dna_position_format *f = &s->format;

    if (format != NULL) {
        *f = *format;
    }
    if (s->has_pos) {
        if (f->normalized < 0) {
            f->normalized = looks_normalized;
        }
        if ((f->normalized == 1 && !looks_normalized)
            || (f->normalized == 0 && looks_normalized && (known & HAS_FRACTION) != 0)
            || (f->distance == 0 && (known & DECREASES) != 0)) {
            return false;
        }
    }
    f->distance = f->distance == 1;
    f->normalized = f->normalized == 1;
    f->circular = f->circular == 1;
    return f->chromosome_size >= 0;
}

static int
load_record(dna_sample **out, dna_packed *p, int64_t i, const dna_packed_sample *r,
    const dna_position_format *format, const dna_sample_part *part)
{
    const unsigned char *payload = p->file.data + r->offset + DNA_RECORD_HEADER;
    unsigned known = atomic_load_explicit(&p->known[i], memory_order_relaxed);
    dna_packed_sample there;
    dna_sample *s = NULL;
    int rc = DNA_OK;

    if (known == 0) {
        DNA_TRY(dna_packed_check_record(
            &there, p->file.data, p->index_at, r->offset, p->path));
        DNA_REQUIRE(
            memcmp(p->file.data + r->offset, entry(p, i), DNA_RECORD_HEADER) == 0,
            DNA_EFORMAT, "%s: the index does not fit the sample", p->path);
        DNA_TRY(load_whole(&s, r, payload, format, p->path, &known));
        atomic_store_explicit(&p->known[i], (unsigned char)known, memory_order_relaxed);
        if (part == NULL) {
            goto out;
        }
        dna_sample_free(s);
        s = NULL;
    }
    DNA_TRY(dna_packed_sample_unpack(&s, r, payload, part));
    if (!settle_format(s, format, known)) { /* let the check say what is wrong */
        dna_sample_free(s);
        s = NULL;
        DNA_TRY(load_whole(&s, r, payload, format, p->path, &known));
    }
out:
    if (rc == DNA_OK) {
        *out = s;
        s = NULL;
    }
    dna_sample_free(s);
    return rc;
}

int
dna_packed_load(dna_sample **out, dna_packed *p, int64_t i,
    const dna_position_format *format, const dna_sample_part *part, bool *is_part)
{
    dna_packed_sample r;
    int rc = DNA_OK;

    DNA_TRY(dna_packed_record(&r, p, i));
    if (part != NULL) {
        bool is_distance = format != NULL && format->distance == 1;
        *is_part =
            dna_packed_sample_has_parts(&r, is_distance && part->only_polymorphic);
    }
    rc = load_record(out, p, i, &r, format, part != NULL && *is_part ? part : NULL);
    if (rc < 0 && rc != DNA_ENOMEM) {
        dna_context("scenario %lld, replicate %lld", (long long)r.scenario,
            (long long)r.replicate);
    }
out:
    return rc;
}
