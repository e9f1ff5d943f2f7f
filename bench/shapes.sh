#!/bin/sh
# shapes.sh - what SPIDNA costs at other sizes: training steps of n haplotypes x S SNPs,
# processor time for each entry of a sample, and its ratio to the cheapest. A cliff would be a
# size whose entries cost much more than others'.
#
# SPDX-License-Identifier: MIT
#
#     bench/shapes.sh [BATCH [THREADS [SECONDS]]]        (default: 16 1 0.2)
#
# 7 blocks; 6 where there are 200 SNPs, which are too few for more. The sizes run in turn,
# ROUNDS times (2), and the least time of each counts. Environment: BUILD (build/release).
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
engine=${BUILD:-$top/build/release}/bench/bench_engine
batch=${1:-16} threads=${2:-1} seconds=${3:-0.2}
[ -x "$engine" ] || { echo "$engine: build it first: cmake --workflow --preset release" >&2; exit 1; }
found=$(mktemp)
trap 'rm -f "$found"' EXIT
round=0
while [ $round -lt "${ROUNDS:-2}" ]; do
    round=$((round + 1))
    for n in 20 100 200; do
        for s in 200 400 1000 2000; do
            blocks=$([ $s = 200 ] && echo 6 || echo 7)
            "$engine" SPIDNA "$batch" "$threads" train "$seconds" best 0 "${n}x$s" $blocks |
                sed "s/.*rss_mib=\([0-9]*\) cpu_ms=\([0-9.]*\) .*/$n $s $blocks \1 \2/" >> "$found"
        done
    done
done
awk '
    { k = $1 " " $2; rows[k] = $1; snps[k] = $2; blocks[k] = $3; rss[k] = $4
      if (!(k in time)) order[++m] = k
      if (!(k in time) || $5 < time[k]) time[k] = $5 }
    END {
        for (i = 1; i <= m; i++) {
            k = order[i]; cost[k] = 1e6 * time[k] / (rows[k] * snps[k])
            if (best == 0 || cost[k] < best) best = cost[k]
        }
        print "haplotypes  SNPs blocks  ms a sample   MiB  ns an entry  of the least"
        for (i = 1; i <= m; i++) {
            k = order[i]
            printf "%10d %5d %6d %12.3f %5d %12.1f %13.2f\n",
                rows[k], snps[k], blocks[k], time[k], rss[k], cost[k], cost[k] / best
        }
    }' "$found"
