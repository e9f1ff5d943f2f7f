/* tree_sequence.h - read a .trees file; the genotypes of its samples, site after site.
 *
 * SPDX-License-Identifier: MIT
 *
 *     DNA_TRY(dna_tree_sequence_load(&ts, "a.trees"));
 *     DNA_TRY(dna_tree_walk_new(&walk, ts));
 *     while (dna_tree_walk_next(walk, &site)) { ... site.genotypes ... }
 *
 * Loading checks the tables once (references, order, times), so that the walk cannot
 * fail. The walk changes only the edges that differ between neighbouring trees and, for a
 * mutation, writes only the samples below it. Genotypes, alleles and missing data are
 * tskit's: allele 0 is the ancestral state, others are numbered as the mutations of the
 * site introduce them; a sample node without parent and children is missing (-1) unless a
 * mutation is right above it; samples are the flagged nodes in order of their numbers.
 *
 * Source: Kelleher et al. 2016, PLoS Comput. Biol. 12:e1004842 (algorithm T); the tables
 * are those of tskit file format 12.
 */
#ifndef DNA_POPGEN_TREE_SEQUENCE_H
#define DNA_POPGEN_TREE_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dnadna/status.h"

typedef struct dna_tree_sequence dna_tree_sequence;

int dna_tree_sequence_load(dna_tree_sequence **out, const char *path) DNA_MUST_CHECK;
/** Takes: bytes (dna_free), also on failure. `name` stands for the path in messages. */
int dna_tree_sequence_parse(dna_tree_sequence **out, unsigned char *bytes, size_t n,
    const char *name) DNA_MUST_CHECK;
void dna_tree_sequence_free(dna_tree_sequence *ts);
double dna_tree_sequence_length(const dna_tree_sequence *ts); /* bp */
int64_t dna_tree_sequence_n_sample(const dna_tree_sequence *ts);
int64_t dna_tree_sequence_n_site(const dna_tree_sequence *ts);
/** Node of sample i. */
int32_t dna_tree_sequence_sample(const dna_tree_sequence *ts, int64_t i);

/* An allele is a text of n bytes without an end; it may be empty. */
typedef struct {
    const char *text;
    int64_t n;
} dna_allele;

typedef struct {
    double position; /* bp, from 0 */
    int n_allele;
    const dna_allele *alleles;
    const int8_t *genotypes; /* [n_sample]; alleles from 127 on are told as 127 */
    bool is_complete;        /* none is missing */
} dna_tree_site;

typedef struct dna_tree_walk dna_tree_walk;
/** Keeps: ts, until the walk is freed. */
int dna_tree_walk_new(dna_tree_walk **out, const dna_tree_sequence *ts) DNA_MUST_CHECK;
void dna_tree_walk_free(dna_tree_walk *walk);
/** 1: a site, valid until the next call. 0: the end. Error: DNA_ENOMEM. */
int dna_tree_walk_next(dna_tree_walk *walk, dna_tree_site *site) DNA_MUST_CHECK;
/** All sites left: genotypes [n_site, n_sample] and positions [n_site]. */
int dna_tree_walk_matrix(
    dna_tree_walk *walk, int8_t *genotypes, double *positions) DNA_MUST_CHECK;

#endif
