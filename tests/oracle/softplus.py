#!/usr/bin/env python3
"""Coefficients of the polynomials in src/models/wide_cnn/softplus.rs.

For f32 and f64 this prints, lowest order first,

    Q with expm1(-r) / -r       ~ Q(r) on [0, 5/4]
    L with 2 atanh(sqrt z) / sqrt z ~ L(z) on [0, 1/9]

such that the largest relative error is as small as the degree allows (Remez
exchange in 50 digits, one exchange of all points a round), and that error.

Regenerate (needs mpmath)
    python3 tests/oracle/softplus.py
"""

from mpmath import atanh, cos, expm1, lu_solve, matrix, mp, mpf, nstr, pi, sqrt

mp.dps = 50
ROUNDS = 10
TINY = mpf(10) ** -30


def best(f, high, degree):
    """Coefficients of the polynomial of that degree with the smallest max |p/f - 1| on [0, high], and that maximum."""
    node = lambda share: high / 2 * (1 - cos(pi * share))
    points = [node(mpf(2 * i + 1) / (2 * degree + 4)) for i in range(degree + 2)]
    fine = [node(mpf(i) / (60 * degree + 120)) for i in range(60 * degree + 121)]
    for _ in range(ROUNDS):
        system = matrix(degree + 2, degree + 2)
        for i, x in enumerate(points):
            for k in range(degree + 1):
                system[i, k] = x**k / f(x)
            system[i, degree + 1] = (-1) ** i
        solution = lu_solve(system, matrix([1] * (degree + 2)))
        coefficients = [solution[k] for k in range(degree + 1)]
        errors = [sum(c * x**k for k, c in enumerate(coefficients)) / f(x) - 1 for x in fine]
        # The largest error between two changes of its sign.
        extrema = []
        for x, error in zip(fine, errors):
            if extrema and (extrema[-1][1] > 0) == (error > 0):
                extrema[-1] = max(extrema[-1], (x, error), key=lambda e: abs(e[1]))
            else:
                extrema.append((x, error))
        if len(extrema) != degree + 2:
            raise SystemExit(f"{len(extrema)} extrema, not {degree + 2}")
        points = [x for x, _ in extrema]
    return coefficients, max(abs(e) for e in errors)


def exponential(r):
    return 1 - r / 2 if r < TINY else expm1(-r) / -r


def logarithm(z):
    return 2 + 2 * z / 3 if z < TINY else 2 * atanh(sqrt(z)) / sqrt(z)


for name, f, high, degrees in [
    ("Q", exponential, mpf(5) / 4, {"f32": 6, "f64": 12}),
    ("L", logarithm, mpf(1) / 9, {"f32": 4, "f64": 9}),
]:
    for precision, degree in degrees.items():
        coefficients, error = best(f, high, degree)
        print(f"{name} {precision}, relative error {nstr(error, 2)}")
        for c in coefficients:
            print(f"    {float(c)!r},")
