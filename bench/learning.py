#!/usr/bin/python3
# learning.py - a published set of SNP matrices (Flagel et al. 2019, theta) as a dnadna dataset.
#
#     learning.py flagel_theta_sim.npz FOLDER
#
# The file holds xtrain [4000, 489, 40] (sites, haplotypes; zeros after the last site), xtest
# [1000, 489, 40] and the thetas ytrain, ytest. Every tenth matrix of the training set becomes
# the validation set; the published test set stays the test set. Positions are not in the file:
# equally spaced ones stand for them.
import os
import sys

import numpy as np

source, folder = sys.argv[1:3]
data = np.load(source)
x = np.concatenate([data["xtrain"], data["xtest"]]).astype(np.uint8)
theta = np.concatenate([data["ytrain"], data["ytest"]])
n_train, n_site = len(data["xtrain"]), x.shape[1]
pos = (np.arange(n_site) + 0.5) / n_site
os.makedirs(folder, exist_ok=True)
with open(os.path.join(folder, "theta_params.csv"), "w") as table:
    table.write("scenario_idx,theta,n_replicates,splits\n")
    for i, value in enumerate(theta):
        split = "test" if i >= n_train else "training" if i % 10 else "validation"
        table.write(f"{i},{float(value)!r},1,{split}\n")
        scenario = os.path.join(folder, f"scenario_{i:04}")
        os.makedirs(scenario, exist_ok=True)
        np.savez(
            os.path.join(scenario, f"theta_{i:04}_0.npz"), SNP=np.ascontiguousarray(x[i].T), POS=pos
        )
with open(os.path.join(folder, "theta_dataset_config.yml"), "w") as config:
    config.write(
        "data_root: .\ndataset_name: theta\nscenario_params_path: theta_params.csv\n"
        "data_source:\n    format: dnadna\n    position_format: {distance: false, normalized: true}\n"
    )
