"""A workload as PyTorch trains it on one GPU, eagerly or as a CUDA graph; prints one line of JSON.

    python native_torch.py eager|graph WORKLOAD SECONDS

The graph is the whole iteration, random numbers and optimisers included, replayed. Products are in full f32, as
Adversaria's are. Exit code 3: something must be installed first, or there is no such GPU, and the one line on standard
error says which.
"""

import json
import sys
import time
from pathlib import Path

try:
    import torch
    from torch import nn
    from torch.nn.functional import softplus
except ImportError as error:
    print(f"{error}: pip install torch", file=sys.stderr)
    sys.exit(3)

BATCHES = 16
# Iterations between two looks at the clock.
PER_CALL = 50
# What PyTorch's documentation asks for before a capture.
BEFORE_CAPTURE = 3


def make_net(net, inputs):
    layers = []
    for i, width in enumerate(net["widths"], start=1):
        layers.append(nn.Linear(inputs, width))
        act = net["hidden"] if i < len(net["widths"]) else net["last"]
        if act is not None:
            layers.append(activation(act))
        inputs = width
    return nn.Sequential(*layers).cuda()


def activation(name):
    if name.startswith("leaky"):
        return nn.LeakyReLU(float(name.removeprefix("leaky")))
    return {"relu": nn.ReLU, "tanh": nn.Tanh}[name]()


def make_optimizer(work, net):
    if work["optimizer"] == "sgd":
        return torch.optim.SGD(net.parameters(), lr=work["lr"])
    # Fused is PyTorch's fastest form; a capturable one keeps its step count on the GPU, which graphs need.
    return torch.optim.Adam(net.parameters(), lr=work["lr"], fused=True, capturable=True)


def stand_in_data(work):
    """Two Gaussians in the plane, else uniform noise, as the other peers have them."""
    shape = (BATCHES, work["batch"], work["x"])
    if work["x"] != 2:
        return torch.rand(shape, device="cuda") * 2 - 1
    left = torch.rand((*shape[:2], 1), device="cuda") < 0.5
    z = torch.randn(shape, device="cuda")
    means = torch.tensor([[0.3, 0.7], [0.7, 0.4]], device="cuda")
    spreads = torch.tensor([[0.1, 0.1], [0.05, 0.2]], device="cuda")
    return torch.where(left, means[0] + spreads[0] * z, means[1] + spreads[1] * z)


class Game:
    """Both nets, and one iteration: a D-update, then a G-update."""

    def __init__(self, work):
        self.g, self.d = make_net(work["g"], work["z"]), make_net(work["d"], work["x"])
        self.of_g, self.of_d = make_optimizer(work, self.g), make_optimizer(work, self.d)
        self.data = stand_in_data(work)
        # On the GPU, so that a graph takes the next batch each time it is replayed.
        self.count = torch.zeros(1, dtype=torch.long, device="cuda")
        self.noise = torch.rand if work["noise"] == "uniform" else torch.randn
        self.shape = (work["batch"], work["z"])
        self.losses = torch.zeros(2, device="cuda")

    def fake(self):
        return self.g(self.noise(self.shape, device="cuda"))

    def iterate(self):
        x = self.data.index_select(0, self.count % BATCHES)[0]
        self.count += 1
        self.of_d.zero_grad(set_to_none=True)
        loss_d = softplus(-self.d(x)).mean() + softplus(self.d(self.fake().detach())).mean()
        loss_d.backward()
        self.of_d.step()
        self.of_g.zero_grad(set_to_none=True)
        self.d.requires_grad_(False)
        loss_g = softplus(-self.d(self.fake())).mean()
        loss_g.backward()
        self.d.requires_grad_(True)
        self.of_g.step()
        self.losses.copy_(torch.stack([loss_d.detach(), loss_g.detach()]))


def as_graph(game):
    """`game.iterate` captured: a function that replays it."""
    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(BEFORE_CAPTURE):
            game.iterate()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        game.iterate()
    return graph.replay


def main():
    form, name, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    if not torch.cuda.is_available():
        print("PyTorch finds no CUDA device here", file=sys.stderr)
        sys.exit(3)
    torch.backends.cuda.matmul.allow_tf32 = False
    game = Game(json.loads(Path(__file__).with_name("workloads.json").read_text())[name])
    iterate = {"eager": lambda: game.iterate, "graph": lambda: as_graph(game)}[form]()

    def call():
        for _ in range(PER_CALL):
            iterate()
        torch.cuda.synchronize()

    call()
    start, iterations = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - start) < seconds:
        call()
        iterations += PER_CALL
    losses = game.losses.tolist()
    result = {
        "iterationsPerSecond": iterations / elapsed,
        "iterations": iterations,
        "losses": losses,
        "version": f"torch {torch.__version__}, {torch.cuda.get_device_name()}",
    }
    print(json.dumps(result))


main()
