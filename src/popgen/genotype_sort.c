/* genotype_sort.c - sites in memory, sorted.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "popgen/genotypes_parts.h"

typedef struct {
    double position;
    int64_t n_missing, order;
    int32_t contig, contig_rank;
    int8_t *row;
} stored;

struct dna_sorted_sites {
    stored *sites;
    int64_t n, room, next;
    int32_t *rank; /* [n_rank] of a contig: when it came first; -1: not yet */
    int64_t n_rank;
    int32_t n_contig;
};

void
dna_sorted_sites_free(struct dna_sorted_sites *s)
{
    if (s != NULL) {
        for (int64_t i = 0; i < s->n; i++) {
            dna_free(s->sites[i].row);
        }
        dna_free(s->sites);
        dna_free(s->rank);
        dna_free(s);
    }
}

static int
rank_contig(struct dna_sorted_sites *s, int32_t contig, int32_t *rank)
{
    if (contig >= s->n_rank) {
        int64_t n = (int64_t)contig + 64;
        int32_t *more = dna_realloc(s->rank, (size_t)n, sizeof(*more));
        if (more == NULL) {
            return DNA_ENOMEM;
        }
        for (int64_t i = s->n_rank; i < n; i++) {
            more[i] = -1;
        }
        s->rank = more;
        s->n_rank = n;
    }
    if (s->rank[contig] < 0) {
        s->rank[contig] = s->n_contig++;
    }
    *rank = s->rank[contig];
    return DNA_OK;
}

static int
store(struct dna_sorted_sites *s, const dna_kept_site *kept, int64_t n_row)
{
    int32_t rank = 0;
    int rc = DNA_OK;

    if (s->n == s->room) {
        int64_t room = s->room > 0 ? 2 * s->room : 1024;
        stored *more = dna_realloc(s->sites, (size_t)room, sizeof(*more));
        if (more == NULL) {
            return DNA_ENOMEM;
        }
        s->sites = more;
        s->room = room;
    }
    DNA_TRY(rank_contig(s, kept->contig, &rank));
    int8_t *row = dna_malloc((size_t)n_row);
    if (row == NULL) {
        return DNA_ENOMEM;
    }
    memcpy(row, kept->row, (size_t)n_row);
    s->sites[s->n] =
        (stored){kept->position, kept->n_missing, s->n, kept->contig, rank, row};
    s->n++;
out:
    return rc;
}

static int
compare_stored(const void *pa, const void *pb)
{
    const stored *a = pa;
    const stored *b = pb;
    if (a->contig_rank != b->contig_rank) {
        return a->contig_rank < b->contig_rank ? -1 : 1;
    }
    if (a->position != b->position) {
        return a->position < b->position ? -1 : 1;
    }
    return (a->order > b->order) - (a->order < b->order);
}

int
dna_sorted_sites_new(struct dna_sorted_sites **out, dna_genotypes *g,
    int (*next)(dna_genotypes *g, dna_kept_site *site))
{
    struct dna_sorted_sites *s = NULL;
    dna_kept_site kept;
    int rc = DNA_OK;

    DNA_NEW(s, 1);
    for (;;) {
        DNA_TRY(next(g, &kept));
        if (rc == 0) {
            break;
        }
        DNA_TRY(store(s, &kept, g->n_row));
    }
    if (s->n > 0) {
        qsort(s->sites, (size_t)s->n, sizeof(*s->sites), compare_stored);
    }
    *out = s;
    s = NULL;
out:
    dna_sorted_sites_free(s);
    return rc;
}

int
dna_sorted_sites_next(struct dna_sorted_sites *s, dna_kept_site *kept)
{
    if (s->next == s->n) {
        return 0;
    }
    const stored *at = &s->sites[s->next++];
    *kept = (dna_kept_site){at->contig, at->position, at->row, at->n_missing};
    return 1;
}
