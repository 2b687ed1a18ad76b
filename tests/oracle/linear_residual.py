#!/usr/bin/env python3
"""High-precision oracle for the loss of deep linear networks.

What it checks
    The `linear_residual` model: layers T_1 .. T_L and a target Phi, all d x d,

        l = 1/2 |T_L ... T_1 - Phi|_F^2

    (Bartlett, Helmbold and Long 2018, arXiv:1802.06093), its gradient, a few steps
    of gradient descent on all layers at once, and the scalar recursion

        theta <- theta - eta theta^(L-1) (theta^L - lambda).

How it is computed
    Matrices are multiplied entry by entry in 90-digit arithmetic. The gradient is the
    central difference of the loss, coordinate by coordinate, with step 1e-25: nothing
    uses products of prefixes and suffixes. The loss is a polynomial, and the
    truncation error of order 1e-50.

Output
    A JSON object on stdout. "points": layers, dimension, point (T_1 .. T_L row by row,
    then Phi), loss, gradient with respect to the layers. "descents": the same with a
    step size eta and the state after some steps. "scalars": the recursion. Inputs are
    doubles taken as exact; results are rounded to the nearest double. Random numbers
    come from Python's `random.Random(SEED).random()` with SEED = 180206093, rounded
    to 12 decimals.

Regenerate (needs mpmath)
    python3 tests/oracle/linear_residual.py > tests/oracle/linear_residual.json
"""

import json
import random

from mpmath import mp, mpf

mp.dps = 90
SEED = 180206093
draw = random.Random(SEED).random


def number(scale):
    return round(scale * (2 * draw() - 1), 12)


def multiply(a, b, d):
    return [sum((a[i * d + k] * b[k * d + j] for k in range(d)), mpf(0)) for i in range(d) for j in range(d)]


def loss(layers, target, d):
    product = layers[0]
    for layer in layers[1:]:
        product = multiply(layer, product, d)
    return sum(((p - t) ** 2 for p, t in zip(product, target)), mpf(0)) / 2


def gradient(layers, target, d):
    h = mpf(10) ** -25
    slopes = []
    for i in range(len(layers)):
        for c in range(d * d):
            sides = []
            for sign in (1, -1):
                moved = [list(layer) for layer in layers]
                moved[i][c] += sign * h
                sides.append(loss(moved, target, d))
            slopes.append((sides[0] - sides[1]) / (2 * h))
    return slopes


def start(layers, d, near):
    """Layers near the identity, or anywhere; the target anywhere."""
    identity = [1.0 if i // d == i % d else 0.0 for i in range(d * d)]
    stack = [[round(near * e + number(0.4 if near else 1.2), 12) for e in identity] for _ in range(layers)]
    return stack, [number(1.5) for _ in range(d * d)]


def points():
    for layers, d, near in [(1, 1, 1), (1, 3, 0), (2, 1, 0), (2, 3, 0), (3, 2, 1), (3, 4, 0), (4, 5, 1), (5, 2, 0), (7, 3, 1), (16, 2, 1)]:
        stack, target = start(layers, d, near)
        exact = [[mpf(x) for x in layer] for layer in stack]
        goal = [mpf(x) for x in target]
        yield {
            "layers": layers,
            "dimension": d,
            "point": sum(stack, []) + target,
            "loss": float(loss(exact, goal, d)),
            "gradient": [float(g) for g in gradient(exact, goal, d)],
        }


def descents():
    for layers, d, eta, steps in [(2, 2, 0.05, 20), (3, 2, 0.03, 20), (4, 3, 0.02, 8)]:
        stack, target = start(layers, d, 1)
        state = [[mpf(x) for x in layer] for layer in stack]
        goal = [mpf(x) for x in target]
        for _ in range(steps):
            slopes = gradient(state, goal, d)
            state = [[x - mpf(eta) * slopes[i * d * d + c] for c, x in enumerate(layer)] for i, layer in enumerate(state)]
        yield {
            "layers": layers,
            "dimension": d,
            "eta": eta,
            "steps": steps,
            "point": sum(stack, []) + target,
            "end": [float(x) for layer in state for x in layer],
        }


def scalars():
    for layers, eta, goal, steps in [
        (1, 0.1, -0.7, 40),
        (2, 0.05, 3.0, 100),
        (2, 0.1, -0.5, 200),
        (3, 0.03, 0.4, 150),
        (3, 0.7, -0.5, 30),
        (4, 0.02, -2.0, 500),
        (8, 0.011, 3.16, 300),
        (16, 0.005, 0.32, 400),
        (64, 0.0014, 1.5, 300),
    ]:
        theta = mpf(1)
        for _ in range(steps):
            theta -= mpf(eta) * theta ** (layers - 1) * (theta**layers - mpf(goal))
        yield {"layers": layers, "eta": eta, "lambda": goal, "steps": steps, "theta": float(theta)}


def main():
    parts = []
    for name, cases in (("points", points()), ("descents", descents()), ("scalars", scalars())):
        lines = ",\n".join("  " + json.dumps(case) for case in cases)
        parts.append(f' "{name}": [\n{lines}\n ]')
    print("{\n" + ",\n".join(parts) + "\n}")


main()
