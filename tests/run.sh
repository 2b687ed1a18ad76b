#!/usr/bin/env bash
# The one test command: bash tests/run.sh [arguments of cargo test]
# GPU tests need a Vulkan, Metal or DX12 adapter. Where none is found on Debian or Ubuntu, and this script may, it installs
# Mesa's software Vulkan driver. REQUIRE_GPU=1 makes a missing adapter an error instead of a list of ignored tests.
# Certificates are checked by Python with python-flint, which tests/certificates/install.sh finds or puts in target/python.
# REQUIRE_FLINT=1 makes it an error if that fails, instead of a list of ignored tests.
set -euo pipefail
cd "$(dirname "$0")/.."
# Mesa would otherwise look for a display and complain that there is none.
export NODEVICE_SELECT=1

devices() { cargo run --quiet --bin spurious -- devices; }
adapters() { devices | grep -c '^  driver' || true; }
if [ "$(adapters)" = 0 ] && [ "$(uname -s)" = Linux ] && command -v apt-get >/dev/null; then
    packages=(mesa-vulkan-drivers libvulkan1)
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo -n)
    if [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }; then
        echo "tests: no GPU adapter found; installing Mesa's software Vulkan driver (${packages[*]})"
        "${as_root[@]}" apt-get update -qq || echo "tests: apt-get update failed; trying with the lists there are"
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null ||
            echo "tests: the driver could not be installed"
    else
        echo "tests: no GPU adapter found, and no right to install one (apt-get install ${packages[*]})"
    fi
fi
if [ "$(adapters)" = 0 ]; then
    echo "tests: without an adapter the GPU tests are listed as ignored"
else
    echo "tests: GPU tests run on $(devices | head -n 1)"
fi
bash tests/certificates/install.sh || echo "tests: the checks of certificates are listed as ignored"
export PYTHONPATH="$PWD/target/python${PYTHONPATH:+:$PYTHONPATH}"
exec cargo test "$@"
