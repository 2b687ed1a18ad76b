# The image of cluster/container, built without a registry; sourced by tests that start containers, after common.sh.
# shellcheck shell=bash disable=SC2154  # root, work and test are set by common.sh and the test
#
# The base image that the Containerfile names is made here of Debian's packages, as Debian makes it, and the image is
# built by buildah, which needs no daemon. Both stages start from it: a program that is there already is taken in, since
# a release build takes longer than everything else.

store=$root/target/container

buildah() {
    command buildah --storage-driver "$driver" --root "$store/root" --runroot "$store/run" "$@"
}

# Buildah, and what makes the base image; skips the test, whose name is in `test`, where they cannot be had.
tools() {
    if ! command -v buildah >/dev/null || ! command -v mmdebstrap >/dev/null; then
        install "no tools to build an image" buildah mmdebstrap
    fi
    for tool in buildah mmdebstrap python3 unshare; do
        command -v "$tool" >/dev/null || skip "$test" REQUIRE_CONTAINER "$tool is missing"
    done
    unshare --mount --pid --fork --net --ipc --uts true 2>/dev/null ||
        skip "$test" REQUIRE_CONTAINER "no right to make namespaces"
    mkdir -p "$store"
    # Copies of whole folders where the kernel, or the file system below, has no overlays.
    driver=overlay
    if trial=$(buildah from scratch 2>/dev/null) && buildah mount "$trial" >/dev/null 2>&1; then
        buildah rm "$trial" >/dev/null
    else
        driver=vfs
    fi
}

# shellcheck disable=SC2034  # the test says its size
base=localhost/debian:bookworm-slim

# Debian's packages of priority `required` and apt, without documentation: what debian:bookworm-slim is.
base_image() {
    ! buildah inspect --type image "$base" >/dev/null 2>&1 || return 0
    local debian=$work/debian container
    mmdebstrap --quiet --variant=minbase --mode=root \
        --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --dpkgopt=force-unsafe-io \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        bookworm "$debian" >"$work/mmdebstrap.log" 2>&1 || {
        tail -n 5 "$work/mmdebstrap.log"
        skip "$test" REQUIRE_CONTAINER "no base image could be made"
    }
    container=$(buildah from scratch)
    buildah copy --quiet "$container" "$debian" / >/dev/null
    buildah commit --quiet "$container" "$base" >/dev/null
    buildah rm "$container" >/dev/null
    rm -rf "$debian"
}

# An image with the program; one that another test has made of the same things will do.
# image TAG [ARGUMENT OF BUILDAH]...
image() {
    local tag=$1 made_of there
    shift
    # Without the symbols that the Containerfile leaves out too.
    command install -D -m 755 "$SPURIOUS" "$store/program"
    strip "$store/program" 2>/dev/null || true
    made_of=$(cat cluster/container/Containerfile "$store/program" | sha256sum | cut -c 1-64)
    there=$(buildah inspect --type image --format '{{.OCIv1.Config.Labels.made_of}}' "$tag" 2>/dev/null || true)
    [ "$there" != "$made_of" ] || return 0
    buildah rmi --prune --force >/dev/null 2>&1 || true
    buildah build --quiet --pull-never --isolation chroot --file cluster/container/Containerfile \
        --build-arg RUST="$base" --build-arg BASE="$base" --build-arg PROGRAM=target/container/program \
        --label made_of="$made_of" --tag "$tag" "$@" . >"$work/build.log" 2>&1 || {
        tail -n 20 "$work/build.log"
        fail "image $tag could not be built"
    }
}

# A container of an image, mounted: `start` starts programs in it. container TAG
container() {
    local name
    name=$(buildah from --pull-never "$1")
    buildah inspect --type image "$1" >"$work/$name.json"
    buildah mount "$name" >"$work/$name.root"
    echo "$name"
}

# start CONTAINER [OPTION OF start.py]... -- [ARGUMENT]...
start() {
    local name=$1
    shift
    unshare --mount --pid --fork --kill-child --net --ipc --uts \
        python3 tests/cluster/start.py "$(cat "$work/$name.root")" "$work/$name.json" "$@"
}

# Called when the test ends: containers go, the base image stays for the next test.
clean() {
    local name
    for name in "$work"/*.root; do
        [ ! -e "$name" ] || buildah rm "$(basename "$name" .root)" >/dev/null 2>&1 || true
    done
}
