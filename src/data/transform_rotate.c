/* transform_rotate.c - turn a circular chromosome by a random number of sites.
 *
 * SPDX-License-Identifier: MIT
 *
 * Positions move with their sites and are not re-based. Targets tied to a position are
 * moved in their natural unit, whatever the scale on which they are learned.
 */
#include <math.h>

#include "data/transforms.h"
#include "popgen/sample_ops.h"

static bool
has_tied(const dna_transform_data *data)
{
    for (int64_t i = 0; data->targets != NULL && i < data->n_param; i++) {
        if (data->params[i].type == DNA_REGRESSION
            && data->params[i].tied_to_position) {
            return true;
        }
    }
    return false;
}

/* t := (t - p0) mod M with p0 the first entry of the rolled positions. Negative targets
 * mean "nowhere" and stay; so do missing ones. */
static int
move_targets(dna_transform_data *data)
{
    const dna_sample *s = data->sample;
    double m, p0;
    int rc = DNA_OK;

    DNA_REQUIRE(s->has_pos, DNA_EARG,
        "a target is tied to a position, and the sample has no positions");
    DNA_REQUIRE(s->format.normalized == 1 || s->format.chromosome_size > 0, DNA_EARG,
        "a target is tied to a position in base pairs, and chromosome_size is unknown");
    m = s->format.normalized == 1 ? 1.0 : (double)s->format.chromosome_size;
    p0 = dna_array_get(&s->pos, 0);
    for (int64_t i = 0; i < data->n_param; i++) {
        double t = data->targets[i];
        if (data->params[i].type == DNA_REGRESSION && data->params[i].tied_to_position
            && t >= 0) {
            t = fmod(t - p0, m);
            data->targets[i] = t < 0 ? t + m : t;
        }
    }
out:
    return rc;
}

static int
rotate_apply(const void *opts, dna_transform_data *data)
{
    dna_sample *s = data->sample;
    int rc = DNA_OK;

    (void)opts;
    DNA_REQUIRE(s->n_site > 0, DNA_ESHAPE, "the sample has no sites to rotate");
    DNA_TRY(dna_sample_rotate(s, dna_rng_below(data->rng, s->n_site)));
    if (has_tied(data)) {
        DNA_TRY(move_targets(data));
    }
out:
    return rc;
}

const dna_transform_def dna_transform_rotate = {
    .name = "rotate",
    .class_name = "Rotate",
    .doc = "Roll the sites of a circular chromosome by a random number.",
    .apply = rotate_apply,
    .moves_targets = true,
};
