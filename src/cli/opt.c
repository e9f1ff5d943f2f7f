/* opt.c - parse command lines that are described as data.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cli/opt.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/str.h"

/* More options than any command has. */
#define MAX_OPTIONS 64

typedef struct {
    const dna_opt_spec *spec;
    char *values;
    int argc;
    char **argv;
    int next;                   /* word to read */
    bool is_given[MAX_OPTIONS]; /* by number over all tables */
    const char **positional;    /* [n_positional] */
    int n_positional;
} parser;

const dna_opt *
dna_opt_at(const dna_opt_spec *spec, int i)
{
    for (int t = 0; t < OPT_MAX_TABLE && spec->opts[t] != NULL; t++) {
        for (const dna_opt *o = spec->opts[t]; o->name != NULL; o++) {
            if (i-- == 0) {
                return o;
            }
        }
    }
    return NULL;
}

/* ---- names ----------------------------------------------------------------------- */

static int
unknown_option(const parser *p, const char *word, size_t n)
{
    const char *names[MAX_OPTIONS];
    char name[64];
    int64_t n_name = 0;
    const dna_opt *o = NULL;

    for (int i = 0; n_name < MAX_OPTIONS && (o = dna_opt_at(p->spec, i)) != NULL; i++) {
        if (!o->is_hidden) {
            names[n_name++] = o->name;
        }
    }
    snprintf(name, sizeof(name), "%.*s", (int)n, word);
    const char *near = dna_nearest_name(name, names, n_name);
    if (near != NULL) {
        return dna_fail(
            DNA_EARG, "unknown option --%s; did you mean --%s?", name, near);
    }
    return dna_fail(DNA_EARG, "unknown option --%s", name);
}

static int
ambiguous_option(const parser *p, const char *word, size_t n)
{
    dna_str list;
    const dna_opt *o = NULL;

    dna_str_init(&list, 0);
    for (int i = 0; (o = dna_opt_at(p->spec, i)) != NULL; i++) {
        if (strncmp(o->name, word, n) == 0 && !o->is_hidden) {
            dna_str_addf(&list, "%s--%s", list.len > 0 ? ", " : "", o->name);
        }
    }
    int rc = dna_fail(
        DNA_EARG, "option --%.*s is ambiguous: %s", (int)n, word, dna_str_text(&list));
    dna_str_clear(&list);
    return rc;
}

/* The option that a long name or its prefix means. Hidden ones need their whole name.
 */
static int
find_long(const parser *p, const char *word, size_t n, const dna_opt **out)
{
    int n_match = 0;
    const dna_opt *o = NULL;

    for (int i = 0; (o = dna_opt_at(p->spec, i)) != NULL; i++) {
        if (strncmp(o->name, word, n) != 0) {
            continue;
        }
        if (o->name[n] == '\0') {
            *out = o;
            return DNA_OK;
        }
        if (!o->is_hidden) {
            *out = o;
            n_match++;
        }
    }
    if (n_match == 1 && n > 0) {
        return DNA_OK;
    }
    return n_match == 0 || n == 0 ? unknown_option(p, word, n)
                                  : ambiguous_option(p, word, n);
}

static int
find_letter(const parser *p, char letter, const dna_opt **out)
{
    const dna_opt *o = NULL;
    for (int i = 0; (o = dna_opt_at(p->spec, i)) != NULL; i++) {
        if (o->letter == letter) {
            *out = o;
            return DNA_OK;
        }
    }
    return dna_fail(DNA_EARG, "unknown option -%c", letter);
}

/* ---- values ---------------------------------------------------------------------- */

static int
store_choice(char *place, const dna_opt *o, const char *text)
{
    size_t length = strlen(text);
    int rc = DNA_OK;

    for (const char *c = o->choices; c != NULL;) {
        const char *end = strchr(c, '|');
        size_t n = end != NULL ? (size_t)(end - c) : strlen(c);
        char name[64];
        snprintf(name, sizeof(name), "%.*s", (int)n, c);
        if (n == length && dna_str_equal_nocase(name, text)) {
            memcpy(place, &text, sizeof(text));
            goto out;
        }
        c = end != NULL ? end + 1 : NULL;
    }
    DNA_REQUIRE(
        false, DNA_EARG, "--%s: \"%s\" is not one of %s", o->name, text, o->choices);
out:
    return rc;
}

static int
store_list(char *place, const char *text, int argc)
{
    dna_opt_list list;
    int rc = DNA_OK;

    memcpy(&list, place, sizeof(list));
    if (list.items == NULL) {
        DNA_NEW(list.items, argc);
    }
    list.items[list.n++] = text;
    memcpy(place, &list, sizeof(list));
out:
    return rc;
}

/* Also 2e6 and 2.0e+6, as in configs. */
static bool
read_int(const char *text, int64_t *out)
{
    double number = 0.0;
    if (dna_parse_int(text, out)) {
        return true;
    }
    bool is_integer = dna_parse_double(text, &number) && number == floor(number)
                      && fabs(number) <= 0x1p53;
    if (is_integer) {
        *out = (int64_t)number;
    }
    return is_integer;
}

static void
mark_given(parser *p, const dna_opt *given)
{
    const dna_opt *o = NULL;
    for (int i = 0; i < MAX_OPTIONS && (o = dna_opt_at(p->spec, i)) != NULL; i++) {
        p->is_given[i] = p->is_given[i] || o == given;
    }
}

static int
store(parser *p, const dna_opt *o, const char *text)
{
    char *place = p->values + o->offset;
    const bool yes = true;
    int64_t integer = 0;
    int rc = DNA_OK;

    switch (o->kind) {
    case OPT_FLAG:
        memcpy(place, &yes, sizeof(yes));
        break;
    case OPT_TEXT:
        DNA_REQUIRE(text[0] != '\0', DNA_EARG, "--%s: the value is empty", o->name);
        memcpy(place, &text, sizeof(text));
        break;
    case OPT_INT:
        DNA_REQUIRE(read_int(text, &integer), DNA_EARG,
            "--%s: \"%s\" is not an integer", o->name, text);
        DNA_REQUIRE(integer >= o->min, DNA_EARG, "--%s: %s is below %lld", o->name,
            text, (long long)o->min);
        DNA_REQUIRE(o->max == 0 || integer <= o->max, DNA_EARG,
            "--%s: %s is above %lld", o->name, text, (long long)o->max);
        memcpy(place, &integer, sizeof(integer));
        break;
    case OPT_CHOICE:
        DNA_TRY(store_choice(place, o, text));
        break;
    case OPT_LIST:
        DNA_REQUIRE(!o->is_assignment || (text[0] != '=' && strchr(text, '=') != NULL),
            DNA_EARG, "--%s: \"%s\" has not the form %s", o->name, text, o->metavar);
        DNA_TRY(store_list(place, text, p->argc));
        break;
    }
    mark_given(p, o);
out:
    return rc;
}

/* The value of an option is the next word, whatever it looks like (GNU). */
static int
next_value(parser *p, const dna_opt *o, const char **text)
{
    if (p->next >= p->argc) {
        return dna_fail(DNA_EARG, "--%s needs a value", o->name);
    }
    *text = p->argv[p->next++];
    return DNA_OK;
}

static int
parse_long(parser *p, const char *word)
{
    const char *equal = strchr(word, '=');
    size_t n = equal != NULL ? (size_t)(equal - word) : strlen(word);
    const char *text = equal != NULL ? equal + 1 : NULL;
    const dna_opt *o = NULL;
    int rc = DNA_OK;

    DNA_TRY(find_long(p, word, n, &o));
    if (o->kind == OPT_FLAG) {
        DNA_REQUIRE(text == NULL, DNA_EARG, "--%s takes no value", o->name);
    } else if (text == NULL) {
        DNA_TRY(next_value(p, o, &text));
    }
    DNA_TRY(store(p, o, text));
out:
    return rc;
}

static int
parse_letters(parser *p, const char *letters)
{
    int rc = DNA_OK;

    while (*letters != '\0') {
        const dna_opt *o = NULL;
        DNA_TRY(find_letter(p, *letters++, &o));
        const char *text = NULL;
        if (o->kind != OPT_FLAG) {
            if (*letters != '\0') {
                text = letters;
                letters += strlen(letters);
            } else {
                DNA_TRY(next_value(p, o, &text));
            }
        }
        DNA_TRY(store(p, o, text));
    }
out:
    return rc;
}

/* ---- all words ------------------------------------------------------------------- */

static int
check_exclusive(const parser *p)
{
    const dna_opt *a = NULL;
    const dna_opt *b = NULL;

    for (int i = 0; (a = dna_opt_at(p->spec, i)) != NULL; i++) {
        for (int k = i + 1; (b = dna_opt_at(p->spec, k)) != NULL; k++) {
            if (a->exclusive != 0 && a->exclusive == b->exclusive && p->is_given[i]
                && p->is_given[k]) {
                return dna_fail(
                    DNA_EARG, "--%s and --%s exclude each other", a->name, b->name);
            }
        }
    }
    return DNA_OK;
}

static int
store_arguments(parser *p)
{
    const dna_arg *a = p->spec->args;
    int at = 0;
    int rc = DNA_OK;

    for (; a != NULL && a->name != NULL; a++) {
        char *place = p->values + a->offset;
        if (at == p->n_positional) {
            DNA_REQUIRE(a->is_optional, DNA_EARG, "%s is missing", a->name);
            continue;
        }
        if (!a->is_repeated) {
            memcpy(place, &p->positional[at], sizeof(p->positional[at]));
            at++;
        }
        while (a->is_repeated && at < p->n_positional) {
            DNA_TRY(store_list(place, p->positional[at++], p->argc));
        }
    }
    DNA_REQUIRE(at == p->n_positional, DNA_EARG, "\"%s\" is one argument too many",
        p->positional[at]);
out:
    return rc;
}

static int
parse_words(parser *p)
{
    bool is_ended = false;
    int rc = DNA_OK;

    while (p->next < p->argc) {
        const char *word = p->argv[p->next];
        bool is_option = !is_ended && word[0] == '-' && word[1] != '\0';
        if (!is_option && p->spec->is_group) {
            break;
        }
        p->next++;
        if (!is_option) {
            p->positional[p->n_positional++] = word;
        } else if (strcmp(word, "--") == 0) {
            is_ended = true;
        } else if (word[1] == '-') {
            DNA_TRY(parse_long(p, word + 2));
        } else {
            DNA_TRY(parse_letters(p, word + 1));
        }
    }
    DNA_TRY(check_exclusive(p));
out:
    return rc;
}

/* A flag that makes everything else unimportant. */
static bool
wants_help(const parser *p)
{
    const dna_opt *o = NULL;
    for (int i = 0; (o = dna_opt_at(p->spec, i)) != NULL; i++) {
        if (p->is_given[i] && strcmp(o->name, "help") == 0) {
            return true;
        }
    }
    return false;
}

int
dna_opt_parse(
    const dna_opt_spec *spec, int argc, char **argv, void *values, int *n_used)
{
    parser p = {.spec = spec, .values = values, .argc = argc, .argv = argv, .next = 1};
    int rc = DNA_OK;

    DNA_NEW(p.positional, argc);
    DNA_TRY(parse_words(&p));
    if (!spec->is_group && !wants_help(&p)) {
        DNA_TRY(store_arguments(&p));
    }
    *n_used = p.next;
out:
    dna_free(p.positional);
    return rc;
}

static void
clear_list(char *place)
{
    dna_opt_list list;
    memcpy(&list, place, sizeof(list));
    dna_free(list.items);
    list = (dna_opt_list){0};
    memcpy(place, &list, sizeof(list));
}

void
dna_opt_clear(const dna_opt_spec *spec, void *values)
{
    char *base = values;
    const dna_opt *o = NULL;

    for (int i = 0; (o = dna_opt_at(spec, i)) != NULL; i++) {
        if (o->kind == OPT_LIST) {
            clear_list(base + o->offset);
        }
    }
    for (const dna_arg *a = spec->args; a != NULL && a->name != NULL; a++) {
        if (a->is_repeated) {
            clear_list(base + a->offset);
        }
    }
}
