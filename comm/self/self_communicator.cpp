// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <cstdlib>

#include "comm/communicator.hpp"
#include "comm/exact_addends.hpp"

// One rank: every sum is already there.

namespace dtrain::comm {
namespace {

class SelfCollective : public Collective {
 public:
  std::string name() const override { return "self"; }
  std::unique_ptr<kernels::Allocation> allocate(std::size_t bytes) override {
    return kernels::make_host_device()->allocate(bytes);
  }
  void allreduce(std::span<float>, std::span<float>, kernels::Stream&) override {}
  void allreduce_exactly(std::span<float> data, const Addends& addends, const ExactSum& exact,
                         kernels::Stream& stream) override {
    stream.synchronize();
    std::vector<const float*> sources;
    append_addends(sources, data.data(), addends);
    sum_and_round(exact, data.size(), std::move(sources), {data.data()});
  }
  Range owned(std::size_t count) const override { return {0, count}; }
  void reduce_scatter(std::span<float>, std::span<float>, kernels::Stream&) override {}
  void all_gather(std::span<float>, kernels::Stream&) override {}
};

class SelfCommunicator : public Communicator {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  int local_rank() const override { return 0; }
  int local_size() const override { return 1; }
  int nodes() const override { return 1; }
  int numa_domains() const override { return 1; }
  std::string name() const override { return "self"; }

  void allreduce(std::span<double>, ReduceOp) override {}
  void allreduce(std::span<std::int64_t>, ReduceOp) override {}
  void broadcast(std::span<std::byte>, int) override {}
  std::vector<std::vector<std::byte>> all_gather(std::span<const std::byte> data) override {
    return {{data.begin(), data.end()}};
  }
  void barrier() override {}
  bool has_shared_memory(std::size_t) override { return true; }
  std::unique_ptr<Collective> make_collective(const CollectiveOptions&) override {
    return std::make_unique<SelfCollective>();
  }
  std::unique_ptr<NodeGroup> make_node_group() override {
    return std::move(make_thread_node_groups(1)[0]);
  }
  void abort(int code) override { std::_Exit(code); }
};

}  // namespace

std::unique_ptr<Communicator> make_self_communicator() {
  return std::make_unique<SelfCommunicator>();
}

}  // namespace dtrain::comm
