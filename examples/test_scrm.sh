# test_scrm.sh - the example config of a simulation by scrm: the same files whatever the
# threads; stopped at once, with what it had started; failures told in one line.
#
# SPDX-License-Identifier: MIT
set -eu
config=$3
. "$(dirname "$0")/../tests/e2e/common.sh"

small="--set n_scenarios=6 --set n_samples=8 --set segment_length=50000"
command -v scrm > /dev/null || {
    echo "skipped: scrm is not installed"
    exit 77
}
for n in 1 3; do
    mkdir t$n
    cp "$config" t$n/scrm.yml
    ok simulation run --n-cpus $n $small t$n/scrm.yml
done
[ "$(find t1 -name 'scrm_*.npz' | wc -l)" = 18 ] || fail "not 18 samples: $(find t1)"
diff -r t1 t3 || fail "threads make a difference"
ok init --dataset-config t1/scrm.yml m

# a program that fails
refused 'scenario 0, replicate 0: scrm: ended with exit code 1; its standard error: ' \
    simulation run $small --n-cpus 1 --overwrite --set 'command=scrm x' t1/scrm.yml
refused 'no-such-program: there is no such program' \
    simulation run $small --n-cpus 1 --overwrite --set 'command=no-such-program' t1/scrm.yml

# Ctrl-C: what runs is ended too
mkdir stop
cp "$config" stop/scrm.yml
"$dnadna" simulation run --n-cpus 2 --set 'command=sleep 98765.4321' stop/scrm.yml > out 2> err &
pid=$!
i=0
until [ "$(ps -e -o args= | grep -c '^sleep 98765.4321')" = 2 ]; do
    sleep 0.05
    i=$((i + 1))
    [ $i -lt 400 ] || fail "no calls: $(cat err)"
done
kill -INT $pid
status=0
wait $pid || status=$?
[ $status -ne 0 ] || fail "stopped with status 0"
[ "$(ps -e -o args= | grep -c '^sleep 98765.4321')" = 0 ] || fail "calls go on"
