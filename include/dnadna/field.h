/* field.h - tables that describe settings: one source for checks, defaults, help and
 * the annotated sample configs.
 *
 * SPDX-License-Identifier: MIT
 *
 * A table is an array of dna_field that ends with a row whose key is NULL. Each row
 * names a key, its kind, its range, its default as YAML text and its documentation;
 * `offset` says where dna_config_bind() stores the value in the options struct of the
 * table's owner (a transform, a network, an optimiser):
 *
 *     typedef struct { int64_t max_snp; int keep_polymorphic_only; } crop_opts;
 *     static const dna_field crop_fields[] = {
 *         {.key = "max_snp", .kind = DNA_KIND_INT, .is_nullable = true, .min = 1,
 *             .dflt = "null", .offset = offsetof(crop_opts, max_snp), .doc = "..."},
 *         {.key = "keep_polymorphic_only", .kind = DNA_KIND_BOOL, .dflt = "true", ...},
 *         {0}};
 *
 * Stored types: BOOL int (0, 1; -1 for null), INT int64_t (DNA_NULL_INT for null),
 * FLOAT double (NaN for null), STRING, PATH, CHOICE const char * (NULL for null; the
 * text belongs to the config), LIST_FLOAT double[] of `n_item` entries. LIST, MAP,
 * NAMED and ANY are not bound (offset ignored): their owner reads the value itself.
 */
#ifndef DNA_FIELD_H
#define DNA_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DNA_NULL_INT INT64_MIN

typedef enum {
    DNA_KIND_BOOL,       /* yes/no/on/off/true/false, any of YAML 1.1's spellings */
    DNA_KIND_INT,        /* an integer, or a float with an integral value */
    DNA_KIND_FLOAT,      /* a number; text such as 1e-8 counts */
    DNA_KIND_STRING,     /* text, kept as written (yes stays "yes", 01 stays "01") */
    DNA_KIND_PATH,       /* text; made absolute against the file that supplied it */
    DNA_KIND_CHOICE,     /* text, one of `choices` */
    DNA_KIND_LIST,       /* a list whose items are checked by `item` */
    DNA_KIND_LIST_FLOAT, /* exactly n_item numbers */
    DNA_KIND_MAP,        /* a mapping described by `fields` */
    DNA_KIND_NAMED,      /* a mapping from any name to what `item` describes */
    DNA_KIND_ANY         /* anything; checked by its owner */
} dna_kind;

typedef struct dna_field dna_field;
struct dna_field {
    const char *key;
    dna_kind kind;
    bool is_required; /* missing is an error (after defaults are filled) */
    /* With is_required: not where this other key of the mapping is a mapping. */
    const char *unless;
    bool is_nullable;   /* null is allowed */
    bool must_exist;    /* PATH: the file or folder must be there */
    bool may_be_tree;   /* PATH: a list or mapping instead is let through */
    bool is_deprecated; /* accepted and ignored, with one line of notice: `notice` */
    bool is_strict;     /* MAP: an unknown key is an error, not a warning */
    bool is_min_open;   /* min itself is not allowed */
    bool is_max_open;   /* max itself is not allowed */
    bool has_min, has_max;
    double min, max;         /* INT, FLOAT and LIST_FLOAT items; STRING, LIST: length */
    int n_item;              /* LIST_FLOAT */
    const char *dflt;        /* default as YAML text, NULL: none */
    const char *choices;     /* CHOICE: "dnadna|other" */
    const dna_field *fields; /* MAP */
    const dna_field *item;   /* LIST, NAMED: one row (its key is not used) */
    size_t offset;
    const char *doc; /* sentences for people; wrapped where it is shown */
    const char *notice;
    /* JSON Schema for what the columns above cannot say, as YAML text: keywords that are
     * added to those of the row (for ANY they are all), and keywords that hold where
     * nothing is inherited, such as what is required. NULL: none. */
    const char *schema, *schema_complete;
};

#ifdef __cplusplus
}
#endif
#endif
