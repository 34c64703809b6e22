"""Redoes audit traces in JAX, with gradients by jax.grad, to show that the arithmetic is what the conventions say.

Reads nothing but the trace: the spec in its metadata, init/..., and each update's random inputs. Computes in double
precision and compares every loss and the final parameters: |a - b| <= 1e-4 * max(1, |b|).
"""

import argparse
import json
import math
import struct
import sys

import jax

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_platforms", "cpu")

import jax.numpy as jnp
import numpy as np
from safetensors.numpy import load_file

TOLERANCE = 1e-4
EPSILON = 1e-8

# One convention each, broken: a replay that still agrees would prove nothing.
FAULTS = [
    "adam-epsilon-inside-the-root",
    "adam-without-bias-correction",
    "momentum-with-dampening",
    "rmsprop-epsilon-inside-the-root",
    "minimax-for-nonsaturating",
    "leastsquares-without-the-half",
    "hinge-for-the-generator-too",
    "wasserstein-sign",
    "no-clip",
    "one-after-the-other",
    "no-decay",
    "average-late",
    "r1-without-the-half",
    "r1-on-generated",
    "gp-squared-norm",
    "gp-from-the-other-end",
    "noise-forgotten",
    "spectral-one-step-late",
    "no-look-ahead",
    "look-ahead-without-its-gradient",
]

ACTIVATIONS = {
    "relu": lambda x: jnp.where(x > 0, x, 0.0),
    "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid,
    "elu": lambda x: jnp.where(x > 0, x, jnp.expm1(jnp.minimum(x, 0.0))),
    "softplus": jax.nn.softplus,
    "sine": jnp.sin,
    "linear": lambda x: x,
}


def activation(text):
    if text.startswith("leaky:"):
        slope = float(text.split(":")[1])
        return lambda x: jnp.where(x > 0, x, slope * x)
    return ACTIVATIONS[text]


def mlp(parameters, x, hidden, last):
    """y = f(x W^T + b), layer by layer, as in torch.nn.Sequential."""
    for number, (weight, bias) in enumerate(parameters):
        x = x @ weight.T + bias
        x = last(x) if number == len(parameters) - 1 else hidden(x)
    return x


def losses(name, fault):
    """What D minimises, of a(x) and a(G(z)); what G minimises, of a(G(z))."""
    mean, softplus = jnp.mean, jax.nn.softplus
    half = 1.0 if fault == "leastsquares-without-the-half" else 0.5
    sign = -1.0 if fault == "wasserstein-sign" else 1.0

    def log_loss(real, fake):
        return mean(softplus(-real)) + mean(softplus(fake))

    def minimax(fake):
        return -mean(softplus(fake))

    def nonsaturating(fake):
        return mean(softplus(-fake))

    def hinge_g(fake):
        if fault == "hinge-for-the-generator-too":
            return mean(jnp.maximum(0, 1 - fake))
        return -mean(fake)

    return {
        "minimax": (log_loss, minimax),
        "nonsaturating": (
            log_loss,
            minimax if fault == "minimax-for-nonsaturating" else nonsaturating,
        ),
        "leastsquares": (
            lambda real, fake: half * mean((real - 1) ** 2) + half * mean(fake**2),
            lambda fake: half * mean((fake - 1) ** 2),
        ),
        "wasserstein": (lambda real, fake: mean(fake) - mean(real), lambda fake: -sign * mean(fake)),
        "hinge": (
            lambda real, fake: mean(jnp.maximum(0, 1 - real)) + mean(jnp.maximum(0, 1 + fake)),
            hinge_g,
        ),
    }[name]


def parts_of(text):
    """{name: number} of a regulariser; spectral has none."""
    named = [part.partition(":") for part in text.split("+") if text != "none"]
    return {name: float(value) if value else True for name, _, value in named}


def pieces(inputs, kind, pack):
    """What a player is given, sample by sample of a pack: kind is x or z; each with its class behind it where there is one."""
    columns = lambda name, i: jnp.split(inputs[name], pack, axis=1)[i]
    names = [kind, "c"] if "c" in inputs else [kind]
    return [jnp.concatenate([columns(name, i) for name in names], axis=1) for i in range(pack)]


def of_norm_one(parameters, us, moves):
    """W / sigma(W) by one step of power iteration from u, and the next u; to the gradient u and v are constants."""
    applied, following = [], []
    for (weight, bias), u in zip(parameters, us):
        fixed = jax.lax.stop_gradient(weight)
        v = fixed.T @ u
        v = v / jnp.linalg.norm(v)
        if moves:
            u = fixed @ v
            u = u / jnp.linalg.norm(u)
        applied.append((weight / (u @ weight @ v), bias))
        following.append(u)
    return applied, following


class Optimiser:
    """SGD (momentum), Adam and RMSprop as in PyTorch, the rate falling by the number of updates already made."""

    def __init__(self, text, decay, parameters, fault):
        self.name, *numbers = text.split(":")
        self.rate, *self.rest = [float(n) for n in numbers]
        self.decay, self.fault, self.updates = decay, fault, 0
        zeros = jax.tree.map(jnp.zeros_like, parameters)
        self.first, self.second = zeros, zeros

    def rate_now(self):
        return self.rate_of(self.updates)

    def rate_of(self, done):
        name, *number = self.decay.split(":")
        if name == "none" or self.fault == "no-decay":
            return self.rate
        if name == "exp":
            return self.rate * float(number[0]) ** done
        total = float(number[0])
        return self.rate * 0.5 * (1 + math.cos(math.pi * min(done, total) / total))

    def step(self, parameters, gradient):
        rate = self.rate_now()
        self.updates += 1
        return getattr(self, self.name)(parameters, gradient, rate)

    def sgd(self, parameters, gradient, rate):
        momentum = self.rest[0] if self.rest else 0.0
        if momentum > 0:
            share = 1 - momentum if self.fault == "momentum-with-dampening" else 1.0
            if self.updates == 1:
                self.first = gradient
            else:
                self.first = jax.tree.map(lambda m, g: momentum * m + share * g, self.first, gradient)
            gradient = self.first
        return jax.tree.map(lambda p, g: p - rate * g, parameters, gradient)

    def adam(self, parameters, gradient, rate):
        beta1, beta2 = self.rest if self.rest else (0.9, 0.999)
        self.first = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, self.first, gradient)
        self.second = jax.tree.map(lambda v, g: beta2 * v + (1 - beta2) * g**2, self.second, gradient)
        if self.fault == "adam-without-bias-correction":
            one, two = 1.0, 1.0
        else:
            one, two = 1 - beta1**self.updates, 1 - beta2**self.updates
        inside = self.fault == "adam-epsilon-inside-the-root"

        def move(p, m, v):
            root = jnp.sqrt(v / two + EPSILON) if inside else jnp.sqrt(v / two) + EPSILON
            return p - rate * (m / one) / root

        return jax.tree.map(move, parameters, self.first, self.second)

    def rmsprop(self, parameters, gradient, rate):
        alpha = self.rest[0] if self.rest else 0.99
        self.second = jax.tree.map(lambda v, g: alpha * v + (1 - alpha) * g**2, self.second, gradient)
        inside = self.fault == "rmsprop-epsilon-inside-the-root"

        def move(p, g, v):
            return p - rate * g / (jnp.sqrt(v + EPSILON) if inside else jnp.sqrt(v) + EPSILON)

        return jax.tree.map(move, parameters, gradient, self.second)

    def ahead(self, parameters, gradients_of, steps):
        """What is trained after so many more steps, at the rate and the corrections of the last update."""
        if self.updates == 0:
            return parameters
        rate = self.rate * (self.rate_of(self.updates - 1) / self.rate)
        first, second = self.first, self.second
        beta1, beta2 = self.rest if self.name == "adam" and self.rest else (0.9, 0.999)
        one, two = 1 - beta1**self.updates, 1 - beta2**self.updates
        for _ in range(steps):
            g = gradients_of(parameters)
            if self.fault == "look-ahead-without-its-gradient":
                g = jax.lax.stop_gradient(g)
            if self.name == "sgd":
                momentum = self.rest[0] if self.rest else 0.0
                first = jax.tree.map(lambda m, g: momentum * m + g, first, g) if momentum else g
                way = first
            elif self.name == "adam":
                first = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, first, g)
                second = jax.tree.map(lambda v, g: beta2 * v + (1 - beta2) * g**2, second, g)
                way = jax.tree.map(lambda m, v: m / one / jnp.sqrt(v / two + EPSILON**2), first, second)
            else:
                alpha = self.rest[0] if self.rest else 0.99
                second = jax.tree.map(lambda v, g: alpha * v + (1 - alpha) * g**2, second, g)
                way = jax.tree.map(lambda g, v: g / jnp.sqrt(v + EPSILON**2), g, second)
            parameters = jax.tree.map(lambda p, w: p - rate * w, parameters, way)
        return parameters


def spec_of(path):
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
    metadata = header["__metadata__"]
    assert list(metadata) == ["spec"], f"metadata keys {list(metadata)}"
    return json.loads(metadata["spec"])


def network(tensors, prefix):
    """[(weight, bias), ...] in the order of the Sequential."""
    numbers = sorted(
        int(name.removeprefix(prefix).split(".")[1])
        for name in tensors
        if name.startswith(f"{prefix}.") and name.endswith(".weight")
    )
    part = lambda number, what: jnp.asarray(tensors[f"{prefix}.{number}.{what}"], dtype=jnp.float64)
    return [(part(number, "weight"), part(number, "bias")) for number in numbers]


def deviation(found, expected):
    """max |a - b| / max(1, |b|), b being ours; infinite where either is not finite."""
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    assert found.shape == expected.shape, f"{found.shape} and {expected.shape}"
    worst = np.max(np.abs(found - expected) / np.maximum(1, np.abs(expected)))
    return float(worst) if np.isfinite(worst) else math.inf


class Replay:
    def __init__(self, path, fault):
        self.spec, self.tensors, self.fault = spec_of(path), load_file(path), fault
        spec = self.spec
        self.g, self.d = network(self.tensors, "init/generator"), network(self.tensors, "init/discriminator")
        self.average = self.g
        gact, gout, dact = (activation(spec[key]) for key in ("gact", "gout", "dact"))
        loss_d, loss_g = losses(spec["loss"], fault)
        self.reg, self.pack, self.unroll = parts_of(spec["reg"]), int(spec["pack"]), int(spec["unroll"])
        prefix, suffix = "init/discriminator.", ".weight_u"
        numbers = sorted(int(n[len(prefix) : -len(suffix)]) for n in self.tensors if n.startswith(prefix) and n.endswith(suffix))
        self.us = [jnp.asarray(self.tensors[f"{prefix}{n}{suffix}"], dtype=jnp.float64) for n in numbers]
        generate = lambda g, z: mlp(g, z, gact, gout)
        score = lambda d, x: mlp(d, x, dact, ACTIVATIONS["linear"])[:, 0]

        def noisy(x, noise):
            return x if noise is None or fault == "noise-forgotten" else x + noise

        def samples(g, inputs):
            """x and G(z) as D sees them, [batch, pack * dim]; none where the update has no x."""
            fake = jnp.concatenate([generate(g, z) for z in pieces(inputs, "z", self.pack)], axis=1)
            real = noisy(inputs["x"], inputs.get("noise_real")) if "x" in inputs else None
            return real, noisy(fake, inputs.get("noise_fake"))

        def judged(d, x, inputs):
            given = {"x": x} | ({"c": inputs["c"]} if "c" in inputs else {})
            return score(d, jnp.concatenate(pieces(given, "x", self.pack), axis=1))

        def squared_slope(d, x, inputs):
            slope = jax.grad(lambda x: jnp.sum(judged(d, x, inputs)))(x)
            return jnp.sum(slope**2, axis=1)

        def bounded(d, us, moves):
            return of_norm_one(d, us, moves) if "spectral" in self.reg else (d, us)

        def d_loss(d, us, g, inputs):
            late = fault == "spectral-one-step-late"
            d, following = bounded(d, us, not late)
            real, fake = samples(g, inputs)
            loss = loss_d(judged(d, real, inputs), judged(d, fake, inputs))
            if gamma := self.reg.get("r1"):
                at = fake if fault == "r1-on-generated" else real
                half = 1.0 if fault == "r1-without-the-half" else 0.5
                loss += gamma * half * jnp.mean(squared_slope(d, at, inputs))
            if weight := self.reg.get("gp"):
                eps = inputs["eps"][:, None]
                eps = 1 - eps if fault == "gp-from-the-other-end" else eps
                length = squared_slope(d, eps * real + (1 - eps) * fake, inputs)
                length = length if fault == "gp-squared-norm" else jnp.sqrt(length)
                loss += weight * jnp.mean((length - 1) ** 2)
            return loss, following

        # Both at the same point see D as its own update does.
        at_once = spec["order"] == "simultaneous"

        def g_loss(g, d, us, inputs, ahead):
            real, fake = samples(g, inputs)

            def inner(d):
                d, _ = bounded(d, us, False)
                return loss_d(judged(d, real, inputs), judged(d, fake, inputs))

            d, _ = bounded(ahead(d, jax.grad(inner)), us, at_once)
            return loss_g(judged(d, fake, inputs))

        self.d_side = jax.jit(jax.value_and_grad(d_loss, has_aux=True))
        # What looks ahead depends on the optimiser's state, so it is traced anew each time.
        self.g_side = jax.value_and_grad(g_loss)
        if self.unroll == 0:
            plain = jax.jit(jax.value_and_grad(lambda g, d, us, i: g_loss(g, d, us, i, lambda d, _: d)))
            self.g_side = lambda g, d, us, inputs, _: plain(g, d, us, inputs)
        self.optimiser_d = Optimiser(spec["optd"], spec["lrdecay"], self.d, fault)
        self.optimiser_g = Optimiser(spec["optg"], spec["lrdecay"], self.g, fault)
        self.clip = self.reg.get("clip") if fault != "no-clip" else None
        self.keep = None if spec["ema"] == "none" else float(spec["ema"])

    def move_d(self, gradient):
        self.d = self.optimiser_d.step(self.d, gradient)
        if self.clip is not None:
            self.d = jax.tree.map(lambda p: jnp.clip(p, -self.clip, self.clip), self.d)

    def move_g(self, gradient):
        before = self.g
        self.g = self.optimiser_g.step(self.g, gradient)
        if self.keep is not None:
            new = before if self.fault == "average-late" else self.g
            keep = self.keep
            self.average = jax.tree.map(lambda a, p: keep * a + (1 - keep) * p, self.average, new)

    def expected_kinds(self, count):
        if self.spec["order"] == "simultaneous":
            turn = [0, 1]
        else:
            turn = [0] * int(self.spec["kd"]) + [1] * int(self.spec["kg"])
        return (turn * (count // len(turn) + 1))[:count]

    def run(self):
        """The largest deviation of a loss, of a final parameter, and the number of updates."""
        count = sum(name.endswith("/kind") for name in self.tensors)
        at = lambda u, what: np.asarray(self.tensors[f"update/{u:06}/{what}"], np.float64)
        kinds = [int(at(u, "kind")[0]) for u in range(count)]
        assert kinds == self.expected_kinds(count), "the updates are not in the order that the spec says"
        simultaneous = self.spec["order"] == "simultaneous" and self.fault != "one-after-the-other"
        batch, worst, waiting = int(self.spec["batch"]), 0.0, None
        named = ["x", "z", "c", "eps", "noise_real", "noise_fake"]
        ahead = lambda d, slope: self.optimiser_d.ahead(d, slope, 0 if self.fault == "no-look-ahead" else self.unroll)
        for u, kind in enumerate(kinds):
            inputs = {name: at(u, name) for name in named if f"update/{u:06}/{name}" in self.tensors}
            z = inputs["z"]
            assert z.shape == (batch, self.pack * int(self.spec["z"].split(":")[1])), f"z {z.shape}"
            assert all(len(values) == batch for values in inputs.values()), "not one row a sample"
            if kind == 0:
                (loss, us), gradient = self.d_side(self.d, self.us, self.g, inputs)
                if simultaneous:
                    waiting = gradient, z, us
                else:
                    self.us = us
                    self.move_d(gradient)
            else:
                loss, gradient = self.g_side(self.g, self.d, self.us, inputs, ahead)
                if simultaneous:
                    assert np.array_equal(waiting[1], z), "the two halves have different z"
                    self.us = waiting[2]
                    self.move_d(waiting[0])
                self.move_g(gradient)
            worst = max(worst, deviation(at(u, "loss")[0], loss))
        return worst, self.compare("final/generator", self.g, "final/discriminator", self.d), count

    def compare(self, *pairs):
        found = {
            prefix: network(self.tensors, prefix) for prefix in pairs[::2]
        }
        return max(
            deviation(a, b)
            for prefix, ours in zip(pairs[::2], pairs[1::2])
            for a, b in zip(jax.tree.leaves(found[prefix]), jax.tree.leaves(ours))
        )

    def compare_average(self, checkpoint):
        """The average of G is not in a trace; a checkpoint of the same run has it."""
        theirs = network(load_file(checkpoint), "average.generator")
        return max(deviation(a, b) for a, b in zip(jax.tree.leaves(theirs), jax.tree.leaves(self.average)))


SHOWN = ["data", "loss", "order", "kd", "kg", "optd", "optg", "gact", "dact", "gout", "reg", "unroll", "pack", "cond", "lrdecay", "ema", "batch"]
PLAIN = {"data": "ring8", "gact": "tanh", "dact": "tanh", "gout": "linear", "reg": "none", "lrdecay": "none", "unroll": "0", "pack": "1", "cond": "0"}
PLAIN |= {"ema": "none", "batch": "30", "kd": "1", "kg": "1", "order": "alternating"}


def title(spec):
    opt = spec["optd"] if spec["optd"] == spec["optg"] else f"D {spec['optd']}, G {spec['optg']}"
    rest = [f"{key}={spec[key]}" for key in SHOWN if key not in ("optd", "optg") and PLAIN.get(key) != spec[key]]
    return " ".join([*rest, opt])


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("traces", nargs="+", help="traces; TRACE,CHECKPOINT also compares the average of G")
    arguments.add_argument("--fault", choices=FAULTS, help="break one convention: the replay must then disagree")
    arguments.add_argument("--table", help="append a Markdown row for each trace to this file")
    options = arguments.parse_args()
    rows, largest = [], 0.0
    for name in options.traces:
        path, *checkpoint = name.split(",")
        replay = Replay(path, options.fault)
        losses_off, parameters_off, count = replay.run()
        parts = [losses_off, parameters_off]
        if checkpoint:
            parts.append(replay.compare_average(checkpoint[0]))
        worst = max(parts)
        largest = max(largest, worst)
        verdict = "agrees" if worst <= TOLERANCE else "DISAGREES"
        print(f"{verdict}  {' '.join(f'{p:.2e}' for p in parts)}  {count} updates  {title(replay.spec)}", flush=True)
        average = f"{parts[2]:.1e}" if checkpoint else ""
        rows.append(f"| {title(replay.spec)} | {count} | {losses_off:.1e} | {parameters_off:.1e} | {average} |\n")
    print(f"largest deviation {largest:.2e} of {TOLERANCE:.0e} allowed, {len(rows)} traces")
    if options.table:
        with open(options.table, "a", encoding="utf-8") as file:
            file.writelines(rows)
    sys.exit(0 if largest <= TOLERANCE else 1)


if __name__ == "__main__":
    main()
