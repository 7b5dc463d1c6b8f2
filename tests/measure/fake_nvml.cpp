// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// A library with the calls of NVML that dtrain makes. The file that FAKE_NVML_GPUS names holds a line
// "UUID MILLIJOULES" for each GPU, read anew at each call; "unsupported" stands for a GPU without a
// counter.

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace {

struct Gpu {
  std::string uuid, millijoules;
};

std::vector<Gpu> gpus() {
  const char* file = std::getenv("FAKE_NVML_GPUS");
  std::vector<Gpu> all;
  std::ifstream stream(file != nullptr ? file : "");
  for (Gpu gpu; stream >> gpu.uuid >> gpu.millijoules;) all.push_back(gpu);
  return all;
}

constexpr int success = 0, invalid_argument = 2, not_supported = 3, not_found = 6;
std::atomic<int> users = 0;  // NVML may be called from any thread

/// Handles are places in the list, from 1.
void* handle(std::size_t index) {
  return reinterpret_cast<void*>(index + 1);
}

}  // namespace

extern "C" {

int nvmlInit_v2() {
  ++users;
  return success;
}

int nvmlShutdown() {
  return --users >= 0 ? success : invalid_argument;
}

const char* nvmlErrorString(int result) {
  return result == not_supported ? "Not Supported"
         : result == not_found   ? "Not Found"
                                 : "Unknown Error";
}

int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = static_cast<unsigned>(gpus().size());
  return success;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  *device = handle(index);
  return index < gpus().size() ? success : invalid_argument;
}

int nvmlDeviceGetHandleByUUID(const char* uuid, void** device) {
  const auto all = gpus();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].uuid != uuid) continue;
    *device = handle(i);
    return success;
  }
  return not_found;
}

int nvmlDeviceGetTotalEnergyConsumption(void* device, unsigned long long* millijoules) {
  const auto all = gpus();
  const auto index = reinterpret_cast<std::size_t>(device) - 1;
  if (users == 0 || index >= all.size()) return invalid_argument;
  if (all[index].millijoules == "unsupported") return not_supported;
  *millijoules = std::stoull(all[index].millijoules);
  return success;
}
}
