# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
#
# What the sbatch scripts here share; they source it inside a job. From the site's preset and from what
# Slurm granted it makes
#   dtrain    the binary
#   launch    the words that start a program on every task of the job, with srun or mpirun
#   threads   per rank
#   run       the folder of the job's run, the same one after a requeue
#   study     the folder of a study's runs
#   repeat    which run of a study's configuration this is
# and the functions stage and train.
# shellcheck disable=SC2034  # some are for the scripts alone
set -euo pipefail

say() { echo "$SLURM_JOB_NAME: $*"; }

# shellcheck source=cluster/sites/generic.env
. "$SLURM_SUBMIT_DIR/cluster/sites/${SITE:-generic}.env"

dtrain=${DTRAIN:-$SLURM_SUBMIT_DIR/build/dtrain}
[ -x "$dtrain" ] || { say "there is no $dtrain: build it, or set DTRAIN in the site's preset" >&2; exit 1; }
threads=${SLURM_CPUS_PER_TASK:-1}
runs=$SLURM_SUBMIT_DIR/runs
run=${RUN:-$runs/$SLURM_JOB_NAME-$SLURM_JOB_ID}
study=${STUDY:-$runs/$SLURM_JOB_NAME-${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}}
repeat=${SLURM_ARRAY_TASK_ID:-1}

# The job's own number of tasks is that of its first round; the nodes may be fewer since.
tasks=${SLURM_NTASKS:-1}
[ -z "${SLURM_NTASKS_PER_NODE:-}" ] || tasks=$((SLURM_JOB_NUM_NODES * SLURM_NTASKS_PER_NODE))

if [ "${LAUNCHER:-auto}" = auto ]; then
  LAUNCHER=srun
  srun --mpi=list 2>&1 | grep -qw "${MPI_PLUGIN:-pmix}" || LAUNCHER=mpirun
fi
# shellcheck disable=SC2206  # lists of words
case $LAUNCHER in
  srun) # which since Slurm 22.05 does not take --cpus-per-task from sbatch
    launch=(srun "--mpi=${MPI_PLUGIN:-pmix}" --kill-on-bad-exit=1 "--ntasks=$tasks" "--cpus-per-task=$threads"
      ${SRUN_OPTIONS:-}) ;;
  mpirun) launch=(mpirun -np "$tasks" ${MPIRUN_OPTIONS:-}) ;;
  *) say "LAUNCHER=$LAUNCHER: it is srun, mpirun or auto" >&2; exit 2 ;;
esac

on_every_node() { srun --mpi=none --ntasks="$SLURM_JOB_NUM_NODES" --ntasks-per-node=1 "$@"; }

# stage DATA: copies a dataset file, or a dataset found by its name on DTRAIN_DATA, to a disk of each
# node, where the job's ranks find it first. Sets `data` to what --data wants. Built-in data and those
# of Debian's packages stay where they are.
stage() {
  local folder folders file=$1
  data=$1
  IFS=: read -ra folders <<<"${DTRAIN_DATA:-}"
  for folder in "${folders[@]}"; do
    [ -f "$file" ] || ! [ -f "$folder/$1.h5" ] || file=$folder/$1.h5
  done
  [ -f "$file" ] || return 0
  staged=${LOCAL_SCRATCH:-/tmp}/dtrain-$SLURM_JOB_ID
  on_every_node mkdir -p "$staged"
  trap unstage EXIT
  sbcast --force "$file" "$staged/${file##*/}"
  export DTRAIN_DATA=$staged:${DTRAIN_DATA:-}
  data=$(basename "$file" .h5)
}
staged=""
unstage() {
  trap - EXIT
  [ -z "$staged" ] || on_every_node rm -rf "$staged"
}

# train OPTIONS...: trains on all tasks into $run, or goes on with what is there; returns dtrain's exit
# code. When Slurm says that time is up (USR1, as #SBATCH --signal=B:USR1@… asks it to) the ranks finish
# their step and write a checkpoint, and the job goes back into the queue.
train() {
  local pid status requeue="" killed_by_usr1=$((128 + 10))
  "${launch[@]}" "$dtrain" --threads "$threads" --output "$run" --resume auto --progress plain "$@" &
  pid=$!
  trap 'requeue=yes; kill -USR1 "$pid"' USR1
  trap 'kill -USR1 "$pid"' TERM # scancel, preemption: a checkpoint too, but no requeue
  while kill -0 "$pid" 2>/dev/null; do wait "$pid" || true; done # a signal ends a wait early
  wait "$pid" && status=0 || status=$?
  trap - USR1 TERM

  [ $status != $killed_by_usr1 ] || status=75 # the ranks had not begun yet
  [ $status -le 128 ] || status=4             # one of them was killed
  if [ $status = 75 ] && [ -n "$requeue" ]; then
    say "time is up: back to the queue"
    unstage
    scontrol requeue "$SLURM_JOB_ID" || say "may not be requeued; go on with RUN=$run" >&2
  fi
  return $status
}
