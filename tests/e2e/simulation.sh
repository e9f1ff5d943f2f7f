# simulation.sh - simulation init and run: the same files whatever the threads, the slices and the
# kills; what is there is kept, moved or removed only when asked.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"

simulate() { ok simulation run "$@"; }

# help, and the config
ok simulation --help-simulators
grep -q '^one_event$' out || fail "one_event is not listed"
ok simulation --help
grep -q '^  run ' out || fail "no list of sub-commands"
status=0
"$dnadna" simulation > out 2> err || status=$?
[ $status = 2 ] && grep -q 'dnadna simulation: a command is required' err || fail "$(cat err)"
status=0
"$dnadna" simulation rum > out 2> err || status=$?
[ $status = 1 ] && grep -q 'dnadna simulation: unknown command "rum"; did you mean run?' err || fail "$(cat err)"
ok simulation init toy
config=toy/toy_simulation_config.yml
grep -q 'dnadna simulation run toy/toy_simulation_config.yml' err || fail "$(cat err)"
refused 'is there already; --force replaces it' simulation init toy
ok simulation init --force toy one_event
refused 'there is no simulator "one_even"; did you mean "one_event"; known are ' simulation init t one_even
[ ! -e t ] || fail "a folder is left"
refused "must be usable as a folder's name" simulation init a/b
refused 'there is no simulator "two"' simulation run $config --set simulator_name=two
refused 'data_root: ' simulation run $config --set data_root=nowhere

# small: 12 scenarios of 3 replicates
cat > small.sed <<END
s/^n_scenarios: .*/n_scenarios: 12/
s/^n_replicates: .*/n_replicates: 3/
s/^n_samples: .*/n_samples: 8/
s/^segment_length: .*/segment_length: 50000/
s/^seed: .*/seed: 2/
END
sed -i -f small.sed $config
mkdir ref
cp $config ref/sim.yml
simulate --n-cpus 1 ref/sim.yml
grep -q 'simulator one_event, n_scenarios=12, n_replicates=3' err || fail "$(cat err)"
grep -q 'estimated from 4 simulations: .* on disk' err || fail "no estimate: $(cat err)"
grep -q 'dnadna init --simulation-config=ref/sim.yml MODEL-NAME' err || fail "$(cat err)"
[ "$(find ref -name 'toy_*.npz' | wc -l)" = 36 ] || fail "not 36 samples"
[ -f ref/scenario_03/toy_03_2.npz ] || fail "names: $(find ref)"
# the first scenarios of the original for this seed, whatever n_scenarios: none; so of 20
simulate --set n_scenarios=20 --set n_replicates=1 --set data_root=. --set scenario_params_path=t20.csv ref/sim.yml
sed -n '2p;3p;21p' t20.csv | cut -d, -f1,4-6 > rows
printf '0,1789,16003,16003\n1,181,5811,34937\n19,392,25102,14392\n' | cmp - rows
rm -r scenario_* t20.csv*

same_as_ref() {
    diff -r ref "$1" > differences || fail "$1 is not as ref: $(head -5 differences)"
}
start() {
    rm -rf "$1"
    mkdir "$1"
    cp ref/sim.yml "$1"
}

# threads
start two
simulate --n-cpus 2 two/sim.yml
same_as_ref two
start many
simulate --n-cpus 7 many/sim.yml
same_as_ref many

# slices, in any order, two at a time
start slices
simulate --scenario-id 8 slices/sim.yml
simulate --scenario-id 0 --scenarios-to-simulate 3 slices/sim.yml
"$dnadna" simulation run --scenario-id 3 --scenarios-to-simulate 2 slices/sim.yml 2> err2 &
simulate --scenario-id 5 --scenarios-to-simulate 3 slices/sim.yml
wait $! || fail "a slice beside another: $(cat err2)"
same_as_ref slices
refused 'scenario 12: the table has scenarios 0 to 11' simulation run --scenario-id 12 slices/sim.yml
refused 'a simulation is there already; --resume' simulation run --scenario-id 3 slices/sim.yml
refused 'was made with seed 2, not 3' simulation run --scenario-id 3 --set seed=3 slices/sim.yml
simulate --scenario-id 3 --scenarios-to-simulate 1 --overwrite slices/sim.yml
grep -q 'removing 3 samples that are there' err || fail "$(cat err)"
same_as_ref slices
refused 'seed: is not given: slices' simulation run --scenario-id 3 --set seed=null --set scenario_params_path=new.csv slices/sim.yml

# what is there: refused, kept, moved, removed
refused 'toy_params.csv: a simulation is there already; --resume goes on with it, --backup moves' \
    simulation run two/sim.yml
status=0
"$dnadna" simulation run --resume --overwrite two/sim.yml > out 2> err || status=$?
[ $status = 2 ] || fail "--resume --overwrite: $status"
echo mine > two/scenario_03/mine.txt
echo mine > two/notes.txt
simulate --backup two/sim.yml
[ "$(find two/toy-backup.* -name 'toy_*.npz' | wc -l)" = 36 ] || fail "the backup is not whole"
[ -f two/toy-backup.*/toy_params.csv ] || fail "the backup has no table"
mkdir kept
mv two/toy-backup.* kept/
cmp kept/toy-backup.*/scenario_07/toy_07_1.npz ref/scenario_07/toy_07_1.npz
[ "$(cat two/scenario_03/mine.txt two/notes.txt)" = "mine
mine" ] || fail "a file that is none of ours was touched"
rm two/scenario_03/mine.txt two/notes.txt
same_as_ref two
simulate --overwrite --set seed=3 two/sim.yml
! cmp -s two/toy_params.csv ref/toy_params.csv || fail "seed 3 gives the table of seed 2"
refused 'was made with seed 3, not 2' simulation run --resume two/sim.yml
simulate --overwrite two/sim.yml
same_as_ref two
refused 'was made with another setting "n_samples"' simulation run --resume --set n_samples=9 two/sim.yml
simulate --backup --overwrite two/sim.yml # as with the original, which takes both
rm -r two/toy-backup.*
same_as_ref two

# resume: what is good stays as it is, what is missing or damaged is made
touch marker
sleep 0.01
rm two/scenario_03/toy_03_1.npz two/scenario_11/*.npz
rmdir two/scenario_11
head -c 100 ref/scenario_05/toy_05_0.npz > two/scenario_05/toy_05_0.npz
: > two/scenario_05/toy_05_1.npz
: > two/scenario_05/.toy_05_1.npz.tmp-123-0
simulate --resume two/sim.yml
grep -q '30 samples were there already' err || fail "$(cat err)"
[ "$(grep -c 'made again: .*toy_05_[01].npz' err)" = 2 ] || fail "$(cat err)"
same_as_ref two
[ "$(find two -name '*.npz' -newer marker | wc -l)" = 6 ] || fail "good files were made again"
rm two/toy_params.csv two/toy_params.csv.record.json
refused 'is there, but not the table' simulation run --resume two/sim.yml
# without a seed: the one that was drawn
start drawn
simulate --set seed=null drawn/sim.yml
cp -r drawn whole
rm -r drawn/scenario_0[0-5]
simulate --resume --set seed=null drawn/sim.yml
diff -r drawn whole || fail "the seed that was drawn is not gone on with"
simulate --overwrite --set seed=null drawn/sim.yml
! cmp -s drawn/toy_params.csv whole/toy_params.csv || fail "the same seed was drawn twice"

# killed at any moment, and resumed
sed 's/^n_samples: .*/n_samples: 60/; s/^segment_length: .*/segment_length: 500000/' ref/sim.yml > larger.yml
mkdir refl
cp larger.yml refl/sim.yml
begin=$(date +%s%N)
simulate refl/sim.yml
took=$((($(date +%s%N) - begin) / 1000000))
n_killed=0
for signal in KILL INT TERM; do
    for part in 1 3 5 7; do
        rm -rf kill
        mkdir kill
        cp larger.yml kill/sim.yml
        "$dnadna" simulation run kill/sim.yml > out 2> err &
        pid=$!
        sleep "$(awk "BEGIN { print $took * $part / 8000 }")"
        kill -$signal $pid 2> /dev/null && n_killed=$((n_killed + 1))
        status=0
        wait $pid || status=$?
        if [ $signal != KILL ] && [ $status != 0 ] && [ $status -lt 128 ]; then
            grep -q 'ERROR;  stopped on request; --resume goes on' err || fail "$(cat err)"
            [ -z "$(find kill -name '.*.tmp-*')" ] || fail "half a file is left"
        fi
        simulate --resume kill/sim.yml
        diff -r kill refl > differences || fail "killed by $signal: $(head -5 differences)"
    done
done
[ $n_killed -gt 0 ] || fail "nothing was killed"

# templates: nested folders, one flat folder, other keys, not compressed, positions
mkdir forms
cp ref/sim.yml forms
sed -i 's#filename_format: .*#filename_format: "a{scenario:05}/b/{dataset_name}_{replicate:02}.npz"#; s/keys: .*/keys: [X, Y]/' forms/sim.yml
simulate forms/sim.yml
[ -f forms/a00003/b/toy_02.npz ] || fail "nested folders: $(find forms)"
ok simulation run --overwrite --set data_source.compress=no forms/sim.yml
mkdir flat
cp ref/sim.yml flat
sed -i 's#filename_format: .*#filename_format: "{dataset_name}_{scenario}_{replicate}.npz"#' flat/sim.yml
simulate flat/sim.yml
cmp flat/toy_03_1.npz ref/scenario_03/toy_03_1.npz
rm flat/toy_03_1.npz
simulate --resume flat/sim.yml
cmp flat/toy_03_1.npz ref/scenario_03/toy_03_1.npz
sed -i 's#filename_format: .*#filename_format: "{dataset_name}_{scenario}.npz"#' flat/sim.yml
refused 'has no {replicate}' simulation run --overwrite flat/sim.yml

# tree sequences beside the samples, which are the same
start trees
simulate --set write_trees=yes trees/sim.yml
[ "$(find trees -name 'toy_*.trees' -size +1k | wc -l)" = 36 ] || fail "not 36 tree sequences"
cp -r trees whole_trees
rm trees/scenario_03/toy_03_1.trees trees/scenario_04/toy_04_0.npz
simulate --set write_trees=yes --resume trees/sim.yml
grep -q '34 samples were there already' err || fail "$(cat err)"
diff -r trees whole_trees || fail "resumed tree sequences differ"
refused 'was made with another setting "write_trees"' simulation run --resume trees/sim.yml
simulate --backup trees/sim.yml
[ "$(find trees/toy-backup.* -name 'toy_*.trees' | wc -l)" = 36 ] || fail "the backup lacks trees"
rm -r trees/toy-backup.*
same_as_ref trees

# a full disk: one line, what is written is whole, and the rest can be made
if ! (ulimit -f 0 && exec "$dnadna" --version > /dev/null) 2> /dev/null; then
    trap '' XFSZ
fi
start full
mkfifo pipe
for blocks in 0 1 2; do
    cat < pipe > err &
    status=0
    (ulimit -f $blocks && exec "$dnadna" simulation run full/sim.yml > out 2> pipe) || status=$?
    wait $!
    [ $status = 1 ] && [ "$(grep -c 'ERROR;  .*File too large' err)" = 1 ] || fail "$blocks blocks: $(cat err)"
    [ -z "$(find full -name '.*.tmp-*')" ] || fail "half a file is left"
    simulate --resume full/sim.yml
    same_as_ref full
    start full
done
if [ "$(id -u)" != 0 ]; then
    chmod -w full
    refused 'Permission denied' simulation run full/sim.yml
    chmod +w full
fi

# a file that the config names is one of its settings
mkdir demes
printf 'time_units: generations\ndemes:\n- {name: a, epochs: [{start_size: 900}]}\n' > demes/a.yml
cat > demes/sim.yml <<END
simulator_name: coalescent
data_root: .
dataset_name: d
scenario_params_path: d.csv
data_source: {format: dnadna}
seed: 1
n_scenarios: 2
n_replicates: 1
n_samples: 4
segment_length: 1000
demography: {demes: a.yml}
END
simulate demes/sim.yml
simulate --resume demes/sim.yml
sed -i 's/900/800/' demes/a.yml
refused 'made with another setting "content of a.yml"' simulation run --resume demes/sim.yml

# on to a model
ok init --simulation-config=ref/sim.yml m
grep -q 'min_snp: 500' m/m_preprocessing_config.yml || fail "nothing is recommended"
