// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/binding.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "base/cores.hpp"
#include "base/error.hpp"
#include "base/host_name.hpp"
#include "kernels/device/cuda_module.hpp"

namespace dtrain::launch {

int fair_threads(comm::Communicator& communicator) {
  const std::string host = host_name();
  const std::vector<int> mine = core_numbers();
  const auto hosts = communicator.all_gather(std::as_bytes(std::span(host)));
  const auto masks = communicator.all_gather(std::as_bytes(std::span(mine)));
  std::size_t sharing = 0;
  for (std::size_t rank = 0; rank < masks.size(); ++rank) {
    std::vector<int> theirs(masks[rank].size() / sizeof(int));
    std::memcpy(theirs.data(), masks[rank].data(), masks[rank].size());
    const bool overlap = std::ranges::find_first_of(mine, theirs) != mine.end();
    if (overlap && std::ranges::equal(hosts[rank], std::as_bytes(std::span(host)))) ++sharing;
  }
  const std::size_t threads = mine.size() / std::max<std::size_t>(sharing, 1);
  return std::max(1, static_cast<int>(threads));
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
