// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/pass_plan.hpp"

#include <algorithm>
#include <array>

namespace dtrain::train {

using datasets::Range;

PassPlan::PassPlan(const comm::Communicator& communicator, std::int64_t samples,
                   std::int64_t global_batch, std::int64_t shards, std::int64_t micro_batch)
    : rank_(communicator.rank()),
      ranks_(communicator.size()),
      samples_(samples),
      global_batch_(global_batch),
      shards_(shards),
      micro_batch_(micro_batch) {}

std::int64_t PassPlan::steps_per_epoch() const {
  return (samples_ + global_batch_ - 1) / global_batch_;
}

std::int64_t PassPlan::batch_at(std::int64_t cursor) const {
  return std::min(global_batch_, samples_ - cursor);
}

std::vector<Range> PassPlan::passes_of(std::int64_t n) const {
  return datasets::plan_passes(n, rank_, ranks_, shards_, micro_batch_);
}

std::vector<Range> PassPlan::rest_of_epoch(std::int64_t cursor) const {
  std::vector<Range> passes;
  for (std::int64_t begin = cursor; begin < samples_; begin += global_batch_)
    for (const Range& pass : passes_of(batch_at(begin)))
      passes.push_back({begin + pass.begin, begin + pass.end});
  return passes;
}

std::int64_t PassPlan::nominal_pass() const {
  const std::int64_t batch = std::min(global_batch_, samples_);
  const std::int64_t shares = shards_ > 0 ? shards_ : ranks_;
  const std::int64_t pass = (batch + shares - 1) / shares;
  const bool whole = shards_ > 0 || micro_batch_ == 0;
  return whole ? pass : std::min(micro_batch_, pass);
}

// Batches are of two sizes: the first one's and the tail's.
std::array<std::int64_t, 2> PassPlan::batch_sizes() const {
  return {batch_at(0), batch_at((steps_per_epoch() - 1) * global_batch_)};
}

int PassPlan::most_passes() const {
  std::size_t most = 1;
  for (const std::int64_t n : batch_sizes()) most = std::max(most, passes_of(n).size());
  return static_cast<int>(most);
}

std::int64_t PassPlan::largest_pass() const {
  std::int64_t largest = 1;
  for (const std::int64_t n : batch_sizes())
    for (const Range& pass : passes_of(n)) largest = std::max(largest, pass.size());
  return largest;
}

}  // namespace dtrain::train
