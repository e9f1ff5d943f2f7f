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
# shellcheck disable=SC2086,SC2154 # a list of words, from tools/packages.sh
need_packages $packages_build

work=build/quickstart
data=tests/data/one_event_small
rm -rf "$work"
mkdir -p "$work"

say "1. Build the program (log: $work/build.log)"
build() {
    printf '$ %s\n' "$*"
    "$@" >> "$work/build.log" 2>&1 || {
        cat "$work/build.log"
        exit 1
    }
}
build cmake --preset release
build cmake --build build/release --target dnadna
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
n_epochs: 20
evaluation_interval: 6
seed: 1
END
run cat "$work/demo/spidna.yml"
printf '$ %s\n' "dnadna train --run-id spidna $work/demo/spidna.yml"
{
    dnadna train --run-id spidna "$work/demo/spidna.yml" 2>&1 || : > "$work/failed"
} | grep -e ';  network ' -e ' samples$' -e 'end of validation' -e 'training took' \
    -e 'best loss: [0-9][^-]*$' -e ' ERROR; ' | sed 's/^[^;]*; *[A-Z]*;  /  /'
if [ -e "$work/failed" ]; then
    exit 1
fi
log=$work/demo/run_spidna/demo_run_spidna_training.log
echo "  the last validation, in generations and effective sizes:"
grep '  RMSE ' "$log" | tail -3 | sed 's/^[^;]*; *[A-Z]*;  /  /'
echo "(the whole log: $log; every validation as a table: demo_run_spidna_metrics.csv beside it)"
network=$work/demo/run_spidna/demo_run_spidna_best_net.safetensors

say "5. Predict: every sample of the dataset, one row a scenario"
run dnadna predict --by scenario -o "$work/predictions.csv" "$network" \
    "$data/one_event_dataset_config.yml"

say "6. True and predicted values (medians) of the scenarios kept for validation"
tools/compare.sh "$data/one_event_params.csv" "$work/demo/demo_preprocessed_params.csv" \
    "$work/predictions.csv"

say "Next: README.md (a tour), docs/config.md (every setting), ./test.sh (all tests)"
