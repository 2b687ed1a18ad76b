"""numba: a run at a time, tiles of runs in SIMD lanes, the reduced recursion; each with a fixed number of steps and with exit.

`fastmath` is on everywhere and the arc tangent is a polynomial, so that tiles vectorise; sizes are constants of each kernel, so
that loops over weights unroll. The number of steps is not: one kernel serves the check and the measurement.
"""

import math

import numba
import numpy as np
from landscape import arc_tangent
from numba import njit, prange

F32 = np.float32
HALF_PI, PI, ONE, ZERO = F32(0.5 * math.pi), F32(math.pi), F32(1), F32(0)
C0, C1, C2, C3, C4, C5, C6, C7, C8 = (F32(c) for c in arc_tangent())
WEIGHT = F32(math.pi - 1)
SMALLEST = F32(1e-15)  # subnormal numbers cost twenty times as much


@njit(fastmath=True, inline="always")
def supplement_of(x, y):
    """pi - atan2(y, x) for y >= 0."""
    wide = abs(x)
    t = min(wide, y) / max(wide, y)
    z = t * t
    f = C7 + z * C8
    f = C6 + z * f
    f = C5 + z * f
    f = C4 + z * f
    f = C3 + z * f
    f = C2 + z * f
    f = C1 + z * f
    f = (C0 + z * f) * t
    acute = HALF_PI - f if wide < y else f
    return acute if x < ZERO else PI - acute


@njit(fastmath=True, inline="always")
def verdict_of(kernel, gap, overlap, ceiling):
    """1 where the run can only end in the global minimum, 2 in the spurious one, else 0."""
    up = overlap > ZERO and kernel + min(gap, ZERO) >= ZERO
    down = overlap < ZERO and kernel + max(gap, ceiling) < ZERO
    return (1 if up else 0) + (2 if down else 0)


def rows(problem, exits):
    """A run at a time: the compiler vectorises over the weights of a run."""
    p, k = problem.v0.shape[1], problem.k
    scale, decay = F32(problem.scale), F32(problem.decay)
    output, target = problem.output, F32(problem.target)
    gap_scale, ceiling = F32(problem.gap_scale), F32(problem.gap_ceiling)

    @njit(parallel=True, fastmath=True)
    def kernel(v0, a0, v_out, a_out, taken, found, steps):
        for run in prange(v0.shape[0]):
            v, a = v_out[run], a_out[run]
            v[:] = v0[run]
            a[:] = a0[run]
            code, step = 0, 0
            while step < steps:
                y2 = ZERO
                for j in range(1, p):
                    y2 += v[j] * v[j]
                total = ZERO
                overlap = ZERO
                for j in range(k):
                    total += a[j]
                    overlap += a[j] * output[j]
                x, y = v[0], math.sqrt(y2)
                inverse = ONE / math.sqrt(x * x + y2)
                m = supplement_of(x, y)
                g1 = (m * x + y) * inverse - ONE
                if exits:
                    code = verdict_of(g1, (target - total) * gap_scale, overlap, ceiling)
                    if code != 0:
                        break
                drive, level = scale * g1, scale * (total - target)
                for j in range(k):
                    a[j] = a[j] * decay + (drive * output[j] - level)
                h = scale * overlap * m * inverse * inverse * inverse
                shrink = ONE - h * x
                for j in range(1, p):
                    v[j] *= shrink
                v[0] = x + h * y2
                step += 1
            taken[run], found[run] = step, code

    return kernel


def tiles(problem, lanes, exits):
    """Tiles of runs, one in each SIMD lane; a tile with exit goes on until all its runs have a verdict."""
    p, k = problem.v0.shape[1], problem.k
    scale, decay = F32(problem.scale), F32(problem.decay)
    output, target = problem.output, F32(problem.target)
    gap_scale, ceiling = F32(problem.gap_scale), F32(problem.gap_ceiling)

    @njit(parallel=True, fastmath=True)
    def kernel(v0, a0, v_out, a_out, taken, found, steps):
        for tile in prange(v0.shape[0] // lanes):
            first = tile * lanes
            v, a = np.empty((p, lanes), np.float32), np.empty((k, lanes), np.float32)
            total, overlap = np.empty(lanes, np.float32), np.empty(lanes, np.float32)
            y2, shrink = np.empty(lanes, np.float32), np.empty(lanes, np.float32)
            drive, level, push = np.empty(lanes, np.float32), np.empty(lanes, np.float32), np.empty(lanes, np.float32)
            code, count = np.zeros(lanes, np.int32), np.zeros(lanes, np.int32)
            for j in range(p):
                for lane in range(lanes):
                    v[j, lane] = v0[first + lane, j]
            for j in range(k):
                for lane in range(lanes):
                    a[j, lane] = a0[first + lane, j]
            step = 0
            while step < steps:
                for lane in range(lanes):
                    y2[lane] = ZERO
                    total[lane] = ZERO
                    overlap[lane] = ZERO
                for j in range(1, p):
                    for lane in range(lanes):
                        y2[lane] += v[j, lane] * v[j, lane]
                for j in range(k):
                    for lane in range(lanes):
                        total[lane] += a[j, lane]
                        overlap[lane] += a[j, lane] * output[j]
                for lane in range(lanes):
                    x, y = v[0, lane], math.sqrt(y2[lane])
                    inverse = ONE / math.sqrt(x * x + y2[lane])
                    m = supplement_of(x, y)
                    g1 = (m * x + y) * inverse - ONE
                    if exits:
                        seen = verdict_of(g1, (target - total[lane]) * gap_scale, overlap[lane], ceiling)
                        code[lane] = seen if code[lane] == 0 else code[lane]
                        count[lane] += 1 if code[lane] == 0 else 0
                    drive[lane], level[lane] = scale * g1, scale * (total[lane] - target)
                    h = scale * overlap[lane] * m * inverse * inverse * inverse
                    shrink[lane], push[lane] = ONE - h * x, h * y2[lane]
                if exits:
                    running = 0
                    for lane in range(lanes):
                        running += 1 if code[lane] == 0 else 0
                    if running == 0:
                        break
                for j in range(k):
                    for lane in range(lanes):
                        a[j, lane] = a[j, lane] * decay + (drive[lane] * output[j] - level[lane])
                for j in range(1, p):
                    for lane in range(lanes):
                        v[j, lane] *= shrink[lane]
                for lane in range(lanes):
                    v[0, lane] += push[lane]
                step += 1
            for j in range(p):
                for lane in range(lanes):
                    v_out[first + lane, j] = v[j, lane]
            for j in range(k):
                for lane in range(lanes):
                    a_out[first + lane, j] = a[j, lane]
            for lane in range(lanes):
                taken[first + lane] = count[lane] if exits else steps
                found[first + lane] = code[lane]

    return kernel


def reduced(problem, lanes, exits):
    """Four numbers a run, in tiles of lanes (a tile of one lane leaves as soon as its run does)."""
    scale, k = F32(problem.scale), F32(problem.k)
    target, square = F32(problem.target), F32(problem.square)
    gap_scale, ceiling = F32(problem.gap_scale), F32(problem.gap_ceiling)

    @njit(parallel=True, fastmath=True)
    def kernel(s0, out, taken, found, steps):
        for tile in prange(s0.shape[1] // lanes):
            first = tile * lanes
            s = np.empty((4, lanes), np.float32)
            code, count = np.zeros(lanes, np.int32), np.zeros(lanes, np.int32)
            for j in range(4):
                for lane in range(lanes):
                    s[j, lane] = s0[j, first + lane]
            step = 0
            while step < steps:
                for lane in range(lanes):
                    x, y, total, overlap = s[0, lane], s[1, lane], s[2, lane], s[3, lane]
                    y2 = y * y
                    inverse = ONE / math.sqrt(x * x + y2)
                    m = supplement_of(x, y)
                    g1 = (m * x + y) * inverse - ONE
                    if exits:
                        seen = verdict_of(g1, (target - total) * gap_scale, overlap, ceiling)
                        code[lane] = seen if code[lane] == 0 else code[lane]
                        count[lane] += 1 if code[lane] == 0 else 0
                    h = scale * overlap * m * inverse * inverse * inverse
                    excess = total - target
                    s[2, lane] = total - scale * (k * excess + WEIGHT * total - g1 * target)
                    s[3, lane] = overlap - scale * (target * excess + WEIGHT * overlap - g1 * square)
                    s[1, lane] = max(abs(y - h * x * y), SMALLEST)
                    s[0, lane] = x + h * y2
                if exits:
                    running = 0
                    for lane in range(lanes):
                        running += 1 if code[lane] == 0 else 0
                    if running == 0:
                        break
                step += 1
            for j in range(4):
                for lane in range(lanes):
                    out[j, first + lane] = s[j, lane]
            for lane in range(lanes):
                taken[first + lane] = count[lane] if exits else steps
                found[first + lane] = code[lane]

    return kernel


class Peer:
    """All variants of numba."""

    children = 0.0

    def __init__(self, threads):
        numba.set_num_threads(threads)
        self.kernels = {}

    def version(self):
        return numba.__version__

    def variants(self, problem):
        if problem.configuration.form == "full":
            start, made = (problem.v0, problem.a0), [("rows", rows, ())]
            made += [(f"tiles of {lanes}", tiles, (lanes,)) for lanes in (32, 64, 128)]
        else:
            start, made = (problem.s0,), [(f"tiles of {lanes}", reduced, (lanes,)) for lanes in (1, 32, 64)]
        for exits in (False, True):
            for name, make, sizes in made:
                if sizes and problem.runs % sizes[0]:
                    continue
                key = (problem.configuration, name, exits)
                if key not in self.kernels:
                    self.kernels[key] = make(problem, *sizes, exits)

                def call(kernel=self.kernels[key]):
                    out = [np.empty_like(array) for array in start]
                    taken, found = np.empty(problem.runs, np.int32), np.empty(problem.runs, np.int32)
                    kernel(*start, *out, taken, found, problem.steps)
                    return (*out, taken, found)

                yield f"{name}, exit" if exits else name, exits, call
