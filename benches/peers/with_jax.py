"""JAX: one run's step under vmap in a fori_loop, plain and in blocks that stay in the cache (lax.map); a masked while_loop.

On the CPU two threads are two host devices with half of the runs each. With JAX_PLATFORMS=cuda the same code runs on the card,
where blocks would only keep it idle and are left out.
"""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import Mesh, NamedSharding, PartitionSpec


def full(problem):
    """Survey and step of one run of the full form; the state is (v, a)."""
    output, target, decay, scale = jnp.asarray(problem.output), problem.target, problem.decay, problem.scale

    def survey(state):
        v, a = state
        y2 = jnp.sum(v[1:] ** 2)
        return v[0], y2, jnp.sqrt(y2), jnp.sum(a), jnp.sum(a * output)

    def step(state, x, y2, total, overlap, m, inverse, kernel):
        v, a = state
        h = scale * overlap * m * inverse**3
        a = a * decay + (scale * kernel * output - scale * (total - target))
        v = jnp.concatenate([(x + h * y2)[None], v[1:] * (1 - h * x)])
        return v, a

    return survey, step


def reduced(problem):
    """Survey and step of one run of the reduced form; the state is (x, y, S, D)."""
    target, square, scale, k = problem.target, problem.square, problem.scale, problem.k

    def survey(state):
        ((x, y, total, overlap),) = state
        return x, y * y, y, total, overlap

    def step(state, x, y2, total, overlap, m, inverse, kernel):
        y = state[0][1]
        h = scale * overlap * m * inverse**3
        excess = total - target
        total = total - scale * (k * excess + (math.pi - 1) * total - kernel * target)
        overlap = overlap - scale * (target * excess + (math.pi - 1) * overlap - kernel * square)
        y = jnp.maximum(jnp.abs(y - h * x * y), 1e-15)  # subnormal numbers cost twenty times as much
        return (jnp.stack([x + h * y2, y, total, overlap]),)

    return survey, step


def one_run(problem, exits):
    """The whole descent of one run, to be mapped over runs."""
    survey, step = (full if problem.configuration.form == "full" else reduced)(problem)
    gap_scale, ceiling, target = problem.gap_scale, problem.gap_ceiling, problem.target

    def advance(state):
        x, y2, y, total, overlap = survey(state)
        inverse = lax.rsqrt(x * x + y2)
        m = math.pi - jnp.arctan2(y, x)
        kernel = (m * x + y) * inverse - 1
        gap = (target - total) * gap_scale
        up = (overlap > 0) & (kernel + jnp.minimum(gap, 0) >= 0)
        down = (overlap < 0) & (kernel + jnp.maximum(gap, ceiling) < 0)
        return step(state, x, y2, total, overlap, m, inverse, kernel), jnp.where(up, 1, jnp.where(down, 2, 0))

    def fixed(*state):
        return lax.fori_loop(0, problem.steps, lambda _, s: advance(s)[0], state)

    def masked(*state):
        def unfinished(carry):
            return (carry[1] < problem.steps) & (carry[2] == 0)

        def body(carry):
            moved, code = advance(carry[0])
            kept = jax.tree.map(lambda new, old: jnp.where(code == 0, new, old), moved, carry[0])
            return kept, carry[1] + (code == 0), code

        state, taken, code = lax.while_loop(unfinished, body, (state, 0, 0))
        return (*state, taken, code)

    return masked if exits else fixed


class Peer:
    """All variants of JAX."""

    children = 0.0

    def __init__(self, threads):
        self.devices = jax.devices()[:threads] if jax.default_backend() == "cpu" else jax.devices()[:1]

    def version(self):
        device = self.devices[0]
        return jax.__version__ + ("" if device.platform == "cpu" else f" on {device.device_kind}")

    def variants(self, problem):
        cpu = self.devices[0].platform == "cpu"
        count = len(self.devices)
        mesh = Mesh(np.array(self.devices), ("runs",))
        spread = NamedSharding(mesh, PartitionSpec("runs"))
        if problem.configuration.form == "full":
            start = (problem.v0, problem.a0)
        else:
            start = (problem.s0.T,)
        for exits in (False, True):
            for axis, layout in ((0, "run by run"), (-1, "component by component")):
                for block in (None, 256) if cpu else (None,):
                    if problem.runs % ((block or 1) * count):
                        continue
                    call = self._variant(problem, start, exits, axis, block, mesh, spread)
                    name = layout + (f", blocks of {block}" if block else "")
                    yield f"{name}, exit" if exits else name, exits, call

    def _variant(self, problem, start, exits, axis, block, mesh, spread):
        """Compiles nothing yet; the first call does. Arrays have a leading axis of blocks, the runs of a block at `axis`."""
        size = block or problem.runs // len(self.devices)
        arrays = [array.reshape(-1, size, array.shape[1]) for array in start]
        if axis == -1:
            arrays = [np.swapaxes(array, 1, 2) for array in arrays]
        arrays = [jax.device_put(np.ascontiguousarray(array), spread) for array in arrays]
        ends = (axis,) * len(start) + ((0, 0) if exits else ())
        batch = jax.vmap(one_run(problem, exits), in_axes=axis, out_axes=ends)

        @jax.jit
        @partial(jax.shard_map, mesh=mesh, in_specs=PartitionSpec("runs"), out_specs=PartitionSpec("runs"), check_vma=False)
        def descend(*state):
            return lax.map(lambda s: batch(*s), state)

        def call(read=True):
            done = jax.block_until_ready(descend(*arrays))
            if not read:
                return None
            done = [np.asarray(array) for array in done]
            states, rest = done[: len(start)], done[len(start) :]
            if axis == -1:
                states = [np.swapaxes(array, 1, 2) for array in states]
            states = [array.reshape(-1, array.shape[-1]) for array in states]
            if len(states) == 1:
                states = [states[0].T]
            return (*states, *(array.reshape(-1) for array in rest))

        return call
