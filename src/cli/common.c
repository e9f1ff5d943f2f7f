/* common.c - options that several commands share.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cli/command.h"

const dna_opt dna_opts_common[] = {{.name = "help",
                                       .letter = 'h',
                                       .kind = OPT_FLAG,
                                       .offset = offsetof(dna_common, help),
                                       .doc = "Show this text and exit."},
    {.name = "debug",
        .kind = OPT_FLAG,
        .is_hidden = true,
        .offset = offsetof(dna_common, debug),
        .doc = "Log everything, and name the code of an error."},
    {0}};

const dna_opt dna_opts_log[] = {
    {.name = "log-level",
        .theme = "messages",
        .kind = OPT_CHOICE,
        .metavar = "LEVEL",
        .choices = "DEBUG|INFO|WARNING|ERROR|CRITICAL",
        .offset = offsetof(dna_common, log_level),
        .doc =
            "Least level of messages: DEBUG, INFO (default), WARNING, ERROR or CRITICAL."},
    {.name = "log-file",
        .kind = OPT_TEXT,
        .metavar = "FILE",
        .offset = offsetof(dna_common, log_file),
        .doc = "Append the log to this file instead of the command's own."},
    {.name = "log-nc",
        .kind = OPT_FLAG,
        .offset = offsetof(dna_common, log_nc),
        .doc = "No colours in the log on the terminal."},
    {0}};

const dna_opt dna_opts_plugin[] = {
    {.name = "plugin",
        .theme = "plugins",
        .kind = OPT_LIST,
        .offset = offsetof(dna_common, plugins),
        .doc =
            "Plugin to use (repeatable). dnadna.examples.one_event is built in; Python plugins are not run."},
    {.name = "trace-plugins",
        .kind = OPT_FLAG,
        .offset = offsetof(dna_common, trace_plugins),
        .doc = "Tell about every plugin."},
    {0}};
