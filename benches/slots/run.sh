#!/usr/bin/env bash
# Counts the instructions of a step of our kernels for cards that are not there: bash benches/slots/run.sh [arguments of slots.py]
# Puts what it needs into target/slots: slangc and nvcc from Python's packages, naga from crates.io. Exit code 3 where that
# cannot be had, 1 where --check finds a count above its ceiling.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$PWD/target/slots
version=$(grep -A1 '^name = "naga"$' Cargo.lock | grep -o '[0-9.]*' | tail -n 1)
export PYTHONDONTWRITEBYTECODE=1
if [ ! -e "$folder/tools-$version" ]; then
    mkdir -p "$folder"
    python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/wheels" slangtorch==1.3.22 \
        nvidia-cuda-nvcc==13.5.37 nvidia-nvvm==13.5.37 nvidia-cuda-crt==13.5.37 \
        nvidia-cuda-cccl==13.3.5.0.6 nvidia-cuda-runtime==13.5.37 nvidia-cuda-nvdisasm==13.5.37 ||
        { echo "slots: slangc and nvcc cannot be installed" >&2; exit 3; }
    cargo install --quiet --root "$folder" --version "$version" naga-cli || { echo "slots: naga cannot be installed" >&2; exit 3; }
    touch "$folder/tools-$version"
fi
mkdir -p "$folder/kernels"
cargo run --quiet --example kernel_texts -- "$folder/kernels" >"$folder/kernels/kernels.csv"
NAGA=$folder/bin/naga SLOTS_WHEELS=$folder/wheels exec python3 benches/slots/slots.py "$@" "$folder/kernels"
