#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
#
# tests/gpu/run.sh --prepare   on a Debian machine with a network: collects the packages that the build
#                              needs in .gpu-packages/ (which git ignores), to be carried along
# tests/gpu/run.sh             on a machine with a GPU: unpacks them, builds dtrain in build-gpu/, runs
#                              the tests that want a GPU and times training steps on CPU and GPU. What
#                              is measured goes to $OUT, if set.
#
# The GPU machine needs g++, CMake, Ninja, nvcc and Python 3; no Open MPI, HDF5, network or root. cuDNN,
# NCCL and cuBLAS come from CUDA's folder or from PyTorch's packages. TARGETS=build builds and stops.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
packages=$PWD/.gpu-packages root=$PWD/.gpu-packages/root

prepare() {
  mkdir -p "$packages" && cd "$packages" || exit 1
  apt-get -q download \
    openmpi-bin openmpi-common libopenmpi3 libopenmpi-dev libpmix2 libhwloc15 libevent-core-2.1-7 \
    libevent-pthreads-2.1-7 libmunge2 libudev1 zlib1g zlib1g-dev \
    libhdf5-openmpi-dev libaec-dev libaec0 libsz2 \
    libdnnl2 libdnnl-dev ocl-icd-libopencl1 libcli11-dev nlohmann-json3-dev libfmt9 libfmt-dev \
    libxxhash0 libxxhash-dev libpng16-16 libpng-dev googletest libgtest-dev libgmock-dev || exit 1
  du -sh "$packages"
}

# Open MPI's own files name /usr; OPAL_PREFIX moves them.
enter_packages() {
  local lib=$root/usr/lib/x86_64-linux-gnu link deb
  if [ ! -x "$root/usr/bin/mpirun" ]; then
    mkdir -p "$root"
    for deb in "$packages"/*.deb; do dpkg -x "$deb" "$root" || exit 1; done
    # Plugins for networks and schedulers whose libraries are not here.
    (cd "$lib/openmpi/lib/openmpi3" && rm -f mca_btl_ofi.so mca_btl_openib.so mca_btl_usnic.so mca_mtl_*.so \
      mca_pml_ucx.so mca_pml_cm.so mca_osc_ucx.so mca_atomic_ucx.so mca_spml_ucx.so mca_schizo_flux.so \
      mca_pmix_flux.so mca_reachable_netlink.so)
    for link in mpirun:orterun mpiexec:orterun mpicc:opal_wrapper mpicxx:opal_wrapper mpic++:opal_wrapper; do
      ln -sf "${link#*:}" "$root/usr/bin/${link%:*}"
    done
  fi
  export PATH=$root/usr/bin:$PATH OPAL_PREFIX=$root/usr
  export LIBRARY_PATH=$lib${LIBRARY_PATH:+:$LIBRARY_PATH}
  export LD_LIBRARY_PATH=$lib:$root/lib/x86_64-linux-gnu:$lib/openmpi/lib:$lib/pmix2/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  export PMIX_MCA_mca_base_component_path=$lib/pmix2/lib/pmix
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_plm=isolated
  export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader,tcp
  export OMPI_MCA_btl_vader_single_copy_mechanism=none OMPI_MCA_mca_base_component_show_load_errors=0
}

# Where PyTorch's packages keep cuDNN, NCCL and cuBLAS: folders with include/ and lib/, one per line.
nvidia_folders() {
  local python
  for python in python3 /opt/torch/.venv/bin/python3; do
    "$python" - 2>/dev/null <<'PYTHON' && return
import glob, sysconfig
folders = glob.glob(sysconfig.get_paths()["purelib"] + "/nvidia/*/include")
assert folders
print("\n".join(folder.removesuffix("/include") for folder in sorted(folders)))
PYTHON
  done
}

configure_and_build() {
  local prefixes=()
  mapfile -t prefixes < <(nvidia_folders)
  if [ -d "$packages" ]; then
    enter_packages
    prefixes=("$root/usr" "${prefixes[@]}")
    set -- "$@" -DMPI_CXX_COMPILER="$root/usr/bin/mpicxx" -DHDF5_ROOT="$root/usr/lib/x86_64-linux-gnu/hdf5/openmpi" \
      -DHDF5_USE_STATIC_LIBRARIES=ON -DHDF5_PREFER_PARALLEL=ON
  fi
  cmake --preset cuda -B build-gpu -DCMAKE_CUDA_ARCHITECTURES="${CUDAARCHS:-native}" \
    -DCMAKE_PREFIX_PATH="$(IFS=';'; echo "${prefixes[*]}")" "$@" && cmake --build build-gpu
}

# keep NAME COMMAND...: shows what COMMAND prints and keeps it as $OUT/NAME.
keep() {
  local name=$1
  shift
  if [ -n "${OUT:-}" ]; then "$@" 2>&1 | tee "$OUT/$name"; else "$@"; fi
}

# shellcheck disable=SC2317 # called by keep
bench() {
  local model batch
  for model in mlp lenet cnn-small cnn resnet20; do
    for batch in 64 1024; do
      build-gpu/dtrain bench step --model "$model" --batch "$batch" --device both --json || return 1
    done
    build-gpu/dtrain bench step --model "$model" --batch 1024 --device cuda --precision tf32 --json || return 1
  done
  build-gpu/dtrain bench kernels --batch 256 --device cuda --json
}

if [ "${1:-}" = --prepare ]; then
  prepare
  exit
fi
configure_and_build "$@" || exit 1
[ "${TARGETS:-}" = build ] && exit
keep doctor.txt build-gpu/dtrain doctor
status=0
keep ctest.txt ctest --test-dir build-gpu --output-on-failure -j 8 -L gpu || status=1
keep kernels.txt ctest --test-dir build-gpu --output-on-failure -j 8 -R '^(kernels|comm)/' || status=1
if command -v compute-sanitizer >/dev/null; then
  keep memcheck.txt compute-sanitizer --error-exitcode 1 build-gpu/tests/kernels/test_kernels_cuda_functions || status=1
else
  echo "SKIPPED: compute-sanitizer is not installed"
fi
keep bench.jsonl bench || status=1
exit $status
