#!/usr/bin/env python3
"""High-precision oracle for the population loss of the average-pooled ReLU CNN.

What it checks
    The `pooled_cnn` model of A. Brutzkus and A. Globerson, "Globally Optimal
    Gradient Descent for a ConvNet with Gaussian Inputs" (2017, arXiv:1702.07966):

        f(x; w) = (1/k) sum_i relu(w . x_i),   l(w) = E (f(x; w) - f(x; w*))^2,

    with k patches x_i of length m, patch i beginning at number i*s of one
    standard normal signal of length m + (k - 1) s.

How it is computed
    Literally: every w_i is written out as a vector of the whole signal, every
    pair of patches is one term of the sum, and

        E[relu(u.x) relu(v.x)] = |u||v| / (2 pi) (sqrt(1 - c^2) + c (pi - acos c)),

    c the cosine of the angle of u and v (Cho and Saul, 2009). No shift is
    collapsed. The gradient and the diagonal of the Hessian are central
    differences with step 1e-20 in 90-digit arithmetic.

Output
    A JSON list on stdout, one case a line; floats have 17 significant digits.
    Needs mpmath: python3 tests/oracle/pooled_cnn.py > tests/oracle/pooled_cnn.json
"""
import json
import random

from mpmath import acos, mp, mpf, pi, sqrt

mp.dps = 90
STEP = mpf(10) ** -20


def placed(w, i, s, length):
    full = [mpf(0)] * length
    for p, x in enumerate(w):
        full[i * s + p] = x
    return full


def kernel(u, v):
    dot = sum(a * b for a, b in zip(u, v))
    a, b = sqrt(sum(x * x for x in u)), sqrt(sum(x * x for x in v))
    c = dot / (a * b)
    c = max(min(c, mpf(1)), mpf(-1))
    return a * b / (2 * pi) * (sqrt(1 - c * c) + c * (pi - acos(c)))


def loss(w, teacher, k, s):
    length = len(w) + (k - 1) * s
    students = [placed(w, i, s, length) for i in range(k)]
    teachers = [placed(teacher, i, s, length) for i in range(k)]
    total = mpf(0)
    for i in range(k):
        for j in range(k):
            total += kernel(students[i], students[j])
            total -= 2 * kernel(students[i], teachers[j])
            total += kernel(teachers[i], teachers[j])
    return total / (k * k)


def moved(w, i, by):
    return [x + by if j == i else x for j, x in enumerate(w)]


def main():
    draw = random.Random(20170207)
    cases = []
    shapes = [(1, 4, 1), (2, 1, 1), (2, 2, 1), (2, 5, 2), (3, 4, 1), (4, 3, 1), (4, 6, 3), (5, 4, 2), (5, 5, 7), (7, 3, 1), (9, 2, 4)]
    for m, k, s in shapes:
        teacher = [draw.gauss(0, 1) for _ in range(m)]
        points = [[draw.gauss(0, 1) for _ in range(m)] for _ in range(2)]
        points.append([x + 1e-3 * draw.gauss(0, 1) for x in teacher])
        if m > 1:
            points.append([-0.7 * x + 1e-4 * draw.gauss(0, 1) for x in teacher])
            points.append(list(reversed(teacher)))
        for point in points:
            w, v = [mpf(x) for x in point], [mpf(x) for x in teacher]
            here = loss(w, v, k, s)
            ahead = [loss(moved(w, i, STEP), v, k, s) for i in range(m)]
            behind = [loss(moved(w, i, -STEP), v, k, s) for i in range(m)]
            cases.append({
                "filter_length": m, "patches": k, "stride": s, "teacher": teacher, "point": point,
                "loss": float(here),
                "gradient": [float((a - b) / (2 * STEP)) for a, b in zip(ahead, behind)],
                "hessian_diagonal": [float((a - 2 * here + b) / STEP ** 2) for a, b in zip(ahead, behind)],
            })
    print("[" + ",\n".join(json.dumps(case) for case in cases) + "]")


main()
