#!/usr/bin/env bash
# The image of cluster/container, built here without a registry and started as a cluster starts it: as user 1000, as
# process 1, with nothing to write to but the folder of results, without network.
#   bash tests/cluster/container.sh      SPURIOUS: the program to take in [what cargo builds]
# Installs buildah and mmdebstrap on Debian or Ubuntu, if it may. Without them it says what it skips;
# REQUIRE_CONTAINER=1 makes that an error.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/image.sh"
test=container
spec=$root/tests/cluster/small.toml
most=150000000

prepare "$test"
program
tools
base_image
image spurious:test
image spurious:software --build-arg DRIVER=mesa-vulkan-drivers
plain=$(container spurious:test)
software=$(container spurious:software)
results=$work/results
mkdir "$results" "$work/experiment"
cp "$spec" "$work/experiment/experiment.toml"
chown 1000:1000 "$results"
mounts=(--mount "$work/experiment:/experiment:ro" --mount "$results:/results")

# Bytes of all layers, not packed.
size() {
    buildah inspect --type image "$1" | python3 -c '
import json, sys
print(sum(layer["size"] for layer in json.loads(json.load(sys.stdin)["Manifest"])["layers"]))'
}

# expect CODE TEXT CONTAINER [ARGUMENT OF start]...: what is printed has the text.
expect() {
    local code=0 wanted=$1 text=$2
    shift 2
    start "$@" >"$work/said" 2>&1 || code=$?
    if [ "$code" != "$wanted" ] || ! grep -qF "$text" "$work/said"; then
        cat "$work/said"
        fail "exit $code, where exit $wanted and '$text' were expected: $*"
    fi
}

expect 0 'missing: a Vulkan driver' "$plain" -- devices
expect 0 'Usage: spurious' "$plain" --
# Who it is, what it may write, and that the program is found by its name.
expect 0 'uid=1000(spurious) gid=1000(spurious) groups=1000(spurious)' "$plain" --command -- id
expect 1 'Read-only file system' "$plain" --command -- touch /tmp/file
expect 0 /usr/local/bin/spurious "$plain" --command -- sh -c 'command -v spurious'
echo "$test: started read-only as user 1000"

expect 0 'model relu_sum' "$plain" "${mounts[@]}" -- \
    run /experiment/experiment.toml --backend cpu --out /results/cpu --quiet
"$SPURIOUS" run "$spec" --backend cpu --out "$work/cpu" --quiet >/dev/null
compare "$work/cpu" "$results/cpu"
[ "$(stat -c %u:%g "$results/cpu/results.json")" = 1000:1000 ] || fail "results belong to another user"
echo "$test: an experiment on the CPU: the same as outside"

# What a cluster would else not notice: no driver, and a CPU that works for days.
expect 3 'no GPU adapter was found' "$plain" "${mounts[@]}" -- \
    run /experiment/experiment.toml --backend gpu --out /results/none --quiet
[ ! -e "$results/none" ] || fail "a run without a card left a folder"
echo "$test: --backend gpu without a driver: exit 3"

# The loader finds the libraries that NVIDIA's driver is linked with and its toolkit does not mount.
for library in libvulkan.so.1 libX11.so.6 libXext.so.6 libEGL.so.1 libGLdispatch.so.0; do
    expect 0 "$library" "$plain" --command -- sh -c "/sbin/ldconfig -p | grep -F '$library '"
done

expect 0 'llvmpipe' "$software" -- devices
expect 0 'model relu_sum' "$software" "${mounts[@]}" -- \
    run /experiment/experiment.toml --backend gpu --out /results/gpu --quiet
# The driver that computes: another version of it may round in another way.
driver_of() { sed -n 's/^  driver  *//p' | sort | head -n 1; }
inside=$(start "$software" -- devices | driver_of)
outside=$(NODEVICE_SELECT=1 "$SPURIOUS" devices | driver_of)
if [ -z "$outside" ]; then
    install "no driver to compare with" mesa-vulkan-drivers libvulkan1
    outside=$(NODEVICE_SELECT=1 "$SPURIOUS" devices | driver_of)
fi
if [ "$inside" = "$outside" ]; then
    NODEVICE_SELECT=1 "$SPURIOUS" run "$spec" --backend gpu --out "$work/gpu" --quiet >/dev/null 2>&1
    compare "$work/gpu" "$results/gpu"
    echo "$test: an experiment on $inside: the same as outside"
else
    [ "${REQUIRE_CONTAINER:-}" != 1 ] || fail "inside computes $inside, outside ${outside:-no driver}"
    echo "$test: skipped: comparison of GPU results, inside computes $inside, outside ${outside:-no driver}"
fi

# As a scheduler stops a pod: SIGTERM to process 1, for which the system has no default.
sed 's/per_cell = .*/per_cell = 100_000_000/' "$spec" >"$work/experiment/long.toml"
start "$plain" "${mounts[@]}" -- run /experiment/long.toml --backend cpu --out /results/long --quiet \
    >"$work/stopped" 2>&1 &
started=$!
computes() { [ -n "$(find "$results/long/parts" -name '*.part' 2>/dev/null)" ]; }
wait_until 60 "a part is kept" computes
# The shell's child is unshare, and its child process 1.
kill -TERM "$(pgrep -P "$(pgrep -P "$started")")"
begun=$SECONDS code=0
wait "$started" || code=$?
[ "$code" = 130 ] || { cat "$work/stopped"; fail "exit $code after SIGTERM, where 130 was expected"; }
[ $((SECONDS - begun)) -le 10 ] || fail "it took $((SECONDS - begun)) s to stop"
expect 0 'runs done' "$plain" "${mounts[@]}" -- check /results/long
kept=$(grep -o '[0-9,]* of [0-9,]* runs done' "$work/said")
echo "$test: SIGTERM to process 1: exit 130 after $((SECONDS - begun)) s, $kept"

for tag in "$base" localhost/spurious:test localhost/spurious:software; do
    echo "$test: image $tag: $(($(size "$tag") / 1000000)) MB"
done
[ "$(size localhost/spurious:test)" -lt "$most" ] || fail "the image has $most bytes or more"
