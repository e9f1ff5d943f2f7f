#!/bin/sh
# coalescent_scrm.sh - histories that the reference has not, compared with scrm.
#
# SPDX-License-Identifier: MIT
#
#     bench/coalescent_scrm.sh [REPLICATES]          (default: 10000)
#
# 20 genomes, 1e5 bp, mutation and recombination rate 1e-8; scrm's time is in 4 N0
# generations and its sizes in N0 = 10,000. Environment: BUILD (build/release).
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
check=${BUILD:-$top/build/release}/bench/bench_coalescent_check
n=${1:-10000}
[ -x "$check" ] || { echo "$check: build it first: cmake --workflow --preset release" >&2; exit 1; }
command -v scrm >/dev/null || { echo "scrm is not installed: apt-get install scrm" >&2; exit 1; }
bad=0
compare() { # HISTORY scrm's arguments...
    history=$1
    shift
    scrm 20 "$n" -t 40 -r 40 100000 -p 12 -seed 1 "$@" | "$check" "$history" "$n" || bad=1
}
compare growth -G 8 -eG 0.25 -4 -eG 0.5 0
compare islands -I 2 10 10 -n 2 0.3 -g 2 4 -m 1 2 4 -m 2 1 1 -em 0.1 1 2 0 -ej 0.3 2 1
compare pulse -I 2 10 10 -n 2 0.3 -es 0.05 1 0.7 -ej 0.05001 3 2 -ej 0.4 2 1 -en 0.4 1 0.5
compare ancient -I 1 10 -eI 0.15 10
exit $bad
