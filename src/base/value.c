/* value.c - the tree that configs are made of.
 *
 * SPDX-License-Identifier: MIT
 *
 * Maps are lists of pairs in the order of insertion; from INDEX_FROM keys on, a hash
 * table beside the list keeps hostile files of a million keys from costing squared
 * time.
 */
#include "base/value.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/str.h"

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

/* Plain scalars. */

static bool
is_one_of(const char *s, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcmp(s, *words) == 0) {
            return true;
        }
    }
    return false;
}

/* 0x1f and 0o17 of the core rules. */
static bool
parse_based(const char *s, int64_t *out)
{
    int base = strncmp(s, "0x", 2) == 0 ? 16 : strncmp(s, "0o", 2) == 0 ? 8 : 0;
    if (base == 0 || s[2] == '\0') {
        return false;
    }
    int64_t value = 0;
    for (const char *p = s + 2; *p != '\0'; p++) {
        int digit = *p >= '0' && *p <= '9'   ? *p - '0'
                    : *p >= 'a' && *p <= 'f' ? *p - 'a' + 10
                    : *p >= 'A' && *p <= 'F' ? *p - 'A' + 10
                                             : 99;
        if (digit >= base || value > (INT64_MAX - digit) / base) {
            return false;
        }
        value = value * base + digit;
    }
    *out = value;
    return true;
}

/* The words of YAML for infinities and NaN; dna_parse_double has Python's instead. */
static bool
parse_special(const char *s, double *out)
{
    static const char *const infs[] = {".inf", ".Inf", ".INF", NULL};
    static const char *const nans[] = {".nan", ".NaN", ".NAN", NULL};
    const char *body = s + (*s == '-' || *s == '+' ? 1 : 0);
    if (is_one_of(body, infs)) {
        *out = *s == '-' ? -(double)INFINITY : (double)INFINITY;
        return true;
    }
    if (is_one_of(s, nans)) {
        *out = (double)NAN;
        return true;
    }
    return false;
}

static bool
has_digit_start(const char *s)
{
    if (*s == '-' || *s == '+') {
        s++;
    }
    if (*s == '.') {
        s++;
    }
    return *s >= '0' && *s <= '9';
}

dna_value *
dna_value_plain(dna_arena *a, const char *text)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const yes[] = {"true", "True", "TRUE", NULL};
    static const char *const no[] = {"false", "False", "FALSE", NULL};
    dna_value *v = dna_value_string(a, text);
    if (v == NULL) {
        return NULL;
    }
    if (is_one_of(text, nulls)) {
        v->type = DNA_NULL;
    } else if (is_one_of(text, yes) || is_one_of(text, no)) {
        v->type = DNA_BOOLEAN;
        v->boolean = is_one_of(text, yes);
    } else if (dna_parse_int(text, &v->integer) || parse_based(text, &v->integer)) {
        v->type = DNA_INT;
        v->number = (double)v->integer;
    } else if (parse_special(text, &v->number)
               || (has_digit_start(text) && dna_parse_double(text, &v->number))) {
        v->type = DNA_FLOAT; /* also integers beyond 64 bits */
    }
    return v;
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

/* Questions. */

bool
dna_value_is_null(const dna_value *v)
{
    return v == NULL || v->type == DNA_NULL;
}

const char *
dna_value_type_name(const dna_value *v)
{
    if (v == NULL) {
        return "nothing";
    }
    switch (v->type) {
    case DNA_NULL:
        return "null";
    case DNA_BOOLEAN:
        return "a boolean";
    case DNA_INT:
        return "an integer";
    case DNA_FLOAT:
        return "a number";
    case DNA_STRING:
        return "text";
    case DNA_LIST:
        return "a list";
    case DNA_MAP:
        return "a mapping";
    }
    return "unknown";
}

void
dna_value_describe(const dna_value *v, char *buf, size_t size)
{
    size_t room = size > 8 ? size - 8 : 0; /* quotes, dots, the final zero */
    if (size == 0) {
        return;
    }
    if (v == NULL) {
        snprintf(buf, size, "nothing");
    } else if (v->type == DNA_LIST) {
        snprintf(buf, size, "a list of %lld", (long long)v->n);
    } else if (v->type == DNA_MAP && v->n > 0) {
        snprintf(buf, size, "a mapping (%.*s%s)", (int)DNA_MIN(room / 2, (size_t)200),
            v->keys[0], v->n > 1 ? ", ..." : "");
    } else if (v->type == DNA_MAP) {
        snprintf(buf, size, "an empty mapping");
    } else {
        const char *text = v->text != NULL && v->text[0] != '\0' ? v->text : "null";
        const char *quote = "";
        if (v->type == DNA_STRING) {
            text = v->text;
            quote = "\"";
        }
        size_t n = strlen(text);
        bool is_cut = n > room;
        if (is_cut) {
            n = room;
            while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80) {
                n--; /* not inside a UTF-8 character */
            }
        }
        snprintf(
            buf, size, "%s%.*s%s%s", quote, (int)n, text, is_cut ? "..." : "", quote);
    }
}

static bool
is_number(const dna_value *v)
{
    return v->type == DNA_INT || v->type == DNA_FLOAT;
}

bool
dna_value_equal(const dna_value *a, const dna_value *b)
{
    if (dna_value_is_null(a) || dna_value_is_null(b)) {
        return dna_value_is_null(a) && dna_value_is_null(b);
    }
    if (a->type == DNA_INT && b->type == DNA_INT) {
        return a->integer == b->integer;
    }
    if (is_number(a) && is_number(b)) {
        return a->number == b->number || (isnan(a->number) && isnan(b->number));
    }
    if (a->type != b->type || a->n != b->n) {
        return false;
    }
    if (a->type == DNA_BOOLEAN) {
        return a->boolean == b->boolean;
    }
    if (a->type == DNA_STRING) {
        return strcmp(a->text, b->text) == 0;
    }
    for (int64_t i = 0; i < a->n; i++) {
        const dna_value *other =
            a->type == DNA_MAP ? dna_value_get(b, a->keys[i]) : b->items[i];
        if (other == NULL || !dna_value_equal(a->items[i], other)) {
            return false;
        }
    }
    return true;
}

bool
dna_value_as_bool(const dna_value *v, bool *out)
{
    static const char *const yes[] = {
        "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE", NULL};
    static const char *const no[] = {
        "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE", NULL};
    if (v == NULL || v->is_quoted) {
        return false;
    }
    if (v->type == DNA_BOOLEAN) {
        *out = v->boolean;
        return true;
    }
    if (v->type == DNA_STRING && (is_one_of(v->text, yes) || is_one_of(v->text, no))) {
        *out = is_one_of(v->text, yes);
        return true;
    }
    return false;
}

bool
dna_value_as_int(const dna_value *v, int64_t *out)
{
    if (v == NULL) {
        return false;
    }
    if (v->type == DNA_INT) {
        *out = v->integer;
        return true;
    }
    if (v->type == DNA_FLOAT && v->number == floor(v->number)
        && fabs(v->number) <= 0x1p53) { /* beyond, the double is not what was written */
        *out = (int64_t)v->number;
        return true;
    }
    return false;
}

bool
dna_value_as_double(const dna_value *v, double *out)
{
    if (v == NULL || !is_number(v)) {
        return false;
    }
    *out = v->number;
    return true;
}

const char *
dna_value_as_text(const dna_value *v)
{
    if (dna_value_is_null(v) || v->type == DNA_LIST || v->type == DNA_MAP) {
        return NULL;
    }
    return v->text;
}
