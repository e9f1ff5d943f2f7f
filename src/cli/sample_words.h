/* sample_words.h - what a command line says of npz files: --keys, --position-format.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_CLI_SAMPLE_WORDS_H
#define DNA_CLI_SAMPLE_WORDS_H

#include "dnadna/run.h"

/** "distance,bp": the flags that are named; NULL: none. */
int dna_read_position_format(dna_position_format *f, const char *words) DNA_MUST_CHECK;
/** "SNP,POS": the two keys, in *text, a heap string; NULL: all stay as they are. */
int dna_read_keys(char **text, const char **snp_key, const char **pos_key,
    const char *words) DNA_MUST_CHECK;

#endif
