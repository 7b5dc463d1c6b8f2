// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <array>
#include <vector>

#include "comm/communicator.hpp"
#include "datasets/sampler.hpp"

namespace dtrain::train {

/// How one rank goes through its share of every batch of an epoch, pass by pass.
class PassPlan {
 public:
  /// As in TrainerOptions. `samples`: of the training split.
  PassPlan(const comm::Communicator& communicator, std::int64_t samples, std::int64_t global_batch,
           std::int64_t shards, std::int64_t micro_batch);

  std::int64_t steps_per_epoch() const;
  /// Samples of the batch that begins at position `cursor` of the epoch.
  std::int64_t batch_at(std::int64_t cursor) const;
  /// This rank's passes through a batch of n samples; none where it gets no sample.
  std::vector<datasets::Range> passes_of(std::int64_t n) const;
  /// All its passes from position `cursor` to the end of the epoch, in positions of the epoch.
  std::vector<datasets::Range> rest_of_epoch(std::int64_t cursor) const;
  /// Samples of the largest pass of any rank: the one that parameter layouts are chosen for.
  std::int64_t nominal_pass() const;
  /// Most passes that this rank has in a step, at least 1.
  int most_passes() const;
  /// Samples of this rank's largest pass, at least 1.
  std::int64_t largest_pass() const;

 private:
  std::array<std::int64_t, 2> batch_sizes() const;

  int rank_, ranks_;
  std::int64_t samples_, global_batch_, shards_, micro_batch_;
};

}  // namespace dtrain::train
