/* value.h - a tree of null, bool, int, float, string, list and map: what YAML and JSON
 * yield, and what configs are until they are bound to structs.
 *
 * SPDX-License-Identifier: MIT
 *
 * Every value lives in an arena and remembers the file and line it came from, so that
 * an error can point there and a relative path can be resolved against the right
 * folder. Maps keep the order of insertion. Scalars keep the text as written, so
 * that a label `yes` or `007` is not lost.
 */
#ifndef DNA_BASE_VALUE_H
#define DNA_BASE_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "dnadna/status.h"

typedef enum {
    DNA_NULL,
    DNA_BOOLEAN,
    DNA_INT,
    DNA_FLOAT,
    DNA_STRING,
    DNA_LIST,
    DNA_MAP
} dna_value_type;

typedef struct dna_value dna_value;
struct dna_value {
    dna_value_type type;
    bool is_quoted;  /* scalar was quoted in its file: always text */
    bool is_default; /* filled in from a field table, not given by anybody */
    bool boolean;
    int64_t integer;
    double number;      /* also set for DNA_INT */
    const char *text;   /* scalar as written; never NULL for a string */
    const char *file;   /* absolute path of the file it came from, or NULL */
    int line;           /* 1-based, 0 if unknown */
    const char *option; /* "--set a.b" if the command line gave it, else NULL */
    int64_t n;          /* items of a list or map */
    int64_t cap;
    dna_value **items;
    const char **keys; /* map only */
    int *key_lines;    /* map only: line of each key */
    int32_t *slots;    /* large maps only: hash table of item numbers + 1 */
    int64_t n_slot;    /* a power of two, 0: none */
};

/* Constructors: NULL with the message set when memory is out. */
dna_value *dna_value_null(dna_arena *a);
dna_value *dna_value_bool(dna_arena *a, bool v);
dna_value *dna_value_int(dna_arena *a, int64_t v);
dna_value *dna_value_float(dna_arena *a, double v);
dna_value *dna_value_string(dna_arena *a, const char *v);
dna_value *dna_value_list(dna_arena *a);
dna_value *dna_value_map(dna_arena *a);
/** A plain (unquoted) scalar resolved by the YAML 1.2 core rules, plus 1e-8. */
dna_value *dna_value_plain(dna_arena *a, const char *text);
/** Deep copy into another arena; file names are copied too. */
dna_value *dna_value_copy(dna_arena *a, const dna_value *v);

/** Append to a list. item may be NULL (a failed constructor): then DNA_ENOMEM. */
int dna_value_append(dna_arena *a, dna_value *list, dna_value *item) DNA_MUST_CHECK;
/** Set or replace a key of a map; the place of an existing key is kept. */
int dna_value_set(
    dna_arena *a, dna_value *map, const char *key, dna_value *item) DNA_MUST_CHECK;
/** Remove a key if it is there. */
void dna_value_remove(dna_value *map, const char *key);
/** The item of a key, NULL if absent or if map is NULL or no map. */
dna_value *dna_value_get(const dna_value *map, const char *key);
/** By dotted path: "dataset.data_source.keys". */
dna_value *dna_value_get_path(const dna_value *map, const char *dotted);
bool dna_value_is_null(const dna_value *v); /* also true for NULL */
/** "a mapping", "an integer", ...: for messages. */
const char *dna_value_type_name(const dna_value *v);
/** Short text of a value for messages, quoted if text, at most size bytes. */
void dna_value_describe(const dna_value *v, char *buf, size_t size);
bool dna_value_equal(const dna_value *a, const dna_value *b);
/** Whether the text is one of YAML 1.1's spellings of a flag; *out gets it. */
bool dna_value_as_bool(const dna_value *v, bool *out);
bool dna_value_as_int(const dna_value *v, int64_t *out); /* integral floats count */
bool dna_value_as_double(const dna_value *v, double *out);
/** Scalar as text (what was written); NULL for null, lists and maps. */
const char *dna_value_as_text(const dna_value *v);

#endif
