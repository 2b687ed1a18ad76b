"""Issue slots of a step in the machine code of an NVIDIA kernel, from the text of nvdisasm.

A slot is one instruction of one lane. The loop over steps is the one with most special-function instructions, or with
most arithmetic where none has any. Of a loop
without loops in it, what an undecided run walks through is counted: the shortest way round that does most of its
arithmetic, so without what only runs that end are led to. Of a loop with loops in it everything is counted, each as
often as it is gone round.
"""

import re
from dataclasses import dataclass

INSTRUCTION = re.compile(r"\s*/\*[0-9a-f]{4,5}\*/\s+(@!?U?P\w+\s+)?([A-Z][\w.]*)([^;]*);")
LABEL = re.compile(r"\s*(\.L_x_\d+):")
TARGET = re.compile(r"`\((\.L_x_\d+)\)")
# A way round does at least this share of the most arithmetic that any does: the rest belongs to tests of runs that end.
MOST = 0.8


@dataclass
class Instruction:
    condition: str
    opcode: str
    operands: str

    def is_a(self, *starts):
        return self.opcode.startswith(starts)

    @property
    def is_arithmetic(self):
        return self.is_a("MUFU", "FFMA", "DFMA")


@dataclass
class Code:
    """Instructions, and where each label is among them."""

    instructions: list
    labels: dict

    def target(self, at):
        """Where a branch goes, or None."""
        found = TARGET.search(self.instructions[at].operands)
        return self.labels.get(found[1]) if found and self.instructions[at].is_a("BRA") else None

    def loops(self):
        """First and last instruction of every loop, those that begin first first."""
        last = {}
        for at in range(len(self.instructions)):
            first = self.target(at)
            if first is not None and first <= at:
                last[first] = max(at, last.get(first, 0))
        return sorted(last.items())

    def count(self, loop, counts):
        return sum(map(counts, self.instructions[loop[0] : loop[1] + 1]))


def parse(text):
    instructions, labels, inside = [], {}, False
    for line in text.splitlines():
        inside = inside or line.startswith(".text.")
        if not inside:
            continue
        label, instruction = LABEL.match(line), INSTRUCTION.match(line)
        if label:
            labels[label[1]] = len(instructions)
        elif instruction:
            instructions.append(Instruction(instruction[1] or "", instruction[2], instruction[3]))
    return Code(instructions, labels)


def is_slot(instruction):
    return instruction.opcode != "NOP"


def slots_of_a_step(code, rounds):
    """Slots of a step; `rounds` says how often each loop within the loop over steps is gone round, in the code's order."""
    loops = code.loops()
    special = lambda loop: code.count(loop, lambda i: i.is_a("MUFU"))
    arithmetic = lambda loop: code.count(loop, lambda i: i.is_arithmetic)
    outer = max(loops, key=lambda loop: (special(loop), arithmetic(loop), loop[0] - loop[1]))
    inner = [loop for loop in loops if outer[0] < loop[0] and loop[1] < outer[1]]
    if len(inner) != len(rounds):
        raise ValueError(f"{len(inner)} loops within a step, not {len(rounds)}: say in ROUNDS how often each is gone round")
    if not inner:
        return shortest_way_round(code, outer)
    total = 0
    for at in range(outer[0], outer[1] + 1):
        times = 1
        for loop, each in zip(inner, rounds):
            if loop[0] <= at <= loop[1]:
                times *= each
        total += times * is_slot(code.instructions[at])
    return total


def shortest_way_round(code, loop):
    first, last = loop
    begins = {first}
    for at in range(first, last + 1):
        if code.instructions[at].is_a("BRA", "EXIT", "BREAK"):
            begins |= {at + 1, code.target(at)}
    begins |= {at for at in code.labels.values() if first <= at <= last}
    begins = sorted(at for at in begins if at is not None and first <= at <= last)
    ends = dict(zip(begins, [*begins[1:], last + 1]))

    # Arithmetic and slots of every way from the beginning to a block. Ways that come to the same count once.
    ways = {begin: set() for begin in begins}
    ways[first].add((0, 0))
    around = set()
    for begin in begins:
        body, final = code.instructions[begin : ends[begin]], code.instructions[ends[begin] - 1]
        arithmetic, slots = sum(i.is_arithmetic for i in body), sum(map(is_slot, body))
        target = code.target(ends[begin] - 1)
        # A branch may have its condition before it or among its operands.
        goes_on = target is None or final.condition or re.search(r"!?U?P\d", final.operands)
        here = {(a + arithmetic, s + slots) for a, s in ways[begin]}
        if target == first:
            around |= here
        elif target is not None and target in ways:
            ways[target] |= here
        if goes_on and ends[begin] in ways:
            ways[ends[begin]] |= here
    most = max(arithmetic for arithmetic, _ in around)
    return min(slots for arithmetic, slots in around if MOST * most <= arithmetic)
