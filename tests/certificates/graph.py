"""Losses that a certificate writes out as a graph of operations, for `check.py`.

`landscape` holds `dim`, the list `operations` (an operation is a word and what it takes: `state 2`, `mul 0 4`, a constant
as a hexadecimal float; operands are places in the list, from 0), the place of the `loss`, `least_loss` or known `minima`
or neither, and in `flat` vector fields along which the loss is said not to change, of each the places of its components.

Value, gradient and Hessian come forward, in one pass: a number carries its derivatives by the components of the state,
first ones and second ones, as far as they are not 0, and an operation makes those of its result by the chain rule
    d²f(a, b) = f_a d²a + f_b d²b + f_aa da da + f_ab (da db + db da) + f_bb db db.
For a ball of states the components are balls, and so is all else.

A flaw goes with a number: it may not be defined somewhere in the ball, or not be smooth. It passes on to what is made
of the number, and a loss with a flaw is refused; but a choice has only the flaws of the branch that it takes and, as far
as something may be undefined, those of what it depends on. A choice that is not the same everywhere in the ball is one.

Flat directions
    At the point x, take the fields in their order, each whose part across those before is longer than 2^-20 times the
    longest. Gram and Schmidt's method in balls makes an orthonormal basis Q of their span; let U be one of what is across
    it. What is proved is proved of F(x + U z), with gradient Uᵀ∇F and Hessian UᵀHU, which vary no faster than those of F.
    U itself is not needed: with P = I - QQᵀ the gradient is as long as P∇F, and PHP + c QQᵀ has the eigenvalues of UᵀHU
    and, where no bound of them is looked for, c. That its
    critical point is one of F needs that the matrix of scalar products of the fields there and at x is regular: its
    symmetric part is positive definite in all of the ball. That the fields keep the loss is assumed, and tried.
"""
import random

from flint import arb, arb_mat

from losses import dot, largest, norm

WORDS = ("pi true false", "constant state neg sqrt abs exp log sin cos tanh acos erf not",
         "add sub mul div min max atan2 lt le and or", "fma select")
ARGUMENTS = {word: count for count, words in enumerate(WORDS) for word in words.split()}
TRUTHS = {"lt", "le", "and", "or", "not", "true", "false"}
OF_TRUTHS = {"and", "or", "not"}
UNDEFINED, ROUGH = 2, 1  # how bad a flaw is


class Number:
    """A value with its derivatives; `flaw` is None or (how bad, what), and then only a value is there, or nothing."""

    __slots__ = ("value", "slope", "bend", "flaw")

    def __init__(self, value, slope=None, bend=None, flaw=None):
        self.value, self.slope, self.bend, self.flaw = value, slope or {}, bend or {}, flaw

    def copy(self):
        return Number(self.value, dict(self.slope), dict(self.bend), self.flaw)

    @property
    def moves(self):
        return bool(self.slope) or self.flaw is not None


def add_to(sums, key, x):
    sums[key] = sums[key] + x if key in sums else x


def chain(value, parts, second, order):
    """The number of f(a, b, ...): `parts` holds (number, ∂f), `second` (number, number, ∂²f) for each pair once."""
    slope, bend = {}, {}
    for a, f in parts:
        for i, x in a.slope.items():
            add_to(slope, i, f * x)
    if order == 2:
        for a, f in parts:
            for key, x in a.bend.items():
                add_to(bend, key, f * x)
        for a, b, f in second:
            for i, x in a.slope.items():
                for j, y in b.slope.items():
                    if a is not b:
                        add_to(bend, (min(i, j), max(i, j)), f * x * y * (2 if i == j else 1))
                    elif i <= j:
                        add_to(bend, (i, j), f * x * y)
    return Number(value, slope, bend)


def grown(total, term, sign, value):
    """`total` ± `term`, made of `total` itself, which nothing else needs: a sum of many terms takes no copy a term."""
    total.value = value
    for sums, more in ((total.slope, term.slope), (total.bend, term.bend)):
        for key, x in more.items():
            add_to(sums, key, sign * x)
    return total


def worst(*flaws):
    return max((flaw for flaw in flaws if flaw), key=lambda flaw: flaw[0], default=None)


def undefined_only(flaw):
    return flaw if flaw and flaw[0] == UNDEFINED else None


def apart(x, y):
    return x < y or y < x


def parse(operations, dim, number, require):
    """The operations as (word, operands), checked."""
    require(isinstance(operations, list) and operations, "operations is not a list of some")
    parsed, truths = [], []
    for at, text in enumerate(operations):
        require(isinstance(text, str), f"operation {at} is not a text")
        word, *given = text.split(" ")
        require(ARGUMENTS.get(word) == len(given), f"operation {at}, {text[:60]!r}: there is no such operation")
        if word == "constant":
            operands = [number(given[0], f"operation {at}")]
        else:
            require(all(x.isascii() and x.isdigit() and str(int(x[:12])) == x for x in given),
                    f"operation {at}, {text[:60]!r}: what it takes are not whole numbers")
            operands = [int(x) for x in given]
            if word == "state":
                require(operands[0] < dim, f"operation {at} is of component {operands[0]} of a state of {dim} numbers")
            else:
                for i, x in enumerate(operands):
                    wanted = word in OF_TRUTHS or (word == "select" and i == 0)
                    require(x < at and truths[x] == wanted, f"operation {at}, {text[:60]!r}: it cannot take {x}")
        truths.append(word in TRUTHS)
        parsed.append((word, operands))
    return parsed, truths


def one(word, a, order):
    """A function of one number without flaws."""
    x = a.value
    rough = lambda is_it, what: (ROUGH, what) if is_it and a.slope else None
    if word == "neg":
        return chain(-x, [(a, -1)], [], order)
    if word == "abs":
        if x > 0 or x < 0:
            return chain(abs(x), [(a, 1 if x > 0 else -1)], [], order)
        return Number(abs(x), flaw=rough(True, "the absolute value of 0"))
    if word == "sqrt":
        if not x >= 0:
            return Number(None, flaw=(UNDEFINED, "the root of a negative number"))
        root = x.sqrt()
        if not x > 0:
            return Number(root, flaw=rough(True, "the root of 0"))
        return chain(root, [(a, 1 / (2 * root))], [(a, a, -1 / (4 * x * root))], order)
    if word == "log":
        if not x > 0:
            return Number(None, flaw=(UNDEFINED, "the logarithm of 0 or less"))
        return chain(x.log(), [(a, 1 / x)], [(a, a, -1 / x**2)], order)
    if word == "acos":
        if not (x >= -1 and x <= 1):
            return Number(None, flaw=(UNDEFINED, "the arc cosine beyond -1 or 1"))
        if not (x > -1 and x < 1):
            return Number(x.acos(), flaw=rough(True, "the arc cosine of -1 or 1"))
        square = (1 - x) * (1 + x)
        root = square.sqrt()
        return chain(x.acos(), [(a, -1 / root)], [(a, a, -x / (square * root))], order)
    if word == "exp":
        y = x.exp()
        return chain(y, [(a, y)], [(a, a, y)], order)
    if word == "sin":
        return chain(x.sin(), [(a, x.cos())], [(a, a, -x.sin())], order)
    if word == "cos":
        return chain(x.cos(), [(a, -x.sin())], [(a, a, -x.cos())], order)
    if word == "tanh":
        y = x.tanh()
        steep = 1 / x.cosh()**2
        return chain(y, [(a, steep)], [(a, a, -2 * y * steep)], order)
    y = 2 / arb.pi().sqrt() * (-x * x).exp()  # erf
    return chain(x.erf(), [(a, y)], [(a, a, -2 * x * y)], order)


def two(word, a, b, order, spare=()):
    """A function of two numbers without flaws; those in `spare` are needed for nothing else."""
    x, y = a.value, b.value
    if word == "add" and b in spare and len(b.bend) >= len(a.bend) and a is not b:
        return grown(b, a, 1, x + y)
    if word in ("add", "sub") and a in spare and a is not b:
        return grown(a, b, 1 if word == "add" else -1, x + y if word == "add" else x - y)
    if word == "add":
        return chain(x + y, [(a, 1), (b, 1)], [], order)
    if word == "sub":
        return chain(x - y, [(a, 1), (b, -1)], [], order)
    if word == "mul":
        if a is b:
            return chain(x * x, [(a, 2 * x)], [(a, a, arb(2))], order)
        return chain(x * y, [(a, y), (b, x)], [(a, b, arb(1))], order)
    if word == "div":
        if not (y > 0 or y < 0):
            return Number(None, flaw=(UNDEFINED, "a quotient by 0"))
        if a is b:
            return Number(arb(1))
        inverse = 1 / y
        quotient = x * inverse
        return chain(quotient, [(a, inverse), (b, -quotient * inverse)],
                     [(a, b, -inverse**2), (b, b, 2 * quotient * inverse**2)], order)
    # The angle of (y, x) with the first operand as ordinate.
    if not (y > 0 or x > 0 or x < 0):
        flaw = (ROUGH, "an angle on the negative x axis") if a.slope or b.slope else None
        return Number(arb.atan2(x, y), flaw=flaw)
    if a is b:
        return Number(arb.atan2(x, y))
    square = x**2 + y**2
    by_a, by_b, twist = y / square, -x / square, 2 * x * y / square**2
    return chain(arb.atan2(x, y), [(a, by_a), (b, by_b)],
                 [(a, a, -twist), (a, b, (x**2 - y**2) / square**2), (b, b, twist)], order)


class Graph:
    """The loss of a certificate, and what is said of it."""

    def __init__(self, shape, number, require):
        self.dim = shape["dim"]
        self.require = require
        self.operations, truths = parse(shape["operations"], self.dim, number, require)
        place = lambda x: type(x) is int and 0 <= x < len(truths) and not truths[x]
        require(place(shape["loss"]), "loss is not the place of a number")
        self.loss = shape["loss"]
        for field in ("minima", "flat"):
            given = shape[field]
            require(isinstance(given, list) and all(isinstance(x, list) and len(x) == self.dim for x in given),
                    f"{field} is not a list of lists of {self.dim}")
        require(all(place(x) for field in shape["flat"] for x in field), "flat: not places of numbers")
        self.flat = shape["flat"]
        least = shape["least_loss"]
        self.least = None if least is None else number(least, "least_loss")
        self.minima = [[number(x, f"minima[{i}]") for x in point] for i, point in enumerate(shape["minima"])]
        require(self.least is None or not self.minima, "least_loss and minima are both given")

    def numbers(self, outputs, state, order):
        """Some numbers of the graph for balls of states."""
        last = {}
        for at, (word, operands) in enumerate(self.operations):
            if word not in ("constant", "state"):
                last.update((x, at) for x in operands)
        last.update((x, len(self.operations)) for x in outputs)
        found = {}
        for at, (word, operands) in enumerate(self.operations[:max(outputs) + 1]):
            if at in last:
                spare = [found[x] for x in set(operands) if last[x] == at] if word in ("add", "sub", "fma") else []
                found[at] = self.number(word, operands, found, state, order, spare)
            if word not in ("constant", "state"):
                for x in set(operands):
                    if last[x] == at:
                        del found[x]
        return [found[x] for x in outputs]

    def number(self, word, operands, found, state, order, spare):
        if word == "constant":
            return Number(operands[0])
        if word == "pi":
            return Number(arb.pi())
        if word == "state":
            return Number(state[operands[0]], {operands[0]: arb(1)} if order else {})
        if word in ("true", "false"):
            return (word == "true", None, False)
        given = [found[x] for x in operands]
        if word in OF_TRUTHS:
            truths, flaw = [x[0] for x in given], worst(*(x[1] for x in given))
            moves = any(x[2] for x in given)
            if word == "not":
                return (None if truths[0] is None else not truths[0], flaw, moves)
            decisive = word == "or"
            known = decisive if decisive in truths else (None if None in truths else not decisive)
            return (known, flaw, moves)
        if word in ("lt", "le"):
            a, b = given
            flaw, moves = undefined_only(worst(a.flaw, b.flaw)), a.moves or b.moves
            if flaw:
                return (None, flaw, moves)
            if apart(a.value, b.value):
                return (bool(a.value < b.value), None, moves)
            same = not moves and a.value.is_exact() and b.value.is_exact()
            return (word == "le" if same else None, None, moves)
        if word == "select":
            (truth, flaw, moves), yes, no = given
            if truth is None:
                flaw = worst(flaw, yes.flaw, no.flaw, (ROUGH, "a choice that is not the same everywhere"))
                value = None if flaw[0] == UNDEFINED else yes.value.union(no.value)
                return Number(value, flaw=flaw)
            taken = yes if truth else no
            return Number(None, flaw=worst(flaw, taken.flaw)) if flaw else taken.copy()
        if word in ("min", "max"):
            a, b = given
            flaw = worst(a.flaw, b.flaw)
            if undefined_only(flaw):
                return Number(None, flaw=flaw)
            if apart(a.value, b.value):
                return (a if (a.value < b.value) == (word == "min") else b).copy()
            value = a.value.union(b.value) if a is not b else a.value
            rough = (ROUGH, "the smaller or larger of two numbers that may be the same") if a.moves or b.moves else None
            return Number(value, flaw=worst(flaw, rough))
        flaw = worst(*(x.flaw for x in given))
        if undefined_only(flaw):
            return Number(None, flaw=flaw)
        if word == "fma":
            product = two("mul", *given[:2], order)
            # The third may be one of the factors, but not the product.
            made = two("add", product, given[2], order, [product, *spare])
        else:
            made = one(word, *given, order) if len(given) == 1 else two(word, *given, order, spare)
        made.flaw = worst(made.flaw, flaw)
        return made

    def smooth(self, outputs, state, order, what):
        found = self.numbers(outputs, state, order)
        for x in found:
            self.require(x.flaw is None, f"{what} may not be smooth: {x.flaw and x.flaw[1]}")
        return found

    def at(self, state, what="the loss"):
        """Value, gradient and Hessian, rows of a matrix."""
        (loss,) = self.smooth([self.loss], state, 2, what)
        gradient = [loss.slope.get(i, arb(0)) for i in range(self.dim)]
        hessian = [[loss.bend.get((min(i, j), max(i, j)), arb(0)) for j in range(self.dim)] for i in range(self.dim)]
        return loss.value, gradient, hessian

    def value(self, state):
        return self.smooth([self.loss], state, 0, "the loss")[0].value

    def fields(self, state, what="a flat direction"):
        outputs = [x for field in self.flat for x in field]
        found = [x.value for x in self.smooth(outputs, state, 1, what)] if outputs else []
        return [found[i:i + self.dim] for i in range(0, len(found), self.dim)]


def around(point, radius):
    return [x + arb(0, radius.abs_upper()) for x in point]


class Landscape:
    """A loss at a point, in all directions or across the flat ones, as `check.py` asks for it."""

    students = ()

    def __init__(self, graph, point, directions, undecided):
        self.graph, self.point = graph, point
        self.loss, self.slope, self.bend = graph.at(point)
        self.taken, self.values, self.frame = [], [], []
        if directions is not None:
            self.across(directions, undecided)

    def across(self, directions, undecided):
        """Takes the flat directions at the point, and makes an orthonormal basis of their span."""
        graph, require = self.graph, self.graph.require
        fields = graph.fields(self.point)
        require(fields, "flat_directions: the landscape has none")
        least = largest([norm(field) for field in fields]) / 2**20
        require(least > 0, "flat_directions: all are 0 at the point")
        for j, field in enumerate(fields):
            part = self.rest(field)
            length = norm(part)
            if length > least:
                self.frame.append([x / length for x in part])
                self.taken.append(j)
                self.values.append(field)
            elif not length <= least:
                raise undecided("which flat directions are independent cannot be told")
        require(len(self.taken) == directions, f"flat_directions: {len(self.taken)} are independent")
        self.try_fields()

    def rest(self, vector):
        """The part of a vector across the flat directions taken so far."""
        for u in self.frame:
            share = dot(u, vector)
            vector = [x - share * y for x, y in zip(vector, u)]
        return vector

    def try_fields(self):
        """Refuses fields along which the loss changes at one of some points."""
        draws = random.Random(1)
        size = largest([arb(1)] + [abs(x) for x in self.point])
        for reach in [0] + 4 * [1e-3] + 4 * [0.1] + 8 * [1]:
            state = [(x + size * reach * draws.uniform(-1, 1)).mid() for x in self.point]
            (loss,) = self.graph.numbers([self.graph.loss], state, 1)
            outputs = [x for j in self.taken for x in self.graph.flat[j]]
            fields = self.graph.numbers(outputs, state, 1)
            if loss.flaw or any(x.flaw for x in fields):
                continue
            for i, j in enumerate(self.taken):
                field = fields[i * self.graph.dim:(i + 1) * self.graph.dim]
                along = sum((slope * field[k].value for k, slope in loss.slope.items()), arb(0))
                self.graph.require(along.contains(0), f"flat direction {j + 1} does not keep the loss")

    def derivatives(self):
        """Gradient, a list, and Hessian, a list of rows."""
        if not self.frame:
            return self.slope, self.bend
        large = 1 + 8 * largest([sum((abs(x) for x in row), arb(0)) for row in self.bend])
        frame = arb_mat(self.frame)
        onto = frame.transpose() * frame
        unit = arb_mat([[int(i == j) for j in range(self.graph.dim)] for i in range(self.graph.dim)])
        across = unit - onto
        return self.rest(self.slope), (across * arb_mat(self.bend) * across + onto * large).tolist()

    def variation(self, radius):
        """Bound of |H(x) - H(point)| in the ball; proves that the loss is smooth there."""
        if not radius > 0:
            return arb(0)
        _, _, there = self.graph.at(around(self.point, radius), "the loss in the ball")
        rows = (sum((abs(a - b) for a, b in zip(x, y)), arb(0)) for x, y in zip(there, self.bend))
        return arb(largest(rows).abs_upper())

    def regular(self, radius, below):
        """Whether the fields taken are independent in the ball, seen from the point."""
        fields = self.graph.fields(around(self.point, radius), "a flat direction in the ball")
        products = [[dot(fields[j], value) for value in self.values] for j in self.taken]
        count = range(len(self.taken))
        return below([[(products[i][j] + products[j][i]) / 2 for j in count] for i in count], arb(0)) == 0

    def value(self):
        return self.loss

    def verdict(self, s):
        """What the verdict says beyond index and bounds."""
        graph, verdict, index = self.graph, s["verdict"], s["index"]
        graph.require((verdict == "saddle") == (index > 0), f"verdict {verdict} with index {index}")
        if verdict == "minimum":
            lower = [graph.least] if graph.least is not None else [graph.value(point) for point in graph.minima]
            graph.require(any(loss < s["loss_low"] for loss in lower), "loss_low is not above the least loss")
        if verdict == "global":
            graph.require(not self.frame, "a global minimum is not proved across flat directions")
            near = (norm([a - b for a, b in zip(self.point, point)]) for point in graph.minima)
            graph.require(any(x < s["radius"] for x in near), "no known minimum is in the ball")
