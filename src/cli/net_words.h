/* net_words.h - what the sub-commands of dnadna net share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_CLI_NET_WORDS_H
#define DNA_CLI_NET_WORDS_H

#include "cli/command.h"

/** "50x400": haplotypes and SNPs, both above 0. */
int dna_read_shape(const char *text, int64_t *n_indiv, int64_t *n_snp) DNA_MUST_CHECK;

extern const dna_command dna_command_net_list, dna_command_net_ops,
    dna_command_net_show, dna_command_net_check;

#endif
