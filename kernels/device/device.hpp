// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// What a backend offers besides kernels: memory, copies and the order of execution.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace dtrain::kernels {

/// A point in the work of a Stream, set by Stream::record. Reached at once where it never was set.
class Event {
 public:
  virtual ~Event() = default;
  /// Returns when the point is reached.
  virtual void synchronize() = 0;
};

/// Work issued to one Stream runs in order; streams run beside each other. On the CPU a call has
/// finished when it returns. Events and streams of one call belong to one device.
class Stream {
 public:
  virtual ~Stream() = default;
  /// Returns when everything issued so far is done.
  virtual void synchronize() = 0;
  /// `event` is reached when everything issued so far is done.
  virtual void record(Event& event) = 0;
  /// What is issued from here on starts after `event`, as it is set now. Does not block the caller.
  virtual void wait(Event& event) = 0;
};

/// urgent: what others wait for, such as messages, goes ahead of work that is queued already.
enum class StreamPriority { normal, urgent };

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

/// Host memory that is page-locked while the object lives: a device copies it without help.
class PinnedMemory {
 public:
  virtual ~PinnedMemory() = default;
};

/// Work that a stream can be given again as a whole: the same kernels with the same arguments.
class Recording {
 public:
  virtual ~Recording() = default;
  virtual void replay(Stream&) = 0;
};

class Device {
 public:
  virtual ~Device() = default;
  /// "AMD EPYC 9655, avx512" or "NVIDIA H200": for banners and summaries.
  virtual std::string name() const = 0;
  /// Names this one device among all others; two ranks with the same name share it. Empty: the host.
  virtual std::string unique_name() const = 0;
  /// Is its memory the host's? Then nothing need be copied to it.
  virtual bool is_host() const = 0;
  /// Zeroed memory. Throws Error when there is not enough.
  virtual std::unique_ptr<Allocation> allocate(std::size_t bytes) = 0;
  /// Memory that allocate() can still give; not told where it is the host's.
  virtual std::size_t free_bytes() const = 0;
  virtual std::unique_ptr<Stream> make_stream(StreamPriority = StreamPriority::normal) = 0;
  virtual std::unique_ptr<Event> make_event() = 0;
  /// Page-locks `host`, which outlives the result.
  virtual std::unique_ptr<PinnedMemory> pin(void* host, std::size_t bytes) = 0;

  /// `host` may be changed as soon as it returns.
  virtual void copy_to_device(void* device, const void* host, std::size_t bytes, Stream&) = 0;
  /// Returns when `host` holds the bytes.
  virtual void copy_to_host(void* host, const void* device, std::size_t bytes, Stream&) = 0;
  /// The same, beside the caller: `host` is pinned, and theirs until the stream gets there.
  virtual void start_copy_to_device(void* device, const void* host, std::size_t bytes, Stream&) = 0;
  virtual void start_copy_to_host(void* host, const void* device, std::size_t bytes, Stream&) = 0;

  /// May record() give something?
  virtual bool can_record() const { return false; }
  /// What `issue` gives to `stream`, kept instead of run. Null where the device cannot keep it: nothing
  /// of it has run then either.
  virtual std::unique_ptr<Recording> record(Stream& /*stream*/,
                                            const std::function<void()>& /*issue*/) {
    return nullptr;
  }
};

/// "AMD EPYC 9655, avx512": the processor's model and the instruction set in use.
std::string processor_name();

/// Host memory, synchronous streams. Shared by the reference and cpu backends.
std::unique_ptr<Device> make_host_device();

}  // namespace dtrain::kernels
