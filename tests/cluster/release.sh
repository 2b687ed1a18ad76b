#!/usr/bin/env bash
# A released program, started where glibc is old: a folder with Debian 11's glibc 2.31 and Mesa's software driver. Debian
# 10, whose 2.28 is what cluster/release/build.sh promises, has left the mirrors; the build itself checks the promise.
#   bash tests/cluster/release.sh [PROGRAM]      [target/released/spurious]
# For whoever releases; not part of CI, since the build takes minutes. Needs mmdebstrap, and root for chroot.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail
. "$(dirname "$0")/common.sh"
test=release

prepare "$test"
SPURIOUS=$(realpath -e "${1:-target/released/spurious}")
export NODEVICE_SELECT=1 XDG_RUNTIME_DIR=/tmp
command -v mmdebstrap >/dev/null || install "no tool to make a folder of Debian 11" mmdebstrap
old=$work/old
mmdebstrap --quiet --variant=extract --mode=root --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
    --include=libc6,libgcc-s1,libvulkan1,mesa-vulkan-drivers bullseye "$old" >"$work/mmdebstrap.log" 2>&1 ||
    { tail -n 5 "$work/mmdebstrap.log"; fail "no folder of Debian 11"; }
cp "$SPURIOUS" tests/cluster/small.toml "$old/"
mkdir -p "$old/tmp" "$old/proc" "$old/dev"

# Drivers want to know of the machine. The mounts end with the process.
# shellcheck disable=SC2016  # for the shell in there
there() {
    unshare --mount sh -c '
        mount -t proc proc "$0/proc"
        mount --rbind /dev "$0/dev"
        exec chroot "$0" /spurious "$@"' "$old" "$@"
}
there --version
there devices | grep 'driver .*llvmpipe' || fail "it finds no driver"
there run /small.toml --backend cpu --out /tmp/cpu --quiet >/dev/null
"$SPURIOUS" run tests/cluster/small.toml --backend cpu --out "$work/cpu" --quiet >/dev/null
compare "$work/cpu" "$old/tmp/cpu"
"$SPURIOUS" devices | grep -q llvmpipe || install "no driver to compute on" mesa-vulkan-drivers libvulkan1
"$SPURIOUS" run tests/cluster/small.toml --backend gpu --out "$work/gpu" --quiet 2>/dev/null | grep 'model relu_sum' ||
    fail "it computes nothing on a GPU"
echo "$test: started with glibc 2.31: finds a driver; on the CPU the same as here; here it computes on a GPU"
