# kill_many.sh - a training that is killed at random moments and resumed ends as one that was not.
#
# SPDX-License-Identifier: MIT
#
# usage: kill_many.sh DNADNA DATA [KILLS [SIGNAL [SEED [regime]]]]
# "regime" trains with a schedule, clipping, averaging and early stopping.
# After each kill every file is read; each run is resumed until it is done, and then all its
# files are compared with those of a run that nobody disturbed. Loading threads and plain
# loading take turns.
set -eu
. "$(dirname "$0")/common.sh"
wanted=${3:-6}
signal=${4:-KILL}
seed=${5:-$$}
regime=${6:-}
echo "seed $seed"

make_model
sed -i 's/validation: 0.3/validation: 0.2\n    test: 0.1/' m/m_preprocessing_config.yml
ok preprocess m/m_preprocessing_config.yml
config() {
    {
        printf 'n_epochs: 4\n'
        [ -z "$regime" ] || cat << END
optimizer: {name: NAdam}
lr_scheduler: {name: plateau, params: {patience: 1, factor: 0.5}, warmup_steps: 20}
gradient_clipping: {max_norm: 1, max_value: 0.25}
weight_averaging: {name: ema, decay: 0.9}
early_stopping: {patience: 12, min_delta: 0.01}
END
    } | small_spidna m
    sed "s/^evaluation_interval: .*/evaluation_interval: 2/
         s/^loader_num_workers: .*/loader_num_workers: $1/
         s/^batch_size: .*/batch_size: 4/" m/spidna.yml > "m/$2.yml"
}
config 0 plain
config 2 threads

begin=$(date +%s%N)
ok train -r whole m/plain.yml
total=$((($(date +%s%N) - begin) / 1000)) # microseconds

run_contents m/run_whole whole
sample=$data/scenario_00/one_event_00_0.npz
ok predict m/run_whole/m_run_whole_best_net.safetensors "$sample"
cp out whole.csv

# One share of 1 a line.
awk -v seed="$seed" -v n=$((20 * wanted + 20)) \
    'BEGIN { srand(seed); for (i = 0; i < n; i++) printf "%.6f\n", rand() }' > shares
exec 3< shares

running() {
    kill -0 "$pid" 2> /dev/null
}

# Wait for one of four moments: soon, any time, a validation, a file being written.
wait_for_moment() {
    read -r share <&3
    case $(($1 % 4)) in
    0) sleep "$(awk -v t=$total -v s="$share" 'BEGIN { print t * s * 0.2e-6 }')" ;;
    1) sleep "$(awk -v t=$total -v s="$share" 'BEGIN { print t * s * 0.7e-6 }')" ;;
    2) while running && ! grep -q ': validation$' err; do :; done ;;
    3) while running && ! ls -A "$dir" 2> /dev/null | grep -q '\.tmp-'; do :; done ;;
    esac
}

n_kill=0
n_run=0
while [ $n_kill -lt "$wanted" ]; do
    id=r$n_run
    dir=m/run_$id
    [ $((n_run % 2)) = 0 ] && way=threads || way=plain
    n_run=$((n_run + 1))
    n_here=0
    while :; do
        if [ -d $dir ]; then
            set -- --resume $dir
        else # killed before it had a folder
            set -- -r $id m/$way.yml
        fi
        "$dnadna" train -t 1 "$@" > out 2> err &
        pid=$!
        if [ $n_here -lt 8 ] && [ $n_kill -lt "$wanted" ]; then
            wait_for_moment $n_kill
            kill -"$signal" $pid 2> /dev/null || :
        fi
        status=0
        wait $pid || status=$?
        [ $status != 0 ] || break
        case $signal in
        KILL) [ $status = 137 ] || { cat err >&2; fail "status $status"; } ;;
        *) # before the handler is there, a signal simply ends the program
            if [ $status = 1 ]; then
                grep -q "; to go on: dnadna train --resume .*/run_$id\$" err || { cat err >&2; fail "status 1"; }
            else
                [ $status -gt 128 ] || { cat err >&2; fail "status $status"; }
            fi ;;
        esac
        n_kill=$((n_kill + 1))
        n_here=$((n_here + 1))
        for file in $dir/*_net.safetensors; do
            [ ! -f "$file" ] || ok inspect "$file"
        done
    done
    same_run $dir whole
    ok predict $dir/m_run_${id}_best_net.safetensors "$sample"
    cmp out whole.csv
    rm -rf $dir
done
echo "$n_kill kills (SIG$signal) in $n_run runs, all as the undisturbed one"
