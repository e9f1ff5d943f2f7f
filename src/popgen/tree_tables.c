/* tree_tables.c - write a tree sequence file, table by table.
 *
 * SPDX-License-Identifier: MIT
 */
#include "dnadna/tree_tables.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/kastore.h"

/* ---- indexes ----------------------------------------------------------------------- */

typedef struct {
    double position;
    int32_t parent, child, edge;
} index_row;

/* By position, then parent and child: parents are numbered by their time. */
static int
compare_rows(const void *pa, const void *pb)
{
    const index_row *a = pa;
    const index_row *b = pb;
    if (a->position != b->position) {
        return a->position < b->position ? -1 : 1;
    }
    if (a->parent != b->parent) {
        return a->parent < b->parent ? -1 : 1;
    }
    return (a->child > b->child) - (a->child < b->child);
}

/* Edges in the order in which a walk to the right inserts them (young parents first) or
 * removes them (old parents first). */
static int
make_index(int32_t **out, const dna_tree_tables *t, bool is_removal)
{
    index_row *row = NULL;
    int32_t sign = is_removal ? -1 : 1;
    int rc = DNA_OK;

    DNA_NEW(row, t->n_edge);
    DNA_NEW(*out, t->n_edge);
    for (int64_t i = 0; i < t->n_edge; i++) {
        row[i] = (index_row){is_removal ? t->edge_right[i] : t->edge_left[i],
            sign * t->edge_parent[i], sign * t->edge_child[i], (int32_t)i};
    }
    if (t->n_edge > 0) {
        qsort(row, (size_t)t->n_edge, sizeof(*row), compare_rows);
    }
    for (int64_t i = 0; i < t->n_edge; i++) {
        (*out)[i] = row[i].edge;
    }
out:
    dna_free(row);
    return rc;
}

/* ---- columns that the tables do not have ------------------------------------------- */

typedef struct {
    int32_t *insertion, *removal; /* [n_edge] */
    uint32_t *none;               /* offsets of empty texts: zeros */
    uint32_t *one_each;           /* offsets of texts of one letter: 0, 1, 2 ... */
    uint32_t *flags;              /* [n_node] 1: a sample */
    int32_t *individual;          /* [n_node] -1 */
    int32_t *site;                /* [n_site] of a mutation: its own */
    int32_t *no_parent;           /* [n_site] -1 */
    char *ancestral, *derived;    /* [n_site] */
    char uuid[40];
} columns;

/* An identifier that depends on what is stored, not on when. */
static void
make_uuid(char *uuid, size_t size, const dna_tree_tables *t)
{
    uint64_t h[2] = {UINT64_C(0xcbf29ce484222325), UINT64_C(0x9e3779b97f4a7c15)};
    const struct {
        const void *data;
        size_t n;
    } part[] = {{&t->length, sizeof(t->length)},
        {t->node_time, (size_t)t->n_node * sizeof(double)},
        {t->edge_left, (size_t)t->n_edge * sizeof(double)},
        {t->edge_child, (size_t)t->n_edge * sizeof(int32_t)},
        {t->site_position, (size_t)t->n_site * sizeof(double)}};
    for (int i = 0; i < DNA_COUNT(part); i++) {
        for (size_t k = 0; k < part[i].n; k++) { /* FNV-1a, two of them */
            uint64_t byte = ((const unsigned char *)part[i].data)[k];
            h[0] = (h[0] ^ byte) * UINT64_C(0x100000001b3);
            h[1] = (h[1] ^ (byte + 1)) * UINT64_C(0x100000001b3);
        }
    }
    snprintf(uuid, size, "%08x-%04x-4%03x-a%03x-%012llx", (unsigned)(h[0] >> 32),
        (unsigned)(h[0] >> 16 & 0xffff), (unsigned)(h[0] & 0xfff),
        (unsigned)(h[1] >> 48 & 0xfff), (unsigned long long)(h[1] & 0xffffffffffff));
}

static int
columns_init(columns *c, const dna_tree_tables *t)
{
    int64_t most = DNA_MAX(DNA_MAX(t->n_node, t->n_edge), t->n_site);
    int rc = DNA_OK;

    most = DNA_MAX(most, t->n_population);
    DNA_TRY(make_index(&c->insertion, t, false));
    DNA_TRY(make_index(&c->removal, t, true));
    DNA_NEW(c->none, most + 1);
    DNA_NEW(c->one_each, t->n_site + 1);
    DNA_NEW(c->flags, t->n_node);
    DNA_NEW(c->individual, t->n_node);
    DNA_NEW(c->site, t->n_site);
    DNA_NEW(c->no_parent, t->n_site);
    DNA_NEW(c->ancestral, t->n_site);
    DNA_NEW(c->derived, t->n_site);
    for (int64_t i = 0; i < t->n_node; i++) {
        c->flags[i] = i < t->n_sample;
        c->individual[i] = -1;
    }
    for (int64_t i = 0; i < t->n_site; i++) {
        c->one_each[i + 1] = (uint32_t)(i + 1);
        c->site[i] = (int32_t)i;
        c->no_parent[i] = -1;
        c->ancestral[i] = '0';
        c->derived[i] = '1';
    }
    make_uuid(c->uuid, sizeof(c->uuid), t);
out:
    return rc;
}

static void
columns_clear(columns *c)
{
    dna_free(c->insertion);
    dna_free(c->removal);
    dna_free(c->none);
    dna_free(c->one_each);
    dna_free(c->flags);
    dna_free(c->individual);
    dna_free(c->site);
    dna_free(c->no_parent);
    dna_free(c->ancestral);
    dna_free(c->derived);
}

int
dna_tree_tables_save(const dna_tree_tables *t, const char *path)
{
    static const uint32_t version[2] = {12, 7};
    columns c = {0};
    int rc = DNA_OK;

    DNA_TRY(columns_init(&c, t));
    const dna_kastore_item items[] = {
        {"edges/child", DNA_I32, t->edge_child, t->n_edge},
        {"edges/left", DNA_F64, t->edge_left, t->n_edge},
        {"edges/metadata", DNA_U8, NULL, 0},
        {"edges/metadata_offset", DNA_U32, c.none, t->n_edge + 1},
        {"edges/metadata_schema", DNA_U8, NULL, 0},
        {"edges/parent", DNA_I32, t->edge_parent, t->n_edge},
        {"edges/right", DNA_F64, t->edge_right, t->n_edge},
        {"format/name", DNA_I8, "tskit.trees", 11},
        {"format/version", DNA_U32, version, 2},
        {"indexes/edge_insertion_order", DNA_I32, c.insertion, t->n_edge},
        {"indexes/edge_removal_order", DNA_I32, c.removal, t->n_edge},
        {"individuals/flags", DNA_U32, NULL, 0},
        {"individuals/location", DNA_F64, NULL, 0},
        {"individuals/location_offset", DNA_U32, c.none, 1},
        {"individuals/metadata", DNA_U8, NULL, 0},
        {"individuals/metadata_offset", DNA_U32, c.none, 1},
        {"individuals/metadata_schema", DNA_U8, NULL, 0},
        {"individuals/parents", DNA_I32, NULL, 0},
        {"individuals/parents_offset", DNA_U32, c.none, 1},
        {"metadata", DNA_I8, NULL, 0},
        {"metadata_schema", DNA_I8, NULL, 0},
        {"migrations/dest", DNA_I32, NULL, 0},
        {"migrations/left", DNA_F64, NULL, 0},
        {"migrations/metadata", DNA_U8, NULL, 0},
        {"migrations/metadata_offset", DNA_U32, c.none, 1},
        {"migrations/metadata_schema", DNA_U8, NULL, 0},
        {"migrations/node", DNA_I32, NULL, 0},
        {"migrations/right", DNA_F64, NULL, 0},
        {"migrations/source", DNA_I32, NULL, 0},
        {"migrations/time", DNA_F64, NULL, 0},
        {"mutations/derived_state", DNA_U8, c.derived, t->n_site},
        {"mutations/derived_state_offset", DNA_U32, c.one_each, t->n_site + 1},
        {"mutations/metadata", DNA_U8, NULL, 0},
        {"mutations/metadata_offset", DNA_U32, c.none, t->n_site + 1},
        {"mutations/metadata_schema", DNA_U8, NULL, 0},
        {"mutations/node", DNA_I32, t->mutation_node, t->n_site},
        {"mutations/parent", DNA_I32, c.no_parent, t->n_site},
        {"mutations/site", DNA_I32, c.site, t->n_site},
        {"mutations/time", DNA_F64, t->mutation_time, t->n_site},
        {"nodes/flags", DNA_U32, c.flags, t->n_node},
        {"nodes/individual", DNA_I32, c.individual, t->n_node},
        {"nodes/metadata", DNA_U8, NULL, 0},
        {"nodes/metadata_offset", DNA_U32, c.none, t->n_node + 1},
        {"nodes/metadata_schema", DNA_U8, NULL, 0},
        {"nodes/population", DNA_I32, t->node_population, t->n_node},
        {"nodes/time", DNA_F64, t->node_time, t->n_node},
        {"populations/metadata", DNA_U8, NULL, 0},
        {"populations/metadata_offset", DNA_U32, c.none, t->n_population + 1},
        {"populations/metadata_schema", DNA_U8, NULL, 0},
        {"provenances/record", DNA_U8, NULL, 0},
        {"provenances/record_offset", DNA_U32, c.none, 1},
        {"provenances/timestamp", DNA_U8, NULL, 0},
        {"provenances/timestamp_offset", DNA_U32, c.none, 1},
        {"sequence_length", DNA_F64, &t->length, 1},
        {"sites/ancestral_state", DNA_U8, c.ancestral, t->n_site},
        {"sites/ancestral_state_offset", DNA_U32, c.one_each, t->n_site + 1},
        {"sites/metadata", DNA_U8, NULL, 0},
        {"sites/metadata_offset", DNA_U32, c.none, t->n_site + 1},
        {"sites/metadata_schema", DNA_U8, NULL, 0},
        {"sites/position", DNA_F64, t->site_position, t->n_site},
        {"time_units", DNA_I8, "generations", 11},
        {"uuid", DNA_I8, c.uuid, 36},
    };
    DNA_TRY(dna_kastore_write(path, items, DNA_COUNT(items)));
out:
    columns_clear(&c);
    return rc;
}
