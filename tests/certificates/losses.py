"""Losses of `check.py` in ball arithmetic: value, gradient, Hessian, and how far the Hessian can change in a ball.

Losses
    With f(u, v) = E[relu(u·x) relu(v·x)], x ~ N(0, I) (arc-cosine kernel of order 1, Cho and Saul 2009), a loss is a
    sum of terms c f(u, v), where u and v are neurons of the student or vectors of the teacher. With t the angle of u
    and v, û = u/|u|, v̂ = v/|v|, y = v̂ - cos t û (so |y| = sin t, y ⟂ û) and K = y yᵀ/sin t:
        2π f     = |u||v| (sin t + (π - t) cos t)                ∂f/∂u = |v| (sin t û + (π - t) v̂) / 2π
        ∂²f/∂u∂u = |v|/|u| (sin t (I - û ûᵀ) + K) / 2π
        ∂²f/∂u∂v = ((π - t) I + cos t (sin t û ûᵀ - K) + sin t (û yᵀ + y ûᵀ)) / 2π
    No entry of K exceeds sin t, so nothing need be divided where u and v may be parallel. f(u, u) = |u|²/2.

Variation
    Between two points of a ball a block of the Hessian changes in operator norm by at most its third derivative times
    the distance. As trilinear forms, 2π |∂³f/∂u∂u∂u| ≤ (3√3/2) |v|/|u|² and 2π |∂³f/∂u∂u∂v| ≤ 2/|u|. Proof: let a unit
    vector have the parts r along û, p along y and q across both. The first form is symmetric, so its norm is its
    largest value at three equal unit vectors (Banach 1938), at most |v|/|u|² times
        |3 r sin t (2p² + q²) + p cos t (2p² + 3q²)| ≤ √(9 r² (2p² + q²)² + p² (2p² + 3q²)²).
    For given p² + q² that is largest at q = 0, there 2p² √(9 - 8p²), and this at p² = 3/4. The second is the derivative
    of 2π ∂²f/∂u∂v as û turns: p diag(0, 2, 1), and q in the two places that couple y with the direction across. Its
    norm 3p/2 + √(p²/4 + q²) is largest at p = 1. Third derivatives jump where u and v become parallel, but the blocks
    stay continuous and the bounds hold across. The norm of a symmetric matrix of blocks is at most its largest row sum
    of block norms.

Further input dimensions
    At a point padded with zeros they add copies of one block to the Hessian, read off here from the Hessian with one
    dimension more. Around that point neurons leave the span of the teachers, and the Hessian is no longer of blocks. The
    bound of its variation does not know the number of dimensions, since q above is the length of the part in all
    directions across, however many they are: it holds in the ball around the padded point as it stands.
"""
from collections import defaultdict
from functools import reduce
from typing import NamedTuple

from flint import arb, arb_mat


def dot(x, y):
    return sum((a * b for a, b in zip(x, y)), arb(0))


def norm(x):
    return sum((a * a for a in x), arb(0)).nonnegative_part().sqrt()


def largest(numbers):
    """A ball with the largest of some numbers. (The built-in `max` passes over what it cannot compare.)"""
    return reduce(arb.max, numbers)


def outer(x, y):
    return arb_mat([[a] for a in x]) * arb_mat([y])


class Pair:
    """f(u, v) and its derivatives at two vectors of one length, neither of them 0. Formulas: head of this file."""

    def __init__(self, u, v):
        self.u_norm, self.v_norm = norm(u), norm(v)
        self.u, self.v = [x / self.u_norm for x in u], [x / self.v_norm for x in v]
        # |û - v̂| = 2 sin(t/2) and |û + v̂| = 2 cos(t/2) keep their digits near t = 0 and t = π.
        apart = norm([a - b for a, b in zip(self.u, self.v)])
        along = norm([a + b for a, b in zip(self.u, self.v)])
        self.sine, self.cosine = apart * along / 2, dot(self.u, self.v)
        self.rest = 2 * arb.atan2(along, apart)  # π - t

    def value(self):
        return self.u_norm * self.v_norm * (self.sine + self.rest * self.cosine) / (2 * arb.pi())

    def gradient(self):
        """∂f/∂u"""
        scale = self.v_norm / (2 * arb.pi())
        return [scale * (self.sine * a + self.rest * b) for a, b in zip(self.u, self.v)]

    def hessian(self):
        """∂²f/∂u∂u and ∂²f/∂u∂v"""
        y = [b - self.cosine * a for a, b in zip(self.u, self.v)]
        if self.sine > 0:
            bend = outer(y, y) / self.sine
        else:
            bend = arb_mat([[arb(0, self.sine.abs_upper())] * len(y)] * len(y))
        one = arb_mat([[int(a == b) for b in range(len(y))] for a in range(len(y))])
        radial, mixed = outer(self.u, self.u), outer(self.u, y)
        own = (self.sine * (one - radial) + bend) * (self.v_norm / self.u_norm)
        cross = self.rest * one + self.cosine * (self.sine * radial - bend) + self.sine * (mixed + mixed.transpose())
        return own / (2 * arb.pi()), cross / (2 * arb.pi())


def third_derivatives():
    """Bounds of 2π |∂³f/∂u∂u∂u| |u|²/|v| and of 2π |∂³f/∂u∂u∂v| |u|; proof: head of this file."""
    return 3 * arb(3).sqrt() / 2, arb(2)


class Neuron(NamedTuple):
    """A vector of weights. `places`: (entry, number of the parameter it is), in order; the teacher's have none."""

    weights: list
    places: tuple = ()

    def padded(self, before, after):
        """The same neuron among inputs of which it does not see the first `before` and the last `after`."""
        zero = arb(0)
        return Neuron([zero] * before + self.weights + [zero] * after, tuple((i + before, p) for i, p in self.places))


def student(weights, first):
    """The neuron whose weights begin at `first` in the parameters."""
    return Neuron(weights, tuple(enumerate(range(first, first + len(weights)))))


class Landscape(NamedTuple):
    """A loss at a point: own · f(w, w) summed over the student's neurons w, and c f(u, v) over the terms (c, u, v)."""

    size: int  # number of parameters
    own: arb
    students: list
    terms: list

    def sides(self):
        """The neurons of the student in the terms: (c, neuron, partner)."""
        return ((c, x, y) for c, u, v in self.terms for x, y in ((u, v), (v, u)) if x.places)

    def value(self):
        squares = sum((dot(w.weights, w.weights) / 2 for w in self.students), arb(0))
        return sum((c * Pair(u.weights, v.weights).value() for c, u, v in self.terms), self.own * squares)

    def derivatives(self):
        """Gradient, a list, and Hessian, a list of rows."""
        gradient = [arb(0)] * self.size
        hessian = [[arb(0)] * self.size for _ in range(self.size)]
        for w in self.students:
            for i, p in w.places:
                gradient[p] += self.own * w.weights[i]
                hessian[p][p] += self.own
        for c, x, y in self.sides():
            pair = Pair(x.weights, y.weights)
            slope, (own, cross) = pair.gradient(), pair.hessian()
            for i, p in x.places:
                gradient[p] += c * slope[i]
                for block, places in ((own, x.places), (cross, y.places)):
                    for j, q in places:
                        hessian[p][q] += c * block[i, j]
        return gradient, hessian

    def variation(self, radius):
        """Bound of |H(x) - H(point)| in the ball, in the dimensions stated or any more of them."""
        cubic, mixed = third_derivatives()
        rows = defaultdict(lambda: arb(0))
        for c, x, y in self.sides():
            least, partner, moves = norm(x.weights) - radius, norm(y.weights), bool(y.places)
            row = cubic * (partner + radius * moves) / least**2
            if moves:  # ∂²f/∂u∂u as v moves, and ∂²f/∂u∂v as either does
                row += mixed * (2 / least + 1 / (partner - radius))
            rows[x.places[0][1]] += abs(c) * row  # one row of blocks for each neuron's place in the parameters
        return radius * largest(rows.values()) / (2 * arb.pi())


def vectors(numbers, length):
    return [numbers[i:i + length] for i in range(0, len(numbers), length)]


def relu_sum(shape, point, further=0):
    """½ E(Σ_i relu(w_i·x) - Σ_j relu(v_j·x))², in `further` more input dimensions than stated."""
    d, zeros = shape["input_dim"], [arb(0)] * further
    students = [student(w + zeros, i * (d + further)) for i, w in enumerate(vectors(point, d))]
    teachers = [Neuron(v + zeros) for v in vectors(shape["teachers"], d)]
    one, half = arb(1), arb(1) / 2
    terms = [(one, w, other) for i, w in enumerate(students) for other in students[:i]]
    terms += [(-one, w, v) for w in students for v in teachers]
    terms += [(half, v, other) for v in teachers for other in teachers]
    return Landscape(len(students) * (d + further), half, students, terms)


def pooled_cnn(shape, point, _further=0):
    """(1/k²) E(Σ_i relu(w·x_i) - Σ_i relu(w*·x_i))² with k patches x_i, each `stride` numbers after the one before."""
    k, m, stride = shape["patches"], shape["filter_length"], shape["stride"]
    own, teacher = student(point, 0), Neuron(shape["teacher"])
    near = min(k, -(-m // stride))  # patches this far apart share no number, and all such pairs are alike
    pairs = {sign * e * stride: k - e for e in range(1, near) for sign in (-1, 1)}
    pairs[m] = (k - near) * (k - near + 1)
    terms = []
    for shift, count in [(0, k), *pairs.items()]:
        c, before, after = arb(count) / k**2, max(0, -shift), max(0, shift)
        w, v = own.padded(before, after), teacher.padded(before, after)
        w_moved, v_moved = own.padded(after, before), teacher.padded(after, before)
        terms += [(-2 * c, w, v_moved), (c, v, v_moved)] + ([(c, w, w_moved)] if shift else [])
    return Landscape(m, 1 / arb(k), [own], terms)
