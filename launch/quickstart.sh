#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
#
# launch/quickstart.sh [TRAIN OPTIONS]: installs what is missing, builds build/dtrain and trains the
# main job, a CNN on 8 ranks on the handwritten digits that are part of the binary.
set -eu
cd "$(dirname "$0")/.."

cmake/setup.sh
cmake --preset release --log-level=WARNING -DDTRAIN_TESTS=OFF
cmake --build --preset release --target dtrain

# What mpirun asks for where it has fewer slots than ranks, or runs as root. On a node with 8 cores
# and as a user, the last line alone does the same.
export OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
PATH=$PWD/build:$PATH
mpirun -np 8 dtrain --model cnn "$@"
