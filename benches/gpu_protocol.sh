#!/usr/bin/env bash
# What to do once on a machine with a GPU, in three parts of at most ten minutes each:
#   1  parity tests on the real adapter
#   2  rates: spurious bench, hand-written CUDA and JAX on the same card
#   3  Table 1 on GPU and CPU, one cell of 10^9 runs, Safran and Shamir's families with the runs that differ from the CPU's
#
#   bash benches/gpu_protocol.sh [--part N] [DIR]   part N, or all three; with the executables in DIR, or else built with cargo
#   bash benches/gpu_protocol.sh --collect DIR      makes such a folder for a machine without Rust, where all that it takes is
#                                                   `bash DIR/benches/gpu_protocol.sh`; with cuda_reference where nvcc is
#                                                   found (CUDA_HOME names its headers and libraries), below 64 MiB
#
# ADAPTER names part of the adapter's name (default: the one that `auto` would take), RUNS the runs of a cell of Table 1, LARGE the
# runs of the one large cell, SAFRAN the runs of a cell of sums of ReLUs, BENCH more arguments of spurious bench, JAX_RUNS the runs of
# a measurement of JAX, PYTHON a python3 with jax, CUDA_ARCH nvcc's architecture at --collect [sm_90], LIMIT the seconds of a part
# [570]: what has not ended by then is stopped, and what has not begun is left out, by name. Results go to OUT, by default
# benches/results/DATE-ADAPTER/, a file a step, with adapter, driver and date in protocol.txt. Exit code 1 if a step failed;
# CUDA or JAX that are not there are named and skipped.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
export NODEVICE_SELECT=1 PYTHONDONTWRITEBYTECODE=1
export peers=benches/peers

executable() { # what cargo has built of the target of a name
    local name=$1
    shift
    cargo "$@" --message-format=json 2>/dev/null | grep "\"target\":{[^}]*\"name\":\"$name\"" |
        grep -o '"executable":"[^"]*"' | tail -n 1 | cut -d'"' -f4
}

has_bench() { "$1/spurious" help bench >/dev/null 2>&1; }

compile_cuda() { # where to, architecture
    local include=()
    [ -z "${CUDA_HOME:-}" ] || include=("-I$CUDA_HOME/include" "-L$CUDA_HOME/lib")
    nvcc -O3 -std=c++17 -prec-sqrt=false -arch="$2" -Xptxas -v ${include[@]+"${include[@]}"} "$peers/cuda_reference.cu" -o "$1"
}

export -f compile_cuda # for the shell that `timeout` starts

collect() { # folder, and `everything` for a folder that travels
    mkdir -p "$1" || return
    cargo build --release && cp "$(executable spurious build --release --bin spurious)" "$1/spurious" || return
    cp "$(executable tests test --release --no-run --test tests)" "$1/tests" || return
    if ! has_bench "$1"; then
        cp "$(executable descent bench --no-run --bench descent)" "$1/descent" || return
    fi
    if [ "${2:-}" = everything ]; then
        mkdir -p "$1/benches" && cp -r experiments "$1" || return
        cp -r "$peers" benches/gpu_protocol.sh "$1/benches" && rm -rf "$1/benches/peers/__pycache__" || return
        if command -v nvcc >/dev/null; then
            compile_cuda "$1/cuda_reference" "${CUDA_ARCH:-sm_90}" >"$1/cuda_reference.txt" 2>&1 || return
        else
            echo "collect: no nvcc, so without cuda_reference"
        fi
        if command -v strip >/dev/null; then
            find "$1" -maxdepth 1 -type f ! -name '*.txt' -exec strip {} +
        fi
        local size
        size=$(du -sk "$1" | cut -f1)
        echo "collect: $((size / 1024)) MiB in $1"
        [ "$size" -lt $((64 * 1024)) ] || { echo "collect: $1 is larger than 64 MiB" >&2; return 1; }
    fi
}

part=all
while [ $# -gt 0 ]; do
    case $1 in
        --collect) collect "${2:?a folder}" everything; exit ;;
        --part) part=${2:?1, 2 or 3}; shift 2 ;;
        -*) echo "unknown option $1" >&2; exit 2 ;;
        *) break ;;
    esac
done
case $part in 1 | 2 | 3 | all) ;; *) echo "--part $part: write 1, 2 or 3" >&2; exit 2 ;; esac
bin=${1:-}
if [ -z "$bin" ] && [ -x spurious ]; then
    bin=. # a folder that was collected
elif [ -z "$bin" ]; then
    bin=target/protocol
    collect "$bin" || exit 1
fi

adapter=${ADAPTER:-$("$bin/spurious" devices | sed -n 's/^--backend auto takes \(.*\)$/\1/p' | grep -v '^the CPU' || true)}
if [ -z "$adapter" ]; then
    "$bin/spurious" devices
    echo "no hardware adapter; name one with ADAPTER=…" >&2
    exit 3
fi
out=${OUT:-benches/results/$(date -u +%Y-%m-%d)-$(echo "$adapter" | tr -cs 'A-Za-z0-9\n' -)}
mkdir -p "$out" || exit
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
code=0 # of the last step

note() { echo "$*" | tee -a "$out/protocol.txt"; }

step() { # name (the file's, .txt unless it has an ending), command…
    local name=$1 left=$((deadline - SECONDS)) began=$SECONDS
    shift
    code=0
    echo "== $name"
    if [ $left -lt 5 ]; then
        note "$name: left out, the time of this part is spent"
        failed=1
        return
    fi
    local file=$out/$name
    case $name in *.*) ;; *) file=$file.txt ;; esac
    timeout --kill-after=10 $left "$@" >"$file" 2>"$work/errors"
    code=$?
    case $name in
        *.*) [ ! -s "$work/errors" ] || tee "$file.log" <"$work/errors" | tail -n 3 ;;
        *) cat "$work/errors" >>"$file" ;;
    esac
    tail -n "${LINES_SHOWN:-3}" "$file"
    [ $code -eq 0 ] || failed=1
    note "$name: exit $code, $((SECONDS - began)) s"
}

header() {
    echo "part    $1"
    echo "date    $(date -u +%Y-%m-%dT%H:%M:%SZ)"
    echo "program $("$bin/spurious" --version)"
    echo "adapter $adapter"
    echo "cpu     $(nproc) cores, $(grep -m1 'model name' /proc/cpuinfo 2>/dev/null | cut -d: -f2)"
    command -v nvidia-smi >/dev/null && nvidia-smi --query-gpu=name,driver_version,clocks.max.sm,power.limit --format=csv,noheader
    "$bin/spurious" devices
}

parity() {
    local name
    for name in conformance endpoints relu_sum; do
        REQUIRE_GPU=1 SPURIOUS_TEST_ADAPTER=$adapter step "$name" "$bin/tests" "$name"
    done
}

rates() {
    local more
    read -ra more <<<"${BENCH:-}"
    if has_bench "$bin"; then
        LINES_SHOWN=40 step bench-gpu.csv "$bin/spurious" bench --backend gpu --adapter "$adapter" --format csv ${more[@]+"${more[@]}"}
        LINES_SHOWN=40 step bench-cpu.csv "$bin/spurious" bench --backend cpu --format csv ${more[@]+"${more[@]}"}
    else
        LINES_SHOWN=40 step rates "$bin/descent" --bench
    fi
    cuda
    jax
}

cuda() {
    local reference=$bin/cuda_reference
    if ! nvidia-smi -L >/dev/null 2>&1; then
        note "cuda: skipped, nvidia-smi finds no card"
        return
    fi
    if command -v nvcc >/dev/null; then
        reference=$work/cuda_reference
        # shellcheck disable=SC2016 # $1 is for the shell that it is given to
        step cuda-compile bash -c 'compile_cuda "$1" native' bash "$reference"
    elif [ ! -x "$reference" ]; then
        note "cuda: skipped, there is neither nvcc nor $reference"
        return
    fi
    LINES_SHOWN=40 step cuda.csv "$reference"
    if command -v "${CUOBJDUMP:-cuobjdump}" >/dev/null && command -v "${PYTHON:-python3}" >/dev/null; then
        LINES_SHOWN=40 step cuda-slots.csv "${PYTHON:-python3}" "$peers/count_slots.py" "$reference"
    else
        note "cuda-slots: skipped, there is no cuobjdump or no python3"
    fi
}

jax() {
    local python=${PYTHON:-python3}
    if ! JAX_PLATFORMS=cuda "$python" -c 'import jax; jax.devices()' >/dev/null 2>&1; then
        note "jax: skipped, $python has no jax that finds a CUDA device"
        return
    fi
    LINES_SHOWN=60 step jax "$python" "$peers/compare.py" --program "$bin/spurious" --out "$out" --peers jax --jax-platform cuda \
        --backend gpu --adapter "$adapter" --threads 1 --runs "${JAX_RUNS:-1048576}" --repetitions 3
}

table1() {
    local backend runs extra
    for backend in gpu cpu; do
        for runs in ${RUNS:-100000 1000000}; do
            extra=()
            [ $backend = cpu ] || extra=(--adapter "$adapter")
            step "table1-$backend-$runs" "$bin/spurious" run experiments/du2018-table1.toml --out "$work/$backend-$runs" \
                --backend $backend ${extra[@]+"${extra[@]}"} --set runs.per_cell="$runs"
        done
    done
    step large "$bin/spurious" run experiments/du2018-table1.toml --out "$work/large" --backend gpu --adapter "$adapter" \
        --set params.patches=25 --set params.ratio=4 --set runs.per_cell="${LARGE:-1000000000}"
}

safran() { # name, arguments
    local name=$1
    shift
    step "$name" "$bin/spurious" run experiments/safran2018-quick.toml --out "$work/$name" --set output.runs=true \
        --set "params.teachers=[6, 8, 10, 20]" --set runs.per_cell="${SAFRAN:-2000}" "$@"
}

safran_all() {
    local lanes name before
    # What the differences need comes first, in case the time is spent.
    LINES_SHOWN=40 safran safran-cpu-f64 --backend cpu
    LINES_SHOWN=40 safran safran-cpu-f32 --backend cpu --precision f32
    safran safran-gpu-f32-lanes-32 --backend gpu --adapter "$adapter" --set compute.lanes=32
    safran safran-gpu-f64 --backend gpu --adapter "$adapter" --precision f64
    for lanes in 8 16 64 1; do
        before=$failed
        safran "safran-gpu-f32-lanes-$lanes" --backend gpu --adapter "$adapter" --set compute.lanes=$lanes
        # Refused, as the file says: the adapter has too little memory for so few lanes a run.
        [ $code -ne 2 ] || failed=$before
    done
    # Runs whose outcome or family differs from the CPU's in f64, with both.
    for name in safran-cpu-f32 safran-gpu-f32-lanes-32 safran-gpu-f64; do
        if [ -f "$work/safran-cpu-f64/runs.csv" ] && [ -f "$work/$name/runs.csv" ]; then
            diff <(families safran-cpu-f64) <(families "$name") >"$out/differences-$name.txt"
            note "differences-$name: $(grep -c '^<' "$out/differences-$name.txt") of $(($(families "$name" | wc -l) - 1)) runs"
        else
            note "differences-$name: left out, its runs are not there"
            failed=1
        fi
    done
}

families() { cut -d, -f1,2,6,7 "$work/$1/runs.csv"; }

for each in 1 2 3; do
    [ "$part" = all ] || [ "$part" = $each ] || continue
    deadline=$((SECONDS + ${LIMIT:-570}))
    header $each | tee -a "$out/protocol.txt"
    case $each in
        1) parity ;;
        2) rates ;;
        3) table1; safran_all ;;
    esac
done
echo "results in $out"
exit $failed
