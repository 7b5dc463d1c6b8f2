#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
#
# tests/run.sh [CMAKE OPTIONS]: installs what is missing, builds dtrain and its tests in build/ and
# runs them.
set -eu
cd "$(dirname "$0")/.."

cmake/setup.sh test
cmake --preset release --log-level=WARNING -DDTRAIN_TESTS=ON "$@"
cmake --build --preset release
ctest --preset release -j "$(nproc)"
