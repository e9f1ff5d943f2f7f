# own_net.sh - networks in YAML: trained, moved, resumed, exported, refused.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"
examples=$(dirname "$0")/../../examples/networks

make_model
printf 'n_epochs: 2\n' | small_spidna m
ok train -r built_in m/spidna.yml

# SPIDNA as data: the same bytes
mkdir m/nets
cp "$examples/spidna.yml" m/nets
sed 's/^network:.*/network: {file: nets\/spidna.yml, params: {n_blocks: 2, n_features: 4}}/' \
    m/spidna.yml > m/own.yml
ok train -r own m/own.yml
for name in best last_epoch; do
    tensors m/run_built_in/m_run_built_in_${name}_net.safetensors > a.bin
    tensors m/run_own/m_run_own_${name}_net.safetensors > b.bin
    cmp a.bin b.bin || fail "the network as data learned something else: $name"
done

# a run that goes on needs no file of layers, and is one that never stopped
ok train -r stopped --set n_epochs=1 m/own.yml
mv m/nets elsewhere
ok train --resume m/run_stopped --set n_epochs=2
tensors m/run_stopped/m_run_stopped_last_epoch_net.safetensors > c.bin
cmp b.bin c.bin || fail "a resumed run differs"

# the one file predicts in another folder, other sizes too
mkdir far
cp m/run_own/m_run_own_best_net.safetensors far/own.safetensors
cp m/run_built_in/m_run_built_in_best_net.safetensors far/built_in.safetensors
mv m far/model
for net in own built_in; do
    (cd far && "$dnadna" predict $net.safetensors "$data"/scenario_0[0-3]/*.npz) > $net.csv 2> err ||
        fail "predict with $net"
done
cmp own.csv built_in.csv || fail "predictions differ"
ok inspect far/own.safetensors
grep -q 'Network: SPIDNA, ' out || { cat out; fail inspect; }
ok export far/own.safetensors far/own.npz
ok export far/own.safetensors far/own.pth
ok predict far/own.pth "$data"/scenario_0[0-3]/*.npz
cmp own.csv out || fail "predictions of the .pth differ"
mv far/model m

# layers in the config itself; a fixed size is kept to
sed '/^network:/d' m/spidna.yml > m/flat.yml
cat >> m/flat.yml << 'END'
network:
  params: {n_hidden: {default: 3, min: 1, doc: Hidden features.}}
  layers:
    - {op: flatten, from: snps}
    - {op: linear, name: fc1, out: n_hidden, activation: elu, init: {weight: glorot_uniform, bias: 0}}
    - {op: linear, name: fc2, out: n_outputs}
END
ok train -r flat m/flat.yml
net=m/run_flat/m_run_flat_best_net.safetensors
ok inspect $net
grep -q 'fc1.weight  *F32 \[3, 3000\]' out || fail "fc1 of 50 x 60 is not [3, 3000]"
ok train --resume m/run_flat --set n_epochs=3
status=0
"$dnadna" predict --no-transforms $net "$data"/scenario_00/*.npz > out 2> err || status=$?
[ $status != 0 ] || fail "another size was taken"
grep -q 'need other parameters fc1.weight than the 50 and 60 it was trained on' err || {
    cat err >&2
    fail "the refusal of another size"
}

# a recurrent network along the SNPs, with sizes that vary, in one batch as alone
sed '/^network:/d; s/^dataset_transforms:.*/dataset_transforms: [{subsample: {size: [10, 40]}}, {crop: {max_snp: 60}}, {snp_format: concat}]/' m/spidna.yml > m/gru.yml
cat >> m/gru.yml << 'END'
network:
  name: Frequencies
  exchangeable: true
  layers:
    - {op: mean, name: frequency, from: snps, axis: 1, keep: true}
    - {op: concat, from: [frequency, positions], axis: 1}
    - {op: transpose, order: [2, 1]}
    - {op: gru, name: gru, hidden: 5, bidirectional: true, final: true}
    - {op: linear, name: fc, out: n_outputs}
END
ok train -r gru m/gru.yml
net=m/run_gru/m_run_gru_best_net.safetensors
ok predict --raw "$net" "$data"/scenario_0*/*.npz
cp out together
ok predict --raw --batch-size 1 "$net" "$data"/scenario_0*/*.npz
paste -d, together out | awk -F, '
    NR > 1 {
        n = NF / 2
        if ($1 != $(n + 1)) exit 1
        for (i = 2; i <= n; i++) {
            d = $i - $(n + i)
            if (d > 1e-6 || d < -1e-6) { print; exit 1 }
        }
    }' || fail "together and alone differ"

# a published network: sorted rows, padded to one width, no positions
sed '/^network:/d; s/^dataset_transforms:.*/dataset_transforms: [{crop: {max_snp: 60}}, {sort_rows: {by: medoid}}, {pad: {n_snp: 80}}, {snp_format: matrix}]/' m/spidna.yml > m/flagel.yml
cp "$examples/flagel_theta.yml" m
echo 'network: {file: flagel_theta.yml, params: {n_filters: 4, n_hidden: 3}}' >> m/flagel.yml
ok train -r flagel m/flagel.yml
net=m/run_flagel/m_run_flagel_best_net.safetensors
ok inspect $net
grep -q 'fc1.weight  *F32 \[3, 156\]' out || fail "fc1 of 4 filters on (80 - 2) / 2 places"
ok predict $net "$data"/scenario_00/*.npz

# what is wrong: one line that names file and line
bad() {
    cat > m/bad_net.yml
    sed 's/^network:.*/network: {file: bad_net.yml}/' m/spidna.yml > m/bad.yml
    refused "$1" train -r bad m/bad.yml
    [ ! -e m/run_bad ] || fail "a run was made"
}
bad 'm/bad_net.yml:2: layers: unknown op "linaer", did you mean "linear"?' << 'END'
layers:
  - {op: linaer, name: fc, out: n_outputs}
END
bad 'm/bad_net.yml:3: layers: c: input [N, 3060], [N, channels, height, width] is needed' << 'END'
layers:
  - {op: flatten}
  - {op: conv2d, name: c, out: 2, kernel: 3}
END
bad 'network described: needs n_snp >= 400; n_snp is 60' << 'END'
needs: n_snp >= 400
layers:
  - {op: flatten}
  - {op: linear, name: fc, out: n_outputs}
END
bad 'm/bad_net.yml:3: output: layer "fc" gives [N, 4], the output must be [N, n_outputs], [N, 3] here' << 'END'
layers:
  - {op: flatten}
  - {op: linear, name: fc, out: 4}
END
sed 's/^network:.*/network: {file: none.yml}/' m/spidna.yml > m/bad.yml
refused 'none.yml' train m/bad.yml
sed 's/^network:.*/network: {file: ..\/elsewhere\/spidna.yml, params: {n_block: 2}}/' m/spidna.yml > m/bad.yml
refused 'the network has no setting "n_block", did you mean "n_blocks"?' train m/bad.yml
sed 's/^network:.*/network: {file: ..\/elsewhere\/spidna.yml, params: {n_blocks: 0}}/' m/spidna.yml > m/bad.yml
refused 'network.params.n_blocks: 0 is not at least 1' train m/bad.yml
sed 's/^network:.*/network: {name: SPIDNA, needs: n_snp > 3}/' m/spidna.yml > m/bad.yml
refused 'needs belongs to a network with layers' train m/bad.yml
