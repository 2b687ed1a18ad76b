"""NumPy: whole arrays, or blocks of runs that stay in the cache; two processes where two threads are asked for."""

import math
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

F32 = np.float32
BLOCKS = (256, 512, 1024, None)


def descend_full(constants, v, a):
    """Advances the runs of a block in place."""
    steps, scale, decay, output, target = constants
    weights = np.stack([np.ones_like(output), output], 1)
    rest, moved = np.empty_like(v[:, 1:]), np.empty_like(a)
    x, tail = v[:, 0], v[:, 1:]
    for _ in range(steps):
        np.multiply(tail, tail, out=rest)
        y2 = rest.sum(axis=1)
        y = np.sqrt(y2)
        r2 = y2 + x * x
        r = np.sqrt(r2)
        supplement = F32(math.pi) - np.arctan2(y, x)
        drive = scale * ((supplement * x + y) / r - F32(1))
        sums = a @ weights
        np.multiply(drive[:, None], output, out=moved)
        moved -= (scale * (sums[:, 0] - target))[:, None]
        a *= decay
        a += moved
        pull = scale * sums[:, 1] * supplement / (r2 * r)
        tail *= (F32(1) - pull * x)[:, None]
        x += pull * y2
    return v, a


def descend_reduced(constants, s):
    """Advances x, y, S and D, a row each, in place."""
    steps, scale, target, square, k = constants
    x, y, total, overlap = s
    weight = F32(math.pi - 1)
    for _ in range(steps):
        y2 = y * y
        r2 = x * x + y2
        r = np.sqrt(r2)
        supplement = F32(math.pi) - np.arctan2(y, x)
        kernel = (supplement * x + y) / r - F32(1)
        pull = scale * overlap * supplement / (r2 * r)
        excess = total - target
        total -= scale * (k * excess + weight * total - kernel * target)
        overlap -= scale * (target * excess + weight * overlap - kernel * square)
        y *= F32(1) - pull * x
        np.maximum(np.abs(y), F32(1e-15), out=y)  # subnormal numbers cost twenty times as much
        x += pull * y2
    return (s,)


def _share(job):
    """One process's share, block by block, with the CPU time that it took."""
    form, constants, arrays, block = job
    began = time.process_time()
    runs = arrays[0].shape[-1] if form == "reduced" else len(arrays[0])
    for first in range(0, runs, block or runs):
        part = slice(first, first + (block or runs))
        if form == "reduced":
            descend_reduced(constants, arrays[0][:, part])
        else:
            descend_full(constants, *(array[part] for array in arrays))
    return arrays, time.process_time() - began


class Peer:
    """All variants of NumPy."""

    def __init__(self, threads):
        self.threads = threads
        self.pool = ProcessPoolExecutor(threads, get_context("fork")) if threads > 1 else None
        self.children = 0.0

    def version(self):
        return np.__version__

    def variants(self, problem):
        form = problem.configuration.form
        scale, target = F32(problem.scale), F32(problem.target)
        if form == "reduced":
            constants = (problem.steps, scale, target, F32(problem.square), F32(problem.k))
            start, axis = (problem.s0,), 1
        else:
            constants = (problem.steps, scale, F32(problem.decay), problem.output, target)
            start, axis = (problem.v0, problem.a0), 0
        for block in BLOCKS:
            if block and block * self.threads > problem.runs:
                continue

            def call(block=block):
                parts = [np.array_split(array, self.threads, axis) for array in start]
                jobs = [(form, constants, [p.copy() for p in part], block) for part in zip(*parts)]
                done = list(self.pool.map(_share, jobs)) if self.pool else [_share(job) for job in jobs]
                if self.pool:
                    self.children += sum(cpu for _, cpu in done)
                return tuple(np.concatenate(part, axis) for part in zip(*(arrays for arrays, _ in done)))

            yield f"blocks of {block}" if block else "whole arrays", False, call
