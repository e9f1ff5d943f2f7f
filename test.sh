#!/bin/sh
# test.sh - install what is missing, build, run all tests; the last lines are CTest's count.
#
# SPDX-License-Identifier: MIT
#
# usage: ./test.sh [step...]
#
# A step is a preset of CMakePresets.json (dev asan clang no-onednn release tsan fuzz), which
# is configured, built and tested in build/<preset>; or `format`, which checks the layout of
# the sources. Without arguments: dev asan. Warnings are errors if CI=true.
set -eu
cd "$(dirname "$0")"
. tools/packages.sh

if [ $# -eq 0 ]; then
    set -- dev asan
fi
werror=OFF
if [ "${CI:-}" = true ]; then
    werror=ON
fi
jobs=$(nproc)

needed="$packages_build $packages_test"
for step in "$@"; do
    case $step in
    format) needed="$needed clang-format-14=clang-format-14" ;;
    clang | tsan | fuzz)
        needed="$needed clang=clang llvm-symbolizer=llvm
            /usr/lib/llvm-14/lib/clang/*/lib/linux=libclang-rt-14-dev
            /usr/lib/llvm-14/lib/libomp.so=libomp-14-dev" ;;
    esac
done
# shellcheck disable=SC2086 # a list of words
need_packages $needed

mkdir -p build
results=build/test-results.txt
: > "$results"
status=0

check_format() {
    find src include tests fuzz examples bench \( -name '*.[ch]' -o -name '*.inc' \) \
        -exec clang-format-14 --dry-run --Werror {} +
}

check_preset() {
    run cmake --preset "$1" "-DDNADNA_WERROR=$werror" -DDNADNA_TESTS=ON > "build/$1-cmake.log" || {
        cat "build/$1-cmake.log"
        return 1
    }
    run cmake --build "build/$1" || return 1
    run ctest --preset "$1" --no-label-summary --parallel "$jobs" \
        --output-log "$PWD/build/$1-ctest.log"
}

for step in "$@"; do
    say "== $step"
    started=$(date +%s)
    if [ "$step" = format ]; then
        check_format && count="sources are laid out as .clang-format says" || count=FAILED
    else
        rm -f "build/$step-ctest.log"
        check_preset "$step" || status=1
        count=$(grep 'tests passed' "build/$step-ctest.log" 2> /dev/null) || count="FAILED: not built"
    fi
    case $count in
    FAILED*) status=1 ;;
    esac
    printf '%-10s %4d s  %s\n' "$step" "$(($(date +%s) - started))" "$count" >> "$results"
    if [ "$status" -ne 0 ]; then
        say "$step failed; to repeat it alone: ./test.sh $step"
        break
    fi
done

say "Steps:"
cat "$results"
grep 'tests passed' "$results" | tail -n 1 | sed 's/^.* s  //'
exit "$status"
