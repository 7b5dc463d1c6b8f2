// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "base/progress_slot.hpp"
#include "comm/communicator.hpp"

namespace dtrain::comm {

/// Another communicator whose calls tell the slot which collective this rank waits in. What its
/// collectives (make_collective) do is not told: who uses them knows more, as the number of the bucket.
class WatchedCommunicator : public Communicator {
 public:
  /// `watched` and the slot, which may be null, outlive it.
  WatchedCommunicator(Communicator& watched, ProgressSlot* slot) : watched_(watched), slot_(slot) {}

  int rank() const override { return watched_.rank(); }
  int size() const override { return watched_.size(); }
  int local_rank() const override { return watched_.local_rank(); }
  int local_size() const override { return watched_.local_size(); }
  int nodes() const override { return watched_.nodes(); }
  int numa_domains() const override { return watched_.numa_domains(); }
  std::string name() const override { return watched_.name(); }

  void allreduce(std::span<double> data, ReduceOp op) override {
    const ScopedPlace place(slot_, Place::allreduce);
    watched_.allreduce(data, op);
  }
  void allreduce(std::span<std::int64_t> data, ReduceOp op) override {
    const ScopedPlace place(slot_, Place::allreduce);
    watched_.allreduce(data, op);
  }
  void broadcast(std::span<std::byte> data, int root) override {
    const ScopedPlace place(slot_, Place::broadcast);
    watched_.broadcast(data, root);
  }
  std::vector<std::vector<std::byte>> all_gather(std::span<const std::byte> data) override {
    const ScopedPlace place(slot_, Place::all_gather);
    return watched_.all_gather(data);
  }
  void barrier() override {
    const ScopedPlace place(slot_, Place::barrier);
    watched_.barrier();
  }
  bool has_shared_memory(std::size_t bytes) override {
    const ScopedPlace place(slot_, Place::allreduce);
    return watched_.has_shared_memory(bytes);
  }
  std::unique_ptr<Collective> make_collective(const CollectiveOptions& options) override {
    const ScopedPlace place(slot_, Place::trial);
    return watched_.make_collective(options);
  }
  std::unique_ptr<NodeGroup> make_node_group() override {
    const ScopedPlace place(slot_, Place::barrier);
    return watched_.make_node_group();
  }
  void abort(int code) override { watched_.abort(code); }

 private:
  Communicator& watched_;
  ProgressSlot* slot_;
};

}  // namespace dtrain::comm
