// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/cuda/stream.hpp"

#include <cstring>
#include <utility>

namespace dtrain::kernels::cuda {

HostBuffer::~HostBuffer() {
  if (data_ != nullptr) cudaFreeHost(data_);
}

void* HostBuffer::at_least(std::size_t bytes) {
  if (bytes <= bytes_) return data_;
  if (data_ != nullptr) check(cudaFreeHost(std::exchange(data_, nullptr)), "cudaFreeHost");
  bytes_ = 0;
  check(cudaHostAlloc(&data_, bytes, cudaHostAllocDefault), "cudaHostAlloc");
  bytes_ = bytes;
  return data_;
}

DeviceBuffer::~DeviceBuffer() {
  if (data_ != nullptr) cudaFree(data_);
}

void* DeviceBuffer::at_least(std::size_t bytes) {
  if (bytes <= bytes_) return data_;
  // cudaFree waits for the device, so that nothing still reads what goes.
  if (data_ != nullptr) check(cudaFree(std::exchange(data_, nullptr)), "cudaFree");
  bytes_ = 0;
  check(cudaMalloc(&data_, bytes), "cudaMalloc");
  bytes_ = bytes;
  return data_;
}

CudaEvent::CudaEvent() {
  check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "cudaEventCreate");
}

CudaEvent::~CudaEvent() {
  cudaEventDestroy(event_);
}

void CudaEvent::synchronize() {
  check(cudaEventSynchronize(event_), "cudaEventSynchronize");
}

CudaStream::CudaStream(int ordinal, StreamPriority priority) : ordinal_(ordinal) {
  activate();
  int lowest = 0, highest = 0;
  check(cudaDeviceGetStreamPriorityRange(&lowest, &highest), "cudaDeviceGetStreamPriorityRange");
  // Non-blocking: nothing of ours is on the default stream, and nobody else's work there stops us.
  check(cudaStreamCreateWithPriority(&stream_, cudaStreamNonBlocking,
                                     priority == StreamPriority::urgent ? highest : lowest),
        "cudaStreamCreate");
}

CudaStream::~CudaStream() {
  cudaSetDevice(ordinal_);
  cudaStreamSynchronize(stream_);
  cudaStreamDestroy(stream_);
}

// CUDA's current device is each thread's own, and streams are used by several.
void CudaStream::activate() const {
  check(cudaSetDevice(ordinal_), "cudaSetDevice");
}

void CudaStream::synchronize() {
  activate();
  check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize");
}

void CudaStream::record(Event& event) {
  activate();
  check(cudaEventRecord(static_cast<CudaEvent&>(event).get(), stream_), "cudaEventRecord");
}

void CudaStream::wait(Event& event) {
  activate();
  check(cudaStreamWaitEvent(stream_, static_cast<CudaEvent&>(event).get()), "cudaStreamWaitEvent");
}

CudaStream::Slot& CudaStream::free_slot() {
  Slot& slot = slots_[next_slot_++ % slots_.size()];
  if (slot.copied)
    slot.copied->synchronize();
  else
    slot.copied = std::make_unique<CudaEvent>();
  return slot;
}

void CudaStream::upload(void* device, const void* host, std::size_t bytes) {
  if (bytes == 0) return;
  activate();
  constexpr std::size_t largest_slot = std::size_t{4} << 20;
  if (bytes > largest_slot) {  // at the start of a run only
    check(cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, stream_), "cudaMemcpyAsync");
    check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize");
    return;
  }
  Slot& slot = free_slot();
  void* staging = slot.memory.at_least(bytes);
  std::memcpy(staging, host, bytes);
  check(cudaMemcpyAsync(device, staging, bytes, cudaMemcpyHostToDevice, stream_),
        "cudaMemcpyAsync");
  record(*slot.copied);
}

const void* CudaStream::upload(const void* host, std::size_t bytes) {
  activate();
  void* device = uploaded_.at_least(bytes);
  upload(device, host, bytes);
  return device;
}

const void* CudaStream::fetch_result(std::size_t bytes) {
  activate();
  void* host = host_result_.at_least(result_bytes);
  check(cudaMemcpyAsync(host, device_result(), bytes, cudaMemcpyDeviceToHost, stream_),
        "cudaMemcpyAsync");
  check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize");
  return host;
}

}  // namespace dtrain::kernels::cuda
