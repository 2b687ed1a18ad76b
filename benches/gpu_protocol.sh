#!/usr/bin/env bash
# What to do once on a machine with a GPU: one call of at most eight minutes, what is worth most first. Each step has a limit of its
# own; what the time does not suffice for is left out, by name.
#
#   bash benches/gpu_protocol.sh                 here, with executables built by cargo
#   bash benches/gpu_protocol.sh --collect DIR   makes a folder of at most 60 MB for a machine without Rust, where all that it takes
#                                                is `bash DIR/benches/gpu_protocol.sh`: program, tests, the Vulkan loader, and
#                                                cuda_reference where nvcc is found (CUDA_HOME names its headers and libraries)
#
#   1  diagnosis      machine, driver, adapters; where none is found, what the loader says
#   2  parity         a cell of Table 1 on both backends, counts beside each other; values and steps of every kernel in f32
#   3  rates          kernels: reduced form, full form with 25 and 100 patches, sums of 20 ReLUs
#   4  CUDA           the hand-written kernels of benches/peers/cuda_reference.cu; compiled there if the carried ones do not run
#   5  large          10^9 runs of a cell of Table 1
#   6  checks         two of the rates with and without the checks of the compiler
#   7  lanes          numbers of lanes that share a run
#   8  f64            a rate and parity in f64; then further tests that need an adapter: endpoints, outcomes, wrong kernels
#   9  JAX            the full form on the same card
#
# Everything goes into one archive, OUT/DATE-ADAPTER.tar.gz [OUT: benches/results]; a summary stands in it and is printed at the end.
# ADAPTER is part of the adapter's name [the one that `auto` would take], TOTAL the seconds of all steps together [470], SCALE divides
# numbers of runs, for a rehearsal on a software adapter [1], PYTHON is a python3 with jax. --collect takes CUDA_ARCH, nvcc's architecture
# [sm_90], and SPURIOUS and TESTS, executables that are built already. Exit code 1 if a step failed or was left out, 3 without an adapter;
# CUDA or JAX that are not there are named and skipped.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
export NODEVICE_SELECT=1 PYTHONDONTWRITEBYTECODE=1

# Tests that need an adapter and nothing of the checkout, by parts of their names. tests/protocol.rs holds these lists against the tests.
parity_tests="values_in_f32 steps_in_f32"
other_tests="values_in_f64 steps_in_f64 endpoints::gpu_ devices_find_the_same devices:: full::wrong_kernels_fail"

executable() { # what cargo has built of the target of a name
    local name=$1
    shift
    cargo "$@" --message-format=json 2>/dev/null | grep "\"target\":{[^}]*\"name\":\"$name\"" |
        grep -o '"executable":"[^"]*"' | tail -n 1 | cut -d'"' -f4
}

compile_cuda() { # where to, architecture
    local include=()
    [ -z "${CUDA_HOME:-}" ] || include=("-I$CUDA_HOME/include" "-L$CUDA_HOME/lib")
    nvcc -O3 -std=c++17 -prec-sqrt=false -arch="$2" -Xptxas -v ${include[@]+"${include[@]}"} benches/peers/cuda_reference.cu -o "$1"
}

loader() { # the Vulkan loader of this machine
    { ldconfig -p || /sbin/ldconfig -p; } 2>/dev/null | sed -n 's/.*libvulkan\.so\.1 .*=> //p' | head -n 1
}

collect() { # folder
    local program=${SPURIOUS:-} tests=${TESTS:-} vulkan size
    if [ -z "$program" ]; then
        cargo build --release || return
        program=$(executable spurious build --release --bin spurious)
    fi
    if [ -z "$tests" ]; then
        cargo test --release --no-run --test tests || return
        tests=$(executable tests test --release --no-run --test tests)
    fi
    mkdir -p "$1/benches" "$1/lib" && cp "$program" "$1/spurious" && cp "$tests" "$1/tests" || return
    cp -r experiments "$1" && cp -r benches/peers benches/gpu_protocol.sh "$1/benches" || return
    rm -rf "$1/benches/peers/__pycache__"
    vulkan=$(loader)
    if [ -n "$vulkan" ]; then
        cp -L "$vulkan" "$1/lib/libvulkan.so.1" || return
    else
        echo "collect: no libvulkan.so.1 here, so without the Vulkan loader (Debian: libvulkan1)" >&2
    fi
    if command -v nvcc >/dev/null; then
        compile_cuda "$1/cuda_reference" "${CUDA_ARCH:-sm_90}" >"$1/cuda_reference.txt" 2>&1 || return
    else
        echo "collect: no nvcc, so without cuda_reference" >&2
    fi
    if command -v strip >/dev/null; then
        find "$1" -maxdepth 1 -type f ! -name '*.txt' -exec strip {} +
    fi
    size=$(du -s --block-size=1000000 "$1" | cut -f1)
    echo "collect: $size MB in $1"
    [ "$size" -le 60 ] || { echo "collect: $1 is larger than 60 MB" >&2; return 1; }
}

case ${1:-} in
    --collect) collect "${2:?a folder}"; exit ;;
    ?*) echo "unknown argument $1: write --collect DIR, or none" >&2; exit 2 ;;
esac
bin=.
if [ ! -x spurious ] || [ ! -x tests ] || [ -d tests ]; then
    bin=target/protocol # a checkout
    collect "$bin" || exit 1
fi
began=$SECONDS
total=${TOTAL:-470} scale=${SCALE:-1} work=$(mktemp -d) code=0
mkdir "$work/results"
results=$work/results name=unknown failed=0

say() { echo "$*" | tee -a "$results/summary.txt"; }

finish() {
    local out=${OUT:-benches/results} folder
    folder=$(date -u +%Y-%m-%d)-$name
    say "all: $((SECONDS - began)) s"
    mkdir -p "$out"
    mv "$results" "$work/$folder"
    # Through a pipe: tar -z needs a shell, and there may be no gzip.
    if tar -cf - -C "$work" "$folder" | gzip >"$out/$folder.tar.gz"; then
        echo "archive: $out/$folder.tar.gz"
    elif rm -f "$out/$folder.tar.gz" && tar -cf "$out/$folder.tar" -C "$work" "$folder"; then
        echo "archive: $out/$folder.tar"
    else
        cp "$work/$folder/summary.txt" "$out/$folder.txt" # what matters most
    fi
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 124' TERM INT

runs() { echo $(($1 / scale > 0 ? $1 / scale : 1)); }

step() { # name, limit in seconds, command…: NAME.txt has its output, NAME.log what it says besides
    local name=$1 limit=$2 left=$((total - (SECONDS - began))) at=$SECONDS
    shift 2
    [ "$limit" -lt "$left" ] || limit=$left
    if [ "$limit" -lt 4 ]; then
        say "$name: left out, the time is spent"
        failed=1 code=124
        return
    fi
    timeout --kill-after=5 "$limit" "$@" >"$results/$name.txt" 2>"$results/$name.log"
    code=$?
    [ $code -eq 0 ] || failed=1
    say "$name: $([ $code -eq 0 ] || echo "exit $code, ")$((SECONDS - at)) s"
    [ $code -eq 0 ] || tail -n 3 "$results/$name.log" | sed 's/^/    /' | tee -a "$results/summary.txt"
}

# ---- 1 diagnosis ---------------------------------------------------------------------------------------------------------------

adapters() { "$bin/spurious" devices 2>/dev/null; }
is_there() { adapters | grep -q '^  driver'; }
if ! is_there && [ -f "$bin/lib/libvulkan.so.1" ]; then
    export LD_LIBRARY_PATH=$PWD/$bin/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    say "loader: the machine's finds no adapter, or is not there; the one that was brought is used"
fi
if ! is_there && [ -z "${VK_DRIVER_FILES:-}" ]; then
    found=$(find /usr /etc /opt -xdev -name 'nvidia_icd*.json' 2>/dev/null | head -n 1)
    if [ -z "$found" ] && { ldconfig -p || /sbin/ldconfig -p; } 2>/dev/null | grep -q libGLX_nvidia.so.0; then
        found=$work/nvidia_icd.json # the driver came without the file that names it
        echo '{"file_format_version": "1.0.0", "ICD": {"library_path": "libGLX_nvidia.so.0", "api_version": "1.3.0"}}' >"$found"
    fi
    if [ -n "$found" ]; then
        export VK_DRIVER_FILES=$found
        say "driver: none is registered, $found is used"
    fi
fi
adapter=${ADAPTER:-$(adapters | sed -n 's/^--backend auto takes \(.*\)$/\1/p' | grep -v '^the CPU')}
name=$(echo "${adapter:-none}" | tr -cs 'A-Za-z0-9.\n' -)
{
    date -u +%Y-%m-%dT%H:%M:%SZ
    "$bin/spurious" --version
    echo "$(nproc) cores,$(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2)"
    command -v nvidia-smi >/dev/null && nvidia-smi --query-gpu=name,driver_version,clocks.max.sm,power.limit --format=csv,noheader
    echo "VK_DRIVER_FILES=${VK_DRIVER_FILES:-} LD_LIBRARY_PATH=${LD_LIBRARY_PATH:-}"
    "$bin/spurious" devices
} >"$results/machine.txt" 2>&1
cat "$results/machine.txt"
if ! is_there || [ -z "$adapter" ]; then
    {
        ls -l /dev/nvidia* /dev/dri 2>&1
        { ldconfig -p || /sbin/ldconfig -p; } 2>/dev/null | grep -iE 'vulkan|nvidia|GLX'
        find /usr /etc /opt -xdev -path '*vulkan/icd.d/*.json' 2>/dev/null
        VK_LOADER_DEBUG=all "$bin/spurious" devices
    } >"$results/no_adapter.txt" 2>&1
    head -c 4000 "$results/no_adapter.txt"
    say "no hardware adapter; name another one with ADAPTER=…"
    exit 3
fi

# ---- 2 parity ------------------------------------------------------------------------------------------------------------------

for backend in cpu gpu; do
    only=(--backend "$backend")
    [ $backend = cpu ] || only+=(--adapter "$adapter")
    step "cell-$backend" 25 "$bin/spurious" run experiments/du2018-table1.toml --out "$work/$backend" "${only[@]}" \
        --set params.patches=25 --set params.ratio=4 --set runs.per_cell="$(runs 4000000)"
done
if [ -f "$work/cpu/counts.csv" ] && [ -f "$work/gpu/counts.csv" ]; then
    paste -d '\n' "$work/cpu/counts.csv" "$work/gpu/counts.csv" >"$results/counts.txt"
    tail -n 2 "$results/counts.txt" | sed 's/^/    /' | tee -a "$results/summary.txt"
fi

tests() { # part of the names, limit
    local name=tests-${1//[^a-z0-9_]/-}
    step "$name" "$2" env SPURIOUS_TEST_PROGRAM="$PWD/$bin/spurious" SPURIOUS_TEST_ADAPTER="$adapter" REQUIRE_GPU=1 "$bin/tests" "$1"
    # A filter that meets no test shows nothing.
    if [ $code -eq 0 ] && ! grep -qE '^test result: ok. [1-9]' "$results/$name.txt"; then
        say "    no test is called so"
        failed=1
    fi
    grep '^test result' "$results/$name.txt" 2>/dev/null | sed 's/^/    /' | tee -a "$results/summary.txt"
}
for each in $parity_tests; do tests "$each" 45; done

# ---- 3 rates -------------------------------------------------------------------------------------------------------------------

rate() { # name, limit, arguments of spurious bench
    local name=$1 limit=$2
    shift 2
    step "$name" "$limit" "$bin/spurious" bench "$@" --backend gpu --adapter "$adapter" --repeat 3 --format csv
    [ -s "$results/$name.txt" ] || return 0
    # A quoted field, the adapter's name, may hold commas.
    sed 's/"[^"]*"/-/g' "$results/$name.txt" | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        { printf "    lanes %s, checks %s, %s runs: kernel %.3g, whole %.3g run-steps/s, %.1f %% of the limit, start-up %.2f s\n", $at["lanes"],
          $at["checks"], $at["runs"], $at["kernel_run_steps_per_s"], $at["run_steps_per_s"], 100 * $at["share_of_limit"], $at["start_up_s"] }' |
        tee -a "$results/summary.txt"
}
reduced=(cnn --form reduced)
full_25=(cnn --form full --set params.patches=25 --set params.filter_size=10)
full_100=(cnn --form full --set params.patches=100 --set params.filter_size=8)
relu_20=(relu_sum --set params.teachers=20)
rate rate-reduced 25 "${reduced[@]}" --precision f32 --runs "$(runs 4194304)" --steps 2000
rate rate-full-25 25 "${full_25[@]}" --precision f32 --runs "$(runs 1048576)" --steps 2000
rate rate-full-100 40 "${full_100[@]}" --precision f32 --runs "$(runs 1048576)" --steps 1000
rate rate-relu-20 60 "${relu_20[@]}" --precision f32 --runs "$(runs 32768)" --steps 200

# ---- 4 CUDA --------------------------------------------------------------------------------------------------------------------

cuda() {
    if ! nvidia-smi -L >/dev/null 2>&1; then
        say "cuda: skipped, nvidia-smi finds no card"
        return
    fi
    if [ -x "$bin/cuda_reference" ]; then
        step cuda 60 "$bin/cuda_reference"
        [ $code -ne 0 ] || return
    fi
    if ! command -v nvcc >/dev/null; then
        say "cuda: skipped, there is neither nvcc nor a reference that runs"
        return
    fi
    export -f compile_cuda # for the shell that `timeout` starts
    # shellcheck disable=SC2016 # $1 is for the shell that it is given to
    step cuda-compile 60 bash -c 'compile_cuda "$1" native' bash "$work/cuda_reference"
    [ $code -ne 0 ] || step cuda-there 60 "$work/cuda_reference"
}
cuda

# ---- 5 large -------------------------------------------------------------------------------------------------------------------

step large 60 "$bin/spurious" run experiments/du2018-table1.toml --out "$work/large" --backend gpu --adapter "$adapter" \
    --set params.patches=25 --set params.ratio=4 --set runs.per_cell="$(runs 1000000000)"

# ---- 6 checks, 7 lanes ---------------------------------------------------------------------------------------------------------

rate checks-relu-20 60 "${relu_20[@]}" --precision f32 --runs "$(runs 32768)" --steps 200 --checks on,off
rate checks-reduced 40 "${reduced[@]}" --precision f32 --runs "$(runs 4194304)" --steps 2000 --checks on,off
rate lanes-full-100 30 "${full_100[@]}" --precision f32 --lanes 1,8,32 --runs "$(runs 16384)" --steps 1000
rate lanes-relu-20 30 "${relu_20[@]}" --precision f32 --lanes 32,64,128 --runs "$(runs 32768)" --steps 200

# ---- 8 f64, and the remaining tests --------------------------------------------------------------------------------------------

if grep -q 'f64 *yes' "$results/machine.txt"; then
    rate rate-f64 30 "${reduced[@]}" --precision f64 --runs "$(runs 1048576)" --steps 1000
fi
for each in $other_tests; do
    case $each in *_f64) grep -q 'f64 *yes' "$results/machine.txt" || continue ;; esac
    tests "$each" 40
done

# ---- 9 JAX ---------------------------------------------------------------------------------------------------------------------

python=${PYTHON:-python3}
if JAX_PLATFORMS=cuda timeout 40 "$python" -c 'import jax; jax.devices()' >/dev/null 2>&1; then
    step jax 110 env XLA_PYTHON_CLIENT_PREALLOCATE=false "$python" benches/peers/compare.py --program "$bin/spurious" --out "$results" \
        --peers jax --jax-platform cuda --forms full --backend gpu --adapter "$adapter" --threads 1 --runs "$(runs 262144)" --repetitions 2
else
    say "jax: skipped, $python has no jax that finds a CUDA device"
fi
exit $failed
