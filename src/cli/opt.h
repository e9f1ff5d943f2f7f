/* opt.h - command lines described as data: parsing, usage and help come from one table.
 *
 * SPDX-License-Identifier: MIT
 *
 * A command is a row with its options and arguments; values land in a struct by offset.
 * GNU style: --name value, --name=value, unambiguous prefixes, -n value, -nvalue, flags
 * together (-pq), options and arguments in any order, -- ends the options.
 *
 * Stored: FLAG bool, TEXT and CHOICE const char * (borrowed from argv), INT int64_t,
 * LIST dna_opt_list (each use adds one). What is not given keeps its value.
 */
#ifndef DNA_CLI_OPT_H
#define DNA_CLI_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "dnadna/status.h"

typedef enum { OPT_FLAG, OPT_TEXT, OPT_INT, OPT_CHOICE, OPT_LIST } dna_opt_kind;

typedef struct {
    const char *name; /* without the dashes; NULL ends a table */
    char letter;      /* 0: none */
    dna_opt_kind kind;
    const char *metavar; /* "FILE"; NULL: the name in capitals */
    const char *choices; /* CHOICE: "a|b"; any case, stored as listed */
    int64_t min;         /* INT: the least allowed */
    int64_t max;         /* INT: the most allowed; 0: no limit */
    int exclusive; /* options of one command with the same number exclude each other */
    bool is_assignment; /* LIST: each is KEY=VALUE with a key */
    bool is_hidden;     /* works, but is not shown */
    size_t offset;
    const char *doc;
    const char *theme; /* heading in the help, of this one and those after it; NULL: as
                        * before */
} dna_opt;

typedef struct {
    const char *name; /* as shown: "CONFIG"; NULL ends a table */
    bool is_optional;
    bool is_repeated; /* the last one: a dna_opt_list of at least one; else const char *
                       */
    size_t offset;
    const char *doc;
} dna_arg;

typedef struct {
    const char **items;
    int64_t n;
} dna_opt_list;

#define OPT_MAX_TABLE 4

typedef struct {
    const char *name;                   /* "dnadna train" */
    const char *doc;                    /* paragraphs, wrapped when shown */
    const char *example;                /* lines of a shell, shown as they are */
    const dna_opt *opts[OPT_MAX_TABLE]; /* tables, NULL after the last */
    const dna_arg *args;                /* NULL: none */
    bool is_group;                      /* stop at the first argument: a sub-command */
} dna_opt_spec;

/** Parse argv[1..argc-1] into values (lists are allocated: dna_opt_clear). *n_used gets
 *  the number of words used: less than argc only for a group. Errors: DNA_EARG. */
int dna_opt_parse(const dna_opt_spec *spec, int argc, char **argv, void *values,
    int *n_used) DNA_MUST_CHECK;
void dna_opt_clear(const dna_opt_spec *spec, void *values);
/** "usage: dnadna train [-h] [-r RUN_ID] CONFIG" */
void dna_opt_usage(const dna_opt_spec *spec, FILE *out);
/** What it does, an example, usage, arguments, options by theme. */
void dna_opt_help(const dna_opt_spec *spec, FILE *out);
/** Option number i over all tables, hidden ones too; NULL past the end. */
const dna_opt *dna_opt_at(const dna_opt_spec *spec, int i);
/** How a value is called: "FILE", "RUN_ID". */
void dna_opt_value_name(char *buf, size_t size, const dna_opt *o);
/** Text in lines of at most 80 columns: the first begins at column `at`, others at
 *  `indent`. */
void dna_wrap(FILE *out, const char *text, int at, int indent);

#endif
