// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/node/node_collective.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "comm/exact_addends.hpp"
#include "kernels/host_arrays.hpp"

namespace dtrain::comm {
namespace {

/// None where there is no residual.
std::span<float> elements_if_any(std::span<float> residual, const Range& range) {
  return residual.empty() ? residual : elements(residual, range);
}

}  // namespace

/// One block per rank of the node; this rank's is the allocation.
class NodeCollective::Memory : public kernels::Allocation {
 public:
  Memory(NodeCollective& owner, std::unique_ptr<SharedBlocks> blocks, std::size_t bytes)
      : Allocation(blocks->block(owner.group_->rank()), bytes),
        owner_(owner),
        blocks_(std::move(blocks)) {
    owner_.memory_.emplace(begin(), this);
  }
  ~Memory() override { owner_.memory_.erase(begin()); }

  std::byte* begin() const { return static_cast<std::byte*>(data()); }
  std::byte* block(int rank) const { return blocks_->block(rank); }

 private:
  NodeCollective& owner_;
  std::unique_ptr<SharedBlocks> blocks_;
};

NodeCollective::NodeCollective(std::unique_ptr<NodeGroup> group, int slices,
                               std::unique_ptr<FlatCollective> across, Waiting waiting)
    : group_(std::move(group)),
      slices_(slices),
      across_(std::move(across)),
      barrier_(*group_, waiting),
      addend_counts_(group_->allocate(sizeof(int))),
      places_(static_cast<std::size_t>(group_->size())) {
  DTRAIN_ASSERT(slices_ >= 1 && slices_ <= group_->size());
}

std::unique_ptr<kernels::Allocation> NodeCollective::allocate(std::size_t bytes) {
  return std::make_unique<Memory>(*this, group_->allocate(bytes), bytes);
}

Range NodeCollective::slice(std::size_t count) const {
  if (group_->rank() >= slices_) return {count, count};
  return slice_of(count, slices_, group_->rank());
}

void NodeCollective::locate(std::span<float> mine) {
  const auto* begin = reinterpret_cast<const std::byte*>(mine.data());
  auto found = memory_.upper_bound(begin);
  DTRAIN_ASSERT(found != memory_.begin());
  const Memory& memory = *(--found)->second;
  const std::ptrdiff_t offset = begin - memory.begin();
  DTRAIN_ASSERT(static_cast<std::size_t>(offset) + mine.size_bytes() <= memory.bytes());
  for (int rank = 0; rank < group_->size(); ++rank)
    places_[static_cast<std::size_t>(rank)] = reinterpret_cast<float*>(memory.block(rank) + offset);
}

std::span<float* const> NodeCollective::own_place() const {
  return std::span(places_).subspan(static_cast<std::size_t>(group_->rank()), 1);
}

void NodeCollective::copy_to_others(std::size_t count) {
  const float* mine = own_place()[0];
  for (float* other : places_)
    if (other != mine) std::copy_n(mine, count, other);
}

void NodeCollective::allreduce(std::span<float> data, std::span<float> residual,
                               kernels::Stream& stream) {
  stream.synchronize();
  const auto mine = elements(data, slice(data.size()));
  locate(mine);
  barrier_.arrive_and_wait();  // all arrays are complete
  if (across_ == nullptr) {
    kernels::sum_arrays(std::ssize(mine), places_, places_);
  } else {
    kernels::sum_arrays(std::ssize(mine), places_, own_place());
    across_->allreduce(mine, elements_if_any(residual, slice(data.size())), stream);
    copy_to_others(mine.size());
  }
  barrier_.arrive_and_wait();  // all slices are everywhere
}

int& NodeCollective::addend_count(int rank) const {
  return *reinterpret_cast<int*>(addend_counts_->block(rank));
}

void NodeCollective::allreduce_exactly(std::span<float> data, const Addends& addends,
                                       const ExactSum& exact, kernels::Stream& stream) {
  stream.synchronize();
  const auto mine = elements(data, slice(data.size()));
  locate(mine);
  addend_count(group_->rank()) = addends.count;
  barrier_.arrive_and_wait();  // all addends and their numbers are complete
  std::vector<const float*> sources;
  for (int rank = 0; rank < group_->size(); ++rank)
    append_addends(sources, places_[static_cast<std::size_t>(rank)],
                   {addend_count(rank), addends.stride});
  if (across_ == nullptr) {
    sum_and_round(exact, mine.size(), std::move(sources), places_);
  } else {
    const auto count = std::ssize(mine);
    exact_sums_.resize(std::max(exact_sums_.size(), mine.size()));
    kernels::sum_exactly(exact, count, sources, exact_sums_.data());
    across_->allreduce(std::span(exact_sums_).first(mine.size()));
    kernels::round_exact_sums(exact, count, exact_sums_.data(), places_);
  }
  barrier_.arrive_and_wait();  // all slices are everywhere
}

Range NodeCollective::owned(std::size_t count) const {
  const Range mine = slice(count);
  if (across_ == nullptr) return mine;
  const Range within = across_->owned(mine.size());
  return {mine.begin + within.begin, mine.begin + within.end};
}

void NodeCollective::reduce_scatter(std::span<float> data, std::span<float> residual,
                                    kernels::Stream& stream) {
  stream.synchronize();
  const auto mine = elements(data, slice(data.size()));
  locate(mine);
  barrier_.arrive_and_wait();
  kernels::sum_arrays(std::ssize(mine), places_, own_place());
  if (across_ != nullptr)
    across_->reduce_scatter(mine, elements_if_any(residual, slice(data.size())), stream);
  barrier_.arrive_and_wait();  // nobody reads this rank's array any more
}

void NodeCollective::all_gather(std::span<float> data, kernels::Stream& stream) {
  stream.synchronize();
  const auto mine = elements(data, slice(data.size()));
  locate(mine);
  if (across_ != nullptr) across_->all_gather(mine, stream);
  barrier_.arrive_and_wait();  // nobody reads old data any more
  copy_to_others(mine.size());
  barrier_.arrive_and_wait();
}

}  // namespace dtrain::comm
