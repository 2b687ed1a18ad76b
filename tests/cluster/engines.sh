#!/usr/bin/env bash
# The examples of cluster/engines, each on this machine, joined to what one process makes: bash tests/cluster/engines.sh
# SPURIOUS_ENGINES names them: "parallel hyperqueue" unless it is set, and of dask, ray, snakemake and, on a Slurm of
# four nodes, snakemake_slurm those that are wanted; `all` takes minutes and some 850 MB in target/cluster/python. One
# that cannot be had is skipped, by name, or with REQUIRE_ENGINES=1 failed. SPURIOUS names the program, if not what
# cargo builds.
set -euo pipefail
# shellcheck source=tests/cluster/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=tests/cluster/slurm_cluster.sh
. tests/cluster/slurm_cluster.sh

wanted=" ${SPURIOUS_ENGINES:-parallel hyperqueue} "
[ "$wanted" != " all " ] || wanted=" parallel hyperqueue dask ray snakemake snakemake_slurm "
packages=()
for engine in $wanted; do
    case $engine in
        parallel) command -v parallel >/dev/null || install "no GNU parallel found" parallel ;;
        hyperqueue) packages+=(hyperqueue==0.27.0) ;;
        dask) packages+=("dask[distributed]==2026.8.0") ;;
        ray) packages+=(ray==2.60.0) ;;
        snakemake) packages+=(snakemake==9.27.1) ;;
        snakemake_slurm)
            packages+=(snakemake==9.27.1 snakemake-executor-plugin-slurm==2.8.0)
            cluster_found || install "no Slurm found" slurmctld slurmd slurm-client munge
            ;;
        *) fail "SPURIOUS_ENGINES: there is no engine $engine" ;;
    esac
done
python=$root/target/cluster/python/bin/python
[ ${#packages[@]} = 0 ] || python_with "${packages[@]}"
program
prepare engines
clean() {
    if [ -n "$SLURM_CONF" ] && [ "$(readlink /etc/slurm/slurm.conf)" = "$SLURM_CONF" ]; then
        rm /etc/slurm/slurm.conf
    fi
    cluster_stop
}
# Until there is a cluster.
SLURM_CONF=
export SPURIOUS_BACKEND=cpu
cp tests/cluster/experiment.toml "$work/experiment.toml"
sed -i 's/^per_cell = .*/per_cell = 1000/' "$work/experiment.toml"
cd "$work"
engines=$root/cluster/engines
"$SPURIOUS" run experiment.toml --backend cpu --quiet --out whole >/dev/null

# try NAME NEEDED COMMAND...: runs the example, which fills the folder NAME.
try() {
    local name=$1 needed=$2 began=$SECONDS
    shift 2
    [[ $wanted = *" $name "* ]] || return 0
    if ! "$needed" >/dev/null 2>&1; then
        skip_part "cluster::engines::$name" REQUIRE_ENGINES "it cannot be had"
        return
    fi
    "$@" >"$name.log" 2>&1 || { tail -n 20 "$name.log"; fail "cluster::engines::$name"; }
    compare whole "$name"
    echo "cluster::engines::$name: passed, after $((SECONDS - began)) s"
}

has_parallel() { parallel --version; }
try parallel has_parallel bash "$engines/parallel.sh" experiment.toml parallel 5
has_hyperqueue() { "$python" -c 'import hyperqueue'; }
try hyperqueue has_hyperqueue "$python" "$engines/with_hyperqueue.py" experiment.toml hyperqueue 5
has_dask() { "$python" -c 'import dask.distributed'; }
try dask has_dask "$python" "$engines/with_dask.py" experiment.toml dask 5
has_ray() { "$python" -c 'import ray'; }
try ray has_ray "$python" "$engines/with_ray.py" experiment.toml ray 5
snakemake=$(dirname "$python")/snakemake
has_snakemake() { "$snakemake" --version; }
try snakemake has_snakemake "$snakemake" --snakefile "$engines/Snakefile" --cores 2 \
    --config spec=experiment.toml out=snakemake shards=5

# In its jobs Snakemake leaves no variable of Slurm: srun must find the configuration where Slurm itself looks for it.
has_slurm() {
    has_snakemake && cluster_found && [ ! -e /etc/slurm/slurm.conf ] && cluster_start &&
        ln -s "$SLURM_CONF" /etc/slurm/slurm.conf
}
# Without a database of jobs their state is asked of squeue.
try snakemake_slurm has_slurm "$snakemake" --snakefile "$engines/Snakefile" --profile "$engines/slurm" \
    --slurm-status-command squeue --latency-wait 5 --config spec=experiment.toml out=snakemake_slurm shards=5
