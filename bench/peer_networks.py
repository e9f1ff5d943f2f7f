#!/usr/bin/python3
"""The networks of networks.c in PyTorch, as a fair peer: python3-torch of Debian, CPU.

    peer_networks.py lines|residual|image BATCH THREADS [SECONDS]

Who calls it keeps PyTorch's memory mapped (MALLOC_MMAP_MAX_=0), which alone makes it about
twice as fast. One line, as bench_networks prints it."""
import os
import resource
import sys
import time

NET, BATCH, THREADS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
SECONDS = float(sys.argv[4]) if len(sys.argv) > 4 else 1.0
WINDOWS = 5
os.environ["OMP_NUM_THREADS"] = str(THREADS)
import torch  # noqa: E402  (after the number of threads is set)
from torch import nn  # noqa: E402
import torch.nn.functional as F  # noqa: E402

ROWS, SNPS, OUTPUTS = 50, 400, 5


def lines():
    return nn.Sequential(
        nn.Conv1d(ROWS, 128, 2), nn.ReLU(), nn.Conv1d(128, 128, 2), nn.ReLU(), nn.AvgPool1d(2),
        nn.Conv1d(128, 128, 2), nn.ReLU(), nn.AvgPool1d(2),
        nn.Flatten(), nn.Linear(128 * 99, 64), nn.ReLU(), nn.Linear(64, OUTPUTS))


def normed(channels, out, kernel, stride=1):
    return nn.Sequential(nn.Conv1d(channels, out, kernel, stride, kernel // 2, bias=False),
                         nn.BatchNorm1d(out))


class Block(nn.Module):
    def __init__(self, channels, out, stride):
        super().__init__()
        self.a = normed(channels, out, 3, stride)
        self.b = normed(out, out, 3)
        self.c = normed(channels, out, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, x):
        return F.relu(self.c(x) + self.b(F.relu(self.a(x))))


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(normed(ROWS, 64, 7), nn.ReLU(), nn.MaxPool1d(2))
        self.blocks = nn.Sequential(Block(64, 64, 1), Block(64, 128, 2), Block(128, 128, 2))
        self.fc = nn.Linear(128, OUTPUTS)

    def forward(self, x):
        return self.fc(self.blocks(self.stem(x)).mean(2))


class Image(nn.Module):
    def __init__(self):
        super().__init__()
        layers, channels = [], 1
        for i in range(3):
            kernel, out = 5 if i == 0 else 3, 16 << i
            layers += [nn.Conv2d(channels, out, kernel, padding=kernel // 2), nn.ReLU(),
                       nn.BatchNorm2d(out), nn.MaxPool2d(2)]
            channels = out
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 6 * 50, OUTPUTS))

    def forward(self, x):
        return self.layers(x.unsqueeze(1))


torch.set_num_threads(THREADS)
torch.manual_seed(1)
net = {"lines": lines, "residual": Residual, "image": Image}[NET]()
x = (torch.rand(BATCH, ROWS, SNPS) < 0.3).float()
y = torch.randn(BATCH, OUTPUTS)
adam = torch.optim.Adam(net.parameters(), lr=1e-3)


def step():
    loss = F.mse_loss(net(x), y)
    adam.zero_grad()
    loss.backward()
    adam.step()


for _ in range(2):
    step()
rates = []
for _ in range(WINDOWS):
    n, start = 0, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        step()
        n += BATCH
    rates.append(n / (time.perf_counter() - start))
rates.sort()
rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
params = sum(p.numel() for p in net.parameters())
print(f"engine=torch-{torch.__version__} net={NET} params={params} rss_mib={rss} "
      f"spread={rates[0]:.1f}..{rates[-1]:.1f} samples_per_s={rates[WINDOWS // 2]:.1f}")
