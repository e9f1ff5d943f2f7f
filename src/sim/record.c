/* record.c - growing arrays of sites, nodes, edges and events.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/record.h"

#include "base/mem.h"

int
dna_grow(void **p, int64_t *room, int64_t need, size_t size)
{
    int64_t wanted = *room > 0 ? *room : 256;
    while (wanted < need) {
        wanted *= 2;
    }
    if (wanted > *room) {
        void *bigger = dna_realloc(*p, (size_t)wanted, size);
        if (bigger == NULL) {
            return DNA_ENOMEM;
        }
        *p = bigger;
        *room = wanted;
    }
    return DNA_OK;
}

int
dna_sites_add(dna_sites *s, dna_site site)
{
    if (s->n == s->room) {
        void *p = s->at;
        int rc = dna_grow(&p, &s->room, s->n + 1, sizeof(*s->at));
        s->at = p;
        if (rc < 0) {
            return rc;
        }
    }
    s->at[s->n++] = site;
    return DNA_OK;
}

void
dna_sites_clear(dna_sites *s)
{
    dna_free(s->at);
    *s = (dna_sites){0};
}

static int
grow_nodes(dna_record *r)
{
    int64_t room = r->node_room;
    void *p = r->time;
    int rc = dna_grow(&p, &room, r->n_node + 1, sizeof(*r->time));
    r->time = p;
    if (rc < 0) {
        return rc;
    }
    room = r->node_room;
    p = r->population;
    rc = dna_grow(&p, &room, r->n_node + 1, sizeof(*r->population));
    r->population = p;
    if (rc == DNA_OK) {
        r->node_room = room;
    }
    return rc;
}

int
dna_record_node(dna_record *r, double time, int32_t population)
{
    if (r->n_node == r->node_room) {
        int rc = grow_nodes(r);
        if (rc < 0) {
            return rc;
        }
    }
    if (r->n_node >= INT32_MAX) {
        return dna_fail(DNA_ENOMEM, "more than %d nodes in a tree sequence", INT32_MAX);
    }
    r->time[r->n_node] = time;
    r->population[r->n_node] = population;
    r->n_node++;
    return DNA_OK;
}

int
dna_record_edge(dna_record *r, dna_edge edge)
{
    for (int64_t i = r->n_edge - 1; i >= 0 && i >= r->n_edge - 2; i--) {
        dna_edge *e = &r->edge[i];
        if (e->parent == edge.parent && e->child == edge.child
            && e->right == edge.left) {
            e->right = edge.right;
            return DNA_OK;
        }
    }
    if (r->n_edge == r->edge_room) {
        void *p = r->edge;
        int rc = dna_grow(&p, &r->edge_room, r->n_edge + 1, sizeof(*r->edge));
        r->edge = p;
        if (rc < 0) {
            return rc;
        }
    }
    r->edge[r->n_edge++] = edge;
    return DNA_OK;
}

void
dna_record_reset(dna_record *r)
{
    r->n_node = 0;
    r->n_edge = 0;
}

void
dna_record_clear(dna_record *r)
{
    dna_free(r->time);
    dna_free(r->population);
    dna_free(r->edge);
    *r = (dna_record){0};
}

int
dna_log_add(dna_log *l, dna_log_entry entry)
{
    if (l->n == l->room) {
        void *p = l->entry;
        int rc = dna_grow(&p, &l->room, l->n + 1, sizeof(*l->entry));
        l->entry = p;
        if (rc < 0) {
            return rc;
        }
    }
    l->entry[l->n++] = entry;
    return DNA_OK;
}

uint32_t
dna_log_name(dna_log *l)
{
    return l->n_free > 0 ? l->free_id[--l->n_free] : l->n_id++;
}

int
dna_log_forget(dna_log *l, uint32_t id)
{
    if (l->n_free == l->free_room) {
        void *p = l->free_id;
        int rc = dna_grow(&p, &l->free_room, l->n_free + 1, sizeof(*l->free_id));
        l->free_id = p;
        if (rc < 0) {
            return rc;
        }
    }
    l->free_id[l->n_free++] = id;
    return DNA_OK;
}

void
dna_log_reset(dna_log *l)
{
    l->n = 0;
    l->n_free = 0;
    l->n_id = 0;
}

void
dna_log_clear(dna_log *l)
{
    dna_free(l->entry);
    dna_free(l->free_id);
    *l = (dna_log){0};
}
