/* tree_sequence.c - read the tables of a tree sequence and check them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "popgen/tree_sequence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "popgen/tree_sequence_parts.h"

#define MAX_FILE ((size_t)256 << 30)

void
dna_tree_sequence_free(dna_tree_sequence *ts)
{
    if (ts != NULL) {
        dna_free(ts->samples);
        dna_free(ts->own_index);
        dna_free(ts->name);
        dna_free(ts->bytes);
        dna_free(ts);
    }
}

/* ---- columns ----------------------------------------------------------------------- */

typedef struct {
    dna_tree_sequence *ts;
    dna_kastore *store;
} reader;

/* A column of a type; *n is its length, or (not below 0) the length it must have. */
static int
get_column(
    const reader *r, const char *key, dna_dtype type, const void **data, int64_t *n)
{
    dna_kastore_item item;
    int rc = DNA_OK;

    DNA_REQUIRE(dna_kastore_find(r->store, key, &item), DNA_EFORMAT,
        "%s: has no array %s", r->ts->name, key);
    DNA_REQUIRE(item.type == type, DNA_EFORMAT, "%s: %s is %s, not %s", r->ts->name,
        key, dna_dtype_name(item.type), dna_dtype_name(type));
    DNA_REQUIRE(*n < 0 || item.n == *n, DNA_EFORMAT,
        "%s: %s has %lld entries, its table %lld", r->ts->name, key, (long long)item.n,
        (long long)*n);
    *n = item.n;
    *data = item.data;
out:
    return rc;
}

static int
get_text(const reader *r, const char *key, const char *offset_key, int64_t n,
    dna_text_column *c)
{
    dna_kastore_item text, offset;
    int rc = DNA_OK;

    DNA_REQUIRE(dna_kastore_find(r->store, key, &text)
                    && dna_kastore_find(r->store, offset_key, &offset),
        DNA_EFORMAT, "%s: has no array %s or %s", r->ts->name, key, offset_key);
    DNA_REQUIRE((text.type == DNA_I8 || text.type == DNA_U8)
                    && (offset.type == DNA_U32 || offset.type == DNA_U64)
                    && offset.n == n + 1,
        DNA_EFORMAT, "%s: %s and its offsets do not fit together", r->ts->name, key);
    *c = (dna_text_column){.bytes = text.data};
    if (offset.type == DNA_U32) {
        c->offset32 = offset.data;
    } else {
        c->offset64 = offset.data;
    }
    uint64_t before = 0;
    for (int64_t i = 0; i <= n; i++) {
        uint64_t at = c->offset32 != NULL ? c->offset32[i] : c->offset64[i];
        DNA_REQUIRE(at >= before && at <= (uint64_t)text.n, DNA_EFORMAT,
            "%s: %s: offset %lld is out of order", r->ts->name, key, (long long)i);
        before = at;
    }
out:
    return rc;
}

static int
check_format(const reader *r)
{
    dna_kastore_item name, version;
    int rc = DNA_OK;

    DNA_REQUIRE(dna_kastore_find(r->store, "format/name", &name)
                    && dna_dtype_size(name.type) == 1 && name.n == 11
                    && memcmp(name.data, "tskit.trees", 11) == 0,
        DNA_EFORMAT, "%s: is a kastore file, but no tree sequence", r->ts->name);
    DNA_REQUIRE(dna_kastore_find(r->store, "format/version", &version)
                    && version.type == DNA_U32 && version.n == 2,
        DNA_EFORMAT, "%s: does not tell the version of its format", r->ts->name);
    uint32_t major = *(const uint32_t *)version.data;
    DNA_REQUIRE(major == 12, DNA_EUNSUPPORTED,
        "%s: version %u of the tree sequence format, only 12 can be read", r->ts->name,
        major);
out:
    return rc;
}

static int
get_columns(reader *r)
{
    dna_tree_sequence *ts = r->ts;
    const void *p = NULL;
    int64_t one = 1;
    int rc = DNA_OK;

#define COLUMN(member, key, type, n)            \
    DNA_TRY(get_column(r, key, type, &p, (n))); \
    ts->member = p
    ts->n_node = ts->n_edge = ts->n_site = ts->n_mutation = -1;
    DNA_TRY(get_column(r, "sequence_length", DNA_F64, &p, &one));
    ts->length = *(const double *)p;
    COLUMN(time, "nodes/time", DNA_F64, &ts->n_node);
    COLUMN(flags, "nodes/flags", DNA_U32, &ts->n_node);
    COLUMN(left, "edges/left", DNA_F64, &ts->n_edge);
    COLUMN(right, "edges/right", DNA_F64, &ts->n_edge);
    COLUMN(parent, "edges/parent", DNA_I32, &ts->n_edge);
    COLUMN(child, "edges/child", DNA_I32, &ts->n_edge);
    COLUMN(position, "sites/position", DNA_F64, &ts->n_site);
    COLUMN(mutation_site, "mutations/site", DNA_I32, &ts->n_mutation);
    COLUMN(mutation_node, "mutations/node", DNA_I32, &ts->n_mutation);
    DNA_TRY(get_text(r, "sites/ancestral_state", "sites/ancestral_state_offset",
        ts->n_site, &ts->ancestral));
    DNA_TRY(get_text(r, "mutations/derived_state", "mutations/derived_state_offset",
        ts->n_mutation, &ts->derived));
    dna_kastore_item item;
    if (dna_kastore_find(r->store, "indexes/edge_insertion_order", &item)
        && dna_kastore_find(r->store, "indexes/edge_removal_order", &item)) {
        COLUMN(insertion, "indexes/edge_insertion_order", DNA_I32, &ts->n_edge);
        COLUMN(removal, "indexes/edge_removal_order", DNA_I32, &ts->n_edge);
    }
#undef COLUMN
out:
    return rc;
}

/* ---- checks ------------------------------------------------------------------------ */

static int
check_nodes(dna_tree_sequence *ts)
{
    int rc = DNA_OK;

    DNA_REQUIRE(isfinite(ts->length) && ts->length > 0, DNA_EFORMAT,
        "%s: sequence length %g is not above 0", ts->name, ts->length);
    DNA_REQUIRE(ts->n_node < INT32_MAX && ts->n_edge < INT32_MAX, DNA_EUNSUPPORTED,
        "%s: has more nodes or edges than numbers of 32 bits count", ts->name);
    DNA_NEW(ts->samples, ts->n_node);
    for (int64_t i = 0; i < ts->n_node; i++) {
        DNA_REQUIRE(isfinite(ts->time[i]), DNA_EFORMAT,
            "%s: the time of node %lld is not finite", ts->name, (long long)i);
        ts->samples[ts->n_sample] = (int32_t)i;
        ts->n_sample += ts->flags[i] & 1;
    }
    DNA_REQUIRE(ts->n_sample > 0, DNA_EFORMAT, "%s: has no sample nodes", ts->name);
out:
    return rc;
}

static int
check_edges(const dna_tree_sequence *ts)
{
    int rc = DNA_OK;

    for (int64_t i = 0; i < ts->n_edge; i++) {
        int64_t p = ts->parent[i], c = ts->child[i];
        bool is_good = p >= 0 && p < ts->n_node && c >= 0 && c < ts->n_node
                       && ts->left[i] >= 0 && ts->left[i] < ts->right[i]
                       && ts->right[i] <= ts->length;
        DNA_REQUIRE(is_good && ts->time[p] > ts->time[c], DNA_EFORMAT,
            "%s: edge %lld is not from a node to an older one over a piece of the sequence",
            ts->name, (long long)i);
    }
out:
    return rc;
}

static int
check_sites(const dna_tree_sequence *ts)
{
    int rc = DNA_OK;

    for (int64_t i = 0; i < ts->n_site; i++) {
        double p = ts->position[i];
        DNA_REQUIRE(p >= 0 && p < ts->length && (i == 0 || p > ts->position[i - 1]),
            DNA_EFORMAT, "%s: position %.17g of site %lld is out of order or place",
            ts->name, p, (long long)i);
    }
    for (int64_t i = 0; i < ts->n_mutation; i++) {
        int64_t s = ts->mutation_site[i], u = ts->mutation_node[i];
        DNA_REQUIRE(s >= 0 && s < ts->n_site && u >= 0 && u < ts->n_node
                        && (i == 0 || s >= ts->mutation_site[i - 1]),
            DNA_EFORMAT, "%s: mutation %lld has an impossible site or node", ts->name,
            (long long)i);
    }
out:
    return rc;
}

/* ---- indexes ----------------------------------------------------------------------- */

typedef struct {
    double position, time;
    int32_t edge;
} index_row;

static int
compare_rows(const void *pa, const void *pb)
{
    const index_row *a = pa;
    const index_row *b = pb;
    if (a->position != b->position) {
        return a->position < b->position ? -1 : 1;
    }
    if (a->time != b->time) {
        return a->time < b->time ? -1 : 1;
    }
    return (a->edge > b->edge) - (a->edge < b->edge);
}

static int
make_indexes(dna_tree_sequence *ts)
{
    index_row *row = NULL;
    int rc = DNA_OK;

    DNA_NEW(ts->own_index, 2 * ts->n_edge);
    DNA_NEW(row, ts->n_edge);
    for (int k = 0; k < 2; k++) {
        for (int64_t i = 0; i < ts->n_edge; i++) {
            double t = ts->time[ts->parent[i]];
            row[i] = (index_row){
                k == 0 ? ts->left[i] : ts->right[i], k == 0 ? t : -t, (int32_t)i};
        }
        if (ts->n_edge > 0) {
            qsort(row, (size_t)ts->n_edge, sizeof(*row), compare_rows);
        }
        for (int64_t i = 0; i < ts->n_edge; i++) {
            ts->own_index[k * ts->n_edge + i] = row[i].edge;
        }
    }
    ts->insertion = ts->own_index;
    ts->removal = ts->own_index + ts->n_edge;
out:
    dna_free(row);
    return rc;
}

/* Each edge once, in order; no node has two parents at a place. */
static int
check_indexes(const dna_tree_sequence *ts)
{
    unsigned char *seen = NULL; /* [n_edge] bits: in the one, in the other index */
    unsigned char *has_parent = NULL;
    int64_t removed = 0;
    int rc = DNA_OK;

    DNA_NEW(seen, ts->n_edge);
    DNA_NEW(has_parent, ts->n_node);
    for (int k = 0; k < 2; k++) {
        const int32_t *order = k == 0 ? ts->insertion : ts->removal;
        const double *key = k == 0 ? ts->left : ts->right;
        for (int64_t i = 0; i < ts->n_edge; i++) {
            int64_t e = order[i];
            bool is_good = e >= 0 && e < ts->n_edge && (seen[e] >> k & 1) == 0
                           && (i == 0 || key[e] >= key[order[i - 1]]);
            DNA_REQUIRE(
                is_good, DNA_EFORMAT, "%s: its index of edges is damaged", ts->name);
            seen[e] = (unsigned char)(seen[e] | 1 << k);
        }
    }
    for (int64_t i = 0; i < ts->n_edge; i++) {
        int32_t e = ts->insertion[i];
        while (removed < ts->n_edge && ts->right[ts->removal[removed]] <= ts->left[e]) {
            has_parent[ts->child[ts->removal[removed++]]] = 0;
        }
        DNA_REQUIRE(has_parent[ts->child[e]] == 0, DNA_EFORMAT,
            "%s: node %d has two parents at %.17g", ts->name, ts->child[e],
            ts->left[e]);
        has_parent[ts->child[e]] = 1;
    }
out:
    dna_free(has_parent);
    dna_free(seen);
    return rc;
}

/* ---- reading ----------------------------------------------------------------------- */

int
dna_tree_sequence_parse(
    dna_tree_sequence **out, unsigned char *bytes, size_t n, const char *name)
{
    dna_tree_sequence *ts = dna_calloc(1, sizeof(*ts));
    reader r = {.ts = ts};
    int rc = DNA_OK;

    if (ts == NULL) {
        dna_free(bytes);
        return DNA_ENOMEM;
    }
    ts->bytes = bytes;
    ts->name = dna_strdup(name);
    if (ts->name == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_kastore_open_memory(&r.store, bytes, n, ts->name));
    DNA_TRY(check_format(&r));
    DNA_TRY(get_columns(&r));
    DNA_TRY(check_nodes(ts));
    DNA_TRY(check_edges(ts));
    DNA_TRY(check_sites(ts));
    if (ts->insertion == NULL) {
        DNA_TRY(make_indexes(ts));
    }
    DNA_TRY(check_indexes(ts));
    *out = ts;
    ts = NULL;
out:
    dna_kastore_close(r.store);
    dna_tree_sequence_free(ts);
    return rc;
}

int
dna_tree_sequence_load(dna_tree_sequence **out, const char *path)
{
    unsigned char *bytes = NULL;
    size_t n = 0;
    int rc = dna_file_read(path, MAX_FILE, &bytes, &n);
    return rc < 0 ? rc : dna_tree_sequence_parse(out, bytes, n, path);
}

double
dna_tree_sequence_length(const dna_tree_sequence *ts)
{
    return ts->length;
}

int64_t
dna_tree_sequence_n_sample(const dna_tree_sequence *ts)
{
    return ts->n_sample;
}

int64_t
dna_tree_sequence_n_site(const dna_tree_sequence *ts)
{
    return ts->n_site;
}

int32_t
dna_tree_sequence_sample(const dna_tree_sequence *ts, int64_t i)
{
    return ts->samples[i];
}
