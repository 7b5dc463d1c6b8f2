# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
"""Builds the clone that this file is in:

    spack repo add cluster/packaging/spack
    spack install dtrain
"""
from pathlib import Path

try:  # Spack 1.0 and newer
    from spack_repo.builtin.build_systems.cmake import CMakePackage
except ImportError:  # older ones: spack.package has it
    pass

from spack.package import *


class Dtrain(CMakePackage):
    """MPI-native, data-parallel trainer for CNNs and MLPs."""

    git = f"file://{Path(__file__).resolve().parents[5]}"

    license("BSD-3-Clause")

    version("main", branch="main")

    variant("cuda", default=False, description="Build the module for NVIDIA GPUs")

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("cmake@3.22:", type="build")
    depends_on("ninja", type="build")
    generator("ninja")

    depends_on("mpi")
    depends_on("hdf5@1.10:")
    depends_on("onednn@2:3 cpu_runtime=omp")
    depends_on("fmt@9:")
    depends_on("nlohmann-json@3.10:")
    depends_on("cli11@2:")
    depends_on("xxhash@0.8:")
    depends_on("libpng")
    depends_on("zlib-api")
    with when("+cuda"):
        depends_on("cuda@12:")
        depends_on("cudnn@9:")
        depends_on("nccl")

    conflicts("%gcc@:11", msg="dtrain is written in C++20: GCC 12 or newer")
    conflicts("%clang@:13", msg="dtrain is written in C++20: Clang 14 or newer")

    def cmake_args(self):
        return [
            self.define("DTRAIN_TESTS", False),
            self.define("DTRAIN_CUDA", "ON" if self.spec.satisfies("+cuda") else "OFF"),
        ]

    @run_after("install")
    @on_package_attributes(run_tests=True)
    def train_for_a_moment(self):
        Executable(self.prefix.bin.dtrain)("--model", "mlp64", "--steps", "2", "--output", "run")
