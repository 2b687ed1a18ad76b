"""Shards of an experiment on Dask: python with_dask.py SPEC OUT SHARDS [options of spurious run].

On this machine, or on the scheduler that DASK_SCHEDULER names, tcp://host:8786; dask-jobqueue makes one of Slurm jobs.
"""
import os, subprocess, sys
from dask.distributed import Client, LocalCluster, wait

spurious = os.environ.get("SPURIOUS", "spurious")
backend = os.environ.get("SPURIOUS_BACKEND", "gpu")  # a driver that is missing is an error, not a slow CPU


def shard(spec, out, of, options):
    # A task that is tried again, after a failure or a lost worker, goes on where the last one stopped.
    command = [spurious, "run", spec, "--out", out, "--shard", of, "--backend", backend, "--quiet", *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ | {"RAYON_NUM_THREADS": "1"})


if __name__ == "__main__":
    spec, out = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    shards, options = int(sys.argv[3]), sys.argv[4:]
    local = dict(threads_per_worker=1, host="127.0.0.1", dashboard_address=None)
    with Client(os.environ.get("DASK_SCHEDULER") or LocalCluster(**local)) as client:
        names = [f"{i}/{shards}" for i in range(1, shards + 1)]
        # pure=False: a result of an earlier call is not taken for this one's.
        wait([client.submit(shard, spec, out, of, options, retries=3, pure=False) for of in names])
    sys.exit(subprocess.run([spurious, "merge", out]).returncode)
