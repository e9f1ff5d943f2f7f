# precision.sh - precision: bf16 in training and prediction.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"

make_model
printf 'n_epochs: 1\nprecision: bf16\n' | small_spidna m

# the same for a seed, whatever the threads; other numbers than f32; recorded
ok train -r a m/spidna.yml
ok train -r b --threads 1 m/spidna.yml
ok train -r c --set precision=f32 m/spidna.yml
for run in a b c; do
    tensors "m/run_$run/m_run_${run}_best_net.safetensors" > "$run.tensors"
done
cmp a.tensors b.tensors
! cmp -s a.tensors c.tensors || fail "bf16 changes nothing"
ok inspect m/run_a/m_run_a_best_net.safetensors
grep -q 'precision  *bf16' out || fail "$(cat out)"
ok inspect --verify m/run_a/m_run_a_best_net.safetensors # what it answers is told in f32
grep -q 'precision: bf16' m/run_a/m_run_a_final_config.yml || fail "not in the final config"
! grep -q WARNING m/run_a/m_run_a_training.log || fail "$(cat m/run_a/m_run_a_training.log)"

# a network without such convolutions says so
printf 'inherit: m_training_config.yml\nnetwork: {name: MLP}\nprecision: bf16\nn_epochs: 1\nbatch_size: 16\n' > m/mlp.yml
printf 'dataset_transforms: [{crop: {max_snp: 60, max_indiv: 10}}, {snp_format: concat}]\n' >> m/mlp.yml
ok train -r mlp m/mlp.yml
[ "$(grep -c 'precision: bf16 changes nothing' m/run_mlp/m_run_mlp_training.log)" = 1 ] || fail "not told"
refused 'precision: "f16" is not one of f32|bf16' train --set precision=f16 m/spidna.yml

# predictions: near those of f32, not the same
set -- "$data"/scenario_00/*.npz
ok predict m/run_a/m_run_a_best_net.safetensors "$@"
cp out f32.csv
ok predict --precision bf16 m/run_a/m_run_a_best_net.safetensors "$@"
cp out bf16.csv
! cmp -s f32.csv bf16.csv || fail "--precision changes nothing"
paste -d , f32.csv bf16.csv | awk -F , 'NR > 1 { for (i = 2; i <= NF / 2; i++) {
    a = $i + 0; b = $(i + NF / 2) + 0
    if (a != 0 && (b / a < 0.9 || b / a > 1.1)) { print i, a, b; exit 1 } } }' || fail "far from f32"
for isa in c avx2; do # or whatever is there
    DNADNA_ISA=$isa "$dnadna" predict --precision bf16 m/run_a/m_run_a_best_net.safetensors "$@" > "$isa.csv" || cp bf16.csv "$isa.csv"
    paste -d , "$isa.csv" bf16.csv | awk -F , 'NR > 1 { for (i = 2; i <= NF / 2; i++) {
        a = $i + 0; b = $(i + NF / 2) + 0
        if (a != 0 && (b / a < 0.99 || b / a > 1.01)) { print i, a, b; exit 1 } } }' || fail "$isa"
done
