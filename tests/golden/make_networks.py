"""Golden values of the built-in networks, computed with PyTorch in double precision.

Run by hand with an old and independent stack, never from our own output:

    python3 tests/golden/make_networks.py tests/golden/networks/networks.npz

The networks are written here from their description in docs/networks.md. Parameters,
inputs and output gradients are closed formulas, so that only results need to be stored:

* tensor p of the learned ones (registration order), element e: s = sin(1 + 0.7 p + 0.37 e);
  value s / sqrt(fan_in) for linear and convolution layers, 1 + 0.2 s for batch norm
  scales, 0.2 s for shifts; running mean 0, variance 1
* sample b, site j, individual i: position (j + 1) / (S + 1 + b); SNP 1 if
  (7 i^2 + 3 j^2 + i j + 5 b) mod 11 < 4, else 0
* gradient of output [b, o] (training mode): sin(2 + b + 3 o)

Per case: <case>:eval and <case>:train [2, O]; <case>:grad [tensors], the sum over e of
gradient[e] sin(0.5 + 0.11 e) of each learned tensor; <case>:running [2 * batch norms],
the same sum over each running mean and variance after one training forward.
"""
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


class MLP(nn.Module):
    def __init__(self, rows, n_snp, n_outputs):
        super().__init__()
        self.fc1 = nn.Linear(rows * n_snp, 100)
        self.fc2 = nn.Linear(100, 50)
        self.fc3 = nn.Linear(50, 5)
        self.fc4 = nn.Linear(5, n_outputs)

    def forward(self, x):
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc4(F.relu(self.fc3(F.relu(self.fc2(x)))))


class CNN(nn.Module):
    def __init__(self, n_outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 5, 3, stride=2, bias=False)
        self.bn1 = nn.BatchNorm2d(5)
        self.conv2 = nn.Conv2d(5, 10, 3, stride=2, bias=False)
        self.fc1 = nn.Linear(480, 10)
        self.fc2 = nn.Linear(10, 5)
        self.fc3 = nn.Linear(5, n_outputs)

    def forward(self, x):
        x = self.bn1(F.max_pool2d(F.relu(self.conv1(x[:, None])), 2))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


class Block(nn.Module):
    def __init__(self, n_features, n_outputs):
        super().__init__()
        self.phi = nn.Conv2d(2 * n_features, n_features, (1, 3))
        self.phi_bn = nn.BatchNorm2d(2 * n_features)
        self.fc = nn.Linear(n_outputs, n_outputs)
        self.n_outputs = n_outputs

    def forward(self, x, output):
        x = self.phi(self.phi_bn(x))
        psi = x.mean(2, keepdim=True)
        output = output + self.fc(psi[:, : self.n_outputs, 0].mean(2))
        x = torch.cat([x, psi.expand(-1, -1, x.shape[2], -1)], 1)
        return F.relu(F.max_pool2d(x, (1, 2))), output


class SPIDNA(nn.Module):
    def __init__(self, n_blocks, n_features, n_outputs):
        super().__init__()
        self.n_outputs = n_outputs
        self.conv_pos = nn.Conv2d(1, n_features, (1, 3))
        self.conv_pos_bn = nn.BatchNorm2d(n_features)
        self.conv_snp = nn.Conv2d(1, n_features, (1, 3))
        self.conv_snp_bn = nn.BatchNorm2d(n_features)
        self.blocks = nn.ModuleList(
            [Block(n_features, n_outputs) for _ in range(n_blocks)])

    def forward(self, x):
        pos = F.relu(self.conv_pos_bn(self.conv_pos(x[:, None, :1])))
        snp = F.relu(self.conv_snp_bn(self.conv_snp(x[:, None, 1:])))
        x = torch.cat([pos.expand(-1, -1, snp.shape[2], -1), snp], 1)
        output = torch.zeros(len(x), self.n_outputs, dtype=x.dtype)
        for block in self.blocks:
            x, output = block(x, output)
        return output


class CustomCNN(nn.Module):
    FILTERS = [(2, 2), (5, 4), (3, 8), (2, 10), (20, 1)]

    def __init__(self, n_snp, n_indiv, n_outputs, corrected=False):
        super().__init__()
        self.n_indiv = n_indiv
        cut = n_indiv if corrected else 20
        self.heights = [5 + 20 * (cut - h + 1) for h, w in self.FILTERS]
        for name in ("conv1", "batch_norm1", "conv2", "batch_norm2", "conv3", "batch_norm3"):
            setattr(self, name, nn.ModuleList())
        for (h, w), height in zip(self.FILTERS, self.heights):
            self.conv1.append(nn.Conv1d(1, 5, w))
            self.batch_norm1.append(nn.BatchNorm1d(5))
            self.conv2.append(nn.Conv2d(1, 20, (h, w)))
            self.batch_norm2.append(nn.BatchNorm2d(20))
            self.conv3.append(nn.Conv2d(1, 50, (height, 1)))
            self.batch_norm3.append(nn.BatchNorm2d(50))
        self.conv4 = nn.Conv2d(1, 50, (250, 1))
        self.batch_norm4 = nn.BatchNorm2d(50)
        for i in range(5, 9):
            setattr(self, f"conv{i}", nn.Conv2d(1, 50, (50, 3), stride=3))
            setattr(self, f"batch_norm{i}", nn.BatchNorm2d(50))
        self.fc1 = nn.Linear(50 * ((n_snp - 9) // 81), 50)
        self.batch_norm9 = nn.BatchNorm1d(50)
        self.fc2 = nn.Linear(50, n_outputs)

    def forward(self, x):
        pos, snp = x[:, :1], x[:, None, 1 : self.n_indiv + 1]
        stack = None
        for f in range(5):
            a = F.relu(self.batch_norm1[f](self.conv1[f](pos)))
            b = F.relu(self.batch_norm2[f](self.conv2[f](snp)))
            new = torch.cat([a, b.flatten(1, 2)], 1)
            if stack is None:
                stack = new
                continue
            width = min(stack.shape[2], new.shape[2])
            pair = []
            for one in (stack, new):
                left = (one.shape[2] - width) // 2
                pair.append(one[:, :, left : left + width])
            stack = torch.cat(pair, 1)
        parts, start = [], 0
        for f, height in enumerate(self.heights):
            rows = stack[:, None, start : start + height]
            parts.append(F.relu(self.batch_norm3[f](self.conv3[f](rows)))[:, :, 0])
            start += height
        x = torch.cat(parts, 1)[:, None]
        for i in range(4, 9):
            x = getattr(self, f"batch_norm{i}")(getattr(self, f"conv{i}")(x))
            x = F.relu(x).transpose(1, 2)
        x = F.relu(self.batch_norm9(self.fc1(x.flatten(1))))
        return self.fc2(x)


def fill(net):
    p = 0
    with torch.no_grad():
        for module in modules(net):
            for name, tensor in module.named_parameters(recurse=False):
                e = torch.arange(tensor.numel(), dtype=torch.float64)
                s = torch.sin(1 + 0.7 * p + 0.37 * e).reshape(tensor.shape)
                if "BatchNorm" in type(module).__name__:
                    s = 1 + 0.2 * s if name == "weight" else 0.2 * s
                else:
                    s = s / np.sqrt(module.weight[0].numel())
                tensor.copy_(s)
                p += 1


def modules(net):
    """Layers in registration order."""
    return [m for m in net.modules() if hasattr(m, "weight")]


def inputs(n_indiv, n_snp, concat):
    b, i, j = np.ogrid[:2, :n_indiv, :n_snp]
    snp = ((7 * i * i + 3 * j * j + i * j + 5 * b) % 11 < 4).astype(float)
    pos = (j + 1) / (n_snp + 1 + b)
    return torch.tensor(np.concatenate([pos, snp], 1) if concat else snp)


def digest(x):
    x = x.detach().double().numpy().ravel()
    return float(x @ np.sin(0.5 + 0.11 * np.arange(x.size)))


def run(out, case, net, x):
    net = net.double()
    fill(net)
    net.eval()
    out[case + ":eval"] = net(x).detach().numpy()
    net.train()
    y = net(x)
    out[case + ":train"] = y.detach().numpy()
    b, o = np.ogrid[:2, : y.shape[1]]
    y.backward(torch.tensor(np.sin(2.0 + b + 3.0 * o)))
    grads, running = [], []
    for module in modules(net):
        for _, tensor in module.named_parameters(recurse=False):
            grads.append(digest(tensor.grad))
        for _, tensor in module.named_buffers(recurse=False):
            if tensor.numel() > 1 or tensor.dtype == torch.float64:
                running.append(digest(tensor))
    out[case + ":grad"] = np.array(grads)
    out[case + ":running"] = np.array(running)
    print(case, out[case + ":eval"].round(6).tolist(), out[case + ":train"].round(6).tolist())


def main():
    out = {}
    run(out, "spidna_small", SPIDNA(2, 3, 2), inputs(4, 20, True))
    run(out, "spidna_odd", SPIDNA(3, 5, 4), inputs(7, 53, True))
    run(out, "spidna_one", SPIDNA(1, 2, 1), inputs(1, 6, True))
    run(out, "spidna", SPIDNA(7, 50, 3), inputs(50, 400, True))
    run(out, "cnn", CNN(3), inputs(50, 400, True))
    run(out, "cnn_product", CNN(2), inputs(38, 391, False))
    run(out, "mlp", MLP(5, 20, 3), inputs(4, 20, True))
    run(out, "mlp_product", MLP(4, 20, 2), inputs(4, 20, False))
    run(out, "custom_20", CustomCNN(90, 20, 3), inputs(20, 90, True))
    run(out, "custom_25", CustomCNN(90, 25, 3), inputs(25, 90, True))
    run(out, "custom_25_corrected", CustomCNN(90, 25, 3, True), inputs(25, 90, True))
    run(out, "custom_fewer", CustomCNN(172, 21, 2), inputs(24, 172, True))
    np.savez_compressed(sys.argv[1], **out)


if __name__ == "__main__":
    main()
