#!/usr/bin/env python3
"""High-precision oracle for the population loss of the one-filter ReLU CNN.

What it checks
    The `cnn` model of S. S. Du, J. D. Lee, Y. Tian, B. Poczos and A. Singh,
    "Gradient Descent Learns One-hidden-layer CNN: Don't be Afraid of Spurious
    Local Minima" (2018, arXiv:1712.00779). An input is p x k, its columns
    Z_0 .. Z_{k-1} are the patches and all entries are independent N(0, 1). With

        f(Z; w, a) = sum_j a_j relu(w . Z_j),

    the student has filter v/|v| (weight normalisation) and output weights a, the
    teacher has (w*, a*), and the loss is

        l(v, a) = 1/2 E[(f(Z; v/|v|, a) - f(Z; w*, a*))^2].

    The teacher is the canonical one for (filter_size p, patches k, ratio q,
    teacher_norm n, filter_norm s), so that |a*| = n, (sum a*)^2 = q |a*|^2:

        w*   = s e_1,
        a*_j = B1 / sqrt(k) + B2 sqrt(2/k) cos(pi (2j + 1) / (2k)),
        B1   = n sqrt(q/k),   B2 = n sqrt(1 - q/k).

How it is computed
    Nothing here uses the collapsed closed form of the loss or of its gradient.
    The square is expanded into pairs of networks and every pair is summed
    literally over the patches i and j of the two networks, with

        i == j:  E[relu(u.Z_i) relu(u'.Z_i)]
                   = |u||u'| / (2 pi) (sqrt(1 - c^2) + c (pi - acos c)),
        i != j:  E[relu(u.Z_i)] E[relu(u'.Z_j)] = |u||u'| / (2 pi),

    where c is the cosine of the angle between u and u' (the first line is the
    degree-one arc-cosine kernel of Cho and Saul, 2009). The gradient is the
    central difference of that loss, coordinate by coordinate, with step 1e-20
    in 90-digit arithmetic: the truncation error is of order 1e-40 and the
    rounding error of order 1e-68.

Output
    A JSON list on stdout, one case a line. Inputs ("ratio", "teacher_norm",
    "filter_norm" and the concatenation "point" = v, a) are doubles taken as
    exact; "loss" and "gradient" (same order as "point") are the results rounded
    to the nearest double. All are written as shortest round-trip decimals.
    The cases are deterministic: every random number comes from Python's
    `random.Random(SEED).random()` with SEED = 20180712, and every coordinate is
    rounded to 12 decimals.

Regenerate (needs mpmath; the second command needs numpy as well)
    python3 tests/oracle/cnn.py > tests/oracle/cnn.json
    python3 tests/oracle/cnn.py --monte-carlo > /dev/null

    With --monte-carlo the script also asserts, for two small cases, that an
    average over 400 000 sampled inputs agrees with the loss within 4.5 standard
    errors, and reports the deviations on stderr.
"""

import json
import random
import sys

from mpmath import acos, cos, mp, mpf, nstr, pi, sin, sqrt

mp.dps = 90
STEP = mpf(10) ** -20
SEED = 20180712
SAMPLES = 400_000
MAX_DEVIATION = 4.5


# --- the model -------------------------------------------------------------


def teacher(case):
    """Filter and output weights of the canonical teacher."""
    p, k = case["filter_size"], case["patches"]
    q, n, s = (mpf(case[key]) for key in ("ratio", "teacher_norm", "filter_norm"))
    b1 = n * sqrt(q / k)
    b2 = n * sqrt(1 - q / k)
    filt = [s] + [mpf(0)] * (p - 1)
    output = [
        b1 / sqrt(mpf(k)) + b2 * sqrt(mpf(2) / k) * cos(pi * (2 * j + 1) / (2 * k))
        for j in range(k)
    ]
    return filt, output


def dot(x, y):
    return sum((s * t for s, t in zip(x, y)), mpf(0))


def relu_pair(u, v):
    """E[relu(u.Z) relu(v.Z)] for Z ~ N(0, I)."""
    norms = sqrt(dot(u, u)) * sqrt(dot(v, v))
    c = dot(u, v) / norms
    c = max(mpf(-1), min(mpf(1), c))
    return norms / (2 * pi) * (sqrt(1 - c * c) + c * (pi - acos(c)))


def relu_mean(u):
    """E[relu(u.Z)] for Z ~ N(0, I)."""
    return sqrt(dot(u, u)) / sqrt(2 * pi)


def network_pair(u, a, v, b):
    """E[f(Z; u, a) f(Z; v, b)], patch by patch."""
    same = relu_pair(u, v)
    different = relu_mean(u) * relu_mean(v)
    total = mpf(0)
    for i, ai in enumerate(a):
        for j, bj in enumerate(b):
            total += ai * bj * (same if i == j else different)
    return total


def make_loss(case):
    """The loss as a function of the point (v, a), in mpf."""
    p = case["filter_size"]
    w_star, a_star = teacher(case)
    teacher_square = network_pair(w_star, a_star, w_star, a_star)

    def loss(point):
        v, a = point[:p], point[p:]
        length = sqrt(dot(v, v))
        w = [x / length for x in v]
        student_square = network_pair(w, a, w, a)
        product = network_pair(w, a, w_star, a_star)
        return (student_square - 2 * product + teacher_square) / 2

    return loss


def differentiate(loss, point):
    gradient = []
    for i in range(len(point)):
        up, down = list(point), list(point)
        up[i] += STEP
        down[i] -= STEP
        gradient.append((loss(up) - loss(down)) / (2 * STEP))
    return gradient


def nearest(x):
    """The double nearest to an mpf."""
    return float(nstr(x, 60))


# --- the cases -------------------------------------------------------------

# (p, k, ratio, teacher_norm, filter_norm, angle, |v|, kind of a)
# angle is that between v and w*; the kinds of a:
#   "random"   uniform entries
#   "zero"     a = 0
#   "matched"  a = s a* plus noise of size 0.1
#   "near"     a = s a* plus noise of size 1e-3
#   "negative" a = -s a* plus noise of size 0.1
SPECS = [
    # one patch
    (2, 1, 1.0, 1.0, 1.0, 0.8, 1.0, "random"),
    (5, 1, 1.0, 1.7, 0.6, 2.3, 0.3, "random"),
    (3, 1, 1.0, 0.4, 2.5, 1e-3, 5.0, "near"),
    # small, generic
    (2, 2, 1.3, 1.0, 1.0, 1.1, 1.0, "random"),
    (2, 3, 0.7, 1.0, 1.0, 2.0, 0.9, "random"),
    (3, 2, 0.35, 2.2, 1.0, 0.4, 0.5, "random"),
    (3, 4, 2.6, 1.0, 1.9, 2.7, 1.4, "random"),
    (4, 5, 1.0, 0.8, 0.7, 1.5707, 2.0, "random"),
    (6, 6, 0.01, 1.0, 1.0, 1.9, 3.0, "random"),
    (6, 9, 8.5, 1.5, 0.45, 0.6, 5.0, "random"),
    # ratio 0 and ratio = k
    (2, 2, 0.0, 1.0, 1.0, 0.9, 1.2, "random"),
    (4, 6, 0.0, 2.0, 1.5, 2.4, 0.3, "random"),
    (8, 10, 0.0, 0.9, 1.1, 1.2, 1.0, "matched"),
    (2, 2, 2.0, 1.0, 1.0, 2.1, 0.7, "random"),
    (5, 4, 4.0, 0.6, 2.0, 0.7, 4.0, "random"),
    (7, 12, 12.0, 1.3, 1.0, 2.8, 1.0, "negative"),
    # small and almost straight angles
    (2, 3, 1.5, 1.0, 1.0, 1e-2, 1.0, "random"),
    (5, 8, 4.0, 1.2, 0.8, 1e-2, 2.5, "matched"),
    (2, 3, 1.5, 1.0, 1.0, "pi-1e-2", 1.0, "random"),
    (6, 5, 0.5, 1.4, 1.6, "pi-1e-2", 0.4, "random"),
    (9, 16, 16.0, 1.0, 1.0, "pi-1e-2", 3.0, "negative"),
    # near the global minimum
    (2, 2, 0.5, 1.0, 1.0, 1e-3, 1.0, "near"),
    (6, 7, 3.3, 1.8, 0.5, 1e-3, 0.5, "near"),
    (12, 20, 20.0, 0.7, 3.0, 1e-3, 3.0, "near"),
    # a = 0
    (4, 3, 2.0, 1.1, 1.3, 1.0, 1.7, "zero"),
    # large
    (39, 4, 1.1, 1.0, 1.0, 1.6, 1.0, "random"),
    (20, 20, 5.0, 1.0, 1.0, 2.2, 1.0, "random"),
    (25, 32, 0.2, 2.5, 0.9, 1.3, 1.8, "random"),
    (39, 64, 9.0, 1.0, 1.2, 2.6, 0.6, "matched"),
    (10, 100, 37.0, 3.0, 0.75, 0.5, 2.0, "random"),
    (39, 100, 100.0, 1.0, 1.0, 2.9, 1.0, "negative"),
]


def uniform(rng, count):
    return [mpf(2 * rng.random() - 1) for _ in range(count)]


def rounded(x):
    return round(float(x), 12)


def build(rng, spec):
    p, k, ratio, teacher_norm, filter_norm, angle, length, kind = spec
    case = {
        "filter_size": p,
        "patches": k,
        "ratio": ratio,
        "teacher_norm": teacher_norm,
        "filter_norm": filter_norm,
    }
    angle = pi - mpf("0.01") if angle == "pi-1e-2" else mpf(angle)
    side = uniform(rng, p - 1)
    side_length = sqrt(dot(side, side))
    v = [length * cos(angle)]
    v += [length * sin(angle) * x / side_length for x in side]

    noise = uniform(rng, k)
    matched = [filter_norm * x for x in teacher(case)[1]]
    if kind == "random":
        a = noise
    elif kind == "zero":
        a = [mpf(0)] * k
    else:
        sign, size = {"matched": (1, "0.1"), "near": (1, "0.001"), "negative": (-1, "0.1")}[kind]
        a = [sign * x + mpf(size) * e for x, e in zip(matched, noise)]
    case["point"] = [rounded(x) for x in v + a]
    return case


def solve(case):
    p = case["filter_size"]
    loss = make_loss(case)
    point = [mpf(x) for x in case["point"]]
    gradient = differentiate(loss, point)
    # Only the direction of v matters, so its gradient is orthogonal to v.
    v, g = point[:p], gradient[:p]
    assert abs(dot(v, g)) < mpf(10) ** -30
    case["loss"] = nearest(loss(point))
    case["gradient"] = [nearest(x) for x in gradient]


# --- sampling check --------------------------------------------------------


def monte_carlo(case, seed):
    """Deviation of a sampled loss from the stored one, in standard errors."""
    import numpy as np

    p, k = case["filter_size"], case["patches"]
    w_star, a_star = (np.array([float(x) for x in part]) for part in teacher(case))
    point = np.array(case["point"])
    v, a = point[:p], point[p:]
    z = np.random.default_rng(seed).standard_normal((SAMPLES, k, p))
    student = np.maximum(z @ (v / np.linalg.norm(v)), 0.0) @ a
    target = np.maximum(z @ w_star, 0.0) @ a_star
    values = 0.5 * (student - target) ** 2
    error = values.std(ddof=1) / np.sqrt(SAMPLES)
    deviation = (values.mean() - case["loss"]) / error
    print(
        f"monte carlo p={p} k={k} q={case['ratio']}: loss {case['loss']:.6f}, "
        f"sampled {values.mean():.6f} +- {error:.6f}, z = {deviation:+.2f}",
        file=sys.stderr,
    )
    assert abs(deviation) < MAX_DEVIATION, "sampled loss disagrees"


def main():
    rng = random.Random(SEED)
    cases = [build(rng, spec) for spec in SPECS]
    for case in cases:
        solve(case)
    if "--monte-carlo" in sys.argv[1:]:
        monte_carlo(cases[4], SEED + 1)  # p = 2, k = 3, all norms about 1
        monte_carlo(cases[6], SEED + 2)  # p = 3, k = 4, |w*| = 1.9
    print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")


if __name__ == "__main__":
    main()
