// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// The host playing a device with memory of its own: what must be copied to it is copied.

#include "kernels/backend.hpp"

namespace dtrain::test {

class FarDevice : public kernels::Device {
 public:
  explicit FarDevice(std::size_t free_bytes) : free_bytes_(free_bytes) {}
  std::string name() const override { return "far"; }
  std::string unique_name() const override { return "far"; }
  bool is_host() const override { return false; }
  std::size_t free_bytes() const override { return free_bytes_; }
  std::unique_ptr<kernels::Allocation> allocate(std::size_t bytes) override {
    return host_->allocate(bytes);
  }
  std::unique_ptr<kernels::Stream> make_stream(kernels::StreamPriority priority) override {
    return host_->make_stream(priority);
  }
  std::unique_ptr<kernels::Event> make_event() override { return host_->make_event(); }
  std::unique_ptr<kernels::PinnedMemory> pin(void* host, std::size_t bytes) override {
    return host_->pin(host, bytes);
  }
  void copy_to_device(void* device, const void* host, std::size_t bytes,
                      kernels::Stream& stream) override {
    bytes_sent += bytes;
    host_->copy_to_device(device, host, bytes, stream);
  }
  void copy_to_host(void* host, const void* device, std::size_t bytes,
                    kernels::Stream& stream) override {
    host_->copy_to_host(host, device, bytes, stream);
  }
  void start_copy_to_device(void* device, const void* host, std::size_t bytes,
                            kernels::Stream& stream) override {
    copy_to_device(device, host, bytes, stream);
  }
  void start_copy_to_host(void* host, const void* device, std::size_t bytes,
                          kernels::Stream& stream) override {
    copy_to_host(host, device, bytes, stream);
  }

  std::size_t bytes_sent = 0;

 private:
  std::size_t free_bytes_;
  std::unique_ptr<kernels::Device> host_ = kernels::make_host_device();
};

}  // namespace dtrain::test
