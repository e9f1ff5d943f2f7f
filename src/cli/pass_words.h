/* pass_words.h - the option --without: what compiling a network leaves out.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_CLI_PASS_WORDS_H
#define DNA_CLI_PASS_WORDS_H

#include "cli/opt.h"

/* A row of a command's options; the member is a dna_opt_list. */
#define DNA_OPT_WITHOUT(values, member)                                                        \
    {                                                                                          \
        .name = "without", .letter = 'w', .kind = OPT_LIST, .metavar = "PASS",                 \
        .offset = offsetof(values, member),                                                    \
        .doc =                                                                                 \
            "Compile without a pass (repeatable): split, broadcast, means, moves, dead-code, " \
            "fusion (with it folding and tables), folding, tables or plan; "                   \
            "docs/cli.md says what they do."                                                   \
    }

#endif
