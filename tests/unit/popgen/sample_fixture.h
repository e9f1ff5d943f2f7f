/* sample_fixture.h - small samples typed as text, for tests.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_TESTS_SAMPLE_FIXTURE_H
#define DNA_TESTS_SAMPLE_FIXTURE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/support.h"

#include "dnadna/sample.h"

/* A uint8 matrix from rows of digits, "010 110"; spaces separate the rows. */
static inline void
matrix_from_text(dna_array *out, const char *rows)
{
    int64_t n_site = (int64_t)strcspn(rows, " ");
    int64_t n_hap = rows[0] == '\0' ? 0 : 1;
    for (const char *c = rows; *c != '\0'; c++) {
        n_hap += *c == ' ';
    }
    int64_t dim[2] = {n_hap, n_site};
    assert_ok(dna_array_init(out, DNA_U8, 2, dim));
    uint8_t *data = out->data;
    for (const char *c = rows; *c != '\0'; c++) {
        if (*c != ' ') {
            *data++ = (uint8_t)(*c - '0');
        }
    }
}

/* A sample of digits with positions of a type; pos NULL: none. */
static inline dna_sample *
sample_from_text(const char *rows, dna_dtype dtype, const double *pos,
    const dna_position_format *format)
{
    dna_array snp = {0}, p = {0};
    dna_sample *s = NULL;
    matrix_from_text(&snp, rows);
    if (pos != NULL) {
        assert_ok(dna_array_init(&p, dtype, 1, &snp.dim[1]));
        for (int64_t i = 0; i < snp.dim[1]; i++) {
            dna_array_set(&p, i, pos[i]);
        }
    }
    assert_ok(dna_sample_new(&s, &snp, pos != NULL ? &p : NULL, format, "test"));
    dna_array_clear(&snp);
    dna_array_clear(&p);
    return s;
}

/* The matrix must be these digits. */
static inline void
assert_matrix(const dna_sample *s, const char *rows)
{
    dna_array want = {0};
    matrix_from_text(&want, rows);
    assert_int_equal(s->n_hap, want.dim[0]);
    assert_int_equal(s->n_site, want.dim[1]);
    assert_int_equal(s->snp.dim[0], want.dim[0]);
    assert_int_equal(s->snp.dim[1], want.dim[1]);
    for (int64_t i = 0; i < dna_array_count(&want); i++) {
        assert_near(dna_array_get(&s->snp, i), dna_array_get(&want, i), 0);
    }
    dna_array_clear(&want);
}

static inline void
assert_positions(const dna_sample *s, const double *want, int64_t n, double tol)
{
    assert_true(s->has_pos);
    assert_int_equal(s->pos.n_dim, 1);
    assert_int_equal(s->pos.dim[0], n);
    for (int64_t i = 0; i < n; i++) {
        assert_near(dna_array_get(&s->pos, i), want[i], tol);
    }
}

#endif
