// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// NVIDIA's management library: millijoules since the driver was loaded, of Volta and later. The
// counter moves about every 100 ms. Power readings are not used: on A100 and H100 they see a quarter
// of the time (arXiv 2312.02741). The library comes with the driver, and is opened at run time: the
// few calls are declared here, as nvml.h is no part of the driver.

#include <dlfcn.h>
#include <fmt/format.h>

#include "base/error.hpp"
#include "measure/energy_source.hpp"

namespace dtrain::measure {
namespace {

using Device = void*;  ///< a handle: nvmlDevice_t
using Result = int;
constexpr Result success = 0, not_supported = 3, no_permission = 4;

/// "GPU-01234567-89ab-cdef-0123-456789abcdef", of those digits alone.
std::string nvml_uuid(const std::string& digits) {
  if (digits.size() != 32) return digits;  // written so already
  const auto part = [&](std::size_t begin, std::size_t length) {
    return std::string_view(digits).substr(begin, length);
  };
  return fmt::format("GPU-{}-{}-{}-{}-{}", part(0, 8), part(8, 4), part(12, 4), part(16, 4),
                     part(20, 12));
}

/// An open library, initialised.
class Nvml {
 public:
  explicit Nvml(const std::string& file)
      : handle_(dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL), close) {
    if (!handle_) throw Error(fmt::format("no NVIDIA driver library: {}", dlerror()));
    find(shutdown_, "nvmlShutdown");
    find(count_, "nvmlDeviceGetCount_v2");
    find(by_index_, "nvmlDeviceGetHandleByIndex_v2");
    find(by_uuid_, "nvmlDeviceGetHandleByUUID");
    find(energy_, "nvmlDeviceGetTotalEnergyConsumption");
    find(error_text_, "nvmlErrorString");
    Result (*initialise)() = nullptr;
    find(initialise, "nvmlInit_v2");
    check(initialise(), "nvmlInit_v2");
  }
  ~Nvml() { shutdown_(); }
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;

  std::vector<Device> all_devices() const {
    unsigned count = 0;
    check(count_(&count), "nvmlDeviceGetCount_v2");
    std::vector<Device> devices(count);
    for (unsigned i = 0; i < count; ++i)
      check(by_index_(i, &devices[i]), "nvmlDeviceGetHandleByIndex_v2");
    return devices;
  }
  Device device(const std::string& uuid) const {
    Device device = nullptr;
    check(by_uuid_(uuid.c_str(), &device), "nvmlDeviceGetHandleByUUID");
    return device;
  }
  unsigned long long millijoules(Device device) const {
    unsigned long long energy = 0;
    check(energy_(device, &energy), "nvmlDeviceGetTotalEnergyConsumption");
    return energy;
  }

 private:
  static void close(void* handle) {
    if (handle != nullptr) dlclose(handle);
  }
  template <class Function>
  void find(Function& function, const char* name) {
    function = reinterpret_cast<Function>(dlsym(handle_.get(), name));
    if (function == nullptr) throw Error(fmt::format("the NVIDIA driver library has no {}", name));
  }
  void check(Result result, const char* call) const {
    if (result == success) return;
    const char* advice = result == not_supported   ? ": GPUs before Volta have no energy counter"
                         : result == no_permission ? ": ask the administrator for access to it"
                                                   : "";
    throw Error(fmt::format("{}: {}{}", call, error_text_(result), advice));
  }

  std::unique_ptr<void, void (*)(void*)> handle_;
  Result (*shutdown_)() = nullptr;
  Result (*count_)(unsigned*) = nullptr;
  Result (*by_index_)(unsigned, Device*) = nullptr;
  Result (*by_uuid_)(const char*, Device*) = nullptr;
  Result (*energy_)(Device, unsigned long long*) = nullptr;
  const char* (*error_text_)(Result) = nullptr;
};

class GpuCounters : public EnergySource {
 public:
  explicit GpuCounters(const EnergyRequest& request) : nvml_(request.nvml_library) {
    if (request.gpus.empty())
      devices_ = nvml_.all_devices();
    else
      for (const std::string& uuid : request.gpus)
        devices_.push_back(nvml_.device(nvml_uuid(uuid)));
    if (devices_.empty()) throw Error("the NVIDIA driver sees no GPU");
    for (Device device : devices_) first_.push_back(nvml_.millijoules(device));
  }

  double read_joules() override {
    unsigned long long total = 0;
    for (std::size_t i = 0; i < devices_.size(); ++i) {
      const unsigned long long now = nvml_.millijoules(devices_[i]);
      if (now < first_[i]) throw Error("a GPU's energy counter started again from 0");
      total += now - first_[i];
    }
    return static_cast<double>(total) * 1e-3;
  }
  std::vector<std::string> counters() const override { return {"nvml"}; }
  EnergyScope scope() const override { return EnergyScope::gpus; }
  EnergyResolution resolution() const override { return {0.1, 1e-3}; }

 private:
  Nvml nvml_;
  std::vector<Device> devices_;
  std::vector<unsigned long long> first_;
};

}  // namespace

EnergyOffer open_nvml(const EnergyRequest& request) {
  try {
    return {std::make_unique<GpuCounters>(request), ""};
  } catch (const Error& error) {
    return {nullptr, error.what()};
  }
}

}  // namespace dtrain::measure
