/* golden.c - what a network answers to a few made-up inputs.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/golden.h"

#include <math.h>

#include "base/mem.h"
#include "dnadna/rng.h"

#define SEED 20260101

void
dna_golden_input(float *x, const dna_net_sizes *sizes, int64_t number)
{
    dna_rng rng;
    double total = 0;

    dna_rng_init(&rng, SEED, "golden input", number, 0, 0);
    for (int64_t j = 0; sizes->concat && j < sizes->n_snp; j++) {
        total += 0.1 + dna_rng_uniform(&rng);
        x[j] = (float)total;
    }
    for (int64_t j = 0; sizes->concat && j < sizes->n_snp; j++) {
        x[j] = (float)((double)x[j] / (total + 1));
    }
    x += sizes->concat ? sizes->n_snp : 0;
    for (int64_t j = 0; j < sizes->n_snp; j++) {
        double frequency = 0.05 + 0.9 * dna_rng_uniform(&rng);
        for (int64_t i = 0; i < sizes->n_indiv; i++) {
            x[i * sizes->n_snp + j] = dna_rng_uniform(&rng) < frequency ? 1.0f : 0.0f;
        }
    }
}

int
dna_golden_outputs(dna_network *net, float *out)
{
    const dna_net_sizes *s = &net->sizes;
    dna_batch_sizes sizes = {
        .n = DNA_N_GOLDEN, .n_row = dna_net_n_row(s), .n_site = s->n_snp};
    int64_t size = sizes.n_row * sizes.n_site;
    float *x = NULL;
    int rc = DNA_OK;

    DNA_NEW(x, DNA_N_GOLDEN * size);
    for (int64_t i = 0; i < DNA_N_GOLDEN; i++) {
        dna_golden_input(x + i * size, s, i);
    }
    /* in f32, however it is trained: others compare with it */
    dna_precision before = dna_programs_set_precision(net->programs, DNA_PRECISION_F32);
    rc = dna_network_forward(net, x, &sizes, DNA_N_GOLDEN, out, NULL);
    (void)dna_programs_set_precision(net->programs, before);
out:
    dna_free(x);
    return rc;
}

int
dna_golden_verify(dna_network *net, double *most)
{
    const dna_value *kept = dna_value_get_path(net->meta, "golden.outputs");
    const int64_t n = DNA_N_GOLDEN * net->sizes.n_outputs;
    float *out = NULL;
    double v = 0;
    int rc = DNA_OK;

    *most = -1;
    if (dna_value_is_null(kept)) {
        goto out;
    }
    DNA_REQUIRE(kept->type == DNA_LIST && kept->n == n, DNA_EFORMAT,
        "%s: golden.outputs: is no list of %lld numbers", net->name, (long long)n);
    DNA_NEW(out, n);
    DNA_TRY(dna_golden_outputs(net, out));
    *most = 0;
    for (int64_t i = 0; i < n; i++) {
        DNA_REQUIRE(dna_value_as_double(kept->items[i], &v), DNA_EFORMAT,
            "%s: golden.outputs: entry %lld is no number", net->name, (long long)i);
        double d = fabs((double)out[i] - v) / (1 + fabs(v));
        *most = isnan(d) ? (double)INFINITY : fmax(*most, d);
    }
out:
    dna_free(out);
    return rc;
}
