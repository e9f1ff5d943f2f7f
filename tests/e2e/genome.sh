# genome.sh - a network along a genome: rows, tracks, summary and figure of a VCF; the same numbers
# for every format, any threads and batches, and for its windows as npz files.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"

# 10 people, contigs 5 (1000 records) and X (150): every 9th record an indel, every 11th with
# three alleles, every 13th without variation; a generator of numbers of its own.
awk 'function r() { seed = (seed * 16807) % 2147483647; return seed / 2147483647 }
    BEGIN { seed = 5; OFS = "\t"
        print "##fileformat=VCFv4.2\n##contig=<ID=5,length=2000000>\n##contig=<ID=X>"
        print "##FORMAT=<ID=GT,Number=1,Type=String,Description=\"x\">"
        printf "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT"
        for (i = 1; i <= 10; i++) printf "\tp%d", i
        print ""
        for (c = 0; c < 2; c++) for (k = pos = 1; k <= (c ? 150 : 1000); k++) {
            pos += 1 + int(r() * 1500); f = r(); n = 0
            line = ""
            for (i = 1; i <= 10; i++) {
                a = k % 13 ? r() < f : 0; b = k % 13 ? r() < f : 0; n += a + b
                line = line "\t" a "|" b
            }
            if (n == 0 && k % 13) line = "\t0|1" substr(line, 5)
            if (n == 20) line = "\t0|1" substr(line, 5)
            print c ? "X" : "5", pos, ".", k % 9 ? "A" : "AT", k % 11 ? "C" : "C,G", ".", ".", ".", "GT" line
        } }' > g.vcf
# the SNPs that stay, by the rules, with other means
awk -F '\t' '!/^#/ { n[$1]++; if (n[$1] % 9 && n[$1] % 11 && n[$1] % 13) print $1 "," $2 }' g.vcf > kept
n5=$(grep -c '^5' kept)
nx=$(grep -c '^X' kept)

make_model
small_spidna m < /dev/null
ok train m/spidna.yml # a crop to 60 SNPs
net=m/run_000/m_run_000_best_net.safetensors

ok predict --bedgraph tracks/g --bed g.bed --summary s.csv --figure f.svg $net g.vcf
mv out whole.csv
grep -q "1150 sites read, $((n5 + nx)) kept; dropped: 127 no SNP, " err || fail "$(cat err)"
grep -q '^# genotypes: samples: null, .*max_missing: 0.0, .*duplicates: first' whole.csv || fail "$(cat whole.csv)"
grep -q '^# windows: size: 60 sites, step: 60, region: all' whole.csv || fail "$(cat whole.csv)"
grep -v '^#' whole.csv > rows
[ "$(head -1 rows)" = 'contig,start,end,n_snp,missing,event_time,recent_size,event_size,reason' ] || fail "$(cat rows)"
# each window has the 60 next SNPs; what is left at the end of a contig has no prediction
awk -F , '{ c[NR] = $1; p[NR] = $2 } END {
    for (i = 1; i <= NR; i = j) {
        for (j = i; j <= NR && c[j] == c[i] && j < i + 60; j++) ;
        print c[i] "," p[i] - 1 "," p[j - 1] "," j - i ",0.0," (j - i < 60 ? "NA,NA,NA," j - i " of 60 sites: the contig ends" : "") } }' kept > expected
sed '1d; s/^\([^,]*,[^,]*,[^,]*,[^,]*,[^,]*\),[0-9].*/\1,/' rows | cmp - expected || fail "$(cat rows)"

# threads, batches, formats, standard input
for options in '-t 1' '-t 3 -b 1' '-b 7' '-w 2'; do
    ok predict $options $net g.vcf
    cmp out whole.csv
done
gzip -c g.vcf > g.vcf.gz
ok predict $net g.vcf.gz
cmp out whole.csv
"$dnadna" predict $net - < g.vcf > out 2> err || fail "$(cat err)"
cmp out whole.csv
if command -v bcftools > /dev/null; then
    bcftools view -Ob -o g.bcf g.vcf 2> /dev/null
    ok predict $net g.bcf
    cmp out whole.csv
    bcftools view -Oz -o b.vcf.gz g.vcf 2> /dev/null
    for options in "" "-w 2"; do
        ok predict $options $net g.bcf
        cmp out whole.csv
        ok predict $options $net b.vcf.gz
        cmp out whole.csv
    done
    bcftools index g.bcf
    ok predict --region 5:100,001-400000 $net g.bcf
    grep -q 'region by its index' err || fail "$(cat err)"
    mv out region.csv
    ok predict --region 5:100001-400000 $net g.vcf
    sed 's/100,001/100001/' region.csv | cmp - out
fi
# with windows that miss genotypes among the others
awk -F '\t' 'BEGIN { OFS = FS } !/^#/ && ++n % 90 == 7 { $12 = ".|1" } { print }' g.vcf > missing.vcf
ok predict --max-missing 0.1 $net missing.vcf
mv out missing.csv
[ "$(awk -F , '!/^#/ && $5 > 0' missing.csv | wc -l)" -gt 4 ] || fail "$(cat missing.csv)"
ok predict --max-missing 0.1 -b 3 -t 1 $net missing.vcf
cmp out missing.csv

awk -F '\t' '/^#/ || n++ != 700 { print; next } { late = $0 } END { print late }' g.vcf > unsorted.vcf

# the windows as npz files first
ok convert --window-sites 60 g.vcf windows
ok predict $net windows/windows_dataset_config.yml
sed 1d out | sort -t , -k 3,3n | cut -d , -f 4- > as_npz
sed 1d rows | grep -v NA | cut -d , -f 6-8 | cmp - as_npz
sed 1d windows/windows_windows.csv | cut -d , -f 3-7 > places
sed 1d rows | grep -v NA | cut -d , -f 1-5 | cmp - places

# several networks together
ok predict --also m/run_000/m_run_000_last_epoch_net.safetensors --summary s2.csv $net g.vcf
grep -q 'event_time,event_time_sd,recent_size,' out || fail "$(cat out)"
grep -v '^#' out | sed 1d | grep -v NA | cut -d , -f 6-11 > ensemble.csv
grep -q '^event_time_sd,' s2.csv || fail "$(cat s2.csv)"
ok predict --also m/run_000/m_run_000_last_epoch_net.safetensors $net windows/windows_dataset_config.yml
sed 1d out | sort -t , -k 3,3n | cut -d , -f 4- | cmp - ensemble.csv

# and as a packed dataset, which says by which rules it was made
ok convert --window-sites 60 g.vcf w/packed.dnapack
head -c 3000 w/packed.dnapack | grep -a -q '"rules": *"samples: null.*"windows": *"size: 60 sites, step: 60' || fail 'no rules'
ok predict $net w/packed.dnapack
sed 1d out | sort -t , -k 3,3n | cut -d , -f 4- | cmp - as_npz
sed 1d w/packed_windows.csv | cut -d , -f 3-7 | cmp - places
refused 'is already there' convert --window-sites 60 g.vcf w/packed.dnapack
refused 'sites are not sorted' convert unsorted.vcf w/unsorted.dnapack
refused 'sites are not sorted' convert unsorted.vcf unsorted
[ ! -e unsorted ] || fail 'half a folder'
[ "$(ls w)" = "packed.dnapack
packed_windows.csv" ] || fail "$(ls w)"
grep -q '^# genotypes: samples: null' windows/windows_dataset_config.yml || fail 'no rules'
# ms text without a length: positions are shares, and the dataset says so
printf 'ms 2 1\n\n//\nsegsites: 3\npositions: 0.1 0.2 0.9\n010\n101\n' > a.ms
ok convert a.ms shares
grep -q 'normalized: true' shares/shares_dataset_config.yml || fail "$(cat shares/*.yml)"
refused 'unlike those of the inputs before' convert a.ms g.vcf mixed.dnapack

# the tracks say what the rows say
for k in 6 7 8; do
    name=$(head -1 rows | cut -d , -f $k)
    sed 1d rows | grep -v NA | awk -F , -v k=$k '{ printf "%s\t%s\t%s\t%.7g\n", $1, $2, $3, $k }' > expected
    sed 1d "tracks/g.$name.bedgraph" | cmp - expected
done
[ "$(wc -l < g.bed)" = "$(wc -l < expected)" ] || fail "$(cat g.bed)"
mean=$(sed 1d rows | grep -v NA | awk -F , '{ s += $6 } END { printf "%.6g", s / NR }')
awk -F , -v mean="$mean" '$1 == "event_time" && sprintf("%.6g", $5) == mean { found = 1 } END { exit !found }' s.csv ||
    fail "mean $mean: $(cat s.csv)"
grep -q '<svg' f.svg || fail 'no figure'
for end in pdf png; do
    ok predict --figure f.$end $net g.vcf
    [ -s f.$end ] || fail "f.$end"
done

# other windows: base pairs, steps, a region; one without sites
ok predict --window-bp 50000 --window-step 25000 --region 5 $net g.vcf
grep -v '^#' out | awk -F , 'NR > 1 && ($3 - $2 != 50000 || $2 != 25000 * (NR - 2)) { exit 1 }' || fail "$(cat out)"
awk '/^#/ || $2 < 200000 || $2 > 300000' g.vcf > gap.vcf
ok predict --window-bp 50000 --region 5 $net gap.vcf
[ "$(grep -c '^5,2[05]0000,[0-9]*,0,0.0,NA,NA,NA,no sites$' out)" = 2 ] || fail "$(cat out)"
ok predict --window-step 30 $net g.vcf
[ "$(grep -c '^5' out)" = $(((n5 + 29) / 30 - 1)) ] || fail "$(cat out)"

# several files; rows that go into a table made under the same rules only
ok predict $net g.vcf g.vcf
[ "$(grep -c '^g.vcf,5,' out)" = $((2 * ((n5 + 59) / 60))) ] || fail "$(cat out)"
ok predict -o t.csv $net g.vcf
ok predict -o t.csv $net g.vcf.gz
[ "$(grep -c . t.csv)" = $((2 * $(grep -c . whole.csv) - 4)) ] || fail "$(cat t.csv)"
refused 'made under other rules' predict -o t.csv --min-mac 2 $net g.vcf
ok predict --raw $net g.vcf
grep -q '^contig,start,end,n_snp,missing,out_0,out_1,out_2,reason' out || fail "$(cat out)"

# what does not belong together, and data that are no good
refused 'are for genotype data' predict --summary x.csv $net windows/windows_dataset_config.yml
refused '--region chooses a part' predict --region-start 5 $net g.vcf
refused '--summary tells' predict --by scenario $net g.vcf
refused 'none.vcf' predict $net none.vcf
refused 'sites or of base pairs, not both' predict --window-sites 5 --window-bp 5 $net g.vcf
refused 'f.txt' predict --figure f.txt $net g.vcf
status=0
"$dnadna" predict $net unsorted.vcf > out 2> err || status=$?
[ $status = 1 ] && grep -q 'sites are not sorted; --sort reads all' err || fail "$(cat err)"
ok predict --sort $net unsorted.vcf
tail -n +4 out > sorted.csv
tail -n +4 whole.csv | cmp - sorted.csv
head -c 4000 g.vcf.gz > cut.vcf.gz
status=0
"$dnadna" predict --bed cut.bed $net cut.vcf.gz > out 2> err || status=$?
[ $status = 1 ] && [ ! -e cut.bed ] && grep -q 'cut.vcf.gz: .*damaged or ' err || fail "$(cat err)"
status=0
"$dnadna" predict --window-sites 2000 $net g.vcf > out 2> err || status=$?
[ $status = 1 ] && grep -q "no window could be predicted; the first: $n5 of 2000 sites" err || fail "$(cat err)"

# ms text: windows count from their first site, whether positions are shares or bp; a network of
# shares of 2 Mb sees the same numbers
awk 'BEGIN { print "ms 8 1\n\n//\nsegsites: 180"; printf "positions:"
    for (i = 0; i < 180; i++) printf " %.6f", (i + 1) / 200
    print ""
    for (h = 0; h < 8; h++) { for (i = 0; i < 180; i++) printf "%d", (i * 7 + h * (i % 5 + 1)) % 8 < 3; print "" } }' > m.ms
ok predict $net m.ms
grep -v '^#' out | cut -d , -f 6-8 > shares.csv
ok predict --chromosome-size 2000000 $net m.ms
grep -v '^#' out | cut -d , -f 6-8 > bp.csv
[ "$(grep -c . bp.csv)" = 4 ] || fail "$(cat out)"
paste -d , shares.csv bp.csv | awk -F , 'NR > 1 { for (k = 1; k < 4; k++) if (($k - $(k + 3)) ^ 2 > 1e-8 * $k ^ 2) exit 1 }' ||
    fail "$(paste shares.csv bp.csv)"
