#!/usr/bin/env python3
"""Reference critical points of the `relu_sum` loss with k orthonormal teachers and n = k.

What it computes
    In the basis of the teachers (d = k) the loss is unchanged when neurons and
    coordinates are permuted together, so matrices fixed by S_{k-m} x S_m hold six
    distinct numbers at most: with the first block of k - m indices and the second
    of m,

        diag1, off1       on and off the diagonal of the first block,
        block12, block21  neurons of block 1 on coordinates of block 2, and back,
        diag2, off2       as in the first block.

    Each family starts at W = I with the rows of one block negated:

        II, II^2, II^3    the block of m = 1, 2, 3 (Arjevani and Field call m = 1 type II)
        A                 all rows (m = 0)
        I                 all rows but one (m = 1, the block of k - 1 negated)

    Plain descent in double precision keeps to that subspace long enough to reach
    its minimum there, which may be a saddle of the whole landscape. Newton steps in
    60-digit arithmetic finish it; the gradient ends below 1e-45.

    Eigenvalues of the whole Hessian come from double-precision eigenvectors
    through Rayleigh quotients in 60-digit arithmetic, so their error is that of
    the eigenvector squared. Closed forms are those of `relu_sum.py`, which checks
    them against differences of the loss.

Output
    A JSON list on stdout, one critical point a line: "k", "family", "shape" (orbit
    sizes of neurons | teachers), the six numbers (null where the shape has no such
    entry), "loss", "lambda_min", "lambda_max" and "index" (number of negative
    eigenvalues) of the k^2 x k^2 Hessian, and "extra_min", the smallest eigenvalue
    of the n x n block that each further input dimension adds to the Hessian.
    Shortest round-trip decimals of the nearest doubles.

    The script asserts the onsets: II, II^2, II^3, A and I are minima from
    k = 6, 8, 10, 6 and 7 on, and saddles one dimension below. It also asserts the
    figures published for the minimum at k = 6: its loss, 0.025080581, and a lower
    bound of its smallest eigenvalue, 0.00469966, which the value exceeds by 7e-7.

Regenerate (needs mpmath and numpy; takes less than a minute)
    python3 tests/oracle/relu_sum_families.py > tests/oracle/relu_sum_families.json
"""

import json
import sys

import numpy as np
from mpmath import atan2, lu_solve, matrix, mp, mpf, nstr, pi

from relu_sum import Loss, angle_parts, closed_gradient, closed_hessian, nearest

mp.dps = 60
NEWTON_STEP = mpf(10) ** -25
RESIDUAL = mpf(10) ** -45

# family: (size of block 2, which block is negated at the start, sizes k)
FAMILIES = {
    "II": (1, 2, range(5, 13)),
    "II^2": (2, 2, range(7, 11)),
    "II^3": (3, 2, range(9, 11)),
    "A": (0, 1, range(5, 7)),
    "I": (1, 1, range(6, 8)),
}
MINIMUM_FROM = {"II": 6, "II^2": 8, "II^3": 10, "A": 6, "I": 7}
KNOWN_INDEX = {("II", 5): 3, ("A", 5): 6, ("I", 6): 6}


# --- finding them --------------------------------------------------------------


def slope(w):
    """Gradient in double precision."""
    norms = np.linalg.norm(w, axis=1)
    units = w / norms[:, None]
    among = np.clip(units @ units.T, -1, 1)
    np.fill_diagonal(among, 1)
    across = lambda c: np.sqrt((1 - c) * (1 + c))
    radial = across(among) @ norms - across(units).sum(axis=1)
    angles = (np.pi - np.arccos(among)) @ w - (np.pi - np.arccos(units))
    return (radial[:, None] * units + angles) / (2 * np.pi)


def descend(k, m, negated):
    w = np.eye(k)
    block = slice(0, k - m) if negated == 1 else slice(k - m, k)
    w[block] *= -1
    for _ in range(100_000):
        g = slope(w)
        w -= 0.1 * g
        if abs(g).max() < 1e-12:
            return w
    raise AssertionError(f"descent at k = {k}, m = {m} did not settle")


def places(k, m):
    """One position for each distinct entry, in the order of the six numbers."""
    last = k - 1
    found = {"diag1": (0, 0), "off1": (0, 1)}
    if m:
        found |= {"block12": (0, last), "block21": (last, 0), "diag2": (last, last)}
    if m > 1:
        found["off2"] = (last, last - 1)
    return found


def expand(values, k, m):
    def name(i, j):
        first, second = i < k - m, j < k - m
        if first != second:
            return "block12" if first else "block21"
        return ("diag" if i == j else "off") + ("1" if first else "2")

    return [[values[name(i, j)] for j in range(k)] for i in range(k)]


def unit_rows(k):
    return [[mpf(i == j) for j in range(k)] for i in range(k)]


def polish(w, k, m):
    spots = places(k, m)
    names = list(spots)
    values = {name: mpf(float(w[spot])) for name, spot in spots.items()}

    def residual(values):
        flat = closed_gradient(expand(values, k, m), unit_rows(k))
        return matrix([flat[i * k + j] for i, j in spots.values()])

    for _ in range(4):
        at = residual(values)
        jacobian = matrix(len(names), len(names))
        for column, name in enumerate(names):
            change = (residual(values | {name: values[name] + NEWTON_STEP}) - at) / NEWTON_STEP
            for row in range(len(names)):
                jacobian[row, column] = change[row]
        step = lu_solve(jacobian, at)
        values = {name: value - step[i] for i, (name, value) in enumerate(values.items())}
        if max(abs(x) for x in step) < mpf(10) ** -40:
            break
    left = max(abs(x) for x in closed_gradient(expand(values, k, m), unit_rows(k)))
    assert left < RESIDUAL, nstr(left, 3)
    distinct = sorted(values.values())
    assert min(b - a for a, b in zip(distinct, distinct[1:])) > 1e-3
    return values


# --- describing them -----------------------------------------------------------


def extra_block(rows):
    """What one further input dimension adds to the Hessian."""
    n = len(rows)
    block = [[mpf(i == j) / 2 for j in range(n)] for i in range(n)]
    for i, u in enumerate(rows):
        signed = [(1, j, v) for j, v in enumerate(rows) if j != i]
        signed += [(-1, None, v) for v in unit_rows(len(u))]
        for sign, j, v in signed:
            a, b, _, c, s, _ = angle_parts(u, v)
            block[i][i] += sign * b * s / (2 * pi * a)
            if j is not None:
                block[i][j] = (pi - atan2(s, c)) / (2 * pi)
    return block


def spectrum(rows):
    """Eigenvalues in double precision; the smallest and largest refined."""
    values, vectors = np.linalg.eigh(np.array([[float(x) for x in row] for row in rows]))

    def quotient(vector):
        v = [mpf(float(x)) for x in vector]
        image = [sum(x * y for x, y in zip(row, v)) for row in rows]
        return sum(x * y for x, y in zip(image, v)) / sum(x * x for x in v)

    low, high = quotient(vectors[:, 0]), quotient(vectors[:, -1])
    assert abs(low - values[0]) < 1e-12 and abs(high - values[-1]) < 1e-12
    return values, low, high


def describe(family, k, m, negated):
    values = polish(descend(k, m, negated), k, m)
    rows = expand(values, k, m)
    eigenvalues, low, high = spectrum(closed_hessian(rows, unit_rows(k)))
    assert min(abs(eigenvalues)) > 1e-4, "a degenerate critical point has no index"
    index = int((eigenvalues < 0).sum())
    shape = f"{k - m}+{m}" if m else f"{k}"
    names = ["diag1", "off1", "block12", "block21", "diag2", "off2"]
    point = {"k": k, "family": family, "shape": f"{shape} | {shape}"}
    point |= {name: nearest(values[name]) if name in values else None for name in names}
    point |= {
        "loss": nearest(Loss(rows, unit_rows(k)).at({})),
        "lambda_min": nearest(low),
        "lambda_max": nearest(high),
        "index": index,
        "extra_min": nearest(spectrum(extra_block(rows))[1]),
    }
    print(
        f"{family} k={k}: loss {point['loss']:.12f}, lambda_min {point['lambda_min']:.8f}, "
        f"lambda_max {point['lambda_max']:.6f}, index {index}, extra {point['extra_min']:.6f}",
        file=sys.stderr,
    )
    assert (index == 0) == (k >= MINIMUM_FROM[family])
    assert KNOWN_INDEX.get((family, k), index) == index
    return point


def main():
    points = [
        describe(family, k, m, negated)
        for family, (m, negated, sizes) in FAMILIES.items()
        for k in sizes
    ]
    six = next(p for p in points if p["family"] == "II" and p["k"] == 6)
    assert abs(six["loss"] - 0.025080581) < 1e-9
    assert 0 < six["lambda_min"] - 0.00469966 < 1e-6
    print("[\n" + ",\n".join(json.dumps(point) for point in points) + "\n]")


if __name__ == "__main__":
    main()
