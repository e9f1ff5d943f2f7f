# classes.sh - a regression and a classification in one network.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"

# decline: smaller now than before the event
awk -F , 'NR == 1 { print "scenario_idx,event_time,history,n_replicates"; next }
    { print $1 "," $4 "," ($5 < $6 ? 0 : 1) "," $7 }' "$data/one_event_params.csv" > params.csv
mkdir m
cat > m/pre.yml << END
model_name: m
dataset:
    inherit: $data/one_event_dataset_config.yml
    scenario_params_path: ../params.csv
learned_params:
-   history: {type: classification, classes: [decline, "expansion of size"]}
-   event_time: {type: regression, log_transform: true}
dataset_splits: {training: 0.7, validation: 0.2, test: 0.1}
preprocessing: {min_snp: 500, seed: 2}
END
ok preprocess m/pre.yml
cat > m/cnn.yml << END
inherit: m_training_config.yml
network: {name: CNN}
dataset_transforms: [{crop: {max_snp: 400}}]
n_epochs: 1
batch_size: 16
evaluation_interval: 100
seed: 1
END
ok train m/cnn.yml
ok predict m/run_000/m_run_000_best_net.safetensors "$data"/scenario_0[0-4]/*.npz
head -1 out > header
echo 'path,history_decline,history_expansion of size,history,event_time' | cmp - header
# probabilities sum to one, the label is that of the larger, times are positive
awk -F , 'NR > 1 {
    label = $2 > $3 ? "decline" : "expansion of size"
    if ($2 + $3 < 0.999999 || $2 + $3 > 1.000001 || $4 != label || $5 <= 0) exit 1 }' out ||
    fail "rows: $(cat out)"
ok predict --by scenario m/run_000/m_run_000_best_net.safetensors \
    "$data/one_event_dataset_config.yml"
head -1 out | grep -q ',history_decline,history_expansion of size,history,event_time_mean,' ||
    fail "header by scenario"

# a column "splits" in the table is honoured: a published test set stays one
awk -F , 'NR == 1 { print $0 ",splits"; next }
    { print $0 "," ($1 < 5 ? "test" : $1 < 10 ? "validation" : "training") }' params.csv > with.csv
sed 's/params.csv/with.csv/' m/pre.yml > m/with.yml
ok preprocess m/with.yml
for split in test,5 validation,5 training,20; do
    n=$(grep -c ",${split%,*}\$" m/m_preprocessed_params.csv)
    [ "$n" = "${split#*,}" ] || fail "$n scenarios for $split"
done

# two networks together: mean probabilities, the class of the larger, and its deviation
ok train -r again --set seed=2 m/cnn.yml
a=m/run_000/m_run_000_best_net.safetensors
b=m/run_again/m_run_again_best_net.safetensors
ok predict $a "$data"/scenario_0[0-4]/*.npz
cp out a.csv
ok predict $b "$data"/scenario_0[0-4]/*.npz
cp out b.csv
ok predict --also $b $a "$data"/scenario_0[0-4]/*.npz
head -1 out > header
echo 'path,history_decline,history_expansion of size,history,history_sd,event_time,event_time_sd' | cmp - header
paste -d, a.csv b.csv out | awk -F , '
    function near(x, y) { d = x - y; if (d < 0) d = -d; return d < 1e-6 }
    NR > 1 {
        d = ($2 + $7) / 2; e = ($3 + $8) / 2
        label = d >= e ? "decline" : "expansion of size"
        sd = d >= e ? $2 - $7 : $3 - $8
        if (sd < 0) sd = -sd
        sd /= sqrt(2)
        if (!near($12, d) || !near($13, e) || $14 != label || !near($15, sd)) { print; exit 1 }
    }' || fail "an ensemble of classifications"
