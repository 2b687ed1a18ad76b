# Shared by the tests of tests/cluster, which source it: the program, a folder to work in, packages, comparison.
# shellcheck shell=bash
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit
root=$PWD

# shellcheck source=tests/packages.sh
. tests/packages.sh

# Ends the test as skipped, by name, or as failed where it is required: skip NAME SWITCH WHY.
skip() {
    if [ "${!2:-}" = 1 ]; then
        echo "$1: FAILED: $3, and $2=1"
        exit 1
    fi
    echo "$1: skipped: $3"
    exit 0
}

# The same for a part of a test: the others go on.
skip_part() {
    if [ "${!2:-}" = 1 ]; then fail "$1: $3, and $2=1"; fi
    echo "$1: skipped: $3"
}

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# Waits until a command succeeds: wait_until SECONDS WHAT COMMAND...
wait_until() {
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || fail "waited in vain until $what"
        sleep 0.5
    done
}

# The files of a result folder whose bytes are promised; the manifest names machines and times, and SHA256SUMS has it.
promised() {
    find "$1" -maxdepth 1 -type f ! -name manifest.json ! -name SHA256SUMS ! -name lock -printf '%f\n' | sort
}

# Fails unless two result folders are the same, byte for byte: compare WHOLE FOLDER.
compare() {
    local files file
    files=$(promised "$1")
    [ -f "$1/results.json" ] || fail "$1 is no finished folder"
    [ "$files" = "$(promised "$2")" ] || fail "other files in $2 than in $1"
    for file in $files; do
        cmp -s "$1/$file" "$2/$file" || fail "$2/$file is not that of $1"
    done
    "$SPURIOUS" check "$2" >/dev/null || fail "check $2"
}

# A new folder in target/, removed in the end, and what is to be done before: prepare NAME.
prepare() {
    mkdir -p target/cluster
    work=$(mktemp -d "$root/target/cluster/$1.XXXXXX")
    trap finish EXIT
}

# Overridden by a test that has processes to end.
clean() { :; }

finish() {
    local code=$?
    trap - EXIT
    clean || true
    if [ "$code" = 0 ] || [ -z "${SPURIOUS_KEEP:-}" ]; then
        rm -rf "$work"
    else
        echo "kept: $work" >&2
    fi
    exit "$code"
}

# A Python with packages, in target/cluster/python: python_with PACKAGE... What cannot be had is missing there.
python_with() {
    local folder=$root/target/cluster/python
    python=$folder/bin/python
    python3 -c "import ensurepip, venv" 2>/dev/null || install "no Python with venv found" python3 python3-venv
    [ -x "$folder/bin/pip" ] || python3 -m venv "$folder" || return 0
    PIP_ROOT_USER_ACTION=ignore "$python" -m pip --quiet --disable-pip-version-check install \
        --only-binary=:all: --prefer-binary "$@" || echo "tests: $* could not be installed"
}

# The program: SPURIOUS, or what cargo builds.
program() {
    if [ -z "${SPURIOUS:-}" ]; then
        cargo build --quiet --bin spurious
        SPURIOUS=${CARGO_TARGET_DIR:-target}/debug/spurious
    fi
    SPURIOUS=$(realpath -e "$SPURIOUS")
    export SPURIOUS
}
