#!/bin/sh
# check_headers.sh - each header compiles alone: it includes what it needs.
#
# SPDX-License-Identifier: MIT
#
# usage: tools/check_headers.sh c11|c++ [project folder]
# c11: all headers with $CC (cc). c++: the public headers with $CXX (c++), as C++ programs
# include them. Exits 77, which CTest counts as skipped, if there is no C++ compiler.
set -eu
language=$1
root=${2:-$(dirname "$0")/..}
cd "$root"

case $language in
c11)
    headers=$(find include src -name '*.h' -type f | LC_ALL=C sort)
    compile="${CC:-cc} -std=c11 -x c -D_POSIX_C_SOURCE=200809L -Isrc"
    ;;
c++)
    headers=$(find include -name '*.h' -type f | LC_ALL=C sort)
    compile="${CXX:-c++} -std=c++11 -x c++"
    if ! command -v "${CXX:-c++}" > /dev/null; then
        echo "skipped: no C++ compiler (${CXX:-c++})"
        exit 77
    fi
    ;;
*)
    echo "usage: $0 c11|c++ [project folder]" >&2
    exit 2
    ;;
esac

n=0
n_bad=0
for header in $headers; do
    n=$((n + 1))
    name=${header#include/}
    name=${name#src/}
    # included twice: its guard must hold
    if ! printf '#include "%s"\n#include "%s"\n' "$name" "$name" |
        $compile -Iinclude -fsyntax-only -Wall -Wextra -Wpedantic -Wundef -Werror -; then
        echo "$header does not compile alone as $language"
        n_bad=$((n_bad + 1))
    fi
done
if [ "$n_bad" -gt 0 ]; then
    exit 1
fi
echo "$n headers compile alone as $language"
