#!/usr/bin/env python3
"""Escapes of perturbed descent from the spurious minimum, by an independent program.

What it checks
    Perturbed gradient descent for the one-hidden-layer CNN as in M. Zhou et al.,
    "Toward Understanding the Importance of Noise in Training Neural Networks"
    (ICML 2019, arXiv 1909.03172): noise uniform in a ball on the filter and on the
    output weights before each gradient, the filter put back on its sphere, from
    the spurious minimum of S. Du et al. (ICML 2018, arXiv 1712.00779).

How it is computed
    On the weights themselves, with NumPy's generator and functions: normal numbers
    over their norm times U^(1/n) for the noise, the gradient of the paper with
    arccos for the angle. A run has escaped once the iterate, without noise, is
    where descent provably goes to the global minimum: a.a* > 0, g(phi) - 1 +
    min(E, 0) >= 0, and the step conditions with the weights of that moment.

Output
    A JSON list on stdout, one cell a line: settings, number of runs, how many have
    escaped within the steps, the sum of steps (those that have not escaped count
    with all) and the sum of their squares.
    Needs numpy: python3 tests/oracle/noise.py > tests/oracle/noise.json
"""

import json

import numpy as np

RUNS = 4000

CELLS = [
    dict(filter_size=5, patches=4, ratio=1.5, noise_filter=3.0, noise_output=1.0, filter=1.0, output=0.2, steps=300),
    dict(filter_size=2, patches=3, ratio=1.0, noise_filter=2.0, noise_output=0.7, filter=1.0, output=0.3, steps=300),
    dict(filter_size=3, patches=9, ratio=2.5, noise_filter=4.0, noise_output=0.0, filter=1.5, output=0.1, steps=500),
    dict(filter_size=5, patches=25, ratio=4.0, noise_filter=4.0, noise_output=1.0, filter=1.0, output=0.046, steps=1200),
]


def ball(random, runs, n, radius):
    """Uniform points of the ball."""
    points = random.standard_normal((runs, n))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return radius * random.random((runs, 1)) ** (1 / n) * points


def angle(v):
    return np.arccos(np.clip(v[:, 0] / np.linalg.norm(v, axis=1), -1, 1))


def g(phi):
    return (np.pi - phi) * np.cos(phi) + np.sin(phi)


def gradient(v, a, star):
    """Of the loss at w* = e1, Theorem 3.2 of Du et al."""
    r = np.linalg.norm(v, axis=1, keepdims=True)
    phi = angle(v)[:, None]
    first = np.zeros_like(v)
    first[:, 0] = 1
    tangent = first - v * (v[:, :1] / r**2)
    down_v = -(np.pi - phi) / (2 * np.pi * r) * (a @ star)[:, None] * tangent
    k = len(star)
    difference = a.sum(1, keepdims=True) - star.sum()
    down_a = (difference + (np.pi - 1) * a - (g(phi) - 1) * star) / (2 * np.pi)
    assert down_a.shape == (len(v), k)
    return down_v, down_a


def simulate(c, random):
    p, k, q = c["filter_size"], c["patches"], c["ratio"]
    across = np.cos(np.pi * (2 * np.arange(k) + 1) / (2 * k))
    across /= np.linalg.norm(across)
    b1, b2 = np.sqrt(q / k), np.sqrt(1 - q / k)
    star = b1 / np.sqrt(k) + b2 * across
    ones = np.ones((k, k))
    spurious = np.linalg.solve(ones + (np.pi - 1) * np.eye(k), (ones - np.eye(k)) @ star)
    assert spurious @ star < 0
    v = np.zeros((RUNS, p))
    v[:, 0] = -1
    a = np.tile(spurious, (RUNS, 1))
    steps = np.full(RUNS, c["steps"])
    running = np.arange(RUNS)
    for step in range(c["steps"] + 1):
        overlap = a @ star
        gap = (star.sum() - a.sum(1)) * star.sum()
        along = a.sum(1) * star.sum() / k
        reach = np.maximum(abs(along), b1**2) + np.maximum(abs(overlap - along), b2**2)
        certain = c["filter"] * reach <= 2
        assert c["output"] * (k + np.pi - 1) <= 2 * np.pi
        escaped = certain & (overlap > 0) & (g(angle(v)) - 1 + np.minimum(gap, 0) >= 0)
        steps[running[escaped]] = step
        v, a, running = v[~escaped], a[~escaped], running[~escaped]
        if step == c["steps"]:
            break
        down_v, down_a = gradient(
            v + ball(random, len(v), p, c["noise_filter"]), a + ball(random, len(v), k, c["noise_output"]), star
        )
        v = v - c["filter"] * down_v
        v /= np.linalg.norm(v, axis=1, keepdims=True)
        a = a - c["output"] * down_a
    return RUNS - len(running), steps.astype(float)


random = np.random.default_rng(1909)
lines = []
for c in CELLS:
    escaped, steps = simulate(c, random)
    found = dict(runs=RUNS, escaped=escaped, sum=float(steps.sum()), squares=float((steps**2).sum()))
    lines.append(json.dumps({**c, **found}))
print("[\n" + ",\n".join(lines) + "\n]")
