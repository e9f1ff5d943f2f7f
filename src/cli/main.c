/* main.c - where the program begins.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cli/command.h"

int
main(int argc, char **argv)
{
    return dna_main(argc, argv);
}
