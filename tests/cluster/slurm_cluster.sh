# A Slurm cluster of four nodes on this machine, from Debian's packages: no systemd, no cgroups, no database, loopback
# only. To be sourced after common.sh; cluster_stop ends exactly what was started.
# shellcheck shell=bash

cluster_found() {
    local program
    for program in slurmctld slurmd sbatch munged; do
        # Debian puts the daemons where only root looks.
        PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || return 1
    done
}

# A number from which enough ports are free.
cluster_ports() {
    local base port
    for _ in $(seq 50); do
        base=$((20000 + RANDOM % 20000))
        for port in $(seq "$base" $((base + 4))); do
            if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then continue 2; fi
        done
        echo "$base"
        return
    done
    fail "no ports are free"
}

# Starts the nodes n1 to n4 and waits for them; of six CPUs each, however many there are, so that three have room
# for 16 tasks.
cluster_start() {
    local host me base node
    PATH=$PATH:/usr/sbin
    host=$(hostname -s) me=$(id -un) base=$(cluster_ports)
    # Not in target/: sockets have names of at most 107 bytes.
    cluster=$(mktemp -d)
    chmod 755 "$cluster"
    mkdir "$cluster"/{state,spool,log}
    export SLURM_CONF=$cluster/slurm.conf
    (umask 077 && head -c 128 /dev/urandom >"$cluster/key")
    munged --force --key-file="$cluster/key" --socket="$cluster/munge" --pid-file="$cluster/munged.pid" \
        --log-file="$cluster/log/munged" --seed-file="$cluster/seed" --num-threads=2 2>"$cluster/log/munged.err"
    cat >"$SLURM_CONF" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$me
SlurmdUser=$me
SlurmctldPort=$base
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
CryptoType=crypto/munge
# cred_expire: also how long a task waits after a requeue; 120 s unless it is set.
AuthInfo=socket=$cluster/munge,cred_expire=5
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SelectType=select/cons_tres
# The emptiest node first, so that all of them have tasks.
SelectTypeParameters=CR_CPU,CR_LLN
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
# How long a task may take to end when it is told to: a busy machine takes its time.
KillWait=10
MinJobAge=600
ReturnToService=0
SlurmctldTimeout=30
# How soon a node that does not answer is given up.
SlurmdTimeout=10
JobRequeue=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
StateSaveLocation=$cluster/state
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmctldLogFile=$cluster/log/slurmctld
SlurmdPidFile=$cluster/%n.pid
SlurmdLogFile=$cluster/log/%n
SlurmdSpoolDir=$cluster/spool/%n
# More CPUs than this machine has.
SlurmdParameters=config_overrides
MailProg=/bin/true
NodeName=n[1-4] NodeHostname=$host NodeAddr=127.0.0.1 Port=[$((base + 1))-$((base + 4))] CPUs=6 RealMemory=1000
PartitionName=spot Nodes=ALL Default=YES PriorityTier=1 PreemptMode=REQUEUE GraceTime=20 MaxTime=INFINITE State=UP
PartitionName=urgent Nodes=ALL PriorityTier=10 PreemptMode=OFF MaxTime=INFINITE State=UP
CONF
    printf 'CgroupAutomount=no\nConstrainCores=no\nConstrainRAMSpace=no\n' >"$cluster/cgroup.conf"
    slurmctld -c
    for node in n1 n2 n3 n4; do
        mkdir "$cluster/spool/$node"
        slurmd -N "$node"
    done
    wait_until 30 "the nodes are up" cluster_idle
}

cluster_idle() { [ "$(sinfo -h -N -p spot -t idle -o %N 2>/dev/null | wc -l)" = 4 ]; }

# Processes that belong to the cluster: its daemons by their files, tasks by their environment.
cluster_processes() {
    local file process
    for file in "$cluster"/*.pid; do
        [ ! -s "$file" ] || cat "$file"
    done
    for process in /proc/[0-9]*; do
        if [ "${process#/proc/}" != $$ ] && grep -qzxF "SLURM_CONF=$SLURM_CONF" "$process/environ" 2>/dev/null &&
            grep -qz '^SLURMD_NODENAME=' "$process/environ" 2>/dev/null; then
            echo "${process#/proc/}"
        fi
    done
}

# A node dies: its daemon, what watches its tasks, and the tasks.
cluster_kill() {
    local process parent victims
    victims=$(cat "$cluster/$1.pid")
    for process in /proc/[0-9]*; do
        if grep -qzxF "SLURM_CONF=$SLURM_CONF" "$process/environ" 2>/dev/null &&
            grep -qzxF "SLURMD_NODENAME=$1" "$process/environ" 2>/dev/null; then
            parent=$(awk '/^PPid/ { print $2 }' "$process/status")
            [ "$(cat "/proc/$parent/comm" 2>/dev/null)" != slurmstepd ] || victims+=" $parent"
            victims+=" ${process#/proc/}"
        fi
    done
    # shellcheck disable=SC2086 # several numbers
    kill -9 $victims 2>/dev/null || true
    rm -f "$cluster/$1.pid"
}

cluster_stop() {
    [ -n "${cluster:-}" ] || return 0
    scancel --full --signal=KILL --state=RUNNING --user="$(id -un)" 2>/dev/null || true
    local process
    for _ in $(seq 50); do
        [ -n "$(cluster_processes)" ] || break
        for process in $(cluster_processes); do
            kill "$process" 2>/dev/null || true
        done
        sleep 0.2
        # Whoever has gone leaves its file behind.
        for process in "$cluster"/*.pid; do
            [ ! -s "$process" ] || kill -0 "$(cat "$process")" 2>/dev/null || rm -f "$process"
        done
    done
    for process in $(cluster_processes); do
        kill -9 "$process" 2>/dev/null || true
    done
    rm -rf "$cluster"
}
