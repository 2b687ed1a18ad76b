#!/usr/bin/env python3
"""Coefficients of the polynomials in src/numerics/random.rs.

For f32 and f64 this prints, lowest order first,

    L with 2 atanh(sqrt z) / sqrt z ~ L(z) on [0, (3 - sqrt 8)^2], relative
    E with expm1(-r) / -r           ~ E(r) on [0, 1.04], relative
    S with sin(pi sqrt z) / sqrt z  ~ S(z) on [0, 1/4], relative
    C with cos(pi sqrt z)           ~ C(z) on [0, 1/4], absolute

such that the largest error is as small as the degree allows (Remez exchange in
50 digits, one exchange of all points a round), and that error.

Regenerate (needs mpmath)
    python3 tests/oracle/random.py
"""

from mpmath import atanh, cos, expm1, lu_solve, matrix, mp, mpf, nstr, pi, sin, sqrt

mp.dps = 50
ROUNDS = 12
TINY = mpf(10) ** -30


def best(f, high, degree, relative):
    """Coefficients of the polynomial p of that degree with the smallest max |(p - f) / w| on [0, high], and that maximum; w = f or 1."""
    weight = f if relative else lambda x: mpf(1)
    node = lambda share: high / 2 * (1 - cos(pi * share))
    points = [node(mpf(2 * i + 1) / (2 * degree + 4)) for i in range(degree + 2)]
    fine = [node(mpf(i) / (60 * degree + 120)) for i in range(60 * degree + 121)]
    for _ in range(ROUNDS):
        system = matrix(degree + 2, degree + 2)
        right = matrix(degree + 2, 1)
        for i, x in enumerate(points):
            for k in range(degree + 1):
                system[i, k] = x**k / weight(x)
            system[i, degree + 1] = (-1) ** i
            right[i] = f(x) / weight(x)
        solution = lu_solve(system, right)
        coefficients = [solution[k] for k in range(degree + 1)]
        errors = [(sum(c * x**k for k, c in enumerate(coefficients)) - f(x)) / weight(x) for x in fine]
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


def logarithm(z):
    return 2 + 2 * z / 3 if z < TINY else 2 * atanh(sqrt(z)) / sqrt(z)


def exponential(r):
    return 1 - r / 2 if r < TINY else expm1(-r) / -r


def sine(z):
    return pi if z < TINY else sin(pi * sqrt(z)) / sqrt(z)


def cosine(z):
    return cos(pi * sqrt(z))


if __name__ == "__main__":
    for name, f, high, relative, degrees in [
        ("L", logarithm, (3 - sqrt(mpf(8))) ** 2, True, {"f32": 3, "f64": 7}),
        ("E", exponential, mpf("1.04"), True, {"f32": 6, "f64": 11}),
        ("S", sine, mpf(1) / 4, True, {"f32": 4, "f64": 7}),
        ("C", cosine, mpf(1) / 4, False, {"f32": 5, "f64": 8}),
    ]:
        for precision, degree in degrees.items():
            coefficients, error = best(f, high, degree, relative)
            print(f"{name} {precision}, {'relative' if relative else 'absolute'} error {nstr(error, 2)}")
            for c in coefficients:
                print(f"    {float(c)!r},")
