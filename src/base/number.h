/* number.h - numbers as text, independent of the locale.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_BASE_NUMBER_H
#define DNA_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNA_NUMBER_SIZE 40

/** Shortest text that reads back as the same double, as Python's repr writes it:
 *  0.1, 1e-08, 2000000.0, nan, inf, -0.06392800807952881. buf holds DNA_NUMBER_SIZE. */
const char *dna_format_double(char *buf, double v);
/** The whole text is a decimal integer in int64's range (sign allowed). */
bool dna_parse_int(const char *s, int64_t *out);
/** The whole text is a decimal floating number, also nan, inf, .5, 1e-8; no hex, no
 * spaces. */
bool dna_parse_double(const char *s, double *out);

#endif
