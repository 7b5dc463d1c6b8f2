#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
#
# run.sh CMAKE BUILD SCRATCH COMPILER PREFIX_PATH: installs BUILD, then configures, builds and runs
# the program in consumer/ against what was installed.
set -eu
cmake=$1 build=$2 scratch=$3 compiler=$4 prefix_path=$5

rm -rf "$scratch/prefix" "$scratch/consumer"
"$cmake" --install "$build" --prefix "$scratch/prefix" >/dev/null
"$cmake" -S "$(dirname "$0")/consumer" -B "$scratch/consumer" -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$scratch/prefix;$prefix_path"
"$cmake" --build "$scratch/consumer"
"$scratch/consumer/consumer"
"$scratch/prefix/bin/dtrain" --version
