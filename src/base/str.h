/* str.h - a growing string with a hard maximum, and small text helpers.
 *
 * SPDX-License-Identifier: MIT
 *
 * Errors are sticky: after a failed append the builder ignores further ones, and
 * dna_str_status() tells it once at the end.
 */
#ifndef DNA_BASE_STR_H
#define DNA_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dnadna/status.h"

typedef struct {
    char *data; /* always terminated once something was appended; may be NULL before */
    size_t len, cap, max;
    int rc;
} dna_str;

/** max: bytes it may ever hold (0: 1 GiB). */
void dna_str_init(dna_str *s, size_t max);
void dna_str_clear(dna_str *s);
void dna_str_add(dna_str *s, const char *text);
void dna_str_addn(dna_str *s, const char *text, size_t n);
void dna_str_addc(dna_str *s, char c);
void dna_str_addf(dna_str *s, const char *fmt, ...) DNA_PRINTF(2, 3);
/** A word of a command line, in quotes where a shell needs them. */
void dna_str_add_shell(dna_str *s, const char *word);
/** DNA_OK or the first error. */
int dna_str_status(const dna_str *s);
/** "" instead of NULL. */
const char *dna_str_text(const dna_str *s);
/** The heap string, now the caller's (dna_free); NULL on a sticky error. */
char *dna_str_take(dna_str *s);

bool dna_str_equal(const char *a, const char *b); /* NULL equals only NULL */
bool dna_str_equal_nocase(const char *a, const char *b);
bool dna_str_ends_with(const char *s, const char *suffix);

/** For counts in messages: "%lld sample%s", n, DNA_PLURAL(n). */
#define DNA_PLURAL(n) ((n) == 1 ? "" : "s")

/** CustomCNN -> custom_cnn, RMSprop -> rm_sprop, SPIDNA -> spidna, MyDNANet ->
 *  my_dna_net. Writes at most size bytes with the final zero. */
void dna_snake_case(char *out, size_t size, const char *name);
/** Whether a user's word names `name`: equal to it or to its snake case. */
bool dna_name_matches(const char *word, const char *name);
/** Edit distance (Damerau-Levenshtein, optimal string alignment), capped at 64 letters
 * a word. */
int dna_edit_distance(const char *a, const char *b);
/** The candidate nearest to word if near enough to be a typing mistake, else NULL. */
const char *dna_nearest_name(const char *word, const char *const *names, int64_t n);

#endif
