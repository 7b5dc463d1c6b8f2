// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "datasets/data_loader.hpp"

namespace dtrain::train {

/// Where the samples of a rank's passes come from.
class PassSource {
 public:
  virtual ~PassSource() = default;
  /// The next pass is this rank's first one from position `cursor` of epoch `epoch` on; both count
  /// from 0.
  virtual void start(std::int64_t epoch, std::int64_t cursor) = 0;
  /// The next pass, whose memory lives until the call after it.
  virtual datasets::Batch next(kernels::Stream& stream) = 0;
};

}  // namespace dtrain::train
