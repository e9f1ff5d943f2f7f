# resume.sh - runs that go on: more epochs, moved, without a state; what is refused; what is left.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"

make_model
printf 'n_epochs: 2\n' | small_spidna m
ok train -r whole m/spidna.yml
run_contents m/run_whole whole

# usage
usage() {
    status=0
    "$dnadna" train "$@" > out 2> err || status=$?
    [ $status = 2 ] || fail "status $status: dnadna train $*"
    [ "$(grep -c '^usage: ' err)" = 1 ] || fail "no usage"
}
usage
grep -q 'CONFIG is missing' err || fail "$(cat err)"
usage --resume m/run_whole m/spidna.yml
usage --resume m/run_whole --run-id 3
usage --resume m/run_whole --overwrite
refused 'nowhere: No such file' train --resume nowhere
refused 'm/spidna.yml: is no folder' train --resume m/spidna.yml
refused 'm: has no file *_final_config.yml' train --resume m

# a line break in a run's name would break lines of the log
refused "cannot be a folder's name" train -r 'a
b' m/spidna.yml

# a finished run is left as it is
touch marker
sleep 0.01
ok train --resume m/run_whole
grep -q 'run run_whole in m/run_whole is finished after 2 epochs: nothing to do' err || fail "$(cat err)"
[ -z "$(find m/run_whole -newer marker)" ] || fail "a finished run was changed"
# ... unless more epochs are asked for: as if they had been from the start
ok train -r one --set n_epochs=1 m/spidna.yml
cp -r m/run_one moved
sed -i 's#^model_root: .*#model_root: /no/such/folder#' moved/m_run_one_final_config.yml
refused 'n_epochs: ' train --resume m/run_one --set n_epochs=none
refused 'only n_epochs may be changed' train --resume m/run_one --set n_epochs=2 --set batch_size=8
ok train --resume m/run_one/ --set n_epochs=2
grep -q 'resuming run run_one in m/run_one after epoch 1' err || fail "$(cat err)"
tensors m/run_one/m_run_one_last_epoch_net.safetensors | cmp - whole/m_RUN_last_epoch_net.safetensors.tensors
grep -q '^n_epochs: 2' m/run_one/m_run_one_final_config.yml || fail "the final config has the old n_epochs"
refused 'n_epochs 1: epoch 2 of this run has begun already' train --resume m/run_one --set n_epochs=1
ok train --resume m/run_one
grep -q 'is finished after 2 epochs' err || fail "$(cat err)"
# ... in a folder that was moved, too
(cd moved && ok train --resume . --set n_epochs=2)
tensors moved/m_run_one_last_epoch_net.safetensors | cmp - whole/m_RUN_last_epoch_net.safetensors.tensors

# a run that early stopping ended is not said to have all its epochs; more go on from there
ok train -r early --set n_epochs=9 --set 'early_stopping={patience: 1, min_delta: 10}' m/spidna.yml
ok train --resume m/run_early
grep -q 'run run_early in m/run_early is finished, by early stopping in epoch 1 of 9: nothing' err || fail "$(cat err)"
ok train --resume m/run_early --set n_epochs=10
grep -q 'resuming run run_early in m/run_early in epoch 1 after batch' err || fail "$(cat err)"

# the mean of the last quarter: of the new number of epochs, not of both last quarters
ok train -r mean --set n_epochs=1 --set weight_averaging.name=swa m/spidna.yml
ok train --resume m/run_mean --set n_epochs=5
ok train -r mean5 --set n_epochs=5 --set weight_averaging.name=swa m/spidna.yml
tensors m/run_mean/m_run_mean_last_epoch_net.safetensors > a.bin
tensors m/run_mean5/m_run_mean5_last_epoch_net.safetensors | cmp - a.bin || fail "another mean"
losses() {
    grep '^[2-5],.*,validation,,,loss,' "$1"
}
losses m/run_mean5/*_metrics.csv > a.csv
losses m/run_mean/*_metrics.csv | diff a.csv - || fail "the mean of the first epoch was measured"

# a log file that cannot be opened is told before anything is made or removed
refused 'nowhere/x.log: No such file or directory' train -r logged --log-file nowhere/x.log m/spidna.yml
[ ! -e m/run_logged ] || fail "a run that could not begin left a folder"
refused 'nowhere/x.log: No such file or directory' \
    train -r whole --overwrite --log-file nowhere/x.log m/spidna.yml
refused 'nowhere/x.log: No such file or directory' \
    train --resume m/run_whole --set n_epochs=3 --log-file nowhere/x.log
same_run m/run_whole whole
grep -q '^n_epochs: 2' m/run_whole/*_final_config.yml || fail "the final config was changed"
ok train -r inside --log-file m/run_inside/my.log --set n_epochs=1 m/spidna.yml
[ -s m/run_inside/my.log ] || fail "no log in the run's folder"

# killed before there was a state: it begins at its beginning
cp -r m/run_whole young
rm young/*_state.safetensors
echo stale > young/.m_run_whole_best_net.safetensors.tmp-12-0
ok train --resume young
grep -q 'has no state yet: it begins at its beginning' err || fail "$(cat err)"
same_run young whole
[ "$(ls -A young | grep -c '\.tmp-')" = 0 ] || fail "files of a killed process are left"

# begin RUN ARGS...: a training that lasts, in the background, in its second epoch
begin() {
    : > err2 # the loop below must not read that of an earlier training
    "$dnadna" train -r "$@" --set n_epochs=100000 m/spidna.yml > out2 2> err2 &
    pid=$!
    tries=0
    until grep -q 'epoch 2 of' err2; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || fail "training does not begin"
        sleep 0.1
    done
}
# ended TEXT: it has ended with one line of error that has the text
ended() {
    status=0
    wait $pid || status=$?
    [ $status = 1 ] || fail "status $status"
    [ "$(grep -c ';    ERROR;  ' err2)" = 1 ] && grep -q "ERROR;  .*$1" err2 || {
        cat err2 >&2
        fail "expected: $1"
    }
}

# one process a folder; the message of a stop tells how to go on
begin long
refused 'm/run_long: another process trains in this folder now' train --resume m/run_long
refused 'another training works in this folder' train -r long --overwrite m/spidna.yml
kill -INT $pid
ended 'stopped on request in epoch [0-9]* after batch [0-9]*; to go on: dnadna train --resume .*/m/run_long$'

# a state that does not belong, or is damaged: one line, and nothing is changed
state=m/run_long/m_run_long_training_state.safetensors
config=m/run_long/m_run_long_final_config.yml
table=m/run_long/m_run_long_preprocessed_params.csv
cp -r m/run_long kept
sleep 0.01
touch marker
sleep 0.01
sed -i 's/^batch_size: .*/batch_size: 8/' $config
refused 'batch_size: was 16 and is 8 now: a run that goes on keeps its settings' train --resume m/run_long
cp kept/*_final_config.yml $config
sed -i 's/n_features: 4/n_features: 5/' $config
refused 'network.params.n_features: was 4 and is 5 now' train --resume m/run_long
cp kept/*_final_config.yml $config
sed '2s/[0-9]/5/2' $table > t.csv
cp t.csv $table
refused 'data.table_fnv1a: is ' train --resume m/run_long
cp kept/*_params.csv $table
cp m/run_whole/*_state.safetensors $state
refused 'n_epochs' train --resume m/run_long --set n_epochs=1
size=$(wc -c < kept/m_run_long_training_state.safetensors)
for part in 0 7 100 $((size / 2)) $((size - 1)); do
    head -c $part kept/*_state.safetensors > $state
    refused "$(basename $state): " train --resume m/run_long
done
cp kept/*_best_net.safetensors $state
refused 'not the state of a training' train --resume m/run_long
sed 's/"epoch\\": /"epoch\\":-/' kept/*_state.safetensors > $state
refused 'loop.epoch: is -' train --resume m/run_long
cp kept/*_state.safetensors $state
rm $config
refused 'has no file *_final_config.yml' train --resume m/run_long
cp kept/*_final_config.yml $config
[ -z "$(find m/run_long -newer marker -name '*net*')" ] || fail "a refused run was changed"
ok predict m/run_long/m_run_long_last_checkpoint_net.safetensors "$data/scenario_00/one_event_00_0.npz"

# --overwrite begins anew; nothing of the run before is left to be mistaken
mkdir m/run_long/mine
refused 'is not empty: give --overwrite' train -r long m/spidna.yml
ok train -r long --overwrite m/spidna.yml
[ -d m/run_long/mine ] || fail "a folder of the user's is gone"
rmdir m/run_long/mine
same_run m/run_long whole
begin long --overwrite
kill -TERM $pid
ended 'stopped on request'
[ ! -f m/run_long/m_run_long_last_epoch_net.safetensors ] || fail "the last epoch of another training"

# a folder that vanishes, or may not be written any more
begin gone
mv m/run_gone m/elsewhere
ended 'm/run_gone/m_run_gone_.*: No such file or directory'
ok inspect m/elsewhere/m_run_gone_last_checkpoint_net.safetensors
if [ "$(id -u)" != 0 ]; then
    begin locked
    chmod a-w m/run_locked
    ended 'm/run_locked/m_run_locked_.*: Permission denied'
    refused 'Permission denied' train --resume m/run_locked
    chmod u+w m/run_locked
    ok inspect m/run_locked/m_run_locked_last_checkpoint_net.safetensors
fi
