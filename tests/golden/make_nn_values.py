"""Values of PyTorch's losses and optimisers as C tables for the unit tests.

    python3 tests/golden/make_nn_values.py loss > tests/unit/nn/loss_values.h
    python3 tests/golden/make_nn_values.py optim > tests/unit/nn/optim_values.h
"""
import sys

import torch
from torch import nn

HEAD = """/* {name}_values.h - what PyTorch {version} gives, in {precision}.
 *
 * SPDX-License-Identifier: MIT
 *
 * Made by: python3 tests/golden/make_nn_values.py {name}
 */
"""


class MCE(nn.Module):
    """Distance on a circle of length 1."""

    def forward(self, o, t):
        return torch.min((o - t).remainder(1), (t - o).remainder(1)).mean()


# name, module, outputs, targets; one row of the table per pair
ANY = ([-2.5, -1.0, -0.3, 0.0, 0.4, 1.0, 1.75, 3.0, 0.2, -40.0],
       [0.5, 0.0, -0.7, 0.0, 2.0, 0.0, 1.5, -1.0, 0.95, 12.0])
UNIT = ([0.0, 0.25, 0.5, 0.999, 1.0, 1.0, 0.0, 1e-14], [0.0, 1.0, 0.3, 0.0, 1.0, 0.0, 1.0, 1.0])
SIGNS = ([-2.0, 0.5, 1.0, 1.0, 3.0, -80.0, 0.25], [1.0, -1.0, -1.0, 1.0, -1.0, 1.0, 1.0])
PROBS = ([-0.5, -2.0, -1.0, -0.1], [0.2, 0.0, 1.0, 0.7])
REGRESSION = [
    ("MSE", nn.MSELoss(), *ANY),
    ("L1", nn.L1Loss(), *ANY),
    ("Smooth L1", nn.SmoothL1Loss(), *ANY),
    ("Huber", nn.HuberLoss(), *ANY),
    ("MCE", MCE(), *ANY),
    ("Poisson NLL", nn.PoissonNLLLoss(), *ANY),
    ("KL Div", nn.KLDivLoss(), *PROBS),
    ("BCE With Logits", nn.BCEWithLogitsLoss(), ANY[0] + [100.0], [abs(t) % 1 for t in ANY[1]] + [1.0]),
    ("BCE", nn.BCELoss(), *UNIT),
    ("Soft Margin", nn.SoftMarginLoss(), *SIGNS),
    ("Hinge Embedding", nn.HingeEmbeddingLoss(), *SIGNS),
]
LOGITS = [[0.1, -2.0, 1.5], [3.0, 3.0, 3.0], [-1000.0, 0.0, 1000.0], [0.0, 1.0, 2.0]]
CLASSES = [2, 1, 0, 2]
CLASSIFICATION = [
    ("Cross Entropy", nn.CrossEntropyLoss()),
    ("NLL", nn.NLLLoss()),
    ("Multi Margin", nn.MultiMarginLoss()),
]


def make_loss():
    print("typedef struct {\n    const char *name;\n    double o, t, loss, grad;\n} regression_value;")
    print("\nstatic const regression_value regression_values[] = {")
    for name, module, outputs, targets in REGRESSION:
        for o, t in zip(outputs, targets):
            x = torch.tensor([o], dtype=torch.float64, requires_grad=True)
            loss = module(x, torch.tensor([t], dtype=torch.float64))
            loss.backward()
            print(f'    {{"{name}", {o!r}, {t!r}, {loss.item()!r}, {x.grad.item()!r}}},')
    print("};\n\ntypedef struct {\n    const char *name;\n    double o[3], t, loss, grad[3];\n"
          "} class_value;\n\nstatic const class_value class_values[] = {")
    for name, module in CLASSIFICATION:
        for row, t in zip(LOGITS, CLASSES):
            x = torch.tensor([row], dtype=torch.float64, requires_grad=True)
            loss = module(x, torch.tensor([t]))
            loss.backward()
            o = ", ".join(map(repr, row))
            g = ", ".join(map(repr, x.grad[0].tolist()))
            print(f'    {{"{name}", {{{o}}}, {t}, {loss.item()!r}, {{{g}}}}},')
    print("};\n\n/* Cross entropy of the four rows above as one batch. */")
    x = torch.tensor(LOGITS, dtype=torch.float64)
    print(f"static const double cross_entropy_mean = {nn.CrossEntropyLoss()(x, torch.tensor(CLASSES)).item()!r};")


OPTIM = [
    ("Adam", torch.optim.Adam, {}),
    ("Adam", torch.optim.Adam, dict(lr=0.05, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1)),
    ("Adam", torch.optim.Adam, dict(lr=0.05, betas=(0.5, 0.6), amsgrad=True)),
    ("AdamW", torch.optim.AdamW, {}),
    ("AdamW", torch.optim.AdamW, dict(lr=0.1, weight_decay=0.5, betas=(0.5, 0.6), amsgrad=True)),
    ("SGD", torch.optim.SGD, dict(lr=0.1)),
    ("SGD", torch.optim.SGD, dict(lr=0.1, momentum=0.9, weight_decay=0.05)),
    ("SGD", torch.optim.SGD, dict(lr=0.1, momentum=0.9, dampening=0.3)),
    ("SGD", torch.optim.SGD, dict(lr=0.1, momentum=0.7, nesterov=True, weight_decay=0.01)),
    ("RMSprop", torch.optim.RMSprop, {}),
    ("RMSprop", torch.optim.RMSprop, dict(lr=0.02, alpha=0.9, weight_decay=0.1, eps=1e-4)),
    ("RMSprop", torch.optim.RMSprop, dict(lr=0.02, momentum=0.5)),
    ("RMSprop", torch.optim.RMSprop, dict(lr=0.02, centered=True, momentum=0.5, alpha=0.8)),
]
DEFAULTS = {
    "Adam": dict(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False),
    "AdamW": dict(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, amsgrad=False),
    "SGD": dict(lr=0.0, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False),
    "RMSprop": dict(lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0, centered=False),
}
N_STEP = 6


def make_optim():
    print("/* Settings in the order of the optimiser's field table, betas flattened. w after 6\n"
          " * steps from (1, -2, 0.5, 0), gradient of step k = 1 .. 6 at i: sin(k + 2 i) /\n"
          " * (1 + k / 2). */\n"
          "typedef struct {\n    const char *name;\n    double setting[6];\n    double w[4];\n"
          "} optim_value;\n\nstatic const optim_value optim_values[] = {")
    for name, cls, params in OPTIM:
        w = torch.tensor([1.0, -2.0, 0.5, 0.0], requires_grad=True)
        optim = cls([w], **params)
        for k in range(1, N_STEP + 1):
            i = torch.arange(4, dtype=torch.float64)
            w.grad = (torch.sin(k + 2 * i) / (1 + k / 2)).float()
            optim.step()
        flat = []
        for value in {**DEFAULTS[name], **params}.values():
            flat += list(value) if isinstance(value, tuple) else [float(value)]
        settings = ", ".join(f"{v!r}" for v in flat)
        result = ", ".join(f"{v:.9g}" for v in w.tolist())
        print(f'    {{"{name}", {{{settings}}}, {{{result}}}}},')
    print("};")


def main():
    name = sys.argv[1]
    print(HEAD.format(name=name, version=torch.__version__.split("a")[0],
                      precision="double precision" if name == "loss" else "float32"))
    {"loss": make_loss, "optim": make_optim}[name]()


if __name__ == "__main__":
    main()
