# card.sh - the card of a network, and whether a machine gives its numbers.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"
examples=$(dirname "$0")/../../examples/networks

mkdir m
cat > m/pre.yml << END
model_name: m
dataset: {inherit: $data/one_event_dataset_config.yml}
learned_params: {event_time: {type: regression, log_transform: true}}
dataset_splits: {training: 0.6, validation: 0.2, test: 0.2}
preprocessing: {min_snp: 500, seed: 2}
END
ok preprocess m/pre.yml
printf 'n_epochs: 1\n' | small_spidna m
sed 's/^network:.*/network: {file: spidna.yml, params: {n_blocks: 2, n_features: 4}}/' m/spidna.yml > m/own.yml
cp "$examples/spidna.yml" m/net.yml
sed -i 's/spidna.yml/net.yml/' m/own.yml
ok train -r a m/own.yml
net=m/run_a/m_run_a_best_net.safetensors

ok inspect --markdown $net
cp out card.md
for line in '^# SPIDNA$' '^- \*\*citation\*\*: Sanchez et al. 2021' '^| event_time | number, learned as its natural logarithm | mean ' \
    '^- \*\*individuals\*\*: 1 or more (trained on 50)$' '^- \*\*SNPs\*\*: 12 or more (trained on 60)$' \
    '^- \*\*order of individuals\*\*: does not matter (claimed)$' '^| event_time | rmse | ' '^- \*\*run\*\*: run_a$' \
    '^    max_snp: 60$\|max_snp: 60' 'op: conv2d'; do
    grep -q "$line" card.md || {
        cat card.md >&2
        fail "the card has no line $line"
    }
done
# the checksum is that of gzip and zip
crc=$(gzip -c $net | tail -c 8 | od -An -t x4 -N 4 | tr -d ' ')
grep -q "^- \*\*CRC-32\*\*: $crc\$" card.md || fail "the checksum is not $crc"

# this machine gives the numbers that it gave; one weight more and it does not
ok inspect --verify $net
grep -q 'the same bits as where it was trained; 3 inputs' out || fail "$(cat out)"
cp $net changed.safetensors
size=$(wc -c < changed.safetensors)
printf '\000\000\200\077' | dd of=changed.safetensors bs=1 seek=$((size - 4)) conv=notrunc 2> /dev/null
status=0
"$dnadna" inspect --verify changed.safetensors > out 2> err || status=$?
[ $status = 1 ] || fail "a changed network was not seen: $(cat out err)"
grep -q 'OTHER NUMBERS' out || fail "$(cat out err)"

# what is not in the file cannot be compared
ok export $net far.pth
ok inspect --verify far.pth
