/* plink.c - read PLINK 1 binary files.
 *
 * SPDX-License-Identifier: MIT
 */
#include "io/plink.h"

#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"
#include "base/str.h"

#define MAX_FILE ((size_t)64 << 30)
enum { N_BIM = 6, N_FAM = 6, HEAD = 3 };

struct dna_plink {
    char *name; /* without the end */
    unsigned char *bed;
    char *bim, *fam, *line; /* line: the next one of the .bim */
    char **samples;
    int64_t n_sample, n_variant, next;
    size_t row;
};

void
dna_plink_close(dna_plink *plink)
{
    if (plink != NULL) {
        dna_free(plink->samples);
        dna_free(plink->fam);
        dna_free(plink->bim);
        dna_free(plink->bed);
        dna_free(plink->name);
        dna_free(plink);
    }
}

/* Cut the line at *at into words; *at goes to the next line. False: not exactly n words. */
static bool
cut_line(char **at, char **words, int n)
{
    char *p = *at;
    size_t length = strcspn(p, "\n");
    char *next = p + length + (p[length] == '\n');
    int n_word = 0;

    p[length] = '\0';
    *at = next;
    for (;;) {
        p += strspn(p, " \t\r");
        if (*p == '\0') {
            return n_word == n;
        }
        if (n_word == n) {
            return false;
        }
        words[n_word++] = p;
        p += strcspn(p, " \t\r");
        if (*p != '\0') {
            *p++ = '\0';
        }
    }
}

static int64_t
count_lines(const char *text, size_t n)
{
    int64_t n_line = 0;
    for (const char *p = text, *end = text + n; p < end;) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        n_line++;
        p = stop != NULL ? stop + 1 : end;
    }
    return n_line;
}

static int
read_samples(dna_plink *plink, size_t n_fam)
{
    char *words[N_FAM];
    char *at = plink->fam;
    int rc = DNA_OK;

    plink->n_sample = count_lines(plink->fam, n_fam);
    DNA_REQUIRE(
        plink->n_sample > 0, DNA_EFORMAT, "%s.fam: has no samples", plink->name);
    DNA_NEW(plink->samples, plink->n_sample);
    for (int64_t i = 0; i < plink->n_sample; i++) {
        DNA_REQUIRE(cut_line(&at, words, N_FAM), DNA_EFORMAT,
            "%s.fam:%lld: does not have six columns", plink->name, (long long)i + 1);
        plink->samples[i] = words[1];
    }
out:
    return rc;
}

int
dna_plink_open_memory(dna_plink **out, unsigned char *bed, size_t n_bed, char *bim,
    size_t n_bim, char *fam, size_t n_fam, const char *name)
{
    dna_plink *plink = dna_calloc(1, sizeof(*plink));
    int rc = DNA_OK;

    if (plink == NULL) {
        dna_free(bed);
        dna_free(bim);
        dna_free(fam);
        return DNA_ENOMEM;
    }
    *plink = (dna_plink){.bed = bed, .bim = bim, .fam = fam, .line = bim};
    plink->name = dna_strdup(name);
    if (plink->name == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_REQUIRE(n_bed >= HEAD && bed[0] == 0x6c && bed[1] == 0x1b, DNA_EFORMAT,
        "%s.bed: is no PLINK 1 binary file", name);
    DNA_REQUIRE(bed[2] == 1, DNA_EUNSUPPORTED,
        "%s.bed: has a row an individual; plink --make-bed writes one a variant", name);
    DNA_REQUIRE(memchr(bim, '\0', n_bim) == NULL && memchr(fam, '\0', n_fam) == NULL,
        DNA_EFORMAT, "%s: the .bim or the .fam is no text", name);
    DNA_TRY(read_samples(plink, n_fam));
    plink->n_variant = count_lines(bim, n_bim);
    plink->row = ((size_t)plink->n_sample + 3) / 4;
    DNA_REQUIRE((n_bed - HEAD) / plink->row == (size_t)plink->n_variant
                    && (n_bed - HEAD) % plink->row == 0,
        DNA_EFORMAT,
        "%s.bed: has %zu bytes; %lld variants (.bim) of %lld samples (.fam) need %zu",
        name, n_bed, (long long)plink->n_variant, (long long)plink->n_sample,
        HEAD + plink->row * (size_t)plink->n_variant);
    *out = plink;
    plink = NULL;
out:
    dna_plink_close(plink);
    return rc;
}

/* The name without .bed, .bim or .fam. */
static char *
stem_of(const char *path)
{
    static const char *const ends[] = {".bed", ".bim", ".fam"};
    size_t n = strlen(path);
    for (int64_t i = 0; i < DNA_COUNT(ends); i++) {
        if (dna_str_ends_with(path, ends[i])) {
            n -= strlen(ends[i]);
            break;
        }
    }
    return dna_strndup(path, n);
}

static int
read_part(const char *stem, const char *end, unsigned char **data, size_t *n)
{
    dna_str path;
    dna_str_init(&path, 0);
    dna_str_addf(&path, "%s%s", stem, end);
    int rc = dna_str_status(&path);
    if (rc == DNA_OK) {
        rc = dna_file_read(path.data, MAX_FILE, data, n);
    }
    dna_str_clear(&path);
    return rc;
}

bool
dna_plink_is_name(const char *path)
{
    static const char *const ends[] = {".bed", ".bim", ".fam"};
    char *stem = stem_of(path);
    bool is_there = stem != NULL;
    for (int64_t i = 0; is_there && i < DNA_COUNT(ends); i++) {
        dna_str s;
        dna_str_init(&s, 0);
        dna_str_addf(&s, "%s%s", stem, ends[i]);
        is_there = dna_path_exists(dna_str_text(&s));
        dna_str_clear(&s);
    }
    dna_free(stem);
    return is_there;
}

int
dna_plink_open(dna_plink **out, const char *path)
{
    unsigned char *bed = NULL, *bim = NULL, *fam = NULL;
    size_t n_bed = 0, n_bim = 0, n_fam = 0;
    char *stem = stem_of(path);
    int rc = DNA_OK;

    if (stem == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(read_part(stem, ".fam", &fam, &n_fam));
    DNA_TRY(read_part(stem, ".bim", &bim, &n_bim));
    DNA_TRY(read_part(stem, ".bed", &bed, &n_bed));
    rc = dna_plink_open_memory(
        out, bed, n_bed, (char *)bim, n_bim, (char *)fam, n_fam, stem);
    bed = bim = fam = NULL;
out:
    dna_free(bed);
    dna_free(bim);
    dna_free(fam);
    dna_free(stem);
    return rc;
}

int64_t
dna_plink_n_sample(const dna_plink *plink)
{
    return plink->n_sample;
}

int64_t
dna_plink_n_variant(const dna_plink *plink)
{
    return plink->n_variant;
}

const char *
dna_plink_sample(const dna_plink *plink, int64_t i)
{
    return plink->samples[i];
}

int
dna_plink_next(dna_plink *plink, dna_plink_variant *v)
{
    char *words[N_BIM];
    int rc = DNA_OK;

    if (plink->next == plink->n_variant) {
        return 0;
    }
    DNA_REQUIRE(cut_line(&plink->line, words, N_BIM), DNA_EFORMAT,
        "%s.bim:%lld: does not have six columns", plink->name,
        (long long)plink->next + 1);
    *v = (dna_plink_variant){.chromosome = words[0],
        .id = words[1],
        .a1 = words[4],
        .a2 = words[5],
        .row = plink->bed + HEAD + (size_t)plink->next * plink->row};
    DNA_REQUIRE(dna_parse_int(words[3], &v->position) && v->position >= 0, DNA_EFORMAT,
        "%s.bim:%lld: position \"%s\" is not a number from 0 on", plink->name,
        (long long)plink->next + 1, words[3]);
    plink->next++;
    rc = 1;
out:
    return rc;
}
