#!/bin/sh
# passes.sh - what each pass of the compiler is worth: a case of dnadna bench with all of
# them, then without one at a time. Rates are medians of six windows; the last column is the
# rate without the pass over that with all.
#
# SPDX-License-Identifier: MIT
#
#     bench/passes.sh DNADNA [CASE [SECONDS [THREADS]]]
set -eu
dnadna=$1
case=${2:-spidna-train}
seconds=${3:-0.5}
threads=${4:-0}

# median rate and peak of memory
measure() {
    "$dnadna" bench -c "$case" --no-peer --seconds "$seconds" --threads "$threads" --json "$@" |
        awk -F'[:,]' '/"samples_per_s"/ {r = $2} /"peak_mib"/ {m = $2} END {print r, m}'
}

printf '%s, %s threads (0: all)\n%-12s %12s %10s %8s\n' "$case" "$threads" without "per second" "peak MiB" "of all"
all=$(measure)
printf '%s %s\n' "nothing" "$all" | awk '{printf "%-12s %12.1f %10d %8.2f\n", $1, $2, $3, 1}'
for pass in split broadcast means moves dead-code fusion folding tables plan; do
    printf '%s %s %s\n' "$pass" "$(measure --without "$pass")" "${all% *}" |
        awk '{printf "%-12s %12.1f %10d %8.2f\n", $1, $2, $3, $2 / $4}'
done
