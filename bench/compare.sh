#!/bin/sh
# compare.sh - samples a second, dnadna beside PyTorch, on this machine in this run.
#
#     bench/compare.sh [NET...]          (default: SPIDNA CNN)
#
# The two run in turn, three times each, so that a machine whose speed drifts treats them
# alike; the ratio is that of the medians. PyTorch keeps its memory mapped, which makes it
# about twice as fast here. Environment: BUILD (build/release), BATCH (64), THREADS (2),
# MODE (train), SECONDS_EACH (2).
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
engine=${BUILD:-$top/build/release}/bench/bench_engine
batch=${BATCH:-64} threads=${THREADS:-2} mode=${MODE:-train} seconds=${SECONDS_EACH:-2}
[ -x "$engine" ] || { echo "$engine: build it first: cmake --workflow --preset release" >&2; exit 1; }
/usr/bin/python3 -c 'import torch' 2>/dev/null ||
    { echo "PyTorch is not installed: apt-get install python3-torch" >&2; exit 1; }
[ $# -gt 0 ] || set -- SPIDNA CNN
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT
grep -m1 '^model name' /proc/cpuinfo || true
for net in "$@"; do
    : >"$lines"
    for round in 1 2 3; do
        "$engine" "$net" "$batch" "$threads" "$mode" "$seconds" | tee -a "$lines"
        MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 \
            /usr/bin/python3 "$top/bench/peer_torch.py" \
            "$net" "$batch" "$threads" "$mode" "$seconds" | tee -a "$lines"
    done
    awk -v net="$net" -v mode="$mode" '
        { split($1, e, "="); split($NF, r, "="); split($6, m, "=") }
        e[2] == "dnadna" { ours[++n] = r[2]; mine = m[2] }
        e[2] != "dnadna" { theirs[++k] = r[2]; other = m[2] }
        function median(v, n,   i, j, t) {
            for (i = 2; i <= n; i++)
                for (j = i; j > 1 && v[j] < v[j - 1]; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
            return v[int((n + 1) / 2)]
        }
        END {
            a = median(ours, n); b = median(theirs, k)
            printf "%s %s: dnadna %.1f, PyTorch %.1f samples/s: ratio %.2f; memory %d against %d MiB\n",
                net, mode, a, b, a / b, mine, other
        }' "$lines"
done
