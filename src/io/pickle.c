/* pickle.c - the stack machine of Python pickles, as far as it builds data.
 *
 * SPDX-License-Identifier: MIT
 *
 * Opcodes: Lib/pickletools.py of CPython describes each; protocols 0 to 5.
 */
#include "io/pickle_machine.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* More objects than any network has; keeps a small hostile file small in memory. */
#define MAX_OBJECT ((int64_t)1 << 22)
#define MAX_LINE   65536 /* of the text opcodes */

void
dna_pickle_tell(const dna_pickle_machine *m, const char *fmt, ...)
{
    char text[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    (void)dna_fail(DNA_EFORMAT, "pickle, byte %zu: %s", m->op_at, text);
}

/* ---- objects --------------------------------------------------------------------- */

int
dna_pickle_new(dna_pickle_machine *m, dna_pickle_kind kind, dna_pickle **out)
{
    if (m->n_object >= MAX_OBJECT) {
        return dna_pickle_fault(m, "more than %lld objects", (long long)MAX_OBJECT);
    }
    *out = dna_arena_alloc(m->arena, 1, sizeof(**out));
    if (*out == NULL) {
        return DNA_ENOMEM;
    }
    (*out)->kind = kind;
    m->n_object++;
    return DNA_OK;
}

/* Lists grow in the arena: what they leave behind is at most as much again. */
int
dna_pickle_add(dna_pickle_machine *m, dna_pickle_list *list, dna_pickle *item)
{
    if (list->n == list->cap) {
        int64_t cap = DNA_MAX(2 * list->cap, 4);
        dna_pickle **items = dna_arena_alloc(m->arena, (size_t)cap, sizeof(*items));
        if (items == NULL) {
            return DNA_ENOMEM;
        }
        if (list->n > 0) {
            memcpy(items, list->items, (size_t)list->n * sizeof(*items));
        }
        list->items = items;
        list->cap = cap;
    }
    list->items[list->n++] = item;
    return DNA_OK;
}

int
dna_pickle_push(dna_pickle_machine *m, dna_pickle *item)
{
    return dna_pickle_add(m, &m->stack, item);
}

static int
pop(dna_pickle_machine *m, dna_pickle **out)
{
    dna_pickle_list *s = &m->stack;
    if (s->n == 0 || s->items[s->n - 1] == NULL) {
        return dna_pickle_fault(m, "the stack has nothing to take");
    }
    *out = s->items[--s->n];
    return DNA_OK;
}

static int
top(dna_pickle_machine *m, dna_pickle **out)
{
    dna_pickle_list *s = &m->stack;
    if (s->n == 0 || s->items[s->n - 1] == NULL) {
        return dna_pickle_fault(m, "the stack is empty");
    }
    *out = s->items[s->n - 1];
    return DNA_OK;
}

/* Take everything above the last mark, and the mark: a view of the stack, good until the
 * next push. */
static int
pop_mark(dna_pickle_machine *m, dna_pickle_list *out)
{
    dna_pickle_list *s = &m->stack;
    int64_t i = s->n;
    while (i > 0 && s->items[i - 1] != NULL) {
        i--;
    }
    if (i == 0) {
        return dna_pickle_fault(m, "no mark on the stack");
    }
    *out = (dna_pickle_list){.items = s->items + i, .n = s->n - i};
    s->n = i - 1;
    return DNA_OK;
}

static int
add_all(dna_pickle_machine *m, dna_pickle_list *to, const dna_pickle_list *from)
{
    int rc = DNA_OK;
    for (int64_t i = 0; i < from->n; i++) {
        DNA_TRY(dna_pickle_add(m, to, from->items[i]));
    }
out:
    return rc;
}

/* ---- bytes ----------------------------------------------------------------------- */

int
dna_pickle_take(dna_pickle_machine *m, size_t n, const unsigned char **out)
{
    if (n > m->n - m->at) {
        return dna_pickle_fault(
            m, "cut off: %zu more bytes are needed, %zu are left", n, m->n - m->at);
    }
    *out = m->bytes + m->at;
    m->at += n;
    return DNA_OK;
}

/* An unsigned little-endian number of `size` bytes. */
int
dna_pickle_take_number(dna_pickle_machine *m, size_t size, uint64_t *out)
{
    const unsigned char *b = NULL;
    int rc = DNA_OK;

    *out = 0;
    DNA_TRY(dna_pickle_take(m, size, &b));
    for (size_t i = 0; i < size; i++) {
        *out |= (uint64_t)b[i] << (8 * i);
    }
out:
    return rc;
}

/* A line without its end, which must be there. */
int
dna_pickle_take_line(dna_pickle_machine *m, const char **out, size_t *n)
{
    const unsigned char *start = m->bytes + m->at;
    const unsigned char *end = memchr(start, '\n', DNA_MIN(m->n - m->at, MAX_LINE));
    if (end == NULL) {
        return dna_pickle_fault(m, "cut off: a line has no end");
    }
    *n = (size_t)(end - start);
    m->at += *n + 1;
    if (*n > 0 && start[*n - 1] == '\r') {
        (*n)--;
    }
    char *copy = dna_arena_alloc(m->arena, *n + 1, 1); /* it may have zeros inside */
    if (copy == NULL) {
        return DNA_ENOMEM;
    }
    memcpy(copy, start, *n);
    *out = copy;
    return DNA_OK;
}

/* ---- containers ------------------------------------------------------------------ */

int
dna_pickle_push_new(dna_pickle_machine *m, dna_pickle_kind kind)
{
    dna_pickle *p = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_pickle_new(m, kind, &p));
    DNA_TRY(dna_pickle_push(m, p));
out:
    return rc;
}

/* A list, tuple or set of what is above the mark. */
static int
push_marked(dna_pickle_machine *m, dna_pickle_kind kind)
{
    dna_pickle_list taken;
    dna_pickle *p = NULL;
    int rc = DNA_OK;

    DNA_TRY(pop_mark(m, &taken));
    DNA_TRY(dna_pickle_new(m, kind, &p));
    DNA_TRY(add_all(m, &p->items, &taken));
    DNA_TRY(dna_pickle_push(m, p));
out:
    return rc;
}

static int
push_tuple(dna_pickle_machine *m, int n)
{
    dna_pickle *items[3] = {NULL, NULL, NULL};
    dna_pickle *p = NULL;
    int rc = DNA_OK;

    for (int i = n - 1; i >= 0; i--) {
        DNA_TRY(pop(m, &items[i]));
    }
    DNA_TRY(dna_pickle_new(m, DNA_PICKLE_TUPLE, &p));
    for (int i = 0; i < n; i++) {
        DNA_TRY(dna_pickle_add(m, &p->items, items[i]));
    }
    DNA_TRY(dna_pickle_push(m, p));
out:
    return rc;
}

/* DICT: keys and values above the mark. */
static int
push_dict(dna_pickle_machine *m)
{
    dna_pickle_list taken;
    dna_pickle *p = NULL;
    int rc = DNA_OK;

    DNA_TRY(pop_mark(m, &taken));
    if (taken.n % 2 != 0) {
        return dna_pickle_fault(m, "a key without its value");
    }
    DNA_TRY(dna_pickle_new(m, DNA_PICKLE_DICT, &p));
    DNA_TRY(add_all(m, &p->pairs, &taken));
    DNA_TRY(dna_pickle_push(m, p));
out:
    return rc;
}

static int
set_items(dna_pickle_machine *m, const dna_pickle_list *taken)
{
    dna_pickle *p = NULL;
    int rc = DNA_OK;

    if (taken->n % 2 != 0) {
        return dna_pickle_fault(m, "a key without its value");
    }
    DNA_TRY(top(m, &p));
    if (p->kind != DNA_PICKLE_DICT && p->kind != DNA_PICKLE_CALL) {
        return dna_pickle_fault(m, "entries are put into what is no mapping");
    }
    DNA_TRY(add_all(m, &p->pairs, taken));
out:
    return rc;
}

static int
append_items(dna_pickle_machine *m, const dna_pickle_list *taken, bool is_set)
{
    dna_pickle *p = NULL;
    int rc = DNA_OK;

    DNA_TRY(top(m, &p));
    if (p->kind == DNA_PICKLE_CALL) {
        DNA_TRY(add_all(m, &p->appended, taken));
        goto out;
    }
    if (p->kind != (is_set ? DNA_PICKLE_SET : DNA_PICKLE_LIST)) {
        return dna_pickle_fault(
            m, "items are put into what is no %s", is_set ? "set" : "list");
    }
    DNA_TRY(add_all(m, &p->items, taken));
out:
    return rc;
}

/* APPENDS, ADDITEMS, SETITEMS: what lies above the mark goes into the object below. */
static int
put_marked(dna_pickle_machine *m, unsigned char op)
{
    dna_pickle_list taken;
    int rc = DNA_OK;

    DNA_TRY(pop_mark(m, &taken));
    rc = op == 'u' ? set_items(m, &taken) : append_items(m, &taken, op == 0x90);
out:
    return rc;
}

/* APPEND and SETITEM. */
static int
put_one(dna_pickle_machine *m, unsigned char op)
{
    dna_pickle *items[2] = {NULL, NULL};
    int n = op == 's' ? 2 : 1;
    int rc = DNA_OK;

    for (int i = n - 1; i >= 0; i--) {
        DNA_TRY(pop(m, &items[i]));
    }
    const dna_pickle_list taken = {.items = items, .n = n};
    rc = op == 's' ? set_items(m, &taken) : append_items(m, &taken, false);
out:
    return rc;
}

/* ---- the memo -------------------------------------------------------------------- */

static int
memo_put(dna_pickle_machine *m, uint64_t i)
{
    dna_pickle *p = NULL;
    int rc = DNA_OK;

    DNA_TRY(top(m, &p));
    if (i > m->op_at) { /* picklers count from 0: never more than bytes before */
        return dna_pickle_fault(m, "memo number %llu", (unsigned long long)i);
    }
    while ((uint64_t)m->memo.n <= i) {
        DNA_TRY(dna_pickle_add(m, &m->memo, NULL));
    }
    m->memo.items[i] = p;
out:
    return rc;
}

static int
memo_get(dna_pickle_machine *m, uint64_t i)
{
    if (i >= (uint64_t)m->memo.n || m->memo.items[i] == NULL) {
        return dna_pickle_fault(
            m, "memo number %llu was never set", (unsigned long long)i);
    }
    return dna_pickle_push(m, m->memo.items[i]);
}

/* GET and PUT of protocol 0 have their number as a line. */
static int
memo_text(dna_pickle_machine *m, bool is_put)
{
    const char *text = NULL;
    char *end = NULL;
    size_t n = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_pickle_take_line(m, &text, &n));
    unsigned long long i = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0') {
        return dna_pickle_fault(m, "\"%.40s\" is no memo number", text);
    }
    rc = is_put ? memo_put(m, i) : memo_get(m, i);
out:
    return rc;
}

static int
memo_number(dna_pickle_machine *m, size_t size, bool is_put)
{
    uint64_t i = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_pickle_take_number(m, size, &i));
    rc = is_put ? memo_put(m, i) : memo_get(m, i);
out:
    return rc;
}

/* ---- globals and calls ----------------------------------------------------------- */

static int
new_global(
    dna_pickle_machine *m, const char *module, const char *name, dna_pickle **out)
{
    dna_pickle *p = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_pickle_new(m, DNA_PICKLE_GLOBAL, &p));
    p->text = dna_arena_printf(m->arena, "%s.%s", module, name);
    if (p->text == NULL) {
        return DNA_ENOMEM;
    }
    p->n_byte = strlen(p->text);
    p->role = m->role(p->text);
    DNA_REQUIRE(p->role > 0, DNA_EUNSUPPORTED,
        "pickle, byte %zu: wants %.120s: only data are read, nothing is called",
        m->op_at, p->text);
    *out = p;
out:
    return rc;
}

static int
push_global(dna_pickle_machine *m)
{
    const char *module = NULL;
    const char *name = NULL;
    dna_pickle *p = NULL;
    size_t n = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_pickle_take_line(m, &module, &n));
    DNA_TRY(dna_pickle_take_line(m, &name, &n));
    DNA_TRY(new_global(m, module, name, &p));
    DNA_TRY(dna_pickle_push(m, p));
out:
    return rc;
}

static int
push_stack_global(dna_pickle_machine *m)
{
    dna_pickle *module = NULL;
    dna_pickle *name = NULL;
    dna_pickle *p = NULL;
    int rc = DNA_OK;

    DNA_TRY(pop(m, &name));
    DNA_TRY(pop(m, &module));
    if (module->kind != DNA_PICKLE_TEXT || name->kind != DNA_PICKLE_TEXT) {
        return dna_pickle_fault(m, "a global without a name");
    }
    DNA_TRY(new_global(m, module->text, name->text, &p));
    DNA_TRY(dna_pickle_push(m, p));
out:
    return rc;
}

static int
push_call(dna_pickle_machine *m, const dna_pickle *global, const dna_pickle_list *args)
{
    dna_pickle *p = NULL;
    int rc = DNA_OK;

    if (global->kind != DNA_PICKLE_GLOBAL) {
        return dna_pickle_fault(m, "calls what is no class or function");
    }
    DNA_TRY(dna_pickle_new(m, DNA_PICKLE_CALL, &p));
    p->role = global->role;
    p->text = global->text;
    p->n_byte = global->n_byte;
    DNA_TRY(add_all(m, &p->items, args));
    DNA_TRY(dna_pickle_push(m, p));
out:
    return rc;
}

/* REDUCE, NEWOBJ and NEWOBJ_EX: a global and a tuple of arguments. */
static int
call(dna_pickle_machine *m, bool has_keywords)
{
    dna_pickle *keywords = NULL;
    dna_pickle *args = NULL;
    dna_pickle *global = NULL;
    int rc = DNA_OK;

    if (has_keywords) {
        DNA_TRY(pop(m, &keywords));
    }
    DNA_TRY(pop(m, &args));
    DNA_TRY(pop(m, &global));
    if (args->kind != DNA_PICKLE_TUPLE
        || (keywords != NULL
            && (keywords->kind != DNA_PICKLE_DICT || keywords->pairs.n > 0))) {
        return dna_pickle_fault(m, "arguments that are none");
    }
    DNA_TRY(push_call(m, global, &args->items));
out:
    return rc;
}

/* OBJ: class and arguments above the mark. INST: the class as two lines. */
static int
call_marked(dna_pickle_machine *m, bool is_inst)
{
    const char *module = NULL;
    const char *name = NULL;
    dna_pickle *global = NULL;
    dna_pickle_list taken;
    size_t n = 0;
    int rc = DNA_OK;

    if (is_inst) {
        DNA_TRY(dna_pickle_take_line(m, &module, &n));
        DNA_TRY(dna_pickle_take_line(m, &name, &n));
        DNA_TRY(new_global(m, module, name, &global));
        DNA_TRY(pop_mark(m, &taken));
    } else {
        DNA_TRY(pop_mark(m, &taken));
        if (taken.n == 0) {
            return dna_pickle_fault(m, "a call of nothing");
        }
        global = taken.items[0];
        taken.items++;
        taken.n--;
    }
    DNA_TRY(push_call(m, global, &taken));
out:
    return rc;
}

static int
build(dna_pickle_machine *m)
{
    dna_pickle *state = NULL;
    dna_pickle *p = NULL;
    int rc = DNA_OK;

    DNA_TRY(pop(m, &state));
    DNA_TRY(top(m, &p));
    if (p->kind != DNA_PICKLE_CALL) {
        return dna_pickle_fault(m, "a state for what has none");
    }
    p->state = state;
out:
    return rc;
}

static int
push_ref(dna_pickle_machine *m)
{
    dna_pickle *id = NULL;
    dna_pickle *p = NULL;
    int rc = DNA_OK;

    DNA_TRY(pop(m, &id));
    DNA_TRY(dna_pickle_new(m, DNA_PICKLE_REF, &p));
    DNA_TRY(dna_pickle_add(m, &p->items, id));
    DNA_TRY(dna_pickle_add(m, &m->refs, p));
    DNA_TRY(dna_pickle_push(m, p));
out:
    return rc;
}

/* ---- the machine ----------------------------------------------------------------- */

static int
protocol(dna_pickle_machine *m)
{
    uint64_t version = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_pickle_take_number(m, 1, &version));
    DNA_REQUIRE(version <= 5, DNA_EUNSUPPORTED,
        "pickle, byte %zu: protocol %llu, of 0 to 5 that are known", m->op_at,
        (unsigned long long)version);
out:
    return rc;
}

static int
pop_any(dna_pickle_machine *m)
{
    if (m->stack.n == 0) {
        return dna_pickle_fault(m, "the stack has nothing to take");
    }
    m->stack.n--;
    return DNA_OK;
}

static int
duplicate(dna_pickle_machine *m)
{
    dna_pickle *p = NULL;
    int rc = DNA_OK;

    DNA_TRY(top(m, &p));
    DNA_TRY(dna_pickle_push(m, p));
out:
    return rc;
}

/* Frames only help a reader of a stream. */
static int
skip_frame(dna_pickle_machine *m)
{
    uint64_t n = 0;
    return dna_pickle_take_number(m, 8, &n);
}

static int
stop(dna_pickle_machine *m)
{
    m->is_done = true;
    return DNA_OK;
}

int
dna_pickle_unknown(const dna_pickle_machine *m, unsigned char op)
{
    switch (op) {
    case 0x82:
    case 0x83:
    case 0x84: /* EXT1, EXT2, EXT4 */
        return dna_fail(DNA_EUNSUPPORTED,
            "pickle, byte %zu: wants a function by its number in Python's extension "
            "registry: only data are read, nothing is called",
            m->op_at);
    case 0x97:
    case 0x98: /* NEXT_BUFFER, READONLY_BUFFER */
        return dna_fail(DNA_EUNSUPPORTED,
            "pickle, byte %zu: wants a buffer that is not in the file", m->op_at);
    case 'P': /* PERSID */
        return dna_fail(DNA_EUNSUPPORTED,
            "pickle, byte %zu: wants an object that is not in the file", m->op_at);
    default:
        return dna_pickle_fault(m, "0x%02x is no opcode", op);
    }
}

/* Globals, calls and the memo. */
static int
run_object(dna_pickle_machine *m, unsigned char op)
{
    switch (op) {
    case 'c':
        return push_global(m);
    case 0x93:
        return push_stack_global(m);
    case 'R':
    case 0x81:
    case 0x92:
        return call(m, op == 0x92);
    case 'i':
    case 'o':
        return call_marked(m, op == 'i');
    case 'b':
        return build(m);
    case 'Q':
        return push_ref(m);
    case 'p':
    case 'g':
        return memo_text(m, op == 'p');
    case 'q':
    case 'h':
        return memo_number(m, 1, op == 'q');
    case 'r':
    case 'j':
        return memo_number(m, 4, op == 'r');
    case 0x94:
        return memo_put(m, (uint64_t)m->memo.n);
    default:
        return dna_pickle_run_scalar(m, op);
    }
}

static int
run_opcode(dna_pickle_machine *m, unsigned char op)
{
    dna_pickle_list taken;

    switch (op) {
    case 0x80:
        return protocol(m);
    case 0x95:
        return skip_frame(m);
    case '.':
        return stop(m);
    case '(':
        return dna_pickle_push(m, NULL);
    case '0':
        return pop_any(m);
    case '1':
        return pop_mark(m, &taken);
    case '2':
        return duplicate(m);
    case ']':
        return dna_pickle_push_new(m, DNA_PICKLE_LIST);
    case '}':
        return dna_pickle_push_new(m, DNA_PICKLE_DICT);
    case ')':
        return dna_pickle_push_new(m, DNA_PICKLE_TUPLE);
    case 0x8f:
        return dna_pickle_push_new(m, DNA_PICKLE_SET);
    case 'l':
        return push_marked(m, DNA_PICKLE_LIST);
    case 't':
        return push_marked(m, DNA_PICKLE_TUPLE);
    case 0x91:
        return push_marked(m, DNA_PICKLE_SET);
    case 0x85:
    case 0x86:
    case 0x87:
        return push_tuple(m, op - 0x84);
    case 'd':
        return push_dict(m);
    case 'a':
    case 's':
        return put_one(m, op);
    case 'e':
    case 'u':
    case 0x90:
        return put_marked(m, op);
    default:
        return run_object(m, op);
    }
}

int
dna_pickle_parse(dna_pickle_result *out, dna_arena *arena, const unsigned char *bytes,
    size_t n, dna_pickle_role_fn role)
{
    dna_pickle_machine m = {.arena = arena, .bytes = bytes, .n = n, .role = role};
    int rc = DNA_OK;

    *out = (dna_pickle_result){0};
    while (!m.is_done) {
        m.op_at = m.at;
        DNA_REQUIRE(m.at < n, DNA_EFORMAT,
            "pickle, byte %zu: cut off, or no pickle: it has no end", n);
        DNA_TRY(run_opcode(&m, bytes[m.at++]));
    }
    DNA_TRY(pop(&m, &out->root));
    out->n_used = m.at;
    out->refs = m.refs;
out:
    return rc;
}

const char *
dna_pickle_describe(const dna_pickle *p, char *buf, size_t size)
{
    static const char *const names[] = {[DNA_PICKLE_NONE] = "None",
        [DNA_PICKLE_BOOL] = "a flag",
        [DNA_PICKLE_INT] = "an integer",
        [DNA_PICKLE_FLOAT] = "a number",
        [DNA_PICKLE_TEXT] = "text",
        [DNA_PICKLE_BYTES] = "bytes",
        [DNA_PICKLE_LIST] = "a list",
        [DNA_PICKLE_TUPLE] = "a tuple",
        [DNA_PICKLE_SET] = "a set",
        [DNA_PICKLE_DICT] = "a mapping",
        [DNA_PICKLE_GLOBAL] = "the class or function",
        [DNA_PICKLE_CALL] = "a call of",
        [DNA_PICKLE_REF] = "a storage"};
    bool has_name = p->kind == DNA_PICKLE_GLOBAL || p->kind == DNA_PICKLE_CALL;
    snprintf(buf, size, "%s%s%.80s", names[p->kind], has_name ? " " : "",
        has_name ? p->text : "");
    return buf;
}
