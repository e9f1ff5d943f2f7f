#!/bin/sh
# quickstart.sh - from a bare Debian 12 to predictions: simulate, preprocess, train, predict.
#
# SPDX-License-Identifier: MIT
#
# Installs what is missing, builds dnadna in build/release, and goes from a simulator to
# predictions in build/quickstart, first step by step on 40 samples, then on enough of them for
# a network to learn from. Shows each command.
set -eu
cd "$(dirname "$0")"
. tools/packages.sh
# shellcheck disable=SC2086,SC2154 # a list of words, from tools/packages.sh
need_packages $packages_build

work=build/quickstart
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
cd "$work"

# Show a line of shell, and run it.
show() {
    printf '$ %s\n' "$1"
    eval "$1"
}

say "2. Simulate: genomes under one change of population size, whose time and sizes are drawn"
run dnadna simulation init my_dataset one_event
show "sed -i 's/^n_scenarios: .*/n_scenarios: 20/; s/^n_replicates: .*/n_replicates: 2/; s/^seed: .*/seed: 2/' \\
    my_dataset/my_dataset_simulation_config.yml"
run dnadna simulation run my_dataset/my_dataset_simulation_config.yml

say "3. Start a model: write a config that says what to learn from the dataset"
run dnadna init --simulation-config=my_dataset/my_dataset_simulation_config.yml my_model
show "sed -i 's/training: 0.7/training: 0.5/; s/validation: 0.3/validation: 0.5/; s/seed: null/seed: 1/' \\
    my_model/my_model_preprocessing_config.yml"

say "4. Preprocess: check the samples, split the scenarios, standardise the targets"
run dnadna preprocess my_model/my_model_preprocessing_config.yml

say "5. Train: the default network, for one epoch"
show "sed -i 's/^n_epochs: .*/n_epochs: 1/' my_model/my_model_training_config.yml"
run dnadna train my_model/my_model_training_config.yml

say "6. Predict: time of the event and sizes after and before it, for one scenario"
run dnadna predict my_model/run_000/my_model_run_000_last_epoch_net.safetensors \
    my_dataset/scenario_04/*.npz

say "7. The same with 400 scenarios, a small SPIDNA network and eight epochs: about a minute"
cat > spidna.yml << 'END'
inherit: larger/larger_training_config.yml
network:
    name: SPIDNA
    params: {n_blocks: 4, n_features: 16}
dataset_transforms:
-   crop: {max_snp: 400}
-   snp_format: concat
optimizer: {name: Adam, params: {learning_rate: 0.003}}
n_epochs: 8
evaluation_interval: 14
seed: 1
END
run dnadna simulation run --backup --set n_scenarios=400 my_dataset/my_dataset_simulation_config.yml
sed -i 's/^n_scenarios: .*/n_scenarios: 400/' my_dataset/my_dataset_simulation_config.yml
run dnadna init --simulation-config=my_dataset/my_dataset_simulation_config.yml larger
run dnadna preprocess --set preprocessing.seed=1 --set preprocessing.min_snp=400 \
    larger/larger_preprocessing_config.yml
run cat spidna.yml
printf '$ %s\n' "dnadna train --run-id spidna spidna.yml"
{
    dnadna train --run-id spidna spidna.yml 2>&1 || : > failed
} | grep -e ';  network ' -e ' samples$' -e 'end of validation' -e 'training took' \
    -e 'best loss: [0-9][^-]*$' -e ' ERROR; ' | sed 's/^[^;]*; *[A-Z]*;  /  /'
if [ -e failed ]; then
    exit 1
fi
log=larger/run_spidna/larger_run_spidna_training.log
echo "  the last validation, in generations and effective sizes:"
grep '  RMSE ' "$log" | tail -3 | sed 's/^[^;]*; *[A-Z]*;  /  /'
run dnadna predict --by scenario -o predictions.csv \
    larger/run_spidna/larger_run_spidna_best_net.safetensors \
    my_dataset/my_dataset_simulation_config.yml

say "8. True and predicted values (medians) of scenarios kept for validation"
../../tools/compare.sh my_dataset/my_dataset_params.csv larger/larger_preprocessed_params.csv \
    predictions.csv

say "Everything is in $work. Next: README.md (a tour), docs/config.md (every setting), ./test.sh"
