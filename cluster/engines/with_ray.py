"""Shards of an experiment on Ray: python with_ray.py SPEC OUT SHARDS [options of spurious run].

On this machine, or on the cluster that RAY_ADDRESS names. For GPUs write num_gpus=1 beside num_cpus."""
import os, subprocess, sys
import ray

spurious = os.environ.get("SPURIOUS", "spurious")
backend = os.environ.get("SPURIOUS_BACKEND", "gpu")  # a driver that is missing is an error, not a slow CPU


@ray.remote(num_cpus=1, max_retries=3, retry_exceptions=True)
def shard(spec, out, of, options):
    # A task that is tried again, after a failure or a lost node, goes on where the last one stopped.
    command = [spurious, "run", spec, "--out", out, "--shard", of, "--backend", backend, "--quiet", *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ | {"RAYON_NUM_THREADS": "1"})


if __name__ == "__main__":
    spec, out = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    shards, options = int(sys.argv[3]), sys.argv[4:]
    local = {} if "RAY_ADDRESS" in os.environ else dict(include_dashboard=False, _node_ip_address="127.0.0.1")
    ray.init(**local)
    tasks = [shard.remote(spec, out, f"{i}/{shards}", options) for i in range(1, shards + 1)]
    ray.wait(tasks, num_returns=len(tasks))
    ray.shutdown()
    sys.exit(subprocess.run([spurious, "merge", out]).returncode)
