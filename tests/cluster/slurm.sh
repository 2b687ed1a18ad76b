#!/usr/bin/env bash
# Shards on a real Slurm of four nodes on this machine, joined to what one process makes: bash tests/cluster/slurm.sh
# An array of 16 tasks, all of which run out of time three times; beside that a node dies, another partition takes a
# node, a task is cancelled and submitted again, and a program is killed. About three minutes, most of them waiting:
# Slurm looks at time limits every 30 s. Without Slurm the test is skipped, by name, or with REQUIRE_SLURM=1 failed.
# SPURIOUS names the program, if not what cargo builds. SPURIOUS_KEEP=1 keeps the folder of a test that fails.
set -euo pipefail
# shellcheck source=tests/cluster/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=tests/cluster/slurm_cluster.sh
. tests/cluster/slurm_cluster.sh

cluster_found || install "no Slurm found" slurmctld slurmd slurm-client munge
cluster_found || skip cluster::slurm REQUIRE_SLURM "slurmctld, slurmd, sbatch and munged are not here"
program
prepare slurm
clean() {
    [ ! -d "${cluster:-}/log" ] || cp -r "$cluster/log" "$work/slurm-log"
    cluster_stop
    [ -z "$whole" ] || kill "$whole" 2>/dev/null
}
whole=
PROGRAM=$SPURIOUS held=$root/tests/cluster/hold.sh
export PROGRAM SPURIOUS_BACKEND=cpu SPURIOUS_PAUSE=1
cp tests/cluster/experiment.toml "$work/experiment one.toml"
cd "$work"
began=$SECONDS
cluster_start
echo "cluster::slurm: four nodes after $((SECONDS - began)) s"
[ $((SECONDS - began)) -lt 10 ] || fail "the cluster took 10 s or more to start"

jobs_of() { sed -E 's/array ([0-9]+), merge ([0-9]+)/\1 \2/'; }
begun() { [ "$(find out/shards -name manifest.json 2>/dev/null | wc -l)" = 16 ]; }
over() { [ -z "$(squeue -h -j "$1" 2>/dev/null)" ]; }
limited() { scontrol update JobId="${array}_$1" TimeLimit=1 2>/dev/null; }
running() { [ "$(squeue -h -r -j "$1" -t RUNNING -o %i | wc -l)" -ge "$2" ]; }
state() { scontrol show job "$1" | sed -nE 's/.*JobState=([A-Z_]+).*/\1/p' | head -n 1; }
said() { grep -q "$2" "spurious-$array-$1.log" || fail "task $1 does not say: $2"; }
ended_by_slurm() { grep -q "ended by Slurm" "spurious-$array-$1.log"; }
tasks_on() { squeue -h -r -j "$array" -t RUNNING -o '%N %K' | awk -v n="$1" '$1 == n { print $2 }'; }

# No task runs out of time before what befalls some of them has befallen them.
read -r array merge < <(SPURIOUS=$held bash "$root/cluster/slurm/submit.sh" "experiment one.toml" out 16 \
    --time=30 --signal=B:USR1@30 | jobs_of)
wait_until 60 "all tasks run" running "$array" 16
# Each task has been given its program.
wait_until 60 "every shard has begun" begun
read -r -a first < <(tasks_on n1 | xargs)
read -r -a second < <(tasks_on n2 | xargs)
read -r -a third < <(tasks_on n3 | xargs)
# A program is killed as by the system that is out of memory, a task by its user, a node by its power supply, and the
# tasks of another node make way.
kill -9 "$(pgrep -f "^$PROGRAM run .*--shard ${third[0]}/16 ")"
cancelled=${third[1]}
scancel "${array}_$cancelled"
cluster_kill n2
sbatch --parsable --partition=urgent --nodelist=n1 --nodes=1 --exclusive --output=/dev/null --wrap "sleep 3" >/dev/null
for task in "$cancelled" "${first[@]}"; do wait_until 60 "task $task says who ended it" ended_by_slurm "$task"; done
# From now on they have a minute, the least there is. Slurm gives the signal up to 30 s before its time: it comes when
# Slurm next looks.
for task in $(seq 16); do
    # Not while Slurm is still putting a task back into the queue.
    [ "$task" = "$cancelled" ] || wait_until 60 "task $task has a minute" limited "$task"
done
# Meanwhile, in one piece.
"$PROGRAM" run "experiment one.toml" --backend cpu --quiet --out whole >/dev/null &
whole=$!
wait_until 900 "the array has ended" over "$array"
wait_until 60 "the merge has ended" over "$merge"

# What happened, and what the logs say about it.
[ "$(sinfo -h -n n2 -o %t | tr -d '*')" = down ] || fail "n2 is not down"
for task in $(seq 16); do
    [ "$task" != "$cancelled" ] || continue
    [ "$(state "${array}_$task")" = COMPLETED ] || fail "task $task is $(state "${array}_$task")"
    log=spurious-$array-$task.log
    [ "$(grep -c 'out of time: back' "$log")" -ge 3 ] || fail "task $task was not out of time three times"
    [ "$(tail -n 1 "$log" | cut -d ' ' -f 2-)" = "done" ] || fail "$log does not end with done: $(tail -n 3 "$log")"
done
said "${third[0]}" "exit code 137; trying again"
[ "$(state "${array}_$cancelled")" = CANCELLED ] || fail "task $cancelled is $(state "${array}_$cancelled")"
for task in "${second[@]}"; do
    [ "$(grep -c 'on n2$' "spurious-$array-$task.log")" = 1 ] || fail "task $task ran on n2 again"
done
# The merge says which shard is missing; that one alone is submitted again, by what the program prints.
grep -q -e "--shard $cancelled/16;" "spurious-merge-$merge.log" || fail "the merge does not name shard $cancelled"
[ ! -e out/results.json ] || fail "there are results without shard $cancelled"
"$PROGRAM" submit slurm "experiment one.toml" --shards 16 --out out --backend cpu >printed.sh
read -r array merge < <(bash printed.sh --array="$cancelled" | jobs_of)
wait_until 120 "the shard and the merge are done" over "$merge"
logs=$(find . -name "spurious-$array-*.log")
[ "$logs" = "./spurious-$array-$cancelled.log" ] || fail "more than one task was submitted: $logs"
wait "$whole" || fail "the experiment in one piece"
whole=
compare whole out

# Neither a wrong experiment nor a GPU that is missing gets better by being tried again.
echo "[model]" >wrong.toml && echo 'name = "none"' >>wrong.toml
read -r wrong _ < <(bash "$root/cluster/slurm/submit.sh" wrong.toml wrong 1 | jobs_of)
read -r bare _ < <(SPURIOUS_BACKEND=gpu VK_DRIVER_FILES=/nonexistent VK_ICD_FILENAMES=/nonexistent \
    bash "$root/cluster/slurm/submit.sh" "experiment one.toml" bare 1 | jobs_of)
wait_until 60 "the wrong ones have ended" over "$wrong,$bare"
for pair in "$wrong 2" "$bare 3"; do
    read -r job code <<<"$pair"
    [ "$(state "${job}_1")" = FAILED ] || fail "task ${job}_1 is $(state "${job}_1")"
    grep -q "exit code $code:" "spurious-$job-1.log" || fail "the log of $job does not say exit code $code"
    [ "$(grep -c ' shard ' "spurious-$job-1.log")" = 1 ] || fail "$job was tried again"
done
cluster_stop
[ -z "$(cluster_processes)" ] || fail "processes are left"
cluster=''
echo "cluster::slurm: passed, after $((SECONDS - began)) s"
