/* command_line.c - the template of a command line: reading and filling.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/command_line.h"

#include <string.h>

#include "base/mem.h"
#include "config/schema.h"
#include "sim/command_line_parts.h"

/* A piece of a word: its own text, or a field. */
typedef struct piece piece;
struct piece {
    const char *text;         /* NULL: a field */
    dna_command_field *field; /* NULL: a text */
    bool ends_word;
    piece *next;
};

struct dna_command_line {
    piece *first, **end;
    dna_command_field **fields; /* [n_field] */
    int64_t n_field, n_word;
    bool is_shell;
};

/* Where a template is being read. */
typedef struct {
    dna_command_line *c;
    dna_arena *arena;
    const dna_value *source;
    const char *at;
    const char *p;   /* what is still to be read */
    dna_str literal; /* text of the current piece */
    bool is_in_word; /* so that '' is a word */
    piece *last;     /* of the current word; NULL: none yet */
} reader;

/* ---- pieces -------------------------------------------------------------------------- */

static int
add_piece(reader *r, const char *text, dna_command_field *field)
{
    piece *p = dna_arena_alloc(r->arena, 1, sizeof(*p));

    if (p == NULL) {
        return DNA_ENOMEM;
    }
    p->text = text;
    p->field = field;
    *r->c->end = p;
    r->c->end = &p->next;
    r->c->n_field += field != NULL;
    r->last = p;
    r->is_in_word = true;
    return DNA_OK;
}

static int
end_literal(reader *r)
{
    int rc = DNA_OK;

    DNA_TRY(dna_str_status(&r->literal));
    if (r->literal.len > 0) {
        const char *text = dna_arena_strdup(r->arena, r->literal.data);
        if (text == NULL) {
            return DNA_ENOMEM;
        }
        DNA_TRY(add_piece(r, text, NULL));
        r->literal.len = 0;
    }
out:
    return rc;
}

static int
end_word(reader *r)
{
    int rc = DNA_OK;

    DNA_TRY(end_literal(r));
    if (r->is_in_word) {
        if (r->last == NULL) { /* '' */
            DNA_TRY(add_piece(r, "", NULL));
        }
        r->last->ends_word = true;
        r->c->n_word++;
    }
    r->last = NULL;
    r->is_in_word = false;
out:
    return rc;
}

/* A brace at r->p: a field, or a brace that was doubled. */
static int
read_brace(reader *r)
{
    char brace = *r->p;
    const char *end = NULL;
    dna_command_field *field = NULL;
    int rc = DNA_OK;

    if (r->p[1] == brace) {
        dna_str_addc(&r->literal, brace);
        r->p += 2;
        return DNA_OK;
    }
    end = brace == '{' ? strpbrk(r->p + 1, "{}") : NULL;
    if (end == NULL || *end != '}') {
        return dna_config_fail(DNA_EARG, r->source, r->at,
            "a \"%c\" that belongs to no field; the character itself is written %c%c",
            brace, brace, brace);
    }
    DNA_TRY(end_literal(r));
    field = dna_arena_alloc(r->arena, 1, sizeof(*field));
    char *text = dna_arena_strndup(r->arena, r->p + 1, (size_t)(end - r->p - 1));
    if (field == NULL || text == NULL) {
        return DNA_ENOMEM;
    }
    rc = dna_command_field_read(field, text);
    if (rc < 0) {
        return dna_config_fail(rc, r->source, r->at, "%s", dna_message());
    }
    DNA_TRY(add_piece(r, NULL, field));
    r->p = end + 1;
out:
    return rc;
}

/* ---- words --------------------------------------------------------------------------- */

static int
read_character(reader *r)
{
    if (*r->p == '{' || *r->p == '}') {
        return read_brace(r);
    }
    dna_str_addc(&r->literal, *r->p++);
    return DNA_OK;
}

/* From an opening quote to behind the closing one. */
static int
read_quoted(reader *r)
{
    char quote = *r->p++;
    int rc = DNA_OK;

    r->is_in_word = true;
    while (*r->p != quote) {
        if (*r->p == '\0') {
            return dna_config_fail(
                DNA_EARG, r->source, r->at, "a quote %c is not closed", quote);
        }
        if (quote == '"' && *r->p == '\\' && r->p[1] != '\0'
            && strchr("\\\"$`", r->p[1]) != NULL) {
            r->p++;
            dna_str_addc(&r->literal, *r->p++);
        } else if (quote == '"' && (*r->p == '$' || *r->p == '`')) {
            return dna_config_fail(DNA_EARG, r->source, r->at,
                "\"%c\" is for a shell: \"shell: true\" runs one, \\%c is the character",
                *r->p, *r->p);
        } else {
            DNA_TRY(read_character(r));
        }
    }
    r->p++;
out:
    return rc;
}

static int
read_words(reader *r)
{
    int rc = DNA_OK;

    while (*r->p != '\0') {
        char c = *r->p;
        if (strchr(" \t\n\r", c) != NULL) {
            r->p++;
            DNA_TRY(end_word(r));
        } else if (c == '\'' || c == '"') {
            DNA_TRY(read_quoted(r));
        } else if (c == '\\' && r->p[1] != '\0') {
            dna_str_addc(&r->literal, r->p[1]);
            r->p += 2;
        } else if (strchr("|&;<>()$`*?[", c) != NULL
                   || ((c == '~' || c == '#') && !r->is_in_word
                       && r->literal.len == 0)) {
            return dna_config_fail(DNA_EARG, r->source, r->at,
                "\"%c\" is for a shell: \"shell: true\" runs one, quotes make it an ordinary character",
                c);
        } else {
            DNA_TRY(read_character(r));
        }
    }
    DNA_TRY(end_word(r));
out:
    return rc;
}

/* Text as it is, but for its fields. */
static int
read_word(reader *r)
{
    int rc = DNA_OK;

    r->is_in_word = true;
    while (*r->p != '\0') {
        DNA_TRY(read_character(r));
    }
    DNA_TRY(end_word(r));
out:
    return rc;
}

static int
read_list(reader *r, const dna_value *list)
{
    int rc = DNA_OK;

    for (int64_t i = 0; i < list->n; i++) {
        r->source = list->items[i];
        r->p = dna_value_as_text(list->items[i]);
        if (r->p == NULL) {
            return dna_config_fail(DNA_EARG, r->source, r->at,
                "%s is not a word of a command line",
                dna_value_type_name(list->items[i]));
        }
        DNA_TRY(read_word(r));
    }
out:
    return rc;
}

static int
read_any(reader *r, const dna_value *value)
{
    if (!dna_value_is_null(value) && value->type == DNA_LIST) {
        if (r->c->is_shell) {
            return dna_config_fail(DNA_EARG, value, r->at,
                "a list of words is run without a shell, but \"shell\" is true");
        }
        return read_list(r, value);
    }
    if (dna_value_is_null(value) || value->type != DNA_STRING) {
        return dna_config_fail(DNA_EARG, value, r->at,
            "%s is neither a text nor a list of words", dna_value_type_name(value));
    }
    r->p = value->text;
    return r->c->is_shell ? read_word(r) : read_words(r);
}

int
dna_command_line_read(dna_command_line **out, dna_arena *arena, const dna_value *value,
    const char *at, bool is_shell)
{
    reader r = {.arena = arena, .source = value, .at = at};
    int64_t n = 0;
    int rc = DNA_OK;

    dna_str_init(&r.literal, (size_t)1 << 20);
    r.c = dna_arena_alloc(arena, 1, sizeof(*r.c));
    if (r.c == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    r.c->is_shell = is_shell;
    r.c->end = &r.c->first;
    DNA_TRY(read_any(&r, value));
    const piece *first = r.c->first;
    if (first == NULL
        || (first->ends_word && first->text != NULL && *first->text == '\0')) {
        rc = dna_config_fail(DNA_EARG, value, at, "names no program");
        goto out;
    }
    r.c->fields =
        dna_arena_alloc(arena, (size_t)r.c->n_field + 1, sizeof(*r.c->fields));
    if (r.c->fields == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    for (const piece *p = first; p != NULL; p = p->next) {
        if (p->field != NULL) {
            r.c->fields[n++] = p->field;
        }
    }
    *out = r.c;
out:
    dna_str_clear(&r.literal);
    return rc;
}

bool
dna_command_line_is_shell(const dna_command_line *c)
{
    return c->is_shell;
}

int64_t
dna_command_line_n_field(const dna_command_line *c)
{
    return c->n_field;
}

const dna_command_field *
dna_command_line_field(const dna_command_line *c, int64_t i)
{
    return c->fields[i];
}

/* ---- filling ------------------------------------------------------------------------- */

/* Nothing that a shell could take for something else, whatever quotes are around it. */
static bool
is_harmless(const char *text)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789_./:@%+,-";
    return text[0] != '\0' && text[strspn(text, safe)] == '\0';
}

static int
fill_words(const char **argv, const dna_command_line *c, dna_arena *arena,
    const char *const *values, dna_str *word)
{
    int64_t n = 0, n_field = 0;
    int rc = DNA_OK;

    for (const piece *p = c->first; p != NULL; p = p->next) {
        const char *text = p->field != NULL ? values[n_field++] : p->text;
        DNA_REQUIRE(p->field == NULL || !c->is_shell || is_harmless(text), DNA_EARG,
            "{%s} is \"%s\", which is not safe in a shell command: run it without \"shell\"",
            p->field->text, text);
        dna_str_add(word, text);
        if (p->ends_word) {
            DNA_TRY(dna_str_status(word));
            argv[n] = dna_arena_strdup(arena, dna_str_text(word));
            if (argv[n++] == NULL) {
                rc = DNA_ENOMEM;
                goto out;
            }
            word->len = 0;
            if (word->data != NULL) {
                word->data[0] = '\0';
            }
        }
    }
out:
    return rc;
}

int
dna_command_line_fill(const char *const **argv, const dna_command_line *c,
    dna_arena *arena, const char *const *values)
{
    int64_t n_shell = c->is_shell ? 2 : 0;
    const char **words =
        dna_arena_alloc(arena, (size_t)(n_shell + c->n_word) + 1, sizeof(*words));
    dna_str word;
    int rc = DNA_OK;

    dna_str_init(&word, (size_t)1 << 24);
    if (words == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    if (c->is_shell) {
        words[0] = "/bin/sh";
        words[1] = "-c";
    }
    DNA_TRY(fill_words(words + n_shell, c, arena, values, &word));
    DNA_REQUIRE(words[0][0] != '\0', DNA_EARG, "the program has an empty name");
    *argv = words;
out:
    dna_str_clear(&word);
    return rc;
}
