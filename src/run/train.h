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
#include "run/fresh.h"
#include "run/network.h"
#include "run/objective.h"
#include "run/regime.h"
#include "run/run_dir.h"
#include "run/train_state.h"

/* Files of a run: "<folder>/<model>_<run><suffix>". */
#define DNA_FINAL_CONFIG_SUFFIX "_final_config.yml"
#define DNA_TABLE_SUFFIX        "_preprocessed_params.csv"
#define DNA_STATE_SUFFIX        "_training_state.safetensors"
#define DNA_METRICS_SUFFIX      "_metrics.csv"

typedef struct dna_training {
    const dna_train_options *options;
    dna_log *log;
    dna_arena *arena;
    const char *config_path; /* given, or the final config of the run to resume */
    dna_value *config;
    dna_value *final_config; /* the same, as the run's folder has it */
    /* data */
    dna_params_table table;
    uint64_t table_digest; /* 0: not made yet */
    dna_param *params;
    int64_t n_param;
    dna_source *source; /* NULL with fresh samples */
    dna_fresh *fresh;   /* NULL: samples are files */
    dna_transform_set transforms;
    dna_dataset *dataset;
    int64_t n_training, n_validation; /* samples; n_training: of an epoch */
    /* network */
    dna_network *net;
    dna_network *from; /* to start from, until its weights are copied; NULL: none */
    dna_objective objective;
    const void *optim_opts;
    dna_optim *optim;
    dna_pool *pool;
    dna_regime_settings regime;
    /* settings */
    const char *model_name, *model_root, *filename_format;
    uint64_t seed;
    int64_t n_epoch, evaluation_interval, batch_size;
    int n_worker;
    bool is_validation_fresh; /* new random draws at each validation */
    dna_run_name run;
    int lock; /* holds the run's folder; -1: none */
    /* of a run to resume */
    dna_train_state *state; /* NULL: none; it begins at its beginning */
    bool is_finished;       /* nothing to do: there is no dataset and no network */
} dna_training;

/** Everything of a run but its folder. Clear in any case. */
int dna_training_init(dna_training *t, const dna_train_options *o) DNA_MUST_CHECK;
void dna_training_clear(dna_training *t);
/** Whether somebody asked to stop. */
bool dna_training_is_stopped(const dna_training *t);
/** Make and hold the run's folder, with its final config and copy of the table; open
 * its log file. */
int dna_training_open(dna_training *t) DNA_MUST_CHECK;
/** The same for a run that is resumed, whose folder is there and held. */
int dna_training_reopen(dna_training *t) DNA_MUST_CHECK;
/** Choose the run's name and number; numbers below not_below are out. */
int dna_training_choose_run(dna_training *t, int64_t not_below) DNA_MUST_CHECK;
/** Find the final config in the folder to resume, and hold the folder. */
int dna_training_find_run(dna_training *t) DNA_MUST_CHECK;
/** Refuse all overrides but that of n_epochs. */
int dna_training_check_overrides(dna_training *t) DNA_MUST_CHECK;
/** Take name and table from the final config that was read, and read the state. */
int dna_training_adopt_run(dna_training *t) DNA_MUST_CHECK;
/** "<folder>/<model>_<run><suffix>", a heap string. */
int dna_training_file(
    char **out, const dna_training *t, const char *suffix) DNA_MUST_CHECK;
/** Say in a config of the run where its table is. */
int dna_training_set_table(
    const dna_training *t, dna_value *config, const char *path) DNA_MUST_CHECK;
/** The file of a checkpoint; a heap string. */
int dna_training_path(
    char **out, const dna_training *t, const char *checkpoint) DNA_MUST_CHECK;
/** The dataset's first sample before any transform, and its file (path may be NULL; of a
 * fresh sample it gets NULL). */
int dna_training_first_sample(
    dna_training *t, dna_sample **sample, char **path) DNA_MUST_CHECK;
/** train_mean and train_std, unless nothing is a regression. */
int dna_training_describe_stats(
    dna_arena *a, dna_value *map, const dna_training *t) DNA_MUST_CHECK;
/** The network: sizes from the first sample of the dataset, tensors by the seed. */
int dna_training_make_network(dna_training *t) DNA_MUST_CHECK;
/** The optimiser of the config for n parameters. */
int dna_training_make_optim(dna_training *t) DNA_MUST_CHECK;

#endif
