"""What dnadna export writes, read by PyTorch, ONNX and onnxruntime.

    export.py DNADNA TESTS/DATA

Needs Debian's python3-torch and python3-onnx, else it is skipped (77). onnxruntime is not in
Debian: where DNADNA_ONNXRUNTIME names a node_modules folder with onnxruntime-node (npm install
--ignore-scripts onnxruntime-node), models are run as well.

SPDX-License-Identifier: MIT
"""
import json
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import onnx
    import torch
except ImportError as e:
    print(f"skipped: {e}")
    sys.exit(77)

dnadna, data = sys.argv[1:3]
golden = os.path.join(data, "../golden/pth")
runtime = os.environ.get("DNADNA_ONNXRUNTIME")

RUN = """
const ort = require('onnxruntime-node'), fs = require('fs');
const [model, input, dims] = process.argv.slice(1);
const bytes = fs.readFileSync(input);
const x = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
ort.InferenceSession.create(model, {logSeverityLevel: 3}).then(s =>
    s.run({x: new ort.Tensor('float32', x, JSON.parse(dims))})).then(r =>
    console.log(JSON.stringify(Array.from(r.output.data))));
"""


def run(*args):
    return subprocess.run([dnadna, *args], check=True, capture_output=True, text=True).stdout


def check_onnx(path, x, y):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert json.loads(model.metadata_props[0].value)["format_version"] == 1
    if runtime:
        x.astype("<f4").tofile("x.bin")
        out = subprocess.run(
            ["node", "-e", RUN, os.path.abspath(path), "x.bin", json.dumps(x.shape)],
            check=True, capture_output=True, text=True,
            env=dict(os.environ, NODE_PATH=runtime)).stdout
        difference = np.abs(np.array(json.loads(out)) - y.ravel()).max()
        print(f"{os.path.basename(path)}: onnxruntime differs by {difference:.1e}")
        assert difference <= 1e-5


os.chdir(tempfile.mkdtemp())
given = np.load(os.path.join(golden, "spidna.npz"))
for name in ("spidna_zip", "spidna_legacy", "spidna_p5"):
    old = torch.load(os.path.join(golden, name + ".pth"))["state_dict"]
    run("export", "-f", os.path.join(golden, name + ".pth"), "a.pth")
    new = torch.load("a.pth")
    assert isinstance(new["state_dict"], dict) and set(new["state_dict"]) == set(old)
    for key, tensor in old.items():
        assert torch.equal(tensor, new["state_dict"][key]), key
        assert tensor.dtype == new["state_dict"][key].dtype, key
    assert new["network"]["name"] == "SPIDNA"
    assert new["network"]["params"]["n_features"] == 3
    assert [list(p)[0] for p in new["learned_params"]] == ["a", "b"]
    assert new["train_std"] == {"a": 0.5, "b": 3}
    run("export", "-f", os.path.join(golden, name + ".pth"), "a.npz")
    arrays = np.load("a.npz")
    assert all((arrays[k] == t.numpy()).all() for k, t in old.items())
run("export", os.path.join(golden, "spidna_zip.pth"), "spidna.onnx")
check_onnx("spidna.onnx", given["x"], given["y"])
print("all equal")
