#!/bin/sh
# quickstart.sh - from a bare Debian 12 to a first prediction.
#
# SPDX-License-Identifier: MIT
#
# Installs what is missing, builds dnadna in build/release, and takes the project's own small
# dataset (coalescent simulations of one change of population size) through init, preprocess,
# train and predict in build/quickstart. Shows each command.
set -eu
cd "$(dirname "$0")"
. tools/packages.sh
# shellcheck disable=SC2086 # a list of words
need_packages $packages_build

work=build/quickstart
data=tests/data/one_event_small
rm -rf "$work"
mkdir -p "$work"

say "1. Build the program (log: $work/build.log)"
run cmake --preset release > "$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
run cmake --build build/release --target dnadna >> "$work/build.log" 2>&1 || {
    cat "$work/build.log"
    exit 1
}
PATH=$PWD/build/release:$PATH
printf '$ dnadna --version\n'
dnadna --version

say "2. Start a model: write a config that says what to learn from the dataset"
run dnadna init --dataset-config "$data/one_event_dataset_config.yml" demo "$work"

say "3. Preprocess: check the samples, split the scenarios, standardise the targets"
echo "   (the split is random; a seed in the config makes it the same each time)"
run sed -i 's/seed: null/seed: 1/' "$work/demo/demo_preprocessing_config.yml"
run dnadna preprocess "$work/demo/demo_preprocessing_config.yml"

say "4. Train: a small SPIDNA network instead of the default; the rest is inherited"
cat > "$work/demo/spidna.yml" << 'END'
inherit: demo_training_config.yml
network:
    name: SPIDNA
    params: {n_blocks: 4, n_features: 16}
dataset_transforms:
-   crop: {max_snp: 400}
-   snp_format: concat
optimizer: {name: Adam, params: {learning_rate: 0.003}}
batch_size: 9
n_epochs: 30
evaluation_interval: 3
seed: 1
END
run cat "$work/demo/spidna.yml"
run dnadna train --run-id spidna "$work/demo/spidna.yml" 2>&1 |
    grep -v -e 'epoch .*: validation' -e 'squared error' -e 'saved the best'
network=$work/demo/run_spidna/demo_run_spidna_best_net.safetensors

say "5. Predict: every sample of the dataset, one row a scenario"
run dnadna predict --by scenario -o "$work/predictions.csv" "$network" \
    "$data/one_event_dataset_config.yml"

say "6. True and predicted values of the scenarios that the network did not learn from"
tools/compare.sh "$data/one_event_params.csv" "$work/demo/demo_preprocessed_params.csv" \
    "$work/predictions.csv"

say "Next: README.md (a tour), docs/config.md (every setting), ./test.sh (all tests)"
