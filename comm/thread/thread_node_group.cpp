// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <barrier>

#include "comm/node/node_group.hpp"
#include "kernels/device/device.hpp"

namespace dtrain::comm {
namespace {

using Blocks = std::vector<std::unique_ptr<kernels::Allocation>>;

/// What the threads of a group share while they allocate.
struct Table {
  explicit Table(int ranks) : meeting(ranks) {}
  std::barrier<> meeting;
  std::shared_ptr<Blocks> blocks;
};

class ThreadBlocks : public SharedBlocks {
 public:
  explicit ThreadBlocks(std::shared_ptr<Blocks> blocks) : blocks_(std::move(blocks)) {}
  std::byte* block(int rank) const override {
    return static_cast<std::byte*>((*blocks_)[static_cast<std::size_t>(rank)]->data());
  }

 private:
  std::shared_ptr<Blocks> blocks_;
};

class ThreadNodeGroup : public NodeGroup {
 public:
  ThreadNodeGroup(std::shared_ptr<Table> table, int rank, int size)
      : table_(std::move(table)), rank_(rank), size_(size) {}

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  std::unique_ptr<SharedBlocks> allocate(std::size_t bytes) override {
    if (rank_ == 0) table_->blocks = std::make_shared<Blocks>(static_cast<std::size_t>(size_));
    table_->meeting.arrive_and_wait();
    (*table_->blocks)[static_cast<std::size_t>(rank_)] = device_->allocate(bytes);
    table_->meeting.arrive_and_wait();
    auto shared = std::make_unique<ThreadBlocks>(table_->blocks);
    table_->meeting.arrive_and_wait();
    return shared;
  }

 private:
  std::shared_ptr<Table> table_;
  std::unique_ptr<kernels::Device> device_ = kernels::make_host_device();
  int rank_, size_;
};

}  // namespace

std::vector<std::unique_ptr<NodeGroup>> make_thread_node_groups(int ranks) {
  const auto table = std::make_shared<Table>(ranks);
  std::vector<std::unique_ptr<NodeGroup>> groups;
  groups.reserve(static_cast<std::size_t>(ranks));
  for (int rank = 0; rank < ranks; ++rank)
    groups.push_back(std::make_unique<ThreadNodeGroup>(table, rank, ranks));
  return groups;
}

}  // namespace dtrain::comm
