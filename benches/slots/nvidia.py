"""Our kernels as machine code of an NVIDIA card, without a card: naga to HLSL, slangc to CUDA, nvcc to machine code.

NVIDIA's Vulkan driver has another front end than nvcc, so its code differs by some percent. What the detour adds is taken
out again, see `as_a_driver_does`.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import sass

# What shaders are allowed: approximate quotients and roots, subnormal numbers flushed.
FLAGS = ["-O3", "-std=c++17", "-ftz=true", "-prec-div=false", "-prec-sqrt=false"]


@dataclass
class Tools:
    naga: str
    slangc: str
    nvcc: str
    nvdisasm: str


@dataclass
class Counted:
    slots: int
    registers: int
    # Bytes.
    spilled: int
    local: int


def unchecked(hlsl):
    """Without the loop counters and the bounds of indices that naga writes, as kernels are compiled for hardware."""
    lines = [line for line in hlsl.splitlines() if "loop_bound" not in line]
    return without_bounds("\n".join(lines))


def without_bounds(text):
    """`[min(uint(index), last)]` becomes `[index]`."""
    start = "[min(uint("
    done = []
    while start in text:
        before, _, text = text.partition(start)
        depth, end = 1, 0
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        bound = re.match(r", \d+u\)\]", text[end:])
        if bound:
            done.append(before + "[")
            text = text[: end - 1] + "]" + text[end + bound.end() :]
        else:
            done.append(before + start)
    return "".join(done) + text


def as_a_driver_does(cuda):
    """CUDA text with what slangc does for want of a driver undone: constants by pointer, words by `memcpy`, masks of active
    lanes kept by hand, and exchange with a lane by its number rather than by its distance."""
    head, params, rest = cuda.partition("struct GlobalParams")
    for name in re.findall(r"^ *\w+\* (\w+);$", rest.split("};")[0], re.M):
        rest = rest.replace(f"* {name};", f" {name};", 1).replace(f"globalParams_0->{name}->", f"globalParams_0->{name}.")
    cuda = head + params + rest.replace("__ldg(/", "(*/").replace("__ldg(", "(*")
    for old, new in (
        (r"memcpy\(&data, \(\(const char\*\)this->data\) \+ index, sizeof\(T\)\);", "data = *(const T*)((const char*)this->data + index);"),
        (r"memcpy\(\(\(char\*\)this->data\) \+ index, &(value|data), sizeof\(T\)\);", r"*(T*)((char*)this->data + index) = \1;"),
        (r"^( *uint _S\d+ = )__ballot_sync\(.*\);$", r"\1 4294967295U;"),
        (r"int\(_S\d+ \^ (\w+)\)", r"int(\1)"),
    ):
        cuda = re.sub(old, new, cuda, flags=re.M)
    exchange = lambda found: found[0].replace("__shfl_sync", "__shfl_xor_sync")
    return re.sub(r"^__device__ .*WaveReadLaneAt_.*?^}", exchange, cuda, flags=re.M | re.S)


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}:\n{done.stdout}{done.stderr}"[:2000])
    return done.stdout + done.stderr


def count(tools, wgsl, rounds, architecture):
    """Counts of the kernel of a WGSL file; what leads to them stays beside it."""
    hlsl, cuda, binary = (Path(wgsl).with_suffix(ending) for ending in (".hlsl", ".cu", ".cubin"))
    run(tools.naga, "--capabilities", "all", "--shader-model", "60", wgsl, hlsl)
    hlsl.write_text(unchecked(hlsl.read_text()))
    entry = re.search(r"numthreads\(.*?\)\]\s*void (\w+)", hlsl.read_text(), re.S)[1]
    run(tools.slangc, hlsl, "-entry", entry, "-stage", "compute", "-target", "cuda", "-line-directive-mode", "none", "-o", cuda)
    cuda.write_text(as_a_driver_does(cuda.read_text()))
    said = run(tools.nvcc, "-w", *FLAGS, f"-arch={architecture}", "-cubin", "-Xptxas", "-v", cuda, "-o", binary)
    code = sass.parse(run(tools.nvdisasm, "-c", binary))
    number = lambda what: int(re.search(rf"(\d+) {what}", said)[1])
    return Counted(sass.slots_of_a_step(code, rounds), int(re.search(r"Used (\d+) registers", said)[1]), number("bytes spill stores"), number("bytes stack frame"))
