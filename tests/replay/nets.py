"""Redoes audit traces of the nets of papers in JAX, with gradients by jax.grad: maxout, BatchNorm and dropout.

`pacgan-2d`, `maxout-2014`, and plain widths with `dact=maxout:k`. As replay.py, from which the losses, the optimisers and the
bounds come, it reads nothing but the trace: init/..., and each update's x, z and masks. What moves with updates of G
alone, the running statistics of BatchNorm, is compared too.
"""

import argparse
import sys

import jax
import jax.numpy as jnp
import numpy as np
from safetensors.numpy import load_file

from replay import ACTIVATIONS, TOLERANCE, Optimiser, activation, deviation, losses, spec_of

EPSILON = 1e-5
MOMENTUM = 0.1

# One convention each, broken: a replay that still agrees would prove nothing.
FAULTS = [
    "biased-running-variance",
    "statistics-in-updates-of-d",
    "running-statistics-in-updates",
    "masks-of-real-and-fake-swapped",
    "dropout-left-out-in-updates-of-g",
    "units-of-maxout-apart",
]


class Linear:
    def __init__(self, bias=True):
        self.names = ["weight", "bias"] if bias else ["weight"]

    def __call__(self, own, x, _):
        y = x @ own["weight"].T
        return y + own["bias"] if "bias" in own else y


class BatchNorm:
    """torch.nn.BatchNorm1d in training: the batch's biased variance; what was measured goes to `seen`."""

    names = ["weight", "bias"]

    def __call__(self, own, x, context):
        mean, variance = jnp.mean(x, 0), jnp.var(x, 0)
        context.seen[context.module] = mean, variance
        if context.fault == "running-statistics-in-updates":
            mean, variance = jnp.zeros_like(mean), jnp.ones_like(variance)
        return own["weight"] * (x - mean) / jnp.sqrt(variance + EPSILON) + own["bias"]


class Dropout:
    names = []

    def __call__(self, _, x, context):
        mask = context.masks.get(context.module)
        return x if mask is None else x * mask


class Function:
    names = []

    def __init__(self, function):
        self.function = function

    def __call__(self, _, x, context):
        return self.function(x)


def maxout(pieces, fault):
    def largest(x):
        if fault == "units-of-maxout-apart":
            return x.reshape(len(x), pieces, -1).max(1)
        return x.reshape(len(x), -1, pieces).max(-1)

    return Function(largest)


class Context:
    """What a pass through a Sequential is given and leaves."""

    def __init__(self, fault, masks=()):
        self.fault, self.masks, self.seen, self.module = fault, dict(masks), {}, 0


def apply(modules, parameters, x, context):
    for number, module in enumerate(modules):
        context.module = number
        own = {name: parameters[f"{number}.{name}"] for name in module.names}
        x = module(own, x, context)
    return x


def plain(text, act, last, fault):
    """An MLP by its widths."""
    function = maxout(int(act.split(":")[1]), fault) if act.startswith("maxout") else Function(activation(act))
    hidden = [module for _ in filter(None, text.split(",")) for module in (Linear(), function)]
    return [*hidden, Linear(), Function(ACTIVATIONS[last])]


def generator(spec, fault):
    if spec["g"] == "pacgan-2d":
        hidden = [m for _ in range(4) for m in (Linear(bias=False), BatchNorm(), Function(ACTIVATIONS["relu"]))]
        return [*hidden, Linear()]
    if spec["g"] == "maxout-2014":
        return plain("1200,1200", "relu", "sigmoid", fault)
    return plain(spec["g"], spec["gact"], spec["gout"], fault)


def discriminator(spec, fault):
    if spec["d"] == "pacgan-2d":
        return plain("200,200,200", "maxout:5", "linear", fault)
    if spec["d"] == "maxout-2014":
        piece = maxout(5, fault)
        return [Dropout(), Linear(), piece, Dropout(), Linear(), piece, Dropout(), Linear()]
    return plain(spec["d"], spec["dact"], "linear", fault)


def trained(modules, tensors, prefix):
    names = [f"{number}.{name}" for number, module in enumerate(modules) for name in module.names]
    return {name: jnp.asarray(tensors[f"{prefix}.{name}"], dtype=jnp.float64) for name in names}


class Replay:
    def __init__(self, path, fault):
        self.spec, self.tensors, self.fault = spec_of(path), load_file(path), fault
        self.modules_g, self.modules_d = generator(self.spec, fault), discriminator(self.spec, fault)
        self.g = trained(self.modules_g, self.tensors, "init/generator")
        self.d = trained(self.modules_d, self.tensors, "init/discriminator")
        self.running = {
            name.removeprefix("init/generator."): np.asarray(value, np.float64)
            for name, value in self.tensors.items()
            if name.startswith("init/generator.") and ".running_" in name
        }
        self.optimiser_d = Optimiser(self.spec["optd"], self.spec["lrdecay"], self.d, fault)
        self.optimiser_g = Optimiser(self.spec["optg"], self.spec["lrdecay"], self.g, fault)
        self.loss_d, self.loss_g = losses(self.spec["loss"], fault)

    def at(self, update, what):
        return np.asarray(self.tensors[f"update/{update:06}/{what}"], np.float64)

    def masks(self, update, kind):
        if self.fault == "masks-of-real-and-fake-swapped" and int(self.at(update, "kind")[0]) == 0:
            kind = {"real": "fake", "fake": "real"}[kind]
        prefix = f"update/{update:06}/mask_{kind}/"
        found = {int(n.removeprefix(prefix)): np.asarray(v, np.float64) for n, v in self.tensors.items() if n.startswith(prefix)}
        for mask in found.values():
            keep = 1 / mask.max()
            assert set(np.unique(mask)) <= {0.0, mask.max()} and keep < 1, "a mask is 0 or 1/keep"
        return found

    def of_d(self, update):
        x, z = self.at(update, "x"), self.at(update, "z")
        real, fake = self.masks(update, "real"), self.masks(update, "fake")

        def loss(d):
            context = Context(self.fault)
            generated = apply(self.modules_g, self.g, z, context)
            a = apply(self.modules_d, d, x, Context(self.fault, real))
            b = apply(self.modules_d, d, generated, Context(self.fault, fake))
            return self.loss_d(a[:, 0], b[:, 0]), context.seen

        (value, seen), gradient = jax.value_and_grad(loss, has_aux=True)(self.d)
        return value, gradient, seen

    def of_g(self, update):
        z, masks = self.at(update, "z"), self.masks(update, "fake")
        if self.fault == "dropout-left-out-in-updates-of-g":
            masks = {}

        def loss(g):
            context = Context(self.fault)
            generated = apply(self.modules_g, g, z, context)
            return self.loss_g(apply(self.modules_d, self.d, generated, Context(self.fault, masks))[:, 0]), context.seen

        (value, seen), gradient = jax.value_and_grad(loss, has_aux=True)(self.g)
        return value, gradient, seen

    def move_statistics(self, seen):
        count = int(self.spec["batch"])
        unbiased = 1.0 if self.fault == "biased-running-variance" else count / (count - 1)
        for module, (mean, variance) in seen.items():
            for name, new in (("mean", mean), ("var", unbiased * variance)):
                key = f"{module}.running_{name}"
                self.running[key] = (1 - MOMENTUM) * self.running[key] + MOMENTUM * np.asarray(new)

    def run(self):
        count = sum(name.endswith("/kind") for name in self.tensors)
        simultaneous = self.spec["order"] == "simultaneous"
        worst, waiting = 0.0, None
        for update in range(count):
            if int(self.at(update, "kind")[0]) == 0:
                loss, gradient, seen = self.of_d(update)
                if self.fault == "statistics-in-updates-of-d":
                    self.move_statistics(seen)
                if simultaneous:
                    waiting = gradient
                else:
                    self.d = self.optimiser_d.step(self.d, gradient)
            else:
                loss, gradient, seen = self.of_g(update)
                self.move_statistics(seen)
                if simultaneous:
                    self.d = self.optimiser_d.step(self.d, waiting)
                self.g = self.optimiser_g.step(self.g, gradient)
            worst = max(worst, deviation(self.at(update, "loss")[0], loss))
        return worst, self.compare(), count

    def compare(self):
        pairs = [("generator", self.g), ("discriminator", self.d), ("generator", self.running)]
        return [
            max([deviation(self.tensors[f"final/{prefix}.{name}"], value) for name, value in ours.items()], default=0.0)
            for prefix, ours in pairs
        ]


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("traces", nargs="+")
    arguments.add_argument("--fault", choices=FAULTS, help="break one convention: the replay must then disagree")
    options = arguments.parse_args()
    largest = 0.0
    for path in options.traces:
        replay = Replay(path, options.fault)
        loss, (g, d, running), count = replay.run()
        worst = max(loss, g, d, running)
        largest = max(largest, worst)
        verdict = "agrees" if worst <= TOLERANCE else "DISAGREES"
        spec = replay.spec
        print(
            f"{verdict}  losses {loss:.1e}  G {g:.1e}  D {d:.1e}  statistics {running:.1e}  {count} updates  "
            f"data={spec['data']} g={spec['g']} d={spec['d']} dact={spec['dact']} order={spec['order']}",
            flush=True,
        )
    print(f"largest deviation {largest:.2e} of {TOLERANCE:.0e} allowed, {len(options.traces)} traces")
    sys.exit(0 if largest <= TOLERANCE else 1)


if __name__ == "__main__":
    main()
