/* sample_ops.c - keep rows, keep sites, drop constant sites, rotate.
 *
 * SPDX-License-Identifier: MIT
 *
 * New arrays are made rather than old ones shrunk in place: a loader holds hundreds of
 * cropped samples, and each would keep the block of the whole one. Elements are moved
 * by their size alone, whatever their type.
 */
#include "popgen/sample_ops.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "popgen/position.h"

/* ---- gathering ------------------------------------------------------------------- */

/* out[i] = in[index[i]] for elements of `size` bytes. */
static void
gather(void *out, const void *in, const int64_t *index, int64_t n, size_t size)
{
    switch (size) {
    case 1:
        for (int64_t i = 0; i < n; i++) {
            ((uint8_t *)out)[i] = ((const uint8_t *)in)[index[i]];
        }
        break;
    case 2:
        for (int64_t i = 0; i < n; i++) {
            ((uint16_t *)out)[i] = ((const uint16_t *)in)[index[i]];
        }
        break;
    case 4:
        for (int64_t i = 0; i < n; i++) {
            ((uint32_t *)out)[i] = ((const uint32_t *)in)[index[i]];
        }
        break;
    default:
        for (int64_t i = 0; i < n; i++) {
            ((uint64_t *)out)[i] = ((const uint64_t *)in)[index[i]];
        }
        break;
    }
}

static const unsigned char *
row_at(const dna_sample *s, int64_t row)
{
    const unsigned char *data = s->snp.data;
    return data + (size_t)row * (size_t)s->n_site * dna_dtype_size(s->snp.dtype);
}

/* An array, to be filled, of the type of the sample's matrix. */
static int
matrix_init(dna_array *out, const dna_sample *s, int64_t n_hap, int64_t n_site)
{
    int64_t dim[2] = {n_hap, n_site};
    return dna_array_init_unset(out, s->snp.dtype, 2, dim);
}

static void
replace_matrix(dna_sample *s, dna_array *snp)
{
    dna_array_clear(&s->snp);
    s->snp = *snp;
    *snp = (dna_array){0};
    s->n_hap = s->snp.dim[0];
    s->n_site = s->snp.dim[1];
}

static void
replace_positions(dna_sample *s, dna_array *pos)
{
    if (s->has_pos) {
        dna_array_clear(&s->pos);
        s->pos = *pos;
        *pos = (dna_array){0};
    }
}

/* ---- rows and leading sites ------------------------------------------------------ */

int
dna_sample_keep_rows(dna_sample *s, const int64_t *rows, int64_t n)
{
    dna_array snp = {0};
    size_t width;
    int rc = DNA_OK;

    DNA_TRY(matrix_init(&snp, s, n, s->n_site));
    width = (size_t)s->n_site * dna_dtype_size(s->snp.dtype);
    for (int64_t i = 0; i < n; i++) {
        DNA_REQUIRE(rows[i] >= 0 && rows[i] < s->n_hap, DNA_ESHAPE,
            "row %lld is not among the %lld of the sample", (long long)rows[i],
            (long long)s->n_hap);
        if (width > 0) {
            memcpy((unsigned char *)snp.data + (size_t)i * width, row_at(s, rows[i]),
                width);
        }
    }
    replace_matrix(s, &snp);
out:
    dna_array_clear(&snp);
    return rc;
}

/* The upper left corner of the matrix, and the positions that belong to it. */
static int
keep_corner(dna_sample *s, int64_t n_hap, int64_t n_site)
{
    dna_array snp = {0}, pos = {0};
    size_t width;
    int rc = DNA_OK;

    DNA_TRY(matrix_init(&snp, s, n_hap, n_site));
    if (s->has_pos) {
        DNA_TRY(dna_array_init_unset(&pos, s->pos.dtype, 1, &n_site));
    }
    width = (size_t)n_site * dna_dtype_size(s->snp.dtype);
    for (int64_t i = 0; width > 0 && i < n_hap; i++) {
        memcpy((unsigned char *)snp.data + (size_t)i * width, row_at(s, i), width);
    }
    if (s->has_pos && n_site > 0) {
        memcpy(pos.data, s->pos.data, (size_t)n_site * dna_dtype_size(pos.dtype));
    }
    replace_matrix(s, &snp);
    replace_positions(s, &pos);
out:
    dna_array_clear(&snp);
    dna_array_clear(&pos);
    return rc;
}

int
dna_sample_keep_first_rows(dna_sample *s, int64_t n)
{
    return n >= s->n_hap ? DNA_OK : keep_corner(s, n, s->n_site);
}

int
dna_sample_keep_first_sites(dna_sample *s, int64_t n)
{
    return n >= s->n_site ? DNA_OK : keep_corner(s, s->n_hap, n);
}

/* ---- constant sites -------------------------------------------------------------- */

/* mark[j] becomes non-zero where a byte of the row differs from the first row's. */
static void
mark_bytes(uint8_t *restrict mark, const unsigned char *restrict row,
    const unsigned char *restrict first, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        mark[j] |= row[j] ^ first[j];
    }
}

/* Floats by value, since 0 and -0 are the same; integers by their bytes. */
static void
mark_row(const dna_sample *s, uint8_t *mark, int64_t row)
{
    const void *a = row_at(s, row), *b = row_at(s, 0);
    size_t size = dna_dtype_size(s->snp.dtype);
    int64_t n = s->n_site;

    if (s->snp.dtype == DNA_F32) {
        for (int64_t j = 0; j < n; j++) {
            mark[j] |= ((const float *)a)[j] != ((const float *)b)[j];
        }
    } else if (s->snp.dtype == DNA_F64) {
        for (int64_t j = 0; j < n; j++) {
            mark[j] |= ((const double *)a)[j] != ((const double *)b)[j];
        }
    } else if (s->snp.dtype == DNA_F16) {
        for (int64_t j = 0; j < n; j++) {
            uint16_t x = ((const uint16_t *)a)[j], y = ((const uint16_t *)b)[j];
            mark[j] |= x != y && ((x | y) & 0x7fff) != 0; /* both zero: signs aside */
        }
    } else if (size == 1) {
        mark_bytes(mark, a, b, (size_t)n);
    } else {
        const unsigned char *p = a, *q = b;
        for (int64_t j = 0; j < n; j++, p += size, q += size) {
            mark[j] |= memcmp(p, q, size) != 0;
        }
    }
}

/* The sites where some row differs from the first; index holds n_site. */
static int
find_polymorphic(const dna_sample *s, int64_t *index, int64_t *n_found)
{
    uint8_t *mark = NULL;
    int rc = DNA_OK;

    *n_found = 0;
    DNA_NEW(mark, s->n_site);
    for (int64_t i = 1; i < s->n_hap; i++) {
        mark_row(s, mark, i);
    }
    for (int64_t j = 0; j < s->n_site; j++) {
        if (mark[j] != 0) {
            index[(*n_found)++] = j;
        }
    }
out:
    dna_free(mark);
    return rc;
}

/* Distances between the sites that stay, by way of absolute positions. An unknown start
 * of circular distances does not matter to them, so zero stands for it. */
static int
filter_distances(dna_track *t, const int64_t *index, int64_t n)
{
    bool was_circular = t->format.circular == 1;
    bool has_start = !isnan(t->format.initial_position);
    int rc = DNA_OK;

    if (was_circular && !has_start) {
        t->format.initial_position = 0;
    }
    DNA_TRY(dna_track_to_positions(t));
    for (int64_t i = 0; i < n; i++) {
        t->p[i] = t->p[index[i]];
    }
    t->n = n;
    DNA_TRY(dna_track_to_distances(t, was_circular));
    if (!has_start) {
        t->format.initial_position = (double)NAN;
    }
out:
    return rc;
}

static int
filter_positions(dna_sample *s, const int64_t *index, int64_t n)
{
    dna_track t = {0};
    dna_array pos = {0};
    int rc = DNA_OK;

    if (!s->has_pos) {
        return DNA_OK;
    }
    if (s->format.distance == 1) {
        DNA_TRY(dna_track_init(&t, s));
        DNA_TRY(filter_distances(&t, index, n));
        DNA_TRY(dna_track_store(&t, s));
    } else {
        DNA_TRY(dna_array_init_unset(&pos, s->pos.dtype, 1, &n));
        gather(pos.data, s->pos.data, index, n, dna_dtype_size(pos.dtype));
        replace_positions(s, &pos);
    }
out:
    dna_track_clear(&t);
    dna_array_clear(&pos);
    return rc;
}

int
dna_sample_keep_polymorphic_first(dna_sample *s, int64_t n)
{
    dna_array snp = {0};
    int64_t *index = NULL;
    int64_t n_found, n_keep;
    size_t size = dna_dtype_size(s->snp.dtype);
    int rc = DNA_OK;

    DNA_NEW(index, s->n_site);
    DNA_TRY(find_polymorphic(s, index, &n_found));
    n_keep = n < 0 ? n_found : DNA_MIN(n, n_found);
    if (n_found == s->n_site) {
        rc = dna_sample_keep_first_sites(s, n_keep);
        goto out;
    }
    DNA_TRY(matrix_init(&snp, s, s->n_hap, n_keep));
    for (int64_t i = 0; i < s->n_hap; i++) {
        gather((unsigned char *)snp.data + (size_t)(i * n_keep) * size, row_at(s, i),
            index, n_keep, size);
    }
    /* All positions first: circular distance 0 looks back to the last site that stays
     * polymorphic, even when the crop then removes it. */
    DNA_TRY(filter_positions(s, index, n_found));
    if (s->has_pos) {
        s->pos.dim[0] = n_keep; /* n_keep <= n_found: the tail is merely not used */
    }
    replace_matrix(s, &snp);
out:
    dna_array_clear(&snp);
    dna_free(index);
    return rc;
}

int
dna_sample_keep_polymorphic(dna_sample *s)
{
    return dna_sample_keep_polymorphic_first(s, -1);
}

/* ---- rotation -------------------------------------------------------------------- */

static void
roll(void *out, const void *in, int64_t n, int64_t k, size_t size)
{
    size_t head = (size_t)k * size, tail = (size_t)(n - k) * size;

    memcpy((unsigned char *)out + head, in, tail);
    memcpy(out, (const unsigned char *)in + tail, head);
}

/* Where the new first site lies, for circular distances whose start was known. */
static double
rotated_start(const dna_sample *s, int64_t k)
{
    const dna_position_format *f = &s->format;
    double q = f->initial_position;
    double m = f->normalized == 1 ? 1.0 : (double)f->chromosome_size;

    if (f->distance != 1 || f->circular != 1 || isnan(q) || m <= 0) {
        return (double)NAN;
    }
    for (int64_t i = 1; i <= s->n_site - k; i++) {
        q += dna_array_get(&s->pos, i);
    }
    return fmod(q, m);
}

int
dna_sample_rotate(dna_sample *s, int64_t k)
{
    dna_array snp = {0}, pos = {0};
    size_t size = dna_dtype_size(s->snp.dtype);
    double start;
    int rc = DNA_OK;

    k = s->n_site > 0 ? k % s->n_site : 0;
    k = k < 0 ? k + s->n_site : k;
    if (k == 0) {
        return DNA_OK;
    }
    DNA_TRY(matrix_init(&snp, s, s->n_hap, s->n_site));
    for (int64_t i = 0; i < s->n_hap; i++) {
        roll((unsigned char *)snp.data + (size_t)(i * s->n_site) * size, row_at(s, i),
            s->n_site, k, size);
    }
    if (s->has_pos) {
        DNA_TRY(dna_array_init_unset(&pos, s->pos.dtype, 1, &s->n_site));
        roll(pos.data, s->pos.data, s->n_site, k, dna_dtype_size(pos.dtype));
        start = rotated_start(s, k);
        s->format.initial_position = start;
    }
    replace_positions(s, &pos);
    replace_matrix(s, &snp);
out:
    dna_array_clear(&snp);
    dna_array_clear(&pos);
    return rc;
}

int64_t
dna_sample_count_decreases(const dna_sample *s, int64_t *first)
{
    double p[512];
    int64_t at = -1, n = 0;
    int64_t n_site = s->has_pos ? s->n_site : 0;

    for (int64_t from = 0; from + 1 < n_site; from += DNA_COUNT(p) - 1) {
        int64_t m = DNA_MIN(DNA_COUNT(p), n_site - from), k = 0;
        dna_array_to_double(&s->pos, from, m, p);
        for (int64_t i = 1; i < m; i++) {
            k += p[i] < p[i - 1];
        }
        for (int64_t i = 1; at < 0 && k > 0 && i < m; i++) {
            at = p[i] < p[i - 1] ? from + i : -1;
        }
        n += k;
    }
    if (first != NULL) {
        *first = at;
    }
    return n;
}
