/* ms.c - text as Hudson's ms prints it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "io/ms.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"
#include "base/str.h"

#define WORD_SIZE 64 /* longer words are no number and no keyword */

struct dna_ms {
    char *name;
    FILE *stream; /* NULL: memory */
    const unsigned char *bytes;
    size_t at, n; /* of bytes */
    bool is_end;
    bool is_at_mark; /* the first line, whose first word was read, is a "//" */
    int error;       /* errno of a read that failed */
    int64_t line;
    int64_t replicate_line;
    int64_t n_hap, n_asked; /* -1: not known */
    int64_t n_replicate;    /* read so far */
    unsigned char buffer[1 << 16];
};

/* ---- bytes ------------------------------------------------------------------------- */

static bool
refill(dna_ms *ms)
{
    if (ms->is_end || ms->stream == NULL) {
        ms->is_end = true;
        return false;
    }
    errno = 0;
    ms->n = fread(ms->buffer, 1, sizeof(ms->buffer), ms->stream);
    ms->at = 0;
    if (ms->n == 0) {
        ms->is_end = true;
        ms->error = ferror(ms->stream) ? (errno != 0 ? errno : EIO) : 0;
    }
    return ms->n > 0;
}

/* The next byte without taking it, -1 at the end. */
static int
peek(dna_ms *ms)
{
    return ms->at < ms->n || refill(ms) ? ms->bytes[ms->at] : -1;
}

static bool
is_line_end(int c)
{
    return c == '\n' || c < 0;
}

static bool
is_blank(int c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void
skip_blanks(dna_ms *ms)
{
    while (is_blank(peek(ms))) {
        ms->at++;
    }
}

/* Take the rest of the line and its end. */
static void
skip_line(dna_ms *ms)
{
    while (peek(ms) >= 0) {
        const unsigned char *from = ms->bytes + ms->at;
        const unsigned char *end = memchr(from, '\n', ms->n - ms->at);
        if (end != NULL) {
            ms->at += (size_t)(end - from) + 1;
            ms->line++;
            return;
        }
        ms->at = ms->n;
    }
}

/* The next word of the line, cut to what fits; its whole length is returned, 0 at the end
 * of the line. */
static size_t
read_word(dna_ms *ms, char word[WORD_SIZE])
{
    size_t n = 0;

    skip_blanks(ms);
    for (int c = peek(ms); !is_line_end(c) && !is_blank(c); c = peek(ms)) {
        if (n < WORD_SIZE - 1) {
            word[n] = (char)c;
        }
        n++;
        ms->at++;
    }
    word[DNA_MIN(n, WORD_SIZE - 1)] = '\0';
    return n;
}

static bool
starts_with(const char *word, const char *prefix)
{
    return strncmp(word, prefix, strlen(prefix)) == 0;
}

/* ---- opening ----------------------------------------------------------------------- */

/* "scrm 20 5 -t 40": what it promises. */
static void
read_command(dna_ms *ms)
{
    char word[WORD_SIZE], number[2][WORD_SIZE];
    int64_t n_hap = 0, n_replicate = 0;
    size_t n = 0;

    n = read_word(ms, word);
    ms->is_at_mark = starts_with(word, "//");
    if (n > 0 && !ms->is_at_mark && word[0] != '#'
        && word[DNA_MIN(n, WORD_SIZE - 1) - 1] != ':' && read_word(ms, number[0]) > 0
        && read_word(ms, number[1]) > 0 && dna_parse_int(number[0], &n_hap)
        && dna_parse_int(number[1], &n_replicate) && n_hap > 0 && n_hap <= INT32_MAX
        && n_replicate > 0) {
        ms->n_hap = n_hap;
        ms->n_asked = n_replicate;
    }
}

static int
fail_read(dna_ms *ms)
{
    return dna_path_fail(ms->name, ms->error);
}

/* What is certainly something else gets a message of its own. */
static int
check_start(dna_ms *ms)
{
    int rc = DNA_OK;
    int c = peek(ms);

    if (ms->error != 0) {
        return fail_read(ms);
    }
    DNA_REQUIRE(c >= 0, DNA_EFORMAT, "%s: is empty, not ms text", ms->name);
    DNA_REQUIRE(c != 0x1f, DNA_EFORMAT,
        "%s: is compressed (gzip): ms text is read as it is", ms->name);
out:
    return rc;
}

static int
open_any(dna_ms **out, FILE *stream, const void *bytes, size_t n, const char *name)
{
    dna_ms *ms = NULL;
    int rc = DNA_OK;

    DNA_NEW(ms, 1);
    ms->stream = stream;
    ms->bytes = stream != NULL ? ms->buffer : bytes;
    ms->n = n;
    ms->line = 1;
    ms->n_hap = ms->n_asked = -1;
    ms->name = dna_strdup(name);
    if (ms->name == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(check_start(ms));
    read_command(ms);
    *out = ms;
    ms = NULL;
out:
    if (ms != NULL) {
        ms->stream = NULL; /* the caller's on failure */
    }
    dna_ms_close(ms);
    return rc;
}

int
dna_ms_open(dna_ms **out, const char *path)
{
    FILE *stream = fopen(path, "rbe");
    int rc = DNA_OK;

    if (stream == NULL) {
        return dna_path_fail(path, errno);
    }
    DNA_TRY(open_any(out, stream, NULL, 0, path));
    stream = NULL;
out:
    if (stream != NULL) {
        fclose(stream);
    }
    return rc;
}

int
dna_ms_open_memory(dna_ms **out, const void *bytes, size_t n, const char *name)
{
    return open_any(out, NULL, bytes, n, name);
}

void
dna_ms_close(dna_ms *ms)
{
    if (ms != NULL) {
        if (ms->stream != NULL) {
            fclose(ms->stream);
        }
        dna_free(ms->name);
        dna_free(ms);
    }
}

int64_t
dna_ms_line(const dna_ms *ms)
{
    return ms->replicate_line;
}

const char *
dna_ms_name(const dna_ms *ms)
{
    return ms->name;
}

/* ---- growing arrays ---------------------------------------------------------------- */

/* Room for n elements in all, of an array that has room for *cap. */
static int
grow(void **data, size_t *cap, size_t n, size_t size, const dna_ms *ms)
{
    int rc = DNA_OK;

    if (n <= *cap && *data != NULL) {
        return DNA_OK;
    }
    DNA_REQUIRE(n <= DNA_MS_MAX_ARRAY / size, DNA_EFORMAT,
        "%s:%lld: the replicate of line %lld needs more than 4 GiB of memory", ms->name,
        (long long)ms->line, (long long)ms->replicate_line);
    size_t wanted = DNA_MIN(DNA_MAX(DNA_MAX(n, *cap * 2), 64), DNA_MS_MAX_ARRAY / size);
    void *p = dna_realloc(*data, wanted, size);
    if (p == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    *data = p;
    *cap = wanted;
out:
    return rc;
}

/* ---- one replicate ----------------------------------------------------------------- */

/* To the end of the line of the next "//": 1, or 0 if there is none. */
static int
find_replicate(dna_ms *ms)
{
    char word[WORD_SIZE];
    int rc = DNA_OK;

    for (; peek(ms) >= 0 || ms->is_at_mark; skip_line(ms)) {
        (void)read_word(ms, word);
        if (ms->is_at_mark || starts_with(word, "//")) {
            ms->is_at_mark = false;
            ms->replicate_line = ms->line;
            skip_line(ms);
            return 1;
        }
        DNA_REQUIRE(!starts_with(word, "segsites:"), DNA_EFORMAT,
            "%s:%lld: \"segsites:\" without a line \"//\" before it", ms->name,
            (long long)ms->line);
    }
    DNA_REQUIRE(ms->n_replicate > 0 || ms->n_asked > 0, DNA_EFORMAT,
        "%s: has no replicate (a line \"//\"): it is not ms text", ms->name);
    DNA_REQUIRE(ms->n_asked <= ms->n_replicate, DNA_EFORMAT,
        "%s:%lld: the file ends after %lld replicate%s, its first line asks for %lld",
        ms->name, (long long)ms->line, (long long)ms->n_replicate,
        DNA_PLURAL(ms->n_replicate), (long long)ms->n_asked);
out:
    return rc;
}

/* To the word after `key` at the start of a line. */
static int
find_key(dna_ms *ms, const char *key)
{
    char word[WORD_SIZE];
    int rc = DNA_OK;

    for (; peek(ms) >= 0; skip_line(ms)) {
        (void)read_word(ms, word);
        if (strcmp(word, key) == 0) {
            return DNA_OK;
        }
        if (starts_with(word, "//")) {
            break;
        }
    }
    rc = dna_fail(DNA_EFORMAT,
        "%s:%lld: \"%s\" is missing in the replicate of line %lld", ms->name,
        (long long)ms->line, key, (long long)ms->replicate_line);
    return rc;
}

static int
read_n_site(dna_ms *ms, int64_t *n_site)
{
    char word[WORD_SIZE], more[WORD_SIZE];
    int rc = DNA_OK;

    DNA_TRY(find_key(ms, "segsites:"));
    (void)read_word(ms, word);
    DNA_REQUIRE(dna_parse_int(word, n_site) && *n_site >= 0 && read_word(ms, more) == 0,
        DNA_EFORMAT, "%s:%lld: segsites: \"%s\" is not a number of sites", ms->name,
        (long long)ms->line, word);
    skip_line(ms);
out:
    return rc;
}

static int
read_positions(dna_ms *ms, int64_t n_site, dna_array *pos)
{
    char word[WORD_SIZE];
    void *data = NULL;
    size_t cap = 0;
    int64_t n = 0;
    int rc = DNA_OK;

    if (n_site > 0) {
        DNA_TRY(find_key(ms, "positions:"));
    }
    DNA_TRY(grow(&data, &cap, 1, sizeof(double), ms));
    while (n_site > 0 && read_word(ms, word) > 0) {
        double v = 0;
        DNA_REQUIRE(dna_parse_double(word, &v) && isfinite(v), DNA_EFORMAT,
            "%s:%lld: position %lld: \"%s\" is not a number", ms->name,
            (long long)ms->line, (long long)n + 1, word);
        DNA_TRY(grow(&data, &cap, (size_t)n + 1, sizeof(double), ms));
        ((double *)data)[n++] = v;
    }
    DNA_REQUIRE(n == n_site, DNA_EFORMAT,
        "%s:%lld: there %s %lld position%s, but segsites says %lld", ms->name,
        (long long)ms->line, n == 1 ? "is" : "are", (long long)n, DNA_PLURAL(n),
        (long long)n_site);
    if (n_site > 0) {
        skip_line(ms);
    }
    *pos = (dna_array){.dtype = DNA_F64, .n_dim = 1, .dim = {n_site}, .data = data};
    data = NULL;
out:
    dna_free(data);
    return rc;
}

/* A haplotype's line, into row[n_site]. */
static int
read_row(dna_ms *ms, unsigned char *row, int64_t n_site)
{
    int64_t n = 0;
    int c = peek(ms);
    int rc = DNA_OK;

    for (; n < n_site && (c == '0' || c == '1'); c = peek(ms)) {
        row[n++] = (unsigned char)(c - '0');
        ms->at++;
    }
    skip_blanks(ms);
    if (n == n_site && is_line_end(peek(ms))) {
        skip_line(ms);
        return DNA_OK;
    }
    DNA_REQUIRE(is_line_end(c) || is_blank(c) || c == '0' || c == '1', DNA_EFORMAT,
        c > ' ' && c < 0x7f
            ? "%s:%lld: column %lld: '%c' is not an allele: they are 0 and 1"
            : "%s:%lld: column %lld: byte %d is not an allele: they are 0 and 1",
        ms->name, (long long)ms->line, (long long)n + 1, c);
    DNA_REQUIRE(n == n_site, DNA_EFORMAT,
        "%s:%lld: the haplotype has %lld site%s, but segsites says %lld", ms->name,
        (long long)ms->line, (long long)n, DNA_PLURAL(n), (long long)n_site);
    rc = dna_fail(DNA_EFORMAT,
        "%s:%lld: the haplotype has more sites than the %lld that segsites says",
        ms->name, (long long)ms->line, (long long)n_site);
out:
    return rc;
}

/* Whether the haplotypes end here: at a blank line, the next replicate, the end, or
 * before what a program adds ("SFS: ..."). */
static bool
is_after_rows(dna_ms *ms)
{
    int c = peek(ms);
    return is_line_end(c) || is_blank(c) || c == '/' || (c >= 'A' && c <= 'Z')
           || (c >= 'a' && c <= 'z');
}

static int
check_n_hap(dna_ms *ms, int64_t n)
{
    int rc = DNA_OK;
    int c = peek(ms);

    DNA_REQUIRE(n > 0, DNA_EFORMAT,
        "%s:%lld: the replicate of line %lld has no haplotypes", ms->name,
        (long long)ms->line, (long long)ms->replicate_line);
    DNA_REQUIRE(ms->n_hap < 0 || (n == ms->n_hap && c != '0' && c != '1'), DNA_EFORMAT,
        "%s:%lld: the replicate of line %lld has %s%lld haplotype%s, but %s %lld",
        ms->name, (long long)ms->line, (long long)ms->replicate_line,
        n == ms->n_hap ? "more than " : "", (long long)n, DNA_PLURAL(n),
        ms->n_asked > 0 ? "the first line asks for" : "the first replicate has",
        (long long)ms->n_hap);
    ms->n_hap = n;
out:
    return rc;
}

static int
read_rows(dna_ms *ms, int64_t n_site, dna_array *snp)
{
    void *data = NULL;
    size_t cap = 0;
    int64_t n = 0;
    int rc = DNA_OK;

    DNA_TRY(grow(&data, &cap, 1, 1, ms));
    while (!is_after_rows(ms) && n != ms->n_hap) {
        size_t size = 0;
        if (!dna_mul_size((size_t)n + 1, (size_t)n_site, &size)) {
            size = SIZE_MAX; /* more than any memory */
        }
        DNA_TRY(grow(&data, &cap, size, 1, ms));
        DNA_TRY(read_row(ms, (unsigned char *)data + n * n_site, n_site));
        n++;
    }
    DNA_TRY(check_n_hap(ms, n));
    *snp = (dna_array){.dtype = DNA_U8, .n_dim = 2, .dim = {n, n_site}, .data = data};
    data = NULL;
out:
    dna_free(data);
    return rc;
}

/* ms prints no haplotypes where there are no sites. */
static int
make_no_rows(dna_ms *ms, dna_array *snp)
{
    const int64_t dim[2] = {ms->n_hap, 0};
    int rc = DNA_OK;

    DNA_REQUIRE(ms->n_hap > 0, DNA_EFORMAT,
        "%s:%lld: no sites, and nothing before says how many haplotypes there are: the first line is not a command line of ms",
        ms->name, (long long)ms->line - 1);
    DNA_TRY(dna_array_init(snp, DNA_U8, 2, dim));
out:
    return rc;
}

int
dna_ms_next(dna_ms *ms, dna_array *snp, dna_array *pos)
{
    int64_t n_site = 0;
    dna_array matrix = {0}, positions = {0};
    int rc = find_replicate(ms);

    if (rc > 0) {
        DNA_TRY(read_n_site(ms, &n_site));
        DNA_TRY(read_positions(ms, n_site, &positions));
        DNA_TRY(
            n_site > 0 ? read_rows(ms, n_site, &matrix) : make_no_rows(ms, &matrix));
        ms->n_replicate++;
        *snp = matrix;
        *pos = positions;
        matrix = positions = (dna_array){0};
        rc = 1;
    }
out:
    if (ms->error != 0) { /* whatever it looked like: the file could not be read */
        if (rc > 0) {
            dna_array_clear(snp);
            dna_array_clear(pos);
        }
        rc = fail_read(ms);
    }
    dna_array_clear(&matrix);
    dna_array_clear(&positions);
    return rc;
}
