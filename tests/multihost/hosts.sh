#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
#
# Several hosts on one machine: node1, node2, …, each with its own address (10.77.0.1, …), host name
# and /dev/shm, on a switch whose links have a bandwidth and a delay. They share files and processes.
#
#   hosts.sh up N [--bandwidth 1gbit] [--delay 100us] [COMMAND...]
#       runs COMMAND (default: a shell) on node1 of N new hosts, which vanish with all that runs on
#       them when it ends, or is killed. --bandwidth limits what each host sends; --delay is one-way.
#   hosts.sh exec HOST COMMAND...
#       within COMMAND: runs a command on HOST, as ssh does: the words are joined and given to a
#       shell. mpirun uses it to reach other hosts (OMPI_MCA_plm_rsh_agent).
#   hosts.sh bytes
#       within COMMAND: the bytes of TCP payload that each host has sent and received so far
#
# Needs root and iproute2; says SKIPPED and ends with code 77 where there cannot be hosts.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
self=$here/$(basename "$0")
switch=${DTRAIN_SWITCH:-$here/../../build/tests/multihost/multihost_switch}
state=/run # these hosts have their own

skip() { echo "SKIPPED: no hosts here: $*"; exit 77; }

# All hosts live in one PID namespace, whose end is the end of every process in it, and below one mount
# namespace, whose mounts end with it: nothing is left to clean up, whatever happens.
fence=(setpriv --pdeathsig KILL unshare --fork --kill-child --pid --mount-proc --mount)

up() {
  local tool problem
  [ "$(id -u)" = 0 ] || skip "they need root"
  for tool in ip tc setpriv unshare nsenter; do
    command -v "$tool" >/dev/null || skip "$tool is not installed (apt-get install iproute2 util-linux)"
  done
  [ -x "$switch" ] || skip "there is no $switch: build it with -DDTRAIN_TESTS=ON"
  problem=$("${fence[@]}" --net --uts sh -ec 'ip tuntap add eth0 mode tap
    tc qdisc add dev eth0 root tbf rate 1gbit burst 128kb latency 100ms' 2>&1) || skip "$problem"
  "${fence[@]}" "$self" up-inside "$@"
}

up_inside() {
  local count=$1 bandwidth="" delay=0us i pid networks=()
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      --bandwidth) bandwidth=$2; shift 2 ;;
      --delay) delay=$2; shift 2 ;;
      *) break ;;
    esac
  done
  mount -t tmpfs tmpfs "$state"
  echo "127.0.0.1 localhost" >"$state/hosts"
  mount --bind "$state/hosts" /etc/hosts
  for ((i = 1; i <= count; i++)); do
    echo "10.77.0.$i node$i" >>"$state/hosts"
    read -r pid < <(unshare --net --uts --mount "$self" set-up "$i" "$bandwidth")
    echo "$pid" >"$state/node$i"
    networks+=("/proc/$pid/ns/net")
  done
  "$switch" "$state/bytes" "${delay%us}" "${networks[@]}"
  # Several sets of hosts must not share Open MPI's folders.
  mkdir "$state/tmp"
  export TMPDIR=$state/tmp OMPI_MCA_plm_rsh_agent="$self exec"
  enter node1 "${@:-${SHELL:-/bin/bash}}"
}

# On the new host itself: prints the id of a process that keeps it.
set_up() {
  hostname "node$1"
  mount -t tmpfs -o mode=1777 tmpfs /dev/shm
  ip link set lo up
  ip tuntap add eth0 mode tap vnet_hdr
  ip link set eth0 address "$(printf '02:00:00:00:00:%02x' "$1")"
  ip address add "10.77.0.$1/24" dev eth0
  # The burst lets the largest frame pass in one piece.
  [ -z "$2" ] || tc qdisc add dev eth0 root tbf rate "$2" burst 128kb latency 100ms
  ip link set eth0 up
  echo $$
  exec sleep infinity >/dev/null
}

enter() {
  local pid
  pid=$(cat "$state/$1")
  shift
  nsenter --target "$pid" --net --uts --mount env --chdir="$PWD" "$@"
}

bytes() {
  echo "host                sent      received"
  od --address-radix=n --format=u8 --width=16 --output-duplicates "$state/bytes" |
    awk '{ printf "node%-4d %15d %13d\n", NR, $1, $2 }'
}

command=${1:-}
[ $# = 0 ] || shift
case $command in
  up) up "$@" ;;
  up-inside) up_inside "$@" ;;
  set-up) set_up "$@" ;;
  exec)
    host=$1
    shift
    enter "$host" sh -c "$*"
    ;;
  bytes) bytes ;;
  *) sed -n '5,/^set/{s/^# \?//p}' "$self" >&2; exit 2 ;;
esac
