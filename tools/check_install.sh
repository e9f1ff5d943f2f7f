#!/bin/sh
# check_install.sh - what `cmake --install` puts down is enough to build and run a program.
#
# SPDX-License-Identifier: MIT
#
# usage: tools/check_install.sh <build folder>     (with $CC, or cc)
set -eu
build=$1
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT

cmake --install "$build" --prefix "$prefix" > /dev/null
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name dnadna.pc)")
export PKG_CONFIG_PATH
libdir=$(dirname "$PKG_CONFIG_PATH")
# the .pc file names the prefix of the configuration; here it is another one
# shellcheck disable=SC2046 # flags are several words
${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -o "$prefix/example" \
    "$(dirname "$0")/../examples/predict.c" \
    $(pkg-config --define-variable=prefix="$prefix" --cflags --libs dnadna)
"$prefix/bin/dnadna" --version
if LD_LIBRARY_PATH=$libdir "$prefix/example" 2> "$prefix/usage"; then
    echo "the example must complain when it is given nothing"
    exit 1
fi
grep -q usage "$prefix/usage"
echo "the installed headers and library build and run examples/predict.c"
