#!/bin/sh
# check_layers_test.sh - check_layers.sh must accept a clean tree and catch each kind of
# forbidden include.
#
# SPDX-License-Identifier: MIT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/docs" "$tree/src/base" "$tree/src/nn/ops" "$tree/src/nn/onednn" \
    "$tree/src/io" "$tree/src/data" "$tree/include/dnadna" "$tree/tests" "$tree/examples"
cp "$here/../docs/design.md" "$tree/docs/"
n_bad=0

check() {
    sh "$here/check_layers.sh" "$tree" 2>&1
}

# expect <file> <include line> <text of the complaint>: add the line, see it, take it away
expect() {
    printf '/* a comment */\n%s\n' "$2" > "$tree/$1"
    if answer=$(check); then
        echo "not caught: $1: $2"
        n_bad=$((n_bad + 1))
    elif ! echo "$answer" | grep -qF "$1:2: $3"; then
        echo "$1: $2: said \"$answer\", not \"$3\""
        n_bad=$((n_bad + 1))
    fi
    rm "$tree/$1"
}

# accept <file> <include line>
accept() {
    printf '%s\n' "$2" > "$tree/$1"
    if ! answer=$(check); then
        echo "refused: $1: $2: $answer"
        n_bad=$((n_bad + 1))
    fi
    rm "$tree/$1"
}

accept src/base/a.c '#include <stdio.h>'
accept src/base/a.c '#include "dnadna/status.h"'
accept src/nn/ops/a.c '#include "base/mem.h"'
accept src/nn/ops/a.c '#include "nn/graph.h"'
accept src/nn/onednn/a.c '#include <oneapi/dnnl/dnnl.h>'
accept src/io/a.c '#  include <zip.h>'
accept include/dnadna/network.h '#include "dnadna/sample.h"'
accept tests/a.c '#include <zlib.h>'
accept tests/a.c '#include "nn/node.h"'
accept tests/a.c '#include "support/support.h"'
accept examples/a.c '#include <dnadna/dnadna.h>'

expect src/base/a.c '#include "io/npz.h"' 'base may not include io/npz.h (io)'
expect src/nn/a.c '#include "data/source.h"' 'nn may not include data/source.h (data)'
expect src/nn/ops/a.c '#include "popgen/x.h"' 'nn may not include popgen/x.h (popgen)'
expect src/data/a.c '  #  include  "nn/loss.h"' 'data may not include nn/loss.h (nn)'
expect src/base/a.c '#include "dnadna/sample.h"' 'base may not include dnadna/sample.h (popgen)'
expect src/base/a.c '#include <dnadna/sample.h>' 'base may not include dnadna/sample.h (popgen)'
expect src/data/a.c '#include "dnadna/none.h"' 'dnadna/none.h has no layer in docs/design.md'
expect src/nn/ops/a.c '#include "node.h"' '"node.h" must be named from src/'
expect src/nn/a.c '#include "../data/source.h"' '"../data/source.h" must be named from src/'
expect src/nn/ops/a.c '#include <oneapi/dnnl/dnnl.h>' 'oneapi/dnnl/dnnl.h belongs in src/nn/onednn'
expect src/data/a.c '#include <yaml.h>' 'yaml.h belongs in src/io'
expect src/base/a.c '#include HEADER' 'an include must name its file'
expect include/dnadna/array.h '#include "base/mem.h"' 'a public header includes base/mem.h'
expect include/dnadna/array.h '#include "dnadna/run.h"' 'base may not include dnadna/run.h (run)'
expect examples/a.c '#include "run/train.h"' 'an example includes run/train.h'

mkdir "$tree/src/shadow"
printf '\n' > "$tree/src/shadow/a.c"
if check > /dev/null; then
    echo "not caught: a folder of src/ that is not a layer"
    n_bad=$((n_bad + 1))
fi
rm -r "$tree/src/shadow"

if [ "$n_bad" -gt 0 ]; then
    exit 1
fi
echo "check_layers.sh accepts what is allowed and catches what is not"
