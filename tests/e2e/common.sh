# common.sh - what the end-to-end tests share; sourced, with the program and the data as $1, $2.
#
# SPDX-License-Identifier: MIT
dnadna=$1
data=$2/one_event_small
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# Run the program, which must succeed; its output is in out and err.
ok() {
    "$dnadna" "$@" > out 2> err || {
        cat err >&2
        fail "dnadna $*"
    }
}

# refused TEXT ARGS...: status 1, exactly one line of error, which contains TEXT, no output.
refused() {
    text=$1
    shift
    status=0
    "$dnadna" "$@" > out 2> err || status=$?
    n=$(grep -c -e ';    ERROR;  ' -e ': error: ' err || :)
    if [ "$status" != 1 ] || [ "$n" != 1 ] || [ -s out ] || ! grep -q -F -e "$text" err; then
        cat err >&2
        fail "dnadna $*: status $status, $n lines of error; expected: $text"
    fi
}

# The bytes of a network file after its header.
tensors() {
    n=$(od -An -t u8 -N 8 "$1" | tr -d ' ')
    tail -c +$((n + 9)) "$1"
}

# A small SPIDNA on the model $1 (its training config is inherited); further lines from stdin.
small_spidna() {
    {
        printf 'inherit: %s_training_config.yml\n' "$1"
        printf 'network: {name: SPIDNA, params: {n_blocks: 2, n_features: 4}}\n'
        printf 'dataset_transforms: [{crop: {max_snp: 60}}, {snp_format: concat}]\n'
        printf 'batch_size: 16\nevaluation_interval: 3\nloader_num_workers: 1\nseed: 7\n'
        cat
    } > "$1/spidna.yml"
}

# Model m, three log-transformed targets, preprocessed with a fixed split.
make_model() {
    ok init --dataset-config "$data/one_event_dataset_config.yml" m
    sed -i 's/seed: null/seed: 1/' m/m_preprocessing_config.yml
    ok preprocess m/m_preprocessing_config.yml
}

# run_contents DIR OUT: what a run leaves, without dates and names: tensors, descriptions, tables.
run_contents() {
    mkdir "$2"
    for file in "$1"/*; do
        name=$(basename "$file" | sed 's/run_[a-z0-9]*/RUN/')
        case $file in
        *.log | *_final_config.yml) ;;
        *.safetensors)
            tensors "$file" > "$2/$name.tensors"
            n=$(od -An -t u8 -N 8 "$file" | tr -d ' ')
            head -c $((n + 8)) "$file" | tail -c "$n" |
                sed 's/run_id: [a-z0-9]*//; s/run_[a-z0-9]*/RUN/g; s/[a-z]*_datetime[^,]*,//g
                     s/loader_num_workers: [0-9]*//; s/scenario_params_path: [^ ]*csv//; s/first_draw_path: [^ ]*csv//
                     s/."events_time[^,}]*//; s/ *$//' > "$2/$name.header"
            ;;
        */tensorboard) wc -c < "$(ls "$file"/*)" > "$2/$name" ;; # one file, with times in it
        *) cp -r "$file" "$2/$name" ;;
        esac
    done
}

# same_run DIR OUT: the contents of a run are those in OUT.
same_run() {
    rm -rf contents
    run_contents "$1" contents
    diff -r "$2" contents > differences || {
        head -c 3000 differences >&2
        fail "$1 is not as $2"
    }
}
