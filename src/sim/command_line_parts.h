/* command_line_parts.h - what the files of a command line share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_SIM_COMMAND_LINE_PARTS_H
#define DNA_SIM_COMMAND_LINE_PARTS_H

#include "sim/command_line.h"

/** What is between the braces; text is kept and cut at its colon. command_field.c
 *  Errors: DNA_EARG. */
int dna_command_field_read(dna_command_field *f, char *text) DNA_MUST_CHECK;

#endif
