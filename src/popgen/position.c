/* position.c - convert positions: absolute or distances, base pairs or normalised,
 * linear or circular.
 *
 * SPDX-License-Identifier: MIT
 *
 * The notation of docs/math.md: p positions, d distances, L the chromosome size, M the
 * length of the circle in the current unit (1 if normalised, else L), q the position of
 * the first site, which circular distances do not tell and which is remembered for
 * them.
 */
#include "popgen/position.h"

#include <math.h>

#include "base/mem.h"
#include "popgen/sample_ops.h"

/* The remainder in [0, m), as Python's % gives it. */
static double
modulo(double x, double m)
{
    double r = fmod(x, m);
    return r < 0 ? r + m : r;
}

/* M, needed to close the circle. */
static int
circle_length(const dna_track *t, double *m)
{
    int rc = DNA_OK;

    if (t->format.normalized == 1) {
        *m = 1.0;
        return DNA_OK;
    }
    DNA_REQUIRE(t->format.chromosome_size > 0, DNA_EARG,
        "circular distances in base pairs need chromosome_size, which is unknown");
    *m = (double)t->format.chromosome_size;
out:
    return rc;
}

static bool
is_integer_type(dna_dtype dtype)
{
    return dtype != DNA_F16 && dtype != DNA_F32 && dtype != DNA_F64;
}

int
dna_track_init(dna_track *t, const dna_sample *s)
{
    int rc = DNA_OK;

    *t = (dna_track){.n = s->n_site, .format = s->format};
    if (!s->has_pos) {
        (void)dna_fail(DNA_EARG, "the sample has no positions");
        return DNA_EARG;
    }
    t->is_integer = is_integer_type(s->pos.dtype);
    DNA_NEW(t->p, t->n);
    dna_array_to_double(&s->pos, 0, t->n, t->p);
out:
    return rc;
}

void
dna_track_clear(dna_track *t)
{
    dna_free(t->p);
    *t = (dna_track){0};
}

int
dna_track_normalize(dna_track *t, bool to_normalized)
{
    double size = (double)t->format.chromosome_size;
    int rc = DNA_OK;

    DNA_REQUIRE(t->format.chromosome_size > 0, DNA_EARG,
        "converting positions %s normalised ones needs chromosome_size, which is unknown",
        to_normalized ? "to" : "from");
    for (int64_t i = 0; i < t->n; i++) {
        t->p[i] = to_normalized ? t->p[i] / size : rint(t->p[i] * size);
    }
    t->format.initial_position =
        to_normalized ? t->format.initial_position / size
                      : rint(t->format.initial_position * size); /* NaN stays NaN */
    t->format.normalized = to_normalized;
    t->is_integer = !to_normalized;
out:
    return rc;
}

int
dna_track_to_distances(dna_track *t, bool circular)
{
    double m = 0, first, last;
    int rc = DNA_OK;

    if (circular) {
        DNA_TRY(circle_length(t, &m));
    }
    for (int64_t i = 1; i < t->n; i++) {
        DNA_REQUIRE(t->p[i] >= t->p[i - 1], DNA_EFORMAT,
            "positions decrease at site %lld (%.17g after %.17g), so they have no distances; reformat before rotating, and sort the sites",
            (long long)i, t->p[i], t->p[i - 1]);
    }
    if (t->n > 0) {
        first = t->p[0];
        last = t->p[t->n - 1];
        for (int64_t i = t->n - 1; i > 0; i--) {
            t->p[i] -= t->p[i - 1];
        }
        if (circular) {
            t->format.initial_position = first;
            t->p[0] = modulo(first - last, m);
        }
    }
    t->format.distance = 1;
    t->format.circular = circular;
out:
    return rc;
}

int
dna_track_to_positions(dna_track *t)
{
    double q = t->format.initial_position;
    int rc = DNA_OK;

    if (t->n > 0 && t->format.circular == 1) {
        DNA_REQUIRE(!isnan(q), DNA_EARG,
            "circular distances tell no positions without initial_position, which is unknown");
        t->p[0] = q;
        t->is_integer = t->is_integer && q == rint(q);
    }
    for (int64_t i = 1; i < t->n; i++) {
        t->p[i] += t->p[i - 1];
    }
    t->format.distance = 0;
out:
    return rc;
}

int
dna_track_set_circular(dna_track *t, bool circular)
{
    double m = 0, sum = 0, q = t->format.initial_position;
    int rc = DNA_OK;

    if (t->n > 0 && circular) {
        DNA_TRY(circle_length(t, &m));
        for (int64_t i = 0; i < t->n; i++) {
            sum += t->p[i];
        }
        /* Linear distance 0 is the first position: remembered, the way back is open. */
        t->format.initial_position = t->p[0];
        t->p[0] = modulo(t->p[0] - sum, m);
    } else if (t->n > 0) {
        DNA_REQUIRE(!isnan(q), DNA_EARG,
            "circular distances become linear only with initial_position, which is unknown");
        t->p[0] = q;
        t->is_integer = t->is_integer && q == rint(q);
    }
    t->format.circular = circular;
out:
    return rc;
}

int
dna_track_store(const dna_track *t, dna_sample *s)
{
    dna_array pos = {0};
    int rc = DNA_OK;

    DNA_TRY(dna_array_init(&pos, t->is_integer ? DNA_I64 : DNA_F64, 1, &t->n));
    if (t->is_integer) {
        int64_t *out = pos.data;
        for (int64_t i = 0; i < t->n; i++) {
            out[i] = (int64_t)t->p[i];
        }
    } else {
        double *out = pos.data;
        for (int64_t i = 0; i < t->n; i++) {
            out[i] = t->p[i];
        }
    }
    dna_array_clear(&s->pos);
    s->pos = pos;
    s->format = t->format;
out:
    return rc;
}

/* Steps as numbered in docs/math.md. */
static int
reformat_track(dna_track *t, const dna_position_format *to)
{
    int was_circular = t->format.circular;
    int was_distance = t->format.distance;
    int rc = DNA_OK;

    if (t->format.chromosome_size <= 0) {
        t->format.chromosome_size = to->chromosome_size;
    }
    if (isnan(t->format.initial_position)) {
        t->format.initial_position = to->initial_position;
    }
    if (to->normalized >= 0 && to->normalized != t->format.normalized) { /* 1 */
        DNA_TRY(dna_track_normalize(t, to->normalized == 1));
    }
    if (to->distance >= 0 && to->distance != was_distance) { /* 2 */
        if (to->distance == 1) {
            bool circular = to->circular >= 0 ? to->circular == 1 : was_circular == 1;
            DNA_TRY(dna_track_to_distances(t, circular));
        } else {
            DNA_TRY(dna_track_to_positions(t));
        }
    } else if (was_distance == 1 && to->circular >= 0 && to->circular != was_circular) {
        DNA_TRY(dna_track_set_circular(t, to->circular == 1)); /* 3 */
    }
    if (to->circular >= 0) {
        t->format.circular = to->circular;
    }
out:
    return rc;
}

int
dna_sample_reformat(dna_sample *s, const dna_position_format *to)
{
    dna_track t = {0};
    int rc = DNA_OK;

    DNA_TRY(dna_track_init(&t, s));
    DNA_TRY(reformat_track(&t, to));
    DNA_TRY(dna_track_store(&t, s));
out:
    dna_track_clear(&t);
    return rc;
}
