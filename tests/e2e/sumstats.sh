# sumstats.sh - tables of summary statistics: of a dataset, of files, added and replaced.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"

cp -r "$data" d
config=d/one_event_dataset_config.yml
long=d/sumstats/one_event_sumstats.csv
sel=d/sumstats/scenario_07/one_event_07_sel.csv
sfs=d/sumstats/scenario_07/one_event_07_sfs.csv

ok sumstats --n-cpus 1 $config
[ ! -s out ] || fail "something on standard output"
for type in sfs ld sel; do
    [ "$(find d/sumstats -name "*_$type.csv" | wc -l)" = 30 ] || fail "30 tables $type"
done
[ "$(head -1 $sel)" = position_percent,scenario_idx,model,label,tajimasd,ihs,nsl,tajimasd_std,tajimasd_sem,ihs_std,ihs_sem,nsl_std,nsl_sem ] ||
    fail "header of sel"
[ "$(wc -l < $sel)" = 101 ] || fail "100 windows"
[ "$(sed -n 2p $sel | cut -d , -f 1-4)" = 1,7,one_event, ] || fail "first window: $(sed -n 2p $sel)"
[ "$(wc -l < $sfs)" = 50 ] || fail "49 rows of a spectrum of 50"
[ "$(wc -l < d/sumstats/scenario_07/one_event_07_ld.csv)" = 19 ] || fail "18 bins"

# a scenario's spectrum is the mean of those of its replicates, and adds up to their SNPs
awk -F , '
    FILENAME ~ /sfs.csv/ { if (FNR > 1) table[$1] = $5; next }
    $2 == 7 && $9 == "sfs" { sum[$8] += $10 / 3 }
    $2 == 7 && $9 == "n_segregating" && $5 == "" { n += $10 / 3 }
    END {
        for (k in sum) { d = sum[k] - table[k]; if (d < -1e-9 || d > 1e-9) exit 1; all += sum[k] }
        d = all - n; exit all == 0 || d < -1e-9 || d > 1e-9
    }' $sfs $long || fail "spectrum of scenario 7"
# windows of a sample add up to the whole: sites, differences
awk -F , '$2 == 3 && $3 == 1 && ($9 == "pi" || $9 == "n_segregating") {
        if ($5 == "") whole[$9] = $10; else sum[$9] += $10 }
    END { for (s in whole) { n++; d = whole[s] - sum[s]; if (d < -1e-6 || d > 1e-6) exit 1 }
        exit n != 2 }' $long || fail "windows of scenario 3"

# threads change no byte; rows are added below one header, or replace those that are there
cp -r d/sumstats once
ok sumstats --n-cpus 3 --overwrite $config
diff -r once d/sumstats || fail "threads or --overwrite change the tables"
ok sumstats --label again $config
[ "$(grep -c position_percent $sel)" = 1 ] || fail "header of a table with rows added"
[ "$(grep -c ',one_event,again,' $sel)" = 100 ] && [ "$(wc -l < $sel)" = 201 ] || fail "rows added"
head -101 $sel | cmp - once/scenario_07/one_event_07_sel.csv || fail "rows that were there"
ok sumstats --overwrite --n-replicates 1 -o first.csv $config
[ "$(grep -c ',n_site,' first.csv)" = 3030 ] || fail "one replicate: a whole and 100 windows of 30 samples"
grep -q ',nan,nan,nan$' $sel || fail "one replicate has no deviation"

# plain files: standard output, the same numbers
ok sumstats --position-format absolute,normalized --chromosome-size 2000000 \
    d/scenario_00/one_event_00_1.npz d/scenario_03/one_event_03_0.npz
cut -d , -f 4- out | sed 1d > found
awk -F , '($2 == 0 && $3 == 1) || ($2 == 3 && $3 == 0)' once/one_event_sumstats.csv |
    cut -d , -f 4- > expected
cmp found expected || fail "plain files"
ok sumstats --set sel_options.window=null --set population_sizes='[20, 30]' \
    --chromosome-size 2000000 d/scenario_00/one_event_00_1.npz
[ "$(grep -c ',fst_0_1,' out)" = 1 ] || fail "Fst"
[ "$(grep -c ',site_ihs,' out)" = "$(awk -F , '$9 == "n_site" { print int($10) }' out)" ] ||
    fail "a value a site"

# a config of its own, with bins as a list; per site: D in every row
cat > own.yml <<END
simulation: {inherit: $config}
chromosome_size: 2.0e+6
ld_options: {distance_bins: [10, 1000, 100000], min_snp_pairs: 300}
sfs_options: {folded: true}
sel_options: {window: 0}
filename_format: "tables/{type}_{scenario:03}.csv"
END
ok sumstats own.yml
grep -q 'all pairs of SNPs are computed' err || fail "no notice of min_snp_pairs"
[ "$(wc -l < d/tables/ld_007.csv)" = 3 ] && [ "$(wc -l < d/tables/sfs_007.csv)" = 26 ] || fail "own.yml"
[ "$(sed 1d d/tables/sel_007.csv | cut -d , -f 5 | sort -u | wc -l)" -le 4 ] || fail "D of the sample"
[ "$(sed -n 2p d/tables/sel_007.csv | cut -d , -f 1)" = 0 ] || fail "sites are numbered from 0"
ok config own.yml
grep -q 'kind summary-statistics' err || fail "kind of own.yml"

# what cannot be done is one line
sed 's/\[10, 1000/[10, 5/; s/100000\]/4]/' own.yml > bad.yml
refused 'bad.yml:3: ld_options.distance_bins: edge 1 is not a number of base pairs above the one before it' \
    sumstats bad.yml
sed 's/_{scenario:03}//' own.yml > bad.yml
refused 'lacks the field {scenario}' sumstats bad.yml
refused 'the first 2 populations have 99 rows, but there are 50' \
    sumstats --set summary_statistics.population_sizes='[49, 50]' $config
refused 'nowhere.npz: No such file' sumstats nowhere.npz
refused 'is neither an .npz file nor a config' sumstats err
refused 'a config must be the only input' sumstats $config $config
rm d/scenario_07/one_event_07_1.npz
cp $sel before
refused 'scenario 7' sumstats --overwrite $config
cmp $sel before || fail "a table was touched"
ok sumstats --overwrite --set ignore_missing=true $config
grep -q 'WARNING.*left out' err || fail "no word of the missing sample"

# figures, by their names; nothing is computed for one that cannot be
ok sumstats -o x.csv --figure f.svg d/scenario_00/one_event_00_0.npz
[ "$(head -c 5 f.svg)" = '<?xml' ] || fail "f.svg"
refused 'f.gif: a figure is an .svg, .pdf or .png file' sumstats --figure f.gif \
    d/scenario_00/one_event_00_0.npz
