#!/bin/bash
# What bash completes, by its own machinery; and that zsh and fish, where they are, and man
# understand what was made for them.
# usage: completion.sh DNADNA
set -u
dnadna=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
status=0

"$dnadna" completion bash > "$tmp/dnadna" || exit 1
# shellcheck disable=SC1091
. "$tmp/dnadna"

# completes "words typed" "all that is offered"
completes() {
    # shellcheck disable=SC2206 # words
    COMP_WORDS=($1)
    case $1 in
    *' ') COMP_WORDS+=('') ;;
    esac
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _dnadna
    if [ "${COMPREPLY[*]}" != "$2" ]; then
        echo "\"$1\" is completed by \"${COMPREPLY[*]}\", not \"$2\"" >&2
        status=1
    fi
}

completes 'dnadna tr' train
completes 'dnadna simulation ' 'init run'
completes 'dnadna simulation run --res' --resume
completes 'dnadna train --res' --resume
completes 'dnadna train --log-level DEBUG --over' --overwrite
completes 'dnadna train --log-level W' WARNING
completes 'dnadna train --resume ' ''
completes 'dnadna predict net' ''
completes 'dnadna nonsense tr' train
complete -p dnadna | grep -q -- '-o default' || status=1 # else: files

"$dnadna" completion zsh > "$tmp/_dnadna" || exit 1
"$dnadna" completion fish > "$tmp/dnadna.fish" || exit 1
if command -v zsh > /dev/null; then
    zsh -n "$tmp/_dnadna" || status=1
fi
if command -v fish > /dev/null; then
    got=$(fish --no-config -c "source $tmp/dnadna.fish; complete -C 'dnadna simulation r'")
    case $got in
    run*) ;;
    *) echo "fish completes \"$got\"" >&2 && status=1 ;;
    esac
fi
"$dnadna" completion tcsh 2> "$tmp/err" && status=1
grep -q 'bash, zsh or fish' "$tmp/err" || status=1

"$dnadna" help --man-dir "$tmp/man1" || exit 1
for page in dnadna dnadna-train dnadna-simulation dnadna-simulation-run; do
    [ -s "$tmp/man1/$page.1" ] || { echo "no page $page" >&2 && status=1; }
done
if command -v mandoc > /dev/null; then
    mandoc -T lint -W error "$tmp"/man1/*.1 || status=1
fi
exit $status
