# test_predict.sh - run the example on a network that is trained here.
#
# SPDX-License-Identifier: MIT
set -eu
example=$3
. "$(dirname "$0")/../tests/e2e/common.sh"

make_model
: | small_spidna m
ok train m/spidna.yml
"$example" m/run_000/m_run_000_best_net.safetensors > out || fail "the example fails"
for name in event_time recent_size event_size; do
    grep -q "^$name: [0-9.e+]*\$" out || fail "no $name: $(cat out)"
done
"$example" none.safetensors > out 2> err && fail "a missing network is no failure"
grep -q 'none.safetensors' err || fail "the message does not name the file"
