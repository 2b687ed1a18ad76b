"""The map that every peer computes: `cnn` of spurious (Du et al. 2018) with its canonical teacher and filter_norm = 1.

State of the full form: v (p numbers), then a (k numbers); teacher w* = e1 and a*. One step of gradient descent is, with
x = v[0], y = |v[1:]|, r = |v|, m = pi - atan2(y, x), g1 = (m x + y)/r - 1, S = sum a, D = a . a*, e = step / 2 pi,

    a    <- a - e ((S - S*) + (pi - 1) a - g1 a*)
    v[0] <- v[0] + h y^2,   v[1:] <- v[1:] (1 - h x),   h = e D m / r^3.

The reduced form follows x, y, S and D alone: S <- S - e (k (S - S*) + (pi - 1) S - g1 S*), and D likewise with S* and |a*|^2 in
place of k and S*. Peers with early exit stop at the verdicts of `spurious models cnn`, whose step conditions hold for every
start used here (`Problem` asserts that).
"""

import math
from dataclasses import dataclass

import numpy as np

F32 = np.float32


@dataclass(frozen=True)
class Configuration:
    """A form of the model with its parameters and step size."""

    form: str
    patches: int
    filter_size: int
    step: float
    ratio: float = 4.0

    @property
    def name(self):
        return f"{self.form} k={self.patches} p={self.filter_size}"


CONFIGURATIONS = (
    Configuration("full", 25, 10, 0.1),
    Configuration("full", 100, 8, 0.01),
    Configuration("reduced", 25, 10, 0.1),
)


class Problem:
    """Constants and starts of a configuration, in f32 as the peers use them."""

    def __init__(self, configuration, teacher, starts, steps):
        c = configuration
        self.configuration, self.steps = c, steps
        p, self.k = c.filter_size, c.patches
        output = np.asarray(teacher[p:], np.float64)
        square = output @ output
        self.target = output.sum()
        self.square = square
        self.scale = c.step / (2 * math.pi)
        self.decay = 1 - self.scale * (math.pi - 1)
        self.gap_scale = self.target / square
        self.gap_ceiling = c.ratio * math.pi / (c.patches + math.pi - 1)
        # The ball of the starts has radius B1; |v| starts at 1 and never shrinks.
        along = self.target / math.sqrt(c.patches)
        across = math.sqrt(max(square - along**2, 0.0))
        assert c.step <= 2 * math.pi / (c.patches + math.pi - 1), "no verdicts at this step size"
        assert 0.5 * c.step * (along**2 + across * max(across, along)) <= 1, "no verdicts from these starts"
        self.along, self.across = along, across
        self.output = output.astype(F32)
        starts = np.asarray(starts, np.float64)
        if c.form == "full":
            self.v0 = np.ascontiguousarray(starts[:, :p], F32)
            self.a0 = np.ascontiguousarray(starts[:, p:], F32)
        else:
            total = math.sqrt(c.patches) * starts[:, 2]
            overlap = along * starts[:, 2] + across * starts[:, 3]
            columns = (starts[:, 0], np.abs(starts[:, 1]), total, overlap)
            self.s0 = np.ascontiguousarray(np.stack(columns), F32)
        self.runs = len(starts)

    def endpoints(self, *arrays):
        """Final states in the coordinates of spurious, f64, a row a run: (v, a), or (x, y, S, D) as four rows."""
        if self.configuration.form == "full":
            return np.hstack([np.asarray(a, np.float64) for a in arrays])
        x, y, total, overlap = np.asarray(arrays[0], np.float64)
        first = total / math.sqrt(self.k)
        return np.stack([x, y, first, (overlap - self.along * first) / self.across], 1)


def arc_tangent(terms=9):
    """Coefficients c of atan(t) = t (c[0] + c[1] t^2 + ...) on [0, 1], by interpolation at Chebyshev points."""

    def ratio(z):
        t = np.sqrt(np.maximum(z, 1e-30))
        return np.arctan(t) / t

    fit = np.polynomial.Chebyshev.interpolate(ratio, terms - 1, domain=[0, 1])
    return tuple(float(c) for c in fit.convert(kind=np.polynomial.Polynomial).coef)
