/* predict.c - predict from arrays in memory with a trained network.
 *
 * SPDX-License-Identifier: MIT
 *
 *     cc predict.c $(pkg-config --cflags --libs dnadna) -o predict
 *     ./predict net.safetensors
 *
 * The arrays would come from your own program; here they are made up: 50 haplotypes of
 * 600 sites, every site carried by a few neighbours. Positions are in base pairs, and
 * the network converts them to what it was trained on.
 */
#include <dnadna/dnadna.h>

#include <stdio.h>
#include <stdlib.h>

enum { N_HAP = 50, N_SITE = 600, REGION = 2000000 };

static uint8_t snp[N_HAP][N_SITE];
static int64_t pos[N_SITE];

static void
make_arrays(void)
{
    for (int j = 0; j < N_SITE; j++) {
        int first = (7 * j) % N_HAP;
        int n_carrier = 1 + (j * j) % 12;
        for (int k = 0; k < n_carrier; k++) {
            snp[(first + k) % N_HAP][j] = 1;
        }
        pos[j] = (int64_t)(j + 1) * REGION / (N_SITE + 1);
    }
}

/* Borrowed arrays become a checked sample of its own. */
static int
make_sample(dna_sample **sample)
{
    const int64_t snp_dim[] = {N_HAP, N_SITE};
    const int64_t pos_dim[] = {N_SITE};
    dna_position_format format = DNA_POSITION_FORMAT_INIT;
    dna_array snp_array, pos_array;

    make_arrays();
    dna_array_borrow(&snp_array, DNA_U8, 2, snp_dim, snp);
    dna_array_borrow(&pos_array, DNA_I64, 1, pos_dim, pos);
    format.distance = 0;
    format.normalized = 0;
    format.chromosome_size = REGION;
    return dna_sample_new(sample, &snp_array, &pos_array, &format, "my sample");
}

static void
print_values(const dna_network *net, const double *values)
{
    for (int64_t i = 0; i < dna_network_n_param(net); i++) {
        int64_t n_class = dna_network_param_n_class(net, i);
        for (int64_t c = 0; c < n_class; c++) {
            printf("%s: P(%s) = %.4f\n", dna_network_param_name(net, i),
                dna_network_param_label(net, i, c), *values++);
        }
        if (n_class > 0) {
            printf("%s: %s\n", dna_network_param_name(net, i),
                dna_network_param_label(net, i, (int64_t)*values++));
        } else {
            printf("%s: %.6g\n", dna_network_param_name(net, i), *values++);
        }
    }
}

int
main(int argc, char **argv)
{
    dna_network *net = NULL;
    dna_sample *sample = NULL;
    double *values = NULL;
    char *message = NULL;
    int status = DNA_OK;
    int rc = DNA_OK;

    if (argc != 2) {
        fprintf(stderr, "usage: %s NETWORK\n", argv[0]);
        return 2;
    }
    DNA_TRY(dna_network_load(&net, argv[1]));
    DNA_TRY(make_sample(&sample));
    values = calloc((size_t)dna_network_n_value(net), sizeof(*values));
    DNA_REQUIRE(values != NULL, DNA_ENOMEM, "out of memory");

    const dna_sample *const samples[] = {sample};
    DNA_TRY(dna_network_predict(net, samples, 1, NULL, values, &status, &message));
    DNA_REQUIRE(status == DNA_OK, status, "my sample: %s", message);
    print_values(net, values);
out:
    if (rc < 0) {
        fprintf(stderr, "%s\n", dna_message());
    }
    free(message);
    free(values);
    dna_sample_free(sample);
    dna_network_free(net);
    return rc < 0;
}
