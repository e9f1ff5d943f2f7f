/* yaml.c - YAML text into value trees, on libyaml's events.
 *
 * SPDX-License-Identifier: MIT
 *
 * libyaml yields events and nothing more: aliases, merge keys, duplicate keys, types
 * and every limit are ours. An alias becomes a copy of what its anchor named, counted
 * against the limit of nodes, so that a small file cannot unfold into a huge tree.
 */
#include "io/yaml.h"

#include <string.h>
#include <yaml.h>

#include "base/mem.h"
#include "base/path.h"

#define MAX_DEPTH 64
#define MAX_NODE  1000000
#define MAX_BYTE  ((size_t)16 << 20)
/* libyaml reads no longer key back, so none may enter a tree */
#define MAX_KEY 1000
/* aliases look for their anchor one by one */
#define MAX_ANCHOR 1000

typedef struct anchor anchor;
struct anchor {
    const char *name;
    const dna_value *value;
    anchor *next;
};

typedef struct {
    yaml_parser_t parser;
    dna_arena *arena;
    const char *name; /* for messages */
    const char *file; /* remembered by the values */
    anchor *anchors;
    int n_anchor;
    int64_t n_node;
} reader;

static int read_node(reader *r, yaml_event_t *event, int depth, dna_value **out);

static int
line_of(yaml_mark_t mark)
{
    return mark.line < (size_t)INT32_MAX ? (int)mark.line + 1 : 0;
}

static int
syntax_error(const reader *r)
{
    const yaml_parser_t *p = &r->parser;
    if (p->error == YAML_MEMORY_ERROR) {
        return dna_fail(DNA_ENOMEM, "%s: out of memory", r->name);
    }
    const char *problem = p->problem != NULL ? p->problem : "is not YAML";
    if (p->error == YAML_READER_ERROR) {
        return dna_fail(
            DNA_EFORMAT, "%s: %s at byte %zu", r->name, problem, p->problem_offset);
    }
    if (p->context != NULL) {
        return dna_fail(DNA_EFORMAT, "%s:%d: %s (%s of line %d)", r->name,
            line_of(p->problem_mark), problem, p->context, line_of(p->context_mark));
    }
    return dna_fail(
        DNA_EFORMAT, "%s:%d: %s", r->name, line_of(p->problem_mark), problem);
}

static int
next_event(reader *r, yaml_event_t *event)
{
    return yaml_parser_parse(&r->parser, event) ? DNA_OK : syntax_error(r);
}

/* Count a node before it is made. */
static int
count_node(reader *r, int line, int depth)
{
    if (depth > MAX_DEPTH) {
        return dna_fail(DNA_EFORMAT, "%s:%d: more than %d levels of nesting", r->name,
            line, MAX_DEPTH);
    }
    if (++r->n_node > MAX_NODE) {
        return dna_fail(
            DNA_EFORMAT, "%s:%d: more than %d values", r->name, line, MAX_NODE);
    }
    return DNA_OK;
}

/* Set a key and remember its line, which is not always that of its value. */
static int
set_key(reader *r, dna_value *map, const char *key, int line, dna_value *item)
{
    int rc = dna_value_set(r->arena, map, key, item);
    if (rc == DNA_OK) {
        map->key_lines[map->n - 1] = line;
    }
    return rc;
}

static int
check_new_key(const reader *r, const dna_value *map, const char *key, int line)
{
    if (dna_value_get(map, key) == NULL) {
        return DNA_OK;
    }
    int64_t i = 0;
    while (strcmp(map->keys[i], key) != 0) {
        i++;
    }
    return dna_fail(DNA_EFORMAT, "%s:%d: the key \"%s\" is already on line %d", r->name,
        line, key, map->key_lines[i]);
}

/* A copy whose texts are shared: it lives in the same arena as its original. */
static int
copy_node(reader *r, const dna_value *v, int line, int depth, dna_value **out)
{
    int rc = DNA_OK;

    DNA_TRY(count_node(r, line, depth));
    dna_value *copy = dna_arena_alloc(r->arena, 1, sizeof(*copy));
    if (copy == NULL) {
        return DNA_ENOMEM;
    }
    *copy = *v;
    copy->n = 0;
    copy->cap = 0;
    copy->items = NULL;
    copy->keys = NULL;
    copy->key_lines = NULL;
    copy->slots = NULL;
    copy->n_slot = 0;
    for (int64_t i = 0; i < v->n; i++) {
        dna_value *item = NULL;
        DNA_TRY(copy_node(r, v->items[i], line, depth + 1, &item));
        if (v->type == DNA_MAP) {
            DNA_TRY(set_key(r, copy, v->keys[i], v->key_lines[i], item));
        } else {
            DNA_TRY(dna_value_append(r->arena, copy, item));
        }
    }
    *out = copy;
out:
    return rc;
}

static int
remember_anchor(reader *r, const yaml_char_t *name, const dna_value *value)
{
    if (name == NULL) {
        return DNA_OK;
    }
    if (++r->n_anchor > MAX_ANCHOR) {
        return dna_fail(DNA_EFORMAT, "%s:%d: more than %d anchors", r->name,
            value->line, MAX_ANCHOR);
    }
    anchor *a = dna_arena_alloc(r->arena, 1, sizeof(*a));
    if (a == NULL) {
        return DNA_ENOMEM;
    }
    a->name = dna_arena_strdup(r->arena, (const char *)name);
    if (a->name == NULL) {
        return DNA_ENOMEM;
    }
    a->value = value;
    a->next = r->anchors; /* a later anchor of the same name hides the earlier */
    r->anchors = a;
    return DNA_OK;
}

static int
read_alias(reader *r, const yaml_event_t *event, int depth, dna_value **out)
{
    const char *name = (const char *)event->data.alias.anchor;
    int line = line_of(event->start_mark);
    const anchor *a = r->anchors;
    while (a != NULL && strcmp(a->name, name) != 0) {
        a = a->next;
    }
    if (a == NULL) {
        return dna_fail(DNA_EFORMAT,
            "%s:%d: *%s has no anchor &%s that is complete before it", r->name, line,
            name, name);
    }
    return copy_node(r, a->value, line, depth, out);
}

/* "tag:yaml.org,2002:int" -> "int", "!x" -> "!x"; NULL without a tag. */
static const char *
tag_name(const yaml_char_t *tag)
{
    static const char core[] = "tag:yaml.org,2002:";
    const char *s = (const char *)tag;
    if (s == NULL || s[0] == '\0') {
        return NULL;
    }
    return strncmp(s, core, sizeof(core) - 1) == 0 ? s + sizeof(core) - 1 : s;
}

static int
check_tag(const reader *r, const yaml_char_t *tag, const char *allowed, int line)
{
    const char *name = tag_name(tag);
    if (name == NULL || strcmp(name, "!") == 0 || strcmp(name, allowed) == 0) {
        return DNA_OK;
    }
    return dna_fail(
        DNA_EUNSUPPORTED, "%s:%d: the tag %s is not supported", r->name, line, name);
}

/* A tagged scalar: text, or what its text resolves to if that has the asked type. */
static int
read_tagged(reader *r, const char *tag, const char *text, int line, dna_value **out)
{
    static const struct {
        const char *tag;
        dna_value_type type;
    } types[] = {{"null", DNA_NULL}, {"bool", DNA_BOOLEAN}, {"int", DNA_INT},
        {"float", DNA_FLOAT}};

    if (strcmp(tag, "str") == 0 || strcmp(tag, "!") == 0) {
        *out = dna_value_string(r->arena, text);
        if (*out == NULL) {
            return DNA_ENOMEM;
        }
        (*out)->is_quoted = true;
        return DNA_OK;
    }
    for (int64_t i = 0; i < DNA_COUNT(types); i++) {
        if (strcmp(tag, types[i].tag) != 0) {
            continue;
        }
        *out = dna_value_plain(r->arena, text);
        if (*out == NULL) {
            return DNA_ENOMEM;
        }
        if (types[i].type == DNA_FLOAT && (*out)->type == DNA_INT) {
            (*out)->type = DNA_FLOAT;
        }
        if ((*out)->type != types[i].type) {
            return dna_fail(
                DNA_EFORMAT, "%s:%d: \"%s\" is not !!%s", r->name, line, text, tag);
        }
        return DNA_OK;
    }
    return dna_fail(
        DNA_EUNSUPPORTED, "%s:%d: the tag %s is not supported", r->name, line, tag);
}

static int
read_scalar(reader *r, const yaml_event_t *event, dna_value **out)
{
    const char *text = (const char *)event->data.scalar.value;
    const char *tag = tag_name(event->data.scalar.tag);
    int line = line_of(event->start_mark);

    if (strlen(text) != event->data.scalar.length) {
        return dna_fail(DNA_EFORMAT, "%s:%d: text with a zero byte", r->name, line);
    }
    if (tag != NULL) {
        return read_tagged(r, tag, text, line, out);
    }
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        *out = dna_value_plain(r->arena, text);
        return *out != NULL ? DNA_OK : DNA_ENOMEM;
    }
    *out = dna_value_string(r->arena, text);
    if (*out == NULL) {
        return DNA_ENOMEM;
    }
    (*out)->is_quoted = true;
    return DNA_OK;
}

static int
read_list(reader *r, int depth, dna_value *list)
{
    yaml_event_t event = {0};
    int rc = DNA_OK;

    for (;;) {
        DNA_TRY(next_event(r, &event));
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            break;
        }
        dna_value *item = NULL;
        DNA_TRY(read_node(r, &event, depth + 1, &item));
        yaml_event_delete(&event);
        DNA_TRY(dna_value_append(r->arena, list, item));
    }
out:
    yaml_event_delete(&event);
    return rc;
}

/* The text of a key; "<<" unquoted is a merge key. */
static int
read_key(reader *r, const yaml_event_t *event, const char **key, bool *is_merge)
{
    int line = line_of(event->start_mark);
    dna_value *v = NULL;
    int rc = DNA_OK;

    DNA_REQUIRE(event->type == YAML_SCALAR_EVENT, DNA_EFORMAT,
        "%s:%d: a key that is not text", r->name, line);
    DNA_REQUIRE(event->data.scalar.length <= MAX_KEY, DNA_EFORMAT,
        "%s:%d: a key of more than %d bytes", r->name, line, MAX_KEY);
    DNA_TRY(count_node(r, line, 0));
    DNA_TRY(read_scalar(r, event, &v));
    DNA_REQUIRE(v->type == DNA_STRING, DNA_EFORMAT,
        "%s:%d: the key %s is not text; write it in quotes", r->name, line,
        (const char *)event->data.scalar.value);
    *key = v->text;
    *is_merge = !v->is_quoted && strcmp(v->text, "<<") == 0;
out:
    return rc;
}

/* Add the keys of `from` that the map lacks. */
static int
merge_map(reader *r, dna_value *map, const dna_value *from, int line, int depth)
{
    int rc = DNA_OK;

    DNA_REQUIRE(from->type == DNA_MAP, DNA_EFORMAT,
        "%s:%d: << needs a mapping or a list of mappings", r->name, line);
    for (int64_t i = 0; i < from->n; i++) {
        if (dna_value_get(map, from->keys[i]) == NULL) {
            dna_value *item = NULL;
            DNA_TRY(copy_node(r, from->items[i], line, depth + 1, &item));
            DNA_TRY(set_key(r, map, from->keys[i], from->key_lines[i], item));
        }
    }
out:
    return rc;
}

static int
read_map(reader *r, int depth, dna_value *map)
{
    yaml_event_t event = {0};
    dna_value *merged = NULL;
    int merge_line = 0;
    int rc = DNA_OK;

    for (;;) {
        const char *key = NULL;
        dna_value *item = NULL;
        bool is_merge = false;
        DNA_TRY(next_event(r, &event));
        if (event.type == YAML_MAPPING_END_EVENT) {
            break;
        }
        int line = line_of(event.start_mark);
        DNA_TRY(read_key(r, &event, &key, &is_merge));
        yaml_event_delete(&event);
        DNA_TRY(next_event(r, &event));
        DNA_TRY(read_node(r, &event, depth + 1, &item));
        yaml_event_delete(&event);
        if (is_merge) {
            DNA_REQUIRE(merged == NULL, DNA_EFORMAT,
                "%s:%d: the key \"<<\" is already on line %d", r->name, line,
                merge_line);
            merged = item;
            merge_line = line;
        } else {
            DNA_TRY(check_new_key(r, map, key, line));
            DNA_TRY(set_key(r, map, key, line, item));
        }
    }
    if (merged != NULL && merged->type == DNA_LIST) {
        for (int64_t i = 0; i < merged->n; i++) {
            DNA_TRY(merge_map(r, map, merged->items[i], merge_line, depth));
        }
    } else if (merged != NULL) {
        DNA_TRY(merge_map(r, map, merged, merge_line, depth));
    }
out:
    yaml_event_delete(&event);
    return rc;
}

/* The node that begins with `event`, which stays the caller's. */
static int
read_node(reader *r, yaml_event_t *event, int depth, dna_value **out)
{
    int line = line_of(event->start_mark);
    const yaml_char_t *name = NULL;
    dna_value *v = NULL;
    int rc = DNA_OK;

    if (event->type == YAML_ALIAS_EVENT) {
        return read_alias(r, event, depth, out);
    }
    DNA_TRY(count_node(r, line, depth));
    if (event->type == YAML_SCALAR_EVENT) {
        name = event->data.scalar.anchor;
        DNA_TRY(read_scalar(r, event, &v));
        v->file = r->file;
        v->line = line;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        name = event->data.sequence_start.anchor;
        DNA_TRY(check_tag(r, event->data.sequence_start.tag, "seq", line));
        v = dna_value_list(r->arena);
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        name = event->data.mapping_start.anchor;
        DNA_TRY(check_tag(r, event->data.mapping_start.tag, "map", line));
        v = dna_value_map(r->arena);
    } else {
        return dna_fail(DNA_EFORMAT, "%s:%d: a value is missing", r->name, line);
    }
    if (v == NULL) {
        return DNA_ENOMEM;
    }
    v->file = r->file;
    v->line = line;
    if (v->type == DNA_LIST) {
        DNA_TRY(read_list(r, depth, v));
    } else if (v->type == DNA_MAP) {
        DNA_TRY(read_map(r, depth, v));
    }
    DNA_TRY(remember_anchor(r, name, v));
    *out = v;
out:
    return rc;
}

static int
read_stream(reader *r, dna_value **out)
{
    yaml_event_t event = {0};
    dna_value *v = NULL;
    int rc = DNA_OK;

    DNA_TRY(next_event(r, &event)); /* stream start */
    yaml_event_delete(&event);
    DNA_TRY(next_event(r, &event));
    if (event.type == YAML_STREAM_END_EVENT) {
        v = dna_value_null(r->arena);
        if (v == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
        v->file = r->file;
        *out = v;
        goto out;
    }
    yaml_event_delete(&event); /* document start */
    DNA_TRY(next_event(r, &event));
    DNA_TRY(read_node(r, &event, 0, &v));
    yaml_event_delete(&event);
    DNA_TRY(next_event(r, &event)); /* document end */
    yaml_event_delete(&event);
    DNA_TRY(next_event(r, &event));
    DNA_REQUIRE(event.type == YAML_STREAM_END_EVENT, DNA_EFORMAT,
        "%s:%d: a second document; one is allowed", r->name, line_of(event.start_mark));
    *out = v;
out:
    yaml_event_delete(&event);
    return rc;
}

static int
parse(dna_value **out, dna_arena *arena, const unsigned char *text, size_t n,
    const char *name, const char *file)
{
    reader r = {.arena = arena, .name = name, .file = file};

    if (n > MAX_BYTE) {
        return dna_fail(
            DNA_EFORMAT, "%s: more than %zu MiB of YAML", name, MAX_BYTE >> 20);
    }
    if (!yaml_parser_initialize(&r.parser)) {
        return dna_fail(DNA_ENOMEM, "%s: out of memory", name);
    }
    yaml_parser_set_input_string(&r.parser, text, n);
    int rc = read_stream(&r, out);
    yaml_parser_delete(&r.parser);
    return rc;
}

int
dna_yaml_parse(
    dna_value **out, dna_arena *arena, const char *text, size_t n, const char *name)
{
    const char *file = NULL;
    if (name != NULL) {
        file = dna_arena_strdup(arena, name);
        if (file == NULL) {
            return DNA_ENOMEM;
        }
    }
    return parse(out, arena, (const unsigned char *)text, n,
        name != NULL ? name : "YAML text", file);
}

int
dna_yaml_read(dna_value **out, dna_arena *arena, const char *path)
{
    unsigned char *data = NULL;
    char *absolute = NULL;
    size_t size = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_file_read(path, MAX_BYTE, &data, &size));
    absolute = dna_path_absolute(path);
    if (absolute == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    const char *file = dna_arena_strdup(arena, absolute);
    if (file == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(parse(out, arena, data, size, path, file));
out:
    dna_free(absolute);
    dna_free(data);
    return rc;
}
