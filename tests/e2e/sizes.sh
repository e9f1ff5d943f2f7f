# sizes.sh - samples of different sizes in one batch: each counts as it does alone.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"

make_model
printf 'n_epochs: 2\n' | small_spidna m
# 10 to 40 of the 50 individuals, and the SNPs that differ among them, at most 300
sed 's/^dataset_transforms:.*/dataset_transforms: [{subsample: {size: [10, 40]}}, {crop: {max_snp: 300}}, {snp_format: concat}]/' \
    m/spidna.yml > m/sizes.yml

# training depends on the seed alone
sed 's/^loader_num_workers: .*/loader_num_workers: 0/' m/sizes.yml > m/plain.yml
ok train -r a m/sizes.yml
! grep -q -i -e 'pad' -e 'left out' err || fail "a sample was padded or left out"
ok train -r b m/plain.yml
for name in best last_epoch; do
    tensors m/run_a/m_run_a_${name}_net.safetensors > a.bin
    tensors m/run_b/m_run_b_${name}_net.safetensors > b.bin
    cmp a.bin b.bin || fail "loading threads changed $name"
done

# and a run that goes on is one that never stopped
ok train -r c --set n_epochs=1 m/sizes.yml
ok train --resume m/run_c --set n_epochs=2
tensors m/run_a/m_run_a_last_epoch_net.safetensors > a.bin
tensors m/run_c/m_run_c_last_epoch_net.safetensors > c.bin
cmp a.bin c.bin || fail "a resumed run differs"

# all in one batch, in small batches, one by one
net=m/run_a/m_run_a_best_net.safetensors
ok predict --raw --batch-size 64 "$net" "$data"/scenario_*/*.npz
cp out together
ok predict --raw --batch-size 3 "$net" "$data"/scenario_*/*.npz
cp out threes
ok predict --raw --batch-size 1 "$net" "$data"/scenario_*/*.npz
cp out alone
[ "$(wc -l < together)" -gt 64 ] || fail "$(wc -l < together) lines"
for other in threes alone; do
    paste -d, together $other | awk -F, '
        NR > 1 {
            n = NF / 2
            if ($1 != $(n + 1)) exit 1
            for (i = 2; i <= n; i++) {
                d = $i - $(n + i)
                if (d > 1e-6 || d < -1e-6) { print; exit 1 }
            }
        }' || fail "together and $other differ"
done

# a network that takes one size refuses another one, and says whose
sed 's/^network:.*/network: {name: MLP}/' m/sizes.yml > m/mlp.yml
status=0
"$dnadna" train -r d m/mlp.yml > out 2> err || status=$?
[ $status = 1 ] || fail "the MLP took several sizes: status $status"
grep -q 'scenario [0-9]*, replicate [0-9]*: network MLP: ' err || {
    cat err >&2
    fail "the MLP does not say which sample it refuses"
}
