"""Shards of an experiment on HyperQueue: python with_hyperqueue.py SPEC OUT SHARDS [options of spurious run].

A cluster of this machine alone. On a real one start `hq server` and `hq worker`, or let `hq alloc add slurm` start
workers, and replace LocalCluster() by hyperqueue.Client(): the job is the same."""
import os, sys
from hyperqueue import Job, LocalCluster
from hyperqueue.cluster import WorkerConfig

spurious = os.environ.get("SPURIOUS", "spurious")
backend = os.environ.get("SPURIOUS_BACKEND", "gpu")  # a driver that is missing is an error, not a slow CPU
spec, out, shards, options = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]

with LocalCluster() as cluster:
    cluster.start_worker(WorkerConfig(cores=os.cpu_count()))
    job = Job(max_fails=None)  # one shard that fails is named by the merge and holds up no other
    for i in range(1, shards + 1):
        command = [spurious, "run", spec, "--out", out, "--shard", f"{i}/{shards}", "--backend", backend, "--quiet"]
        job.program(command + options, env={"RAYON_NUM_THREADS": "1"}, stdout=None, stderr=f"{out}-{i}.log")
    client = cluster.client()
    if not client.wait_for_jobs([client.submit(job)], raise_on_error=False):
        print("some shards have failed", file=sys.stderr)
sys.exit(os.spawnvp(os.P_WAIT, spurious, [spurious, "merge", out]))
