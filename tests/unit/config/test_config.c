/* test_config.c - inheritance: layers, merging, marks, cycles, where values come from.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/arena_fixture.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "config/config.h"
#include "io/yaml.h"

static dna_value *
yaml(const char *text)
{
    dna_value *v = NULL;
    assert_ok(dna_yaml_parse(&v, arena, text, strlen(text), NULL));
    return v;
}

static dna_value *
loaded(const char *path)
{
    dna_value *v = NULL;
    assert_ok(dna_config_load(&v, arena, path));
    return v;
}

static void
assert_loads(const char *path, const char *expected)
{
    dna_value *v = loaded(path);
    if (!dna_value_equal(v, yaml(expected))) {
        dna_str s;
        dna_str_init(&s, 0);
        assert_ok(dna_yaml_write(&s, v, NULL));
        fail_msg("%s is\n%s, not %s", path, dna_str_text(&s), expected);
    }
}

static int
load_status(const char *path)
{
    dna_value *v = NULL;
    return dna_config_load(&v, arena, path);
}

static void
assert_merge(const char *layers, const char *expected)
{
    const dna_value *list = yaml(layers);
    dna_value *v = NULL;
    assert_ok(dna_config_merge(&v, arena, list->items, list->n));
    assert_true(dna_value_equal(v, yaml(expected)));
}

static void
test_merge_stops_at_the_first_value_that_is_no_mapping(void **state)
{
    (void)state;
    assert_merge(
        "[{a: {b: 2}}, {a: {c: 3}}, {a: 5}, {a: {d: 4}}]", "{a: {b: 2, c: 3}}");
    assert_merge(
        "[{a: {b: 2}}, {a: {c: 3}}, {}, {a: {d: 4}}]", "{a: {b: 2, c: 3, d: 4}}");
    assert_merge("[{a: null}, {a: {b: 1}}]", "{a: null}");
    assert_merge("[{a: [1]}, {a: [2, 3]}]", "{a: [1]}");
    assert_merge("[{a: 1}, {a: {b: 1}, c: 2}]", "{a: 1, c: 2}");
    assert_merge(
        "[{a: {b: {c: 1}}}, {a: {b: {d: 2}, e: 3}}]", "{a: {b: {c: 1, d: 2}, e: 3}}");
    assert_merge("[]", "{}");
}

static void
test_merge_keeps_the_order_of_first_appearance(void **state)
{
    (void)state;
    const dna_value *list = yaml("[{z: 1, a: 2}, {b: 1, z: 3}, {c: 0, b: 9}]");
    static const char *const order[] = {"z", "a", "b", "c"};
    dna_value *v = NULL;
    assert_ok(dna_config_merge(&v, arena, list->items, list->n));
    for (int64_t i = 0; i < 4; i++) {
        assert_string_equal(v->keys[i], order[i]);
    }
}

static void
test_merge_leaves_its_layers_alone(void **state)
{
    (void)state;
    const dna_value *list = yaml("[{a: {b: 1}}, {a: {c: 2}}]");
    dna_value *v = NULL;
    assert_ok(dna_config_merge(&v, arena, list->items, list->n));
    dna_value_get_path(v, "a.b")->integer = 7;
    assert_int_equal(dna_value_get_path(list->items[0], "a.b")->integer, 1);
    assert_int_equal(dna_value_get_path(list->items[0], "a")->n, 1);
    const dna_value *wrong = yaml("[{a: 1}, 5]");
    assert_fails(dna_config_merge(&v, arena, wrong->items, 2), DNA_EARG,
        "an integer is not a mapping");
}

/* the worked example of the documentation */
static void
test_child_adds_and_overrides(void **state)
{
    (void)state;
    write_text("base.yml", "sizes:\n    min_snp: 100\n    min_indiv: 10\n"
                           "params:\n"
                           "    p1: {type: regression, log_transform: true}\n"
                           "    p2: {type: classification, classes: 2}\n");
    const char *child = write_text("child.yml", "inherit: base.yml\n"
                                                "sizes:\n    min_snp: 400\n"
                                                "params:\n"
                                                "    p2: {classes: 3}\n"
                                                "    p3: {type: regression}\n");
    assert_loads(child,
        "{sizes: {min_snp: 400, min_indiv: 10}, params: {"
        "p1: {type: regression, log_transform: true}, p2: {type: classification, classes: 3}, p3: {type: regression}}}");
    const char *marked = write_text("marked.yml", "inherit: base.yml\n"
                                                  "params!:\n"
                                                  "    p2: {classes: 3}\n"
                                                  "    p3: {type: regression}\n");
    assert_loads(marked,
        "{sizes: {min_snp: 100, min_indiv: 10}, params: {p2: {classes: 3}, p3: {type: regression}}}");
}

static void
test_later_files_of_a_list_win(void **state)
{
    (void)state;
    write_text("one.yml", "{a: 1, b: 1, m: {x: 1, y: 1}}");
    write_text("two.json", "{\"b\": 2, \"c\": 2, \"m\": {\"y\": 2}}");
    assert_loads(write_text("list.yml", "inherit: [one.yml, two.json]\nc: 3\n"),
        "{a: 1, b: 2, c: 3, m: {x: 1, y: 2}}");
    assert_loads(
        write_text("list.json", "{\"c\": 3, \"inherit\": [\"two.json\", \"one.yml\"]}"),
        "{a: 1, b: 1, c: 3, m: {x: 1, y: 1}}");
    assert_loads(write_text("nothing.yml", "{inherit: [], a: 1}"), "{a: 1}");
}

static void
test_inherit_works_at_any_depth_of_mappings(void **state)
{
    (void)state;
    assert_int_equal(mkdir(test_path("sub"), 0700), 0);
    write_text("sub/leaf.yml", "{x: 1, y: {z: 2}}");
    write_text("sub/middle.yml", "{inherit: leaf.yml, w: 3}");
    assert_loads(write_text("deep.yml", "a:\n  b:\n    inherit: sub/middle.yml\n"
                                        "    y: {t: 4}\n"
                                        "l: [{inherit: nowhere.yml}]\n"),
        "{a: {b: {y: {t: 4, z: 2}, w: 3, x: 1}}, l: [{inherit: nowhere.yml}]}");
    /* own keys of an outer layer go before what an inner mapping inherits */
    write_text("outer.yml", "{a: {k: outer, x: outer}}");
    assert_loads(write_text("both.yml", "inherit: outer.yml\n"
                                        "a: {inherit: sub/leaf.yml, k: own}\n"),
        "{a: {k: own, x: 1, y: {z: 2}}}");
}

static void
test_marks_act_at_their_path(void **state)
{
    (void)state;
    write_text("low.yml", "{a: {b: {x: 1}, c: {x: 1}}}");
    assert_loads(write_text("m1.yml", "inherit: low.yml\na: {b!: {y: 2}, c: {y: 2}}\n"),
        "{a: {b: {y: 2}, c: {y: 2, x: 1}}}");
    /* once any layer has the mark, the first layer with the path wins */
    write_text("mid.yml", "{inherit: low.yml, d: {p: 1}}");
    assert_loads(write_text("m2.yml", "inherit: mid.yml\na: {c: {z: 3}}\nd!: 5\n"),
        "{a: {c: {z: 3, x: 1}, b: {x: 1}}, d: 5}");
    assert_loads(write_text("m3.yml", "{a!: {b!: 1}, c: 2}"), "{a: {b: 1}, c: 2}");
    /* a mark has done its work when its file is complete */
    write_text("m4.yml", "inherit: low.yml\na!: {y: 2}\n");
    assert_loads(
        write_text("m5.yml", "inherit: m4.yml\na: {z: 3}\n"), "{a: {z: 3, y: 2}}");
    assert_fails(load_status(write_text("m6.yml", "a: {x!: 1,\n x: 2}\n")), DNA_EARG,
        "m6.yml:1: x!: is also there without \"!\"");
    assert_fails(load_status(write_text("m7.yml", "inherit!: low.yml\n")), DNA_EARG,
        "takes no \"!\"");
}

static void
test_cycles_are_reported_with_their_chain(void **state)
{
    (void)state;
    const char *a = write_text("a.yml", "inherit: b.yml\n");
    write_text("b.yml", "k: {inherit: [c.yml]}\n");
    write_text("c.yml", "inherit: ./a.yml\n");
    assert_fails(load_status(a), DNA_EARG,
        "a.yml: inherits itself: a.yml -> b.yml -> c.yml -> a.yml");
    const char *self = write_text("self.yml", "inherit: self.yml\n");
    assert_fails(load_status(self), DNA_EARG, "inherits itself: self.yml -> self.yml");
    const char *tail = write_text("tail.yml", "inherit: b.yml\n");
    assert_fails(load_status(tail), DNA_EARG,
        "b.yml: inherits itself: b.yml -> c.yml -> a.yml -> b.yml");
    /* the same file twice is no cycle */
    write_text("low2.yml", "{x: 1}");
    assert_loads(write_text("twice.yml", "a: {inherit: low2.yml}\n"
                                         "b: {inherit: low2.yml}\n"),
        "{a: {x: 1}, b: {x: 1}}");
}

static void
test_growth_of_inheritance_is_bounded(void **state)
{
    (void)state;
    char name[32];
    char text[64];
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof(name), "g%d.yml", i);
        snprintf(text, sizeof(text), "a: {inherit: g%d.yml}\nb: {inherit: g%d.yml}\n",
            i + 1, i + 1);
        write_text(name, text);
    }
    write_text("g10.yml", "x: 1\n");
    assert_fails(
        load_status(test_path("g0.yml")), DNA_EFORMAT, "more than 500 files inherited");
    for (int i = 0; i < 70; i++) {
        snprintf(name, sizeof(name), "h%d.yml", i);
        snprintf(text, sizeof(text), "inherit: h%d.yml\n", i + 1);
        write_text(name, text);
    }
    assert_fails(
        load_status(test_path("h0.yml")), DNA_EFORMAT, "inherited over more than 64");
}

static void
test_mistakes_name_file_and_line(void **state)
{
    (void)state;
    assert_fails(load_status(write_text("n1.yml", "a: 1\ninherit: 5\n")), DNA_EARG,
        "n1.yml:2: inherit: an integer is not a file name or a list of file names");
    assert_fails(load_status(write_text("n2.yml", "inherit: [{a: 1}]\n")), DNA_EARG,
        "a mapping is not a file name");
    assert_fails(load_status(write_text("n3.yml", "inherit: null\n")), DNA_EARG,
        "null is not a file name");
    assert_fails(load_status(write_text("n4.yml", "\ninherit: none.yml\n")),
        DNA_ENOTFOUND, "n4.yml:2: inherit: ");
    assert_non_null(strstr(dna_message(), "none.yml"));
    assert_fails(load_status(write_text("n5.yml", "inherit: .\n")), DNA_EUNSUPPORTED,
        "a config is a .yml, .yaml or .json file");
    assert_fails(load_status(write_text("n6.txt", "a: 1\n")), DNA_EUNSUPPORTED,
        "n6.txt: a config is");
    assert_fails(load_status(write_text("n7.yml", "- 1\n")), DNA_EFORMAT,
        "n7.yml: holds a list, not a mapping");
    assert_fails(load_status(write_text("n8.yml", "")), DNA_EFORMAT,
        "n8.yml: holds nothing, not a mapping");
    assert_fails(
        load_status(write_text("n9.json", "{\"a\": }")), DNA_EFORMAT, "n9.json:1");
    assert_int_equal(mkdir(test_path("folder.yml"), 0700), 0);
    assert_fails(load_status(test_path("folder.yml")), DNA_EIO, "folder.yml");
    write_text("bad.yml", "a: [\n");
    assert_fails(load_status(write_text("n10.yml", "inherit: bad.yml\n")), DNA_EFORMAT,
        "bad.yml:2: ");
}

static void
test_values_remember_the_file_that_supplied_them(void **state)
{
    (void)state;
    write_text("f_base.yml", "m:\n  x: 1\n  y: 2\n");
    const dna_value *v = loaded(write_text("f_child.yml", "inherit: f_base.yml\n"
                                                          "m: {y: 3}\n"));
    assert_true(dna_str_ends_with(dna_value_get_path(v, "m.x")->file, "/f_base.yml"));
    assert_int_equal(dna_value_get_path(v, "m.x")->line, 2);
    assert_true(dna_str_ends_with(dna_value_get_path(v, "m.y")->file, "/f_child.yml"));
    assert_true(dna_str_ends_with(v->file, "/f_child.yml"));
}

static void
test_text_in_memory_inherits_from_its_folder(void **state)
{
    (void)state;
    dna_value *v = NULL;
    write_text("mem.yml", "x: 1\n");
    assert_ok(dna_config_parse(
        &v, arena, "inherit: mem.yml\ny: 2\n", "text.yml", test_dir()));
    assert_true(dna_value_equal(v, yaml("{y: 2, x: 1}")));
    assert_ok(dna_config_parse(&v, arena, "a!: 1", "text.yml", NULL));
    assert_true(dna_value_equal(v, yaml("{a: 1}")));
    assert_fails(dna_config_parse(&v, arena, "inherit: nowhere.yml", "text.yml", NULL),
        DNA_ENOTFOUND, "text.yml:1: inherit: ");
}

static void
test_memory_running_out_is_an_error(void **state)
{
    (void)state;
    write_text("o_base.yml", "{a: {b: 1, c!: [1, 2]}, d: x}");
    const char *path = write_text("o_child.yml", "inherit: o_base.yml\na: {e: 2}\n");
    for_each_oom(i) {
        dna_arena *a = NULL;
        dna_value *v = NULL;
        int rc = dna_arena_new(&a);
        if (rc == DNA_OK) {
            rc = dna_config_load(&v, a, path);
        }
        assert_true(rc == DNA_OK || (rc == DNA_ENOMEM && dna_mem_has_failed()));
        dna_arena_free(a);
        if (oom_done()) {
            assert_int_equal(rc, DNA_OK);
            break;
        }
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_merge_stops_at_the_first_value_that_is_no_mapping),
        T(test_merge_keeps_the_order_of_first_appearance),
        T(test_merge_leaves_its_layers_alone),
        T(test_child_adds_and_overrides),
        T(test_later_files_of_a_list_win),
        T(test_inherit_works_at_any_depth_of_mappings),
        T(test_marks_act_at_their_path),
        T(test_cycles_are_reported_with_their_chain),
        T(test_growth_of_inheritance_is_bounded),
        T(test_mistakes_name_file_and_line),
        T(test_values_remember_the_file_that_supplied_them),
        T(test_text_in_memory_inherits_from_its_folder),
        cmocka_unit_test(test_memory_running_out_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
