#!/bin/sh
# valgrind.sh - a small training and a prediction under memcheck: bytes that are read before
# they are written, which no sanitizer of ours sees, and what is lost or out of bounds.
#
# SPDX-License-Identifier: MIT
#
# usage: tools/valgrind.sh [BUILD]     (default: build/no-onednn; needs valgrind; minutes)
#
# The kernels are the plain C ones, since valgrind knows no AVX-512. With oneDNN it finds reads
# past the ends of oneDNN's own buffers, which are not ours to mend:
#
#     cmake --preset no-onednn && cmake --build build/no-onednn --target dnadna
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "${1:-$top/build/no-onednn}" && pwd)
command -v valgrind > /dev/null || { echo "valgrind is not installed: apt-get install valgrind" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export DNADNA_ISA=c

# Status 99: something was found.
check() {
    echo "dnadna $*"
    status=0
    valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
        --track-origins=yes \
        "$build/dnadna" "$@" > out 2> err || status=$?
    if [ $status != 0 ]; then
        tail -60 err >&2
        echo "FAILED: status $status" >&2
        exit 1
    fi
}

"$build/dnadna" init --dataset-config "$top/tests/data/one_event_small/one_event_dataset_config.yml" \
    small 2> err || { cat err >&2; exit 1; }
"$build/dnadna" preprocess small/small_preprocessing_config.yml 2> err ||
    { cat err >&2; exit 1; }
cat > small/spidna.yml << END
inherit: small_training_config.yml
network!: {name: SPIDNA, params: {n_blocks: 2, n_features: 8}}
dataset_transforms!: [{crop: {max_snp: 60, max_indiv: 12}}, {snp_format: concat}]
batch_size: 9
n_epochs: 1
loader_num_workers: 1
seed: 1
END
cat > small/mlp.yml << END
inherit: spidna.yml
network!: {name: MLP}
END
sample=$top/tests/data/one_event_small/scenario_00/one_event_00_0.npz
for net in spidna mlp; do
    check train -t 2 -r $net small/$net.yml
    check predict -t 2 small/run_$net/small_run_${net}_best_net.safetensors "$sample"
done
check pack "$top/tests/data/one_event_small/one_event_dataset_config.yml" small.dnapack
check simulation init sim one_event
echo "nothing found"
