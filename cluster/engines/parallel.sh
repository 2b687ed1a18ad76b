#!/usr/bin/env bash
# Shards of an experiment by GNU parallel: bash parallel.sh SPEC OUT SHARDS [options of spurious run]
# One on each core of this machine, or on the machines of PARALLEL='--sshloginfile FILE', where SPEC and OUT, absolute
# paths, are the same files. The same command tries again what has failed, and what has not ended.
set -euo pipefail
spurious=${SPURIOUS:-spurious} backend=${SPURIOUS_BACKEND:-gpu} spec=$1 out=$2 shards=$3
shift 3
mkdir -p "$out"
# {} is the number of the shard; one that fails is tried three times and holds up no other.
parallel --will-cite --quote --retries 3 --joblog "$out.log" --resume-failed env RAYON_NUM_THREADS=1 \
    "$spurious" run "$spec" --out "$out" --shard "{}/$shards" --backend "$backend" --quiet "$@" \
    ::: $(seq "$shards") >/dev/null || echo "some shards have failed" >&2
exec "$spurious" merge "$out"
