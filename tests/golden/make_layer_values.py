"""Values of PyTorch's norms and recurrent layers as C tables for the unit tests.

    /usr/bin/python3 tests/golden/make_layer_values.py > tests/unit/nn/layer_values.h

Input i is sin(1 + 0.7 i) (+ i / 10 for norms), element e of parameter p is
0.8 sin(1 + 0.7 p + 0.37 e), the gradient of output i is sin(1 + 1.7 i).
"""
import torch
from torch import nn

HEAD = """/* layer_values.h - what PyTorch {version} gives, in double precision.
 *
 * SPDX-License-Identifier: MIT
 *
 * Made by: python3 tests/golden/make_layer_values.py
 */

/* Names of the parameters in PyTorch's order; y, dx and the gradients of all parameters. */
typedef struct {{
    const char *name;
    const char *params[17];
    double y[48], dx[48], grads[256];
    int n_y, n_dx, n_grad;
}} layer_value;
"""


class Rnn(nn.Module):
    """All states, or the last one of the last layer."""

    def __init__(self, cls, final=False, **options):
        super().__init__()
        self.m = cls(batch_first=True, **options)
        self.final = final

    def forward(self, x):
        y, h = self.m(x)
        h = h[0] if isinstance(h, tuple) else h
        return torch.cat(list(h[-(2 if self.m.bidirectional else 1):]), 1) if self.final else y


CASES = [
    ("instance norm", nn.InstanceNorm2d(2, affine=True), (2, 2, 2, 3)),
    ("instance norm, no scale", nn.InstanceNorm1d(3, eps=1e-2), (2, 3, 4)),
    ("group norm", nn.GroupNorm(3, 6), (2, 6, 1, 3)),
    ("group norm, features", nn.GroupNorm(2, 6, eps=1e-3), (3, 6)),
    ("group norm, no scale", nn.GroupNorm(1, 4, affine=False), (2, 4, 3)),
    ("layer norm", nn.LayerNorm(4), (2, 3, 4)),
    ("layer norm, two dimensions", nn.LayerNorm([3, 2], eps=1e-2), (2, 2, 3, 2)),
    ("layer norm, no scale", nn.LayerNorm(5, elementwise_affine=False), (2, 5)),
    ("gru", Rnn(nn.GRU, input_size=3, hidden_size=3), (2, 4, 3)),
    ("gru, two layers, both directions", Rnn(nn.GRU, input_size=2, hidden_size=2, num_layers=2,
                                             bidirectional=True), (2, 3, 2)),
    ("gru, last state", Rnn(nn.GRU, input_size=2, hidden_size=3, bidirectional=True, bias=False,
                            final=True), (2, 4, 2)),
    ("lstm", Rnn(nn.LSTM, input_size=3, hidden_size=3), (2, 4, 3)),
    ("lstm, two layers, both directions", Rnn(nn.LSTM, input_size=2, hidden_size=2, num_layers=2,
                                              bidirectional=True), (2, 3, 2)),
    ("lstm, last state", Rnn(nn.LSTM, input_size=2, hidden_size=3, bidirectional=True, bias=False,
                             final=True), (2, 4, 2)),
]


def waves(n, offset, step):
    return torch.sin(offset + step * torch.arange(n, dtype=torch.float64))


def table(values):
    rows = [f"{v!r}" for v in values.flatten().tolist()] or ["0"]
    lines = ["            " + ", ".join(rows[i:i + 4]) for i in range(0, len(rows), 4)]
    return "{\n" + ",\n".join(lines) + "}"


def main():
    print(HEAD.format(version=torch.__version__.split("a")[0]))
    print("/* clang-format off */\nstatic const layer_value layer_values[] = {")
    for name, module, shape in CASES:
        module = module.double()
        params = list(module.named_parameters())
        for p, (_, w) in enumerate(params):
            w.data = 0.8 * waves(w.numel(), 1 + 0.7 * p, 0.37).reshape(w.shape)
        n = torch.Size(shape).numel()
        x = waves(n, 1, 0.7)
        if "norm" in name:
            x = x + torch.arange(n, dtype=torch.float64) / 10
        x = x.reshape(shape).requires_grad_()
        y = module(x)
        y.backward(waves(y.numel(), 1, 1.7).reshape(y.shape))
        grads = torch.cat([w.grad.flatten() for _, w in params]) if params else torch.zeros(0)
        names = ", ".join('"' + ("" if k.startswith("m.") else "m.") + k + '"' for k, _ in params)
        print(f'    {{"{name}", {{{names or "0"}}}, {table(y.detach())},\n        {table(x.grad)},'
              f'\n        {table(grads)},\n        {y.numel()}, {n}, {grads.numel()}}},')
    print("};\n/* clang-format on */")


if __name__ == "__main__":
    main()
