/* network.h - a trained network in memory: what its file says, and its tensors.
 *
 * SPDX-License-Identifier: MIT
 *
 * The metadata of a network file (a tree, docs/formats.md) is the only way to make one:
 * training composes it, loading parses it, and the same checks read both.
 *
 *     DNA_TRY(dna_network_from_meta(&net, arena, meta, "training config"));
 *     DNA_TRY(dna_network_allocate(net));
 *     DNA_TRY(dna_state_init_random(net->state, seed));
 *     DNA_TRY(dna_network_save(net, path, &provenance));
 */
#ifndef DNA_RUN_NETWORK_H
#define DNA_RUN_NETWORK_H

#include "config/tables.h"
#include "data/transform.h"
#include "dnadna/network.h"
#include "nets/net.h"
#include "report/prediction_table.h"
#include "run/programs.h"

#define DNA_NETWORK_FORMAT_VERSION 1

struct dna_network {
    dna_arena *arena; /* owns every text and tree below */
    const char *name; /* of the file, for messages */
    dna_value *meta;  /* the whole tree, checked */
    const dna_net_def *def;
    const void *opts;
    dna_net_sizes sizes; /* of the first sample of training */
    dna_snp_form form;
    dna_param *params;
    int64_t n_param;
    dna_transform_set transforms;
    bool has_format;            /* trained on samples with positions */
    dna_position_format format; /* of the samples before their transforms */
    const char *snp_key, *pos_key;
    int64_t min_snp, min_indiv; /* 0: no limit */
    dna_graph *graph;           /* for `sizes`: names the tensors */
    bool needs_batch_of_two;    /* to train */
    dna_state *state;           /* NULL before dna_network_allocate() */
    dna_programs *programs;
    dna_pool *pool; /* of dna_network_predict(); NULL: one thread */
    int64_t n_value;
    const char **value_names;
};

/** Takes: arena (also on failure), in which meta lives. Tensors are only named. */
int dna_network_from_meta(dna_network **out, dna_arena *arena, dna_value *meta,
    const char *name) DNA_MUST_CHECK;
/** Tensors, all zero, and a place for programs. */
int dna_network_allocate(dna_network *net) DNA_MUST_CHECK;

/* Where a checkpoint was taken. */
typedef struct {
    const char *checkpoint;                /* "best", "last_checkpoint", "last_epoch" */
    int64_t epoch, batch;                  /* numbers from 1 and from 0; -1: not told */
    int64_t step;                          /* samples seen so far; -1: not told */
    double training_loss, validation_loss; /* NaN: not known */
    /* of fresh samples: learned from, and what was drawn again for them */
    int64_t n_sample, n_redrawn, n_given_up;
    const float *golden; /* outputs for made-up inputs (golden.h); NULL: not made */
    int64_t n_golden;
} dna_checkpoint;

/** Where a tensor of the network's state lies. */
void *dna_network_tensor_data(const dna_network *net, const dna_tensor *t);
/** Write the network file atomically, provenance completed with the checkpoint and the
 *  time. Errors: DNA_EIO; DNA_ENUMERIC if a tensor is not finite. */
int dna_network_save(const dna_network *net, const char *path,
    const dna_checkpoint *checkpoint) DNA_MUST_CHECK;
/** The network file that a path means, a heap string: itself, or where that does not exist
 *  the file of this name with .pth or .pt in place of .safetensors, or the other way. */
int dna_network_find(char **out, const char *path) DNA_MUST_CHECK;
/** The same checks on bytes in memory; name stands for the path in messages. */
int dna_network_parse(dna_network **out, const unsigned char *bytes, size_t n,
    const char *name) DNA_MUST_CHECK;

/** Run x [n, n_row, n_site], samples of these sizes, in evaluation mode into out
 *  [n, n_outputs]. Programs of `batch` samples (>= n) compute batches of one size. bad: as
 *  dna_programs_get(). */
int dna_network_forward(dna_network *net, const float *x, const dna_batch_sizes *sizes,
    int64_t batch, float *out, int64_t *bad) DNA_MUST_CHECK;
/** One sample's outputs as values (include/dnadna/network.h). */
void dna_network_values(const dna_network *net, const float *out, double *values);
/** What it predicts, as tables and metrics want it: a heap array [n_param] that borrows
 * names and labels from the network. */
int dna_network_predicted(dna_predicted **out, const dna_network *net) DNA_MUST_CHECK;
/** The flags in words: "absolute positions, normalised". */
const char *dna_position_format_text(
    const dna_position_format *format, char *buf, size_t size);

#define DNA_POSITION_TEXT 128

#endif
