#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
#
# cmake/setup.sh [test] [slurm] [ci]: installs what building dtrain needs (test: and its tests; slurm: and
# tests/slurm; ci: and the checks of .ci/run) with apt on Debian and Ubuntu, as root or through sudo. Does
# nothing, at once, when all is there. Elsewhere it says what to load.
set -eu

packages="build-essential cmake ninja-build ccache libopenmpi-dev openmpi-bin libhdf5-dev libdnnl-dev
  libcli11-dev nlohmann-json3-dev libfmt-dev libxxhash-dev libpng-dev zlib1g-dev"
for part in "$@"; do
  case $part in
    test) packages="$packages libgtest-dev libgmock-dev python3 python3-h5py iproute2" ;;
    slurm) packages="$packages slurmctld slurmd slurm-client munge libpmix-dev iproute2 gnuplot-nox" ;;
    ci) packages="$packages git clang-14 clang-tidy-14 clang-format-14 libclang-rt-14-dev libomp-14-dev shellcheck" ;;
    *) echo "setup.sh: unknown part '$part'; known are: test, slurm, ci" >&2; exit 2 ;;
  esac
done

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  for tool in cmake ninja mpirun c++; do
    command -v "$tool" >/dev/null && continue
    cat >&2 <<MESSAGE
setup.sh: '$tool' is not on the PATH and this is not a Debian or Ubuntu machine. Load a C++20 compiler
(g++ 12 or clang 14 at least), cmake (3.22), ninja, openmpi, hdf5, onednn, fmt, nlohmann-json, cli11,
xxhash, libpng, zlib and googletest, for example:
  module load gcc cmake ninja openmpi hdf5 onednn        (names differ from site to site), or
  spack load gcc cmake ninja openmpi hdf5 onednn fmt nlohmann-json cli11 xxhash libpng zlib googletest
then run this again.
MESSAGE
    exit 1
  done
  exit 0 # CMake names any library that is still missing
fi

missing=""
for package in $packages; do
  case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
    installed) ;;
    *) missing="$missing $package" ;;
  esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
  as_root="env"
elif command -v sudo >/dev/null; then
  as_root="sudo env"
else
  echo "setup.sh: not installed:$missing. Without root or sudo they cannot be installed here;" \
    "going on with what modules or Spack provide." >&2
  exit 0
fi
echo "setup.sh: installing$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086  # both are lists of words
if ! { $as_root DEBIAN_FRONTEND=noninteractive apt-get -q update &&
  $as_root DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends $missing; } \
  >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "setup.sh: apt-get failed (its last lines are above); nothing was built." >&2
  exit 1
fi
