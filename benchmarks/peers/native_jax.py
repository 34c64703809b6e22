"""A workload as JAX trains it on the CPU, natively and jitted; prints one line of JSON.

    python native_jax.py WORKLOAD SECONDS

Exit code 3: something must be installed first, and the one line on standard error says what.
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("JAX_PLATFORMS", "cpu")
try:
    import jax
    import jax.numpy as jnp
    import optax
    from jax import lax, nn, random
except ImportError as error:
    print(f"{error}: pip install 'jax[cpu]' optax", file=sys.stderr)
    sys.exit(3)

BATCHES = 16
# Iterations of one call: enough that calling costs nothing.
PER_CALL = 50


def init(net, inputs, key):
    """Weights ~ N(0, 1/fan_in), biases 0; one (w, b) per layer."""
    sizes = [inputs, *net["widths"]]
    keys = random.split(key, len(net["widths"]))
    return [
        (random.normal(k, (fan_in, width)) / fan_in**0.5, jnp.zeros(width))
        for k, fan_in, width in zip(keys, sizes, sizes[1:])
    ]


def activate(x, name):
    if name is None:
        return x
    if name.startswith("leaky"):
        return nn.leaky_relu(x, float(name.removeprefix("leaky")))
    return {"relu": nn.relu, "tanh": jnp.tanh}[name](x)


def forward(net, params, x):
    for i, (w, b) in enumerate(params, start=1):
        x = activate(x @ w + b, net["hidden"] if i < len(params) else net["last"])
    return x


def stand_in_data(work, key):
    """Two Gaussians in the plane, else uniform noise, as the browser's peers have them."""
    shape = (BATCHES, work["batch"], work["x"])
    if work["x"] != 2:
        return random.uniform(key, shape, minval=-1)
    k1, k2 = random.split(key)
    left = random.bernoulli(k1, 0.5, shape[:2] + (1,))
    z = random.normal(k2, shape)
    return jnp.where(left, jnp.array([0.3, 0.7]) + 0.1 * z, jnp.array([0.7, 0.4]) + jnp.array([0.05, 0.2]) * z)


def make_iterations(work):
    """A jitted function of PER_CALL iterations, D then G, and its first state."""
    optimizer = {"sgd": optax.sgd, "adam": optax.adam}[work["optimizer"]](work["lr"])
    noise = random.uniform if work["noise"] == "uniform" else random.normal
    fake = lambda g, key: forward(work["g"], g, noise(key, (work["batch"], work["z"])))
    real = lambda logits: nn.softplus(-logits).mean()
    not_real = lambda logits: nn.softplus(logits).mean()
    objective_d = lambda d, x, y: real(forward(work["d"], d, x)) + not_real(forward(work["d"], d, y))
    objective_g = lambda g, d, key: real(forward(work["d"], d, fake(g, key)))

    def iterate(state, _):
        g, d, of_g, of_d, i, data, key = state
        key, key_d, key_g = random.split(key, 3)
        loss_d, grad = jax.value_and_grad(objective_d)(d, data[i % BATCHES], fake(g, key_d))
        update, of_d = optimizer.update(grad, of_d)
        d = optax.apply_updates(d, update)
        loss_g, grad = jax.value_and_grad(objective_g)(g, d, key_g)
        update, of_g = optimizer.update(grad, of_g)
        g = optax.apply_updates(g, update)
        return (g, d, of_g, of_d, i + 1, data, key), (loss_d, loss_g)

    key_g, key_d, key_x, key = random.split(random.key(0), 4)
    g, d = init(work["g"], work["z"], key_g), init(work["d"], work["x"], key_d)
    state = (g, d, optimizer.init(g), optimizer.init(d), 0, stand_in_data(work, key_x), key)
    return jax.jit(lambda state: lax.scan(iterate, state, length=PER_CALL)), state


def main():
    name, seconds = sys.argv[1], float(sys.argv[2])
    work = json.loads(Path(__file__).with_name("workloads.json").read_text())[name]
    call, state = make_iterations(work)
    for _ in range(2):
        state, losses = jax.block_until_ready(call(state))
    start, iterations = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - start) < seconds:
        state, losses = jax.block_until_ready(call(state))
        iterations += PER_CALL
    result = {
        "iterationsPerSecond": iterations / elapsed,
        "iterations": iterations,
        "losses": [float(loss[-1]) for loss in losses],
        "version": f"jax {jax.__version__}, optax {optax.__version__}",
    }
    print(json.dumps(result))


main()
