"""One peer in one process, so that it cannot disturb another: reads a JSON object a line, answers with one.

`worker.py LIBRARY THREADS FOLDER`; the problems are FOLDER/*.npz, written by compare.py, which also sets the environment.
"""

import importlib
import json
import math
import os
import sys
import time
from pathlib import Path

import numpy as np
from landscape import CONFIGURATIONS, Problem

SPAN = 0.2  # seconds that one measurement lasts at least


class Worker:
    """The peer with its problems."""

    def __init__(self, library, threads, folder):
        self.peer = importlib.import_module(f"with_{library}").Peer(threads)
        self.folder, self.calls, self.times = Path(folder), {}, {}

    def version(self):
        return self.peer.version()

    def variants(self, index, steps):
        """Makes the variants of a configuration with so many steps; returns their names and whether they exit early."""
        saved = np.load(self.folder / f"{index}.npz")
        self.problem = Problem(CONFIGURATIONS[index], saved["teacher"], saved["starts"], steps)
        self.times = {}
        self.calls = {name: (exits, call) for name, exits, call in self.peer.variants(self.problem)}
        return [(name, exits) for name, (exits, _) in self.calls.items()]

    def endpoints(self, name, runs):
        """Runs a variant once; writes the endpoints of the first runs, returns outcomes and mean steps where it exits early."""
        exits, call = self.calls[name]
        done = call()
        states, rest = (done[:-2], done[-2:]) if len(done) > 2 else (done, ())
        ends = self.problem.endpoints(*states)
        np.save(self.folder / "endpoints.npy", ends[:runs])
        if not exits:
            return None
        return [int((rest[1] == 1).sum()), int((rest[1] == 2).sum()), float(rest[0].mean())]

    def seconds(self, name):
        """Wall and CPU seconds of one call, from as many as fill the span; what compiles has been called before."""
        call = self.calls[name][1]
        if name not in self.times:
            began = time.perf_counter()
            call()
            self.times[name] = math.ceil(SPAN / max(time.perf_counter() - began, 1e-6))
        times = self.times[name]
        children, cpu, wall = self.peer.children, time.process_time(), time.perf_counter()
        for _ in range(times):
            call()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        return wall / times, (cpu + self.peer.children - children) / times


def main():
    library, threads, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    # Whatever a library prints must not come between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        worker = Worker(library, threads, folder)
    except ImportError as error:
        print(json.dumps({"missing": str(error)}), file=answers, flush=True)
        return
    print(json.dumps({"version": worker.version()}), file=answers, flush=True)
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        print(json.dumps(getattr(worker, name)(*arguments)), file=answers, flush=True)


if __name__ == "__main__":
    main()
