// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "nn/recorded_passes.hpp"

namespace dtrain::nn {
namespace {

/// Shards of a batch, times two places for gradients, and some room.
constexpr std::size_t most_passes = 64;

}  // namespace

void RecordedPasses::run(kernels::Device& device, kernels::Stream& stream, const PassKey& key,
                         const std::function<void()>& issue) {
  if (passes_.size() >= most_passes && !passes_.contains(key)) passes_.clear();
  Pass& pass = passes_[key];
  ++pass.runs;
  // Not the first time: libraries load code and take memory then, which cannot be recorded.
  if (pass.runs == 2) pass.recording = device.record(stream, issue);
  if (pass.recording)
    pass.recording->replay(stream);
  else
    issue();
}

}  // namespace dtrain::nn
