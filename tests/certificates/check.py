#!/usr/bin/env python3
"""Proves the statements of certificates of `spurious certify` anew, in ball arithmetic (Arb, through python-flint).

    python3 tests/certificates/check.py [--bits 128] FILE...

One line a file: `FILE: proved: ...` or `FILE: refused: reason`. Exit code 0 if all are proved, 1 if not, 2 on usage.
Only the statement is taken from a file, and the method is not that of the Rust program. Formulas are in `losses.py`,
losses that a file writes out are computed by `graph.py`, and `facts.py` tests them. The fields that no proof can cover (name, program, parameters) are covered by the checksum.

Proof of a certificate
    Let H be the Hessian at the point, δ a bound of its variation in the ball, g the norm of the gradient at the point.
    By Sylvester's law of inertia the pivots of H - s I count the eigenvalues below s. With s = ±(gap + δ) this shows
    that every symmetric matrix within δ of H (all Hessians in the ball, and means of them) has the stated index and no
    eigenvalue of modulus below gap. So there is at most one critical point in the ball: two would have a singular mean
    Hessian on the segment between them. And if g < gap · radius, there is one within D = g/gap: follow the field
    -H(x)⁻¹ ∇F(point), whose flow takes the gradient straight to 0 with a speed of at most D. With z the vector between
    the two, the gradient is Az and the losses differ by zᵀBz/2, for two means A, B of Hessians on the way, which differ
    by 2δ' at most if δ' bounds the variation within D of the point: the losses differ by gD/2 + δ'D² at most.
    Further input dimensions, if `every_input_dim`: at the point padded with zeros the Hessian is H and copies of one
    block T, and δ bounds the variation in the ball around it too, whatever the dimension. With no eigenvalue of T below
    extra + δ, every symmetric matrix within δ has the stated index and no eigenvalue of modulus below
    min(gap, extra): the argument for one critical point in the ball is the same, and the padded one is it.
    A loss is never negative, so a critical point of positive loss is no global minimum where the loss can be 0: with as
    many neurons as teachers, or more. A global minimum is the only critical point in its ball, hence the one stated.
"""
import argparse
import hashlib
import json
import re
import sys
from typing import NamedTuple

from flint import arb, arb_mat, ctx

import graph
import network
from losses import norm, pooled_cnn, relu_sum, vectors


class Refused(Exception):
    """A statement that is not proved, with the reason."""


class Undecided(Refused):
    """Refused, but more bits may help."""


def require(holds, reason):
    """Goes on only if a comparison is certain: of balls that overlap, Arb says neither < nor >."""
    if not holds:
        raise Refused(reason)


class Model(NamedTuple):
    """What a certificate's field `landscape` holds, and how its loss is built. Another model is one more entry."""

    sizes: tuple  # names of the integers
    teacher: str  # name of the list with the teacher's vectors, one after the other
    student: object  # landscape -> number of the student's neurons, and length of one
    teachers: int | None  # number of the teacher's vectors; None: any
    further: bool  # whether `every_input_dim` has a meaning
    build: object  # landscape, point, further input dimensions -> Landscape; None: proved by `network`
    reals: tuple = ()  # names of other numbers


MODELS = {
    "relu_sum": Model(
        sizes=("neurons", "input_dim"),
        teacher="teachers",
        student=lambda shape: (shape["neurons"], shape["input_dim"]),
        teachers=None,
        further=True,
        build=relu_sum,
    ),
    "pooled_cnn": Model(
        sizes=("filter_length", "patches", "stride"),
        teacher="teacher",
        student=lambda shape: (1, shape["filter_length"]),
        teachers=1,
        further=False,
        build=pooled_cnn,
    ),
    "cnn": Model(
        sizes=("filter_size",),
        teacher="output",
        student=lambda shape: (1, shape["filter_size"] + len(shape["output"])),
        teachers=None,
        further=False,
        build=None,
        reals=("filter_norm",),
    ),
}


def negative_eigenvalues(rows):
    """Number of negative eigenvalues of every symmetric matrix in a square matrix of balls: those of a leading block
    and those of its Schur complement (Haynsworth 1968), and so on down to 1 x 1. Radii grow with the condition numbers
    of the blocks, level by level; with products of blocks 400 x 400 takes a fraction of a second."""
    if len(rows) == 1:
        if not (rows[0][0] > 0 or rows[0][0] < 0):
            raise Undecided("an eigenvalue is too close to a bound to be counted")
        return int(rows[0][0] < 0)
    half = len(rows) // 2
    lead, side = [row[:half] for row in rows[:half]], arb_mat([row[half:] for row in rows[:half]])
    try:
        bent = side.transpose() * arb_mat(lead).solve(side)
    except ZeroDivisionError:
        raise Undecided("an eigenvalue of a block is too close to a bound to be counted") from None
    rest = arb_mat([row[half:] for row in rows[half:]]) - bent
    return negative_eigenvalues(lead) + negative_eigenvalues(rest.tolist())


def below(rows, bound):
    """Number of eigenvalues below a bound; proves that none equals it."""
    return negative_eigenvalues([[x - bound if i == j else x for j, x in enumerate(row)] for i, row in enumerate(rows)])


def prove(s):
    """Raises `Refused` unless every claim of a statement is proved."""
    if not s["is_graph"] and MODELS[s["model"]].build is None:
        network.prove(s, require)
        return
    radius, gap, index, lowest = s["radius"], s["gap_low"], s["index"], s["eigenvalue_min_low"]
    require(radius > 0 and gap > 0, "radius and gap_low must be positive")
    require(s["gradient_norm_high"] < gap * radius, "gradient_norm_high is not below gap_low * radius")
    further = int(bool(s["every_input_dim"]))
    if s["is_graph"]:
        landscape = graph.Landscape(s["landscape"], s["point"], s.get("flat_directions"), Undecided)
        landscape.verdict(s)
        require(landscape.regular(radius, below) if landscape.taken else True, "the flat directions may be dependent")
    else:
        landscape = MODELS[s["model"]].build(s["landscape"], s["point"], further)
        for i, w in enumerate(landscape.students):
            require(norm(w.weights) > radius, f"neuron {i} may vanish in the ball")
        prove_verdict(s)

    gradient, hessian = landscape.derivatives()
    slope = norm(gradient)
    require(slope <= s["gradient_norm_high"], f"the gradient is {text(slope)}, not at most gradient_norm_high")
    distance = slope / gap
    require(distance <= s["distance_high"], f"the critical point may be {text(distance)} away, more than distance_high")
    if further:
        length = s["landscape"]["input_dim"] + 1
        inside = [i for i in range(landscape.size) if (i + 1) % length]
        extra = [row[length - 1::length] for row in hessian[length - 1::length]]
        hessian = [[hessian[i][j] for j in inside] for i in inside]
        least = s["extra_eigenvalue_low"]
        require(least > 0, "extra_eigenvalue_low is not positive")
        require(below(extra, least + landscape.variation(radius)) == 0, "extra_eigenvalue_low is too high")

    change = landscape.variation(radius)
    counts = [below(hessian, gap + change)] + ([below(hessian, -gap - change)] if index else [])
    require(counts[0] == index == counts[-1], f"{counts[-1]} to {counts[0]} eigenvalues are below the gap")
    # Of the critical point, which is far nearer than the sphere of the ball.
    near = landscape.variation(distance)
    require((index == 0 and lowest <= gap) or below(hessian, lowest + near) == 0, "eigenvalue_min_low is too high")

    loss = arb(0)
    if s["is_graph"] or s["verdict"] != "global":
        loss = landscape.value() + arb(0, (slope * distance / 2 + near * distance**2).abs_upper())
    require(s["loss_low"] <= loss, f"the loss {text(loss, 15)} may be below loss_low")
    require(loss <= s["loss_high"], f"the loss {text(loss, 15)} may be above loss_high")
    if s["is_graph"] and index == 0 and s["landscape"].least is not None:
        require(not loss < s["landscape"].least, "the loss is below least_loss")


def prove_verdict(s):
    """What the verdict says beyond index and bounds."""
    verdict, index, model = s["verdict"], s["index"], MODELS[s["model"]]
    count, length = model.student(s["landscape"])
    students, teachers = vectors(s["point"], length), vectors(s["landscape"][model.teacher], length)
    require((verdict == "saddle") == (index > 0), f"verdict {verdict} with index {index}")
    if verdict == "minimum":
        require(s["loss_low"] > 0, "loss_low is not positive: the minimum may be global")
        require(count >= len(teachers), "fewer neurons than teachers: the global value need not be 0")
    if verdict == "global":
        require(count == len(teachers), "a global minimum is proved only for as many neurons as teachers")
        square = arb(0)
        for w in students:
            distances = [norm([a - b for a, b in zip(w, v)]) for v in teachers]
            nearest = min(range(len(teachers)), key=lambda j: distances[j].mid())
            square += distances[nearest]**2
            del teachers[nearest]
        require(square.sqrt() <= s["radius"], "the teacher, in any order, is not in the ball")


FORMAT = "spurious certificate 2"
OLDER = "spurious certificate 1"
NUMBERS = ("radius", "gradient_norm_high", "gap_low", "eigenvalue_min_low", "distance_high", "loss_low", "loss_high")
FIELDS = {"format", "program", "name", "parameters", "model", "landscape", "point", "verdict", "index", *NUMBERS,
          "every_input_dim", "extra_eigenvalue_low", "checksum"}
# What stands in some certificates of graphs only.
OPTIONAL = {"flat_directions"}
GRAPH = {"dim", "operations", "loss", "least_loss", "minima", "flat"}
HEXADECIMAL = re.compile(r"-?0x[01](?:\.[0-9a-f]{1,13})?p([+-]?[0-9]{1,4})")


def number(given, field):
    """The float written as Python's `float.hex` does; up to 13 digits and these exponents make it exact."""
    parts = HEXADECIMAL.fullmatch(given) if isinstance(given, str) else None
    require(parts and -1022 <= int(parts[1]) <= 1023, f"{field}: {given!r} is not a finite float in hexadecimal")
    return arb(float.fromhex(given))


def numbers(given, count, field):
    require(len(given) == count > 0, f"{field} has {len(given)} numbers, not {count}")
    return [number(x, f"{field}[{i}]") for i, x in enumerate(given)]


def once(pairs):
    """An object of JSON without repeated names."""
    require(len({name for name, _ in pairs}) == len(pairs), "a field is given twice")
    return dict(pairs)


def fields(given, expected, where):
    require(isinstance(given, dict), f"{where} is not an object")
    missing, unknown = sorted(set(expected) - set(given)), sorted(set(given) - set(expected))
    require(not missing, f"{where} lacks {', '.join(missing)}")
    require(not unknown, f"{where} has unknown fields: {', '.join(unknown)}")


def checksum(raw):
    """SHA-256 of the canonical text: the JSON without `checksum`, keys sorted, no spaces, in UTF-8."""
    rest = {field: value for field, value in raw.items() if field != "checksum"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def read(path):
    """The statement of a file, floats as exact balls."""
    try:
        with open(path, encoding="utf-8") as file:
            raw = json.load(file, object_pairs_hook=once)
        require(isinstance(raw, dict) and "format" in raw, "no certificate: not an object with a field format")
        require(raw["format"] != OLDER, f"format {OLDER!r}: its claim about larger input dimensions need not hold; "
                "certify the point again")
        require(raw["format"] == FORMAT, f"format {raw['format']!r} is not {FORMAT!r}")
        fields(raw, FIELDS | (OPTIONAL & set(raw)), "the certificate")
        total = checksum(raw)
    except OSError as error:
        raise Refused(f"not readable: {error}") from None
    except (ValueError, RecursionError) as error:
        raise Refused(f"no certificate: {error}") from None
    require(isinstance(raw["parameters"], dict), "parameters is not an object")
    texts = {x: raw[x] for x in ("program", "name", "model", "verdict", "checksum")}
    for field, value in [*texts.items(), *raw["parameters"].items()]:
        require(isinstance(value, str), f"{field} is not a text")
    require(raw["checksum"] == total, f"checksum: the rest makes {total}, so that the file was changed")
    words = ("minimum", "local_minimum", "saddle", "global")
    require(raw["verdict"] in words, f"verdict {raw['verdict']!r} is unknown")
    require(type(raw["index"]) is int and raw["index"] >= 0, "index is not an integer from 0 on")
    require(isinstance(raw["point"], list), "point is not a list")
    raw["is_graph"] = isinstance(raw["landscape"], dict) and "operations" in raw["landscape"]
    if raw["is_graph"]:
        return read_graph(raw)
    require("flat_directions" not in raw, "flat_directions: only the loss of a graph has some")
    require(raw["verdict"] != "local_minimum", "verdict 'local_minimum': only of the loss of a graph")
    require(raw["model"] in MODELS, f"model {raw['model']!r} is not one of {', '.join(MODELS)}")
    model, shape = MODELS[raw["model"]], raw["landscape"]
    fields(shape, {*model.sizes, *model.reals, model.teacher}, "landscape")
    for field in model.sizes:
        require(type(shape[field]) is int and shape[field] >= 1, f"{field} is not an integer from 1 on")
    require(isinstance(shape[model.teacher], list), f"{model.teacher} is not a list")
    count, length = model.student(shape)
    given = shape[model.teacher]
    if model.build is None:
        whole = len(given)
        for field in model.reals:
            shape[field] = number(shape[field], field)
            require(shape[field] > 0, f"{field} is not positive")
        require(shape["filter_size"] >= 2, "filter_size is less than 2")
    else:
        whole = length
    teachers = model.teachers or len(given) // whole if whole else 0
    shape[model.teacher] = numbers(given, teachers * whole, model.teacher)
    for j, v in enumerate(vectors(shape[model.teacher], whole)):
        require(any(x != 0 for x in v), f"vector {j} of the teacher is 0")
    raw["point"] = numbers(raw["point"], count * length, "point")
    raw.update((field, number(raw[field], field)) for field in NUMBERS)
    further, bound = raw["every_input_dim"], raw["extra_eigenvalue_low"]
    require((type(further) is bool) == model.further, f"every_input_dim: not {further!r} for {raw['model']}")
    require(bool(further) == (bound is not None), "extra_eigenvalue_low goes with every_input_dim")
    raw["extra_eigenvalue_low"] = number(bound, "extra_eigenvalue_low") if further else None
    return raw


def read_graph(raw):
    """The statement about a loss that is written out as a graph of operations."""
    shape = raw["landscape"]
    fields(shape, GRAPH, "landscape")
    require(raw["model"] not in MODELS, f"model {raw['model']!r}: its landscape is not a graph of operations")
    require(type(shape["dim"]) is int and shape["dim"] >= 1, "dim is not an integer from 1 on")
    raw["point"] = numbers(raw["point"], shape["dim"], "point")
    raw["landscape"] = graph.Graph(shape, number, require)
    raw.update((field, number(raw[field], field)) for field in NUMBERS)
    for field in ("every_input_dim", "extra_eigenvalue_low"):
        require(raw[field] is None, f"{field}: not of a graph")
    directions = raw.get("flat_directions")
    require(directions is None or type(directions) is int and 0 < directions < shape["dim"],
            "flat_directions is not a number of directions")
    return raw


def text(ball, digits=6):
    return ball.str(digits, radius=False)


def check(path, bits):
    """Whether the statement of a file is proved, and the line that says so. What is undecided gets more bits."""
    for precision in (bits, 2 * bits, 4 * bits, 8 * bits):
        ctx.prec = precision
        try:
            s = read(path)
            prove(s)
        except Undecided as reason:
            line = f"{path}: refused: {reason} with {precision} bits"
        except Refused as reason:
            return False, f"{path}: refused: {reason}"
        else:
            return True, f"{path}: proved: {summary(s)}"
    return False, line


def summary(s):
    """The statement in words."""
    kinds = {"minimum": "spurious strict local minimum", "local_minimum": "strict local minimum",
             "global": "global minimum", "saddle": f"index {s['index']}"}
    extra = s["extra_eigenvalue_low"]
    least = s["gap_low"] if extra is None or s["gap_low"] < extra else extra
    further = f", in every larger input dimension too with a gap of {text(least)}" if s["every_input_dim"] else ""
    directions = s.get("flat_directions")
    further += f", across {directions} flat directions" if directions else ""
    return (f"{s['verdict']}: {kinds[s['verdict']]} of {s['model']} with {len(s['point'])} weights within "
            f"{text(s['distance_high'])}, loss from {text(s['loss_low'])} to {text(s['loss_high'])}{further}")


def main():
    parser = argparse.ArgumentParser(description="Proves certificates of `spurious certify` in ball arithmetic.")
    parser.add_argument("files", metavar="FILE", nargs="+")
    parser.add_argument("--bits", type=int, default=128, help="precision to begin with, 64 or more (default 128)")
    options = parser.parse_args()
    if options.bits < 64:
        parser.error("--bits must be at least 64")
    sys.stdout.reconfigure(errors="backslashreplace")
    proved = True
    for path in options.files:
        holds, line = check(path, options.bits)
        print(line, flush=True)
        proved &= holds
    return 0 if proved else 1


if __name__ == "__main__":
    sys.exit(main())
