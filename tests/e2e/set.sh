# set.sh - --set: any key of preprocess and train from the command line.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"

make_model
: | small_spidna m

# FILE KEY: its value in a config that has the key once
value() {
    sed -n "s/^ *$2: //p" "$1"
}
expect() {
    [ "$1" = "$2" ] || fail "$3: \"$1\" is not \"$2\""
}

# the command line itself
status=0
"$dnadna" train --set batch_size m/spidna.yml > out 2> err || status=$?
expect "$status" 2 "a text without ="
grep -q -F -e '--set: "batch_size" has not the form KEY=VALUE' err || fail "no form"
refused '--set batch_size: 0 is not at least 1' train --set batch_size=0 m/spidna.yml
refused '--set bach_size: unknown key; did you mean "batch_size"' train --set bach_size=2 m/spidna.yml
refused '--set optimizer.params.lrr: unknown key' train --set optimizer.params.lrr=2 m/spidna.yml
refused '--set network.params.n_block: unknown key; did you mean "n_blocks"' train --set network.params.n_block=2 m/spidna.yml
refused '--set network.name: unknown network "SPIDNO"' train --set network.name=SPIDNO m/spidna.yml
refused '--set lr_scheduler.name: lr_scheduler.params.step_size: is required but missing' \
    train --set lr_scheduler.name=step m/spidna.yml
refused '--set optimizer: optimizer.params.lr: is required' train --set 'optimizer={name: SGD}' m/spidna.yml
refused '--set optimizer.params: is null: nothing is given' train --set optimizer.params= m/spidna.yml
refused '--set inherit: inherit works in files only' train --set inherit=x.yml m/spidna.yml
refused '--set batch_size' train --set 'batch_size=[1' m/spidna.yml
refused '--set learned_params.even_time.loss_func: the list learned_params has no entry "even_time"' \
    train --set learned_params.even_time.loss_func=L1 m/spidna.yml
refused '--set preprocessing.min_spn: unknown key; did you mean "min_snp"' \
    preprocess --set preprocessing.min_spn=2 m/m_preprocessing_config.yml
refused '--set n_epochs: "x" is not an integer' preprocess --set n_epochs=x m/m_preprocessing_config.yml
refused '--set network.params.n_snps: unknown key' preprocess --set network.params.n_snps=1 m/m_preprocessing_config.yml
refused '--set dataset_splits.tset' preprocess --set dataset_splits.tset=0 m/m_preprocessing_config.yml
[ ! -d m/run_000 ] || fail "a run that could not begin left a folder"

# training: lists by number and by name, relative paths from here, the final config tells
ok train --set batch_size=5 --set n_epochs=2 --set optimizer.params.learning_rate=1e-4 \
    --set learned_params.event_time.loss_func=L1 --set learned_params.1.recent_size.loss_weight=0.5 \
    --set dataset_transforms.crop.max_snp=40 --set 'network.params={n_blocks: 2, n_features: 3}' \
    --set "dataset.data_root=$data" -r s m/spidna.yml
final=m/run_s/m_run_s_final_config.yml
expect "$(value $final batch_size)" 5 batch_size
expect "$(value $final n_epochs)" 2 n_epochs
expect "$(value $final max_snp)" 40 max_snp
expect "$(value $final n_features)" 3 n_features
expect "$(value $final learning_rate)" 1.0e-4 learning_rate
expect "$(value $final loss_func | tr '\n' ' ')" 'L1 MSE MSE ' loss_func
expect "$(value $final loss_weight | tr '\n' ' ')" '1 0.5 1 ' loss_weight
grep -q 'epoch 2 of 2' err || fail "not two epochs"
# both names of the learning rate: that of the command line goes before the file's
ok train --set optimizer.params.lr=0.25 -r lr m/spidna.yml
final=m/run_lr/m_run_lr_final_config.yml
expect "$(value $final lr)" 0.25 lr
! grep -q 'learning_rate:' $final || fail "the learning rate of the file is still there"
# what preprocessing has settled is not done again, and that is told
ok train --set dataset_splits.training=0.5 --set learned_params.event_size.log_transform=false -r late m/spidna.yml
grep -q 'WARNING;  --set dataset_splits.training: has no effect here; preprocessing' err || fail "$(cat err)"
grep -q 'WARNING;  --set learned_params.event_size.log_transform: does not change the targets' err ||
    fail "$(cat err)"
# the same numbers as a file that says the same
printf 'inherit: m/spidna.yml\nmodel_root: m\nbatch_size: 5\n' > t.yml
ok train -r a t.yml
ok train -r b --set batch_size=5 m/spidna.yml
tensors m/run_a/m_run_a_last_epoch_net.safetensors > a.bin
tensors m/run_b/m_run_b_last_epoch_net.safetensors > b.bin
cmp a.bin b.bin || fail "--set is not the same as a file"

# preprocessing: what is set enters the training config, and what is inherited stays
mkdir elsewhere
ok preprocess --set preprocessing.min_indiv=5 --set 'dataset_splits={training: 0.5, validation: 0.5}' \
    --set learned_params.event_size.loss_func=Huber --set n_epochs=3 --set batch_size=7 \
    --set optimizer.params.lr=0.125 --set dataset_transforms.crop.max_snp=77 --set model_root=elsewhere \
    m/m_preprocessing_config.yml
c=elsewhere/m_training_config.yml
grep -q 'scenarios: 15 training, 15 validation' err || fail "the splits are not those of --set"
expect "$(value $c n_epochs)" 3 n_epochs
expect "$(value $c batch_size)" 7 batch_size
expect "$(value $c max_snp)" 77 max_snp
expect "$(value $c lr)" 0.125 lr
! grep -q 'learning_rate:' $c || fail "the learning rate of the template is still there"
expect "$(value $c min_indiv)" 5 min_indiv
expect "$(value $c loss_func | tr '\n' ' ')" 'MSE MSE Huber ' loss_func
ok train -r p --set batch_size=8 --set dataset_transforms.crop.max_snp=90 \
    --set network='{name: SPIDNA, params: {n_blocks: 2, n_features: 4}}' "$c"
final=elsewhere/run_p/m_run_p_final_config.yml
expect "$(value $final batch_size)" 8 batch_size
expect "$(value $final n_epochs)" 3 n_epochs
expect "$(value $final min_indiv)" 5 min_indiv
expect "$(value $final training)" 0.5 dataset_splits.training
expect "$(value $final min_snp)" "$(value m/m_preprocessing_config.yml min_snp)" min_snp
