/* completion.h - what a shell needs to complete command lines, from the tables that parse
 * them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_CLI_COMPLETION_H
#define DNA_CLI_COMPLETION_H

#include <stdio.h>

#include "cli/command.h"

/** Write the completion script of a shell (bash, zsh, fish) for a command and all below
 *  it. DNA_EARG for another shell. */
int dna_completion_write(
    const dna_command *command, const char *shell, FILE *out) DNA_MUST_CHECK;

#endif
