#!/usr/bin/env bash
# Stands in for a program that has hours to do, so that a test takes little of the machine: until its task has run out
# of time three times the program is held still, as soon as it has kept some work, and goes on when it is told to end.
set -euo pipefail
# The merge is no task.
[ -n "${SLURM_ARRAY_TASK_ID:-}" ] || exec "$PROGRAM" "$@"
log=spurious-$SLURM_ARRAY_JOB_ID-$SLURM_ARRAY_TASK_ID.log
if [ "$(grep -c 'out of time: back' "$log" || true)" -lt 3 ]; then
    shard=$(printf 'out/shards/%05d-of-00016/parts' "$SLURM_ARRAY_TASK_ID")
    mark=$(mktemp "$PWD/mark.XXXXXX")
    (
        # Slurm tells every process of a task to end: the program may have heard it before it is held. What this shell
        # starts hears it too.
        set +e
        told='' && trap 'told=1' TERM
        there() { [ -d "/proc/$$/task" ] && ! grep -q '^State:.Z' "/proc/$$/status" 2>/dev/null; }
        while there && [ -z "$(find "$shard" -newer "$mark" -type f 2>/dev/null)" ]; do sleep 0.05; done
        rm -f "$mark"
        [ -z "$told" ] && kill -STOP $$ 2>/dev/null || exit 0
        # A process that is held takes no signal but this one.
        while there; do
            pending=$(awk '/^ShdPnd/ { print $2 }' "/proc/$$/status")
            if [ -n "$told" ] || ((0x${pending:-0} & 0x4000)); then
                kill -CONT $$
                break
            fi
            sleep 1
        done
    ) &
fi
exec "$PROGRAM" "$@"
