/* console.h - the terminal: log lines, a progress bar, signals.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_CLI_CONSOLE_H
#define DNA_CLI_CONSOLE_H

#include "cli/command.h"

/** The log of a command on standard error. A plain one has neither date nor level. */
int dna_console_log(
    dna_log **out, const dna_common *common, bool is_plain) DNA_MUST_CHECK;
/** Draws a bar on standard error if that is a terminal, a few times a second. */
void dna_console_progress(void *payload, const dna_progress *progress);
/** Take the bar away. */
void dna_console_finish(void);
/** Catch SIGINT and SIGTERM; the flag becomes the signal's number. A second one kills.
 */
const volatile int *dna_console_catch_signals(void);
/** A write beyond the limit of a file's size fails, as on a full disk, instead of ending
 * the process. */
void dna_console_ignore_limits(void);

#endif
