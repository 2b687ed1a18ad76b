"""Counts the instruction slots of a step in compiled kernels of cuda_reference: `count_slots.py cuda_reference > slots.csv`.

A slot is one instruction of one lane; what a card can do at most is its lanes times its clock over the slots of a step. Needs
cuobjdump on the PATH or in CUOBJDUMP. The loop over steps is the one with most special-function instructions; each step
takes one reciprocal, so their number says how far the compiler has unrolled it. Paths that are left out of line, and `relu_sum`,
whose step is loops within loops, are not counted.
"""

import csv
import os
import re
import subprocess
import sys
from collections import Counter

INSTRUCTION = re.compile(r"/\*([0-9a-f]{4,5})\*/\s+(?:@!?U?P\w+\s+)?([A-Z][\w.]*)([^;]*);")
KINDS = {
    "float": ("FFMA", "FADD", "FMUL", "FMNMX", "FSEL", "FSETP"),
    "special": ("MUFU",),
    "shuffle": ("SHFL",),
    "memory": ("LD", "ST"),
    "branch": ("BRA", "BSSY", "BSYNC", "CALL", "RET", "WARPSYNC", "NOP"),
}


def kind(opcode):
    """The column that an instruction counts in."""
    return next((name for name, starts in KINDS.items() if opcode.startswith(starts)), "integer")


def loop_over_steps(text):
    """The instructions of the loop with most special functions; of several, the shortest."""
    found = [(int(address, 16), opcode, rest) for address, opcode, rest in INSTRUCTION.findall(text)]
    loops = []
    for address, opcode, rest in found:
        target = re.search(r"0x([0-9a-f]+)", rest) if opcode.startswith("BRA") else None
        if target and int(target[1], 16) < address:
            loops.append([f[1] for f in found if int(target[1], 16) <= f[0] <= address])
    return max(loops, key=lambda loop: (sum(o.startswith("MUFU") for o in loop), -len(loop)), default=[])


def main():
    dump = subprocess.run(
        [os.environ.get("CUOBJDUMP", "cuobjdump"), "--dump-sass", sys.argv[1]], capture_output=True, text=True, check=True
    ).stdout
    writer = csv.writer(sys.stdout)
    writer.writerow(["kernel", "filter_size", "patches", "lanes", "slots_a_run", "slots", *KINDS, "integer"])
    for text in dump.split("Function : ")[1:]:
        name = text.split()[0]
        if "relu_sum" in name:
            continue
        sizes = re.findall(r"Li(\d+)E", name) or ["", "", 1]
        loop = loop_over_steps(text)
        steps = sum(opcode.startswith("MUFU.RCP") for opcode in loop) or 1
        count = Counter(kind(opcode) for opcode in loop)
        each = [round(count[k] / steps, 2) for k in (*KINDS, "integer")]
        slots = len(loop) / steps
        writer.writerow(["full" if "full" in name else "reduced", *sizes, slots * int(sizes[2]), slots, *each])


if __name__ == "__main__":
    main()
