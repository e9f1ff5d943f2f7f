#!/bin/sh
# compare.sh - samples a second, dnadna beside PyTorch, on this machine in this run.
#
# SPDX-License-Identifier: MIT
#
#     bench/compare.sh [NET...]          (default: spidna cnn mlp custom-cnn)
#
# Training and prediction of networks, by `dnadna bench`, where PyTorch is a must. Environment:
# BUILD (build/release), THREADS (2), SECONDS_EACH (2).
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
dnadna=${BUILD:-$top/build/release}/dnadna
[ -x "$dnadna" ] || { echo "$dnadna: build it first: cmake --workflow --preset release" >&2; exit 1; }
/usr/bin/python3 -c 'import torch' 2>/dev/null ||
    { echo "PyTorch is not installed: apt-get install python3-torch" >&2; exit 1; }
[ $# -gt 0 ] || set -- spidna cnn mlp custom-cnn
for net in "$@"; do
    set -- "$@" -c "$net-train" -c "$net-predict"
    shift
done
exec "$dnadna" bench -t "${THREADS:-2}" --seconds "${SECONDS_EACH:-2}" "$@"
