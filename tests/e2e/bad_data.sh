# bad_data.sh - tables, samples and network files that cannot be used.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"

make_model
: | small_spidna m
ok train m/spidna.yml
net=m/run_000/m_run_000_best_net.safetensors
sample=$data/scenario_00/one_event_00_0.npz

# parameter tables
table() {
    cat > t.csv
    printf 'inherit: m/m_preprocessing_config.yml\nmodel_root: m\ndataset: {scenario_params_path: t.csv}\n%s\n' \
        "${2:-}" > p.yml
    refused "$1" preprocess p.yml
}
good=scenario_idx,event_time,recent_size,event_size,n_replicates
echo "$good" | table 't.csv'
printf '%s\n0,1,2,3,1\n0,1,2,3,1\n' $good | table 'scenario'
printf '%s\n0,early,2,3,1\n' $good | table 'early'
printf '%s\n0,1,2,3\n' $good | table 't.csv:2'
printf '%s\n0,1,0,3,1\n1,1,2,3,1\n2,1,2,3,1\n3,4,4,4,1\n' $good | table 'recent_size'
printf 'event_time,recent_size,event_size,n_replicates\n1,2,3,1\n' | table 'scenario_idx'
printf 'scenario_idx,event_time,recent_size,event_size\n1,2,3,1\n' | table 'n_replicates'
printf '%s\n0,1,2,3,1\n1,1,2,9,1\n' $good | table 'event_size' \
    'learned_params!: {event_size: {type: classification, classes: 4}}'
printf '%s\n77,1,2,3,1\n' $good | table 'no scenario is usable'

# samples: an archive cut anywhere or of another kind is reported by name
size=$(wc -c < "$sample")
for part in 0 1 30 $((size / 2)) $((size - 1)); do
    head -c "$part" "$sample" > cut.npz
    status=0
    "$dnadna" predict $net cut.npz > out 2> err || status=$?
    [ $status = 1 ] || fail "status $status for $part bytes"
    [ "$(wc -l < out)" = 1 ] || fail "a row for $part bytes"
    [ "$(grep -c 'cut.npz.*no prediction' err)" = 1 ] || fail "$part bytes: $(cat err)"
done
mkdir folder.npz
status=0
"$dnadna" predict $net folder.npz > out 2> err || status=$?
[ $status = 1 ] && grep -q 'folder.npz' err || fail "a folder for a file"
refused 'is neither an .npz file nor a dataset' predict $net "$sample" notes.txt
refused 'must be the only input' predict $net "$data/one_event_dataset_config.yml" "$sample"
refused 'npz files have no scenario' predict --by scenario $net "$sample"
refused 'exclude each other' predict --raw --by scenario $net "$data/one_event_dataset_config.yml"
refused '"sideways" is not one of' predict --position-format sideways $net "$sample"
status=0
"$dnadna" predict --position-format '' $net "$sample" > out 2> err || status=$?
[ $status = 2 ] && grep -q -e '--position-format: the value is empty' err || fail "an empty format"
refused 'contradicts itself' predict --position-format distance,bp,absolute $net "$sample"
ok predict --position-format normalized,absolute --chromosome-size 2.0e+6 $net "$sample"
refused 'is not two names' predict --keys SNP $net "$sample"

# network files
size=$(wc -c < $net)
for part in 0 7 8 100 $((size / 2)) $((size - 1)); do
    head -c "$part" $net > cut.safetensors
    refused 'cut.safetensors' predict cut.safetensors "$sample"
    refused 'cut.safetensors' inspect cut.safetensors
done
refused 'none.safetensors' predict none.safetensors "$sample"
refused 'm: ' inspect m
refused '.safetensors' predict none.pth "$sample"
sed 's/SPIDNA/SPIDNO/' $net > other.safetensors
refused 'not built in' inspect other.safetensors
refused 'chosen with a run' predict --checkpoint last_epoch $net "$sample"
# a run that was moved: the model's folder of its making is not needed to predict
cp -r m/run_000 moved
sed -i 's#^model_root: .*#model_root: /no/such/folder#' moved/m_run_000_final_config.yml
ok predict moved/m_run_000_final_config.yml "$sample"
status=0
"$dnadna" predict --checkpoint worst m/run_000/m_run_000_final_config.yml "$sample" > out 2> err || status=$?
[ $status = 2 ] && grep -q 'worst.*best|last_epoch' err || fail "an unknown checkpoint"

# outputs that cannot be written
refused 'no/folder.csv' predict -o no/folder.csv $net "$sample"
refused 'folder.npz' predict -o folder.npz $net "$sample"
if [ -w /dev/full ]; then
    refused 'No space left' predict -o /dev/full $net "$sample"
    status=0
    "$dnadna" predict $net "$sample" > /dev/full 2> err || status=$?
    [ $status = 1 ] && grep -q 'No space left' err || fail "a full disk under standard output"
    status=0
    "$dnadna" inspect $net > /dev/full 2> err || status=$?
    [ $status = 1 ] || fail "inspect on a full disk"
fi
# a results file that is there keeps its rows when the next run fails
ok predict -o keep.csv $net "$sample"
cp keep.csv before.csv
status=0
"$dnadna" predict -o keep.csv $net cut.npz 2> err || status=$?
[ $status = 1 ] || fail "status $status"
cmp keep.csv before.csv
