#!/usr/bin/env bash
# What dawn.mjs needs: node 18 or newer, and Dawn for node, the package webgpu of npm, in the version and with the
# checksums of package-lock.json. It goes to target/node, so that nothing of the system changes. Where node or npm is
# missing on Debian or Ubuntu, and this script may, it installs them.
# Called by tests/run.sh. Exit code 0 if Dawn can be loaded, 1 if not.
set -euo pipefail
cd "$(dirname "$0")/../.."
ours=tests/second_compiler
folder=$PWD/target/node

usable() {
    cmp -s "$ours/package-lock.json" "$folder/package-lock.json" &&
        node "$ours/dawn.mjs" "$folder" found >/dev/null 2>&1
}
npm_found() { command -v node >/dev/null && command -v npm >/dev/null; }
usable && exit

if ! npm_found && command -v apt-get >/dev/null; then
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo -n)
    if [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }; then
        echo "tests: no node with npm found; installing nodejs npm"
        "${as_root[@]}" apt-get update -qq || echo "tests: apt-get update failed; trying with the lists there are"
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm \
            >/dev/null || echo "tests: they could not be installed"
    else
        echo "tests: no node with npm found, and no right to install them (apt-get install nodejs npm)"
    fi
fi
if npm_found; then
    echo "tests: Dawn for node not found; installing what $ours/package-lock.json names in target/node"
    mkdir -p "$folder"
    cp "$ours/package.json" "$ours/package-lock.json" "$folder"
    # The library comes built in the package: no script of it has to run.
    npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --silent || echo "tests: it could not be installed"
fi
usable || { echo "tests: without Dawn for node no second compiler reads the kernels"; exit 1; }
