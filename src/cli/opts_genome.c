/* opts_genome.c - options of the commands that read genotype data.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cli/opts_genome.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/str.h"

static const char *const keys[DNA_N_RULE] = {
    "samples",
    "samples_file",
    "populations",
    "population_file",
    "sample_column",
    "population_column",
    "ploidy",
    "phase",
    "variants",
    "multiallelic",
    "polarize",
    "ancestral_file",
    "max_missing",
    "missing",
    "monomorphic",
    "min_mac",
    "min_maf",
    "mask_in",
    "mask_out",
    "duplicates",
    "seed",
};

#define RULE_IN(heading, i, text, meta, words)                         \
    {                                                                  \
        .name = text, .kind = OPT_TEXT, .metavar = meta,               \
        .offset = offsetof(dna_genome_values, rules[i]), .doc = words, \
        .theme = heading                                               \
    }
#define RULE(i, text, meta, words) RULE_IN(NULL, i, text, meta, words)

const dna_opt dna_opts_genome[] = {
    {.name = "genotypes",
        .theme = "genotype data: where and how wide",
        .kind = OPT_TEXT,
        .metavar = "CONFIG",
        .offset = offsetof(dna_genome_values, genotypes),
        .doc = "File with a section `genotypes`: the rules below, which go before it."},
    {.name = "region",
        .kind = OPT_TEXT,
        .metavar = "REGION",
        .offset = offsetof(dna_genome_values, region),
        .doc = "Only this contig, or contig:from-to (from 1, ends included)."},
    {.name = "window-sites",
        .kind = OPT_INT,
        .metavar = "N",
        .min = 1,
        .offset = offsetof(dna_genome_values, window_sites),
        .doc = "Windows of N sites."},
    {.name = "window-bp",
        .kind = OPT_INT,
        .metavar = "N",
        .min = 1,
        .offset = offsetof(dna_genome_values, window_bp),
        .doc = "Windows of N base pairs."},
    {.name = "window-step",
        .kind = OPT_INT,
        .metavar = "N",
        .min = 1,
        .offset = offsetof(dna_genome_values, window_step),
        .doc = "Sites or base pairs from window to window (default: no overlap)."},
    RULE_IN("genotype data: samples", 0, "samples", "NAMES",
        "Samples to use, joined by commas, in this order."),
    RULE(1, "samples-file", "FILE", "File with a sample name a line."),
    RULE(2, "populations", "NAMES",
        "Populations to use, joined by commas (with --population-file)."),
    RULE(3, "population-file", "FILE", "Table of samples and their populations."),
    RULE(4, "sample-column", "NAME",
        "Its column of samples (default sample; a number: no header)."),
    RULE(5, "population-column", "NAME",
        "Its column of populations (default population)."),
    RULE(6, "ploidy", "N", "Copies of a sample: auto (default), mixed or a number."),
    RULE(7, "phase", "HOW",
        "haplotypes (default), pseudo (unphased copies in random order) or dosage."),
    RULE_IN("genotype data: sites", 8, "variants", "WHICH", "snp (default) or all."),
    RULE(9, "multiallelic", "HOW", "drop (default), first or split."),
    RULE(10, "polarize", "HOW",
        "What 0 is: ref (default), aa (INFO/AA), fasta, bed or minor."),
    RULE(11, "ancestral-file", "FILE", "Ancestral alleles: FASTA with index, or BED."),
    RULE(12, "max-missing", "SHARE",
        "Drop sites with a larger share missing (default 0)."),
    RULE(13, "missing", "HOW",
        "Missing entries that stay: keep (-1, default) or impute."),
    RULE(14, "monomorphic", "HOW", "Sites without variation: drop (default) or keep."),
    RULE(15, "min-mac", "N", "Least count of the rarer allele (default 0)."),
    RULE(16, "min-maf", "F", "Least frequency of the rarer allele (default 0)."),
    RULE(17, "mask-in", "BED", "Only sites inside of these pieces."),
    RULE(18, "mask-out", "BED", "Only sites outside of these pieces."),
    RULE(19, "duplicates", "HOW",
        "Further sites at a position: first (they are dropped, default), keep or error."),
    RULE(20, "genotype-seed", "N",
        "Seed of pseudo-haplotypes and imputation (default 0)."),
    {.name = "sort",
        .kind = OPT_FLAG,
        .offset = offsetof(dna_genome_values, sort),
        .doc = "Read all sites into memory and sort them."},
    {0}};

static int
add_rule(dna_genome_options *o, char **rules, const char *key, const char *value)
{
    dna_str s;
    dna_str_init(&s, 0);
    dna_str_addf(&s, "%s=%s", key, value);
    int rc = dna_str_status(&s);
    if (rc == DNA_OK) {
        rules[o->n_rule++] = dna_str_take(&s);
    }
    return rc;
}

int
dna_genome_values_read(
    dna_genome_options *o, const dna_genome_values *v, int64_t chromosome_size)
{
    char **rules = NULL;
    char number[32];
    int rc = DNA_OK;

    *o = (dna_genome_options){.config = v->genotypes,
        .region = v->region,
        .window_sites = v->window_sites,
        .window_bp = v->window_bp,
        .window_step = v->window_step};
    DNA_NEW(rules, DNA_N_RULE + 2);
    o->rules = (const char *const *)rules;
    for (int i = 0; i < DNA_N_RULE; i++) {
        if (v->rules[i] != NULL) {
            DNA_TRY(add_rule(o, rules, keys[i], v->rules[i]));
        }
    }
    if (v->sort) {
        DNA_TRY(add_rule(o, rules, "sort", "true"));
    }
    if (chromosome_size > 0) {
        snprintf(number, sizeof(number), "%lld", (long long)chromosome_size);
        DNA_TRY(add_rule(o, rules, "chromosome_size", number));
    }
out:
    return rc;
}

void
dna_genome_values_clear(dna_genome_options *o)
{
    for (int64_t i = 0; o->rules != NULL && i < o->n_rule; i++) {
        dna_free((void *)(uintptr_t)o->rules[i]);
    }
    dna_free((void *)(uintptr_t)o->rules);
    *o = (dna_genome_options){0};
}
