/* tables_dataset.c - the settings of a dataset, and of a simulation that made it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/tables.h"

static const dna_field text_item[] = {{.kind = DNA_KIND_STRING}};
static const dna_field npz_key_item[] = {
    {.kind = DNA_KIND_STRING, .has_min = true, .min = 1}};

const dna_field dna_fields_position_format[] = {
    {.key = "distance",
        .kind = DNA_KIND_BOOL,
        .is_nullable = true,
        .doc = "Positions are distances to the previous SNP. Not given: no."},
    {.key = "normalized",
        .kind = DNA_KIND_BOOL,
        .is_nullable = true,
        .doc = "Positions are divided by the chromosome size. "
               "Not given: yes if no position of the sample is above 1."},
    {.key = "circular",
        .kind = DNA_KIND_BOOL,
        .is_nullable = true,
        .doc =
            "The chromosome is circular: the first distance is the one from the last SNP. Not given: no."},
    {.key = "chromosome_size",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .has_min = true,
        .min = 1,
        .doc =
            "Size of the chromosome in base pairs, needed to convert positions to normalized ones and back."},
    {.key = "initial_position",
        .kind = DNA_KIND_FLOAT,
        .is_nullable = true,
        .has_min = true,
        .min = 0,
        .doc =
            "Position of the first SNP, needed to convert circular distances to positions."},
    {0}};

static const dna_field fields_data_source[] = {
    {.key = "format",
        .kind = DNA_KIND_CHOICE,
        .is_required = true,
        .choices = "dnadna|packed",
        .doc = "How the samples are stored: dnadna is a folder of npz files, "
               "one for each replicate of each scenario; packed is one file for all."},
    {.key = "path",
        .kind = DNA_KIND_STRING,
        .is_nullable = true,
        .has_min = true,
        .min = 1,
        .doc =
            "Of format packed: the file, relative to data_root; not given: {dataset_name}.dnapack. "
            "If it is not there, its slices are read, such as cows.000-499.dnapack."},
    {.key = "filename_format",
        .kind = DNA_KIND_STRING,
        .has_min = true,
        .min = 1,
        .dflt = "\"scenario_{scenario}/{dataset_name}_{scenario}_{replicate}.npz\"",
        .doc = "Template of the file names, relative to data_root. "
               "Its fields are {dataset_name}, {scenario} and {replicate}; "
               "{scenario:05} asks for five digits with leading zeros. "
               "Without such a width it is found out from the files."},
    {.key = "keys",
        .kind = DNA_KIND_LIST,
        .has_min = true,
        .has_max = true,
        .min = 2,
        .max = 2,
        .item = npz_key_item,
        .dflt = "[SNP, POS]",
        .doc = "Names of the SNP matrix and of the positions in the npz files."},
    {.key = "compress",
        .kind = DNA_KIND_BOOL,
        .dflt = "true",
        .doc =
            "Of files that a simulation writes: deflate them. "
            "Without it they are about five times larger, and faster to write and to read."},
    {.key = "position_format",
        .kind = DNA_KIND_MAP,
        .is_nullable = true,
        .fields = dna_fields_position_format,
        .doc =
            "How positions are given in the files. Goes before the position_format of the dataset, key by key."},
    {0}};

const dna_field dna_fields_dataset[] = {
    {.key = "data_root",
        .kind = DNA_KIND_PATH,
        .is_required = true,
        .doc = "Root folder of the dataset, relative to this file."},
    {.key = "dataset_name",
        .kind = DNA_KIND_STRING,
        .is_required = true,
        .has_min = true,
        .min = 1,
        .doc = "Name of the dataset, used in file names and messages."},
    {.key = "scenario_params_path",
        .kind = DNA_KIND_PATH,
        .doc =
            "The parameter table: a CSV file with one row a scenario, relative to this file. "
            "Needed to preprocess and to train."},
    {.key = "data_source",
        .kind = DNA_KIND_MAP,
        .is_required = true,
        .fields = fields_data_source,
        .doc = "How the samples are stored."},
    {.key = "position_format",
        .kind = DNA_KIND_MAP,
        .is_nullable = true,
        .fields = dna_fields_position_format,
        .doc =
            "How positions are given in the files. "
            "Keys that are not given here nor in data_source are found out from each sample."},
    {.key = "ignore_missing",
        .kind = DNA_KIND_BOOL,
        .dflt = "false",
        .doc = "Tolerate missing samples in preprocessing: without it, "
               "a scenario that lacks one replicate is left out. "
               "Training always tolerates them."},
    {.key = "cache_validation_set",
        .kind = DNA_KIND_BOOL,
        .dflt = "false",
        .doc = "Keep the samples of the validation set in memory."},
    {.key = "dnadna_version",
        .kind = DNA_KIND_STRING,
        .is_nullable = true,
        .doc = "Version of the program that wrote the file. For information."},
    {.key = "plugins",
        .kind = DNA_KIND_LIST,
        .is_nullable = true,
        .item = text_item,
        .doc =
            "Plugins of the original program. dnadna.examples.one_event is built in; Python files are not run."},
    {.key = "simulator_name",
        .kind = DNA_KIND_STRING,
        .is_nullable = true,
        .doc =
            "Of a simulation config: the simulator. "
            "Keys of this mapping that are not listed here then belong to the simulator."},
    {.key = "n_scenarios",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .min = 1,
        .doc = "Of a simulation config: number of scenarios."},
    {.key = "seed",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .has_min = true,
        .min = 0,
        .doc = "Of a simulation config: seed of the random numbers."},
    {.key = "write_trees",
        .kind = DNA_KIND_BOOL,
        .is_nullable = true,
        .doc =
            "Of a simulation config: write the tree sequence of each sample beside it, as a .trees file. "
            "For simulators that have one."},
    {.key = "summary_statistics",
        .kind = DNA_KIND_MAP,
        .is_nullable = true,
        .fields = dna_fields_sumstats,
        .doc = "Settings of the summary statistics, for dnadna sumstats."},
    {0}};
