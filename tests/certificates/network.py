"""Certificates of `cnn`, the one-hidden-layer network with weight normalisation (Du et al. 2018), for `check.py`.

Loss, modulo the length of the filter v, with φ the angle of v and w*, g(φ) = (π - φ) cos φ + sin φ, s = |w*|,
b = a - s a*, M = 11ᵀ + (π - 1) I:
    4π ℓ = bᵀ M b + 2 s (π - g) a·a*,     2π ∂ℓ/∂φ = s (a·a*)(π - φ) sin φ,     2π ∂ℓ/∂a = M b + s (π - g) a*
Critical points need φ = 0, φ = π or a·a* = 0, and a = s a* - s (π - g) M⁻¹ a*. Directions v/|v| and outputs a at less
than `radius` from the point make the ball. Kinds, and why there is but one critical point in it:
    global   φ = 0, a = s a*. The ball has a·a* > 0 and φ < π everywhere, where no other candidate lies.
    minimum  φ = π. The ball has a·a* < 0 everywhere: there ℓ exceeds its value at φ = π by s g |a·a*|/2π, and that value
             is a strictly convex function of a.
    saddle   φ = π and a·a* > 0 everywhere, φ = 0 excluded: ℓ falls as φ leaves π, and the Hessian has no negative
             eigenvalue, index 0. Or a·a* = 0, φ = 0 and φ = π excluded: the Hessian in (φ, a) is bordered with zero in
             the corner and a positive definite M/2π, so that exactly one eigenvalue is negative, index 1.
"""
from flint import arb, arb_mat

from losses import dot, norm


def metric(size):
    """M"""
    return arb_mat([[arb(1) + (arb.pi() - 1 if i == j else 0) for j in range(size)] for i in range(size)])


def column(numbers):
    return arb_mat([[x] for x in numbers])


def entries(matrix):
    return [row[0] for row in matrix.tolist()]


def kernel(cosine):
    """g of an angle with this cosine"""
    return (arb.pi() - cosine.acos()) * cosine + (1 - cosine**2).nonnegative_part().sqrt()


def angle_of(wanted):
    """The cosine at which g, which grows with it, has a value strictly between 0 and π; by bisection of certain signs."""
    low, high = arb(-1), arb(1)
    for _ in range(400):
        middle = ((low + high) / 2).mid()
        value = kernel(middle)
        if value < wanted:
            low = middle
        elif value > wanted:
            high = middle
        else:
            break
    return low.union(high)


class Network:
    """The loss of a certificate."""

    def __init__(self, shape):
        self.norm, self.target = shape["filter_norm"], shape["output"]
        self.size = len(self.target)
        self.inverse = entries(metric(self.size).solve(column(self.target)))  # M⁻¹ a*

    def best(self, deficit):
        """The outputs at which the loss is least for an angle with π - g = deficit."""
        return [self.norm * (x - deficit * y) for x, y in zip(self.target, self.inverse)]

    def loss(self, outputs, deficit):
        rest = [a - self.norm * x for a, x in zip(outputs, self.target)]
        square = dot(rest, entries(metric(self.size) * column(rest)))
        return (square + 2 * self.norm * deficit * dot(outputs, self.target)) / (4 * arb.pi())

    def gradient(self, length, cosine, sine, outputs):
        rest = [a - self.norm * x for a, x in zip(outputs, self.target)]
        bent = entries(metric(self.size) * column(rest))
        deficit = arb.pi() - kernel(cosine)
        turn = self.norm * dot(outputs, self.target) * (arb.pi() - cosine.acos()) * sine / length
        return norm([m + self.norm * deficit * x for m, x in zip(bent, self.target)] + [turn]) / (2 * arb.pi())


def prove(s, require):
    """Raises through `require(holds, reason)` unless every claim of a statement is proved."""
    shape, radius, verdict, index = s["landscape"], s["radius"], s["verdict"], s["index"]
    network = Network(shape)
    filters, outputs = s["point"][:shape["filter_size"]], s["point"][shape["filter_size"]:]
    length = norm(filters)
    require(length > 0, "the filter is zero")
    require(radius > 0, "radius is not positive")
    cosine, sine = filters[0] / length, norm(filters[1:]) / length
    limit = norm(network.target) * radius  # how much a·a* changes in the ball at most
    overlap = dot(outputs, network.target)
    from_teacher, from_opposite = norm([cosine - 1, sine]), norm([cosine + 1, sine])
    steepness = network.gradient(length, cosine.intersection(arb(0, 1)), sine, outputs)
    require(steepness <= s["gradient_norm_high"], "gradient_norm_high is too low")
    require(s["gap_low"] <= 0, "gap_low: no bound is proved modulo the length of the filter")
    kind = (verdict, index)
    if kind == ("global", 0):
        require(overlap > limit and from_opposite > radius, "the ball is too large")
        at, best = arb(1), [network.norm * x for x in network.target]
        turn = network.norm * dot(best, network.target) / 2  # ∂²ℓ/∂φ² at |v| = 1
        block = arb(1) / 2 if network.size == 1 else (arb.pi() - 1) / (2 * arb.pi())
        lowest, loss = turn.min(block), arb(0)
    elif kind in (("minimum", 0), ("saddle", 0)):
        at, best = arb(-1), network.best(arb.pi())
        below, above = overlap < -limit, overlap > limit and from_teacher > radius
        require(below if verdict == "minimum" else above, "the ball is too large, or the point is of another kind")
        lowest, loss = arb(0), network.loss(best, arb.pi())
        require(verdict == "saddle" or s["loss_low"] > 0, "loss_low is not positive: the minimum may be global")
    else:
        require(kind == ("saddle", 1), f"verdict {verdict} with index {index}")
        require(from_teacher > radius and from_opposite > radius, "the ball is too large")
        deficit = dot(network.target, network.target) / dot(network.target, network.inverse)
        require(deficit > 0 and deficit < arb.pi(), "there is no such saddle")
        at, best = angle_of(arb.pi() - deficit), network.best(deficit)
        bend = network.norm * (arb.pi() - at.acos()) * (1 - at**2).nonnegative_part().sqrt()
        require(bend > 0, "the saddle is not apart from the other points")
        lowest, loss = -bend * norm(network.target) / (2 * arb.pi()), network.loss(best, deficit)
    across = (1 - at**2).nonnegative_part().sqrt()
    distance = norm([cosine - at, sine - across] + [a - b for a, b in zip(outputs, best)])
    require(distance <= s["distance_high"] and distance < radius, "the critical point is farther than distance_high")
    require(s["eigenvalue_min_low"] <= lowest, "eigenvalue_min_low is too high")
    require(s["loss_low"] <= loss and loss <= s["loss_high"], "the loss is outside of loss_low to loss_high")
