#!/usr/bin/env python3
"""High-precision oracle for the training loss of a wide convolutional layer.

What it checks
    The `wide_cnn` model, after Q. Nguyen and M. Hein, "Optimization Landscape and
    Expressivity of Deep CNNs" (2018, arXiv:1710.10928). N samples x_i of d inputs
    with targets y_i; T filters w_t of length l meet the patches of a sample that
    begin at the inputs 0, s, 2s, ...; with a bias b for every filter and patch,
    read-out weights v and a read-out bias c

        f(x) = sum_tp v_tp act(w_t . patch_p(x) + b_tp) + c,
        loss = 1/2 sum_i (f(x_i) - y_i)^2,

    act being log(1 + exp) or max(0, .). A point lists w_1 .. w_T, then b and v,
    each filter by filter, then c.

How it is computed
    The loss is summed literally, in 60 digits, and the gradient is its central
    difference, coordinate by coordinate, with step 1e-20: the truncation error is
    of order 1e-40 and the rounding error of order 1e-38.

    Samples and targets are drawn by a program of their own, written from the
    description of the method: 128 bits hashed from the data's seed, the text
    "wide_cnn data;d" and the sample's index seed a multiplicative congruential
    generator with XSL-RR output (O'Neill 2014), whose 52 upper bits are
    the uniform (i + 1/2)/2^52, and a normal number is the quantile of a uniform.
    They are rounded to doubles, which the loss takes as exact.

Output
    A JSON list on stdout, one case a line: parameters, "data" (all samples, then
    all targets), "point" (random doubles of 12 decimals from Python's
    `random.Random(SEED)`), "loss" and "gradient". Doubles are written as shortest
    round-trip decimals.

Regenerate (needs mpmath)
    python3 tests/oracle/wide_cnn.py > tests/oracle/wide_cnn.json
"""

import json
import random

from mpmath import erfinv, exp, log1p, mp, mpf, sqrt

mp.dps = 60
STEP = mpf(10) ** -20
SEED = 20180710

WORD = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645


# --- samples and targets ---------------------------------------------------


def mix(word):
    word ^= word >> 33
    word = word * 0xFF51AFD7ED558CCD & WORD
    word ^= word >> 33
    word = word * 0xC4CEB9FE1A85EC53 & WORD
    return word ^ (word >> 33)


def cell_seed(seed, text):
    low, high = mix(seed ^ GOLDEN), mix((seed + GOLDEN) & WORD)
    for index, byte in enumerate(text.encode()):
        word = (byte + (index + 1) * GOLDEN) & WORD
        low = mix(low ^ word)
        high = (high + word) & WORD
        high = mix((high << 32 | high >> 32) & WORD)
    return low, high


def uniforms(seed, run):
    low = mix(seed[0] ^ mix((run + GOLDEN) & WORD))
    high = mix(seed[1] ^ mix(run * GOLDEN & WORD ^ low))
    state = low | high << 64 | 1
    while True:
        state = state * MULTIPLIER % (1 << 128)
        word, turn = (state >> 64 ^ state) & WORD, state >> 122
        word = (word >> turn | word << (64 - turn)) & WORD
        yield (mpf(word >> 12) + mpf(1) / 2) / 2**52


def draw(samples, length, data_seed):
    """All samples, one after another, then all targets."""
    seed = cell_seed(data_seed, f"wide_cnn data;{length}")
    inputs, targets = [], []
    for i in range(samples):
        numbers = uniforms(seed, i)
        normals = [float(sqrt(2) * erfinv(2 * next(numbers) - 1)) for _ in range(length + 1)]
        inputs += normals[:length]
        targets.append(normals[length])
    return inputs + targets


# --- the model -------------------------------------------------------------


def activate(g, relu):
    if relu:
        return max(g, mpf(0))
    return g + log1p(exp(-g)) if g > 0 else log1p(exp(g))


def loss(case, data, point):
    count, length = case["samples"], case["input_length"]
    size, stride, filters = case["filter_length"], case["stride"], case["filters"]
    patches = (length - size) // stride + 1
    total = mpf(0)
    for i in range(count):
        x, y = data[i * length : (i + 1) * length], data[count * length + i]
        prediction = point[-1]
        for t in range(filters):
            w = point[t * size : (t + 1) * size]
            for p in range(patches):
                b = point[filters * size + t * patches + p]
                v = point[filters * (size + patches) + t * patches + p]
                g = b + sum(w[a] * x[p * stride + a] for a in range(size))
                prediction += v * activate(g, case["activation"] == "relu")
        total += (prediction - y) ** 2 / 2
    return total


def main():
    numbers = random.Random(SEED)
    shapes = [
        # filters, samples, input_length, filter_length, stride, activation, data_seed, size of the weights
        (1, 1, 1, 1, 1, "softplus", 0, 1),
        (2, 3, 5, 3, 2, "softplus", 1, 1),
        (2, 3, 5, 3, 2, "relu", 1, 1),
        (3, 4, 4, 4, 1, "softplus", 2**63 - 1, 0.3),
        (1, 20, 8, 3, 1, "softplus", 0, 1),
        (4, 20, 8, 3, 1, "softplus", 0, 0.5),
        (4, 20, 8, 3, 1, "softplus", 0, 12),
        (4, 20, 8, 3, 1, "relu", 12345, 1),
        (2, 30, 6, 1, 1, "softplus", 3, 2),
    ]
    cases = []
    for filters, samples, length, size, stride, activation, seed, scale in shapes:
        case = {
            "filters": filters,
            "samples": samples,
            "input_length": length,
            "filter_length": size,
            "stride": stride,
            "activation": activation,
            "data_seed": seed,
        }
        patches = (length - size) // stride + 1
        data = draw(samples, length, seed)
        point = [round(numbers.gauss(0, scale), 12) for _ in range(filters * (size + 2 * patches) + 1)]
        exact, weights = [mpf(x) for x in data], [mpf(x) for x in point]
        slopes = []
        for i in range(len(point)):
            ahead, behind = weights[:], weights[:]
            ahead[i] += STEP
            behind[i] -= STEP
            slopes.append(float((loss(case, exact, ahead) - loss(case, exact, behind)) / (2 * STEP)))
        cases.append(
            case | {"data": data, "point": point, "loss": float(loss(case, exact, weights)), "gradient": slopes}
        )
    print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")


main()
