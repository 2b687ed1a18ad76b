#!/usr/bin/env bash
# What `spurious submit kubernetes` prints: looked at by the published schemas of two versions of Kubernetes and by
# rules that these do not have, and its pods started as they are written, in the image of cluster/container with Mesa's
# software driver. There is no Kubernetes here.
#   bash tests/cluster/kubernetes.sh      SPURIOUS: the program [what cargo builds]
# The package kubernetes-validate of PyPI goes to target/kubernetes; image.sh says what the image takes. Without them it
# says what it skips; REQUIRE_CONTAINER=1 makes that an error.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/image.sh"
test=kubernetes
shards=2

prepare "$test"
program
python=$root/target/kubernetes/bin/python
if ! "$python" -c 'import kubernetes_validate' 2>/dev/null; then
    echo "tests: no schemas of Kubernetes found; installing kubernetes-validate in target/kubernetes"
    { python3 -m venv target/kubernetes && "$python" -m pip install --quiet kubernetes-validate==1.37.0; } ||
        skip "$test" REQUIRE_CONTAINER "kubernetes-validate could not be installed"
fi

# manifest NAME SPEC: the manifest of an experiment, in a file.
manifest() {
    "$SPURIOUS" submit kubernetes "$2" --shards "$shards" --image localhost/spurious:software >"$work/$1.yaml"
    "$python" tests/cluster/manifest.py check "$work/$1.yaml" || fail "the manifest of $1"
}

# An experiment with what readers of YAML trip over comes to the pod as it is.
awkward() {
    # shellcheck disable=SC2016  # as it stands
    printf '  # indented; "quotes" \\ %%s ${NAME} {{x}} &a *b\n\n\t# tab: é 🦀\n# ---\n'
    sed 's/^seed = .*/&\ntitle = "Ünder_score: #1, 100 % [no] {label}"/' tests/cluster/small.toml
    printf '# - not: a list\n'
}
awkward >"$work/awkward.toml"
{ cat "$work/awkward.toml"; printf '# ends of lines: \xe2\x80\xa8 \xc2\x85\r\n'; } >"$work/odd.toml"
for name in awkward odd; do
    manifest "$name" "$work/$name.toml"
    job=$(sed -n 's/^  name: "\(.*\)-merge"$/\1/p' "$work/$name.yaml")
    "$python" tests/cluster/manifest.py pod "$work/$name.yaml" "$job" 0 "$work/$name" >/dev/null
    cmp "$work/$name.toml" "$work/$name/experiment/experiment.toml" || fail "$name: another experiment"
done
manifest small tests/cluster/small.toml
faults=$("$python" tests/cluster/manifest.py faults "$work/small.yaml") || fail "$faults"
echo "$test: the manifest is as Kubernetes 1.29 and 1.37 want it; of those put into it, $faults"

tools
base_image
image spurious:software --build-arg DRIVER=mesa-vulkan-drivers
container=$(container spurious:software)

# pod JOB INDEX: starts a pod as it is written.
pod() {
    "$python" tests/cluster/manifest.py pod "$work/small.yaml" "$1" "$2" "$work/volumes" >"$work/words"
    mapfile -d '' words <"$work/words"
    start "$container" "${words[@]}" >"$work/said" 2>&1 || { code=$?; cat "$work/said"; fail "pod $1-$2: exit $code"; }
}
mkdir "$work/volumes"
# In any order, as pods are scheduled.
pod small 1
grep -q 'shard 2/2, from JOB_COMPLETION_INDEX = 1' "$work/said" || fail "$(cat "$work/said")"
pod small 0
pod small-merge 0
start "$container" --mount "$work/volumes/experiment:/experiment:ro" --mount "$work/volumes/results:/results" -- \
    run /experiment/experiment.toml --out /results/whole --backend gpu --quiet >/dev/null 2>&1 || fail "the whole"
compare "$work/volumes/results/whole" "$work/volumes/results/small"
echo "$test: two pods and the one that joins, started as they are written: the same as the whole"
