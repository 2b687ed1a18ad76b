#!/usr/bin/env python3
"""High-precision oracle for networks with quadratic activation.

What it checks
    The `quadratic` model of S. S. Du and J. D. Lee, "On the Power of
    Over-parametrization in Neural Networks with Quadratic Activation" (ICML
    2018, arXiv:1803.01206): f(x; W) = sum_j (w_j . x)^2 with rows w_1 ... w_k,

        empirical   L(W) = 1/(2n) sum_i (f(x_i; W) - y_i)^2 + lambda/2 |W|^2
        population  L(W) = 1/2 E (f(x; W) - f(x; W*))^2,  x ~ N(0, I)

How it is computed
    The empirical loss by its definition. The population loss from the fourth
    moments of a Gaussian, E x_a x_b x_c x_e = [ab][ce] + [ac][be] + [ae][bc]
    (Isserlis), summed over all four indices; the closed form with the trace
    and the Frobenius norm is not used. Gradient and Hessian are central
    differences of that loss and of nothing else, with step 1e-30 in 110-digit
    arithmetic. The loss is a polynomial of degree 4, so that their truncation
    error is of the order of the squared step.

Output
    A JSON list on stdout, one case a line: "risk", "k", "d", "teacher" (rows
    of W*) or "samples" (rows: inputs, then the label) and "decay", "point"
    (rows of W), "loss", "energy" (the loss without weights plus that of the
    weights without labels: the positive terms of which the loss is the
    difference), "gradient" (row-major) and "hessian" (row-major). Inputs are
    doubles with three decimals, taken as exact; results are rounded to the
    nearest double. Every random number comes from `random.Random(SEED)`.

Regenerate (needs mpmath; takes some seconds)
    python3 tests/oracle/quadratic.py > tests/oracle/quadratic.json
"""

import json
import random

from mpmath import mp, mpf

DIGITS = 110
STEP = mpf(10) ** -30
SEED = 180301206


def outputs(rows, x):
    return sum(sum(w * v for w, v in zip(row, x)) ** 2 for row in rows)


def empirical(samples, decay):
    def loss(rows):
        residuals = (outputs(rows, s[:-1]) - s[-1] for s in samples)
        mean = sum(r * r for r in residuals) / len(samples)
        return (mean + decay * sum(w * w for row in rows for w in row)) / 2

    return loss


def population(teacher, d):
    def moment(a, b, c, e):
        return (a == b) * (c == e) + (a == c) * (b == e) + (a == e) * (b == c)

    def loss(rows):
        def entry(a, b):
            return sum(w[a] * w[b] for w in rows) - sum(v[a] * v[b] for v in teacher)

        m = [[entry(a, b) for b in range(d)] for a in range(d)]
        r = range(d)
        fours = ((a, b, c, e) for a in r for b in r for c in r for e in r)
        return sum(m[a][b] * m[c][e] * moment(a, b, c, e) for a, b, c, e in fours) / 2

    return loss


def moved(rows, index, by):
    out = [list(row) for row in rows]
    out[index // len(rows[0])][index % len(rows[0])] += by
    return out


def derivatives(loss, rows):
    size = len(rows) * len(rows[0])
    gradient = [(loss(moved(rows, i, STEP)) - loss(moved(rows, i, -STEP))) / (2 * STEP) for i in range(size)]
    hessian = []
    for i in range(size):
        for j in range(size):
            corners = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
            terms = (s * t * loss(moved(moved(rows, i, s * STEP), j, t * STEP)) for s, t in corners)
            hessian.append(sum(terms) / (4 * STEP * STEP))
    return gradient, hessian


def number(x):
    value = float(x)
    return 0.0 if abs(value) < 1e-25 else value


def exact(rows):
    return [[mpf(x) for x in row] for row in rows]


def main():
    mp.dps = DIGITS
    rng = random.Random(SEED)

    def normals(rows, columns, scale=1.0):
        return [[round(scale * rng.gauss(0, 1), 3) for _ in range(columns)] for _ in range(rows)]

    cases = []
    for k, d, rank in [(1, 1, 1), (2, 3, 1), (3, 3, 2), (4, 2, 3), (1, 4, 2)]:
        cases.append({"risk": "population", "k": k, "d": d, "teacher": normals(rank, d), "point": normals(k, d)})
    for k, d, n, decay in [(1, 1, 3, 0.0), (2, 3, 5, 0.0), (3, 2, 9, 0.25), (1, 4, 6, 0.0), (5, 2, 4, 0.125)]:
        samples = normals(n, d + 1)
        cases.append({"risk": "empirical", "k": k, "d": d, "samples": samples, "decay": decay, "point": normals(k, d)})
    # Small and large weights, where one of the loss's terms is nothing beside the others.
    for scale in (1e-2, 30.0):
        teacher = normals(1, 3)
        cases.append({"risk": "population", "k": 2, "d": 3, "teacher": teacher, "point": normals(2, 3, scale)})
    lines = []
    for case in cases:
        point = exact(case["point"])
        if case["risk"] == "population":
            loss, free = population(exact(case["teacher"]), case["d"]), population([], case["d"])
        else:
            samples = exact(case["samples"])
            loss = empirical(samples, mpf(case["decay"]))
            free = empirical([row[:-1] + [mpf(0)] for row in samples], mpf(case["decay"]))
        gradient, hessian = derivatives(loss, point)
        case["loss"] = number(loss(point))
        case["energy"] = number(loss([[mpf(0)] * case["d"]] * case["k"]) + free(point))
        case["gradient"] = [number(x) for x in gradient]
        case["hessian"] = [number(x) for x in hessian]
        lines.append(json.dumps(case))
    print("[\n" + ",\n".join(lines) + "\n]")


if __name__ == "__main__":
    main()
