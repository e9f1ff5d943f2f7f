#!/bin/sh
# compare.sh - true and predicted values side by side, for quickstart.sh.
#
# SPDX-License-Identifier: MIT
#
# usage: compare.sh <parameter table> <preprocessed table> <predictions by scenario>
# All three are CSV tables keyed by scenario_idx. The medians over replicates are shown for
# the first 12 scenarios of the validation set, then, for each parameter, the correlation of the
# logarithms over the scenarios of each set.
set -eu
awk -F, '
function column(name,   i) {
    for (i = 1; i <= NF; i++) {
        if ($i == name) {
            return i
        }
    }
    return 0
}
{ sub(/\r$/, "") }
FNR == 1 {
    n_table++
    key = column("scenario_idx")
    if (n_table == 2) {
        split_column = column("splits")
    }
    if (n_table == 3) {
        for (i = 1; i <= NF; i++) {
            name = $i
            if (sub(/_median$/, "", name) && name in true_column) {
                param[++n_param] = name
                predicted_column[name] = i
            }
        }
        if (n_param == 0) {
            print FILENAME ": no column <parameter>_median"
            exit 1
        }
        printf "%8s", "scenario"
        for (p = 1; p <= n_param; p++) {
            printf "  | %12s %10s", param[p], "predicted"
        }
        printf "\n%8s", "--------"
        for (p = 1; p <= n_param; p++) {
            printf "  | %12s %10s", "------------", "----------"
        }
        printf "\n"
    } else if (n_table == 1) {
        for (i = 1; i <= NF; i++) {
            true_column[$i] = i
        }
    }
    next
}
n_table == 1 { line[$key] = $0; next }
n_table == 2 { set[$key] = $split_column; next }
!($key in set) || !($key in line) { next }
{
    s = set[$key]
    split(line[$key], truth, ",")
    n[s]++
    is_shown = s == "validation" && n[s] <= 12
    if (is_shown) {
        printf "%8s", $key
    }
    for (p = 1; p <= n_param; p++) {
        t = truth[true_column[param[p]]]
        y = $predicted_column[param[p]]
        if (is_shown) {
            printf "  | %12.0f %10.0f", t, y
        }
        a = log(t)
        b = log(y)
        st[s, p] += a
        sy[s, p] += b
        stt[s, p] += a * a
        syy[s, p] += b * b
        sty[s, p] += a * b
    }
    if (is_shown) {
        printf "\n"
    }
}
END {
    printf "\ncorrelation of the logarithms\n"
    n_set = split("training validation", sets, " ")
    for (i = 1; i <= n_set; i++) {
        s = sets[i]
        if (n[s] < 3) {
            continue
        }
        printf "  %-10s (%d scenarios)", s, n[s]
        for (p = 1; p <= n_param; p++) {
            v = (stt[s, p] - st[s, p] ^ 2 / n[s]) * (syy[s, p] - sy[s, p] ^ 2 / n[s])
            r = (v > 0) ? (sty[s, p] - st[s, p] * sy[s, p] / n[s]) / sqrt(v) : 0
            printf "   %s %.2f", param[p], r
        }
        printf "\n"
    }
}' "$1" "$2" "$3"
