#!/usr/bin/env bash
# An experiment as a Slurm array of shards, and a job that joins them when all have ended, in whatever way.
#   bash submit.sh SPEC OUT SHARDS [options of sbatch] [-- options of spurious run]
#   bash submit.sh experiment.toml /scratch/me/out 16 --time=4:00:00 --gpus=1
#   bash submit.sh experiment.toml /scratch/me/out 16 --time=4:00:00 --gpus=1 --array=3,7     two shards again
#   SPURIOUS_BACKEND=cpu bash submit.sh experiment.toml out 16 --time=1:00:00 --cpus-per-task=8
# OUT must be on a file system that all nodes share. shards.sbatch, beside this file, says which variables there are.
set -euo pipefail
# What follows, to the closing line, `spurious submit slurm` writes anew.
# --- values
if [ $# -lt 3 ]; then
    echo "usage: bash submit.sh SPEC OUT SHARDS [options of sbatch] [-- options of spurious run]" >&2
    exit 2
fi
spec=$1 out=$2 shards=$3 backend=${SPURIOUS_BACKEND:-gpu} run=()
shift 3
job=$(dirname "$(realpath "$0")")/shards.sbatch
# --- end of values
spec=$(realpath -e -- "$spec")
out=$(realpath -m -- "$out")
program=$(command -v "${SPURIOUS:-spurious}") || {
    echo "submit.sh: ${SPURIOUS:-spurious} is not on the PATH; SPURIOUS=/path/of/spurious names the program" >&2
    exit 2
}
SPURIOUS=$(realpath -e -- "$program")
export SPURIOUS SPURIOUS_BACKEND=$backend
options=() merge=()
while [ $# -gt 0 ]; do
    case $1 in
        --)
            shift
            run+=("$@")
            break
            ;;
        # Without these some sites take no job at all; the others (time, GPUs, --array) are not for the merge.
        --account=* | --partition=* | --qos=* | --reservation=*) merge+=("$1") options+=("$1") ;;
        *) options+=("$1") ;;
    esac
    shift
done
# --export: a site may have set another default. Of an option that comes twice Slurm takes the second.
array=$(sbatch --parsable --export=ALL --array="1-$shards" ${options+"${options[@]}"} \
    "$job" "$spec" "$out" "$shards" ${run+"${run[@]}"})
# afterany: after afterok one task that failed would keep the merge from ever starting, and nobody would say which.
# A merge in which shards are missing names them, and changes nothing.
joined=$(sbatch --parsable --export=ALL --dependency="afterany:$array" --job-name=spurious-merge --output=%x-%j.log \
    ${merge+"${merge[@]}"} --wrap "exec $(printf '%q ' "$SPURIOUS" merge "$out")")
echo "array $array, merge $joined"
