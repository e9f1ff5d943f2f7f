/* test_products.c - products of every instruction set against sums in double.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "dnadna/rng.h"
#include "nn/kernels/kernels.h"
#include "support/support.h"

enum { MAX_A = 40000, MAX_B = 60000, MAX_C = 40000 };

typedef struct {
    int64_t M, K, U, N, step_m, step_k, step_u;
} shape;

/* Windows that overlap, their transposes, several pieces; one of each; odd rests. */
static const shape shapes[] = {
    {60, 150, 1, 50, 50, 1, 0}, {198, 150, 1, 50, 50, 1, 0}, {150, 96, 1, 50, 1, 50, 0},
    {37, 33, 1, 17, 33, 1, 0}, {33, 300, 1, 70, 7, 1, 0}, {35, 130, 3, 65, 4, 1, 900},
    {33, 301, 1, 129, 1, 40, 0},
    {70, 40, 2, 33, 1, 70, 3000}, /* one column is left over */
    {9, 17, 2, 51, 20, 1, 300}, {1, 1, 1, 1, 1, 1, 0}, {2, 31, 1, 3, 31, 1, 0},
    {40, 20, 2, 30, 3, 2, 500}, /* neither rows nor columns are neighbours */
};

static float
small(dna_rng *rng)
{
    return (float)dna_rng_normal(rng);
}

static void
check(const dna_kernels *k, const shape *s, bool has_first)
{
    static float a[MAX_A], b[MAX_B], first[MAX_C], c[MAX_C];
    dna_rng rng;
    double tol = 2e-6; /* of the sum of the absolute values of the terms */
    dna_left left = {a, s->M, s->K, s->U, s->step_m, s->step_k, s->step_u};
    int64_t ldb = s->N + 3;

    dna_rng_init(&rng, 3, "product", 0, 0, 0);
    for (int64_t i = 0; i < MAX_A; i++) {
        a[i] = small(&rng);
    }
    for (int64_t i = 0; i < MAX_B; i++) {
        b[i] = small(&rng);
    }
    for (int64_t i = 0; i < MAX_C; i++) {
        first[i] = small(&rng);
        c[i] = 7.0f;
    }
    k->product_from(&left, s->N, b, ldb, has_first ? first : NULL, s->N, c, s->N + 1);
    for (int64_t m = 0; m < s->M; m++) {
        for (int64_t n = 0; n < s->N; n++) {
            double sum = has_first ? (double)first[m * s->N + n] : 0.0;
            double size = fabs(sum);
            for (int64_t i = 0; i < s->U * s->K; i++) {
                float x =
                    a[m * s->step_m + i / s->K * s->step_u + i % s->K * s->step_k];
                float y = b[i * ldb + n];
                double v = (double)x * (double)y;
                sum += v;
                size += fabs(v);
            }
            if (fabs((double)c[m * (s->N + 1) + n] - sum) > tol * size) {
                fail_msg("%s, %d x %d x %d: [%d][%d] is %.9g, not %.9g", k->isa,
                    (int)s->M, (int)s->N, (int)s->K, (int)m, (int)n,
                    (double)c[m * (s->N + 1) + n], sum);
            }
        }
        assert_true(c[m * (s->N + 1) + s->N] == 7.0f); /* nothing beyond the row */
    }
}

static void
test_products_are_those_of_double(void **state)
{
    (void)state;
    static const char *const isas[] = {"c", "avx2", "avx512", "avx512_bf16", "amx"};
    for (int i = 0; i < 5; i++) {
        const dna_kernels *k = dna_kernels_for(isas[i]);
        for (size_t n = 0; k != NULL && n < sizeof(shapes) / sizeof(shapes[0]); n++) {
            check(k, &shapes[n], false);
            check(k, &shapes[n], true);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products_are_those_of_double),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
