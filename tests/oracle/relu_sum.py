#!/usr/bin/env python3
"""High-precision oracle for the population loss of a sum of ReLU neurons.

What it checks
    The `relu_sum` model of I. Safran and O. Shamir, "Spurious Local Minima are
    Common in Two-Layer ReLU Neural Networks" (ICML 2018, arXiv:1712.08968). For
    x with d independent N(0, 1) entries, n student rows w_i and k teacher rows
    v_j, the loss is

        F(W) = 1/2 E[(sum_i relu(w_i . x) - sum_j relu(v_j . x))^2].

How it is computed
    The loss expands the square and sums, pair of neurons by pair of neurons,
    the degree-one arc-cosine kernel of Cho and Saul (2009),

        E[relu(u . x) relu(v . x)]
            = |u||v| / (2 pi) (sqrt(1 - c^2) + c (pi - acos c)),   c = cos(u, v).

    Gradient and Hessian are central differences of that loss and of nothing
    else, with step 1e-30 in 110-digit arithmetic. Their truncation error is of
    order 1e-60 times a fourth derivative, which is at most about 1e24 here (the
    case with a neuron of norm 1e-8). Where two rows are exactly parallel or
    opposite the loss is only C^2 and the error is of the order of the step.
    Results below 1e-28 in size are therefore written as 0.

    Three checks run every time:
    * the closed forms of the gradient and of the Hessian (below) agree with the
      differences, to 1e-20 relative to max(1, |value|);
    * for the first case the loss, computed once more from two-dimensional
      Gaussian integrals without the arc-cosine kernel, agrees to 1e-20;
    * the constant of k orthonormal teachers is k/4 + k(k-1)/(4 pi).

Output
    A JSON list on stdout, one case a line: "n", "k", "d", "teacher" and "point"
    (lists of rows), "loss", "energy" = 1/2 E[student^2] + 1/2 E[teacher^2] (the
    positive terms of which the loss is the difference; the natural scale of its
    rounding error), "gradient" (row-major, n*d numbers), and either "hessian"
    (row-major, (n*d)^2 numbers) or "hessian_entries", a random selection written
    as [row, column, value] with row <= column.
    Inputs are doubles taken as exact; results are rounded to the nearest double;
    all are written as shortest round-trip decimals. The cases are deterministic:
    every random number comes from `random.Random(SEED)` and is rounded to three
    decimals.

Regenerate (needs mpmath; takes less than a minute)
    python3 tests/oracle/relu_sum.py > tests/oracle/relu_sum.json
"""

import json
import random
import sys

from mpmath import acos, atan2, exp, mp, mpf, nstr, pi, sqrt, workdps

DIGITS = 110
STEP = mpf(10) ** -30
NOTHING = mpf(10) ** -28
AGREEMENT = mpf(10) ** -20
SEED = 20180712
FULL_HESSIAN = 36
ENTRIES = 60
FAR, PANELS, NODES = mpf(13), 7, 28

mp.dps = DIGITS


# --- the loss ----------------------------------------------------------------


def dot(x, y):
    return sum((s * t for s, t in zip(x, y)), mpf(0))


def norm(x):
    return sqrt(dot(x, x))


def kernel(u, v):
    """E[relu(u . x) relu(v . x)] for x ~ N(0, I)."""
    norms = norm(u) * norm(v)
    c = max(mpf(-1), min(mpf(1), dot(u, v) / norms))
    return norms / (2 * pi) * (sqrt(1 - c * c) + c * (pi - acos(c)))


class Loss:
    """The loss as a function of W, which re-evaluates only what a change touches."""

    def __init__(self, rows, teacher):
        self.rows, self.teacher = rows, teacher
        n = len(rows)
        self.student_student = {
            (i, j): kernel(rows[i], rows[j]) for i in range(n) for j in range(i, n)
        }
        self.student_teacher = {
            (i, j): kernel(u, v) for i, u in enumerate(rows) for j, v in enumerate(teacher)
        }
        self.constant = sum(kernel(u, v) for u in teacher for v in teacher) / 2

    def at(self, changed):
        """The loss with some rows replaced: {index: row}."""
        row = lambda i: changed.get(i, self.rows[i])
        total = self.constant
        for (i, j), value in self.student_student.items():
            if i in changed or j in changed:
                value = kernel(row(i), row(j))
            total += value / 2 if i == j else value
        for (i, j), value in self.student_teacher.items():
            if i in changed:
                value = kernel(row(i), self.teacher[j])
            total -= value
        return total

    def energy(self):
        return self.at({}) + sum(self.student_teacher.values())


def moved(rows, shifts):
    """The rows that change when W[i][a] += shift for each (i, a, shift)."""
    changed = {}
    for i, a, shift in shifts:
        row = changed.setdefault(i, list(rows[i]))
        row[a] += shift
    return changed


def difference_gradient(loss):
    slopes = []
    for i, row in enumerate(loss.rows):
        for a in range(len(row)):
            up, down = (loss.at(moved(loss.rows, [(i, a, s)])) for s in (STEP, -STEP))
            slopes.append((up - down) / (2 * STEP))
    return slopes


def difference_hessian(loss, p, q):
    """Entry (p, q) of the Hessian, p and q being flat indices."""
    d = len(loss.rows[0])
    at = lambda s, t: loss.at(moved(loss.rows, [(*divmod(p, d), s), (*divmod(q, d), t)]))
    if p == q:
        return (at(STEP, 0) - 2 * loss.at({}) + at(-STEP, 0)) / STEP**2
    corners = at(STEP, STEP) - at(STEP, -STEP) - at(-STEP, STEP) + at(-STEP, -STEP)
    return corners / (4 * STEP**2)


# --- the closed forms ---------------------------------------------------------


def angle_parts(u, v):
    """|u|, |v|, u/|u|, cosine and sine of the angle, and the unit vector m across u
    for which v/|v| = cos u/|u| + sin m (zero where u and v are parallel)."""
    a, b = norm(u), norm(v)
    unit = [x / a for x in u]
    c = dot(unit, v) / b
    across = [y / b - c * x for x, y in zip(unit, v)]
    s = norm(across)
    parallel = s < mpf(10) ** (10 - mp.dps // 2)
    across = [mpf(0) if parallel else x / s for x in across]
    return a, b, unit, c, mpf(0) if parallel else s, across


def closed_gradient(rows, teacher):
    """w_i/2 + sum of +-(|v| sin t w_i/|w_i| + (pi - t) v) / (2 pi) over the others v."""
    result = []
    for i, w in enumerate(rows):
        total = [x / 2 for x in w]
        others = [(1, u) for j, u in enumerate(rows) if j != i] + [(-1, v) for v in teacher]
        for sign, other in others:
            _, b, unit, c, s, _ = angle_parts(w, other)
            rest = pi - atan2(s, c)
            total = [
                t + sign * (b * s * x + rest * y) / (2 * pi)
                for t, x, y in zip(total, unit, other)
            ]
        result += total
    return result


def curvature_own(u, v):
    """Second derivative of the kernel in u twice:
    |v| sin t / (2 pi |u|) (I - u u^T/|u|^2 + m m^T)."""
    a, b, p, _, s, m = angle_parts(u, v)
    size = range(len(u))
    factor = b * s / (2 * pi * a)
    return [[factor * ((x == y) - p[x] * p[y] + m[x] * m[y]) for y in size] for x in size]


def curvature_mixed(u, v):
    """Second derivative of the kernel in u (rows) and v (columns), with p = u/|u|:
    ((pi - t) I + sin t cos t (p p^T - m m^T) + sin^2 t (p m^T + m p^T)) / (2 pi)."""
    _, _, p, c, s, m = angle_parts(u, v)
    size = range(len(u))
    rest = pi - atan2(s, c)

    def entry(x, y):
        plane = c * (p[x] * p[y] - m[x] * m[y]) + s * (p[x] * m[y] + m[x] * p[y])
        return ((x == y) * rest + s * plane) / (2 * pi)

    return [[entry(x, y) for y in size] for x in size]


def closed_hessian(rows, teacher):
    n, d = len(rows), len(rows[0])
    matrix = [[mpf(0)] * (n * d) for _ in range(n * d)]

    def add(i, j, sign, block):
        for x in range(d):
            for y in range(d):
                matrix[i * d + x][j * d + y] += sign * block[x][y]

    half = [[mpf(x == y) / 2 for y in range(d)] for x in range(d)]
    for i, u in enumerate(rows):
        add(i, i, 1, half)
        for v in teacher:
            add(i, i, -1, curvature_own(u, v))
        for j, v in enumerate(rows):
            if j != i:
                add(i, i, 1, curvature_own(u, v))
                add(i, j, 1, curvature_mixed(u, v))
    return matrix


# --- the integral --------------------------------------------------------------


def gauss_legendre(count):
    """Nodes and weights on [0, 1]."""
    nodes = []
    for i in range(count):
        x = mp.cos(pi * (i + mpf(3) / 4) / (count + mpf(1) / 2))
        for _ in range(8):
            before, value = mpf(1), x
            for m in range(2, count + 1):
                before, value = value, ((2 * m - 1) * x * value - (m - 1) * before) / m
            slope = count * (x * value - before) / (x * x - 1)
            x -= value / slope
        nodes.append(((1 + x) / 2, 1 / ((1 - x * x) * slope**2)))
    return nodes


def integrate(function, end, panels, rule):
    """Composite rule on [0, end]."""
    width = end / panels
    places = [(panel + node, weight) for panel in range(panels) for node, weight in rule]
    return width * sum(weight * function(place * width) for place, weight in places)


def integrated_kernel(u, v, rule):
    """E[relu(u . x) relu(v . x)] for vectors of the plane, as an integral.

    In axes along and across u, with t the angle to v, the integrand is
    |u||v| x (x cos t + y sin t) on x > 0, y > -x cot t. Beyond FAR standard
    deviations the weight is below 1e-36.
    """
    a, b, _, c, s, _ = angle_parts(u, v)
    if s == 0:
        assert c > 0
        line = integrate(lambda x: x * x * exp(-x * x / 2), FAR, PANELS, rule)
        return a * b * line / sqrt(2 * pi)
    slope = c / s

    def inner(x):
        # y = z - x cot t turns the second factor into z sin t.
        strip = lambda z: z * exp(-((z - x * slope) ** 2) / 2)
        return x * exp(-x * x / 2) * integrate(strip, FAR + max(x * slope, 0), 2 * PANELS, rule)

    return a * b * s / (2 * pi) * integrate(inner, FAR, PANELS, rule)


def integrated_loss(rows, teacher):
    rule = gauss_legendre(NODES)
    total = mpf(0)
    signed = [(1, u) for u in rows] + [(-1, v) for v in teacher]
    for i, (p, u) in enumerate(signed):
        for j in range(i, len(signed)):
            q, v = signed[j]
            total += p * q * integrated_kernel(u, v, rule) / (2 if i == j else 1)
    return total


# --- the cases -------------------------------------------------------------------


def standard(k, d):
    """The first k unit vectors of R^d."""
    return [[float(j == a) for a in range(d)] for j in range(k)]


def gaussian(rng, rows, d, scale=1.0):
    return [[round(rng.gauss(0, scale), 3) for _ in range(d)] for _ in range(rows)]


def flipped(k):
    """Three decimals of the k = 6 minimum with one neuron turned round."""
    rows = [[0.987 if i == j else -0.05 for j in range(k)] for i in range(k)]
    for i in range(k - 1):
        rows[i][k - 1], rows[k - 1][i] = 0.308, 0.225
    rows[k - 1][k - 1] = -0.602
    return rows


def build():
    """(what the case is for, teacher, point)"""
    rng = random.Random(SEED)
    return [
        ("the plane", standard(2, 2), gaussian(rng, 2, 2)),
        ("one neuron, two teachers", standard(2, 2), gaussian(rng, 1, 2)),
        ("one more neuron and dimension", standard(2, 3), gaussian(rng, 3, 3)),
        ("more teachers than neurons", gaussian(rng, 4, 3), gaussian(rng, 3, 3)),
        ("general teachers", gaussian(rng, 3, 4), gaussian(rng, 4, 4)),
        (
            "almost parallel: neurons 0 and 1, neuron 2 and teacher 2",
            standard(3, 3),
            [[0.6, 0.8, 0.0], [0.6, 0.8, 1e-6], [0.0, 1e-6, 1.25]],
        ),
        (
            "almost opposite: neurons 0 and 1, neuron 2 and teacher 2",
            standard(3, 4),
            [[0.6, 0.8, 0.0, 0.0], [-0.3, -0.4, 0.0, 5e-7], [0.0, 1e-6, -0.75, 0.0]],
        ),
        (
            "exactly parallel and opposite",
            standard(2, 3),
            [[0.5, -0.75, 0.25], [1.0, -1.5, 0.5], [-0.25, 0.375, -0.125], [0.0, -0.5, 0.0]],
        ),
        (
            "a neuron of norm 1e-8",
            standard(2, 3),
            [[0.912, -0.131, 0.204], [6e-9, -8e-9, 0.0], [-0.317, 0.745, -0.088]],
        ),
        ("the global minimum", standard(3, 3), standard(3, 3)),
        (
            "close to the global minimum",
            standard(4, 4),
            [
                [round(x + y, 3) for x, y in zip(*rows)]
                for rows in zip(standard(4, 4), gaussian(rng, 4, 4, 0.002))
            ],
        ),
        ("a start", standard(6, 6), gaussian(rng, 6, 6, 6**-0.5)),
        ("close to a spurious minimum", standard(6, 6), flipped(6)),
        ("a start with one more neuron", standard(6, 6), gaussian(rng, 7, 6, 6**-0.5)),
        ("general teachers, twice the dimensions", gaussian(rng, 5, 10), gaussian(rng, 8, 10)),
        ("large", standard(20, 20), gaussian(rng, 20, 20, 20**-0.5)),
    ]


def nearest(x):
    """The double nearest to an mpf; what differences cannot resolve is 0."""
    return 0.0 if abs(x) < NOTHING else float(nstr(x, 60))


def compare(what, name, left, right):
    error = abs(left - right) / max(1, abs(left))
    assert error < AGREEMENT, f"{name}: {what} differs by {nstr(error, 3)}"
    return error


def solve(rng, name, teacher, point):
    n, k, d = len(point), len(teacher), len(point[0])
    exact = lambda rows: [[mpf(x) for x in row] for row in rows]
    loss = Loss(exact(point), exact(teacher))
    case = {"case": name, "n": n, "k": k, "d": d, "teacher": teacher, "point": point}
    case["loss"] = nearest(loss.at({}))
    case["energy"] = nearest(loss.energy())
    if teacher == standard(k, d):
        constant = mpf(k) / 4 + k * (k - 1) / (4 * pi)
        compare("the constant", name, loss.constant, constant)

    gradient = difference_gradient(loss)
    worst = max(
        compare("gradient", name, x, y)
        for x, y in zip(gradient, closed_gradient(loss.rows, loss.teacher))
    )
    case["gradient"] = [nearest(x) for x in gradient]

    size = n * d
    upper = [(p, q) for p in range(size) for q in range(p, size)]
    chosen = upper if size <= FULL_HESSIAN else sorted(rng.sample(upper, ENTRIES))
    found = {pq: difference_hessian(loss, *pq) for pq in chosen}
    closed = closed_hessian(loss.rows, loss.teacher)
    for (p, q), value in found.items():
        worst = max(worst, compare("hessian", name, value, closed[p][q]))
    if size <= FULL_HESSIAN:
        case["hessian"] = [
            nearest(found[min(p, q), max(p, q)]) for p in range(size) for q in range(size)
        ]
    else:
        case["hessian_entries"] = [[p, q, nearest(found[p, q])] for p, q in chosen]
    print(f"{name}: loss {case['loss']:.6g}, closed forms {nstr(worst, 2)}", file=sys.stderr)
    return case, loss


def main():
    rng = random.Random(SEED + 1)
    cases = []
    for index, (name, teacher, point) in enumerate(build()):
        case, loss = solve(rng, name, teacher, point)
        if index == 0:
            with workdps(30):
                integral = integrated_loss(loss.rows, loss.teacher)
            error = compare("the integral", name, integral, loss.at({}))
            print(f"{name}: integral {nstr(error, 2)}", file=sys.stderr)
        cases.append(case)
    print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")


if __name__ == "__main__":
    main()
