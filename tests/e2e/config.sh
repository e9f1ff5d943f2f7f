# config.sh - dnadna config and dnadna schema: what is printed, what is refused.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"

make_model
: | small_spidna m

# has TEXT: the output has this line (blanks squeezed)
has() {
    tr -s ' ' < out | sed 's/^ //' | grep -q -x -F -e "$1" || {
        cat out >&2
        fail "no line: $1"
    }
}

# every origin there is: files, lines, defaults, the command line
ok config --set batch_size=5 --set learned_params.event_time.loss_func=L1 m/spidna.yml
has 'batch_size: 5 # --set batch_size'
has 'loss_func: L1 # --set learned_params.event_time.loss_func'
n=$(grep -n 'n_blocks' m/spidna.yml | cut -d: -f1)
has "n_blocks: 2 # m/spidna.yml:$n"
n=$(grep -n '^ *min_snp:' m/m_preprocessing_config.yml | cut -d: -f1)
grep -q "min_snp: .*# m/m_preprocessing_config.yml:$n\$" out || fail "min_snp is inherited"
has 'betas: [0.9, 0.999] # default'
has 'keep_polymorphic_only: true # default'
grep -q "data_root: $data  *# $data/one_event_dataset_config.yml:[0-9]*\$" out || fail "data_root"
grep -q 'm/spidna.yml: kind training' err || fail "the kind is not told"
# relative to the current directory on the command line
ok config --no-origin --set model_root=here m/spidna.yml
has "model_root: $(pwd)/here"

# what is printed is a config that means the same, with and without origins
ok config m/spidna.yml
cp out with.yml
ok config --no-origin m/spidna.yml
cp out without.yml
grep -q '#' without.yml && fail "comments without origins"
ok config --no-origin with.yml
cmp -s out without.yml || fail "what is printed resolves to something else"
ok config --no-origin without.yml
cmp -s out without.yml || fail "what is printed without origins resolves to something else"
# a JSON file has no lines
printf '{"data_root": ".", "dataset_name": "d", "data_source": {"format": "dnadna"}}' > d.json
ok config d.json
has 'dataset_name: d # d.json'
grep -q 'd.json: kind dataset' err || fail "not a dataset"

# kinds are seen from the keys
ok train -r k m/spidna.yml
for pair in "$data/one_event_dataset_config.yml=simulation" \
    m/m_preprocessing_config.yml=preprocessing m/m_training_config.yml=training \
    m/run_k/m_run_k_final_config.yml=training-run; do
    ok config "${pair%%=*}"
    grep -q "kind ${pair#*=}\$" err || fail "$pair"
done
echo 'x: 1' > none.yml
refused 'none.yml:1: no key tells what kind of config this is; --kind does: dataset, simulation' config none.yml
refused 'none.yml:1: data_root: is required but missing' config --kind dataset none.yml
status=0
"$dnadna" config --kind trainin m/spidna.yml > out 2> err || status=$?
[ "$status" = 2 ] && [ ! -s out ] || fail "a kind that is none: status $status"

# bad configs: their usual error
bad() {
    printf 'inherit: m/spidna.yml\n%s\n' "$1" > t.yml
    refused "$2" config t.yml
}
bad 'batch_size: 0' 't.yml:2: batch_size: 0 is not at least 1'
bad 'network: {name: SPIDNO}' 'unknown network "SPIDNO"'
bad 'optimizer!: {name: SGD}' 'optimizer.params.lr: is required'
bad 'optimizer!: {name: SGD, params: {lr: 0.1, nesterov: yes}}' 't.yml:2: '
bad 'dataset_transforms: [{crop: {max_snps: 3}}]' 'did you mean "max_snp"'
bad 'learned_params!: {event_time: {type: regression, loss_func: MES}}' 'unknown loss "MES"'
bad 'dataset_splits: {training: 0.9}' 'the proportions add up to'
bad 'inherit!: x.yml' 'inherit'
refused 'nowhere.yml' config nowhere.yml
refused '--set batch_sze: unknown key; did you mean "batch_size"' config --set batch_sze=1 m/spidna.yml
# an unknown key warns, on standard error
printf 'inherit: m/spidna.yml\nbach_size: 3\n' > t.yml
ok config t.yml
grep -q 'warning: t.yml:2: bach_size: unknown key, ignored; did you mean "batch_size"' err || fail "no warning"

# names of files that no comment can hold
mkdir "$(printf 'a\tb')"
printf 'inherit: ../m/spidna.yml\nseed: 4\n' > "$(printf 'a\tb/t.yml')"
ok config "$(printf 'a\tb/t.yml')"
has 'seed: 4 # a?b/t.yml:2'
cp out odd.yml
ok config odd.yml

# a full disk
if [ -w /dev/full ]; then
    status=0
    "$dnadna" config m/spidna.yml > /dev/full 2> err || status=$?
    [ "$status" = 1 ] || fail "a full disk: status $status"
    status=0
    "$dnadna" schema training > /dev/full 2> err || status=$?
    [ "$status" = 1 ] || fail "a schema on a full disk: status $status"
fi

# schemas (their content: schema.py)
for kind in dataset simulation preprocessing training training-run; do
    ok schema "$kind"
    grep -q '"$schema": "http://json-schema.org/draft-07/schema#"' out || fail "no \$schema: $kind"
    [ ! -s err ] || fail "schema $kind talks"
done
refused '"train" is no kind of config, there are: dataset, simulation' schema train
