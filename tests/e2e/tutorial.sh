# tutorial.sh - the first tutorial of the original, step by step: simulate, init, preprocess, train,
# predict, each by the command that the one before told.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"

# The last command that a step advised, with $1 in the place of what is to be filled in.
advised() {
    sed -n 's/^\(.*INFO; \)\? *dnadna \(.*\)$/\2/p' err | tail -n 1 | sed "s|MODEL-NAME|${1:-}|; s|<[^>]*>|${1:-}|"
}

ok simulation init my_dataset one_event
grep -q '^wrote the simulation config my_dataset/my_dataset_simulation_config.yml' err || fail "$(cat err)"
next=$(advised)
config=my_dataset/my_dataset_simulation_config.yml
[ "$next" = "simulation run $config" ] || fail "advice: $next"
sed -i 's/^n_scenarios: .*/n_scenarios: 20/; s/^n_replicates: .*/n_replicates: 2/; s/^seed: .*/seed: 2/' $config
ok $next
grep -q 'simulator one_event, n_scenarios=20, n_replicates=2' err || fail "$(cat err)"
[ "$(find my_dataset -name 'my_dataset_??_?.npz' | wc -l)" = 40 ] || fail "not 40 samples"
[ -f my_dataset/scenario_00/my_dataset_00_0.npz ] || fail "names"
head -2 my_dataset/my_dataset_params.csv | tail -1 | grep -q '^0,1e-08,1e-08,1789,16003,16003,2,50,2000000$' || fail "table"

next=$(advised my_model)
[ "$next" = "init --simulation-config=$config my_model" ] || fail "advice: $next"
ok $next
next=$(advised)
[ "$next" = "preprocess my_model/my_model_preprocessing_config.yml" ] || fail "advice: $next"
sed -i 's/training: 0.7/training: 0.5/; s/validation: 0.3/validation: 0.5/' my_model/my_model_preprocessing_config.yml
ok $next
grep -q 'min_snp, 500' err && grep -q '20 of 20 scenarios kept: 40 simulations' err || fail "$(cat err)"
next=$(advised)
[ "$next" = "train $PWD/my_model/my_model_training_config.yml" ] || fail "advice: $next"
grep -q 'name: CustomCNN' my_model/my_model_training_config.yml || fail "another network is the default"
ok $next --set n_epochs=1
grep -q '20 validation samples, 20 training samples' err || fail "$(cat err)"
network=my_model/run_000/my_model_run_000_last_epoch_net.safetensors
next=$(advised my_dataset/scenario_04/my_dataset_04_0.npz)
[ "$next" = "predict $PWD/$network my_dataset/scenario_04/my_dataset_04_0.npz" ] || fail "advice: $next"
ok predict $network my_dataset/scenario_04/*.npz
[ "$(head -1 out)" = path,event_time,recent_size,event_size ] || fail "$(cat out)"
[ "$(wc -l < out)" = 3 ] || fail "$(cat out)"
# natural units: generations and sizes within a factor of ten of the priors
awk -F, 'NR > 1 && !($2 > 8 && $2 < 40000 && $3 > 500 && $3 < 500000 && $4 > 500 && $4 < 500000) { exit 1 }' out ||
    fail "$(cat out)"
