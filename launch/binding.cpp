// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/binding.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
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

namespace {

kernels::ElementType element_type(const std::string& precision) {
  if (precision == "bf16") return kernels::ElementType::bfloat16;
  if (precision == "fp16") return kernels::ElementType::float16;
  return kernels::ElementType::float32;
}

bool has_gpu() {
  std::error_code ignored;
  if (!std::filesystem::exists("/dev/nvidiactl", ignored)) return false;  // nor a driver
  try {
    return kernels::CudaModule::open().device_count() > 0;
  } catch (const Error&) {
    return false;  // no module: dtrain doctor says so
  }
}

}  // namespace

DeviceChoice pick_device(const std::string& option, int local_rank, int local_size) {
  std::vector<std::string> names(1);
  for (const char c : option)
    if (c == ',')
      names.emplace_back();
    else
      names.back() += c;
  if (names.size() != 1 && names.size() != static_cast<std::size_t>(local_size))
    throw UsageError(fmt::format("--device lists {} devices, but a node has {} ranks", names.size(),
                                 local_size));
  for (const std::string& name : names)
    if (name != "auto" && name != "cpu" && name != "cuda")
      throw UsageError(fmt::format("--device takes auto, cpu or cuda, not \"{}\"", name));
  names.resize(static_cast<std::size_t>(local_size), std::string(names.front()));
  if (std::ranges::count(names, "auto") > 0)
    std::ranges::replace(names, "auto", has_gpu() ? "cuda" : "cpu");
  const auto me = names.begin() + local_rank;
  return {*me, static_cast<int>(std::count(names.begin(), me, "cuda"))};
}

std::unique_ptr<kernels::Backend> make_backend(const DeviceChoice& device,
                                               const ComputeOptions& options) {
  if (device.name == "cuda") {
    return kernels::CudaModule::open().make_backend({.ordinal = device.ordinal,
                                                     .type = element_type(options.precision),
                                                     .tf32 = options.precision == "tf32",
                                                     .deterministic = options.reproducible});
  }
  if (options.precision != "fp32")
    throw UsageError(fmt::format("--precision {} is for GPUs: --device cuda, or fp32 on the CPU",
                                 options.precision));
  return kernels::make_cpu_backend(options.threads);
}

}  // namespace dtrain::launch
