/* pickle.h - read Python pickles as data: nothing is imported, called or executed.
 *
 * SPDX-License-Identifier: MIT
 *
 * A pickle is a program for a small stack machine. This one has the opcodes of protocols
 * 0 to 5 and builds a tree of plain objects. Where a pickle asks for a global (a class or
 * a function) its name is looked up in the caller's list: names outside of it are refused
 * with DNA_EUNSUPPORTED, whether or not they would be called. A call becomes an object
 * that says what was to be called with what; the caller makes of it what it means.
 *
 * Memory is bounded by the bytes read: no opcode reserves by a number that it states.
 * Objects can be shared and, in a hostile file, contain themselves: whoever walks the
 * tree bounds depth and steps.
 */
#ifndef DNA_IO_PICKLE_H
#define DNA_IO_PICKLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

typedef enum {
    DNA_PICKLE_NONE,
    DNA_PICKLE_BOOL,
    DNA_PICKLE_INT,    /* integer; beyond 64 bits a DNA_PICKLE_FLOAT with is_rounded */
    DNA_PICKLE_FLOAT,  /* number */
    DNA_PICKLE_TEXT,   /* text, n_byte */
    DNA_PICKLE_BYTES,  /* text, n_byte */
    DNA_PICKLE_LIST,   /* items */
    DNA_PICKLE_TUPLE,  /* items */
    DNA_PICKLE_SET,    /* items */
    DNA_PICKLE_DICT,   /* pairs */
    DNA_PICKLE_GLOBAL, /* text = "module.name", role */
    DNA_PICKLE_CALL, /* what a global was to make: role and text of it, items = arguments;
                          pairs, appended and state = what was put into it after */
    DNA_PICKLE_REF   /* a persistent id: items[0] */
} dna_pickle_kind;

typedef struct dna_pickle dna_pickle;

typedef struct {
    dna_pickle **items;
    int64_t n, cap;
} dna_pickle_list;

struct dna_pickle {
    dna_pickle_kind kind;
    int role; /* of a global, as the caller's function gave it */
    bool boolean;
    bool is_rounded;
    int64_t integer;
    double number;    /* also set for INT */
    const char *text; /* ends with a zero that n_byte does not count */
    size_t n_byte;
    dna_pickle_list items;
    dna_pickle_list pairs; /* key, value, key, value, ...; later ones win */
    dna_pickle_list appended;
    dna_pickle *state;
};

/** A positive number for a global that may be mentioned ("torch.FloatStorage"), 0 for
 *  one that is refused. */
typedef int (*dna_pickle_role_fn)(const char *name);

typedef struct {
    dna_pickle *root;
    size_t n_used;        /* bytes up to the end of the program */
    dna_pickle_list refs; /* all DNA_PICKLE_REF, in the order they were made */
} dna_pickle_result;

/** Run the program at bytes to its STOP. The tree lives in the arena. Errors:
 *  DNA_EFORMAT (no pickle, cut off, damaged), DNA_EUNSUPPORTED (a global that is refused,
 *  or an opcode that needs the Python process), DNA_ENOMEM. */
int dna_pickle_parse(dna_pickle_result *out, dna_arena *arena,
    const unsigned char *bytes, size_t n, dna_pickle_role_fn role) DNA_MUST_CHECK;

/** "a list", "text", "a call of collections.OrderedDict": for messages. */
const char *dna_pickle_describe(const dna_pickle *p, char *buf, size_t size);

#endif
