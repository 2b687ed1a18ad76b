#!/usr/bin/env bash
# NumPy, JAX and numba beside spurious on the CPU: same map, same starts, same runs and steps, one table.
#
#   bash benches/peers/run.sh [--quick] [options of compare.py]      4,096 runs of 2,000 steps, 5 repetitions: some ten minutes
#
# Makes a virtual environment with the libraries in VENV (default target/peers-venv, kept for the next time) and builds spurious in
# release; PROGRAM names an executable to use instead, PYTHON the interpreter [python3]. Tables go to OUT (default target/peers)
# as peers.txt, peers.csv and peers.json. --quick takes 512 runs of 200 steps once on one thread: to see that it works, no measurement.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=${VENV:-target/peers-venv}
options=()
if [ "${1:-}" = --quick ]; then
    shift
    options=(--runs 512 --steps 200 --repetitions 1 --threads 1)
fi
if ! "$venv/bin/python" -c 'import jax, numba, numpy' 2>/dev/null; then
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet numpy numba 'jax[cpu]'
fi
if [ -z "${PROGRAM:-}" ]; then
    cargo build --release --quiet
    PROGRAM=${CARGO_TARGET_DIR:-target}/release/spurious
fi
export PYTHONDONTWRITEBYTECODE=1
exec "$venv/bin/python" benches/peers/compare.py --program "$PROGRAM" --out "${OUT:-target/peers}" ${options[@]+"${options[@]}"} "$@"
