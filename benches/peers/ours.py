"""What spurious itself contributes: starts, endpoints to compare with, and its own rates."""

import csv
import io
import json
import resource
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np


UNMET = 1e-30  # a tolerance that no run meets, so that each takes every step


class Spurious:
    """The program, called as a user calls it."""

    def __init__(self, program, backend="cpu", adapter=""):
        self.program, self.backend, self.adapter = str(program), backend, adapter

    def version(self):
        return self._call("--version").split()[-1]

    def teacher(self, c):
        text = self._call("eval", "cnn", "--teacher", *self._parameters(c))
        return [float(x) for x in text.splitlines()[1].split(",")[1:]]

    def starts(self, c, runs):
        """The starts of the first runs, in f64: where a run is after one step of a size that moves no weight."""
        return self.endpoints(c, runs, steps=1, step=1e-300, precision="f64")

    def endpoints(self, c, runs, steps, step=None, precision="f32"):
        """Weights of the first runs after that many steps on the CPU."""
        with tempfile.TemporaryDirectory() as folder:
            self._descend(Path(folder), c, runs, steps, step, precision, "cpu", output="output.endpoints=true")
            return np.loadtxt(Path(folder) / "results/endpoints.csv", delimiter=",", skiprows=1)[:, 2:]

    def outcomes(self, c, runs, steps):
        """Counts of global and spurious runs, and the mean number of steps, with verdicts in f32."""
        with tempfile.TemporaryDirectory() as folder:
            self._descend(Path(folder), c, runs, steps, None, "f32", "cpu", "output.runs=true", verdicts=True)
            with open(Path(folder) / "results/runs.csv", newline="") as file:
                rows = list(csv.DictReader(file))
        found = [sum(row["outcome"] == name for row in rows) for name in ("global", "spurious")]
        return (*found, sum(int(row["steps"]) for row in rows) / runs)

    def seconds(self, c, runs, steps, precision, threads, verdicts, times):
        """Wall and CPU seconds of one descent of `runs` runs: of `times` as many together, less those of the same with a single
        step, so that starting, seeding and writing count as little as the warm-up of the peers does. Too few runs can give less
        than nothing."""
        if self.backend == "gpu" and self._has_bench():
            return self._bench(c, runs * times, steps, precision, verdicts, times)
        with tempfile.TemporaryDirectory() as folder:
            many, spent = runs * times, []
            for budget in (steps, 1):
                call = (c, many, budget, None, precision, self.backend)
                spent.append(self._descend(Path(folder) / str(budget), *call, verdicts=verdicts, threads=threads))
        return tuple((full - idle) / times for full, idle in zip(*spent))

    def _descend(self, folder, c, runs, steps, step, precision, backend, output=None, verdicts=False, threads=0):
        folder.mkdir(exist_ok=True)
        spec = {
            "model": {"name": "cnn", "form": c.form},
            "params": {"filter_size": c.filter_size, "patches": c.patches, "ratio": c.ratio},
            "descent": {"step": step or c.step, "max_steps": steps, "tolerance": UNMET, "verdicts": verdicts},
            "runs": {"per_cell": runs},
            "compute": {"backend": backend, "adapter": self.adapter * (backend == "gpu"), "precision": precision},
        }
        if c.form == "reduced":
            spec["params"]["start_reduced"] = "projected"
        lines = []
        for table, keys in spec.items():
            lines += [f"[{table}]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items())]
        (folder / "spec.toml").write_text("\n".join(lines) + "\n")
        extra = [f"--set={key}" for key in (output, threads and f"compute.threads={threads}") if key]
        before, began = _cpu_of_children(), time.perf_counter()
        self._call("run", folder / "spec.toml", "--quiet", "--out", folder / "results", *extra)
        return time.perf_counter() - began, _cpu_of_children() - before

    def _has_bench(self):
        return subprocess.run([self.program, "help", "bench"], capture_output=True, check=False).returncode == 0

    def _bench(self, c, runs, steps, precision, verdicts, times):
        """The kernel's own time on a GPU, by `spurious bench`; CPU time means nothing there, so wall time stands for it."""
        call = ["bench", "cnn", "--form", c.form, "--backend", "gpu", "--precision", precision, "--runs", runs, "--steps", steps]
        call += ["--repeat", 3, "--format", "csv", "--set", f"descent.step={c.step}", *self._parameters(c)]
        call += ["--adapter", self.adapter] if self.adapter else []
        rows = csv.DictReader(io.StringIO(self._call(*call, *(["--verdicts"] if verdicts else []))))
        row = next(row for row in rows if row["verdicts"] == str(verdicts).lower())
        rate = float(row["kernel_run_steps_per_s"] or row["run_steps_per_s"])
        return (float(row["run_steps"]) / rate / times,) * 2

    def _parameters(self, c):
        keys = {"filter_size": c.filter_size, "patches": c.patches, "ratio": c.ratio}
        return [f"--set=params.{key}={value}" for key, value in keys.items()]

    def _call(self, *arguments):
        done = subprocess.run([self.program, *map(str, arguments)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{self.program} {arguments[0]} failed:\n{done.stderr}")
        return done.stdout


def _cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
