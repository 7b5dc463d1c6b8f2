// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/staged_collective.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/assert.hpp"

namespace dtrain::comm {
namespace {

/// Large enough for the sum's full speed, small enough that the first copy is soon over.
constexpr std::size_t piece_floats = std::size_t{1} << 20;

class StagedCollective final : public Collective {
 public:
  StagedCollective(kernels::Device& device, std::unique_ptr<Collective> host, int ranks)
      : device_(device),
        host_(std::move(host)),
        ranks_(ranks),
        down_(device.make_stream(kernels::StreamPriority::urgent)),
        up_(device.make_stream(kernels::StreamPriority::urgent)),
        ready_(device.make_event()),
        done_(device.make_event()) {}

  std::string name() const override { return host_->name(); }

  std::unique_ptr<kernels::Allocation> allocate(std::size_t bytes) override {
    return std::make_unique<Block>(*this, device_.allocate(bytes), host_->allocate(bytes));
  }

  void allreduce(std::span<float> data, std::span<float> residual,
                 kernels::Stream& stream) override {
    if (ranks_ == 1 || data.empty()) return;
    const std::span<float> twin = twin_of(data);
    begin(stream);
    for (std::size_t piece = 0; piece < pieces(data.size()); ++piece) {
      fetch(data, twin, range_of(piece, data.size()));
      down_->record(arrived(piece));
    }
    for (std::size_t piece = 0; piece < pieces(data.size()); ++piece) {
      const Range range = range_of(piece, data.size());
      arrived(piece).synchronize();
      host_->allreduce(elements(twin, range),
                       residual.empty() ? residual : elements(residual, range), *host_stream_);
      send(data, twin, range);
    }
    end(stream);
  }

  void allreduce_exactly(std::span<float> data, const Addends& addends, const ExactSum& exact,
                         kernels::Stream& stream) override {
    if (data.empty()) return;
    const std::span<float> twin = twin_of(data);
    begin(stream);
    for (int k = 0; k < addends.count; ++k) {
      const std::size_t offset = static_cast<std::size_t>(k) * addends.stride;
      device_.start_copy_to_host(twin.data() + offset, data.data() + offset, data.size_bytes(),
                                 *down_);
    }
    down_->synchronize();
    host_->allreduce_exactly(twin, addends, exact, *host_stream_);
    send(data, twin, {0, data.size()});
    end(stream);
  }

  Range owned(std::size_t count) const override { return host_->owned(count); }

  void reduce_scatter(std::span<float> data, std::span<float> residual,
                      kernels::Stream& stream) override {
    if (ranks_ == 1 || data.empty()) return;
    const std::span<float> twin = twin_of(data);
    begin(stream);
    fetch(data, twin, {0, data.size()});
    down_->synchronize();
    host_->reduce_scatter(twin, residual, *host_stream_);
    send(data, twin, owned(data.size()));
    end(stream);
  }

  void all_gather(std::span<float> data, kernels::Stream& stream) override {
    if (ranks_ == 1 || data.empty()) return;
    const std::span<float> twin = twin_of(data);
    begin(stream);
    fetch(data, twin, owned(data.size()));
    down_->synchronize();
    host_->all_gather(twin, *host_stream_);
    send(data, twin, {0, data.size()});
    end(stream);
  }

 private:
  /// Device memory and its twin.
  class Block final : public kernels::Allocation {
   public:
    Block(StagedCollective& owner, std::unique_ptr<kernels::Allocation> device,
          std::unique_ptr<kernels::Allocation> twin)
        : Allocation(device->data(), device->bytes()),
          owner_(owner),
          device_(std::move(device)),
          twin_(std::move(twin)),
          pinned_(owner.device_.pin(twin_->data(), twin_->bytes())) {
      owner_.blocks_[floats()] = this;
    }
    ~Block() override { owner_.blocks_.erase(floats()); }
    float* twin() const { return twin_->floats(); }

   private:
    StagedCollective& owner_;
    std::unique_ptr<kernels::Allocation> device_, twin_;
    std::unique_ptr<kernels::PinnedMemory> pinned_;  // goes before the twin
  };

  std::span<float> twin_of(std::span<float> data) const {
    auto block = blocks_.upper_bound(data.data());
    DTRAIN_ASSERT(block != blocks_.begin());
    --block;
    const std::ptrdiff_t offset = data.data() - block->first;
    DTRAIN_ASSERT((static_cast<std::size_t>(offset) + data.size()) * sizeof(float) <=
                  block->second->bytes());
    return {block->second->twin() + offset, data.size()};
  }

  static std::size_t pieces(std::size_t count) { return (count + piece_floats - 1) / piece_floats; }
  static Range range_of(std::size_t piece, std::size_t count) {
    return {piece * piece_floats, std::min((piece + 1) * piece_floats, count)};
  }
  kernels::Event& arrived(std::size_t piece) {
    while (arrived_.size() <= piece) arrived_.push_back(device_.make_event());
    return *arrived_[piece];
  }

  /// Copies start after what `stream` has been given, and what it is given next after them.
  void begin(kernels::Stream& stream) {
    stream.record(*ready_);
    down_->wait(*ready_);
    up_->wait(*ready_);
  }
  void end(kernels::Stream& stream) {
    up_->record(*done_);
    stream.wait(*done_);
  }
  void fetch(std::span<float> data, std::span<float> twin, const Range& range) {
    if (range.empty()) return;
    device_.start_copy_to_host(twin.data() + range.begin, data.data() + range.begin,
                               range.size() * sizeof(float), *down_);
  }
  void send(std::span<float> data, std::span<float> twin, const Range& range) {
    if (range.empty()) return;
    device_.start_copy_to_device(data.data() + range.begin, twin.data() + range.begin,
                                 range.size() * sizeof(float), *up_);
  }

  kernels::Device& device_;
  std::unique_ptr<Collective> host_;
  int ranks_;
  std::unique_ptr<kernels::Stream> host_stream_ = kernels::make_host_device()->make_stream();
  std::unique_ptr<kernels::Stream> down_, up_;
  std::unique_ptr<kernels::Event> ready_, done_;
  std::vector<std::unique_ptr<kernels::Event>> arrived_;
  std::map<const float*, const Block*> blocks_;
};

}  // namespace

std::unique_ptr<Collective> make_staged_collective(kernels::Device& device,
                                                   std::unique_ptr<Collective> host, int ranks) {
  return std::make_unique<StagedCollective>(device, std::move(host), ranks);
}

}  // namespace dtrain::comm
