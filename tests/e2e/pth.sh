# pth.sh - networks that PyTorch saved: predicted as they are, refused where they call.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"
golden=$2/../golden/pth
file=$data/scenario_000/one_event_small_000_0.npz
[ -f "$file" ] || file=$(ls "$data"/scenario_*/*.npz | head -n 1)

# the same network in each of its forms gives the same row
ok predict "$golden/spidna_zip.pth" "$file"
cp out first
[ "$(wc -l < first)" = 2 ] || fail "no row"
for form in legacy p1 p4 p5 config config_p1 parallel_f64; do
    ok predict "$golden/spidna_$form.pth" "$file"
    cmp first out || fail "spidna_$form.pth predicts something else"
done
ok inspect "$golden/spidna_zip.pth"
grep -q 'blocks.1.phi.weight' out || fail "inspect shows no tensors"

# nothing that a file wants is run: no file of theirs appears, and no program starts
for hostile in "$golden"/hostile_*; do
    refused 'only data are read, nothing is called' predict "$hostile" "$file"
    if command -v strace > /dev/null && strace -o /dev/null true 2> /dev/null; then
        strace -f -e trace=execve,fork,vfork -o trace \
            "$dnadna" predict "$hostile" "$file" > /dev/null 2>&1 || :
        [ "$(grep -c execve trace)" = 1 ] || fail "$hostile: a program was started"
        ! grep -q -E '(^| )v?fork\(' trace || fail "$hostile: a process was started"
    fi
done
[ ! -e dna_was_here ] || fail "a hostile file was run"

# half a file
for form in zip legacy; do
    head -c 5000 "$golden/spidna_$form.pth" > half.pth
    refused half.pth predict half.pth "$file"
done
refused 'has 9 tensors, but does not say of which network' predict "$golden/views.pth" "$file"
