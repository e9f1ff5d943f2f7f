#!/bin/sh
# fresh.sh - whether training waits for the samples that it draws.
#
# SPDX-License-Identifier: MIT
#
# usage: bench/fresh.sh [BUILD]      (default: build/release)
#
# For one_event and size_history, 50 genomes of 2 Mb, their first 400 SNPs: what the loader
# hands out (bench_fresh), what the engine alone trains (dnadna bench), and what a training
# does with both, for 1 and 2 loading threads beside 2 computing ones.
set -eu
build=$(cd "${1:-$(dirname "$0")/../build/release}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

for simulator in one_event size_history; do
    "$build/dnadna" simulation init s_$simulator $simulator 2> log
    "$build/dnadna" init --simulation-config s_$simulator/s_${simulator}_simulation_config.yml \
        --fresh-samples $simulator 2> log
    "$build/dnadna" preprocess --set preprocessing.min_snp=400 --set fresh_samples.seed=1 \
        $simulator/${simulator}_preprocessing_config.yml 2> log
    for net in CNN SPIDNA; do
        params='{}'
        [ $net = CNN ] || params='{n_blocks: 7, n_features: 50}'
        cat > $simulator/$net.yml << END
inherit: ${simulator}_training_config.yml
fresh_samples: {n_training: 2048, n_validation: 64, n_test: 0}
network!: {name: $net, params: $params}
dataset_transforms!: [{crop: {max_snp: 400}}, {snp_format: concat}]
batch_size: 64
n_epochs: 2
evaluation_interval: 1000
seed: 1
END
    done
    echo "loading $simulator"
    "$build/bench/bench_fresh" $simulator/CNN.yml
    for net in CNN SPIDNA; do
        for n in 1 2; do
            "$build/dnadna" train -t 2 -r ${net}_$n --set loader_num_workers=$n \
                $simulator/$net.yml 2> log
            echo "training $simulator net=$net loading_threads=$n" \
                "$(sed -n 's/.*end of epoch 2: .*, \(.*\) samples.s/samples_per_s=\1/p' log)"
        done
    done
done
"$build/dnadna" bench -c cnn-train -c spidna-train -t 2 --no-peer
