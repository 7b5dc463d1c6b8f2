#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
#
# tests/gpu/run.sh --prepare   on a Debian machine with a network: collects the packages that the build
#                              needs in .gpu-packages/ (which git ignores), to be carried along
# tests/gpu/run.sh             on a machine with a GPU: unpacks them, builds dtrain in build-gpu/, runs
#                              the tests that want a GPU, and times training steps in every precision
#                              beside the CPU and PyTorch. Ends within ten minutes on 16 cores: what a
#                              part has not done in its share of them is cut off, and said. What is
#                              measured goes to $OUT, if set; the end of the output is a table of it.
#
# The GPU machine needs g++, CMake, Ninja, nvcc and Python 3; no Open MPI, HDF5, network or root. cuDNN,
# NCCL and cuBLAS come from CUDA's folder or from PyTorch's packages. TARGETS=build builds and stops.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
packages=$PWD/.gpu-packages root=$PWD/.gpu-packages/root build=${BUILD:-build-gpu}
# Seconds for each part.
build_limit=240 test_limit=150 kernels_limit=60 sanitizer_limit=60 bench_limit=120
# Every op on the GPU, what the cuda backend alone has, and training as a user does it.
kernel_tests=(conv2d linear pool2d batch_norm reorder cuda/functions cuda/narrow cuda/math cuda/convolution_plan
  device/cuda_module)

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
  python3 - 2>/dev/null <<'PYTHON'
import glob, sysconfig
for folder in sorted(glob.glob(sysconfig.get_paths()["purelib"] + "/nvidia/*/include")):
    print(folder.removesuffix("/include"))
PYTHON
}

configure_and_build() {
  local prefixes=() tests=("${kernel_tests[@]//\//_}")
  mapfile -t prefixes < <(nvidia_folders)
  if [ -d "$packages" ]; then
    enter_packages
    prefixes=("$root/usr" "${prefixes[@]}")
    set -- "$@" -DMPI_CXX_COMPILER="$root/usr/bin/mpicxx" -DHDF5_ROOT="$root/usr/lib/x86_64-linux-gnu/hdf5/openmpi" \
      -DHDF5_USE_STATIC_LIBRARIES=ON -DHDF5_PREFER_PARALLEL=ON
  fi
  cmake --preset cuda -B "$build" -DCMAKE_CUDA_ARCHITECTURES="${CUDAARCHS:-native}" \
    -DCMAKE_PREFIX_PATH="$(IFS=';'; echo "${prefixes[*]}")" "$@" &&
    cmake --build "$build" --target dtrain dtrain_cuda "${tests[@]/#/test_kernels_}"
}

# part NAME SECONDS COMMAND...: shows what COMMAND prints, keeps it as $OUT/NAME, and notes what fails.
part() {
  local name=$1 limit=$2 begin=$SECONDS code
  shift 2
  if [ -n "${OUT:-}" ]; then timeout "$limit" "$@" 2>&1 | tee "$OUT/$name"; else timeout "$limit" "$@"; fi
  code=$?
  [ $code = 124 ] && echo "CUT OFF: $name had $limit s"
  [ $code = 0 ] || failed+=("$name")
  echo "== $name: $((SECONDS - begin)) s"
}

# The memory checker does not know every GPU machine: virtual ones refuse it.
# shellcheck disable=SC2317 # called by part
sanitize() {
  local output
  output=$(compute-sanitizer --error-exitcode 1 "$build/tests/kernels/test_kernels_cuda_functions" 2>&1)
  local code=$?
  if grep -qi 'device not supported\|not supported on this' <<<"$output"; then
    echo "SKIPPED: compute-sanitizer does not work on this machine"
    return
  fi
  tail -n 30 <<<"$output"
  return "$code"
}

if [ "${1:-}" = --prepare ]; then
  prepare
  exit
fi
failed=()
begin=$SECONDS
# A function, which timeout cannot run: its share is watched by the whole.
configure_and_build "$@" || exit 1
built=$((SECONDS - begin))
echo "== build: $built s"
[ $built -gt $build_limit ] && echo "note: the build took more than its $build_limit s"
[ "${TARGETS:-}" = build ] && exit
[ -n "${OUT:-}" ] && mkdir -p "$OUT"

part doctor.txt 30 "$build/dtrain" doctor
part kernels.txt $kernels_limit ctest --test-dir "$build" --output-on-failure -j 4 \
  -R "^kernels/($(IFS='|'; echo "${kernel_tests[*]}"))\$"
part ctest.txt $test_limit ctest --test-dir "$build" --output-on-failure -L gpu -E '^kernels/'
if command -v compute-sanitizer >/dev/null; then
  export -f sanitize
  export build
  part sanitizer.txt $sanitizer_limit bash -c sanitize
else
  echo "SKIPPED: compute-sanitizer is not installed"
fi
part bench.txt $((bench_limit + 20)) python3 tests/gpu/bench.py "$build/dtrain" --seconds $bench_limit \
  ${OUT:+--output "$OUT/bench.jsonl"}
[ ${#failed[@]} = 0 ] || echo "FAILED: ${failed[*]}"
echo "== all: $((SECONDS - begin)) s"
exit $((${#failed[@]} > 0))
