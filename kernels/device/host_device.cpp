// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <sys/mman.h>

#include <cstdlib>
#include <cstring>

#include "base/error.hpp"
#include "kernels/device/device.hpp"

namespace dtrain::kernels {
namespace {

constexpr std::size_t alignment = 64;  // a cache line and an AVX-512 register
/// From here on blocks come straight from the kernel: page-aligned, and zero without being touched.
constexpr std::size_t mapped_bytes = std::size_t{1} << 20;

Error out_of_memory(std::size_t bytes) {
  return Error(fmt::format("not enough memory for {:.1f} MB: use a smaller batch or more ranks",
                           static_cast<double>(bytes) / 1e6));
}

class HeapAllocation final : public Allocation {
 public:
  explicit HeapAllocation(std::size_t bytes) : Allocation(allocate(bytes), bytes) {}
  ~HeapAllocation() override { std::free(data()); }

 private:
  static void* allocate(std::size_t bytes) {
    const std::size_t rounded = (bytes + alignment) / alignment * alignment;  // never 0
    void* data = std::aligned_alloc(alignment, rounded);
    if (data == nullptr) throw out_of_memory(bytes);
    return std::memset(data, 0, rounded);
  }
};

class MappedAllocation final : public Allocation {
 public:
  explicit MappedAllocation(std::size_t bytes) : Allocation(map(bytes), bytes) {}
  ~MappedAllocation() override { munmap(data(), bytes()); }

 private:
  static void* map(std::size_t bytes) {
    void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) throw out_of_memory(bytes);
    madvise(data, bytes, MADV_HUGEPAGE);  // a hint: it may be refused
    return data;
  }
};

/// Calls have finished when they return, so there is nothing to wait for.
class HostEvent final : public Event {
 public:
  void synchronize() override {}
};

class HostStream final : public Stream {
 public:
  void synchronize() override {}
  void record(Event&) override {}
  void wait(Event&) override {}
};

class UnpinnedMemory final : public PinnedMemory {};

class HostDevice final : public Device {
 public:
  std::string name() const override { return processor_name(); }
  std::string unique_name() const override { return {}; }
  bool is_host() const override { return true; }
  std::unique_ptr<Allocation> allocate(std::size_t bytes) override {
    if (bytes >= mapped_bytes) return std::make_unique<MappedAllocation>(bytes);
    return std::make_unique<HeapAllocation>(bytes);
  }
  std::size_t free_bytes() const override { return 0; }
  std::unique_ptr<Stream> make_stream(StreamPriority) override {
    return std::make_unique<HostStream>();
  }
  std::unique_ptr<Event> make_event() override { return std::make_unique<HostEvent>(); }
  std::unique_ptr<PinnedMemory> pin(void*, std::size_t) override {
    return std::make_unique<UnpinnedMemory>();
  }
  void copy_to_device(void* device, const void* host, std::size_t bytes, Stream&) override {
    if (bytes > 0) std::memcpy(device, host, bytes);
  }
  void copy_to_host(void* host, const void* device, std::size_t bytes, Stream&) override {
    if (bytes > 0) std::memcpy(host, device, bytes);
  }
  void start_copy_to_device(void* device, const void* host, std::size_t bytes,
                            Stream& stream) override {
    copy_to_device(device, host, bytes, stream);
  }
  void start_copy_to_host(void* host, const void* device, std::size_t bytes,
                          Stream& stream) override {
    copy_to_host(host, device, bytes, stream);
  }
};

}  // namespace

std::unique_ptr<Device> make_host_device() {
  return std::make_unique<HostDevice>();
}

}  // namespace dtrain::kernels
