#!/bin/sh
# genomes.sh - reading and predicting genotype data: time and memory, beside bcftools.
#
#     bench/genomes.sh VCF_GZ BCF NETWORK [TREES...]
#
# VCF_GZ and BCF hold the same, phased; NETWORK predicts from 50 rows. From a file to a matrix in
# memory (bench_genotypes, the least of 5), in turn with bcftools, three times. Then windows of 25
# people of it: of the file, and of one 50 times as long, made by repeating it with shifted
# positions. Environment: BUILD (build/release).
#
# SPDX-License-Identifier: MIT
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "${BUILD:-$top/build/release}" && pwd)
vcf=$1
bcf=$2
net=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
grep -m1 '^model name' /proc/cpuinfo || true

# The least seconds of 5 runs of bcftools, to memory and away.
bcftools_seconds() {
    for _ in 1 2 3 4 5; do
        begin=$(date +%s%N)
        bcftools view -Ou "$1" > /dev/null
        echo $((($(date +%s%N) - begin) / 1000))
    done | sort -n | awk 'NR == 1 { printf "%.4f", $1 / 1e6 }'
}

for _ in 1 2 3; do
    echo "bcftools view -Ou $vcf: $(bcftools_seconds "$vcf") s"
    "$build/bench/bench_genotypes" "$vcf" "$bcf" "$@"
done

people=$(bcftools query -l "$bcf" | head -25 | paste -s -d ,)
bcftools view -Ou -s "$people" "$bcf" | bcftools view -Ov -o "$work/one.vcf"
bcftools view -Oz -o "$work/1.vcf.gz" "$work/one.vcf"
{
    grep '^#' "$work/one.vcf"
    for k in $(seq 0 49); do
        awk -v k="$k" 'BEGIN { FS = OFS = "\t" } !/^#/ { $2 += k * 5000000; print }' "$work/one.vcf"
    done
} | bcftools view -Oz -o "$work/50.vcf.gz" 2> /dev/null
for k in 1 50; do
    /usr/bin/time -f '%e s, %M KB' -o "$work/time" \
        "$build/dnadna" predict "$net" "$work/$k.vcf.gz" > "$work/rows" 2> "$work/err"
    echo "predict, 25 people, $k times: $(grep -vc '^#' "$work/rows") rows, $(tail -1 "$work/time")"
done
