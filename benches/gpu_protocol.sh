#!/usr/bin/env bash
# What to do once on a machine with a GPU: parity tests on the real adapter, rates, Table 1 and Safran and Shamir's families on
# GPU against CPU.
#
#   bash benches/gpu_protocol.sh              builds what it needs with cargo
#   bash benches/gpu_protocol.sh DIR          uses the executables spurious, tests and descent in DIR, for a machine without
#                                             Rust; `bash benches/gpu_protocol.sh --collect DIR` makes such a folder
#
# ADAPTER names part of the adapter's name (default: the one that `auto` would take), RUNS the runs of a cell of Table 1, LARGE the
# runs of one large cell, SAFRAN the runs of a cell of sums of ReLUs. Results go to OUT, by default benches/results/DATE-ADAPTER/, one text file a step, with the adapter,
# driver and date in protocol.txt.
set -uo pipefail
cd "$(dirname "$0")/.."
export NODEVICE_SELECT=1

executable() { # what cargo has built of the target of a name
    local name=$1
    shift
    cargo "$@" --message-format=json 2>/dev/null | grep "\"target\":{[^}]*\"name\":\"$name\"" |
        grep -o '"executable":"[^"]*"' | tail -n 1 | cut -d'"' -f4
}

collect() {
    mkdir -p "$1"
    cargo build --release && cp target/release/spurious "$1/spurious"
    cp "$(executable tests test --release --no-run --test tests)" "$1/tests"
    cp "$(executable descent bench --no-run --bench descent)" "$1/descent"
}

if [ "${1:-}" = --collect ]; then
    collect "${2:?a folder}"
    exit
fi
bin=${1:-}
if [ -z "$bin" ]; then
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
mkdir -p "$out"
failed=0

step() { # name, command…
    local name=$1
    shift
    echo "== $name"
    local began=$SECONDS
    "$@" >"$out/$name.txt" 2>&1
    local code=$?
    tail -n "${LINES_SHOWN:-3}" "$out/$name.txt"
    echo "$name: exit $code, $((SECONDS - began)) s" | tee -a "$out/protocol.txt"
    [ $code = 0 ] || failed=1
}

{
    echo "date    $(date -u +%Y-%m-%dT%H:%M:%SZ)"
    echo "program $("$bin/spurious" --version)"
    echo "cpu     $(nproc) cores, $(grep -m1 'model name' /proc/cpuinfo 2>/dev/null | cut -d: -f2)"
    "$bin/spurious" devices
} | tee "$out/protocol.txt"

REQUIRE_GPU=1 SPURIOUS_TEST_ADAPTER=$adapter step parity "$bin/tests" parity
REQUIRE_GPU=1 SPURIOUS_TEST_ADAPTER=$adapter step endpoints "$bin/tests" endpoints
REQUIRE_GPU=1 SPURIOUS_TEST_ADAPTER=$adapter step relu_sum "$bin/tests" relu_sum
LINES_SHOWN=40 step rates "$bin/descent" --bench
work=$(mktemp -d)
for backend in cpu gpu; do
    for runs in ${RUNS:-100000 1000000}; do
        extra=()
        [ $backend = cpu ] || extra=(--adapter "$adapter")
        step "table1-$backend-$runs" "$bin/spurious" run experiments/du2018-table1.toml --out "$work/$backend-$runs" \
            --backend $backend ${extra[@]+"${extra[@]}"} --set runs.per_cell=$runs
    done
done
step large "$bin/spurious" run experiments/du2018-table1.toml --out "$work/large" --backend gpu --adapter "$adapter" \
    --set params.patches=25 --set params.ratio=4 --set runs.per_cell="${LARGE:-100000000}"
safran() { # name, arguments
    local name=$1
    shift
    step "$name" "$bin/spurious" run experiments/safran2018-quick.toml --out "$work/$name" --set output.runs=true \
        --set "params.teachers=[6, 8, 10, 20]" --set runs.per_cell="${SAFRAN:-2000}" "$@"
}
LINES_SHOWN=40 safran safran-cpu-f64 --backend cpu
LINES_SHOWN=40 safran safran-cpu-f32 --backend cpu --precision f32
for lanes in 1 8 32 64; do
    safran "safran-gpu-f32-lanes-$lanes" --backend gpu --adapter "$adapter" --set compute.lanes=$lanes
done
safran safran-gpu-f64 --backend gpu --adapter "$adapter" --precision f64
# Runs whose outcome or family differs from the CPU's in f64, with both.
families() { cut -d, -f1,2,6,7 "$work/$1/runs.csv"; }
for name in safran-cpu-f32 safran-gpu-f32-lanes-32 safran-gpu-f64; do
    step "differences-$name" diff <(families safran-cpu-f64) <(families "$name")
done
rm -rf "$work"
echo "results in $out"
exit $failed
