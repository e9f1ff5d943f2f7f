# full_disk.sh - a disk that is full at any write: one clear line, nothing half written, and the
# training goes on when there is room. A limit of the size of files stands for the disk.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"

make_model
printf 'n_epochs: 2\n' | small_spidna m
ok train -r whole m/spidna.yml
run_contents m/run_whole whole
ls -A m > names

# ThreadSanitizer writes a file of its own when a program starts: only there the shell ignores
# the signal of a file that is too large, which the program itself ignores
if ! (ulimit -f 0 && exec "$dnadna" --version > /dev/null) 2> /dev/null; then
    trap '' XFSZ
fi

# limited BLOCKS ARGS...: with files of at most so many blocks of 512 bytes; err is not limited
mkfifo pipe
limited() {
    blocks=$1
    shift
    cat < pipe > err &
    status=0
    (
        ulimit -f "$blocks"
        exec "$dnadna" "$@" > out 2> pipe
    ) || status=$?
    wait $!
}
too_large() {
    [ $status = 1 ] || { cat err >&2; fail "status $status with files of $blocks blocks"; }
    [ "$(grep -c -e ';    ERROR;  ' -e ': error: ' err)" = 1 ] && grep -q 'File too large$' err || {
        cat err >&2
        fail "no clear line with files of $blocks blocks"
    }
}

n_begun=0
n_done=0
for limit in 0 2 4 8 12 16 20 24 28 32 40 80; do
    limited $limit train -r full m/spidna.yml
    if [ $status = 0 ]; then # only the log had no room, or all had
        n_done=$((n_done + 1))
    else
        too_large
    fi
    if [ -d m/run_full ]; then
        n_begun=$((n_begun + 1))
        for file in m/run_full/*_net.safetensors; do
            [ ! -f "$file" ] || ok inspect "$file"
        done
        ok train --resume m/run_full
        same_run m/run_full whole
        rm -rf m/run_full
    fi
    ls -A m | diff names - || fail "files are left with files of $limit blocks"
done
# the limits met all stages: no folder, a folder to go on with, the end
echo "$n_begun runs began, $n_done ended"
[ $n_begun -lt 12 ] && [ $n_begun -gt $((n_done + 2)) ] && [ $n_done -gt 0 ] ||
    fail "$n_begun runs began, $n_done ended"

# a log that has no room is told once, and does not stop the work
if [ -w /dev/full ]; then
    ok train -r log --log-file /dev/full m/spidna.yml
    [ "$(grep -c 'WARNING;  /dev/full: No space left on device: this log file lacks lines' err)" = 1 ] ||
        fail "a full disk under the log is not told"
    same_run m/run_log whole
fi

# predict and init leave nothing empty behind
sample=$data/scenario_00/one_event_00_0.npz
limited 0 predict -o p.csv m/run_whole/m_run_whole_best_net.safetensors "$sample"
too_large
[ ! -e p.csv ] || fail "predict left an empty table"
for limit in 0 3; do
    limited $limit init new
    too_large
    [ ! -e new ] || fail "init left half a model"
done
