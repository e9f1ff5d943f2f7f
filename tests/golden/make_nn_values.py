"""Values of PyTorch's losses, optimisers and schedules as C tables for the unit tests (1.13).

    python3 tests/golden/make_nn_values.py loss > tests/unit/nn/loss_values.h
    python3 tests/golden/make_nn_values.py optim > tests/unit/nn/optim_values.h
    python3 tests/golden/make_nn_values.py schedule > tests/unit/nn/schedule_values.h
    clang-format -i tests/unit/nn/*_values.h
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
WEIGHTED = [
    ("Cross Entropy", nn.CrossEntropyLoss, [0.2, 1.0, 5.0]),
    ("Cross Entropy", nn.CrossEntropyLoss, [3.0, 0.0, 0.5]),
    ("NLL", nn.NLLLoss, [0.2, 1.0, 5.0]),
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
    print("\n/* The same rows as one batch, with weight=. */\n"
          "typedef struct {\n    const char *name;\n    double weights[3];\n    double loss;\n"
          "    double grad[4][3];\n} weighted_value;\n\n"
          "static const weighted_value weighted_values[] = {")
    for name, module, weights in WEIGHTED:
        x = torch.tensor(LOGITS, dtype=torch.float64, requires_grad=True)
        loss = module(weight=torch.tensor(weights, dtype=torch.float64))(x, torch.tensor(CLASSES))
        loss.backward()
        grad = ", ".join("{" + ", ".join(map(repr, row)) + "}" for row in x.grad.tolist())
        print(f'    {{"{name}", {{{", ".join(map(repr, weights))}}}, {loss.item()!r}, {{{grad}}}}},')
    print("};")


# each with its defaults in the order of the field table, and PyTorch's name of each slot
BETAS = (0.9, 0.999)
DEFAULTS = {
    "Adam": (dict(lr=1e-3, betas=BETAS, eps=1e-8, weight_decay=0.0, amsgrad=False),
             ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"]),
    "AdamW": (dict(lr=1e-3, betas=BETAS, eps=1e-8, weight_decay=0.01, amsgrad=False),
              ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"]),
    "Adamax": (dict(lr=2e-3, betas=BETAS, eps=1e-8, weight_decay=0.0), ["exp_avg", "exp_inf"]),
    "NAdam": (dict(lr=2e-3, betas=BETAS, eps=1e-8, weight_decay=0.0, momentum_decay=4e-3),
              ["exp_avg", "exp_avg_sq"]),
    "RAdam": (dict(lr=1e-3, betas=BETAS, eps=1e-8, weight_decay=0.0), ["exp_avg", "exp_avg_sq"]),
    "SGD": (dict(lr=0.0, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False),
            ["momentum_buffer"]),
    "Adagrad": (dict(lr=0.01, lr_decay=0.0, weight_decay=0.0, initial_accumulator_value=0.0,
                     eps=1e-10), ["sum"]),
    "Adadelta": (dict(lr=1.0, rho=0.9, eps=1e-6, weight_decay=0.0), ["square_avg", "acc_delta"]),
    "RMSprop": (dict(lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0,
                     centered=False), ["square_avg", "momentum_buffer", "grad_avg"]),
    "Rprop": (dict(lr=0.01, etas=(0.5, 1.2), step_sizes=(1e-6, 50.0)), ["prev", "step_size"]),
    "ASGD": (dict(lr=0.01, lambd=1e-4, alpha=0.75, t0=1e6, weight_decay=0.0), ["ax"]),
}
OPTIM = [
    ("Adam", {}),
    ("Adam", dict(lr=0.05, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1)),
    ("Adam", dict(lr=0.05, betas=(0.5, 0.6), amsgrad=True)),
    ("AdamW", {}),
    ("AdamW", dict(lr=0.1, weight_decay=0.5, betas=(0.5, 0.6), amsgrad=True)),
    ("Adamax", {}),
    ("Adamax", dict(lr=0.05, betas=(0.5, 0.7), eps=1e-2, weight_decay=0.1)),
    ("NAdam", {}),
    ("NAdam", dict(lr=0.05, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.1, momentum_decay=0.5)),
    ("RAdam", {}),
    ("RAdam", dict(lr=0.05, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1)),
    ("RAdam", dict(lr=0.02, betas=(0.5, 0.3))),
    ("SGD", dict(lr=0.1)),
    ("SGD", dict(lr=0.1, momentum=0.9, weight_decay=0.05)),
    ("SGD", dict(lr=0.1, momentum=0.9, dampening=0.3)),
    ("SGD", dict(lr=0.1, momentum=0.7, nesterov=True, weight_decay=0.01)),
    ("Adagrad", {}),
    ("Adagrad", dict(lr=0.1, lr_decay=0.2, weight_decay=0.1, eps=1e-3)),
    ("Adagrad", dict(lr=0.1, initial_accumulator_value=0.3)),
    ("Adadelta", {}),
    ("Adadelta", dict(lr=0.5, rho=0.6, eps=1e-2, weight_decay=0.1)),
    ("RMSprop", {}),
    ("RMSprop", dict(lr=0.02, alpha=0.9, weight_decay=0.1, eps=1e-4)),
    ("RMSprop", dict(lr=0.02, momentum=0.5)),
    ("RMSprop", dict(lr=0.02, centered=True, momentum=0.5, alpha=0.8)),
    ("Rprop", {}),
    ("Rprop", dict(lr=0.1, etas=(0.3, 1.5), step_sizes=(0.02, 0.15))),
    ("ASGD", {}),
    ("ASGD", dict(lr=0.1, lambd=0.1, alpha=0.5, t0=5.0, weight_decay=0.1)),
]
N_STEP = 20


def run_optim(name, params, is_falling):
    """The weights and the optimiser after N_STEP steps."""
    w = torch.tensor([1.0, -2.0, 0.5, 0.0], requires_grad=True)
    optim = getattr(torch.optim, name)([w], **params)
    group = optim.param_groups[0]
    lr = group["lr"]
    for k in range(1, N_STEP + 1):
        i = torch.arange(4, dtype=torch.float64)
        w.grad = (torch.sin(k + 2 * i) / (1 + k / 2)).float()
        group["lr"] = lr * (1 - k / 40) if is_falling else lr
        optim.step()
    return w, optim.state[w]


def numbers(values):
    return "{" + ", ".join(f"{v:.9g}" for v in values) + "}"


def make_optim():
    print("/* Settings in the order of the optimiser's field table, lists flattened. w, and the\n"
          " * state vectors in the order of our slots, after 20 steps from (1, -2, 0.5, 0); the\n"
          " * gradient of step k = 1 .. 20 at i is sin(k + 2 i) / (1 + k / 2), the learning\n"
          " * rate, if it falls, lr (1 - k / 40). */\n"
          "#define N_STEP 20\n\n"
          "typedef struct {\n    const char *name;\n    bool is_falling;\n    double setting[6];\n"
          "    double w[4];\n    double slots[3][4];\n"
          "} optim_value;\n\nstatic const optim_value optim_values[] = {")
    for name, params in OPTIM:
        defaults, slots = DEFAULTS[name]
        for is_falling in (False, True):
            w, state = run_optim(name, params, is_falling)
            flat = []
            for value in {**defaults, **params}.values():
                flat += list(value) if isinstance(value, tuple) else [float(value)]
            found = [state[s].tolist() if state.get(s) is not None else [0.0] * 4 for s in slots]
            print(f'    {{"{name}", {"true" if is_falling else "false"}, '
                  f'{{{", ".join(map(repr, flat))}}},\n'
                  f'        {numbers(w.tolist())},\n'
                  f'        {{{", ".join(map(numbers, found))}}}}},')
    print("};")


# name, class, settings in the order of the field table; 0 for a T_max of n_epochs
SCHEDULES = [
    ("step", "StepLR", dict(step_size=7, gamma=0.1)),
    ("step", "StepLR", dict(step_size=1, gamma=0.8)),
    ("exponential", "ExponentialLR", dict(gamma=0.9)),
    ("cosine", "CosineAnnealingLR", dict(T_max=24, eta_min=0.0)),
    ("cosine", "CosineAnnealingLR", dict(T_max=10, eta_min=0.02)),
    ("plateau", "ReduceLROnPlateau", dict(factor=0.5, patience=2, threshold=1e-4,
                                          threshold_mode="rel", cooldown=0, min_lr=0.0, eps=1e-8)),
    ("plateau", "ReduceLROnPlateau", dict(factor=0.5, patience=0, threshold=0.5,
                                          threshold_mode="abs", cooldown=3, min_lr=0.02, eps=1e-8)),
    ("plateau", "ReduceLROnPlateau", dict(factor=0.9, patience=1, threshold=0.1,
                                          threshold_mode="rel", cooldown=1, min_lr=0.0, eps=0.015)),
]
LOSSES = [5.0, 4.0, 4.2, 4.1, 3.9999, 4.0, 3.9, 2.0, 2.5, 2.4, 1.9, 1.8, 1.8, 1.8, 1.7, 1.9, 1.75,
          1.74, 1.0, 3.0, 3.0, 3.0, 3.0, 0.5, 0.6]
GRADIENTS = [[3.0, -4.0, 0.0, 12.0, 0.5], [0.1, -0.2, 0.0, 0.05, 0.02], [0.0] * 5]


def make_schedule():
    print("/* The learning rate of 25 epochs from 0.1; a plateau has seen the first k of the\n"
          " * losses at epoch k. */\n#define N_EPOCH 25\n\n"
          f"static const double schedule_losses[N_EPOCH] = {numbers(LOSSES)};\n\n"
          "typedef struct {\n    const char *name;\n    const char *setting; /* YAML */\n"
          "    double lr[N_EPOCH];\n} schedule_value;\n\n"
          "static const schedule_value schedule_values[] = {")
    for name, cls, params in SCHEDULES:
        optim = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
        schedule = getattr(torch.optim.lr_scheduler, cls)(optim, **params)
        rates = []
        for loss in LOSSES:
            rates.append(optim.param_groups[0]["lr"])
            optim.step()
            schedule.step(*([loss] if name == "plateau" else []))
        setting = ", ".join(f"{k}: {v}" for k, v in params.items())
        print(f'    {{"{name}", "{{{setting}}}",\n        {{{", ".join(map(repr, rates))}}}}},')
    print("};\n\n/* LinearLR(start_factor=1/8, total_iters=7) from 0.1, steps 1 to 12 */")
    optim = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    schedule = torch.optim.lr_scheduler.LinearLR(optim, start_factor=1 / 8, total_iters=7)
    rates = []
    for _ in range(12):
        rates.append(optim.param_groups[0]["lr"])
        optim.step()
        schedule.step()
    print(f"static const double warmup_values[12] = {{{', '.join(map(repr, rates))}}};")
    print("\n/* clip_grad_norm_ and clip_grad_value_ */\ntypedef struct {\n    double g[5], max, norm,\n"
          "        by_norm[5], by_value[5];\n} clip_value;\n\nstatic const clip_value clip_values[] = {")
    for g in GRADIENTS:
        for limit in (1.0, 0.25):
            w = torch.zeros(5, requires_grad=True)
            w.grad = torch.tensor(g)
            norm = nn.utils.clip_grad_norm_([w], limit).item()
            by_norm = w.grad.tolist()
            w.grad = torch.tensor(g)
            nn.utils.clip_grad_value_([w], limit)
            print(f"    {{{numbers(g)}, {limit}, {norm!r}, {numbers(by_norm)}, "
                  f"{numbers(w.grad.tolist())}}},")
    print("};")


def main():
    name = sys.argv[1]
    print(HEAD.format(name=name, version=torch.__version__.split("a")[0],
                      precision="float32" if name == "optim" else "double precision"))
    {"loss": make_loss, "optim": make_optim, "schedule": make_schedule}[name]()


if __name__ == "__main__":
    main()
