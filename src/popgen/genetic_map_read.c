/* genetic_map_read.c - genetic maps from text: HapMap and PLINK.
 *
 * SPDX-License-Identifier: MIT
 *
 * Both give positions (bp) and genetic positions (cM) or rates (cM/Mb) line by line; a
 * line's rate is that of the piece up to the next line.
 */
#include "dnadna/genetic_map.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"

enum { MOST_COLUMNS = 8, MOST_BYTES = 1 << 30, CHROMOSOME_SIZE = 64 };

typedef struct {
    const char *path;
    int64_t line;
    bool is_plink;
    char *cell[MOST_COLUMNS]; /* of the line */
    int n_cell;
    /* which column is what, -1: none */
    int chromosome, bp, rate, cm;
    char name[CHROMOSOME_SIZE]; /* of the chromosome, once seen */
    double *pos, *value;        /* [n] value: a rate or a genetic position */
    int64_t n, room;
} reader;

/* Split the next line at blanks; false at the end of the file. Empty lines and comments
 * (#) are passed over. */
static bool
next_line(reader *r, char **at)
{
    while (**at != '\0') {
        char *line = *at;
        char *end = line + strcspn(line, "\n");
        *at = *end != '\0' ? end + 1 : end;
        *end = '\0';
        r->line++;
        r->n_cell = 0;
        char *rest = NULL;
        for (char *cell = strtok_r(line, " \t\r", &rest);
             cell != NULL && r->n_cell < MOST_COLUMNS;
             cell = strtok_r(NULL, " \t\r", &rest)) {
            r->cell[r->n_cell++] = cell;
        }
        if (r->n_cell > 0 && r->cell[0][0] != '#') {
            return true;
        }
    }
    return false;
}

static bool
has_word(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (; *text != '\0'; text++) {
        if (strncasecmp(text, word, n) == 0) {
            return true;
        }
    }
    return false;
}

static int
read_header(reader *r)
{
    int rc = DNA_OK;

    for (int i = 0; i < r->n_cell; i++) {
        const char *name = r->cell[i];
        if (has_word(name, "chr")) {
            r->chromosome = i;
        } else if (has_word(name, "pos")) {
            r->bp = i;
        } else if (has_word(name, "rate")) {
            r->rate = i;
        } else if (has_word(name, "cM") || has_word(name, "map")) {
            r->cm = i;
        }
    }
    DNA_REQUIRE(r->bp >= 0 && (r->rate >= 0 || r->cm >= 0), DNA_EFORMAT,
        "%s:%lld: the header names no position and rate or map column (as in "
        "\"Chromosome Position(bp) Rate(cM/Mb) Map(cM)\")",
        r->path, (long long)r->line);
out:
    return rc;
}

static int
read_number(const reader *r, int column, const char *what, double *out)
{
    int rc = DNA_OK;

    DNA_REQUIRE(column < r->n_cell, DNA_EFORMAT,
        "%s:%lld: %d columns, the %s is in column %d", r->path, (long long)r->line,
        r->n_cell, what, column + 1);
    DNA_REQUIRE(dna_parse_double(r->cell[column], out) && isfinite(*out), DNA_EFORMAT,
        "%s:%lld: %s \"%.40s\" is not a number", r->path, (long long)r->line, what,
        r->cell[column]);
out:
    return rc;
}

static int
check_chromosome(reader *r)
{
    int rc = DNA_OK;

    if (r->chromosome < 0 || r->chromosome >= r->n_cell) {
        return DNA_OK;
    }
    const char *name = r->cell[r->chromosome];
    if (r->name[0] == '\0') {
        strncpy(r->name, name, CHROMOSOME_SIZE - 1);
    }
    DNA_REQUIRE(strncmp(r->name, name, CHROMOSOME_SIZE - 1) == 0, DNA_EFORMAT,
        "%s:%lld: chromosome %.40s after %.40s: a map has one chromosome", r->path,
        (long long)r->line, name, r->name);
out:
    return rc;
}

static int
add_line(reader *r)
{
    double bp = 0;
    double value = 0;
    bool is_rate = r->rate >= 0;
    int rc = DNA_OK;

    DNA_TRY(check_chromosome(r));
    DNA_TRY(read_number(r, r->bp, "position", &bp));
    DNA_TRY(read_number(
        r, is_rate ? r->rate : r->cm, is_rate ? "rate" : "genetic position", &value));
    DNA_REQUIRE(bp >= 0 && (r->n == 0 || bp > r->pos[r->n - 1]), DNA_EFORMAT,
        "%s:%lld: position %.15g is not above %.15g of the line before", r->path,
        (long long)r->line, bp, r->n > 0 ? r->pos[r->n - 1] : -1);
    DNA_REQUIRE(is_rate ? value >= 0 : r->n == 0 || value >= r->value[r->n - 1],
        DNA_EFORMAT, "%s:%lld: %s", r->path, (long long)r->line,
        is_rate ? "the rate is below 0" : "the genetic position decreases");
    if (r->n == r->room) {
        int64_t room = r->room > 0 ? 2 * r->room : 1024;
        double *pos = dna_realloc(r->pos, (size_t)room, sizeof(*pos));
        r->pos = pos != NULL ? pos : r->pos;
        double *values = dna_realloc(r->value, (size_t)room, sizeof(*values));
        r->value = values != NULL ? values : r->value;
        if (pos == NULL || values == NULL) {
            return DNA_ENOMEM;
        }
        r->room = room;
    }
    r->pos[r->n] = bp;
    r->value[r->n++] = value;
out:
    return rc;
}

/* Lines become pieces, with a piece of rate 0 before the first. */
static int
make_map(dna_rate_map **out, const reader *r)
{
    double *pos = NULL;
    double *rate = NULL;
    int64_t n = 0;
    int rc = DNA_OK;

    DNA_REQUIRE(
        r->n >= 2, DNA_EFORMAT, "%s: a map needs at least two positions", r->path);
    DNA_NEW(pos, r->n + 1);
    DNA_NEW(rate, r->n + 1);
    if (r->pos[0] > 0) {
        n = 1;
    }
    for (int64_t i = 0; i + 1 < r->n; i++) {
        pos[n] = r->pos[i];
        rate[n++] =
            r->rate >= 0
                ? r->value[i] * 1e-8 /* cM/Mb: 0.01 crossovers over 1e6 bp */
                : 0.01 * (r->value[i + 1] - r->value[i]) / (r->pos[i + 1] - r->pos[i]);
    }
    pos[n] = r->pos[r->n - 1];
    DNA_TRY(dna_rate_map_new(out, pos, rate, n));
out:
    dna_free(pos);
    dna_free(rate);
    return rc;
}

static int
read_map(dna_rate_map **out, reader *r)
{
    bool has_header = !r->is_plink;
    unsigned char *data = NULL;
    size_t size = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_file_read(r->path, MOST_BYTES, &data, &size));
    DNA_REQUIRE(size < 2 || data[0] != 0x1f || data[1] != 0x8b, DNA_EFORMAT,
        "%s: it is compressed with gzip, a map must be plain text", r->path);
    DNA_REQUIRE(memchr(data, '\0', size) == NULL, DNA_EFORMAT,
        "%s: it holds bytes 0, a map must be plain text", r->path);
    char *at = (char *)data;
    while (next_line(r, &at)) {
        if (has_header) {
            DNA_TRY(read_header(r));
            has_header = false;
            continue;
        }
        if (r->is_plink) {
            DNA_REQUIRE(r->n_cell == 4, DNA_EFORMAT,
                "%s:%lld: %d columns, not 4 (chromosome, name, cM, bp)", r->path,
                (long long)r->line, r->n_cell);
            if (r->cell[3][0] == '-') {
                continue; /* how PLINK marks a variant to be ignored */
            }
        }
        DNA_TRY(add_line(r));
    }
    DNA_TRY(make_map(out, r));
out:
    dna_free(data);
    dna_free(r->pos);
    dna_free(r->value);
    return rc;
}

int
dna_rate_map_read_hapmap(dna_rate_map **out, const char *path)
{
    reader r = {.path = path, .chromosome = -1, .bp = -1, .rate = -1, .cm = -1};
    return read_map(out, &r);
}

int
dna_rate_map_read_plink(dna_rate_map **out, const char *path)
{
    reader r = {
        .path = path, .is_plink = true, .chromosome = 0, .bp = 3, .rate = -1, .cm = 2};
    return read_map(out, &r);
}
