// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Inverted dropout: y = x / (1 - rate) where kept, else 0. Whether element i of a sample is kept is
// word i of Rng(seed, dropout, key of (sample, layer), step): the same on any rank.

#include <cstdint>

#include "base/host_device.hpp"
#include "kernels/device/device.hpp"

namespace dtrain::kernels {

struct DropoutArgs {
  std::int64_t rows = 0;      ///< samples in this pass
  std::int64_t features = 0;  ///< elements of one sample, row-major
  float rate = 0.5f;          ///< probability of 0, in [0, 1)
  std::uint64_t seed = 0;
  std::uint32_t layer = 0;                   ///< tells dropout layers of one network apart
  std::uint32_t step = 0;                    ///< global step
  const std::int64_t* sample_ids = nullptr;  ///< (rows), host memory
};

/// Argument `a` of the Rng of one sample in one dropout layer.
DTRAIN_FUNCTOR constexpr std::uint64_t dropout_key(std::int64_t sample_id, std::uint32_t layer) {
  return static_cast<std::uint64_t>(sample_id) ^ (std::uint64_t{layer} << 40);
}

/// output = mask * input / (1 - rate). Forward and backward are the same map: the mask is drawn
/// again, not stored. `output` may be `input`. Values are plain (rows, features).
using Dropout = void (*)(const DropoutArgs&, const float* input, float* output, Stream&);

}  // namespace dtrain::kernels
