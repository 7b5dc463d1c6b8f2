// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "train/pass_plan.hpp"
#include "train/pass_source.hpp"

namespace dtrain::train {

/// Loads this rank's passes through the training split, epoch by epoch in the Sampler's order.
class EpochLoader final : public PassSource {
 public:
  /// Everything outlives it. `plan`: for `data`.
  EpochLoader(datasets::Dataset& data, const PassPlan& plan, const kernels::Backend& backend,
              datasets::AugmentOptions augment, std::uint64_t seed)
      : plan_(plan),
        sampler_(data.size(), data.chunk_samples(), seed),
        loader_(data, backend, plan.largest_pass(), augment, seed) {}

  /// Streaming begins to read ahead at once, up to the end of the epoch.
  void start(std::int64_t epoch, std::int64_t cursor) override {
    loader_.start(sampler_.epoch_order(epoch), plan_.rest_of_epoch(cursor), epoch);
  }
  datasets::Batch next(kernels::Stream& stream) override { return loader_.next(stream); }
  /// Nothing is read ahead any more.
  void stop() { loader_.start({}, {}, 0); }

 private:
  const PassPlan& plan_;
  datasets::Sampler sampler_;
  datasets::DataLoader loader_;
};

}  // namespace dtrain::train
