// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/binding.hpp"

#include <sched.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/error.hpp"
#include "kernels/device/cuda_module.hpp"
#include "launch/console.hpp"

namespace dtrain::launch {

int fair_threads(comm::Communicator& communicator) {
  cpu_set_t mine;
  CPU_ZERO(&mine);
  if (sched_getaffinity(0, sizeof mine, &mine) != 0 || CPU_COUNT(&mine) == 0) return 1;
  if (communicator.size() == 1) return CPU_COUNT(&mine);

  // Mask, then host name.
  const std::string host = host_name();
  std::vector<std::byte> note(sizeof mine + host.size());
  std::memcpy(note.data(), &mine, sizeof mine);
  std::memcpy(note.data() + sizeof mine, host.data(), host.size());
  int sharing = 0;
  for (const auto& other : communicator.all_gather(note)) {
    cpu_set_t mask, common;
    std::memcpy(&mask, other.data(), sizeof mask);
    CPU_AND(&common, &mine, &mask);
    const bool same_host = std::equal(other.begin() + sizeof mask, other.end(),
                                      note.begin() + sizeof mask, note.end());
    if (same_host && CPU_COUNT(&common) > 0) ++sharing;
  }
  return std::max(1, CPU_COUNT(&mine) / std::max(1, sharing));
}

std::string pick_device(const std::string& option, int local_rank, int local_size) {
  std::vector<std::string> names(1);
  for (const char c : option)
    if (c == ',')
      names.emplace_back();
    else
      names.back() += c;
  if (names.size() != 1 && names.size() != static_cast<std::size_t>(local_size))
    throw UsageError(fmt::format("--device lists {} devices, but a node has {} ranks", names.size(),
                                 local_size));
  const std::string name =
      names.size() == 1 ? names[0] : names[static_cast<std::size_t>(local_rank)];
  if (name != "auto" && name != "cpu" && name != "cuda")
    throw UsageError(fmt::format("--device takes auto, cpu or cuda, not \"{}\"", name));
  return name == "auto" ? "cpu" : name;
}

std::unique_ptr<kernels::Backend> make_backend(const std::string& device, int threads) {
  if (device == "cuda") {
    kernels::CudaModule::open();  // says how to build it when it is not there
    throw Error("this build's CUDA module has no kernels yet; use --device cpu");
  }
  return kernels::make_cpu_backend(threads);
}

}  // namespace dtrain::launch
