/* config.c - read config files and resolve what they inherit.
 *
 * SPDX-License-Identifier: MIT
 *
 * While layers are merged a key may still carry its final `!` (do not merge this one);
 * the marks are dropped when a file is complete, so that they act within the file that
 * has them and on the files it inherits, and not on files that inherit it.
 */
#include "config/config.h"

#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "io/json.h"
#include "io/yaml.h"

#define MAX_CHAIN 64
#define MAX_FILE  500

/* The files being read, innermost first. */
typedef struct link link;
struct link {
    const char *path;
    const link *up;
    int depth;
};

typedef struct {
    dna_arena *arena;
    int n_file;
} resolver;

static int resolve_map(resolver *r, const link *chain, dna_value **map);

/* --- keys with a final "!" ----------------------------------------------------------
 */

static bool
is_marked(const char *key)
{
    size_t n = strlen(key);
    return n > 1 && key[n - 1] == '!';
}

static const char *
without_mark(dna_arena *arena, const char *key)
{
    return is_marked(key) ? dna_arena_strndup(arena, key, strlen(key) - 1) : key;
}

/* The value of a key, marked or not; NULL if there is none. */
static dna_value *
find_entry(const dna_value *map, const char *key, bool *has_mark)
{
    char marked[1024]; /* longer keys than YAML's 1000 bytes take no mark */
    size_t n = strlen(key);
    dna_value *v = dna_value_get(map, key);

    if (v == NULL && n + 2 <= sizeof(marked)) {
        memcpy(marked, key, n);
        memcpy(marked + n, "!", 2);
        v = dna_value_get(map, marked);
        *has_mark = *has_mark || v != NULL;
    }
    return v;
}

static int
check_marks(dna_arena *arena, const dna_value *map)
{
    for (int64_t i = 0; i < map->n; i++) {
        const char *key = map->keys[i];
        if (!is_marked(key)) {
            continue;
        }
        if (strcmp(key, "inherit!") == 0) {
            return dna_config_fail(
                DNA_EARG, map->items[i], key, "\"inherit\" takes no \"!\"");
        }
        const char *plain = without_mark(arena, key);
        if (plain == NULL) {
            return DNA_ENOMEM;
        }
        if (dna_value_get(map, plain) != NULL) {
            return dna_config_fail(
                DNA_EARG, map->items[i], key, "is also there without \"!\"");
        }
    }
    return DNA_OK;
}

/* The map is made anew if a key changes: it may have an index of its keys. */
static int
drop_marks(dna_arena *arena, dna_value *map)
{
    int64_t n_mark = 0;
    int rc = DNA_OK;

    for (int64_t i = 0; i < map->n; i++) {
        n_mark += is_marked(map->keys[i]);
        if (map->items[i]->type == DNA_MAP) {
            DNA_TRY(drop_marks(arena, map->items[i]));
        }
    }
    if (n_mark == 0) {
        goto out;
    }
    dna_value *fresh = dna_value_map(arena);
    if (fresh == NULL) {
        return DNA_ENOMEM;
    }
    fresh->file = map->file;
    fresh->line = map->line;
    for (int64_t i = 0; i < map->n; i++) {
        const char *key = without_mark(arena, map->keys[i]);
        if (key == NULL) {
            return DNA_ENOMEM;
        }
        DNA_TRY(dna_value_set(arena, fresh, key, map->items[i]));
        fresh->key_lines[fresh->n - 1] = map->key_lines[i];
    }
    *map = *fresh;
out:
    return rc;
}

/* --- merging ------------------------------------------------------------------------
 */

static int merge(
    dna_value **out, dna_arena *arena, dna_value *const *layers, int64_t n_layer);

/* The value of one key over the layers; `maps` has room for n_layer entries. */
static int
merge_key(dna_value **out, dna_arena *arena, dna_value *const *layers, int64_t n_layer,
    const char *key, dna_value **maps, bool *is_marked_key)
{
    const dna_value *first = NULL;
    int64_t n_map = 0;
    bool is_complete = false;

    for (int64_t i = 0; i < n_layer; i++) {
        dna_value *v = find_entry(layers[i], key, is_marked_key);
        if (v == NULL) {
            continue;
        }
        first = first != NULL ? first : v;
        is_complete = is_complete || v->type != DNA_MAP;
        if (!is_complete) {
            maps[n_map++] = v;
        }
    }
    if (!*is_marked_key && n_map > 1) {
        return merge(out, arena, maps, n_map);
    }
    *out = dna_value_copy(arena, first);
    return *out != NULL ? DNA_OK : DNA_ENOMEM;
}

static int
merge_into(dna_value *result, dna_arena *arena, dna_value *const *layers,
    int64_t n_layer, dna_value **maps)
{
    int rc = DNA_OK;

    for (int64_t i = 0; i < n_layer; i++) {
        for (int64_t k = 0; k < layers[i]->n; k++) {
            const char *key = without_mark(arena, layers[i]->keys[k]);
            dna_value *item = NULL;
            bool has_mark = false;
            if (key == NULL) {
                return DNA_ENOMEM;
            }
            if (find_entry(result, key, &has_mark) != NULL) {
                continue;
            }
            has_mark = false;
            DNA_TRY(merge_key(&item, arena, layers, n_layer, key, maps, &has_mark));
            key = has_mark ? dna_arena_printf(arena, "%s!", key) : key;
            if (key == NULL) {
                return DNA_ENOMEM;
            }
            DNA_TRY(dna_value_set(arena, result, key, item));
            result->key_lines[result->n - 1] = layers[i]->key_lines[k];
        }
    }
out:
    return rc;
}

static int
merge(dna_value **out, dna_arena *arena, dna_value *const *layers, int64_t n_layer)
{
    dna_value **maps = NULL;
    int rc = DNA_OK;

    dna_value *result = dna_value_map(arena);
    if (result == NULL) {
        return DNA_ENOMEM;
    }
    if (n_layer > 0) {
        const char *file = layers[0]->file;
        result->file = file != NULL ? dna_arena_strdup(arena, file) : NULL;
        if (file != NULL && result->file == NULL) {
            return DNA_ENOMEM;
        }
        result->line = layers[0]->line;
    }
    DNA_NEW(maps, n_layer);
    DNA_TRY(merge_into(result, arena, layers, n_layer, maps));
    *out = result;
out:
    dna_free(maps);
    return rc;
}

int
dna_config_merge(
    dna_value **out, dna_arena *arena, dna_value *const *layers, int64_t n_layer)
{
    dna_value *result = NULL;
    int rc = DNA_OK;

    for (int64_t i = 0; i < n_layer; i++) {
        if (layers[i]->type != DNA_MAP) {
            return dna_config_fail(DNA_EARG, layers[i], "", "%s is not a mapping",
                dna_value_type_name(layers[i]));
        }
    }
    DNA_TRY(merge(&result, arena, layers, n_layer));
    DNA_TRY(drop_marks(arena, result));
    *out = result;
out:
    return rc;
}

/* --- inheritance --------------------------------------------------------------------
 */

/* The message of a cycle lists the chain: a.yml -> b.yml -> a.yml. */
static int
check_chain(const resolver *r, const link *chain, const char *path)
{
    dna_str text;
    int rc = DNA_OK;

    if (chain != NULL && chain->depth >= MAX_CHAIN) {
        return dna_fail(
            DNA_EFORMAT, "%s: inherited over more than %d files", path, MAX_CHAIN);
    }
    if (r->n_file >= MAX_FILE) {
        return dna_fail(
            DNA_EFORMAT, "%s: more than %d files inherited", path, MAX_FILE);
    }
    const link *again = chain;
    while (again != NULL && strcmp(again->path, path) != 0) {
        again = again->up;
    }
    if (again == NULL) {
        return DNA_OK;
    }
    dna_str_init(&text, 8192);
    dna_str_add(&text, dna_path_basename(path));
    for (int depth = again->depth + 1; depth <= chain->depth; depth++) {
        const link *l = chain;
        while (l->depth != depth) {
            l = l->up;
        }
        dna_str_addf(&text, " -> %s", dna_path_basename(l->path));
    }
    dna_str_addf(&text, " -> %s", dna_path_basename(path));
    rc = dna_fail(DNA_EARG, "%s: inherits itself: %s", path, dna_str_text(&text));
    dna_str_clear(&text);
    return rc;
}

static int
read_any(dna_value **out, dna_arena *arena, const char *path)
{
    if (dna_str_ends_with(path, ".yml") || dna_str_ends_with(path, ".yaml")) {
        return dna_yaml_read(out, arena, path);
    }
    if (dna_str_ends_with(path, ".json")) {
        return dna_json_read(out, arena, path);
    }
    return dna_fail(
        DNA_EUNSUPPORTED, "%s: a config is a .yml, .yaml or .json file", path);
}

/* Resolve a tree whose file is known, and finish it. */
static int
finish(resolver *r, const link *chain, dna_value **tree, const char *name)
{
    int rc = DNA_OK;

    DNA_REQUIRE((*tree)->type == DNA_MAP, DNA_EFORMAT, "%s: holds %s, not a mapping",
        name, (*tree)->type == DNA_NULL ? "nothing" : dna_value_type_name(*tree));
    DNA_TRY(resolve_map(r, chain, tree));
    DNA_TRY(drop_marks(r->arena, *tree));
out:
    return rc;
}

/* Load `path` (shown in messages as it is); `absolute` is its name in the chain. */
static int
load(resolver *r, const link *chain, const char *path, const char *absolute,
    dna_value **out)
{
    link here = {absolute, chain, chain != NULL ? chain->depth + 1 : 1};
    dna_value *tree = NULL;
    int rc = DNA_OK;

    DNA_TRY(check_chain(r, chain, absolute));
    r->n_file++;
    DNA_TRY(read_any(&tree, r->arena, path));
    DNA_TRY(finish(r, &here, &tree, path));
    *out = tree;
out:
    return rc;
}

static int
load_inherited(resolver *r, const link *chain, const dna_value *name, dna_value **out)
{
    const char *text = dna_value_as_text(name);
    char *dir = NULL;
    char *joined = NULL;
    char *path = NULL;
    int rc = DNA_OK;

    if (name->type != DNA_STRING || text[0] == '\0') {
        return dna_config_fail(DNA_EARG, name, "inherit",
            "%s is not a file name or a list of file names", dna_value_type_name(name));
    }
    dir = name->file != NULL ? dna_path_dirname(name->file) : dna_strdup(".");
    joined = dir != NULL ? dna_path_join(dir, text) : NULL;
    path = joined != NULL ? dna_path_absolute(joined) : NULL;
    const char *kept = path != NULL ? dna_arena_strdup(r->arena, path) : NULL;
    if (kept == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    rc = load(r, chain, kept, kept, out);
    if (rc == DNA_ENOTFOUND || rc == DNA_EIO || rc == DNA_EUNSUPPORTED) {
        dna_context("%s:%d: inherit",
            name->file != NULL ? dna_path_basename(name->file) : "config", name->line);
    }
out:
    dna_free(path);
    dna_free(joined);
    dna_free(dir);
    return rc;
}

/* Replace *map by the merge of itself with the files it inherits; marks stay. */
static int
resolve_map(resolver *r, const link *chain, dna_value **map)
{
    dna_value *own = *map;
    dna_value **layers = NULL;
    int rc = DNA_OK;

    DNA_TRY(check_marks(r->arena, own));
    for (int64_t i = 0; i < own->n; i++) {
        if (own->items[i]->type == DNA_MAP && strcmp(own->keys[i], "inherit") != 0) {
            DNA_TRY(resolve_map(r, chain, &own->items[i]));
        }
    }
    dna_value *inherit = dna_value_get(own, "inherit");
    if (inherit == NULL) {
        goto out;
    }
    int64_t n = inherit->type == DNA_LIST ? inherit->n : 1;
    dna_value_remove(own, "inherit");
    DNA_NEW(layers, n + 1);
    layers[0] = own;
    for (int64_t i = 0; i < n; i++) { /* later entries win over earlier ones */
        dna_value *name =
            inherit->type == DNA_LIST ? inherit->items[n - 1 - i] : inherit;
        DNA_TRY(load_inherited(r, chain, name, &layers[i + 1]));
    }
    DNA_TRY(merge(map, r->arena, layers, n + 1));
out:
    dna_free(layers);
    return rc;
}

int
dna_config_resolve(dna_value **out, dna_arena *arena, dna_value *raw)
{
    resolver r = {arena, 0};
    link here = {raw->file, NULL, 1};
    dna_value *tree = raw;

    int rc = finish(&r, raw->file != NULL ? &here : NULL, &tree,
        raw->file != NULL ? raw->file : "config");
    if (rc == DNA_OK) {
        *out = tree;
    }
    return rc;
}

int
dna_config_load(dna_value **out, dna_arena *arena, const char *path)
{
    resolver r = {arena, 0};
    char *absolute = dna_path_absolute(path);
    int rc = absolute != NULL ? load(&r, NULL, path, absolute, out) : DNA_ENOMEM;
    dna_free(absolute);
    return rc;
}

int
dna_config_parse(dna_value **out, dna_arena *arena, const char *text, const char *name,
    const char *base_dir)
{
    char *joined = NULL;
    char *path = NULL;
    dna_value *raw = NULL;
    int rc = DNA_OK;

    joined = base_dir != NULL ? dna_path_join(base_dir, name) : dna_strdup(name);
    path = joined != NULL ? dna_path_absolute(joined) : NULL;
    if (path == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_yaml_parse(&raw, arena, text, strlen(text), path));
    DNA_TRY(dna_config_resolve(out, arena, raw));
out:
    dna_free(path);
    dna_free(joined);
    return rc;
}
