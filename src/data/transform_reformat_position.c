/* transform_reformat_position.c - convert positions to what the network expects.
 *
 * SPDX-License-Identifier: MIT
 *
 * Formulas: docs/math.md. It must stand before rotate, after which positions no longer
 * rise along the sites.
 */
#include <math.h>

#include "data/transforms.h"
#include "popgen/sample_ops.h"

typedef struct {
    int distance, normalized, circular;
    double chromosome_size; /* as given; NaN: unknown */
    double initial_position;
    dna_position_format to;
} reformat_opts;

static const dna_field reformat_fields[] = {
    {.key = "distance",
        .kind = DNA_KIND_BOOL,
        .is_nullable = true,
        .dflt = "null",
        .offset = offsetof(reformat_opts, distance),
        .doc = "true: distances to the previous site; false: positions; null: as is."},
    {.key = "normalized",
        .kind = DNA_KIND_BOOL,
        .is_nullable = true,
        .dflt = "null",
        .offset = offsetof(reformat_opts, normalized),
        .doc = "true: divided by the chromosome size; false: base pairs; null: as is."},
    {.key = "circular",
        .kind = DNA_KIND_BOOL,
        .is_nullable = true,
        .dflt = "null",
        .offset = offsetof(reformat_opts, circular),
        .doc = "true: the first distance is that from the last site around the circle; "
               "false: from the start; null: as is."},
    {.key = "chromosome_size",
        .kind = DNA_KIND_FLOAT,
        .is_nullable = true,
        .has_min = true,
        .min = 1,
        .has_max = true,
        .max = 9007199254740992.0,
        .dflt = "null",
        .offset = offsetof(reformat_opts, chromosome_size),
        .doc = "Base pairs; used where the position_format of the data gives none."},
    {.key = "initial_position",
        .kind = DNA_KIND_FLOAT,
        .is_nullable = true,
        .has_min = true,
        .min = 0,
        .dflt = "null",
        .offset = offsetof(reformat_opts, initial_position),
        .doc =
            "Position of the first site, in the unit of the data; used where the data give none."},
    {0}};

static int
reformat_finish(void *opts, const dna_value *params, const char *at, dna_log *log)
{
    reformat_opts *o = opts;

    (void)params;
    o->to = (dna_position_format){.distance = o->distance,
        .normalized = o->normalized,
        .circular = o->circular,
        .initial_position = o->initial_position};
    if (!isnan(o->chromosome_size)) {
        o->to.chromosome_size = (int64_t)o->chromosome_size;
        if ((double)o->to.chromosome_size != o->chromosome_size) {
            dna_log_warning(log, "%s.chromosome_size: %.17g is truncated to %lld", at,
                o->chromosome_size, (long long)o->to.chromosome_size);
        }
    }
    return DNA_OK;
}

static int
reformat_apply(const void *opts, dna_transform_data *data)
{
    const reformat_opts *o = opts;

    return dna_sample_reformat(data->sample, &o->to);
}

/* A distance on a circle begins at the last site. */
static int64_t
reformat_first_sites(const void *opts)
{
    const reformat_opts *o = opts;

    return o->to.circular == 1 ? DNA_SITES_ALL : DNA_SITES_SAME;
}

const dna_transform_def dna_transform_reformat_position = {
    .name = "reformat_position",
    .class_name = "ReformatPosition",
    .doc =
        "Convert positions between distances and positions, base pairs and normalised.",
    .fields = reformat_fields,
    .opts_size = sizeof(reformat_opts),
    .apply = reformat_apply,
    .first_sites = reformat_first_sites,
    .finish = reformat_finish,
};
