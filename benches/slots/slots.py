"""Counts what a step of each kernel takes on cards that are not there: `slots.py [--check] [--only NAME,…] KERNELS > slots.csv`.

KERNELS is a folder that `cargo run --example kernel_texts` has filled, with its table in kernels.csv. Of each kernel: issue
slots of a lane in a step, registers, and bytes spilled or kept in local memory on an NVIDIA card of ARCHITECTURE [sm_90];
vector registers, spilled registers, scratch and instructions on two families of AMD cards, by Mesa's compiler. With
--check, exit code 1 where a count is above its ceiling in ceilings.csv.

The counts do not depend on the machine or its load. They say how much there is to do, not how long it takes: waiting for
memory, or for one another, takes no slot.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import nvidia

HERE = Path(__file__).parent
# How often the loops within a step are gone round, in the order of the code, for kernels that have them. `relu_sum` with
# 20 neurons, teachers and inputs, 32 lanes: rows of weights, pairs (30 of 36 places in one round of all lanes), products
# of five fours, 100 fours of teachers, radial parts, slopes (25 tiles) over five fours of partners, rows of slopes.
ROUNDS = {"relu_sum_20_lanes_32": [1, 1, 5, 4, 1, 1, 5, 1]}
FAMILIES = ("navi21", "vega10")
MESA = {"vgprs": "VGPRs", "spilled": "Spilled VGPRs", "scratch": "Scratch size", "instructions": "Instructions"}


def tools():
    wheels = Path(os.environ["SLOTS_WHEELS"])
    found = lambda pattern: str(next(wheels.glob(pattern)))
    return nvidia.Tools(os.environ.get("NAGA", "naga"), found("slangtorch/bin/slangc"), found("nvidia/*/bin/nvcc"), found("nvidia/*/bin/nvdisasm"))


def amd(family, folder, names):
    """Statistics of kernels by name; None where this machine's Mesa has no such driver."""
    icd = next(Path("/usr/share/vulkan/icd.d").glob("radeon_icd*.json"), None)
    if icd is None:
        return None
    environment = {**os.environ, "RADV_FORCE_FAMILY": family, "VK_DRIVER_FILES": str(icd), "VK_ICD_FILENAMES": str(icd)}
    files = [str(folder / f"{name}.spv") for name in names]
    done = subprocess.run([sys.executable, str(HERE / "vulkan.py"), *files], capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        print(f"slots: {family}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    return json.loads(done.stdout)


def rows(folder, only):
    kernels = [kernel for kernel in csv.DictReader((folder / "kernels.csv").open()) if not only or kernel["kernel"] in only]
    architecture = os.environ.get("ARCHITECTURE", "sm_90")
    families = {family: amd(family, folder, [kernel["kernel"] for kernel in kernels]) for family in FAMILIES}
    for kernel in kernels:
        name = kernel["kernel"]
        row = {"kernel": name, "lanes": kernel["lanes"], "operations": float(kernel["operations_a_run"]) / int(kernel["lanes"])}
        counted = nvidia.count(tools(), folder / f"{name}.wgsl", ROUNDS.get(name, []), architecture)
        row |= {"slots": counted.slots, "share": round(row["operations"] / counted.slots, 3)}
        row |= {"registers": counted.registers, "spilled": counted.spilled, "local": counted.local}
        for family, found in families.items():
            row |= {f"{family}_{column}": found[name][key] for column, key in MESA.items()} if found else {}
        yield row


def beyond_ceilings(table):
    """What is above its ceiling, in words."""
    ceilings = {row["kernel"]: row for row in csv.DictReader((HERE / "ceilings.csv").open())}
    for row in table:
        for column, most in ceilings.get(row["kernel"], {}).items():
            if column != "kernel" and most and column in row and float(row[column]) > float(most):
                yield f"{row['kernel']}: {column} {row[column]}, at most {most}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with ceilings.csv")
    parser.add_argument("--only", default="", help="names of kernels, with commas between them")
    parser.add_argument("kernels", type=Path, help="folder of kernel texts")
    arguments = parser.parse_args()
    only = set(filter(None, arguments.only.split(",")))
    table = list(rows(arguments.kernels, only))
    columns = ["kernel", "lanes", "operations", "slots", "share", "registers", "spilled", "local", *(f"{family}_{column}" for family in FAMILIES for column in MESA)]
    writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    beyond = list(beyond_ceilings(table)) if arguments.check else []
    for line in beyond:
        print(f"slots: {line}", file=sys.stderr)
    return 1 if beyond else 0


if __name__ == "__main__":
    sys.exit(main())
