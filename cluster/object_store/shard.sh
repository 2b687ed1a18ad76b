#!/usr/bin/env bash
# One shard on a machine that may vanish, with an object store as the only place that machines share.
#   shard.sh REMOTE SPEC I N [options of spurious run]
#   shard.sh store:bucket/mine experiment.toml 3 16
# REMOTE as rclone has it, SPEC a local file. What the store has of the shard is fetched, the shard goes on from there,
# and what is new is copied every EVERY seconds [20] and at the end; the same command on another machine goes on. A part
# has its own name and never changes once it is there, so that copies may come at any time and in any order. WORK names
# the local folder [a new one, removed in the end].
# When all have ended: rclone copy REMOTE out && spurious merge out
set -euo pipefail
if [ $# -lt 4 ]; then
    echo "usage: shard.sh REMOTE SPEC I N [options of spurious run]" >&2
    exit 2
fi
remote=$1 spec=$2 i=$3 n=$4
shift 4
shard=shards/$(printf '%05d-of-%05d' "$i" "$n")
work=${WORK:-$(mktemp -d)}
mkdir -p "$work"

say() { echo "$(date +%H:%M:%S) shard $i/$n: $*" >&2; }
# Only what is whole: a file that is being written has another name.
copy() { rclone copy --exclude '*.tmp' --exclude lock "$1" "$2"; }

# A store that does not answer is an error. Taken for an empty one, all would begin anew, without a word.
code=0
there=$(rclone lsf "$remote/$shard" 2>"$work/rclone.log") || code=$?
case $code in
    # 3: there is no such folder, which some stores say and some have no word for.
    0 | 3) ;;
    *)
        cat "$work/rclone.log" >&2
        say "cannot read $remote"
        exit 1
        ;;
esac
rm "$work/rclone.log"
if [ -n "$there" ]; then
    copy "$remote/$shard" "$work/$shard"
    say "goes on from what $remote has"
else
    say "begins"
fi

"${SPURIOUS:-spurious}" run "$spec" --out "$work" --shard "$i/$n" --backend "${SPURIOUS_BACKEND:-gpu}" --quiet "$@" \
    >/dev/null &
program=$!
trap 'kill -TERM "$program" 2>/dev/null || true' TERM INT
while kill -0 "$program" 2>/dev/null; do
    sleep "${EVERY:-20}" &
    pause=$!
    # Whichever ends first; a signal ends `wait` too.
    wait -n "$program" "$pause" || true
    kill "$pause" 2>/dev/null || true
    # What failed now, for example because the runs under way were kept anew meanwhile, is copied the next time; only
    # the last copy must not fail.
    [ ! -d "$work/$shard" ] || copy "$work/$shard" "$remote/$shard" || say "a copy is not complete"
done
code=0
wait "$program" || code=$?
if [ -d "$work/$shard" ]; then
    copy "$work/$shard" "$remote/$shard" || { say "cannot write $remote"; exit 1; }
fi
# The store has it all.
[ -n "${WORK:-}" ] || rm -rf "$work"
say "exit code $code"
exit "$code"
