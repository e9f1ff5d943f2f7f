#!/bin/sh
# networks.sh - training of networks that are not built in, dnadna beside PyTorch, on this
# machine in this run.
#
# SPDX-License-Identifier: MIT
#
#     bench/networks.sh [NET...]          (default: lines residual image)
#
# The two run in turn, so that a machine whose speed drifts treats them alike; the ratio is
# that of the medians. Environment: BUILD (build/release), BATCH (64), THREADS (2), ROUNDS (3),
# SECONDS_EACH (0.5).
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
engine=${BUILD:-$top/build/release}/bench/bench_networks
batch=${BATCH:-64} threads=${THREADS:-2} rounds=${ROUNDS:-3} seconds=${SECONDS_EACH:-0.5}
[ -x "$engine" ] || { echo "$engine: build it first: cmake --workflow --preset release" >&2; exit 1; }
/usr/bin/python3 -c 'import torch' 2>/dev/null ||
    { echo "PyTorch is not installed: apt-get install python3-torch" >&2; exit 1; }
[ $# -gt 0 ] || set -- lines residual image
found=$(mktemp)
trap 'rm -f "$found"' EXIT
for net in "$@"; do
    : > "$found"
    round=0
    while [ $round -lt "$rounds" ]; do
        round=$((round + 1))
        "$engine" "$net" "$batch" "$threads" "$seconds" >> "$found"
        MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 \
            /usr/bin/python3 "$top/bench/peer_networks.py" "$net" "$batch" "$threads" "$seconds" >> "$found"
    done
    awk -v net="$net" '
        function median(v, n,   i, j, t) {
            for (i = 2; i <= n; i++)
                for (j = i; j > 1 && v[j] < v[j - 1]; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
            return v[int((n + 1) / 2)]
        }
        { split($1, e, "="); split($3, p, "="); split($4, m, "="); split($NF, r, "=") }
        e[2] == "dnadna" { ours[++n] = r[2] + 0; mine = m[2]; params = p[2] }
        e[2] != "dnadna" { theirs[++k] = r[2] + 0; other = m[2]; if (p[2] != params) differ = 1 }
        END {
            if (differ) { print net ": the two do not have the same number of parameters"; exit 1 }
            a = median(ours, n); b = median(theirs, k)
            printf "%-9s %8d parameters: dnadna %8.1f (%.1f..%.1f), PyTorch %8.1f (%.1f..%.1f) samples/s: ratio %.2f; memory %d against %d MiB\n",
                net, params, a, ours[1], ours[n], b, theirs[1], theirs[k], a / b, mine, other
        }' "$found"
done
