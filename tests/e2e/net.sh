# net.sh - dnadna net explain: what it prints, and what it refuses.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"

explain() {
    ok net explain "$@" --set n_blocks=2 --set n_features=4 --shape 6x40 --batch 5 --threads 2
}

# chains and tables are there, and go when they are left out
explain spidna
grep -q '^SPIDNA: 6 haplotypes x 40 SNPs, 1 output; training, batch of 5$' out || fail "$(head -1 out)"
grep -q ' 5c  chain .*conv2d + row + max_pool2d + relu' out || fail "$(cat out)"
grep -q '  table .*; batch_norm$' out || fail "$(cat out)"
for part in Forward Backward Buffers Totals; do
    grep -q "^$part\$" out || fail "no $part: $(cat out)"
done
explain spidna --without tables -w fusion
grep -q 'without fusion, tables$' out || fail "$(head -3 out)"
if grep -v '; without' out | grep -q -E 'chain|table'; then
    fail "left out, but there: $(cat out)"
fi
explain SPIDNA --predict
if grep -q '^Backward$' out; then
    fail "a prediction has no backward part"
fi

# 50 numbers, 100, 50, 5, 1, with ReLU between; two samples:
# 2 (2 (50 100 + 100 50 + 50 5 + 5) + 100 + 50 + 5) = 41330
ok net explain MLP --shape 4x10 --batch 2 --predict
grep -q '^    FLOP  *41.3 k: forward 41.3 k, backward 0; 20.7 k a sample$' out || fail "$(cat out)"

refused 'there is no pass "tabels"; did you mean "tables"?' net explain MLP --shape 4x10 --without tabels
refused 'n_blox' net explain SPIDNA --shape 6x40 --set n_blox=2
refused 'no_such_net' net explain no_such_net --shape 6x40
for shape in 50 x40 6x 6x-1 0x4 6x4x2; do
    status=0
    "$dnadna" net explain MLP --shape $shape > out 2> err || status=$?
    [ $status = 2 ] && grep -q "shape $shape: expected haplotypes x SNPs" err || fail "$shape: $(cat err)"
done
status=0
"$dnadna" net explain MLP > out 2> err || status=$?
[ $status = 2 ] && grep -q 'shape is required' err || fail "$(cat err)"

# a network file, with sizes of its own
make_model
small_spidna m < /dev/null
ok train m/spidna.yml --set n_epochs=1
net=$(ls m/run_*/*_last_epoch_net.safetensors 2>/dev/null || ls m/run_*/*net.safetensors | head -1)
ok net explain "$net" --shape 9x50 --predict
grep -q '^SPIDNA: 9 haplotypes x 50 SNPs, 3 outputs; prediction, batch of 64$' out || fail "$(head -1 out)"
refused 'the settings of a trained network are fixed' net explain "$net" --shape 9x50 --set n_blocks=3

# bench measures without a pass, too
ok bench -c mlp-train --seconds 0.01 --no-peer --without plan
refused 'there is no pass "plans"; did you mean "plan"?' bench -c mlp-train --no-peer --without plans
