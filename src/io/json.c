/* json.c - JSON text and value trees: read with jansson, written by hand so that
 * numbers are the shortest text that reads back as the same.
 *
 * SPDX-License-Identifier: MIT
 */
#include "io/json.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"

#define MAX_DEPTH 64
#define MAX_BYTE  ((size_t)16 << 20)

static int convert(
    dna_arena *arena, json_t *json, const char *file, int depth, dna_value **out);

static int
convert_object(
    dna_arena *arena, json_t *json, const char *file, int depth, dna_value *map)
{
    const char *key = NULL;
    json_t *child = NULL;
    int rc = DNA_OK;

    json_object_foreach(json, key, child)
    {
        dna_value *item = NULL;
        DNA_TRY(convert(arena, child, file, depth + 1, &item));
        DNA_TRY(dna_value_set(arena, map, key, item));
    }
out:
    return rc;
}

static dna_value *
convert_scalar(dna_arena *arena, const json_t *json)
{
    dna_value *v = NULL;
    switch (json_typeof(json)) {
    case JSON_STRING:
        v = dna_value_string(arena, json_string_value(json));
        if (v != NULL) {
            v->is_quoted = true;
        }
        return v;
    case JSON_INTEGER:
        return dna_value_int(arena, json_integer_value(json));
    case JSON_REAL:
        return dna_value_float(arena, json_real_value(json));
    case JSON_TRUE:
        return dna_value_bool(arena, true);
    case JSON_FALSE:
        return dna_value_bool(arena, false);
    case JSON_NULL:
        return dna_value_null(arena);
    case JSON_OBJECT:
        return dna_value_map(arena);
    case JSON_ARRAY:
        return dna_value_list(arena);
    default:
        return NULL;
    }
}

static int
convert(dna_arena *arena, json_t *json, const char *file, int depth, dna_value **out)
{
    int rc = DNA_OK;

    DNA_REQUIRE(depth <= MAX_DEPTH, DNA_EFORMAT, "%s: more than %d levels of nesting",
        file != NULL ? file : "JSON text", MAX_DEPTH);
    dna_value *v = convert_scalar(arena, json);
    if (v == NULL) {
        return DNA_ENOMEM;
    }
    v->file = file;
    if (json_is_object(json)) {
        DNA_TRY(convert_object(arena, json, file, depth, v));
    } else if (json_is_array(json)) {
        for (size_t i = 0; i < json_array_size(json); i++) {
            dna_value *item = NULL;
            DNA_TRY(convert(arena, json_array_get(json, i), file, depth + 1, &item));
            DNA_TRY(dna_value_append(arena, v, item));
        }
    }
    *out = v;
out:
    return rc;
}

int
dna_json_failure(int error_code, const char *error_text)
{
    bool is_memory = error_code == json_error_out_of_memory || error_text[0] == '\0';
    return is_memory ? DNA_ENOMEM : DNA_EFORMAT;
}

static int
parse(dna_value **out, dna_arena *arena, const char *text, size_t n, const char *name,
    const char *file)
{
    json_error_t error;
    json_t *json =
        json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (json == NULL) {
        if (dna_json_failure((int)json_error_code(&error), error.text) == DNA_ENOMEM) {
            return dna_fail(DNA_ENOMEM, "%s: out of memory", name);
        }
        return dna_fail(DNA_EFORMAT, "%s:%d: column %d: %s", name, error.line,
            error.column, error.text);
    }
    int rc = convert(arena, json, file, 0, out);
    json_decref(json);
    return rc;
}

int
dna_json_parse(
    dna_value **out, dna_arena *arena, const char *text, size_t n, const char *name)
{
    const char *file = NULL;
    if (name != NULL) {
        file = dna_arena_strdup(arena, name);
        if (file == NULL) {
            return DNA_ENOMEM;
        }
    }
    return parse(out, arena, text, n, name != NULL ? name : "JSON text", file);
}

int
dna_json_read(dna_value **out, dna_arena *arena, const char *path)
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
    DNA_TRY(parse(out, arena, (const char *)data, size, path, file));
out:
    dna_free(absolute);
    dna_free(data);
    return rc;
}

/* Length of the valid UTF-8 sequence at s, 0 if there is none. */
static size_t
utf8_length(const unsigned char *s)
{
    if (s[0] < 0x80) {
        return 1;
    }
    if (s[0] >= 0xC2 && s[0] <= 0xDF && (s[1] & 0xC0) == 0x80) {
        return 2;
    }
    if ((s[0] & 0xF0) == 0xE0 && (s[1] & 0xC0) == 0x80 && (s[2] & 0xC0) == 0x80) {
        bool is_overlong = s[0] == 0xE0 && s[1] < 0xA0;
        bool is_surrogate = s[0] == 0xED && s[1] >= 0xA0;
        return is_overlong || is_surrogate ? 0 : 3;
    }
    if (s[0] >= 0xF0 && s[0] <= 0xF4 && (s[1] & 0xC0) == 0x80 && (s[2] & 0xC0) == 0x80
        && (s[3] & 0xC0) == 0x80) {
        bool is_overlong = s[0] == 0xF0 && s[1] < 0x90;
        bool is_above = s[0] == 0xF4 && s[1] >= 0x90;
        return is_overlong || is_above ? 0 : 4;
    }
    return 0;
}

bool
dna_is_utf8(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t n = 1;
    for (; *s != '\0' && n > 0; s += n) {
        n = utf8_length(s);
    }
    return n > 0;
}

/* Bytes that are not UTF-8 (a file name may hold them) become U+FFFD: JSON has no other
 * way to say them. */
static void
put_string(dna_str *out, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    dna_str_addc(out, '"');
    while (*s != '\0') {
        size_t n = utf8_length(s);
        if (n == 0) {
            dna_str_add(out, "\\ufffd");
            n = 1;
        } else if (*s == '"' || *s == '\\') {
            dna_str_addc(out, '\\');
            dna_str_addc(out, (char)*s);
        } else if (*s == '\n') {
            dna_str_add(out, "\\n");
        } else if (*s == '\t') {
            dna_str_add(out, "\\t");
        } else if (*s < 0x20 || *s == 0x7F) {
            dna_str_addf(out, "\\u%04x", (unsigned)*s);
        } else {
            dna_str_addn(out, (const char *)s, n);
        }
        s += n;
    }
    dna_str_addc(out, '"');
}

static void
put_newline(dna_str *out, int indent, int depth)
{
    if (indent > 0) {
        dna_str_addc(out, '\n');
        for (int i = 0; i < indent * depth; i++) {
            dna_str_addc(out, ' ');
        }
    }
}

static int
put_number(dna_str *out, double v)
{
    char buf[DNA_NUMBER_SIZE];
    if (!isfinite(v)) {
        return dna_fail(
            DNA_ENUMERIC, "%s cannot be written as JSON", dna_format_double(buf, v));
    }
    dna_str_add(out, dna_format_double(buf, v));
    return DNA_OK;
}

static int
put_value(dna_str *out, const dna_value *v, int indent, int depth)
{
    int rc = DNA_OK;

    switch (v->type) {
    case DNA_NULL:
        dna_str_add(out, "null");
        break;
    case DNA_BOOLEAN:
        dna_str_add(out, v->boolean ? "true" : "false");
        break;
    case DNA_INT:
        dna_str_addf(out, "%lld", (long long)v->integer);
        break;
    case DNA_FLOAT:
        DNA_TRY(put_number(out, v->number));
        break;
    case DNA_STRING:
        put_string(out, v->text);
        break;
    case DNA_LIST:
    case DNA_MAP:
        dna_str_addc(out, v->type == DNA_MAP ? '{' : '[');
        for (int64_t i = 0; i < v->n; i++) {
            if (i > 0) {
                dna_str_add(out, indent > 0 ? "," : ", ");
            }
            put_newline(out, indent, depth + 1);
            if (v->type == DNA_MAP) {
                put_string(out, v->keys[i]);
                dna_str_add(out, ": ");
            }
            DNA_TRY(put_value(out, v->items[i], indent, depth + 1));
        }
        if (v->n > 0) {
            put_newline(out, indent, depth);
        }
        dna_str_addc(out, v->type == DNA_MAP ? '}' : ']');
        break;
    }
out:
    return rc;
}

int
dna_json_write(dna_str *out, const dna_value *value, int indent)
{
    int rc = put_value(out, value, indent, 0);
    return rc < 0 ? rc : dna_str_status(out);
}
