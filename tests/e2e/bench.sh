# bench.sh - dnadna bench: the form of what it prints; never how fast anything is.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"

ok bench --list
n=$(wc -l < out)
[ "$n" -ge 10 ] && grep -q '^spidna-train ' out || fail "$(cat out)"
refused 'there is no case "spidna-trian"; did you mean "spidna-train"' bench -c spidna-trian
status=0
"$dnadna" bench --seconds 0 > out 2> err || status=$?
[ $status = 2 ] || fail "status $status for no time"

ok bench -c simulate-400 -c mlp-predict --seconds 0.01 --threads 1 --no-peer
[ "$(grep -c -E '^(simulate-400 +exact|mlp-predict +f32) +[a-z0-9_]+ +[0-9.e+]+ +[0-9.e+]+\.\.[0-9.e+]+ +[0-9]+$' out)" = 2 ] ||
    fail "$(cat out)"
grep -q '1 thread of' out || fail "$(cat out)"
# datasets are written where it is told, and are gone afterwards
mkdir work
ok bench -c load-packed -c mlp-files --seconds 0.01 --threads 1 --temp-dir work --no-peer
[ "$(grep -c -E '^(load-packed|mlp-files) +f32 ' out)" = 2 ] || fail "$(cat out)"
[ -z "$(ls work)" ] || fail "left behind: $(ls work)"
refused 'a temporary folder cannot be made: no/such' bench -c load-packed --json --temp-dir no/such
ok bench -c mlp-train --seconds 0.01 --json --no-peer
for key in name precision threads samples_per_s min max peak_mib; do
    grep -q "\"$key\": " out || fail "no $key: $(cat out)"
done
# a lower instruction set, which every processor has; one that none has
DNADNA_ISA=c
export DNADNA_ISA
ok bench -c mlp-predict --seconds 0.01 --no-peer
grep -q -E '^mlp-predict +f32 +c ' out || fail "$(cat out)"
DNADNA_ISA=sse9
refused 'DNADNA_ISA=sse9: there are no kernels "sse9" here, this processor and build have c' \
    bench -c mlp-predict --seconds 0.01 --no-peer
ok bench --help
unset DNADNA_ISA
# a Python without PyTorch, or none: no ratio, no error
ok bench -c mlp-predict --seconds 0.01 --python /no/such/python
grep -q 'PyTorch is not installed' out || fail "$(cat out)"
printf '#!/bin/sh\necho "ModuleNotFoundError: No module named '"'torch'"'" >&2\nexit 1\n' > python
chmod +x python
ok bench -c mlp-predict --seconds 0.01 --python "$PWD/python"
grep -q 'PyTorch is not installed' out || fail "$(cat out)"
printf '#!/bin/sh\necho "engine=torch-9 net=x params=2045531 rss_mib=7 rates=4,1,1 spread=1..1 samples_per_s=1"\n' > python
ok bench -c mlp-predict --seconds 0.01 --json --python "$PWD/python"
grep -q '"peer_samples_per_s": 1.0' out && grep -q '"peer": "torch-9"' out || fail "$(cat out)"
grep -q '"ratio": ' out && grep -q '"min_ratio": ' out || fail "$(cat out)"
refused 'mlp-train: 2045531 parameters here, 1 in PyTorch: not the same network' bench -c mlp-train \
    --json --seconds 0.01 --python "$(sed 's/params=[0-9]*/params=1/' python > other; chmod +x other; echo "$PWD/other")"
printf '#!/bin/sh\necho hello\n' > python
refused 'PyTorch: its script wrote "hello' bench -c mlp-predict --json --seconds 0.01 --python "$PWD/python"
