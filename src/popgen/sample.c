/* sample.c - read, make, check, copy and save SNP samples.
 *
 * SPDX-License-Identifier: MIT
 */
#include "dnadna/sample.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "io/npz.h"
#include "popgen/sample_ops.h"

static const char *
snp_key(const dna_sample_options *o)
{
    return o != NULL && o->snp_key != NULL ? o->snp_key : "SNP";
}

static const char *
pos_key(const dna_sample_options *o)
{
    return o != NULL && o->pos_key != NULL ? o->pos_key : "POS";
}

static bool
is_float(dna_dtype dtype)
{
    return dtype == DNA_F16 || dtype == DNA_F32 || dtype == DNA_F64;
}

/* ---- checks ---------------------------------------------------------------------- */

typedef struct {
    double min, max;
    int64_t at_min, at_max;
    int64_t at_bad;    /* first NaN or infinity, -1: none */
    bool has_fraction; /* some value is strictly between 0 and 1 */
} range;

static range
find_range(const dna_array *a)
{
    range r = {.min = (double)INFINITY, .max = -(double)INFINITY, .at_bad = -1};
    double chunk[512];
    int64_t n = dna_array_count(a);

    for (int64_t first = 0; first < n && r.at_bad < 0; first += DNA_COUNT(chunk)) {
        int64_t m = DNA_MIN(DNA_COUNT(chunk), n - first);
        dna_array_to_double(a, first, m, chunk);
        for (int64_t i = 0; i < m; i++) {
            double v = chunk[i];
            if (!isfinite(v)) {
                r.at_bad = first + i;
                break;
            }
            if (v < r.min) {
                r.min = v;
                r.at_min = first + i;
            }
            if (v > r.max) {
                r.max = v;
                r.at_max = first + i;
            }
            r.has_fraction = r.has_fraction || (v > 0 && v < 1);
        }
    }
    return r;
}

/* Whether positions are normalised: told beforehand, or seen from the values. Values
 * of 0 and 1 alone may be base pairs, so they contradict neither answer. */
static int
check_normalized(dna_sample *s, const range *r, const char *name)
{
    bool looks_normalized = s->n_site == 0 || r->max <= 1.0;
    int rc = DNA_OK;

    if (s->format.normalized < 0) {
        s->format.normalized = looks_normalized;
    }
    DNA_REQUIRE(s->format.normalized == 0 || looks_normalized, DNA_EFORMAT,
        "%s: position %.17g of site %lld is above 1, but position_format says that positions are normalized",
        name, r->max, (long long)r->at_max);
    DNA_REQUIRE(s->format.normalized == 1 || !looks_normalized || !r->has_fraction,
        DNA_EFORMAT,
        "%s: all positions are fractions up to %.17g, but position_format says that they are not normalized",
        name, r->max);
out:
    return rc;
}

/* Only where somebody said that positions are absolute: else they may be distances. */
static int
check_order(const dna_sample *s, const char *name)
{
    int64_t at = -1;
    int rc = DNA_OK;

    DNA_REQUIRE(s->format.distance != 0 || dna_sample_count_decreases(s, &at) == 0,
        DNA_EFORMAT,
        "%s: position %.17g of site %lld comes after %.17g: absolute positions never decrease",
        name, dna_array_get(&s->pos, at), (long long)at,
        dna_array_get(&s->pos, at - 1));
out:
    return rc;
}

static int
check_positions(dna_sample *s, const char *name)
{
    range r;
    int rc = DNA_OK;

    DNA_REQUIRE(s->pos.n_dim == 1, DNA_ESHAPE,
        "%s: positions have %d dimensions, not 1", name, s->pos.n_dim);
    DNA_REQUIRE(s->pos.dim[0] == s->n_site, DNA_ESHAPE,
        "%s: the matrix has %lld columns, but there are %lld positions", name,
        (long long)s->n_site, (long long)s->pos.dim[0]);
    r = find_range(&s->pos);
    DNA_REQUIRE(r.at_bad < 0, DNA_EFORMAT, "%s: position of site %lld is %g", name,
        (long long)r.at_bad, dna_array_get(&s->pos, r.at_bad));
    DNA_REQUIRE(s->n_site == 0 || r.min >= 0, DNA_EFORMAT,
        "%s: position of site %lld is negative (%.17g)", name, (long long)r.at_min,
        r.min);
    DNA_TRY(check_normalized(s, &r, name));
    DNA_TRY(check_order(s, name));
out:
    return rc;
}

int
dna_sample_check(dna_sample *s, const char *name)
{
    dna_position_format *f = &s->format;
    int rc = DNA_OK;

    DNA_REQUIRE(s->snp.n_dim == 2, DNA_ESHAPE,
        "%s: the matrix has %d dimension%s, not 2 (individuals, sites)", name,
        s->snp.n_dim, s->snp.n_dim == 1 ? "" : "s");
    DNA_REQUIRE(f->chromosome_size >= 0, DNA_EARG,
        "%s: chromosome_size %lld is negative", name, (long long)f->chromosome_size);
    s->n_hap = s->snp.dim[0];
    s->n_site = s->snp.dim[1];
    if (is_float(s->snp.dtype)) {
        range r = find_range(&s->snp);
        DNA_REQUIRE(r.at_bad < 0, DNA_EFORMAT,
            "%s: value of individual %lld at site %lld is %g", name,
            (long long)(r.at_bad / s->n_site), (long long)(r.at_bad % s->n_site),
            dna_array_get(&s->snp, r.at_bad));
    }
    if (s->has_pos) {
        DNA_TRY(check_positions(s, name));
    }
    f->distance = f->distance == 1;
    f->normalized = f->normalized == 1;
    f->circular = f->circular == 1;
out:
    return rc;
}

/* ---- reading --------------------------------------------------------------------- */

/* The array names of an archive, for a message. */
static void
list_members(const dna_npz *npz, dna_str *text)
{
    dna_str_init(text, 256); /* a longer list is cut */
    for (int64_t i = 0; i < dna_npz_count(npz); i++) {
        const char *member = dna_npz_name(npz, i);
        if (member != NULL) {
            dna_str_addf(text, "%s%s", text->len > 0 ? ", " : "", member);
        }
    }
}

/* An absent array is a fault of the file, not an absent file. */
static int
fail_no_key(const dna_npz *npz, const char *path, const char *key)
{
    dna_str members;
    int rc;

    list_members(npz, &members);
    rc = dna_fail(DNA_EFORMAT,
        "%s: no array \"%s\" (there are: %s); data_source.keys names the arrays", path,
        key, members.len > 0 ? dna_str_text(&members) : "none");
    dna_str_clear(&members);
    return rc;
}

/* Positions may have extra dimensions of size 1. */
static void
squeeze(dna_array *a)
{
    int n_dim = 0;

    for (int i = 0; i < a->n_dim; i++) {
        if (a->dim[i] != 1) {
            a->dim[n_dim++] = a->dim[i];
        }
    }
    if (n_dim == 0) {
        a->dim[n_dim++] = 1;
    }
    a->n_dim = n_dim;
}

static int
read_arrays(
    dna_sample *s, dna_npz *npz, const char *path, const dna_sample_options *options)
{
    int rc = DNA_OK;

    rc = dna_npz_read(npz, snp_key(options), &s->snp);
    if (rc == DNA_ENOTFOUND) {
        rc = fail_no_key(npz, path, snp_key(options));
    }
    DNA_TRY(rc);
    s->has_pos = dna_npz_has(npz, pos_key(options));
    if (s->has_pos) {
        DNA_TRY(dna_npz_read(npz, pos_key(options), &s->pos));
        squeeze(&s->pos);
    } else if (!is_float(s->snp.dtype)) {
        DNA_TRY(fail_no_key(npz, path, pos_key(options)));
    }
out:
    return rc;
}

/* Of an open archive, which is closed. */
static int
load_npz(
    dna_sample **out, dna_npz *npz, const char *path, const dna_sample_options *options)
{
    static const dna_position_format unknown = DNA_POSITION_FORMAT_INIT;
    dna_sample *s = NULL;
    int rc = DNA_OK;

    DNA_NEW(s, 1);
    s->format = options != NULL && options->format != NULL ? *options->format : unknown;
    DNA_TRY(read_arrays(s, npz, path, options));
    DNA_TRY(dna_sample_check(s, path));
    *out = s;
    s = NULL;
out:
    dna_npz_close(npz);
    dna_sample_free(s);
    return rc;
}

int
dna_sample_load(dna_sample **out, const char *path, const dna_sample_options *options)
{
    dna_npz *npz = NULL;
    int rc = dna_npz_open(&npz, path);
    return rc < 0 ? rc : load_npz(out, npz, path, options);
}

int
dna_sample_load_memory(dna_sample **out, const void *bytes, size_t n, const char *name,
    const dna_sample_options *options)
{
    dna_npz *npz = NULL;
    int rc = dna_npz_open_memory(&npz, bytes, n, name);
    return rc < 0 ? rc : load_npz(out, npz, name, options);
}

int
dna_sample_load_shape(int64_t *n_hap, int64_t *n_site, const char *path,
    const dna_sample_options *options)
{
    dna_npz *npz = NULL;
    dna_npy_header h;
    int rc = DNA_OK;

    DNA_TRY(dna_npz_open(&npz, path));
    rc = dna_npz_header(npz, snp_key(options), &h);
    if (rc == DNA_ENOTFOUND) {
        rc = fail_no_key(npz, path, snp_key(options));
    }
    DNA_TRY(rc);
    DNA_REQUIRE(h.n_dim == 2, DNA_ESHAPE,
        "%s: %s has %d dimension%s, not 2 (individuals, sites)", path, snp_key(options),
        h.n_dim, h.n_dim == 1 ? "" : "s");
    *n_hap = h.dim[0];
    *n_site = h.dim[1];
out:
    dna_npz_close(npz);
    return rc;
}

/* ---- making, copying, saving ----------------------------------------------------- */

int
dna_sample_new(dna_sample **out, const dna_array *snp, const dna_array *pos,
    const dna_position_format *format, const char *name)
{
    static const dna_position_format unknown = DNA_POSITION_FORMAT_INIT;
    dna_sample *s = NULL;
    int rc = DNA_OK;

    DNA_NEW(s, 1);
    s->format = format != NULL ? *format : unknown;
    DNA_TRY(dna_array_copy(&s->snp, snp));
    if (pos != NULL) {
        DNA_TRY(dna_array_copy(&s->pos, pos));
        s->has_pos = true;
        squeeze(&s->pos);
    }
    DNA_TRY(dna_sample_check(s, name != NULL ? name : "sample"));
    *out = s;
    s = NULL;
out:
    dna_sample_free(s);
    return rc;
}

int
dna_sample_copy(dna_sample **out, const dna_sample *sample)
{
    dna_sample *s = NULL;
    int rc = DNA_OK;

    DNA_NEW(s, 1);
    *s = *sample;
    s->snp = (dna_array){0};
    s->pos = (dna_array){0};
    DNA_TRY(dna_array_copy(&s->snp, &sample->snp));
    if (s->has_pos) {
        DNA_TRY(dna_array_copy(&s->pos, &sample->pos));
    }
    *out = s;
    s = NULL;
out:
    dna_sample_free(s);
    return rc;
}

void
dna_sample_free(dna_sample *sample)
{
    if (sample == NULL) {
        return;
    }
    dna_array_clear(&sample->snp);
    dna_array_clear(&sample->pos);
    dna_free(sample);
}

int
dna_sample_save(
    const dna_sample *sample, const char *path, const dna_sample_options *options)
{
    const char *keys[2] = {snp_key(options), pos_key(options)};
    dna_array arrays[2] = {sample->snp, sample->pos}; /* borrowed for the call */

    int64_t n = sample->has_pos ? 2 : 1;
    bool is_deflated = options == NULL || !options->is_stored;
    return options != NULL && options->skips_sync
               ? dna_npz_write_unsynced(path, keys, arrays, n, is_deflated)
               : dna_npz_write(path, keys, arrays, n, is_deflated);
}
