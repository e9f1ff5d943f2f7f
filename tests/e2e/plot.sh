# plot.sh - figures of a training and of predictions.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"

# says FIGURE.pdf TEXT: what is written in it (in an SVG text is made of shapes)
says() {
    pdftotext -layout "$1" - | tr -s ' \n' ' ' > text
    grep -qF "$2" text || fail "$1 does not say \"$2\": $(cat text)"
}

cat > params.csv << END
scenario_idx,size,time,history,n_replicates
3,100,1,1,2
1,1000,2,0,2
2,10000,4,1,2
END
cat > samples.csv << END
path,size,time,history_decline,history_growth,history
/a/set_1_0.npz,1000,2,0.9,0.1,decline
/a/set_1_1.npz,1000,3,0.8,0.2,decline
/a/set_2_0.npz,1000,4,0.2,0.8,growth
/a/set_2_1.npz,10000,3,0.7,0.3,decline
/a/set_3_0.npz,100,1,0.1,0.9,growth
END
# time: true 2 2 4 4 1, predicted 2 3 4 3 1: 1 - 2 / 7.2; size, logarithms to base 10:
# 3 3 4 4 2 and 3 3 3 4 2: 1 - 1 / 2.8; natural: 1 - 9000^2 / 104328000
ok plot samples.csv --truth params.csv -o samples.pdf
says samples.pdf 'time: R² 0.722'
says samples.pdf 'size: R² 0.224, of logarithms 0.643'
says samples.pdf 'history: 80.0 % of 5 right'
ok plot samples.csv --truth params.csv
head -c 100 samples.svg | grep -q '<?xml' || fail "no SVG"
sed 's/path,/scenario_idx,/; s#/a/set_\([0-9]\)_.\.npz#\1#' samples.csv > numbers.csv
ok plot numbers.csv --truth params.csv -o numbers.pdf
says numbers.pdf 'time: R² 0.722'

cat > scenarios.csv << END
scenario_idx,n_replicates,time_mean,time_median,time_q05,time_q25,time_q75,time_q95
1,2,9,2,1,1.5,2.5,3
2,2,9,4,3,3.5,4.5,5
END
ok plot scenarios.csv --truth params.csv -o scenarios.pdf
says scenarios.pdf 'time: R² 1.000'

cat > m_metrics.csv << END
epoch,batch,step,split,network,parameter,metric,true_class,predicted_class,value
1,0,64,training,,,loss,,,1.5
1,0,64,training,,,learning_rate,,,0.001
1,0,64,validation,,,loss,,,1.2
1,0,64,validation,,time,r2,,,0.1
1,0,64,validation,,history,accuracy,,,0.5
1,0,64,validation,,history,confusion,decline,decline,17
2,0,128,training,,,loss,,,0.1
2,0,128,training,,,learning_rate,,,0.0001
2,0,128,validation,,,loss,,,inf
2,0,128,validation,,time,r2,,,
2,0,128,validation,,history,confusion,decline,decline,13
2,0,128,validation,,history,confusion,decline,growth,7
2,0,128,validation,,history,confusion,growth,decline,3
2,0,128,validation,,history,confusion,growth,growth,27
END
ok plot m_metrics.csv -o m.pdf
says m.pdf 'loss'
says m.pdf 'R² in validation'
says m.pdf 'learning rate'
says m.pdf 'history, last validation'
says m.pdf '65.0 %'
says m.pdf '90.0 %'
mkdir run
cp m_metrics.csv run/a_run_000_metrics.csv
ok plot run
[ -s run/a_run_000_metrics.svg ] || fail "no figure in the run's folder"

# mistakes: one line each, and no file
bad() {
    want=$1
    shift
    if "$dnadna" plot "$@" -o bad.png > out 2> err; then
        fail "plot $* succeeds"
    fi
    grep -qF "$want" err || fail "plot $*: $(cat err)"
    [ "$(grep -c 'error:' err)" = 1 ] || fail "plot $*: not one line: $(cat err)"
    [ ! -e bad.png ] || fail "plot $* left a file"
}
bad 'give the parameter table with --truth' samples.csv
bad 'metrics, not predictions' m_metrics.csv --truth params.csv
bad 'no *_metrics.csv' .. 
bad 'no column scenario_idx' samples.csv --truth samples.csv
sed 's/_1_0/x/' samples.csv > odd.csv
bad 'odd.csv:2: neither a column scenario_idx nor a path' odd.csv --truth params.csv
sed 's/_3_0/_33_0/' samples.csv > missing.csv
bad 'missing.csv:6: scenario 33 is not in params.csv' missing.csv --truth params.csv
sed 's/growth$/grow/' samples.csv > class.csv
bad 'history: "grow" is no class' class.csv --truth params.csv
sed 's/,1000,2,0.9/,many,2,0.9/' samples.csv > word.csv
bad 'word.csv:2: size: "many"' word.csv --truth params.csv
head -1 samples.csv > empty.csv
bad 'no predictions' empty.csv --truth params.csv
head -1 m_metrics.csv > none_metrics.csv
bad 'no validation yet' none_metrics.csv
cp m_metrics.csv run/b_metrics.csv
bad 'name one of them' run
if "$dnadna" plot m_metrics.csv -o m.jpg 2> err; then
    fail "a .jpg is drawn"
fi
grep -q '.svg, .pdf' err || fail "$(cat err)"
