#!/bin/sh
# learning.sh - does a built-in network learn? Test RMSE of theta on a published data set.
#
#     bench/learning.sh flagel_theta_sim.npz [SEED...]          (default seeds: 1 2 3)
#
# Source of the data: Flagel, Brandvain and Schrider 2019, Mol. Biol. Evol. 36:220-238. On
# their test set Watterson's estimator has a RMSE of 10.78 and the mean of all thetas 11.77;
# their networks (best epoch on the test set) 5.77 to 6.52, a stock CNN in PyTorch (last epoch)
# 6.0 to 6.2. Here the last epoch counts, and settings were chosen on the validation set.
# Needs python3-numpy. Environment: BUILD (build/release).
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
dnadna=$(realpath "${BUILD:-$top/build/release}")/dnadna
[ $# -gt 0 ] || { sed -n 2,4p "$0" >&2; exit 2; }
[ -x "$dnadna" ] || { echo "$dnadna: build it first: cmake --workflow --preset release" >&2; exit 1; }
source=$(realpath "$1")
shift
[ $# -gt 0 ] || set -- 1 2 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
/usr/bin/python3 "$top/bench/learning.py" "$source" data
mkdir m
cat >m/pre.yml <<'Y'
model_name: theta
dataset: {inherit: ../data/theta_dataset_config.yml}
learned_params: {theta: {type: regression, loss_func: MSE}}
dataset_splits: {training: 0.72, validation: 0.08, test: 0.2}
preprocessing: {seed: 1, min_snp: null}
network: {name: CNN, params: {}}
optimizer: {name: AdamW, params: {lr: 0.001, weight_decay: 0.01}}
n_epochs: 20
batch_size: 64
evaluation_interval: 1000
loader_num_workers: 1
# zeros after the last site stay: the network was asked to take them as they are
dataset_transforms:
- crop: {max_snp: 400, keep_polymorphic_only: false}
- snp_format: {format: product}
Y
"$dnadna" preprocess --log-level WARNING m/pre.yml
for seed in "$@"; do
    "$dnadna" train --log-level WARNING --run-id "$seed" --set "seed=$seed" m/theta_training_config.yml
    run=$(printf 'm/run_%03d' "$seed")
    awk -F, -v seed="$seed" '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["split"] == "test" && $at["network"] == "last_epoch" && $at["metric"] == "rmse" {
            printf "seed %s: test RMSE %.3f\n", seed, $at["value"] }' "$run"/*_metrics.csv |
        tee -a results
done
awk '{ sum += $NF } END { printf "mean of %d: %.3f (Watterson: 10.78)\n", NR, sum / NR }' results
