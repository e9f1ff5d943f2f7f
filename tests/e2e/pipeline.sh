# pipeline.sh - init, preprocess, train, predict: files, messages, repeatability.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"

# init: writes once, asks before it replaces, tells the next command
ok init --dataset-config "$data/one_event_dataset_config.yml" m
[ ! -s out ] || fail "init wrote to standard output"
grep -q -F '    dnadna preprocess m/m_preprocessing_config.yml' err || fail "no next command"
grep -q 'min_snp: 500' m/m_preprocessing_config.yml || fail "the simulator's settings are lost"
refused 'm_preprocessing_config.yml: is there already; --force replaces it' \
    init --dataset-config "$data/one_event_dataset_config.yml" m
ok init --force --dataset-config "$data/one_event_dataset_config.yml" m
ok init other
[ -f other/other_dataset_config.yml ] || fail "no dataset config"

# preprocess: all scenarios kept, 21 to train, the same split for a seed
sed -i 's/seed: null/seed: 1/' m/m_preprocessing_config.yml
ok preprocess m/m_preprocessing_config.yml
[ ! -s out ] || fail "preprocess wrote to standard output"
grep -q '30 of 30 scenarios kept: 90 simulations' err || fail "scenarios are missing"
grep -q 'dnadna train .*m_training_config.yml' err || fail "no next command"
head -1 m/m_preprocessed_params.csv > header
echo scenario_idx,event_time,recent_size,event_size,n_replicates,splits | cmp - header
[ "$(grep -c ',training$' m/m_preprocessed_params.csv)" = 21 ] || fail "not 21 to train"
cp m/m_preprocessed_params.csv before.csv
ok preprocess m/m_preprocessing_config.yml
cmp before.csv m/m_preprocessed_params.csv
[ "$(grep -c 'of 30 scenarios kept' m/m_preprocessing.log)" = 2 ] || fail "log not appended"

# train: the same seed gives the same numbers, whatever the threads
printf 'n_epochs: 2\n' | small_spidna m
ok train m/spidna.yml
ok train --threads 1 m/spidna.yml
ok train -r again m/spidna.yml
for run in 000 001 again; do
    for kind in best last_checkpoint last_epoch; do
        tensors "m/run_$run/m_run_${run}_${kind}_net.safetensors" > "$run.$kind"
        cmp "000.$kind" "$run.$kind"
    done
    [ -f "m/run_$run/m_run_${run}_final_config.yml" ] || fail "no final config"
    [ -f "m/run_$run/m_run_${run}_training.log" ] || fail "no log"
    cmp m/m_preprocessed_params.csv "m/run_$run/m_run_${run}_preprocessed_params.csv"
done
grep -q '27 validation samples, 63 training samples' err || fail "sample counts"
# batches 1 and 4 of 4 in the first epoch, 4 in the second, and the end
[ "$(grep -c ': validation$' err)" = 4 ] || fail "not 4 validations"
sed 's/^seed: .*/seed: 8/' m/spidna.yml > m/seed8.yml
ok train m/seed8.yml
tensors m/run_002/m_run_002_last_epoch_net.safetensors > 002.last_epoch
cmp -s 000.last_epoch 002.last_epoch && fail "another seed gives the same network"

# a final config makes a new run of the same numbers
ok train m/run_000/m_run_000_final_config.yml
tensors m/run_003/m_run_003_last_epoch_net.safetensors | cmp - 000.last_epoch
# one without a seed records the seed it drew
sed '/^seed: /d' m/spidna.yml > m/noseed.yml
ok train m/noseed.yml
ok train m/run_004/m_run_004_final_config.yml
tensors m/run_004/m_run_004_last_epoch_net.safetensors > 004
tensors m/run_005/m_run_005_last_epoch_net.safetensors | cmp - 004

# run ids: of the config, refused when taken
echo 'run_id: mine' | cat m/spidna.yml - > m/mine.yml
ok train m/mine.yml
[ -f m/run_mine/m_run_mine_best_net.safetensors ] || fail "run_id of the config"
refused 'is not empty: give --overwrite or another --run-id' train m/mine.yml
ok train --overwrite m/mine.yml
# names of PyTorch files mean ours
echo "model_filename_format: '{checkpoint}.pth'" | cat m/spidna.yml - > m/pth.yml
ok train -r pth m/pth.yml
grep -q 'saved as .safetensors files: best.safetensors' err || fail "no notice of the name"
[ -f m/run_pth/best.safetensors ] || fail "no best.safetensors"

# predict: order of the inputs, results apart from batches and threads, three ways to a model
net=m/run_000/m_run_000_best_net.safetensors
set -- "$data"/scenario_1*/*_1.npz "$data"/scenario_0*/*_0.npz
ok predict $net "$@"
[ ! -s err ] || fail "predict: $(cat err)"
cp out all.csv
head -1 all.csv > header
echo path,event_time,recent_size,event_size | cmp - header
printf '%s\n' "$@" > paths
tail -n +2 all.csv | cut -d , -f 1 | cmp - paths
ok predict -b 1 -t 1 $net "$@"
cmp out all.csv
ok predict --batch 7 m/run_000/m_run_000_final_config.yml "$@"
cmp out all.csv
ok predict m/run_000/m_run_000_best_net.pth "$@"
cmp out all.csv
grep -q 'm_run_000_best_net.safetensors' err || fail "no notice of the name"
ok predict --checkpoint last_epoch m/run_000/m_run_000_final_config.yml "$@"
# a file grows; its header is written once
first=$1
ok predict -o new.csv $net "$first"
ok predict -o new.csv $net "$@"
{ head -2 all.csv && tail -n +2 all.csv; } | cmp - new.csv
refused 'is not the header' predict --raw -o new.csv $net "$first"
# a dataset, raw outputs, scenarios
ok predict $net "$data/one_event_dataset_config.yml"
[ "$(wc -l < out)" = 91 ] || fail "not 90 rows"
head -2 out | tail -1 | grep -q 'scenario_00/one_event_00_0.npz,0,0,' || fail "dataset row"
ok predict --raw $net "$first"
[ "$(head -1 out)" = path,out_0,out_1,out_2 ] || fail "raw header"
ok predict --by scenario $net "$data/one_event_dataset_config.yml"
[ "$(wc -l < out)" = 31 ] || fail "not 30 scenarios"
head -1 out | grep -q '^scenario_idx,n_replicates,event_time_mean,event_time_median,event_time_q05,' ||
    fail "header by scenario"

# one bad file: reported, the others are predicted, the status says so
echo garbage > bad.npz
status=0
"$dnadna" predict $net "$first" bad.npz missing.npz "$data/scenario_02/one_event_02_0.npz" \
    > out 2> err || status=$?
[ $status = 1 ] || fail "status $status with bad files"
[ "$(wc -l < out)" = 3 ] || fail "not two rows beside the bad files"
grep -q 'bad.npz.*no prediction' err || fail "bad.npz is not reported"
grep -q 'missing.npz.*no prediction' err || fail "missing.npz is not reported"
# samples below min_snp are skipped only when that is asked for; here none is
ok predict --preprocess $net "$first"
[ "$(wc -l < out)" = 2 ] || fail "skipped a good sample"
ok inspect $net
grep -q '^Network: SPIDNA' out || fail inspect
