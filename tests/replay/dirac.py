"""The Dirac-GAN integrated once more, by other means: losses written out, gradients by complex steps, expectations by
Gauss-Hermite quadrature. Prints where each method stands after 5, 20, 100 and 500 steps, which crates/core/tests/dirac.rs holds; with a
dirac.csv of `adversaria reproduce dirac` as argument, compares every point of it and says how far they are apart.

Usage: python3 dirac.py [dirac.csv]; needs numpy."""

import csv
import sys

import numpy as np

H, STEPS, START = 0.2, 500, (1.0, 1.0)
LOOKS = (5, 20, 100, 500)
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(80)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def f(t):
    return -np.log(1 + np.exp(-t))


def value(theta, psi):
    """L(θ, ψ): what D climbs."""
    return f(psi * theta) + f(0 * psi)


def noisy(sigma):
    def noisy_value(theta, psi):
        return sum(w * (f(psi * (theta + sigma * x)) + f(-psi * sigma * x)) for x, w in zip(NODES, WEIGHTS))

    return noisy_value


def by(loss, which, theta, psi):
    """The derivative of a loss by one of its arguments, by a complex step."""
    e = 1e-30
    at = (theta + 1j * e, psi) if which == 0 else (theta, psi + 1j * e)
    return loss(*at).imag / e


def minimax(loss, penalty=0.0):
    return lambda theta, psi: (-by(loss, 0, theta, psi), by(loss, 1, theta, psi) - penalty * psi)


def nonsaturating(penalty=0.0):
    # G descends −log D(G(z)) = −f(−(−ψθ)) with the sign that a(0) is the data's.
    own = lambda theta, psi: -f(-psi * theta)
    return lambda theta, psi: (-by(own, 0, theta, psi), by(value, 1, theta, psi) - penalty * psi)


def wasserstein_gp(weight, target):
    return lambda theta, psi: (-psi, theta - weight * (abs(psi) - target) * np.sign(psi))


def consensus(gamma):
    def analytic(theta, psi):
        # The field itself, so that complex steps go through it: f'(t) = 1 / (1 + e^t).
        s = 1 / (1 + np.exp(psi * theta))
        return -psi * s, theta * s

    def energy(theta, psi):
        a, b = analytic(theta, psi)
        return (a * a + b * b) / 2

    def field(theta, psi):
        a, b = analytic(theta, psi)
        return a - gamma * by(energy, 0, theta, psi), b - gamma * by(energy, 1, theta, psi)

    return field


METHODS = {
    "gan": (minimax(value), np.inf),
    "nsgan": (nonsaturating(), np.inf),
    "wgan": (lambda theta, psi: (-psi, theta), 1.0),
    "wgan-gp": (wasserstein_gp(0.7, 1.0), np.inf),
    "noise": (minimax(noisy(0.7)), np.inf),
    "r1-0.3": (minimax(value, 0.3), np.inf),
    "r1-1": (minimax(value, 1.0), np.inf),
    "consensus": (consensus(1.0), np.inf),
    "nsgan-r1-0.3": (nonsaturating(0.3), np.inf),
}
ORDERS = [("simultaneous", 1), ("alternating", 1), ("alternating", 5)]


def run(method, order, n_d):
    field, clip = METHODS[method]
    theta, psi = START
    way = [(theta, psi)]
    for _ in range(STEPS):
        if order == "simultaneous":
            a, b = field(theta, psi)
            theta, psi = theta + H * a, np.clip(psi + H * b, -clip, clip)
        else:
            theta = theta + H * field(theta, psi)[0]
            for _ in range(n_d):
                psi = np.clip(psi + H * field(theta, psi)[1], -clip, clip)
        way.append((float(theta), float(psi)))
    return way


def main():
    if len(sys.argv) < 2:
        for method in METHODS:
            for order, n_d in ORDERS:
                way = run(method, order, n_d)
                points = ", ".join(f"({theta!r}, {psi!r})" for theta, psi in (way[at] for at in LOOKS))
                print(f'    ("{method}", {n_d if order == "alternating" else 0}, [{points}]),')
        return
    with open(sys.argv[1], newline="") as file:
        rows = list(csv.DictReader(file))
    ways = {}
    worst = 0.0
    for row in rows:
        key = (row["method"], row["order"], int(row["n_d"]))
        way = ways.setdefault(key, None) or run(*key)
        ways[key] = way
        theta, psi = way[int(row["step"])]
        worst = max(worst, abs(theta - float(row["theta"])), abs(psi - float(row["psi"])))
    count = len(METHODS) * len(ORDERS) * (STEPS + 1)
    print(f"{len(rows)} points of {count}, at most {worst:.2e} apart")
    if len(rows) != count or not worst <= 1e-9:
        sys.exit(1)


main()
