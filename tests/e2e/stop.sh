# stop.sh - a signal ends training after the current batch; what was learned is kept.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"

make_model
printf 'n_epochs: 100000\n' | small_spidna m
"$dnadna" train m/spidna.yml > out 2> err &
pid=$!
tries=0
until grep -q 'epoch 2 of' err; do
    tries=$((tries + 1))
    [ $tries -lt 600 ] || fail "training does not begin"
    sleep 0.1
done
kill -TERM $pid
status=0
wait $pid || status=$?
[ $status = 1 ] || fail "status $status after SIGTERM"
grep -q 'ERROR;  stopped on request in epoch' err || fail "no line about the stop"
net=m/run_000/m_run_000_last_checkpoint_net.safetensors
[ ! -f m/run_000/m_run_000_last_epoch_net.safetensors ] || fail "a last epoch there was not"
ok predict $net "$data/scenario_00/one_event_00_0.npz"
