/* tables_sumstats.c - the settings of summary statistics.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "config/tables.h"

static const dna_field text_item[] = {{.kind = DNA_KIND_STRING}};
static const dna_field size_item[] = {
    {.kind = DNA_KIND_INT, .has_min = true, .min = 1}};

#define ALL_PAIRS                                                                     \
    "all pairs of SNPs are computed, none is drawn: gaps_type and min_snp_pairs say " \
    "nothing"

static const dna_field fields_ld[] = {
    {.key = "circular",
        .kind = DNA_KIND_BOOL,
        .dflt = "false",
        .doc =
            "The chromosome is circular: two SNPs are as far apart as the shorter way."},
    {.key = "distance_bins",
        .kind = DNA_KIND_ANY,
        .schema =
            "anyOf: [{type: integer, minimum: 2, maximum: 10000}, "
            "{type: array, minItems: 2, maxItems: 10001, items: {type: number, minimum: 0}}]",
        .dflt = "19",
        .doc =
            "Bins of distance. A list has their edges in base pairs; from an integer q come q edges: "
            "0, and q - 1 spaced equally in log from 100 to the chromosome's size "
            "(its half, if circular). Bins are open on the left and closed on the right."},
    {.key = "gaps_type",
        .kind = DNA_KIND_ANY,
        .is_deprecated = true,
        .notice = ALL_PAIRS,
        .doc = "Of the original, which looked at some pairs."},
    {.key = "min_snp_pairs",
        .kind = DNA_KIND_ANY,
        .is_deprecated = true,
        .notice = ALL_PAIRS,
        .doc = "Of the original, which looked at some pairs."},
    {0}};

static const dna_field fields_sfs[] = {
    {.key = "folded",
        .kind = DNA_KIND_BOOL,
        .dflt = "false",
        .doc = "Count the rarer allele of each SNP instead of the derived one."},
    {0}};

static const dna_field fields_sel[] = {
    {.key = "window",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .has_min = true,
        .has_max = true,
        .min = 0,
        .max = 1000000,
        .dflt = "100",
        .doc =
            "Number of windows of equal width between the first and the last SNP of a sample. "
            "0 or null: a value a SNP."},
    {0}};

#define SUMSTATS_ROWS                                                                  \
    {.key = "filename_format",                                                         \
        .kind = DNA_KIND_STRING,                                                       \
        .has_min = true,                                                               \
        .min = 1,                                                                      \
        .dflt =                                                                        \
            "\"sumstats/scenario_{scenario}/{dataset_name}_{scenario}_{type}.csv\"",   \
        .doc = "Template of the tables' names, relative to data_root. Its fields are " \
               "{dataset_name}, {scenario} and {type}, which is sfs, ld or sel."},     \
        {.key = "chromosome_size",                                                     \
            .kind = DNA_KIND_FLOAT,                                                    \
            .is_nullable = true,                                                       \
            .has_min = true,                                                           \
            .has_max = true,                                                           \
            .min = 1,                                                                  \
            .max = 1e15,                                                               \
            .doc = "Size of the chromosome in base pairs. Not given: that of the "     \
                   "dataset's position_format, else the simulation's "                 \
                   "segment_length, else 2e6."},                                       \
        {.key = "ld_options",                                                          \
            .kind = DNA_KIND_MAP,                                                      \
            .is_nullable = true,                                                       \
            .fields = fields_ld,                                                       \
            .doc = "Linkage disequilibrium by distance."},                             \
        {.key = "sfs_options",                                                         \
            .kind = DNA_KIND_MAP,                                                      \
            .is_nullable = true,                                                       \
            .fields = fields_sfs,                                                      \
            .doc = "Site frequency spectrum."},                                        \
        {.key = "sel_options",                                                         \
            .kind = DNA_KIND_MAP,                                                      \
            .is_nullable = true,                                                       \
            .fields = fields_sel,                                                      \
            .doc = "Statistics along the chromosome."},                                \
        {.key = "population_sizes",                                                    \
            .kind = DNA_KIND_LIST,                                                     \
            .is_nullable = true,                                                       \
            .item = size_item,                                                         \
            .doc = "Individuals of each population, which are the rows of a sample "   \
                   "in this order. With two or more, dxy and Fst of each pair."},      \
    {                                                                                  \
        .key = "plugins", .kind = DNA_KIND_LIST, .is_nullable = true,                  \
        .item = text_item,                                                             \
        .doc = "Plugins of the original program, which may "                           \
               "register statistics; they are not run."                                \
    }

const dna_field dna_fields_sumstats[] = {SUMSTATS_ROWS, {0}};

const dna_field dna_fields_sumstats_config[] = {
    {.key = "simulation",
        .kind = DNA_KIND_MAP,
        .is_required = true,
        .fields = dna_fields_dataset,
        .doc =
            "The dataset, usually inherited from its own config file or that of its simulation."},
    SUMSTATS_ROWS, {0}};

/* An integer, or edges that rise. */
static int
check_bins(const dna_value *sumstats, const char *at)
{
    const dna_value *bins = dna_value_get_path(sumstats, "ld_options.distance_bins");
    int64_t n = 0;
    double before = -1;

    if (bins == NULL) {
        return DNA_OK;
    }
    if (bins->type != DNA_LIST) {
        if (dna_value_as_int(bins, &n) && n >= 2 && n <= 10000) {
            return DNA_OK;
        }
        return dna_config_fail(DNA_EARG, bins, at,
            "is neither an integer from 2 to 10000 nor a list of edges in base pairs");
    }
    if (bins->n < 2 || bins->n > 10001) {
        return dna_config_fail(DNA_EARG, bins, at,
            "has %lld edges; bins need from 2 to 10001 of them", (long long)bins->n);
    }
    for (int64_t i = 0; i < bins->n; i++) {
        double edge = 0;
        if (!dna_value_as_double(bins->items[i], &edge) || !(edge > before)
            || edge > 1e300) {
            return dna_config_fail(DNA_EARG, bins->items[i], at,
                i > 0
                    ? "edge %lld is not a number of base pairs above the one before it"
                    : "edge %lld is not a number of base pairs from 0 on",
                (long long)i);
        }
        before = edge;
    }
    return DNA_OK;
}

int
dna_config_check_sumstats_rules(const dna_value *sumstats, const char *at)
{
    char dotted[128];

    (void)snprintf(dotted, sizeof(dotted), "%s%sld_options.distance_bins", at,
        at[0] != '\0' ? "." : "");
    return check_bins(sumstats, dotted);
}
