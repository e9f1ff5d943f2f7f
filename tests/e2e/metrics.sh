# metrics.sh - metrics.csv holds what anybody computes from the predictions and the truth.
#
# SPDX-License-Identifier: MIT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$(dirname "$0")/common.sh"

# Rows "parameter metric value" of a regression from predictions on standard input: the values
# of the scenarios of split $1 beside those of the table, as the formulas are written.
recompute() {
    awk -F , -v split_="$1" '
        FILENAME ~ /preprocessed/ { split_of[$1] = $NF; next }
        FILENAME ~ /one_event_params/ {
            for (i = 1; i <= NF; i++) if (FNR == 1) name[i] = $i; else true_[$1, name[i]] = $i
            next
        }
        FNR == 1 { for (i = 4; i <= NF; i++) predicted[i] = $i; n_column = NF; next }
        split_of[$2] == split_ {
            n++
            for (i = 4; i <= n_column; i++) {
                t[i, n] = true_[$2, predicted[i]]; d = $i - t[i, n]
                squares[i] += d * d; bias[i] += d; sum[i] += t[i, n]
                share[i] += (d < 0 ? -d : d) / t[i, n]
            }
        }
        END {
            for (i = 4; i <= n_column; i++) {
                total = 0
                for (k = 1; k <= n; k++) total += (t[i, k] - sum[i] / n) ^ 2
                printf "%s rmse %.12g\n", predicted[i], sqrt(squares[i] / n)
                printf "%s r2 %.12g\n", predicted[i], 1 - squares[i] / total
                printf "%s relative_error %.12g\n", predicted[i], share[i] / n
                printf "%s bias %.12g\n", predicted[i], bias[i] / n
                printf "%s n %d\n%s n_zero 0\n", predicted[i], n, predicted[i]
            }
        }' m/m_preprocessed_params.csv "$data/one_event_params.csv" -
}

# The same rows of a split and a network from metrics.csv, at step $3.
recorded() {
    awk -F , -v split_="$1" -v net="$2" -v step="$3" '
        $4 == split_ && $5 == net && $3 == step && $7 != "loss" && $7 != "confusion" {
            print $6, $7, $10 }' "$4"
}

# Two lists of rows agree in order, names, and to 1e-7 in their numbers; neither is empty.
agree() {
    paste -d ' ' "$1" "$2" | awk '
        { d = $3 - $6; if (d < 0) d = -d; a = $6 < 0 ? -$6 : $6 }
        $1 != $4 || $2 != $5 || NF != 6 || d > 1e-7 * (a > 1 ? a : 1) { print "differs: " $0; bad = 1 }
        END { exit bad || NR == 0 }' || fail "$1 and $2"
}

make_model
sed -i 's/validation: 0.3/validation: 0.2\n    test: 0.1/' m/m_preprocessing_config.yml
ok preprocess m/m_preprocessing_config.yml
printf 'n_epochs: 2\n' | small_spidna m
ok train m/spidna.yml
csv=m/run_000/m_run_000_metrics.csv
[ "$(head -1 $csv)" = epoch,batch,step,split,network,parameter,metric,true_class,predicted_class,value ] ||
    fail "header of metrics.csv"
grep -q ';  test of best (epoch ' err || fail "no test of best in the log"
grep -q ';  test of last_epoch (epoch 2, batch 4): loss ' err || fail "no test of last_epoch"
# 21 training, 6 validation and 3 test scenarios of 3 replicates: 126 samples in two epochs
for net in best last_epoch; do
    ok predict --checkpoint $net m/run_000/m_run_000_final_config.yml \
        "$data/one_event_dataset_config.yml"
    cp out $net.csv
    recompute test < $net.csv > expected
    step=$(awk -F , -v net=$net '$4 == "test" && $5 == net { print $3; exit }' $csv)
    recorded test $net "$step" $csv > found
    agree found expected
done
[ "$step" = 126 ] || fail "the last epoch was tested after $step samples"
recompute validation < last_epoch.csv > expected
recorded validation '' 126 $csv > found
agree found expected
# total losses are the means of those of the parameters
awk -F , '$7 == "loss" && $6 == "" { total[$3 $4 $5] = $10 }
    $7 == "loss" && $6 != "" { sum[$3 $4 $5] += $10 / 3 }
    END { for (k in total) { n++; d = total[k] - sum[k]; if (d < -1e-12 || d > 1e-12) exit 1 }
        exit n != 10 }' $csv || fail "losses"
[ "$(grep -c ',training,,,learning_rate,,,0.001$' $csv)" = 4 ] || fail "learning rates"

# the same training gives the same bytes, whatever the threads; another one replaces them
ok train -t 1 m/spidna.yml
cmp $csv m/run_001/m_run_001_metrics.csv
ok train --overwrite -r 0 m/spidna.yml
cmp $csv m/run_001/m_run_001_metrics.csv
[ "$(ls m/run_000/tensorboard | wc -l)" = 1 ] || fail "events of two runs: $(ls m/run_000/tensorboard)"

# the curves are the same numbers
if python3 -c '' 2> /dev/null; then
    python3 "$here/read_events.py" m/run_000/tensorboard/events.out.tfevents.* > events
    for tag in training,,loss:loss/training validation,,loss:loss/validation \
        training,,learning_rate:learning_rate \
        validation,event_time,rmse:rmse/event_time validation,event_size,r2:r2/event_size \
        validation,recent_size,relative_error:relative_error/recent_size; do
        awk -F , -v key="${tag%:*}" '$5 == "" && $4 "," $6 "," $7 == key {
            print $3, "x", $10 }' $csv > expected
        awk -v tag="${tag#*:}" '$1 == tag { print $2, "x", $3 }' events > found
        agree found expected
        [ "$(wc -l < found)" = 4 ] || fail "$tag: not 4 points"
    done
else
    echo "no python3: the event file is left to the unit tests" >&2
fi

# killed in the test, at the end: the files end as those of the run that was not; stopped there, too
for signal in KILL TERM; do
    : > err # what the run before said must not be taken for this one
    "$dnadna" train -r $signal m/spidna.yml > out 2> err &
    pid=$!
    while kill -0 $pid 2> /dev/null && ! grep -q ';  test of best' err; do :; done
    kill -$signal $pid 2> /dev/null || :
    status=0
    wait $pid || status=$?
    if [ $status != 0 ]; then
        ok train --resume m/run_$signal
    fi
    cmp m/run_001/m_run_001_metrics.csv m/run_$signal/m_run_${signal}_metrics.csv
done
# more epochs after the end: the test of the shorter run is void, each network is tested once
sed 's/^n_epochs: .*/n_epochs: 1/' m/spidna.yml > m/short.yml
ok train -r longer m/short.yml
[ "$(grep -c ',test,last_epoch,' m/run_longer/m_run_longer_metrics.csv)" = 22 ] || fail "rows of a test"
ok train --resume m/run_longer --set n_epochs=2
cmp m/run_001/m_run_001_metrics.csv m/run_longer/m_run_longer_metrics.csv
[ "$(ls m/run_longer/tensorboard | wc -l)" = 1 ] || fail "event files of a resumed run"

# no test split: one line, no rows
sed -i '/^    test: 0.1/d' m/m_preprocessing_config.yml
ok preprocess m/m_preprocessing_config.yml
ok train -r plain m/spidna.yml
[ "$(grep -c 'no test: the dataset has no test scenarios' err)" = 1 ] || fail "no line"
grep -q ',test,' m/run_plain/m_run_plain_metrics.csv && fail "rows of a test there was not"

# classes: accuracy, balanced accuracy and confusion matrix from the predicted labels
awk -F , 'NR == 1 { print "scenario_idx,history,n_replicates"; next }
    { print $1 "," ($5 < $6 ? 0 : 1) "," $7 }' "$data/one_event_params.csv" > params.csv
mkdir c
cat > c/pre.yml << END
model_name: c
dataset:
    inherit: $data/one_event_dataset_config.yml
    scenario_params_path: ../params.csv
learned_params:
    history: {type: classification, classes: [decline, "ever \"so\" slow, expansion"]}
dataset_splits: {training: 0.5, validation: 0.2, test: 0.3}
preprocessing: {min_snp: 500, seed: 2}
END
ok preprocess c/pre.yml
cat > c/cnn.yml << END
inherit: c_training_config.yml
network: {name: CNN}
dataset_transforms: [{crop: {max_snp: 400}}]
n_epochs: 2
batch_size: 16
evaluation_interval: 100
seed: 1
END
ok train c/cnn.yml
grep -q 'true .* predicted  *decline' err || fail "no confusion matrix in the log"
ok predict --checkpoint last_epoch c/run_000/c_run_000_final_config.yml \
    "$data/one_event_dataset_config.yml"
# the label of the larger probability: 0 decline, 1 the other
sed 1d out | sed 's/.*one_event_[0-9]*_[0-9]*.npz,//' | awk -F , '{ print $1, ($3 >= $4 ? 0 : 1) }' > labels
awk 'FILENAME ~ /preprocessed/ { split($0, f, ","); true_[f[1]] = f[2]; split_[f[1]] = f[4]; next }
    split_[$1] == "test" { n[true_[$1], $2]++; all++ }
    END {
        right = n[0, 0] + n[1, 1]
        r0 = n[0, 0] / (n[0, 0] + n[0, 1]); r1 = n[1, 1] / (n[1, 0] + n[1, 1])
        printf "history accuracy %.12g\nhistory balanced_accuracy %.12g\nhistory n %d\n", right / all, (r0 + r1) / 2, all
        for (t = 0; t < 2; t++) for (p = 0; p < 2; p++) printf "history confusion %d\n", n[t, p] > "confusion"
    }' c/c_preprocessed_params.csv labels > expected
csv=c/run_000/c_run_000_metrics.csv
step=$(awk -F , '$4 == "test" && $5 == "last_epoch" { print $3; exit }' $csv)
recorded test last_epoch "$step" $csv > found
agree found expected
awk -F , '$4 == "test" && $5 == "last_epoch" && $7 == "confusion" { print "history confusion", $NF }' $csv > found
agree found confusion
grep -q ',confusion,decline,"ever ""so"" slow, expansion",' $csv || fail "labels in metrics.csv"
