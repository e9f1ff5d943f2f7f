/* value.c - the tree that configs are made of.
 *
 * SPDX-License-Identifier: MIT
 *
 * Maps are lists of pairs in the order of insertion; from INDEX_FROM keys on, a hash
 * table beside the list keeps hostile files of a million keys from costing squared
 * time.
 */
#include "base/value.h"

#include <string.h>

#include "base/mem.h"
#include "base/number.h"

#define INDEX_FROM 16

static dna_value *
make(dna_arena *a, dna_value_type type)
{
    dna_value *v = dna_arena_alloc(a, 1, sizeof(*v));
    if (v != NULL) {
        v->type = type;
    }
    return v;
}

dna_value *
dna_value_null(dna_arena *a)
{
    dna_value *v = make(a, DNA_NULL);
    if (v != NULL) {
        v->text = "null";
    }
    return v;
}

dna_value *
dna_value_bool(dna_arena *a, bool b)
{
    dna_value *v = make(a, DNA_BOOLEAN);
    if (v != NULL) {
        v->boolean = b;
        v->text = b ? "true" : "false";
    }
    return v;
}

dna_value *
dna_value_int(dna_arena *a, int64_t i)
{
    dna_value *v = make(a, DNA_INT);
    if (v == NULL) {
        return NULL;
    }
    v->integer = i;
    v->number = (double)i;
    v->text = dna_arena_printf(a, "%lld", (long long)i);
    return v->text != NULL ? v : NULL;
}

dna_value *
dna_value_float(dna_arena *a, double d)
{
    char buf[DNA_NUMBER_SIZE];
    dna_value *v = make(a, DNA_FLOAT);
    if (v == NULL) {
        return NULL;
    }
    v->number = d;
    v->text = dna_arena_strdup(a, dna_format_double(buf, d));
    return v->text != NULL ? v : NULL;
}

dna_value *
dna_value_string(dna_arena *a, const char *s)
{
    dna_value *v = make(a, DNA_STRING);
    if (v == NULL) {
        return NULL;
    }
    v->text = dna_arena_strdup(a, s);
    return v->text != NULL ? v : NULL;
}

dna_value *
dna_value_list(dna_arena *a)
{
    return make(a, DNA_LIST);
}

dna_value *
dna_value_map(dna_arena *a)
{
    return make(a, DNA_MAP);
}

/* Maps and lists. */

static uint64_t
hash(const char *key)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *key != '\0'; key++) {
        h = (h ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
    }
    return h ^ (h >> 29);
}

static void
index_put(dna_value *map, int64_t item)
{
    uint64_t mask = (uint64_t)map->n_slot - 1;
    uint64_t at = hash(map->keys[item]) & mask;
    while (map->slots[at] != 0) {
        at = (at + 1) & mask;
    }
    map->slots[at] = (int32_t)(item + 1);
}

static void
index_fill(dna_value *map)
{
    memset(map->slots, 0, (size_t)map->n_slot * sizeof(*map->slots));
    for (int64_t i = 0; i < map->n; i++) {
        index_put(map, i);
    }
}

/* Number of a key, -1 if it is not there. */
static int64_t
find(const dna_value *map, const char *key)
{
    if (map->n_slot > 0) {
        uint64_t mask = (uint64_t)map->n_slot - 1;
        for (uint64_t at = hash(key) & mask; map->slots[at] != 0;
             at = (at + 1) & mask) {
            int64_t i = map->slots[at] - 1;
            if (strcmp(map->keys[i], key) == 0) {
                return i;
            }
        }
        return -1;
    }
    for (int64_t i = 0; i < map->n; i++) {
        if (strcmp(map->keys[i], key) == 0) {
            return i;
        }
    }
    return -1;
}

/* Room for one more item; old arrays stay in the arena until it goes. */
static int
grow(dna_arena *a, dna_value *v)
{
    if (v->n < v->cap) {
        return DNA_OK;
    }
    if (v->n >= INT32_MAX / 4) {
        return dna_fail(DNA_ESHAPE, "more than %d items in one value", INT32_MAX / 4);
    }
    int64_t cap = DNA_MAX((int64_t)4, v->cap * 2);
    dna_value **items = dna_arena_alloc(a, (size_t)cap, sizeof(*items));
    const char **keys = NULL;
    int *lines = NULL;
    int32_t *slots = NULL;
    if (items == NULL) {
        return DNA_ENOMEM;
    }
    if (v->type == DNA_MAP) {
        keys = dna_arena_alloc(a, (size_t)cap, sizeof(*keys));
        lines = dna_arena_alloc(a, (size_t)cap, sizeof(*lines));
        if (keys == NULL || lines == NULL) {
            return DNA_ENOMEM;
        }
    }
    if (v->type == DNA_MAP && cap > INDEX_FROM) {
        slots = dna_arena_alloc(a, (size_t)cap * 2, sizeof(*slots));
        if (slots == NULL) {
            return DNA_ENOMEM;
        }
    }
    if (v->n > 0) {
        memcpy(items, v->items, (size_t)v->n * sizeof(dna_value *));
        if (keys != NULL) {
            memcpy(keys, v->keys, (size_t)v->n * sizeof(*keys));
            memcpy(lines, v->key_lines, (size_t)v->n * sizeof(*lines));
        }
    }
    v->items = items;
    v->keys = keys;
    v->key_lines = lines;
    v->cap = cap;
    if (slots != NULL) {
        v->slots = slots;
        v->n_slot = cap * 2;
        index_fill(v);
    }
    return DNA_OK;
}

int
dna_value_append(dna_arena *a, dna_value *list, dna_value *item)
{
    int rc = DNA_OK;
    if (item == NULL || list == NULL) {
        return DNA_ENOMEM; /* its constructor has set the message */
    }
    DNA_TRY(grow(a, list));
    list->items[list->n++] = item;
out:
    return rc;
}

int
dna_value_set(dna_arena *a, dna_value *map, const char *key, dna_value *item)
{
    int rc = DNA_OK;
    if (item == NULL || map == NULL) {
        return DNA_ENOMEM;
    }
    int64_t i = find(map, key);
    if (i < 0) {
        const char *copy = dna_arena_strdup(a, key);
        if (copy == NULL) {
            return DNA_ENOMEM;
        }
        DNA_TRY(grow(a, map));
        i = map->n++;
        map->keys[i] = copy;
        if (map->n_slot > 0) {
            index_put(map, i);
        }
    }
    map->items[i] = item;
    map->key_lines[i] = item->line;
out:
    return rc;
}

void
dna_value_remove(dna_value *map, const char *key)
{
    if (map == NULL || map->type != DNA_MAP) {
        return;
    }
    int64_t i = find(map, key);
    if (i < 0) {
        return;
    }
    size_t after = (size_t)(map->n - i - 1);
    memmove(map->items + i, map->items + i + 1, after * sizeof(dna_value *));
    memmove(map->keys + i, map->keys + i + 1, after * sizeof(*map->keys));
    memmove(
        map->key_lines + i, map->key_lines + i + 1, after * sizeof(*map->key_lines));
    map->n--;
    if (map->n_slot > 0) {
        index_fill(map);
    }
}

dna_value *
dna_value_get(const dna_value *map, const char *key)
{
    if (map == NULL || map->type != DNA_MAP) {
        return NULL;
    }
    int64_t i = find(map, key);
    return i >= 0 ? map->items[i] : NULL;
}

dna_value *
dna_value_get_path(const dna_value *map, const char *dotted)
{
    char part[256];
    for (;;) {
        size_t n = strcspn(dotted, ".");
        if (n >= sizeof(part)) {
            return NULL;
        }
        memcpy(part, dotted, n);
        part[n] = '\0';
        dna_value *item = dna_value_get(map, part);
        if (item == NULL || dotted[n] == '\0') {
            return item;
        }
        map = item;
        dotted += n + 1;
    }
}

static const char *
copy_text(dna_arena *a, const char *s, bool *is_ok)
{
    if (s == NULL) {
        return NULL;
    }
    const char *copy = dna_arena_strdup(a, s);
    *is_ok = *is_ok && copy != NULL;
    return copy;
}

/* A file name repeats in nearly every value: children share their parent's copy. */
static dna_value *
copy_below(dna_arena *a, const dna_value *v, const char *old_file, const char *new_file)
{
    bool is_ok = true;
    dna_value *c = make(a, v->type);
    if (c == NULL) {
        return NULL;
    }
    *c = *v;
    c->n = c->cap = c->n_slot = 0;
    c->items = NULL;
    c->keys = NULL;
    c->key_lines = NULL;
    c->slots = NULL;
    c->text = copy_text(a, v->text, &is_ok);
    c->option = copy_text(a, v->option, &is_ok);
    c->file = v->file == old_file ? new_file : copy_text(a, v->file, &is_ok);
    if (!is_ok) {
        return NULL;
    }
    for (int64_t i = 0; i < v->n; i++) {
        dna_value *item = copy_below(a, v->items[i], v->file, c->file);
        int rc = v->type == DNA_MAP ? dna_value_set(a, c, v->keys[i], item)
                                    : dna_value_append(a, c, item);
        if (rc < 0) {
            return NULL;
        }
        if (v->type == DNA_MAP) {
            c->key_lines[i] = v->key_lines[i];
        }
    }
    return c;
}

dna_value *
dna_value_copy(dna_arena *a, const dna_value *v)
{
    return copy_below(a, v, NULL, NULL);
}
