/* record.h - what a simulation writes down: sites, nodes and edges, a log of events.
 *
 * SPDX-License-Identifier: MIT
 *
 * Growing arrays that keep their memory from run to run. Adding returns a code.
 */
#ifndef DNA_SIM_RECORD_H
#define DNA_SIM_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dnadna/status.h"

/** One mutation: where (bp), who carries it (a tag of ancestry.h), when. */
typedef struct {
    double pos;
    uint64_t tag;
    double time;
    uint32_t node; /* that it is above, if nodes are recorded */
} dna_site;

typedef struct {
    dna_site *at;
    int64_t n, room;
} dna_sites;

/** Cells [left, right) of `child` come from `parent`. */
typedef struct {
    uint32_t left, right;
    uint32_t parent, child;
} dna_edge;

typedef struct {
    double *time;        /* [n_node] */
    int32_t *population; /* [n_node] */
    int64_t n_node, node_room;
    dna_edge *edge;
    int64_t n_edge, edge_room;
} dna_record;

/** What happens to the lineages of a block, for its continuation to the right. Names of
 *  lineages are small integers; right ends are cells. */
typedef enum {
    DNA_LOG_SAMPLE, /* a: the new lineage, b: population, right: the sample */
    DNA_LOG_MERGE,  /* b goes into a, which now ends at `right` */
    DNA_LOG_VANISH, /* a and b meet and nothing unfinished is left */
    DNA_LOG_CUT,    /* a breaks: b is its right part, a now ends at `right` */
    DNA_LOG_MOVE    /* a moves to population b */
} dna_log_kind;

typedef struct {
    double time;
    uint32_t kind, a, b, right;
} dna_log_entry;

typedef struct {
    dna_log_entry *entry;
    int64_t n, room;
    uint32_t *free_id; /* names given back */
    int64_t n_free, free_room;
    uint32_t n_id; /* names ever given */
} dna_log;

int dna_sites_add(dna_sites *s, dna_site site) DNA_MUST_CHECK;
void dna_sites_clear(dna_sites *s);

int dna_record_node(dna_record *r, double time, int32_t population) DNA_MUST_CHECK;
/** Extends one of the last two edges if it continues it. */
int dna_record_edge(dna_record *r, dna_edge edge) DNA_MUST_CHECK;
void dna_record_reset(dna_record *r);
void dna_record_clear(dna_record *r);

int dna_log_add(dna_log *l, dna_log_entry entry) DNA_MUST_CHECK;
uint32_t dna_log_name(dna_log *l);
int dna_log_forget(dna_log *l, uint32_t id) DNA_MUST_CHECK;
void dna_log_reset(dna_log *l);
void dna_log_clear(dna_log *l);

/** *p, of *room elements, gets room for at least `need`. */
int dna_grow(void **p, int64_t *room, int64_t need, size_t size) DNA_MUST_CHECK;

#endif
