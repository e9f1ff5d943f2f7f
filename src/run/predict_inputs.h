/* predict_inputs.h - the samples to predict: npz files, or those of a dataset.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_RUN_PREDICT_INPUTS_H
#define DNA_RUN_PREDICT_INPUTS_H

#include "data/source.h"
#include "dnadna/run.h"
#include "run/network.h"

typedef struct {
    const dna_predict_files_options *options;
    const dna_network *net;
    bool is_dataset; /* scenario and replicate are known */
    int64_t n;
    dna_source_entry *entries;
    dna_arena *arena; /* of the dataset config */
    dna_source *source;
    const char *snp_key, *pos_key;
    dna_position_format format; /* what is known of all files */
} dna_predict_inputs;

/** Look up the inputs; nothing is loaded. Clear in any case. */
int dna_predict_inputs_init(dna_predict_inputs *in, const dna_predict_files_options *o,
    const dna_network *net) DNA_MUST_CHECK;
void dna_predict_inputs_clear(dna_predict_inputs *in);
/** One sample, with its position format as far as it is known or can be seen. */
int dna_predict_inputs_load(
    const dna_predict_inputs *in, int64_t i, dna_sample **sample) DNA_MUST_CHECK;

#endif
