// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <memory>

#include "comm/communicator.hpp"
#include "comm/gradient_reducer.hpp"
#include "nn/replica.hpp"
#include "optim/optimizer.hpp"

namespace dtrain::train {

struct SynchronizerOptions {
  optim::OptimizerOptions optimizer;
  double bucket_mb = 25;
  comm::ReducerOptions reduction;
  /// > 0: gradients of that many shards of a batch are kept apart as addends, and their sum is
  /// exact: it depends neither on their order nor on which rank has which.
  std::int64_t exact_shards = 0;
};

/// The memory that a replica's arena needs for that: what ranks sum or hand around is the
/// collective's, which outlives the arena.
tensor::ArenaMemory arena_memory(comm::Collective& collective, const comm::ReducerOptions& options);

/// Keeps replicas equal: sums their gradients over the ranks and updates their parameters, all of
/// them on every rank or, with a sharded optimizer, on each rank its slices.
class Synchronizer {
 public:
  /// Everything outlives it; the replica's arena has arena_memory(). Time goes to `spans`, places to
  /// `progress`.
  Synchronizer(nn::Replica& replica, comm::Communicator& communicator, comm::Collective& collective,
               const SynchronizerOptions& options, SpanSink& spans, RankProgress progress = {});

  comm::GradientReducer& reducer() { return reducer_; }
  optim::Optimizer& optimizer() { return *optimizer_; }

  /// After reducer().finish(): is all that was summed finite, loss included? The same answer on all
  /// ranks, without a message: it is in the sum.
  bool sum_is_finite(kernels::Stream& stream);
  /// After reducer().finish(): one update at `learning_rate`; `step` counts from 1. All ranks end
  /// it with the same parameters. Collective.
  void update(float learning_rate, std::int64_t step, kernels::Stream& stream);

 private:
  void look_at_owned(kernels::Stream& stream);
  std::vector<double> summed_norms(std::int64_t step, kernels::Stream& stream);

  nn::Replica& replica_;
  comm::Communicator& communicator_;
  SpanSink& spans_;
  const RankProgress progress_;
  const bool is_sharded_;
  const bool knows_slices_;  ///< this rank gets the sum of the slices that it owns only
  comm::GradientReducer reducer_;
  std::unique_ptr<optim::Optimizer> optimizer_;
};

}  // namespace dtrain::train
