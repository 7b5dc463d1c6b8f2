// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// What a backend offers besides kernels: memory, copies and the order of execution.

#include <cstddef>
#include <memory>
#include <string>

namespace dtrain::kernels {

/// Work issued to one Stream runs in order. On the CPU a call has finished when it returns.
class Stream {
 public:
  virtual ~Stream() = default;
  /// Returns when everything issued so far is done.
  virtual void synchronize() = 0;
};

/// One block of device memory, 64-byte aligned at least, freed by the destructor.
class Allocation {
 public:
  virtual ~Allocation() = default;
  void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }
  float* floats() const { return static_cast<float*>(data_); }

 protected:
  Allocation(void* data, std::size_t bytes) : data_(data), bytes_(bytes) {}
  Allocation(const Allocation&) = delete;
  Allocation& operator=(const Allocation&) = delete;

 private:
  void* data_;
  std::size_t bytes_;
};

class Device {
 public:
  virtual ~Device() = default;
  /// "AMD EPYC 9655, avx512" or "NVIDIA H200": for banners and summaries.
  virtual std::string name() const = 0;
  /// Zeroed memory. Throws Error when there is not enough.
  virtual std::unique_ptr<Allocation> allocate(std::size_t bytes) = 0;
  virtual std::unique_ptr<Stream> make_stream() = 0;
  virtual void copy_to_device(void* device, const void* host, std::size_t bytes, Stream&) = 0;
  /// Returns when `host` holds the bytes.
  virtual void copy_to_host(void* host, const void* device, std::size_t bytes, Stream&) = 0;
};

/// "AMD EPYC 9655, avx512": the processor's model and the instruction set in use.
std::string processor_name();

/// Host memory, synchronous streams. Shared by the reference and cpu backends.
std::unique_ptr<Device> make_host_device();

}  // namespace dtrain::kernels
