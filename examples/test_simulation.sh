#!/bin/sh
# test_simulation.sh - the examples of simulations are simulated, a few scenarios each.
#
# SPDX-License-Identifier: MIT
#
# usage: test_simulation.sh DNADNA FOLDER-OF-EXAMPLES
set -eu
dnadna=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp "$2"/simulation/* "$dir"
for config in "$dir"/*_simulation_config.yml; do
    name=$(basename "$config" _simulation_config.yml)
    "$dnadna" config "$config" >/dev/null
    mkdir -p "$dir/$name"
    "$dnadna" simulation run --set n_scenarios=3 --set n_replicates=2 "$config"
    test "$(ls "$dir/$name"/scenario_*/*.npz | wc -l)" -eq 6
    test "$(wc -l <"$dir/$name/${name}_params.csv")" -eq 4
done
