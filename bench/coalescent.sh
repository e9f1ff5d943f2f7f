#!/bin/sh
# coalescent.sh - replicates a second of processor time, dnadna beside scrm, in this run.
#
# SPDX-License-Identifier: MIT
#
#     bench/coalescent.sh [HISTORY...]          (default: all six)
#
# 50 genomes, 2 Mb, mutation rate 1e-8, recombination rate 5e-9, one thread. The programs
# run in turn, ROUNDS (5) times each, so that a machine whose speed drifts treats them
# alike; ratios are of medians. scrm is exact here (no -l) and its text goes to /dev/null;
# dnadna's figures are for the whole window and for the first 400 SNPs, matrices included.
# Environment: BUILD (build/release), ROUNDS, SECONDS_EACH (1).
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
bench=${BUILD:-$top/build/release}/bench/bench_coalescent
rounds=${ROUNDS:-5} seconds=${SECONDS_EACH:-1}
[ -x "$bench" ] || { echo "$bench: build it first: cmake --workflow --preset release" >&2; exit 1; }
command -v scrm >/dev/null || { echo "scrm is not installed: apt-get install scrm" >&2; exit 1; }
[ $# -gt 0 ] || set -- Medium Large Decline Expansion Bottleneck Zigzag
grep -m1 '^model name' /proc/cpuinfo || true
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT
for history in "$@"; do
    arguments=$("$bench" scrm "$history")
    case $history in # about a second each
    Medium | Expansion) n=60 ;;
    Bottleneck | Zigzag) n=15 ;;
    *) n=5 ;;
    esac
    : >"$lines"
    round=0
    while [ $round -lt "$rounds" ]; do
        round=$((round + 1))
        "$bench" "$history" 0 "$seconds" >>"$lines"
        "$bench" "$history" 400 "$seconds" >>"$lines"
        # shellcheck disable=SC2086 # the arguments are words
        time=$( { TIMEFORMAT='%U %S' bash -c 'time scrm 50 "$@" >/dev/null' scrm "$n" \
            $arguments -seed $round; } 2>&1)
        echo "program=scrm $time $n" >>"$lines"
    done
    awk -v history="$history" '
        function median(v, n,   i, j, t) {
            for (i = 2; i <= n; i++)
                for (j = i; j > 1 && v[j] < v[j - 1]; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
            return v[int((n + 1) / 2)]
        }
        $1 == "program=scrm" { scrm[++s] = $4 / ($2 + $3); next }
        { split($NF, r, "="); split($(NF - 1), m, "=") }
        $3 == "max_snp=0" { whole[++w] = r[2]; memory = m[2] }
        $3 != "max_snp=0" { first[++f] = r[2] }
        END {
            a = median(whole, w); b = median(first, f); c = median(scrm, s)
            printf "%-10s scrm %8.2f /s; whole window %8.1f /s: ratio %5.1f; first 400 SNPs %8.0f /s: ratio %6.0f; %s MiB\n",
                history, c, a, a / c, b, b / c, memory
        }' "$lines"
done
