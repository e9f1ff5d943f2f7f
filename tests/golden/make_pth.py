"""Files of tests/golden/pth: small networks as PyTorch saves them, and files that it would
be unwise to unpickle. Needs Debian's python3-torch (1.13).

    python3 tests/golden/make_pth.py tests/golden/pth

The networks are those of docs/networks.md, their numbers the check values of section 9;
y is what PyTorch says to x.
"""
import collections
import math
import os
import pickle
import sys
import types
import zipfile

import numpy as np
import torch

torch.set_num_threads(1)


class Block(torch.nn.Module):
    def __init__(self, f, o):
        super().__init__()
        self.phi = torch.nn.Conv2d(2 * f, f, (1, 3))
        self.phi_bn = torch.nn.BatchNorm2d(2 * f)
        self.fc = torch.nn.Linear(o, o)

    def forward(self, x, o):
        phi = self.phi(self.phi_bn(x))
        psi = phi.mean(2, keepdim=True)
        s = self.fc(psi[:, :o].mean(3).flatten(1))
        x = torch.cat((phi, psi.expand_as(phi)), 1)
        return s, torch.relu(torch.nn.functional.max_pool2d(x, (1, 2)))


class Spidna(torch.nn.Module):
    def __init__(self, n_blocks, f, o):
        super().__init__()
        self.o = o
        self.conv_pos = torch.nn.Conv2d(1, f, (1, 3))
        self.conv_pos_bn = torch.nn.BatchNorm2d(f)
        self.conv_snp = torch.nn.Conv2d(1, f, (1, 3))
        self.conv_snp_bn = torch.nn.BatchNorm2d(f)
        self.blocks = torch.nn.ModuleList([Block(f, o) for _ in range(n_blocks)])

    def forward(self, x):
        pos = torch.relu(self.conv_pos_bn(self.conv_pos(x[:, :1].unsqueeze(1))))
        snp = torch.relu(self.conv_snp_bn(self.conv_snp(x[:, 1:].unsqueeze(1))))
        x = torch.cat((pos.expand_as(snp), snp), 1)
        y = 0
        for block in self.blocks:
            s, x = block(x, self.o)
            y = y + s
        return y


def fill(net):
    for p, (name, w) in enumerate(net.named_parameters()):
        module = net.get_submodule(name.rsplit(".", 1)[0])
        s = torch.sin(1 + 0.7 * p + 0.37 * torch.arange(w.numel(), dtype=torch.float64))
        if isinstance(module, torch.nn.BatchNorm2d):
            v = (1.0 if name.endswith("weight") else 0.0) + 0.2 * s
        else:
            v = s / math.sqrt(module.weight[0].numel())
        w.data = v.reshape(w.shape).float()
    for name, b in net.named_buffers():
        if name.endswith("running_mean"):
            b += 0.01 * torch.arange(b.numel())
        elif name.endswith("running_var"):
            b *= 1 + 0.1 * torch.arange(b.numel())
        else:
            b += 2 ** 33 + 5
    return net.eval()


def samples():
    x = np.zeros((2, 5, 20), np.float32)
    i, j = np.arange(4)[:, None], np.arange(20)
    for b in range(2):
        x[b, 0] = (j + 1) / (21 + b)
        x[b, 1:] = (7 * i * i + 3 * j * j + i * j + 5 * b) % 11 < 4
    return x


def config_module():
    """The class names of the original's configurations."""
    module = types.ModuleType("dnadna.utils.config")
    for name, base in (("DeepChainMap", collections.ChainMap), ("Config", None)):
        base = base or module.DeepChainMap
        setattr(module, name, type(name, (base,), {"__module__": module.__name__}))
    for name in ("dnadna", "dnadna.utils", "dnadna.utils.config"):
        sys.modules[name] = module
    return module


class Hostile:
    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


def main(folder):
    net = fill(Spidna(2, 3, 2))
    x = samples()
    y = net(torch.from_numpy(x)).detach().numpy()
    np.savez(os.path.join(folder, "spidna.npz"), x=x, y=y)
    config = config_module()
    flat = {
        "network": {"name": "SPIDNA", "params": {"n_blocks": 2, "n_features": 3}},
        "state_dict": net.state_dict(),
        "learned_params": {
            "a": {"type": "regression", "log_transform": True, "n_params": None},
            "b": {"type": "regression", "loss_weight": 1},
        },
        "train_mean": {"a": np.float64(2.5), "b": torch.tensor(-1.0)},
        "train_std": {"a": np.float32(0.5), "b": 3},
        "dataset_transforms": [
            {"crop": {"max_snp": 20, "max_indiv": 4, "keep_polymorphic_only": False}},
            {"snp_format": {"format": "concat"}},
        ],
        "preprocessing": {"min_snp": 12, "min_indiv": 2, "seed": 7, "n_workers": 1},
        "model_datetime": "2022-03-01T12:00:00+00:00",
        "dnadna_version": "1.0.0rc1",
        "step": 40,
        "sizes": (torch.Size([3, 4]), {1, 2}, b"\x00\xff", torch.float32),
        "note": "\u00e9t\u00e9",
        "huge": 1 << 70,
    }

    def save(name, what, **options):
        torch.save(what, os.path.join(folder, name), **options)

    save("spidna_zip.pth", flat)
    save("spidna_legacy.pth", flat, _use_new_zipfile_serialization=False)
    for protocol in (1, 4, 5):
        save(f"spidna_p{protocol}.pth", flat, pickle_protocol=protocol)
    chain = dict(flat)
    chain["train_std"] = config.Config({"a": 0.5}, {"a": 9.0, "b": 3})
    chain["learned_params"] = [{"a": flat["learned_params"]["a"]},
                               {"b": config.Config({}, flat["learned_params"]["b"])}]
    chain["network"] = config.Config({"params": {"n_blocks": 2}},
                                     {"name": "SPIDNA", "params": {"n_features": 3}})
    save("spidna_config.pth", chain)
    save("spidna_config_p1.pth", chain, pickle_protocol=1)
    rest = {k: v for k, v in flat.items() if k != "state_dict"}
    rest["dataset"] = {"data_source": {"position_format": {"normalized": True}}}
    save("spidna_nested.pth", {"state_dict": net.state_dict(), "config": rest})
    double = dict(flat)
    double["state_dict"] = collections.OrderedDict(
        ("module." + k, v.double() if v.is_floating_point() else v)
        for k, v in net.state_dict().items() if not k.endswith("tracked"))
    save("spidna_parallel_f64.pth", double)

    a = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
    save("views.pth", {"t": a.transpose(0, 2), "s": a[1, 1:, ::2], "w": torch.nn.Parameter(a[0]),
                       "h": a[0].half(), "b": a[0].bfloat16(), "i": a[0].to(torch.int16),
                       "n": a[0] > 4, "z": torch.tensor(3), "e": torch.zeros(0, 3), "x": 5})
    save("views_legacy.pth", {"t": a.transpose(0, 2), "s": a[1, 1:, ::2]},
         _use_new_zipfile_serialization=False)

    hostile = {
        "system": Hostile(os.system, "touch dna_was_here"),
        "eval": Hostile(eval, "__import__('os').system('touch dna_was_here')"),
        "getattr": Hostile(getattr, "text", "__class__"),
        "module": torch.nn.Linear(2, 2),
    }
    for name, what in hostile.items():
        save(f"hostile_{name}.pth", dict(flat, state_dict={}, x=what))
    save("hostile_legacy.pth", dict(flat, state_dict={}, x=hostile["system"]),
         _use_new_zipfile_serialization=False)
    texts = {
        "global": b"cos\nsystem\n(S'touch dna_was_here'\ntR.",
        "inst": b"(S'touch dna_was_here'\nios\nsystem\n.",
        "stack_global": pickle.dumps(hostile["system"], 4),
    }
    for name, what in texts.items():
        with open(os.path.join(folder, f"hostile_{name}.pkl"), "wb") as f:
            f.write(what)


main(sys.argv[1])
