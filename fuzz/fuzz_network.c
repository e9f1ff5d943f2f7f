/* fuzz_network.c - any bytes as a network file.
 *
 * SPDX-License-Identifier: MIT
 *
 * What loads must also predict, or say why not, without harm. Input that begins with a
 * brace is taken as the description alone, since a fuzzer seldom gets all lengths of a
 * whole file right.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "io/json.h"
#include "run/network.h"

enum { N_HAP = 4, N_SITE = 20 };

/* Fuzzed networks may be large: predict only with small ones. */
#define MAX_CELLS 10000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
predict(dna_network *net)
{
    static uint8_t snp[N_HAP * N_SITE];
    double pos[N_SITE];
    const int64_t snp_dim[] = {N_HAP, N_SITE};
    const int64_t pos_dim[] = {N_SITE};
    dna_array snp_array, pos_array;
    dna_sample *sample = NULL;
    int status = 0;

    for (int i = 0; i < N_HAP * N_SITE; i++) {
        snp[i] = (uint8_t)((i * i + i / N_SITE) % 3 == 0);
    }
    for (int j = 0; j < N_SITE; j++) {
        pos[j] = (j + 0.5) / N_SITE;
    }
    dna_array_borrow(&snp_array, DNA_U8, 2, snp_dim, snp);
    dna_array_borrow(&pos_array, DNA_F64, 1, pos_dim, pos);
    double *values = calloc((size_t)dna_network_n_value(net), sizeof(*values));
    if (values != NULL
        && dna_sample_new(&sample, &snp_array, &pos_array, NULL, "sample") == DNA_OK) {
        const dna_sample *const samples[] = {sample};
        (void)!dna_network_predict(net, samples, 1, NULL, values, &status, NULL);
    }
    dna_sample_free(sample);
    free(values);
}

static void
read_description(const uint8_t *data, size_t size)
{
    dna_arena *arena = NULL;
    dna_value *meta = NULL;
    dna_network *net = NULL;
    if (dna_arena_new(&arena) < 0) {
        return;
    }
    if (dna_json_parse(&meta, arena, (const char *)data, size, "meta") < 0) {
        dna_arena_free(arena);
        return;
    }
    (void)!dna_network_from_meta(&net, arena, meta, "meta");
    dna_network_free(net);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dna_network *net = NULL;
    if (size > 0 && data[0] == '{') {
        read_description(data, size);
        return 0;
    }
    if (dna_network_parse(&net, data, size, "net") == DNA_OK
        && dna_state_n_param(net->state) < MAX_CELLS) {
        predict(net);
    }
    dna_network_free(net);
    return 0;
}
