# net_look.sh - dnadna net list, ops, show and check.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"

ok net list
for name in CNN CustomCNN MLP SPIDNA; do
    grep -q "^$name\$" out || fail "net list has no $name"
done
ok net ops
grep -q '^conv2d$' out || fail "net ops has no conv2d"
grep -q '^    out (required): Output channels' out || fail "net ops has no arguments"

# the numbers that docs/networks.md gives
ok net show SPIDNA --outputs 3
grep -q '^107434 parameters' out || fail "SPIDNA: $(tail -1 out)"
ok net show CNN --outputs 3 --svg cnn.svg
grep -q '^5388 parameters' out || fail "CNN: $(tail -1 out)"
grep -q '  conv2d *conv1  *1  *\[N, 5, 25, 199\]  *45 ' out || fail "CNN's conv1: $(cat out)"
grep -q '<svg' cnn.svg || fail "no SVG"
refused 'cnn.txt' net show CNN --svg cnn.txt
refused 'no such file, and no built-in network (CNN, CustomCNN, MLP, SPIDNA)' net show CNM
refused 'needs at least 384' net show SPIDNA --shape 20x100

cat > small.yml << 'END'
name: Small
exchangeable: true
params: {n_filters: 8}
layers:
  - {op: reshape, from: snps, shape: [1, n_indiv, n_snp]}
  - {op: conv2d, name: conv, out: n_filters, kernel: [1, 5], activation: relu}
  - {op: mean, axis: 2}
  - {op: conv1d, name: line, out: n_filters, kernel: 5, activation: relu}
  - {op: max, axis: 2}
  - {op: linear, name: fc, out: n_outputs}
END
ok net show small.yml --shape 7x30 --set n_filters=3
grep -q '^Small: 7 individuals, 30 SNPs, positions, 2 outputs$' out || fail "$(head -1 out)"
grep -q '^74 parameters' out || fail "3 (1 5 + 1) + 3 (3 5 + 1) + 2 (3 + 1) is 74: $(tail -1 out)"
ok net check small.yml --shape 8x30 --threads 2
[ "$(grep -c ' ok  ' out)" = 6 ] || fail "$(cat out)"
grep -q '^sizes  *ok  *8 x 30; also 7 x 30, 9 x 30, 16 x 30, 8 x 29, 8 x 31, 8 x 60$' out || fail "$(cat out)"
cp out first
ok net check small.yml --shape 8x30 --threads 1
cmp first out || fail "verdicts depend on threads"

# a network that is not what it claims, and one that reads one size
sed 's/kernel: \[1, 5\]/kernel: [2, 5]/' small.yml > liar.yml
status=0
"$dnadna" net check liar.yml --shape 8x30 > out 2> err || status=$?
[ $status = 1 ] || fail "a liar passed"
grep -q '^permuted haplotypes  *FAILED  *the order of individuals matters' out || fail "$(cat out)"
[ "$(grep -c FAILED out)" = 1 ] || fail "$(cat out)"
cat > fixed.yml << 'END'
layers:
  - {op: flatten, from: snps}
  - {op: linear, name: fc, out: n_outputs}
END
ok net check fixed.yml --shape 6x20 --no-positions
grep -q '^sizes  *ok  *6 x 20; none of six other sizes' out || fail "$(cat out)"
grep -q '^permuted haplotypes  *-  *the order of individuals matters' out || fail "$(cat out)"

# of a trained network
make_model
printf 'n_epochs: 1\n' | small_spidna m
ok train -r a m/spidna.yml
ok net show m/run_a/m_run_a_best_net.safetensors
grep -q '^SPIDNA: 50 individuals, 60 SNPs, positions, 3 outputs$' out || fail "$(head -1 out)"
refused 'the settings of a trained network are fixed' net show m/run_a/m_run_a_best_net.safetensors --set n_blocks=2
ok net check m/run_a/m_run_a_best_net.safetensors --shape 6x30
