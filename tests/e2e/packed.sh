# packed.sh - packed datasets: the same bytes whatever the threads, the slices and the kills; what
# is learned, predicted and counted from them is what it is from npz files.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"

simulate() { ok simulation run --packed "$@"; }
start() {
    rm -rf "$1"
    mkdir "$1"
    cp sim.yml "$1"
}
same_as_ref() {
    diff -r ref "$1" > differences || fail "$1 is not as ref: $(head -5 differences)"
}

# 20 scenarios of 3 replicates
ok simulation init toy
sed -e 's/^n_scenarios: .*/n_scenarios: 20/; s/^n_replicates: .*/n_replicates: 3/' \
    -e 's/^n_samples: .*/n_samples: 10/; s/^segment_length: .*/segment_length: 100000/' \
    -e 's/^seed: .*/seed: 2/' toy/toy_simulation_config.yml > sim.yml
rm -r toy
start ref
simulate --n-cpus 1 ref/sim.yml
grep -q 'dnadna init --dataset-config=.*/ref/toy.dnapack MODEL-NAME' err || fail "$(cat err)"
[ "$(ls ref)" = "sim.yml
toy.dnapack
toy_params.csv
toy_params.csv.record.json" ] || fail "files: $(ls ref)"

# threads
for n in 2 7; do
    start threads
    simulate --n-cpus $n threads/sim.yml
    same_as_ref threads
done

# slices, in any order; read as one, and joined
start slices
simulate --scenario-id 12 slices/sim.yml
simulate --scenario-id 0 --scenarios-to-simulate 5 slices/sim.yml
refused 'is there already' simulation run --packed --scenario-id 0 --scenarios-to-simulate 5 slices/sim.yml
ok pack slices/toy.dnapack partly.dnapack # what is there so far
grep -q '39 samples' err || fail "$(cat err)"
simulate --scenario-id 5 --scenarios-to-simulate 7 slices/sim.yml
ok pack slices/toy.dnapack slices/toy.dnapack
rm slices/toy.*-*.dnapack
same_as_ref slices
refused 'is there already; --force replaces it' pack slices/toy.dnapack slices/toy.dnapack
ok pack --force --n-cpus 1 slices/toy.dnapack slices/toy.dnapack
same_as_ref slices
refused 'is there already' simulation run --packed --scenario-id 3 slices/sim.yml

# what is there: refused, moved, removed
refused 'a simulation is there already; --resume' simulation run --packed ref/sim.yml
start moved
simulate moved/sim.yml
simulate --backup moved/sim.yml
cmp moved/toy-backup.*/toy.dnapack ref/toy.dnapack
rm -r moved/toy-backup.*
same_as_ref moved
simulate --overwrite --set seed=3 moved/sim.yml
! cmp -s moved/toy.dnapack ref/toy.dnapack || fail "seed 3 gives the file of seed 2"
refused 'was made with seed 3, not 2' simulation run --packed --resume moved/sim.yml
refused 'write_trees: tree sequences are written beside npz files' simulation run --packed --overwrite --set write_trees=true moved/sim.yml
refused 'data_source.path: "x.bin" does not end in .dnapack' simulation run --packed --set data_source.path=x.bin moved/sim.yml

# cut off at any place, or damaged: gone on with
size=$(wc -c < ref/toy.dnapack)
for cut in 0 50 70 $((size / 3)) $((size / 2)) $((size - 5000)) $((size - 1)); do
    start cut
    cp ref/toy_params.csv* cut
    head -c $cut ref/toy.dnapack > cut/toy.dnapack.part
    refused 'a simulation is there already; --resume' simulation run --packed cut/sim.yml
    simulate --resume cut/sim.yml
    same_as_ref cut
done
grep -q '60 samples were there already' err || fail "$(cat err)"
printf XY | dd of=cut/toy.dnapack bs=1 seek=$((size / 2)) conv=notrunc 2> /dev/null
refused 'wrong' pack cut/toy.dnapack other.dnapack
[ ! -e other.dnapack ] && [ ! -e other.dnapack.part ] || fail "half a file is left"
simulate --resume cut/sim.yml
grep -q 'made again: .*the checksum of a sample is wrong' err || fail "$(cat err)"
same_as_ref cut

# killed again and again
start killed
for i in 1 2 3 4 5 6; do
    "$dnadna" simulation run --packed --resume --n-cpus 2 killed/sim.yml 2> /dev/null &
    sleep 0.0$((i * 2))
    kill -9 $! 2> /dev/null || :
    wait $! 2> /dev/null || :
done
simulate --resume killed/sim.yml
same_as_ref killed

# full: files of at most so many blocks of 512 bytes
if ! (ulimit -f 0 && exec "$dnadna" --version > /dev/null) 2> /dev/null; then
    trap '' XFSZ
fi
start full
mkfifo pipe
cat < pipe > err &
status=0
(
    ulimit -f $((size / 1024))
    exec "$dnadna" simulation run --packed full/sim.yml 2> pipe
) || status=$?
wait $!
[ $status = 1 ] && grep -q 'toy.dnapack.part: File too large$' err || fail "$status: $(cat err)"
simulate --resume full/sim.yml
same_as_ref full

# the same as from npz files
mkdir npz
cp sim.yml npz
ok simulation run npz/sim.yml
ok pack npz/sim.yml npz.dnapack
for model in npz packed; do
    if [ $model = npz ]; then
        ok init --simulation-config npz/sim.yml $model
    else
        ok init --dataset-config ref/toy.dnapack $model
    fi
    ok preprocess --set preprocessing.min_snp=20 --set preprocessing.seed=1 \
        --set dataset_splits='{training: 0.6, validation: 0.4}' $model/${model}_preprocessing_config.yml
    cat > $model/train.yml <<END
inherit: ${model}_training_config.yml
network: {name: SPIDNA, params: {n_blocks: 2, n_features: 4}}
dataset_transforms: [{crop: {max_snp: 60, max_indiv: 7}}, {snp_format: concat}]
batch_size: 8
loader_num_workers: 2
n_epochs: 2
seed: 7
model_name: m
END
    ok train $model/train.yml
    tensors "$(ls $model/run_*/*best_net.safetensors)" > $model/tensors
done
cmp npz/tensors packed/tensors || fail "another network is learned from the packed file"
cmp "$(ls npz/*_params.csv | grep -v toy)" "$(ls packed/*_params.csv)" || fail "other tables"
net=$(ls npz/run_*/*best_net.safetensors)
ok predict "$net" npz/sim.yml
cut -d, -f2- out > npz.csv
for dataset in ref/toy.dnapack npz.dnapack packed/packed_dataset_config.yml; do
    ok predict "$net" $dataset
    cut -d, -f2- out | cmp - npz.csv || fail "other predictions of $dataset"
done
grep -q 'npz.dnapack#19/2' out || ok predict "$net" npz.dnapack
grep -q 'npz.dnapack#19/2' out || fail "no names: $(head -3 out)"
refused 'a dataset must be the only input' predict "$net" npz.dnapack npz.dnapack
refused 'is there already' pack npz/sim.yml npz.dnapack
refused 'the name of a packed dataset ends in .dnapack' pack npz/sim.yml npz.bin
ok sumstats -o s1.csv npz/sim.yml
ok sumstats -o s2.csv --set data_source.format=packed ref/sim.yml
for file in s1 s2; do
    [ "$(wc -l < $file.csv)" -gt 100 ] || fail "$file.csv has few statistics"
    cut -d, -f2- $file.csv > $file
done
cmp s1 s2 || fail "other statistics"
