#!/usr/bin/env bash
# What check.py needs: Python 3.10 or newer with python-flint. An installed one is taken as it is. Otherwise python-flint
# goes to target/python, so that nothing of the system changes; who runs check.py puts that folder on PYTHONPATH. Where
# Python or pip is missing on Debian or Ubuntu, and this script may, it installs them.
# Called by tests/run.sh. Exit code 0 if flint can be imported, 1 if not.
set -euo pipefail
cd "$(dirname "$0")/../.."
package=python-flint==0.9.0
folder=$PWD/target/python
export PYTHONPATH="$folder${PYTHONPATH:+:$PYTHONPATH}"

usable() { python3 -c 'import sys, flint; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }
pip() { python3 -m pip --disable-pip-version-check "$@"; }
usable && exit

if ! pip --version >/dev/null 2>&1 && command -v apt-get >/dev/null; then
    packages=(python3 python3-pip)
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo -n)
    if [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }; then
        echo "tests: no Python with pip found; installing ${packages[*]}"
        "${as_root[@]}" apt-get update -qq || echo "tests: apt-get update failed; trying with the lists there are"
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" \
            >/dev/null || echo "tests: they could not be installed"
    else
        echo "tests: no Python with pip found, and no right to install them (apt-get install ${packages[*]})"
    fi
fi
if pip --version >/dev/null 2>&1; then
    echo "tests: python-flint not found; installing $package in target/python"
    # Only wheels: a build from source would ask for a C compiler, FLINT and GMP.
    PIP_ROOT_USER_ACTION=ignore pip install --quiet --only-binary=:all: --upgrade --target "$folder" "$package" ||
        echo "tests: it could not be installed"
fi
usable || { echo "tests: without python-flint certificates cannot be checked"; exit 1; }
