#!/bin/sh
# simulation.sh - what threads are worth in `dnadna simulation run`, files included.
#
# SPDX-License-Identifier: MIT
#
#     bench/simulation.sh [KEY=VALUE...]        (settings of one_event, as for --set)
#
# one_event with its own priors (50 genomes of 2 Mb), N (200) scenarios of 2 replicates, with one
# thread and with two in turn, ROUNDS (5) times each; ratios are of medians of wall time.
# Environment: BUILD (build/release), N, ROUNDS.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
dnadna=$(cd "${BUILD:-$top/build/release}" && pwd)/dnadna
rounds=${ROUNDS:-5} n=${N:-200}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
grep -m1 '^model name' /proc/cpuinfo || true
"$dnadna" simulation init b one_event 2> /dev/null
for setting in "$@"; do
    set -- "$@" --set "$setting"
    shift
done
round=0
while [ $round -lt "$rounds" ]; do
    round=$((round + 1))
    for compress in yes no; do
        for threads in 1 2; do
            begin=$(date +%s%N)
            "$dnadna" simulation run --log-level ERROR --overwrite --n-cpus $threads \
                --set n_scenarios="$n" --set n_replicates=2 --set seed=1 "$@" \
                --set data_source.compress=$compress b/b_simulation_config.yml
            echo "$compress $threads $((($(date +%s%N) - begin) / 1000))"
        done
    done
done > times
awk -v n=$((2 * n)) '
    function median(key,   i, j, t, m, v) {
        m = count[key]
        for (i = 1; i <= m; i++) v[i] = time[key, i]
        for (i = 2; i <= m; i++)
            for (j = i; j > 1 && v[j] < v[j - 1]; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
        return v[int((m + 1) / 2)]
    }
    { key = $1 " " $2; time[key, ++count[key]] = $3 }
    END {
        for (c = 1; c <= 2; c++) {
            compress = c == 1 ? "yes" : "no"
            one = median(compress " 1"); two = median(compress " 2")
            printf "compress %-3s: 1 thread %.1f, 2 threads %.1f replicates/s: ratio %.2f\n",
                compress, n / one * 1e6, n / two * 1e6, one / two
        }
    }' times
