"""Runs NumPy, JAX and numba beside spurious: same map, same starts, same runs and steps; prints one table.

Every library works in processes of its own, one for each number of threads, that stay until the end. First each variant must end
where spurious ends (see `check`); then measurements go around all variants again and again, and medians are taken, so that
whatever else the machine does meets all of them alike. Compiling and the first calls are not measured. A rate is run-steps
per second; per core-second it is over CPU time, summed over threads.
"""

import argparse
import csv
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
from landscape import CONFIGURATIONS
from ours import Spurious

HERE = Path(__file__).parent
COLUMNS = (
    "peer,version,variant,model,form,patches,filter_size,step,precision,exit,threads,runs,steps,mean_steps,repetitions,wall_s,cpu_s,"
    "run_steps_per_s,run_steps_per_core_s,relative"
).split(",")
# A measurement of ours lasts about as long in seconds, with at most as many runs, whose starts take time that does not count.
OURS_SPAN, OURS_RUNS = 0.3, 2**20


class Library:
    """A worker process of one library."""

    def __init__(self, name, threads, folder, environment):
        self.name, self.threads, self.folder = name, threads, folder
        command = [sys.executable, str(HERE / "worker.py"), name, str(threads), str(folder)]
        pipe = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        cores = sorted(os.sched_getaffinity(0))[-threads:]
        self.process = subprocess.Popen(command, env=environment, preexec_fn=lambda: os.sched_setaffinity(0, cores), **pipe)
        hello = self._answer()
        self.version, self.missing = hello.get("version"), hello.get("missing")

    def ask(self, *question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def endpoints(self, variant, runs):
        outcome = self.ask("endpoints", variant, runs)
        return np.load(self.folder / "endpoints.npy"), outcome

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} on {self.threads} threads ended unexpectedly")
        return json.loads(line)


def environment(name, threads, platform_name):
    """One library's environment: its threads, and 512-bit vectors for numba where the processor has them."""
    env = dict(os.environ, OPENBLAS_NUM_THREADS="1", NUMBA_NUM_THREADS=str(threads), TF_CPP_MIN_LOG_LEVEL="2")
    if name == "jax":
        env["JAX_PLATFORMS"] = platform_name
        env["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={threads} " + env.get("XLA_FLAGS", "")
    if name == "numba":
        asked = "import llvmlite.binding as b; print(b.get_host_cpu_features().flatten())"
        found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=False).stdout.strip()
        if "+avx512f" in found:
            env["NUMBA_CPU_FEATURES"] = found + ",-prefer-256-bit"
    return env


def distances(states, reference):
    """Largest difference of a component in each run, relative where weights are larger than 1."""
    return np.max(np.abs(states - reference), 1) / np.maximum(1, np.max(np.abs(reference), 1))


class Reference:
    """Where spurious ends, in f64, and how far from there rounding takes it in f32."""

    SHORT = 10

    def __init__(self, spurious, c, runs, steps, counted):
        self.ends = {n: spurious.endpoints(c, runs, n, precision="f64") for n in (self.SHORT, steps)}
        self.errors = {n: distances(spurious.endpoints(c, runs, n), ends) for n, ends in self.ends.items()}
        self.outcomes = spurious.outcomes(c, counted, steps)
        self.counted = counted

    def check(self, label, ends, steps):
        """After SHORT steps every run is within 2e-5, about a hundred roundings of the weights. After all of them, rounding has
        been amplified where a run passed a saddle: median and ninth decile of the distances may be 8 times those of spurious in
        f32 (plus 2e-5), and at most one run in 100 more than there may be elsewhere (off by 0.01)."""
        distance, own = distances(ends, self.ends[steps]), self.errors[steps]
        if steps == self.SHORT:
            good = distance.max() <= 2e-5
        else:
            quantiles = [(np.quantile(d, 0.5), np.quantile(d, 0.9)) for d in (distance, own)]
            good = all(d <= 8 * o + 2e-5 for d, o in zip(*quantiles))
            good &= np.mean(distance > 0.01) <= np.mean(own > 0.01) + 0.01
        if not good:
            raise SystemExit(
                f"{label}: another map? after {steps} steps {np.quantile(distance, [0.5, 0.9, 1])} from "
                f"spurious in f64, whose own f32 is {np.quantile(own, [0.5, 0.9, 1])} from there"
            )
        return np.quantile(distance, 0.9)

    def check_outcomes(self, label, outcomes):
        """Outcomes may differ for one run in 500 (at least 2), those that rounding takes across a boundary; mean steps by 2 %."""
        *counts, mean = outcomes
        *wanted, wanted_mean = self.outcomes
        allowed = max(2, self.counted / 500)
        if any(abs(a - b) > allowed for a, b in zip(counts, wanted)) or abs(mean - wanted_mean) > 0.02 * wanted_mean:
            raise SystemExit(f"{label}: outcomes and mean steps {outcomes}, spurious {self.outcomes}")


def prepare(spurious, indices, arguments, folder):
    """Writes the starts for the workers; returns what their endpoints are compared with."""
    references = {}
    distinct = min(arguments.runs, arguments.distinct)
    for index in indices:
        c = CONFIGURATIONS[index]
        starts = spurious.starts(c, distinct)
        repeated = np.resize(starts, (arguments.runs, starts.shape[1]))
        np.savez(folder / f"{index}.npz", teacher=spurious.teacher(c), starts=repeated)
        references[index] = Reference(spurious, c, min(distinct, 512), arguments.steps, distinct)
    return references


def checked(library, index, reference, arguments):
    """Variants of a library, after every one of them has ended where spurious does."""
    c = CONFIGURATIONS[index]
    runs = len(reference.errors[reference.SHORT])
    worst = 0
    # The short check is of the map, which no number of threads changes.
    for steps in (reference.SHORT, arguments.steps) if library.threads == arguments.threads[0] else (arguments.steps,):
        variants = library.ask("variants", index, steps)
        for name, exits in variants:
            label = f"{library.name} ({name}), {c.name}"
            if exits and steps == arguments.steps:
                ends, outcomes = library.endpoints(name, runs)
                scale = reference.counted / arguments.runs
                reference.check_outcomes(label, [outcomes[0] * scale, outcomes[1] * scale, outcomes[2]])
            elif not exits:
                ends, _ = library.endpoints(name, runs)
                worst = max(worst, reference.check(label, ends, steps))
    print(
        f"{library.name}, {library.threads} threads, {c.name}: {len(variants)} variants end where spurious does "
        f"(9 runs in 10 within {worst:.1e})",
        file=sys.stderr,
    )
    return variants


def measure(spurious, libraries, index, reference, arguments):
    """Measures a configuration; a row for each variant."""
    rows = []
    c = CONFIGURATIONS[index]
    subjects = []
    for threads in arguments.threads:
        for precision, exits in (("f32", False), ("f32", True), ("f64", False)):
            call = (c, arguments.runs, arguments.steps, precision, threads, exits)
            times = 1
            while spurious.seconds(*call, times)[0] * times < OURS_SPAN / 4 and 4 * times * arguments.runs <= OURS_RUNS:
                times *= 4
            variant = "verdicts" if exits else "fixed steps"
            key = {"peer": "spurious", "version": arguments.version, "variant": variant}
            subjects.append((key, threads, precision, exits, partial(spurious.seconds, *call, times)))
    for library in libraries:
        key = {"peer": library.name, "version": library.version}
        for name, exits in checked(library, index, reference, arguments):
            subjects.append(({**key, "variant": name}, library.threads, "f32", exits, partial(library.ask, "seconds", name)))
    seconds = [[] for _ in subjects]
    for repetition in range(arguments.repetitions):
        for spent, subject in zip(seconds, subjects):
            spent.append(subject[-1]())
        print(f"{c.name}: repetition {repetition + 1} of {arguments.repetitions}", file=sys.stderr)
    for spent, (key, threads, precision, exits, _) in zip(seconds, subjects):
        mean = reference.outcomes[2] if exits else arguments.steps
        wall, cpu = (statistics.median(s[i] for s in spent) for i in (0, 1))
        work = arguments.runs * mean
        rows.append(
            {
                **key,
                "model": "cnn",
                "form": c.form,
                "patches": c.patches,
                "filter_size": c.filter_size,
                "step": c.step,
                "precision": precision,
                "exit": exits,
                "threads": threads,
                "runs": arguments.runs,
                "steps": arguments.steps,
                "mean_steps": mean,
                "repetitions": len(spent),
                "wall_s": wall,
                "cpu_s": cpu,
                "run_steps_per_s": work / wall if wall > 0 else math.nan,
                "run_steps_per_core_s": work / cpu if cpu > 0 else math.nan,
            }
        )
    return rows


def relate(rows, by):
    """Adds each rate over that of spurious for the same task, f32 and threads."""

    def task(row):
        return row["form"], row["patches"], row["exit"], row["threads"]

    base = {task(r): r[by] for r in rows if r["peer"] == "spurious" and r["precision"] == "f32"}
    for row in rows:
        row["relative"] = row[by] / base[task(row)]


def table(rows):
    """Text for a terminal: a block for each configuration, the fastest first."""
    lines = []
    for c in CONFIGURATIONS:
        block = [r for r in rows if (r["form"], r["patches"]) == (c.form, c.patches)]
        if not block:
            continue
        mean = max(r["mean_steps"] for r in block if r["exit"])
        sizes = f"{c.form} form, {c.patches} patches, filter_size {c.filter_size}, step {c.step:g}"
        lines += ["", f"{sizes}, {block[0]['runs']} runs, {block[0]['steps']} steps (with exit {mean:.1f} in the mean)"]
        lines.append(
            f"{'threads':>7}  {'ends':5}  {'peer':8}  {'variant':46}  {'run-steps/s':>11}  {'/core-second':>12}  {'relative':>8}"
        )
        for r in sorted(block, key=lambda r: (r["threads"], r["exit"], -r["relative"])):
            name = r["variant"] + (" in f64" if r["precision"] == "f64" else "")
            lines.append(
                f"{r['threads']:7}  {'early' if r['exit'] else 'fixed':5}  {r['peer']:8}  {name:46}  "
                f"{r['run_steps_per_s']:11.2e}  {r['run_steps_per_core_s']:12.2e}  {r['relative']:8.3f}"
            )
    return "\n".join(lines[1:]) + "\n"


def write(rows, out):
    """Writes the tables of what there is so far."""
    (out / "peers.txt").write_text(f"{machine()}; relative: rate over that of spurious in f32\n\n{table(rows)}")
    with open(out / "peers.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    (out / "peers.json").write_text(json.dumps({"machine": machine(), "rows": rows}, indent=1) + "\n")


def machine():
    """The processor's name and number of cores."""
    try:
        text = Path("/proc/cpuinfo").read_text()
        name = next(line.split(":")[1].strip() for line in text.splitlines() if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor()
    return f"{name}, {os.cpu_count()} cores"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="target/release/spurious", help="the executable of spurious")
    parser.add_argument("--out", type=Path, required=True, help="folder for peers.txt, peers.csv, peers.json")
    parser.add_argument("--peers", default="numpy,numba,jax", help="libraries, with commas")
    parser.add_argument("--forms", default="full,reduced", help="forms, with commas")
    parser.add_argument("--threads", default=f"1,{os.cpu_count()}", help="numbers of threads, with commas")
    parser.add_argument("--runs", type=int, default=4096)
    parser.add_argument("--distinct", type=int, default=4096, help="starts written by spurious; more runs repeat them")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--jax-platform", default="cpu", help="cpu or cuda")
    parser.add_argument("--backend", default="cpu", help="where spurious computes: cpu or gpu; a gpu is compared by wall time")
    parser.add_argument("--adapter", default="", help="part of the name of its adapter")
    arguments = parser.parse_args()
    arguments.threads = sorted({int(t) for t in arguments.threads.split(",")})
    arguments.out.mkdir(parents=True, exist_ok=True)
    spurious = Spurious(arguments.program, arguments.backend, arguments.adapter)
    arguments.version = spurious.version()
    indices = [i for i, c in enumerate(CONFIGURATIONS) if c.form in arguments.forms.split(",")]
    libraries = []
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        try:
            references = prepare(spurious, indices, arguments, folder)
            for name in filter(None, arguments.peers.split(",")):
                for threads in arguments.threads:
                    library = Library(name, threads, folder, environment(name, threads, arguments.jax_platform))
                    libraries.append(library)
                    if library.missing:
                        raise SystemExit(f"{name} is missing: {library.missing}")
            rows = []
            for index, reference in references.items():
                rows += measure(spurious, libraries, index, reference, arguments)
                relate(rows, "run_steps_per_core_s" if arguments.backend == "cpu" else "run_steps_per_s")
                write(rows, arguments.out)
        finally:
            for library in libraries:
                library.close()
    print((arguments.out / "peers.txt").read_text(), end="")


if __name__ == "__main__":
    main()
