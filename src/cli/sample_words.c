/* sample_words.c - what a command line says of npz files.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cli/sample_words.h"

#include <string.h>

#include "base/mem.h"

/* One word of --position-format. */
static int
read_word(dna_position_format *f, const char *words_given, const char *word, size_t n)
{
    static const struct {
        const char *word;
        int flag, value; /* flag: 0 distance, 1 normalized, 2 circular */
    } words[] = {{"absolute", 0, 0}, {"distance", 0, 1}, {"bp", 1, 0},
        {"normalized", 1, 1}, {"normalised", 1, 1}, {"linear", 2, 0},
        {"circular", 2, 1}};
    int *const flags[] = {&f->distance, &f->normalized, &f->circular};

    for (int64_t i = 0; i < DNA_COUNT(words); i++) {
        if (strlen(words[i].word) == n && strncmp(words[i].word, word, n) == 0) {
            int *flag = flags[words[i].flag];
            if (*flag >= 0 && *flag != words[i].value) {
                return dna_fail(DNA_EARG,
                    "--position-format: \"%s\" contradicts itself", words_given);
            }
            *flag = words[i].value;
            return DNA_OK;
        }
    }
    return dna_fail(DNA_EARG,
        "--position-format: \"%.*s\" is not one of absolute, distance, bp, normalized, linear, circular",
        (int)n, word);
}

int
dna_read_position_format(dna_position_format *f, const char *words)
{
    const char *word = words;
    int rc = DNA_OK;

    while (word != NULL) {
        size_t n = strcspn(word, ",");
        DNA_TRY(read_word(f, words, word, n)); /* the empty word is none of them */
        word = word[n] == ',' ? word + n + 1 : NULL;
    }
out:
    return rc;
}

int
dna_read_keys(
    char **text, const char **snp_key, const char **pos_key, const char *words)
{
    char *keys = NULL;
    int rc = DNA_OK;

    if (words == NULL) {
        return DNA_OK;
    }
    keys = dna_strdup(words);
    char *comma = keys != NULL ? strchr(keys, ',') : NULL;
    DNA_REQUIRE(keys != NULL, DNA_ENOMEM, "out of memory");
    DNA_REQUIRE(comma != NULL && comma > keys && comma[1] != '\0', DNA_EARG,
        "--keys: \"%s\" is not two names joined by a comma", words);
    *comma = '\0';
    *snp_key = keys;
    *pos_key = comma + 1;
    *text = keys;
    keys = NULL;
out:
    dna_free(keys);
    return rc;
}
