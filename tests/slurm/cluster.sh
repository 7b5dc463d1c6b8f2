#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
#
# A real Slurm on four virtual nodes of this machine (tests/multihost/hosts.sh), without systemd, cgroups or
# a database: node1 is also where slurmctld runs and users log in.
#
#   cluster.sh up [COMMAND...]
#       runs COMMAND (default: a shell) on node1 of a new cluster, which vanishes with all that runs on
#       it when it ends, or is killed. Slurm's commands work within; the logs are in $SLURM_LOGS.
#
# Each node says that it has 2 cores and 1 GPU (which is none), and has a disk of its own at $LOCAL_SCRATCH.
# Needs root and Debian's slurmctld slurmd slurm-client munge libpmix-dev iproute2 (cmake/setup.sh slurm
# installs them); says SKIPPED and ends with code 77 where they are missing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
hosts=$here/../multihost/hosts.sh
nodes=4
state=/run/slurm # the hosts' own: no other process sees it

skip() { echo "SKIPPED: no Slurm here: $*"; exit 77; }

up() {
  local tool
  for tool in slurmctld slurmd munged srun; do
    PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null ||
      skip "$tool is not installed (cmake/setup.sh slurm)"
  done
  # Slurm's plugin loads a file that is only in PMIx's development package.
  ls /usr/lib/*/pmix2/lib/libpmix.so >/dev/null 2>&1 || skip "libpmix-dev is not installed"
  exec "$hosts" up "$nodes" "$here/$(basename "$0")" inside "$@"
}

write_configuration() {
  cat >"$state/slurm.conf" <<END
ClusterName=virtual
SlurmctldHost=node1
SlurmUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$state/munge/socket
StateSaveLocation=$state/ctld
SlurmdSpoolDir=$state/spool-%n
TmpFS=$LOCAL_SCRATCH
SlurmctldPidFile=$state/slurmctld.pid
SlurmdPidFile=$state/slurmd.%n.pid
SlurmctldLogFile=$SLURM_LOGS/slurmctld.log
SlurmdLogFile=$SLURM_LOGS/slurmd.%n.log
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SwitchType=switch/none
MpiDefault=none
# The nodes are what the lines below say, not what this machine has.
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
GresTypes=gpu
# Decide in seconds what takes a large cluster minutes.
SchedulerParameters=bf_interval=1,sched_interval=1,sched_min_interval=0,batch_sched_delay=0
SlurmdTimeout=10
MessageTimeout=10
KillWait=10
CompleteWait=0
MinJobAge=3600
JobRequeue=1
ReturnToService=2
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
NodeName=node[1-$nodes] CPUs=2 Sockets=1 CoresPerSocket=2 ThreadsPerCore=1 RealMemory=4000 Gres=gpu:1
PartitionName=main Nodes=ALL Default=YES State=UP
END
  echo "NodeName=node[1-$nodes] Name=gpu File=/dev/null" >"$state/gres.conf"
}

inside() {
  local i
  export SLURM_CONF=$state/slurm.conf SLURM_LOGS=$state/log LOCAL_SCRATCH=$state/scratch PATH=$PATH:/usr/sbin
  mkdir -p "$state"/{ctld,log,munge,scratch}
  for ((i = 1; i <= nodes; i++)); do
    mkdir "$state/spool-node$i"
    "$hosts" exec "node$i" mount -t tmpfs tmpfs "$LOCAL_SCRATCH"
  done
  write_configuration
  (umask 077 && head -c 1024 /dev/urandom >"$state/munge/key")
  munged --force --key-file="$state/munge/key" --socket="$state/munge/socket" --pid-file="$state/munge/pid" \
    --log-file="$state/log/munged.log" --seed-file="$state/munge/seed"
  slurmctld -i
  for ((i = 1; i <= nodes; i++)); do "$hosts" exec "node$i" slurmd; done
  for ((i = 0; i < 300; i++)); do
    [ "$(sinfo --noheader --states=idle --format=%D 2>/dev/null)" != "$nodes" ] || break
    sleep 0.1
  done
  [ "$i" -lt 300 ] || { echo "cluster.sh: the nodes do not come up:"; sinfo -N -l; tail "$state"/log/*; exit 1; }
  # Ranks of several nodes share this machine's cores, which neither Slurm nor MPI can know.
  export OMPI_MCA_mpi_yield_when_idle=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  "${@:-${SHELL:-/bin/bash}}"
}

command=${1:-}
[ $# = 0 ] || shift
case $command in
  up) up "$@" ;;
  inside) inside "$@" ;;
  *) sed -n '5,/^set/{/^#/s/^# \?//p}' "$0" >&2; exit 2 ;;
esac
