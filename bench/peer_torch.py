#!/usr/bin/python3
"""The same work in PyTorch, as a fair peer: python3-torch of Debian, CPU.

    peer_torch.py NET BATCH THREADS train|predict [SECONDS [WINDOWS [PRECISION [FOLDER]]]]

NET is SPIDNA, CNN, MLP or CustomCNN; PRECISION f32 or bf16 (autocast). Batches are in memory, or
come from the npz files below FOLDER through a DataLoader with 0, 1 or 2 workers, whichever is the
fastest. Who calls it keeps PyTorch's memory mapped (MALLOC_MMAP_MAX_=0), which alone makes it
about twice as fast. It prints one line; `dnadna bench` has this script built in."""
import glob
import multiprocessing
import os
import resource
import sys
import time

NET, BATCH, THREADS, MODE = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
SECONDS = float(sys.argv[5]) if len(sys.argv) > 5 else 2.0
WINDOWS = int(sys.argv[6]) if len(sys.argv) > 6 else 5
BF16 = len(sys.argv) > 7 and sys.argv[7] == "bf16"
FOLDER = sys.argv[8] if len(sys.argv) > 8 else None
os.environ["OMP_NUM_THREADS"] = str(THREADS)
import numpy as np  # noqa: E402
import torch  # noqa: E402  (after the number of threads is set)
from torch import nn  # noqa: E402
import torch.nn.functional as F  # noqa: E402

ROWS, SNPS, OUTPUTS = 50, 400, 21


class Block(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.norm = nn.BatchNorm2d(2 * features)
        self.phi = nn.Conv2d(2 * features, features, (1, 3))
        self.fc = nn.Linear(OUTPUTS, OUTPUTS)

    def forward(self, x, out):
        x = self.phi(self.norm(x))
        psi = x.mean(2, keepdim=True)
        out = out + self.fc(psi[:, :OUTPUTS].mean(3).squeeze(2))
        x = torch.cat((x, psi.expand(-1, -1, x.shape[2], -1)), 1)
        return F.relu(F.max_pool2d(x, (1, 2))), out


class SPIDNA(nn.Module):
    def __init__(self, blocks=7, features=50):
        super().__init__()
        self.pos = nn.Sequential(nn.Conv2d(1, features, (1, 3)), nn.BatchNorm2d(features))
        self.snp = nn.Sequential(nn.Conv2d(1, features, (1, 3)), nn.BatchNorm2d(features))
        self.blocks = nn.ModuleList(Block(features) for _ in range(blocks))

    def forward(self, x):
        pos = F.relu(self.pos(x[:, :1].unsqueeze(1)))
        snp = F.relu(self.snp(x[:, 1:].unsqueeze(1)))
        x = torch.cat((pos.expand(-1, -1, ROWS, -1), snp), 1)
        out = x.new_zeros(len(x), OUTPUTS)
        for block in self.blocks:
            x, out = block(x, out)
        return out


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 5, 3, stride=2, bias=False)
        self.norm = nn.BatchNorm2d(5)
        self.conv2 = nn.Conv2d(5, 10, 3, stride=2, bias=False)
        self.fc = nn.Sequential(nn.Linear(480, 10), nn.ReLU(), nn.Linear(10, 5), nn.ReLU(),
                                nn.Linear(5, OUTPUTS))

    def forward(self, x):
        x = self.norm(F.max_pool2d(F.relu(self.conv1(x.unsqueeze(1))), 2))
        return self.fc(F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1))


class MLP(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear((ROWS + 1) * SNPS, 100), nn.ReLU(),
                         nn.Linear(100, 50), nn.ReLU(), nn.Linear(50, 5), nn.ReLU(),
                         nn.Linear(5, OUTPUTS))


class CustomCNN(nn.Module):
    FILTERS = ((2, 2), (5, 4), (3, 8), (2, 10), (20, 1))

    def __init__(self):
        super().__init__()
        heights = [20 * (20 - h + 1) + 5 for h, _ in self.FILTERS]
        self.starts = [sum(heights[:i]) for i in range(6)]
        self.pos = nn.ModuleList(nn.Sequential(nn.Conv1d(1, 5, w), nn.BatchNorm1d(5), nn.ReLU())
                                 for _, w in self.FILTERS)
        self.snp = nn.ModuleList(nn.Sequential(nn.Conv2d(1, 20, f), nn.BatchNorm2d(20), nn.ReLU())
                                 for f in self.FILTERS)
        self.rows = nn.ModuleList(nn.Sequential(nn.Conv2d(1, 50, (h, 1)), nn.BatchNorm2d(50),
                                                nn.ReLU()) for h in heights)
        self.mix = nn.ModuleList(nn.Sequential(nn.Conv2d(1, 50, k, stride=(1, k[1])),
                                               nn.BatchNorm2d(50), nn.ReLU())
                                 for k in ((250, 1), (50, 3), (50, 3), (50, 3), (50, 3)))
        self.head = nn.Sequential(nn.Linear(200, 50), nn.BatchNorm1d(50), nn.ReLU(),
                                  nn.Linear(50, OUTPUTS))

    def forward(self, x):
        width = SNPS - 9
        stack = []
        for (_, w), pos, snp in zip(self.FILTERS, self.pos, self.snp):
            a, b = pos(x[:, :1]), snp(x[:, 1:].unsqueeze(1)).flatten(1, 2)
            cut = (a.shape[2] - width) // 2
            stack.append(torch.cat((a, b), 1)[:, :, cut:cut + width])
        x = torch.cat(stack, 1)
        x = torch.cat([f(x[:, a:b].unsqueeze(1)).squeeze(2)
                       for f, a, b in zip(self.rows, self.starts, self.starts[1:])], 1)
        for f in self.mix:
            x = f(x.unsqueeze(1)).squeeze(2)
        return self.head(x.flatten(1))


class Files(torch.utils.data.Dataset):
    def __init__(self):
        self.files = sorted(glob.glob(os.path.join(FOLDER, "*", "*.npz")))
        self.targets = torch.randn(len(self.files), OUTPUTS)

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        with np.load(self.files[i]) as f:
            snp, pos = f["SNP"], f["POS"]
        varies = (snp != snp[0]).any(0)
        if not varies.all():
            snp, pos = snp[:, varies], pos[varies]
        x = np.concatenate((pos[None, :SNPS], snp[:, :SNPS]), dtype=np.float32)
        return torch.from_numpy(x), self.targets[i]


def batches_of_files(n_worker):
    loader = torch.utils.data.DataLoader(Files(), batch_size=BATCH, shuffle=True, drop_last=True,
                                         num_workers=n_worker, persistent_workers=n_worker > 0)
    while True:
        yield from loader


def one_batch():
    x = (torch.rand(BATCH, ROWS + 1, SNPS) < 0.3).float()
    x[:, 0] = torch.rand(BATCH, SNPS)
    y = torch.randn(BATCH, OUTPUTS)
    while True:
        yield x, y


torch.set_num_threads(THREADS)
torch.manual_seed(1)
net = {"SPIDNA": SPIDNA, "CNN": CNN, "MLP": MLP, "CustomCNN": CustomCNN}[NET]()
net.train(MODE == "train")
n_param = sum(p.numel() for p in net.parameters())
adam = torch.optim.Adam(net.parameters(), lr=1e-3)


def step(batches):
    x, y = next(batches)
    if MODE == "train":
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=BF16):
            out = net(x)
        loss = F.mse_loss(out.float(), y)
        adam.zero_grad()
        loss.backward()
        adam.step()
    else:
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=BF16):
            net(x)


def rate(batches):
    n, start = 0, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        step(batches)
        n += BATCH
    return n / (time.perf_counter() - start)


def peak_mib():
    """Of this process, and what its workers do not share with it."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for worker in multiprocessing.active_children():
        with open(f"/proc/{worker.pid}/smaps_rollup") as f:
            peak += sum(int(line.split()[1]) for line in f if line.startswith("Private_"))
    return peak // 1024


n_worker = 0
if FOLDER is None:
    batches = one_batch()
else:
    tried = []
    for n_worker in (0, 1, 2):
        batches = batches_of_files(n_worker)
        step(batches)
        tried.append((rate(batches), n_worker))
        del batches
    n_worker = max(tried)[1]
    batches = batches_of_files(n_worker)
for _ in range(2):
    step(batches)
rates = sorted(rate(batches) for _ in range(WINDOWS))
print(f"engine=torch-{torch.__version__} net={NET} mode={MODE} batch={BATCH} threads={THREADS} "
      f"params={n_param} workers={n_worker} rss_mib={peak_mib()} "
      f"rates={','.join(f'{r:.6g}' for r in rates)} spread={rates[0]:.1f}..{rates[-1]:.1f} "
      f"samples_per_s={rates[WINDOWS // 2]:.1f}", flush=True)
