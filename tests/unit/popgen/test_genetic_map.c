/* test_genetic_map.c - rates along the sequence, and the files they come from.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "support/support.h"

#include "dnadna/genetic_map.h"

#define HAPMAP                                         \
    "Chromosome\tPosition(bp)\tRate(cM/Mb)\tMap(cM)\n" \
    "chr20\t1000\t2\t0\nchr20\t3000\t0\t0.004\n"       \
    "chr20\t4000\t10\t0.004\nchr20\t10000\t0\t0.064\n"

static void
assert_pieces(const dna_rate_map *map, int64_t n, const double *pos, const double *rate)
{
    assert_int_equal(map->n, n);
    for (int64_t i = 0; i < n; i++) {
        assert_near(map->pos[i], pos[i], 1e-12);
        assert_near(map->rate[i] * 1e8, rate[i] * 1e8, 1e-9);
    }
    assert_near(map->pos[n], pos[n], 1e-12);
}

static void
test_hapmap_is_read(void **state)
{
    (void)state;
    dna_rate_map *map = NULL;
    assert_ok(dna_rate_map_read_hapmap(&map, write_text("h.txt", HAPMAP)));
    assert_pieces(
        map, 4, (double[]){0, 1000, 3000, 4000, 10000}, (double[]){0, 2e-8, 0, 1e-7});
    /* the Map column, 0.064 cM in all, says the same */
    assert_near(dna_rate_map_mass(map, 1e9) * 100, 0.064, 1e-12);
    assert_near(dna_rate_map_mass(map, 2000) * 1e5, 2, 1e-12);
    dna_rate_map_free(map);
}

static void
test_map_column_serves_without_rates(void **state)
{
    (void)state;
    dna_rate_map *map = NULL;
    assert_ok(dna_rate_map_read_hapmap(
        &map, write_text("g.txt", "pos\tchr\tcM\r\n0\t20\t0\r\n2000\t20\t0.004\r\n"
                                  "3000\t20\t0.004\r\n")));
    assert_pieces(map, 2, (double[]){0, 2000, 3000}, (double[]){2e-8, 0});
    dna_rate_map_free(map);
}

static void
test_plink_is_read(void **state)
{
    (void)state;
    dna_rate_map *map = NULL;
    assert_ok(dna_rate_map_read_plink(
        &map, write_text("p.map", "20 rs1 0 1000\n20 . 0.004 3000\n20 rs9 9 -4\n"
                                  "20 rs3 0.064 9000\n")));
    assert_pieces(map, 3, (double[]){0, 1000, 3000, 9000}, (double[]){0, 2e-8, 1e-7});
    dna_rate_map_free(map);
}

static void
test_windows_are_cut_and_moved(void **state)
{
    (void)state;
    dna_rate_map *map = NULL;
    dna_rate_map *w = NULL;
    assert_ok(dna_rate_map_read_hapmap(&map, write_text("h.txt", HAPMAP)));
    assert_ok(dna_rate_map_window(&w, map, 2000, 5000));
    assert_pieces(w, 3, (double[]){0, 1000, 2000, 3000}, (double[]){2e-8, 0, 1e-7});
    dna_rate_map_free(w);
    assert_ok(dna_rate_map_window(&w, map, 9000, 12000));
    assert_pieces(w, 2, (double[]){0, 1000, 3000}, (double[]){1e-7, 0});
    dna_rate_map_free(w);
    assert_ok(dna_rate_map_window(&w, map, 20000, 21000)); /* beyond all */
    assert_pieces(w, 1, (double[]){0, 1000}, (double[]){0});
    dna_rate_map_free(w);
    assert_fails(dna_rate_map_window(&w, map, 5, 5), DNA_EARG, "start < end");
    dna_rate_map_free(map);

    /* a map that begins after 0 says nothing about what is before */
    assert_ok(dna_rate_map_new(&map, (double[]){1000, 2000}, (double[]){1e-8}, 1));
    assert_ok(dna_rate_map_window(&w, map, 500, 1500));
    assert_pieces(w, 2, (double[]){0, 500, 1000}, (double[]){0, 1e-8});
    dna_rate_map_free(w);
    assert_ok(dna_rate_map_window(&w, map, 0, 700));
    assert_pieces(w, 1, (double[]){0, 700}, (double[]){0});
    dna_rate_map_free(w);
    dna_rate_map_free(map);
}

static void
check_bad(int (*read)(dna_rate_map **, const char *), const char *text, const char *why)
{
    dna_rate_map *map = NULL;
    assert_fails(read(&map, write_text("bad.txt", text)), DNA_EFORMAT, why);
    assert_null(map);
}

static void
test_bad_files_name_their_line(void **state)
{
    (void)state;
    dna_rate_map *map = NULL;
    assert_fails(
        dna_rate_map_read_hapmap(&map, test_path("absent")), DNA_ENOTFOUND, "absent");
    check_bad(dna_rate_map_read_hapmap, "a b c\n1 2 3\n", "bad.txt:1: the header");
    check_bad(dna_rate_map_read_hapmap, "pos rate\n1 2\n", "at least two positions");
    check_bad(dna_rate_map_read_hapmap, "pos rate\n1 2\n\n1 2\n",
        "bad.txt:4: position 1 is not above 1");
    check_bad(dna_rate_map_read_hapmap, "pos rate\n1 2\n2 -2\n3 0\n",
        "bad.txt:3: the rate is below 0");
    check_bad(dna_rate_map_read_hapmap, "pos rate\n1 2\n2 x\n",
        "bad.txt:3: rate \"x\" is not a number");
    check_bad(dna_rate_map_read_hapmap, "pos rate\n1 2\n2 inf\n",
        "bad.txt:3: rate \"inf\" is not a number");
    check_bad(dna_rate_map_read_hapmap, "pos rate\n1 2\n2\n", "bad.txt:3: 1 columns");
    check_bad(dna_rate_map_read_hapmap, "pos cM\n1 2\n2 1\n",
        "bad.txt:3: the genetic position decreases");
    check_bad(dna_rate_map_read_hapmap, "chr pos cM\n1 2 0\n2 3 1\n",
        "bad.txt:3: chromosome 2 after 1");
    check_bad(dna_rate_map_read_hapmap, "\x1f\x8b", "gzip");
    check_bad(dna_rate_map_read_plink, "1 a 0 1\n1 b 2\n", "bad.txt:2: 3 columns");
}

static void
test_bad_pieces_are_refused(void **state)
{
    (void)state;
    dna_rate_map *map = NULL;
    double nan_ = (double)NAN;
    assert_fails(dna_rate_map_new(&map, (double[]){0, 0}, (double[]){1}, 1), DNA_EARG,
        "position 1: 0 is not above 0");
    assert_fails(dna_rate_map_new(&map, (double[]){0, nan_}, (double[]){1}, 1),
        DNA_EARG, "position 1");
    assert_fails(dna_rate_map_new(&map, (double[]){0, 1}, (double[]){-1}, 1), DNA_EARG,
        "rate 0: -1");
    assert_fails(
        dna_rate_map_new(&map, (double[]){0}, NULL, 0), DNA_EARG, "at least one piece");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hapmap_is_read),
        cmocka_unit_test(test_map_column_serves_without_rates),
        cmocka_unit_test(test_plink_is_read),
        cmocka_unit_test(test_windows_are_cut_and_moved),
        cmocka_unit_test(test_bad_files_name_their_line),
        cmocka_unit_test(test_bad_pieces_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
