/* genotypes_fields.c - the section `genotypes` of a config.
 *
 * SPDX-License-Identifier: MIT
 */
#include "popgen/genotypes.h"

#define AT(member) .offset = offsetof(dna_genotype_rules, member)
#define TEXT       .kind = DNA_KIND_STRING, .is_nullable = true, .dflt = "null"
#define FILE_NAME \
    .kind = DNA_KIND_PATH, .is_nullable = true, .must_exist = true, .dflt = "null"

const dna_field dna_fields_genotypes[] = {
    {.key = "samples",
        TEXT,
        AT(samples),
        .doc = "Samples to use, names joined by commas; rows come in this order (null: "
               "all, in the order of the data)."},
    {.key = "samples_file",
        FILE_NAME,
        AT(samples_file),
        .doc = "File with a sample name a line, in place of `samples`."},
    {.key = "populations",
        TEXT,
        AT(populations),
        .doc = "Populations to use, names joined by commas: samples that "
               "`population_file` assigns to them, population after population."},
    {.key = "population_file",
        FILE_NAME,
        AT(population_file),
        .doc = "Table of samples and their populations (CSV, TSV)."},
    {.key = "sample_column",
        .kind = DNA_KIND_STRING,
        .dflt = "sample",
        AT(sample_column),
        .doc =
            "Its column of sample names; a number (from 1) means that the table has no "
            "header."},
    {.key = "population_column",
        .kind = DNA_KIND_STRING,
        .dflt = "population",
        AT(population_column),
        .doc = "Its column of populations, likewise."},
    {.key = "ploidy",
        .kind = DNA_KIND_STRING,
        .dflt = "auto",
        AT(ploidy),
        .doc =
            "Rows a sample gives. auto: as many as all samples have copies at the first "
            "site, other numbers are an error. mixed: each as many as it has there. "
            "1 to 8: so many; copies that are not there are missing, and with 1 a "
            "homozygous genotype is one copy, a heterozygous one missing."},
    {.key = "phase",
        .kind = DNA_KIND_CHOICE,
        .choices = "haplotypes|pseudo|dosage",
        .dflt = "haplotypes",
        AT(phase),
        .doc =
            "haplotypes: genotypes must be phased. pseudo: copies of unphased genotypes "
            "come in random order, by the seed. dosage: a row a sample, the number of "
            "copies that carry the allele."},
    {.key = "variants",
        .kind = DNA_KIND_CHOICE,
        .choices = "snp|all",
        .dflt = "snp",
        AT(variants),
        .doc = "snp: sites whose alleles are all one letter. all: any."},
    {.key = "multiallelic",
        .kind = DNA_KIND_CHOICE,
        .choices = "drop|first|split",
        .dflt = "drop",
        AT(multiallelic),
        .doc =
            "Sites with more than two alleles. drop: leave out. first: the first "
            "derived allele against all others. split: a site for each derived allele "
            "against all others."},
    {.key = "polarize",
        .kind = DNA_KIND_CHOICE,
        .choices = "ref|aa|fasta|bed|minor",
        .dflt = "ref",
        AT(polarize),
        .doc =
            "What 0 is. ref: the reference (ancestral in tree sequences, A2 in PLINK "
            "files). aa: INFO/AA. fasta, bed: the base of `ancestral_file`. minor: the "
            "more frequent allele. Sites without a known ancestral allele are dropped."},
    {.key = "ancestral_file",
        FILE_NAME,
        AT(ancestral_file),
        .doc = "Ancestral alleles: a FASTA file with its index, or a BED file with the "
               "allele in the fourth column."},
    {.key = "max_missing",
        .kind = DNA_KIND_FLOAT,
        .dflt = "0",
        .has_min = true,
        .has_max = true,
        .min = 0,
        .max = 1,
        AT(max_missing),
        .doc = "Sites with a larger share of missing entries are dropped."},
    {.key = "missing",
        .kind = DNA_KIND_CHOICE,
        .choices = "keep|impute",
        .dflt = "keep",
        AT(missing),
        .doc = "Missing entries of sites that stay. keep: -1. impute: drawn by the "
               "frequency at the site, by the seed."},
    {.key = "monomorphic",
        .kind = DNA_KIND_CHOICE,
        .choices = "drop|keep",
        .dflt = "drop",
        AT(monomorphic),
        .doc = "Sites where all chosen samples carry the same."},
    {.key = "min_mac",
        .kind = DNA_KIND_INT,
        .dflt = "0",
        .has_min = true,
        AT(min_mac),
        .doc = "Least count of the rarer allele."},
    {.key = "min_maf",
        .kind = DNA_KIND_FLOAT,
        .dflt = "0",
        .has_min = true,
        .has_max = true,
        .max = 0.5,
        AT(min_maf),
        .doc =
            "Least frequency of the rarer allele among entries that are not missing."},
    {.key = "mask_in",
        FILE_NAME,
        AT(mask_in),
        .doc = "BED file: only sites inside of its pieces."},
    {.key = "mask_out",
        FILE_NAME,
        AT(mask_out),
        .doc = "BED file: only sites outside of its pieces."},
    {.key = "duplicates",
        .kind = DNA_KIND_CHOICE,
        .choices = "first|keep|error",
        .dflt = "first",
        AT(duplicates),
        .doc = "Further sites at the same position. first: dropped. keep: they stay."},
    {.key = "sort",
        .kind = DNA_KIND_BOOL,
        .dflt = "false",
        AT(sort),
        .doc =
            "Read all sites into memory and sort them; else positions out of order are "
            "an error."},
    {.key = "seed",
        .kind = DNA_KIND_INT,
        .dflt = "0",
        .has_min = true,
        AT(seed),
        .doc = "Seed of pseudo-haplotypes and imputation."},
    {.key = "chromosome_size",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .dflt = "null",
        .has_min = true,
        .min = 1,
        AT(chromosome_size),
        .doc =
            "Length in bp that positions between 0 and 1 (ms text, some npz) are shares "
            "of."},
    {0}};
