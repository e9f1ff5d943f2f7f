/* man.h - the manual pages, from the tables that parse the command lines.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_CLI_MAN_H
#define DNA_CLI_MAN_H

#include <stdio.h>

#include "cli/command.h"

/** The page of a command, as man(7) reads it. */
void dna_man_write(const dna_command *command, FILE *out);
/** The pages of a command and all below it, as <folder>/dnadna-train.1 and so on. */
int dna_man_write_all(const dna_command *command, const char *folder) DNA_MUST_CHECK;

#endif
