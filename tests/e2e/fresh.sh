# fresh.sh - from a simulation config to predictions without a dataset.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"

ok simulation init sim one_event
cat > sim.yml <<'END'
inherit: sim/sim_simulation_config.yml
data_root: nowhere
n_samples: 20
segment_length: 50000
seed: 5
END
ok init --simulation-config sim.yml --fresh-samples m
grep -q 'n_validation: 1000' m/m_preprocessing_config.yml || fail "no section fresh_samples"
ok preprocess --set preprocessing.min_snp=60 --set fresh_samples.n_training=50 \
    --set fresh_samples.n_validation=20 --set fresh_samples.n_test=10 m/m_preprocessing_config.yml
[ "$(wc -l < m/m_preprocessed_params.csv)" = 2001 ] || fail "the first draw has another size"
printf 'n_epochs: 2\n' | small_spidna m

ok train -t 1 -r one m/spidna.yml
grep -q 'the first 60 SNPs of each' err || fail "whole samples are simulated"
grep -q 'min_snp 60: [1-9][0-9]* replicates were drawn again' err || fail "no redraws are told"
run_contents m/run_one expected
ok train -t 2 -r three --set loader_num_workers=3 m/spidna.yml
same_run m/run_three expected
ok train --set run_name_format='run_{run_id}' -r final m/run_one/m_run_one_final_config.yml
same_run m/run_final expected
[ -z "$(find . -name '*.npz')" ] || fail "samples were written"
[ ! -e nowhere ] || fail "a folder was made for them"

ok inspect m/run_one/m_run_one_best_net.safetensors
grep -q 'one_event, fresh samples' out || fail "inspect does not tell of the simulation"
grep -q 'replicates below min_snp' out || fail "inspect does not tell of min_snp"
ok predict m/run_one/m_run_one_best_net.safetensors "$data/scenario_00/one_event_00_0.npz"
[ "$(wc -l < out)" = 2 ] || fail "no prediction"

# A signal in the middle of a replicate of minutes.
"$dnadna" train -r long --set dataset.segment_length=1e9 --set dataset_transforms=[] m/spidna.yml \
    > out 2> err &
pid=$!
sleep 0.5
kill -TERM $pid
status=0
wait $pid || status=$?
[ $status = 1 ] || fail "status $status after SIGTERM"
[ "$(grep -c 'ERROR;  .*the simulation was stopped' err)" = 1 ] || fail "no line about the stop"
[ ! -e m/run_long ] || fail "a run that never began left a folder"

refused 'min_snp or min_indiv is out of reach' train --set preprocessing.min_indiv=21 \
    --set fresh_samples.max_redraws=0 m/spidna.yml
refused 'names no simulator' train --set dataset.simulator_name=null m/spidna.yml
refused 'fresh_samples.n_training: 0 is not at least 1' \
    train --set fresh_samples.n_training=0 m/spidna.yml
refused 'tmin: 1000000 is above tmax' preprocess --set dataset.tmin=1000000 \
    m/m_preprocessing_config.yml
refused 'fresh samples need a simulat' init --fresh-samples other
{ cat sim.yml; echo 'simulator_name: another'; } > another.yml
refused 'fresh samples need a simulator that is built in' init --fresh-samples \
    --simulation-config another.yml other
[ ! -e other ] || fail "init left a folder"
