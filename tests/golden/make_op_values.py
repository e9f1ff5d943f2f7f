"""Values and gradients of PyTorch's layers as C tables for the unit tests.

    python3 tests/golden/make_op_values.py | clang-format > tests/unit/nn/op_values.h
"""
import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)

EDGES = torch.tensor([-100.0, -20.5, -5.0, -1.0, -0.3, -1e-4, 0.0, 1e-4, 0.3, 1.0, 5.0, 19.9, 20.1, 100.0])


def wave(*shape):
    n = torch.Size(shape).numel()
    return (2 * torch.sin(1 + 0.9 * torch.arange(n))).reshape(shape)


def steps(*shape):
    """Many equal values."""
    return torch.round(wave(*shape))


# name in test_op_values.c, function, input
CASES = [
    ("relu", nn.ReLU(), EDGES.reshape(2, 7)),
    ("leaky_relu", nn.LeakyReLU(), EDGES.reshape(2, 7)),
    ("leaky_relu_negative", nn.LeakyReLU(-0.3), EDGES.reshape(2, 7)),
    ("elu", nn.ELU(), EDGES.reshape(2, 7)),
    ("elu_alpha", nn.ELU(-0.7), EDGES.reshape(2, 7)),
    ("gelu", nn.GELU(), EDGES.reshape(2, 7)),
    ("sigmoid", nn.Sigmoid(), EDGES.reshape(2, 7)),
    ("softplus", nn.Softplus(), EDGES.reshape(2, 7)),
    ("softplus_beta", nn.Softplus(2.5, 4.0), EDGES.reshape(2, 7)),
    ("tanh", nn.Tanh(), EDGES.reshape(2, 7)),
    ("conv2d", nn.Conv2d(2, 3, (2, 3), stride=(2, 1), padding=(3, 2), dilation=(4, 2)), wave(2, 2, 5, 4)),
    ("conv2d_dilated", nn.Conv2d(1, 2, (3, 2), dilation=(1, 3), bias=False), wave(2, 1, 4, 5)),
    ("conv1d", nn.Conv1d(2, 3, 3, stride=2, padding=3, dilation=2), wave(2, 2, 7)),
    ("conv1d_plain", nn.Conv1d(3, 1, 2, bias=False), wave(1, 3, 4)),
    ("max_pool2d", nn.MaxPool2d((3, 2), stride=(1, 2), padding=(1, 1)), steps(1, 2, 4, 5)),
    ("avg_pool2d", nn.AvgPool2d((3, 2), stride=(2, 1), padding=(1, 1)), wave(1, 2, 4, 5)),
    ("avg_pool2d_exclude", nn.AvgPool2d((2, 3), stride=(1, 2), padding=(1, 1), count_include_pad=False),
     wave(1, 2, 4, 5)),
    ("max_pool1d", nn.MaxPool1d(3, stride=2, padding=1), steps(2, 2, 6)),
    ("avg_pool1d", nn.AvgPool1d(4, stride=3, padding=2), wave(2, 2, 7)),
    ("avg_pool1d_exclude", nn.AvgPool1d(2, padding=1, count_include_pad=False), wave(2, 2, 6)),
    ("mean", lambda x: x.mean(2), wave(2, 2, 3, 2)),
    ("sum", lambda x: x.sum(2), wave(2, 2, 3, 2)),
    ("max", lambda x: x.max(1).values, steps(2, 5, 3, 2)),
    ("max_last", lambda x: x.max(3).values, steps(2, 3, 2, 5)),
    ("softmax", nn.Softmax(1), wave(2, 4, 2, 3)),
    ("softmax_last", nn.Softmax(2), torch.cat([300 * wave(1, 2, 5), wave(1, 2, 5)])),
    ("slice", lambda x: x[:, :, 1:3], wave(2, 2, 4, 3)),
    ("transpose", lambda x: x.permute(0, 3, 1, 2), wave(2, 2, 3, 4)),
]


def row(name, what, values):
    text = ", ".join(map(repr, values))
    print(f"static const double {name}_{what}[] = {{{text or 0}}};")


def main():
    print(f"""/* op_values.h - what PyTorch {torch.__version__.split('+')[0]} gives, in double precision.
 *
 * SPDX-License-Identifier: MIT
 *
 * Made by: python3 tests/golden/make_op_values.py | clang-format
 *
 * Entry i of parameter p (weight, bias) is sin(0.5 + p + 0.7 i), gradient of output i
 * cos(0.3 + 1.1 i). The first extent of dim is the batch.
 */

typedef struct {{
    const char *name;
    int n_dim;
    int64_t dim[4];
    int64_t n_out, n_param;
    const double *x, *y, *dx, *dw;
}} op_value;
""")
    rows = []
    for name, function, x in CASES:
        params = list(function.parameters()) if isinstance(function, nn.Module) else []
        with torch.no_grad():
            for p, w in enumerate(params):
                w.copy_(torch.sin(0.5 + p + 0.7 * torch.arange(w.numel())).reshape(w.shape))
        x = x.clone().requires_grad_()
        y = function(x)
        y.backward(torch.cos(0.3 + 1.1 * torch.arange(y.numel())).reshape(y.shape))
        dw = [v for w in params for v in w.grad.flatten().tolist()]
        row(name, "x", x.detach().flatten().tolist())
        row(name, "y", y.detach().flatten().tolist())
        row(name, "dx", x.grad.flatten().tolist())
        row(name, "dw", dw)
        dim = ", ".join(map(str, x.shape))
        rows.append(f'    {{"{name}", {x.dim()}, {{{dim}}}, {y.numel()}, {len(dw)}, '
                    f"{name}_x, {name}_y, {name}_dx, {name}_dw}},")
    print("\nstatic const op_value op_values[] = {")
    print("\n".join(rows))
    print("};")


if __name__ == "__main__":
    main()
