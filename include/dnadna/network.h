/* network.h - trained networks: load one file, predict from samples in memory.
 *
 * SPDX-License-Identifier: MIT
 *
 * A network file (.safetensors) holds everything needed to predict: the network, its
 * learned parameters with means and deviations, the transforms, the position format and
 * filters of its training data, and where it came from. Loading checks all of it and
 * runs no code.
 *
 *     dna_network *net = NULL;
 *     if (dna_network_load(&net, "net.safetensors") < 0) { puts(dna_message()); }
 *     double values[N * N_VALUE];   // n times dna_network_n_value(net)
 *     int status[N];
 *     dna_network_predict(net, samples, n, NULL, values, status, NULL);
 *
 * examples/predict.c is a whole program.
 *
 * Values of one sample, in order of the parameters: a regression has one value (its
 * natural unit); a classification has one probability per class, then the index of the
 * most probable class.
 */
#ifndef DNA_NETWORK_H
#define DNA_NETWORK_H

#include "dnadna/log.h"
#include "dnadna/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dna_network dna_network;

DNA_API int dna_network_load(dna_network **out, const char *path) DNA_MUST_CHECK;
DNA_API void dna_network_free(dna_network *net);

DNA_API int64_t dna_network_n_param(const dna_network *net);
DNA_API const char *dna_network_param_name(const dna_network *net, int64_t i);
/** 0 for a regression, else the number of classes. */
DNA_API int64_t dna_network_param_n_class(const dna_network *net, int64_t i);
DNA_API const char *dna_network_param_label(
    const dna_network *net, int64_t i, int64_t class_index);
/** Numbers per sample that dna_network_predict() writes, and their column names. */
DNA_API int64_t dna_network_n_value(const dna_network *net);
DNA_API const char *dna_network_value_name(const dna_network *net, int64_t i);
/** Raw outputs per sample (n_outputs). */
DNA_API int64_t dna_network_n_output(const dna_network *net);
/** The smallest sample that training accepted; 0: no limit. */
DNA_API int64_t dna_network_min_snp(const dna_network *net);
DNA_API int64_t dna_network_min_indiv(const dna_network *net);

typedef struct {
    bool is_raw;          /* write the network's outputs instead of values */
    bool check_min_sizes; /* refuse samples below min_snp or min_indiv */
    bool no_transforms;   /* samples as they are, without the network's transforms */
    uint64_t seed;        /* of random transforms */
    int64_t first_index;  /* number of samples[0] among all, for their random streams */
    int n_thread;         /* 0: as many as there are */
    const char *precision; /* "f32" (or NULL) or "bf16": program.h */
    const char *isa; /* kernels: as in program.h; NULL: the best of this processor */
    dna_log *log;    /* NULL: silent */
    /* Of the samples, for warnings and, without their folder, for the random streams of
     * transforms (else first_index and the place give these); may be NULL. */
    const char *const *names;
} dna_predict_options;

/** Predict samples[0..n-1]; samples that are NULL are skipped. Samples of similar
 *  sizes run in one batch; a result does not depend on its batch, up to the rounding of
 *  32 bits (batches of one size, and of zeros and ones, are computed in other orders of
 *  summation). values is [n, n_value] ([n, n_output] if is_raw); status[i] is DNA_OK or why sample i has
 * none, and messages[i] (if messages is not NULL) a heap text to be freed with free().
 * The function fails only when nothing can go on (DNA_ENOMEM). options may be NULL. */
DNA_API int dna_network_predict(dna_network *net, const dna_sample *const *samples,
    int64_t n, const dna_predict_options *options, double *values, int *status,
    char **messages) DNA_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
