#!/usr/bin/env python3
"""Descents of networks with quadratic activation on given data, by NumPy.

What it checks
    Endpoints, outcomes and the reference value of the `quadratic` model's
    empirical risk (Du and Lee 2018, arXiv:1803.01206),

        L(W) = 1/(2n) sum_i (|W x_i|^2 - y_i)^2 + lambda/2 |W|^2,

    on data sets whose samples, labels and starts are written out, so that
    no generator has to be shared.

How it is computed
    Plain descent in double precision, W <- W - eta dL/dW, all runs together,
    for a fixed number of steps. The reference value is that of the convex
    problem in Z = W'W >= 0 by accelerated projected gradient with restarts
    (eigenvalues of Z clipped at 0), an upper bound that agrees with the
    least value to about 1e-9. What a run found is judged independently of
    the program under test: "global" if the excess over the reference is at
    most TOLERANCE * mean(y^2)/2; "spurious" if not, the gradient's norm is
    below 1e-6 and the Hessian, by differences of the gradient, has k(k-1)/2
    eigenvalues of 0 to 1e-5 and else positive ones; "unfinished" otherwise.

Output
    A JSON list on stdout, one case a line: "k", "d", "samples" (rows: inputs,
    then the label), "decay", "step", "steps", "reference", "starts",
    "endpoints" (lists of row-major weights), "losses" and "outcomes".

Regenerate (needs numpy; takes about half a minute)
    python3 tests/oracle/quadratic_descents.py > tests/oracle/quadratic_descents.json
"""

import json

import numpy as np

SEED = 2018
TOLERANCE = 1e-3
STEPS = 20_000
STEP = 0.02
RUNS = 40
# Labels, d, n, lambda, widths.
CASES = (("teacher", 6, 8, 0.0, (1, 2)), ("gaussian", 8, 12, 0.0, (1, 2, 3)), ("gaussian", 4, 9, 0.125, (1, 4)))


def gradient(W, X, y, decay):
    P = W @ X.T
    r = np.sum(P * P, -2) - y
    return 2 / len(y) * (P * r[..., None, :]) @ X + decay * W


def loss(W, X, y, decay):
    P = W @ X.T
    r = np.sum(P * P, -2) - y
    return 0.5 * np.mean(r * r, -1) + 0.5 * decay * np.sum(W * W, (-2, -1))


def reference(X, y, decay):
    d = X.shape[1]

    def value(Z):
        r = np.einsum("ia,ab,ib->i", X, Z, X) - y
        return 0.5 * np.mean(r * r) + 0.5 * decay * np.trace(Z), r

    L = np.linalg.norm(X @ X.T * (X @ X.T), 2) / len(y)
    Z = V = np.zeros((d, d))
    t, best = 1.0, value(Z)[0]
    for _ in range(100_000):
        r = value(V)[1]
        G = (X * r[:, None]).T @ X / len(y) + 0.5 * decay * np.eye(d)
        w, U = np.linalg.eigh(V - G / L)
        N = (U * np.maximum(w, 0)) @ U.T
        if np.sum((V - N) * (N - Z)) > 0:
            t = 1.0
        s = (1 + np.sqrt(1 + 4 * t * t)) / 2
        V, Z, t = N + (t - 1) / s * (N - Z), N, s
        best = min(best, value(Z)[0])
    return best


def outcome(W, X, y, decay, ref):
    k, d = W.shape
    if loss(W, X, y, decay) - ref <= TOLERANCE * 0.5 * np.mean(y * y):
        return "global"
    H = np.empty((k * d, k * d))
    for i in range(k * d):
        e = np.zeros(k * d)
        e[i] = 1e-5
        e = e.reshape(k, d)
        H[i] = ((gradient(W + e, X, y, decay) - gradient(W - e, X, y, decay)) / 2e-5).ravel()
    w = np.sort(np.linalg.eigvalsh(0.5 * (H + H.T)))
    flat = k * (k - 1) // 2
    still = np.linalg.norm(gradient(W, X, y, decay)) < 1e-6
    strict = np.all(np.abs(w[:flat]) < 1e-5) and np.all(w[flat:] > 1e-4)
    return "spurious" if still and strict else "unfinished"


def main():
    rng = np.random.default_rng(SEED)
    lines = []
    for name, d, n, decay, widths in CASES:
        X = np.round(rng.normal(size=(n, d)), 3)
        if name == "teacher":
            w = rng.normal(size=d)
            y = np.round((X @ (w / np.linalg.norm(w))) ** 2, 3)
        else:
            y = np.round(rng.normal(size=n), 3)
        ref = reference(X, y, decay)
        for k in widths:
            W0 = np.round(rng.normal(size=(RUNS, k, d)) / np.sqrt(k * d), 3)
            W = W0.copy()
            for _ in range(STEPS):
                W = W - STEP * gradient(W, X, y, decay)
            lines.append(json.dumps({
                "k": k, "d": d, "samples": np.column_stack([X, y]).tolist(), "decay": decay, "step": STEP, "steps": STEPS,
                "reference": float(ref), "starts": W0.reshape(RUNS, -1).tolist(),
                "endpoints": [[float(f"{x:.12g}") for x in row] for row in W.reshape(RUNS, -1)],
                "losses": [float(x) for x in loss(W, X, y, decay)],
                "outcomes": [outcome(V, X, y, decay, ref) for V in W],
            }))
    print("[\n" + ",\n".join(lines) + "\n]")


if __name__ == "__main__":
    main()
