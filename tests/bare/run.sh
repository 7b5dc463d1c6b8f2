#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
#
# tests/bare/run.sh [OPTIONS]: tries both commands of the README as a newcomer would: a Debian with
# nothing but its base system, a fresh clone of HEAD, each command alone in a root of its own. Checks
# what they leave behind. Needs root, debootstrap and a Debian mirror.
#
#   --suite NAME     Debian or Ubuntu release (default bookworm)
#   --mirror URL     where to get it (default: the first Debian mirror of this machine's apt)
#   --cache FOLDER   keep the base system here between calls
#   --scratch FOLDER where the roots go (default: a temporary folder, removed at the end)
#   --only run|test  one of the two commands
set -euo pipefail

skip() { echo "SKIPPED: $1"; exit 77; }
[ "$(id -u)" = 0 ] || skip "needs root for chroot"
command -v debootstrap >/dev/null || skip "debootstrap is not installed"
# In a mount namespace of its own: what it mounts is gone with it, however it ends.
if [ "${1:-}" != --unshared ]; then exec unshare --mount --propagation private "$0" --unshared "$@"; fi
shift

repository=$(cd "$(dirname "$0")/../.." && pwd)
suite=bookworm mirror="" cache="" scratch="" only="run test"

while [ $# -gt 0 ]; do
  case $1 in
    --suite) suite=$2 ;;
    --mirror) mirror=$2 ;;
    --cache) cache=$2 ;;
    --scratch) scratch=$2 ;;
    --only) only=$2 ;;
    *) echo "run.sh: unknown option $1; the head of $0 lists them" >&2; exit 2 ;;
  esac
  shift 2
done

if [ -z "$mirror" ]; then
  mirror=$({ cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources || true; } 2>/dev/null |
    sed -nE 's/^(deb|URIs:)[^h]*(https?:[^ ]*debian\/?)( .*)?$/\2/p' | head -n 1)
  mirror=${mirror:-http://deb.debian.org/debian}
fi

own_scratch=""
[ -n "$scratch" ] || { scratch=$(mktemp -d) && own_scratch=$scratch; }
mkdir -p "$scratch"
cleanup() {
  local mount
  for mount in "$scratch"/root-*/{dev/shm,proc,sys}; do
    if mountpoint -q "$mount"; then umount -l "$mount"; fi
  done
  rm -rf --one-file-system "$scratch"/root-* "$scratch/base" "$own_scratch"
}
trap cleanup EXIT

# The base system, with this machine's proxies: what a newcomer's own machine has is not under test.
base=${cache:+$cache/$suite}
base=${base:-$scratch/base}
if [ ! -e "$base/complete" ]; then
  echo "--- debootstrap $suite from $mirror"
  rm -rf "$base"
  mkdir -p "$base"
  components=main
  case $mirror in *ubuntu*) components=main,universe ;; esac
  debootstrap --variant=minbase --components="$components" "$suite" "$base" "$mirror" >"$scratch/debootstrap.log" ||
    { tail "$scratch/debootstrap.log"; exit 1; }
  grep -lihE 'proxy|Check-' /etc/apt/apt.conf.d/* /etc/apt/apt.conf 2>/dev/null |
    xargs -r cp -t "$base/etc/apt/apt.conf.d" || true
  touch "$base/complete"
fi

# fresh NAME: a root of its own with a fresh clone in it, as $root.
fresh() {
  root=$scratch/root-$1
  cp -a "$base" "$root"
  cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  echo "127.0.0.1 localhost $(hostname)" >"$root/etc/hosts" # as every installed machine has
  git clone -q "$repository" "$root/dtrain"
  chown -R 0:0 "$root/dtrain"
  mount -t proc proc "$root/proc"
  mount -t sysfs -o ro sysfs "$root/sys"
  mount -t tmpfs tmpfs "$root/dev/shm"
}

# inside COMMAND: runs it in $root as a login shell of root would, with nothing of this machine's
# environment.
inside() { chroot "$root" env -i HOME=/root TERM=dumb PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 sh -c "cd /dtrain && $1"; }

# The README's line, so that what is tried is what is written there.
readme_command() {
  grep -qxF "$1" "$repository/README.md" || { echo "README.md does not hold the line '$1'"; exit 1; }
  echo "--- $1"
}

try_run() {
  fresh run
  readme_command launch/quickstart.sh
  local begin=$SECONDS
  inside launch/quickstart.sh
  echo "--- done in $((SECONDS - begin)) s"
  [ -x "$root/dtrain/build/dtrain" ]
  inside "python3 --version" >/dev/null 2>&1 && echo "--- note: Python came with the packages"
  local summary
  summary=$(echo "$root"/dtrain/runs/*/summary.json)
  python3 - "$summary" <<'CHECK'
import json, sys
summary = json.load(open(sys.argv[1]))
seconds = sum(epoch["train_seconds"] for epoch in summary["epochs"])
print(f"--- {summary['world_size']} ranks, test accuracy {summary['test_accuracy']:.4f}, {seconds:.1f} s of training")
assert summary["world_size"] == 8, "the main job runs on 8 ranks"
assert summary["test_accuracy"] >= 0.97, "the main job reaches 97 %"
CHECK
}

try_test() {
  fresh test
  readme_command tests/run.sh
  local begin=$SECONDS
  inside tests/run.sh
  echo "--- done in $((SECONDS - begin)) s"
  [ -x "$root/dtrain/build/dtrain" ]
}

for command in $only; do
  "try_$command"
done
echo "tests/bare: passed ($only) on $suite"
