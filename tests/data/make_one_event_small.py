"""Cut a folder of one_event samples down to what the tests and quickstart.sh need.

usage: /usr/bin/python3 tests/data/make_one_event_small.py <full dataset> <output folder>

Keeps the parameter table and, of each sample, the first 520 sites; so every sample has at
least the 500 sites that the simulator's default settings ask for.
"""
import pathlib
import shutil
import sys

import numpy as np

N_SITE = 520

source, target = map(pathlib.Path, sys.argv[1:])
target.mkdir(parents=True, exist_ok=True)
shutil.copyfile(source / "one_event_params.csv", target / "one_event_params.csv")
for path in sorted(source.glob("scenario_*/*.npz")):
    out = target / path.relative_to(source)
    out.parent.mkdir(exist_ok=True)
    with np.load(path) as data:
        np.savez_compressed(out, SNP=data["SNP"][:, :N_SITE], POS=data["POS"][:N_SITE])
