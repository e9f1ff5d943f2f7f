/* train.h - one training run in memory: what the setup makes and the loop uses.
 *
 * SPDX-License-Identifier: MIT
 *
 * The setup reads and checks everything before it touches the disk: a config that
 * cannot be trained leaves no folder behind. dna_training_open() then makes the run's
 * folder.
 */
#ifndef DNA_RUN_TRAIN_H
#define DNA_RUN_TRAIN_H

#include "data/dataset.h"
#include "dnadna/run.h"
#include "nn/optim.h"
#include "run/network.h"
#include "run/objective.h"
#include "run/run_dir.h"

typedef struct {
    const dna_train_options *options;
    dna_log *log;
    dna_arena *arena;
    dna_value *config;
    /* data */
    dna_params_table table;
    dna_param *params;
    int64_t n_param;
    dna_source *source;
    dna_transform_set transforms;
    dna_dataset *dataset;
    int64_t n_training, n_validation; /* samples */
    /* network */
    dna_network *net;
    dna_objective objective;
    const void *optim_opts;
    dna_optim *optim;
    dna_pool *pool;
    /* settings */
    const char *model_name, *model_root, *filename_format;
    uint64_t seed;
    int64_t n_epoch, evaluation_interval, batch_size;
    int n_worker;
    bool is_validation_fresh; /* new random draws at each validation */
    dna_run_name run;
    int lock; /* holds the run's folder; -1: none */
} dna_training;

/** Everything of a run but its folder. Clear in any case. */
int dna_training_init(dna_training *t, const dna_train_options *o) DNA_MUST_CHECK;
void dna_training_clear(dna_training *t);
/** Hold the run's folder, or that of the next free number if another training has it. */
int dna_training_claim_run(dna_training *t) DNA_MUST_CHECK;
/** The run's folder, log file, copy of the table and final config. */
int dna_training_open(dna_training *t) DNA_MUST_CHECK;
/** "<folder>/<model>_<run><suffix>", a heap string. */
int dna_training_file(
    char **out, const dna_training *t, const char *suffix) DNA_MUST_CHECK;
/** The file of a checkpoint; a heap string. */
int dna_training_path(
    char **out, const dna_training *t, const char *checkpoint) DNA_MUST_CHECK;
/** The dataset's first sample before any transform, and its file (path may be NULL). */
int dna_training_first_sample(
    dna_training *t, dna_sample **sample, char **path) DNA_MUST_CHECK;
/** The network: sizes from the first sample of the dataset, tensors by the seed. */
int dna_training_make_network(dna_training *t) DNA_MUST_CHECK;
/** The optimiser of the config for n parameters. */
int dna_training_make_optim(dna_training *t) DNA_MUST_CHECK;
/** All epochs. DNA_ECANCEL when stopped on request. */
int dna_training_run(dna_training *t) DNA_MUST_CHECK;

#endif
