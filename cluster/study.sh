#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
#
# Submits a study: for each number of nodes an array of runs, one per repeat, and a job behind them all
# that writes the report. On a login node, in the repository's folder:
#
#   cluster/study.sh NAME NODES... [-- SBATCH OPTIONS]   NAME: strong-scaling, weak-scaling, energy,
#                                                        compare-devices
#   REPEATS=5 cluster/study.sh strong-scaling 1 2 4 8 -- --ntasks-per-node=16 --cpus-per-task=8
#
# STUDY names the folder of the runs (default: runs/NAME-<UTC time>); the knobs at the top of NAME.sbatch
# may be set in the environment, account and partition as SBATCH_ACCOUNT and SBATCH_PARTITION.
set -euo pipefail

usage() { sed -n '5,/^set/{/^#/s/^# \?//p}' "$0" >&2; exit 2; }

[ $# -ge 2 ] || usage
[ -f "cluster/$1.sbatch" ] || usage
name=$1 jobs=""
shift
export STUDY=${STUDY:-$PWD/runs/$name-$(date -u +%Y%m%d-%H%M%S)}
nodes=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do nodes+=("$1"); shift; done
[ $# = 0 ] || shift

mkdir -p "$STUDY"
for count in "${nodes[@]}"; do
  job=$(sbatch --parsable --nodes="$count" --array="1-${REPEATS:-3}" "$@" "cluster/$name.sbatch")
  jobs+=:${job%%;*} # a federation's jobs name their cluster behind a semicolon
done
report=$(sbatch --parsable --dependency="afterany$jobs" cluster/report.sbatch "$STUDY")
echo "submitted${jobs//:/ }, and ${report%%;*} that writes $STUDY/report.html"
