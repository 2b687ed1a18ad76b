#!/usr/bin/env bash
# The program as it is released for Linux: it asks for glibc 2.28 at most, that of RHEL 8, Debian 10 and everything newer.
#   bash cluster/release/build.sh [OUT]      the program goes to OUT [target/released/spurious]
# A plain build asks for the glibc of the machine that builds: on Debian 12 the clusters of many universities cannot start
# it. A static one, with musl, cannot load a Vulkan driver. Zig is a C compiler that links against any glibc;
# cargo-zigbuild calls it. Both come from PyPI to target/zig, nothing of the system changes. Takes minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-target/released/spurious}
glibc=2.28
target=$(uname -m)-unknown-linux-gnu

if [ ! -x target/zig/bin/cargo-zigbuild ]; then
    python3 -m venv target/zig
    target/zig/bin/pip install --quiet ziglang==0.17.1 cargo-zigbuild==0.24.1
fi
rustup target add "$target" >/dev/null 2>&1 || true
PATH=$PWD/target/zig/bin:$PATH CARGO_PROFILE_RELEASE_STRIP=symbols \
    cargo zigbuild --release --locked --bin spurious --target "$target.$glibc"
mkdir -p "$(dirname "$out")"
cp "target/$target/release/spurious" "$out"

# What it asks for, whatever the build was told.
asks=$(objdump -T "$out" | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -Vu | tail -n 1)
if [ "$(printf '%s\n' "$asks" "$glibc" | sort -V | tail -n 1)" != "$glibc" ]; then
    echo "error: $out asks for glibc $asks, more than $glibc" >&2
    exit 1
fi
"$out" --version
echo "$out: $(stat -c %s "$out") bytes, asks for glibc $asks at most"
