/* dnadna.h - everything of the C API of dnadna.
 *
 * SPDX-License-Identifier: MIT
 *
 * - status.h       errors
 * - array.h        numbers in memory
 * - field.h        tables of settings
 * - log.h          messages
 * - rng.h          random streams
 * - sample.h       SNP matrices
 * - haplotypes.h   the same in bits, for statistics: sfs.h, haplotype_diversity.h, ld.h,
 *                  ehh.h, ibs.h, divergence.h; sumstats.h has all
 * - genetic_map.h  rates along the sequence
 * - tree_tables.h  tree sequences
 * - demography.h   histories of populations
 * - coalescent.h   samples drawn from them
 * - graph.h        networks as graphs
 * - program.h      running them
 * - network.h      trained networks
 * - run.h          the commands
 */
#ifndef DNA_DNADNA_H
#define DNA_DNADNA_H

#define DNA_VERSION "0.1.0"

#include "dnadna/array.h"
#include "dnadna/coalescent.h"
#include "dnadna/demography.h"
#include "dnadna/divergence.h"
#include "dnadna/ehh.h"
#include "dnadna/field.h"
#include "dnadna/genetic_map.h"
#include "dnadna/graph.h"
#include "dnadna/haplotype_diversity.h"
#include "dnadna/haplotypes.h"
#include "dnadna/ibs.h"
#include "dnadna/ld.h"
#include "dnadna/log.h"
#include "dnadna/network.h"
#include "dnadna/program.h"
#include "dnadna/rng.h"
#include "dnadna/run.h"
#include "dnadna/sample.h"
#include "dnadna/sfs.h"
#include "dnadna/status.h"
#include "dnadna/sumstats.h"
#include "dnadna/tree_tables.h"

#endif
