#!/usr/bin/env bash
# The one test command: bash tests/run.sh [arguments of cargo test]
# GPU tests need a Vulkan, Metal or DX12 adapter. Where none is found on Debian or Ubuntu, and this script may, it installs
# Mesa's software Vulkan driver. REQUIRE_GPU=1 makes a missing adapter an error instead of a list of ignored tests.
# REQUIRE_F64=1 does the same for tests in f64 where no adapter computes in it, REQUIRE_LAVAPIPE=1 for those that take
# Mesa's software driver for two adapters.
# Kernels are compiled by Tint and run by Dawn in node, which tests/second_compiler/install.sh finds or puts in target/node;
# where Dawn takes no driver of the system, Chromium's will do. REQUIRE_TINT=1 makes it an error if either is missing.
# Certificates are checked by Python with python-flint, which tests/certificates/install.sh finds or puts in target/python.
# REQUIRE_FLINT=1 makes it an error if that fails, instead of a list of ignored tests.
# Report pages are looked at in Chromium by Python; where one is missing on Debian or Ubuntu, and this script may, it
# installs them. REQUIRE_BROWSER=1 makes it an error if that fails, instead of a list of ignored tests.
set -euo pipefail
cd "$(dirname "$0")/.."
# Mesa would otherwise look for a display and complain that there is none.
export NODEVICE_SELECT=1

# shellcheck source=tests/packages.sh
. tests/packages.sh

devices() { cargo run --quiet --bin spurious -- devices; }
adapters() { devices | grep -c '^  driver' || true; }
if [ "$(adapters)" = 0 ] && [ "$(uname -s)" = Linux ]; then
    install "no GPU adapter found, Mesa's software Vulkan driver will do" mesa-vulkan-drivers libvulkan1
fi
if [ "$(adapters)" = 0 ]; then
    echo "tests: without an adapter the GPU tests are listed as ignored"
else
    echo "tests: GPU tests run on $(devices | head -n 1)"
fi
browser() { PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tests/browser python3 -c 'import sys, browser; sys.exit(not browser.found())' 2>/dev/null; }
if ! browser && [ "$(uname -s)" = Linux ]; then
    install "no browser found that looks at report pages" chromium fonts-dejavu-core python3
fi
browser || echo "tests: without a browser the looks at report pages are listed as ignored"
bash tests/second_compiler/install.sh || echo "tests: the checks by a second compiler are listed as ignored"
bash tests/certificates/install.sh || echo "tests: the checks of certificates are listed as ignored"
export PYTHONPATH="$PWD/target/python${PYTHONPATH:+:$PYTHONPATH}"
exec cargo test "$@"
