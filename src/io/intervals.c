/* intervals.c - BED files and sequences.
 *
 * SPDX-License-Identifier: MIT
 */
#include "io/intervals.h"

#include <htslib/faidx.h>
#include <htslib/hts_log.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"

#define MAX_FILE ((size_t)4 << 30)

typedef struct {
    const char *contig, *name;
    int64_t start, end, most; /* most: the largest end of this and those before */
} piece;

struct dna_intervals {
    char *text;
    piece *pieces;
    int64_t n;
    const char *contig; /* of the last query, its pieces */
    int64_t first, last;
};

void
dna_intervals_free(dna_intervals *set)
{
    if (set != NULL) {
        dna_free(set->pieces);
        dna_free(set->text);
        dna_free(set);
    }
}

static int
compare_pieces(const void *pa, const void *pb)
{
    const piece *a = pa;
    const piece *b = pb;
    int c = strcmp(a->contig, b->contig);
    if (c != 0) {
        return c;
    }
    if (a->start != b->start) {
        return a->start < b->start ? -1 : 1;
    }
    return (a->end > b->end) - (a->end < b->end);
}

static bool
is_comment(const char *line)
{
    return line[0] == '\0' || line[0] == '#' || strncmp(line, "track", 5) == 0
           || strncmp(line, "browser", 7) == 0;
}

static int
read_piece(piece *p, char *line, bool needs_name, const char *path, int64_t number)
{
    char *words[4] = {NULL};
    char *rest = NULL;
    int n = 0;
    int rc = DNA_OK;

    for (char *w = strtok_r(line, "\t ", &rest); w != NULL && n < 4;
         w = strtok_r(NULL, "\t ", &rest)) {
        words[n++] = w;
    }
    *p = (piece){.contig = words[0], .name = n > 3 ? words[3] : ""};
    DNA_REQUIRE(n >= 3 && dna_parse_int(words[1], &p->start)
                    && dna_parse_int(words[2], &p->end) && p->start >= 0
                    && p->end >= p->start,
        DNA_EFORMAT, "%s:%lld: is not contig, start and end (BED)", path,
        (long long)number);
    DNA_REQUIRE(!needs_name || n > 3, DNA_EFORMAT,
        "%s:%lld: has no fourth column with the ancestral allele", path,
        (long long)number);
out:
    return rc;
}

int
dna_intervals_read(dna_intervals **out, const char *path, bool needs_name)
{
    dna_intervals *set = NULL;
    unsigned char *data = NULL;
    size_t n = 0;
    int64_t room = 0, number = 0;
    int rc = DNA_OK;

    DNA_NEW(set, 1);
    DNA_TRY(dna_file_read(path, MAX_FILE, &data, &n));
    set->text = (char *)data;
    DNA_REQUIRE(memchr(data, '\0', n) == NULL, DNA_EFORMAT,
        "%s: is no text (a compressed BED is to be unpacked first)", path);
    for (char *line = set->text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        char *next = line + length + (line[length] == '\n');
        line[length] = '\0';
        if (length > 0 && line[length - 1] == '\r') {
            line[length - 1] = '\0';
        }
        number++;
        if (!is_comment(line)) {
            if (set->n == room) {
                room = room > 0 ? 2 * room : 64;
                piece *more = dna_realloc(set->pieces, (size_t)room, sizeof(*more));
                if (more == NULL) {
                    rc = DNA_ENOMEM;
                    goto out;
                }
                set->pieces = more;
            }
            DNA_TRY(read_piece(&set->pieces[set->n], line, needs_name, path, number));
            set->n++;
        }
        line = next;
    }
    if (set->n > 0) {
        qsort(set->pieces, (size_t)set->n, sizeof(*set->pieces), compare_pieces);
    }
    for (int64_t i = 0; i < set->n; i++) {
        piece *p = &set->pieces[i];
        bool is_same = i > 0 && strcmp(p[-1].contig, p->contig) == 0;
        p->most = is_same ? DNA_MAX(p[-1].most, p->end) : p->end;
    }
    *out = set;
    set = NULL;
out:
    dna_intervals_free(set);
    return rc;
}

/* The pieces of a contig. */
static void
find_contig(dna_intervals *set, const char *contig)
{
    int64_t i = 0;
    while (i < set->n && strcmp(set->pieces[i].contig, contig) != 0) {
        i++;
    }
    set->first = i;
    while (i < set->n && strcmp(set->pieces[i].contig, contig) == 0) {
        i++;
    }
    set->last = i;
    set->contig = set->first < set->last ? set->pieces[set->first].contig : NULL;
}

const char *
dna_intervals_find(dna_intervals *set, const char *contig, int64_t position)
{
    if (set->contig == NULL || strcmp(set->contig, contig) != 0) {
        find_contig(set, contig);
    }
    int64_t a = set->first,
            b = set->last; /* pieces before a begin before the position */
    while (a < b) {
        int64_t m = a + (b - a) / 2;
        if (set->pieces[m].start < position) {
            a = m + 1;
        } else {
            b = m;
        }
    }
    for (int64_t i = a - 1; i >= set->first && set->pieces[i].most >= position; i--) {
        if (set->pieces[i].end >= position) {
            return set->pieces[i].name;
        }
    }
    return NULL;
}

/* ---- sequences --------------------------------------------------------------------- */

struct dna_fasta {
    faidx_t *index;
    char *path, *contig, *bases; /* of the contig; NULL: it is not there */
    hts_pos_t n;
};

int
dna_fasta_open(dna_fasta **out, const char *path)
{
    dna_fasta *fasta = NULL;
    int rc = DNA_OK;

    hts_set_log_level(HTS_LOG_OFF);
    DNA_REQUIRE(strstr(path, "://") == NULL && dna_path_exists(path), DNA_ENOTFOUND,
        "%s: no such file", path);
    DNA_NEW(fasta, 1);
    fasta->path = dna_strdup(path);
    if (fasta->path == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    fasta->index = fai_load3(path, NULL, NULL, 0);
    DNA_REQUIRE(fasta->index != NULL, DNA_ENOTFOUND,
        "%s: has no index %s.fai that can be read; samtools faidx makes one", path,
        path);
    *out = fasta;
    fasta = NULL;
out:
    dna_fasta_close(fasta);
    return rc;
}

void
dna_fasta_close(dna_fasta *fasta)
{
    if (fasta == NULL) {
        return;
    }
    if (fasta->index != NULL) {
        fai_destroy(fasta->index);
    }
    free(fasta->bases);
    dna_free(fasta->contig);
    dna_free(fasta->path);
    dna_free(fasta);
}

int
dna_fasta_base(dna_fasta *fasta, const char *contig, int64_t position, char *base)
{
    int rc = DNA_OK;

    *base = 0;
    if (fasta->contig == NULL || strcmp(fasta->contig, contig) != 0) {
        free(fasta->bases);
        fasta->bases = NULL;
        fasta->n = 0;
        dna_free(fasta->contig);
        fasta->contig = dna_strdup(contig);
        if (fasta->contig == NULL) {
            return DNA_ENOMEM;
        }
        if (faidx_has_seq(fasta->index, contig)) {
            fasta->bases = fai_fetch64(fasta->index, contig, &fasta->n);
            DNA_REQUIRE(fasta->bases != NULL, DNA_EFORMAT,
                "%s: the sequence of %s cannot be read", fasta->path, contig);
        }
    }
    if (fasta->bases != NULL && position >= 1 && position <= fasta->n) {
        *base = fasta->bases[position - 1];
    }
out:
    return rc;
}
