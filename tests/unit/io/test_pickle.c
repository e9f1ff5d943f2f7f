/* test_pickle.c - opcodes by hand, damaged and hostile programs.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "io/pickle.h"

enum { ORDERED = 1, PLAIN };

static int
role_of(const char *name)
{
    return strcmp(name, "collections.OrderedDict") == 0 ? ORDERED
           : strcmp(name, "m.Plain") == 0               ? PLAIN
                                                        : 0;
}

/* A tree as text: what Python's repr would say, nearly. */
static void show(dna_str *s, const dna_pickle *p, int depth);

static void
show_list(dna_str *s, const dna_pickle_list *list, const char *ends, int depth)
{
    dna_str_addc(s, ends[0]);
    for (int64_t i = 0; i < list->n; i++) {
        dna_str_add(s, i > 0 ? " " : "");
        show(s, list->items[i], depth + 1);
    }
    dna_str_addc(s, ends[1]);
}

static void
show(dna_str *s, const dna_pickle *p, int depth)
{
    if (depth > 8) {
        dna_str_add(s, "...");
        return;
    }
    switch (p->kind) {
    case DNA_PICKLE_NONE:
        dna_str_add(s, "None");
        break;
    case DNA_PICKLE_BOOL:
        dna_str_add(s, p->boolean ? "True" : "False");
        break;
    case DNA_PICKLE_INT:
        dna_str_addf(s, "%lld", (long long)p->integer);
        break;
    case DNA_PICKLE_FLOAT:
        dna_str_addf(s, "%s%.17g", p->is_rounded ? "~" : "", p->number);
        break;
    case DNA_PICKLE_TEXT:
        dna_str_addf(s, "'%s'", p->text);
        break;
    case DNA_PICKLE_BYTES:
        dna_str_addf(s, "b'%s'", p->text);
        break;
    case DNA_PICKLE_LIST:
        show_list(s, &p->items, "[]", depth);
        break;
    case DNA_PICKLE_TUPLE:
        show_list(s, &p->items, "()", depth);
        break;
    case DNA_PICKLE_SET:
        show_list(s, &p->items, "<>", depth);
        break;
    case DNA_PICKLE_DICT:
        show_list(s, &p->pairs, "{}", depth);
        break;
    case DNA_PICKLE_GLOBAL:
        dna_str_add(s, p->text);
        break;
    case DNA_PICKLE_CALL:
        dna_str_add(s, p->text);
        show_list(s, &p->items, "()", depth);
        show_list(s, &p->pairs, "{}", depth);
        show_list(s, &p->appended, "[]", depth);
        if (p->state != NULL) {
            show(s, p->state, depth + 1);
        }
        break;
    case DNA_PICKLE_REF:
        show_list(s, &p->items, "@@", depth);
        break;
    }
}

static int
parse(dna_str *text, const char *bytes, size_t n)
{
    dna_arena *arena = NULL;
    dna_pickle_result r;
    assert_ok(dna_arena_new(&arena));
    int rc = dna_pickle_parse(&r, arena, (const unsigned char *)bytes, n, role_of);
    if (rc == DNA_OK) {
        show(text, r.root, 0);
    }
    dna_arena_free(arena);
    return rc;
}

#define P(literal) (literal), sizeof(literal) - 1

/* What Python's pickle.loads() makes of each was compared by hand. */
static void
test_each_opcode(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *want;
    } rows[] = {{P("N."), "None"}, {P("\x80\x02\x88."), "True"}, {P("\x89."), "False"},
        {P("I01\n."), "True"}, {P("I00\n."), "False"}, {P("I-17\n."), "-17"},
        {P("L123L\n."), "123"},
        {P("L123456789012345678901L\n."), "~1.2345678901234568e+20"},
        {P("J\xff\xff\xff\xff."), "-1"}, {P("J\x01\x02\x00\x00."), "513"},
        {P("K\xff."), "255"}, {P("M\x01\x02."), "513"}, {P("\x8a\x00."), "0"},
        {P("\x8a\x01\xff."), "-1"}, {P("\x8a\x02\xff\x00."), "255"},
        {P("\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80."), "-9223372036854775808"},
        {P("\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x80\x00."), "~9.2233720368547758e+18"},
        {P("\x8b\x09\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff."), "-1"},
        {P("F1.5\n."), "1.5"}, {P("Fnan\n."), "nan"},
        {P("G\x3f\xf8\x00\x00\x00\x00\x00\x00."), "1.5"},
        {P("S'a\\n\\x41'\n."), "'a\nA'"}, {P("S\"it's\"\n."), "'it's'"},
        {P("Vt\\u00e9 \\U0001F600\n."), "'té 😀'"}, {P("U\x02hi."), "'hi'"},
        {P("T\x02\x00\x00\x00hi."), "'hi'"}, {P("X\x02\x00\x00\x00hi."), "'hi'"},
        {P("\x8c\x02hi."), "'hi'"},
        {P("\x8d\x02\x00\x00\x00\x00\x00\x00\x00hi."), "'hi'"},
        {P("C\x02hi."), "b'hi'"}, {P("B\x02\x00\x00\x00hi."), "b'hi'"},
        {P("\x8e\x02\x00\x00\x00\x00\x00\x00\x00hi."), "b'hi'"},
        {P("\x96\x02\x00\x00\x00\x00\x00\x00\x00hi."), "b'hi'"}, {P("]."), "[]"},
        {P(")."), "()"}, {P("}."), "{}"}, {P("\x8f."), "<>"},
        {P("(K\x01K\x02l."), "[1 2]"}, {P("(K\x01K\x02t."), "(1 2)"},
        {P("(K\x01K\x02\x91."), "<1 2>"},
        {P("(K\x01K\x02"
           "d."),
            "{1 2}"},
        {P("K\x01\x85."), "(1)"}, {P("K\x01K\x02\x86."), "(1 2)"},
        {P("K\x01K\x02K\x03\x87."), "(1 2 3)"},
        {P("]K\x01"
           "a."),
            "[1]"},
        {P("](K\x01K\x02"
           "e."),
            "[1 2]"},
        {P("}K\x01K\x02s."), "{1 2}"}, {P("}(K\x01K\x02K\x03K\x04u."), "{1 2 3 4}"},
        {P("\x8f(K\x01\x90."), "<1>"},
        {P("K\x01K\x02"
           "0."),
            "1"},
        {P("K\x01(K\x02K\x03"
           "1."),
            "1"},
        {P("K\x01"
           "2\x86."),
            "(1 1)"},
        {P("K\x07q\x00"
           "0h\x00."),
            "7"},
        {P("K\x07r\x00\x00\x00\x00"
           "0j\x00\x00\x00\x00."),
            "7"},
        {P("K\x07p0\n0g0\n."), "7"},
        {P("K\x07\x94K\x08\x94"
           "00h\x01h\x00\x86."),
            "(8 7)"},
        {P("\x80\x04\x95\x03\x00\x00\x00\x00\x00\x00\x00K\x01."), "1"},
        {P("ccollections\nOrderedDict\n."), "collections.OrderedDict"},
        {P("ccollections\nOrderedDict\n)RK\x01K\x02s."),
            "collections.OrderedDict(){1 2}[]"},
        {P("cm\nPlain\n(K\x01tRK\x02"
           "b."),
            "m.Plain(1){}[]2"},
        {P("cm\nPlain\n)\x81K\x01"
           "a."),
            "m.Plain(){}[1]"},
        {P("cm\nPlain\n)}\x92."), "m.Plain(){}[]"},
        {P("(K\x01im\nPlain\n."), "m.Plain(1){}[]"},
        {P("(cm\nPlain\nK\x01o."), "m.Plain(1){}[]"},
        {P("\x8c\x01m\x8c\x05Plain\x93."), "m.Plain"}, {P("K\x05Q."), "@5@"},
        {P("]q\x00h\x00"
           "a."),
            "[[[[[[[[[...]]]]]]]]]"}};
    for (int64_t i = 0; i < DNA_COUNT(rows); i++) {
        dna_str text;
        dna_str_init(&text, 0);
        if (parse(&text, rows[i].bytes, rows[i].n) != DNA_OK
            || strcmp(dna_str_text(&text), rows[i].want) != 0) {
            fail_msg(
                "%s: got %s (%s)", rows[i].want, dna_str_text(&text), dna_message());
        }
        /* every part of it is cut off and says so */
        for (size_t n = 0; n < rows[i].n; n++) {
            dna_str rest;
            dna_str_init(&rest, 0);
            assert_int_equal(parse(&rest, rows[i].bytes, n), DNA_EFORMAT);
            dna_str_clear(&rest);
        }
        dna_str_clear(&text);
    }
}

static void
test_what_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        int code;
        const char *message;
    } rows[] = {{P("cos\nsystem\n(S'x'\ntR."), DNA_EUNSUPPORTED,
                    "byte 0: wants os.system: only data"},
        {P("K\x01"
           "0cos\nsystem\n0N."),
            DNA_EUNSUPPORTED, "byte 3: wants os.system"},
        {P("(S'x'\nios\nsystem\n."), DNA_EUNSUPPORTED, "wants os.system"},
        {P("\x8c\x02os\x8c\x06system\x93."), DNA_EUNSUPPORTED, "wants os.system"},
        {P("ccollections\nordereddict\n."), DNA_EUNSUPPORTED,
            "collections.ordereddict"},
        {P("cm\nPlain.x\n."), DNA_EUNSUPPORTED, "m.Plain.x"},
        {P("\x82\x01."), DNA_EUNSUPPORTED, "registry"},
        {P("\x97."), DNA_EUNSUPPORTED, "buffer"},
        {P("Pid\n."), DNA_EUNSUPPORTED, "not in the file"},
        {P("\x80\x06N."), DNA_EUNSUPPORTED, "protocol 6"},
        {P("K\x01K\x02R."), DNA_EFORMAT, "arguments"},
        {P("K\x01)R."), DNA_EFORMAT, "calls what is no class"},
        {P("K\x01K\x02s."), DNA_EFORMAT, "stack is empty"},
        {P("]K\x01K\x02s."), DNA_EFORMAT, "no mapping"},
        {P("K\x01K\x02"
           "a."),
            DNA_EFORMAT, "no list"},
        {P("K\x01N"
           "b."),
            DNA_EFORMAT, "has none"},
        {P("(K\x01"
           "d."),
            DNA_EFORMAT, "without its value"},
        {P("K\x01t."), DNA_EFORMAT, "no mark"},
        {P("(."), DNA_EFORMAT, "nothing to take"},
        {P("."), DNA_EFORMAT, "nothing to take"},
        {P("h\x00."), DNA_EFORMAT, "never set"},
        {P("Nr\xff\xff\xff\x7f."), DNA_EFORMAT, "memo number"},
        {P("\x8d\xff\xff\xff\xff\xff\xff\xff\xffx."), DNA_EFORMAT, "cut off"},
        {P("\x8b\xff\xff\xff\x7f\x00."), DNA_EFORMAT, "an integer of"},
        {P("I12x\n."), DNA_EFORMAT, "no integer"},
        {P("F\n."), DNA_EFORMAT, "no number"}, {P("Sx\n."), DNA_EFORMAT, "quotes"},
        {P("V\0\\u\n."), DNA_EFORMAT, "broken"},
        {P("V\\u12\n."), DNA_EFORMAT, "broken"},
        {P("\xfe."), DNA_EFORMAT, "0xfe is no opcode"}};
    for (int64_t i = 0; i < DNA_COUNT(rows); i++) {
        dna_str text;
        dna_str_init(&text, 0);
        int rc = parse(&text, rows[i].bytes, rows[i].n);
        if (rc != rows[i].code || strstr(dna_message(), rows[i].message) == NULL) {
            fail_msg("row %d (%s): %s: %s", (int)i, rows[i].message,
                dna_status_name(rc), dna_message());
        }
        dna_str_clear(&text);
    }
}

/* A megabyte of the opcodes that make most of least: memory stays in proportion. */
static void
test_memory_is_bounded(void **state)
{
    (void)state;
    static const char *const floods[] = {"]", "(", "N", "2", "]q\x01"};
    const size_t n = 1 << 20;
    unsigned char *bytes = malloc(n);
    assert_non_null(bytes);
    for (int64_t k = 0; k < DNA_COUNT(floods); k++) {
        const size_t width = strlen(floods[k]);
        dna_arena *arena = NULL;
        dna_pickle_result r;
        assert_ok(dna_arena_new(&arena));
        bytes[0] = 'N';
        for (size_t i = 1; i < n; i++) {
            bytes[i] = (unsigned char)floods[k][(i - 1) % width];
        }
        assert_true(dna_pickle_parse(&r, arena, bytes, n, role_of) < 0);
        assert_true(dna_arena_used(arena) < 400 * n);
        dna_arena_free(arena);
    }
    free(bytes);
}

static void
test_out_of_memory(void **state)
{
    (void)state;
    static const char bytes[] =
        "(ccollections\nOrderedDict\n)R(S'a'\nVb\nK\x01]q\x00(NNNNNeu\x8a\x01\x01Ql.";
    for_each_oom(i) {
        dna_arena *arena = NULL;
        dna_pickle_result r;
        int rc = dna_arena_new(&arena);
        if (rc == DNA_OK) {
            rc = dna_pickle_parse(
                &r, arena, (const unsigned char *)bytes, sizeof(bytes) - 1, role_of);
        }
        dna_arena_free(arena);
        bool has_failed = dna_mem_has_failed();
        assert_int_equal(rc, has_failed ? DNA_ENOMEM : DNA_OK);
        if (oom_done()) {
            break;
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_opcode),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_memory_is_bounded), cmocka_unit_test(test_out_of_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
