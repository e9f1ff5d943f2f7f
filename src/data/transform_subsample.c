/* transform_subsample.c - choose individuals at random.
 *
 * SPDX-License-Identifier: MIT
 *
 * The size may be a range, drawn anew for each sample. Its upper bound belongs to it;
 * upper_bound: exclusive repeats the original program, which never drew it.
 */
#include "base/mem.h"
#include "base/str.h"
#include "data/transforms.h"
#include "popgen/sample_ops.h"

typedef struct {
    int64_t low, high; /* both may be drawn */
    int keep_polymorphic_only;
    const char *upper_bound;
} subsample_opts;

static const dna_field subsample_fields[] = {
    {.key = "size",
        .kind = DNA_KIND_ANY,
        .is_required = true,
        .schema = "anyOf: [{type: integer, minimum: 1}, {type: array, minItems: 2, "
                  "maxItems: 2, items: {type: integer, minimum: 1}}]",
        .doc =
            "Number of individuals, or a pair [a, b] between which it is drawn for each sample."},
    {.key = "keep_polymorphic_only",
        .kind = DNA_KIND_BOOL,
        .dflt = "true",
        .offset = offsetof(subsample_opts, keep_polymorphic_only),
        .doc = "Drop the sites at which all chosen individuals are the same."},
    {.key = "upper_bound",
        .kind = DNA_KIND_CHOICE,
        .choices = "inclusive|exclusive",
        .dflt = "inclusive",
        .offset = offsetof(subsample_opts, upper_bound),
        .doc =
            "Whether the b of a size [a, b] can be drawn; the original program excluded it."},
    {0}};

static int
read_size(subsample_opts *o, const dna_value *size)
{
    if (size == NULL || size->type == DNA_BOOLEAN) {
        return DNA_EARG;
    }
    if (size->type == DNA_LIST) {
        return size->n == 2 && dna_value_as_int(size->items[0], &o->low)
                       && dna_value_as_int(size->items[1], &o->high)
                   ? DNA_OK
                   : DNA_EARG;
    }
    if (!dna_value_as_int(size, &o->low)) {
        return DNA_EARG;
    }
    o->high = o->low;
    return DNA_OK;
}

static int
subsample_finish(void *opts, const dna_value *params, const char *at, dna_log *log)
{
    subsample_opts *o = opts;
    const dna_value *size = dna_value_get(params, "size");
    bool is_exclusive = dna_str_equal(o->upper_bound, "exclusive");
    const dna_value *where = size != NULL ? size : params;
    char text[64];

    (void)log;
    dna_value_describe(where, text, sizeof(text));
    if (read_size(o, size) < 0) {
        return dna_config_fail(DNA_EARG, where, at,
            "size %s is neither an integer nor a pair of integers [a, b]", text);
    }
    if (o->low < 1 || o->high < o->low) {
        return dna_config_fail(DNA_EARG, where, at,
            "size %s: sizes are at least 1, and a pair rises", text);
    }
    if (is_exclusive && size->type == DNA_LIST) {
        o->high--;
        if (o->high < o->low) {
            return dna_config_fail(DNA_EARG, where, at,
                "size %s leaves nothing to draw with upper_bound exclusive", text);
        }
    }
    return DNA_OK;
}

static int
subsample_apply(const void *opts, dna_transform_data *data)
{
    const subsample_opts *o = opts;
    dna_sample *s = data->sample;
    int64_t *rows = NULL;
    int64_t n = o->low;
    int rc = DNA_OK;

    if (o->high > o->low) {
        n += dna_rng_below(data->rng, o->high - o->low + 1);
    }
    DNA_REQUIRE(n <= s->n_hap, DNA_ESHAPE,
        "%lld individuals are wanted, the sample has %lld", (long long)n,
        (long long)s->n_hap);
    DNA_NEW(rows, s->n_hap);
    for (int64_t i = 0; i < s->n_hap; i++) {
        rows[i] = i;
    }
    for (int64_t i = 0; i < n; i++) { /* the first n steps of a shuffle */
        int64_t j = i + dna_rng_below(data->rng, s->n_hap - i);
        int64_t row = rows[j];
        rows[j] = rows[i];
        rows[i] = row;
    }
    DNA_TRY(dna_sample_keep_rows(s, rows, n));
    if (o->keep_polymorphic_only) {
        DNA_TRY(dna_sample_keep_polymorphic(s));
    }
out:
    dna_free(rows);
    return rc;
}

const dna_transform_def dna_transform_subsample = {
    .name = "subsample",
    .class_name = "Subsample",
    .doc = "Keep randomly chosen individuals, in random order.",
    .fields = subsample_fields,
    .opts_size = sizeof(subsample_opts),
    .apply = subsample_apply,
    .finish = subsample_finish,
};
