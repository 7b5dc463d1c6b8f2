// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// CUDA's streams and events, and the small memories that a stream keeps so that no step allocates.

#include <array>
#include <cstddef>
#include <memory>

#include "kernels/cuda/check.hpp"
#include "kernels/device/device.hpp"

namespace dtrain::kernels::cuda {

/// Page-locked host memory, or device memory, that is freed with the object. Grows, never shrinks.
class HostBuffer {
 public:
  HostBuffer() = default;
  ~HostBuffer();
  HostBuffer(const HostBuffer&) = delete;
  HostBuffer& operator=(const HostBuffer&) = delete;
  /// At least `bytes`; what it held is lost when it grows.
  void* at_least(std::size_t bytes);

 private:
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  ~DeviceBuffer();
  DeviceBuffer(const DeviceBuffer&) = delete;
  DeviceBuffer& operator=(const DeviceBuffer&) = delete;
  void* at_least(std::size_t bytes);

 private:
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

class CudaEvent final : public Event {
 public:
  CudaEvent();
  ~CudaEvent() override;
  CudaEvent(const CudaEvent&) = delete;
  CudaEvent& operator=(const CudaEvent&) = delete;
  void synchronize() override;
  cudaEvent_t get() const { return event_; }

 private:
  cudaEvent_t event_ = nullptr;
};

class CudaStream final : public Stream {
 public:
  /// On device number `ordinal`. One thread at a time uses a stream.
  CudaStream(int ordinal, StreamPriority);
  ~CudaStream() override;
  CudaStream(const CudaStream&) = delete;
  CudaStream& operator=(const CudaStream&) = delete;

  void synchronize() override;
  void record(Event& event) override;
  void wait(Event& event) override;

  cudaStream_t get() const { return stream_; }

  /// Copies to the device; `host` may be changed as soon as it returns.
  void upload(void* device, const void* host, std::size_t bytes);
  /// A copy of `host` on the device, for the work that is issued before the next call of it.
  const void* upload(const void* host, std::size_t bytes);

  /// Few bytes on the device and on the host for a result that the caller waits for.
  static constexpr std::size_t result_bytes = 8192;
  void* device_result() { return device_result_.at_least(result_bytes); }
  /// The first `bytes` of device_result(), when all that was issued is done.
  const void* fetch_result(std::size_t bytes);

 private:
  /// Page-locked memory through which host memory goes; free when the event is reached.
  struct Slot {
    HostBuffer memory;
    std::unique_ptr<CudaEvent> copied;
  };
  Slot& free_slot();
  void activate() const;

  int ordinal_;
  cudaStream_t stream_ = nullptr;
  std::array<Slot, 8> slots_;
  std::size_t next_slot_ = 0;
  DeviceBuffer uploaded_, device_result_;
  HostBuffer host_result_;
};

inline cudaStream_t raw(Stream& stream) {
  return static_cast<CudaStream&>(stream).get();
}

}  // namespace dtrain::kernels::cuda
