// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <functional>
#include <optional>

#include "base/progress_slot.hpp"
#include "comm/communicator.hpp"
#include "datasets/data_loader.hpp"
#include "nn/loss.hpp"
#include "nn/replica.hpp"

namespace dtrain::train {

struct Evaluation {
  double loss = 0;                 ///< mean over the samples
  std::optional<double> accuracy;  ///< none for float targets
};

/// Loss and accuracy of a replica over one split: every sample once, and the same bits at any number
/// of ranks.
class Evaluator {
 public:
  /// Everything outlives the evaluator. `pass_samples`: per pass but the last; ranks share the passes.
  /// Places go to `slot`, unless null.
  Evaluator(nn::Replica&, comm::Communicator&, datasets::Dataset&, nn::Loss&,
            std::int64_t pass_samples, ProgressSlot* slot = nullptr);
  /// What the network makes of a pass: (batch.size, classes) outputs on the device, until it returns.
  using OnOutput = std::function<void(const datasets::Batch& batch, const float* output)>;
  /// Collective. `on_output` sees this rank's passes.
  Evaluation run(kernels::Stream&, const OnOutput& on_output = {});

 private:
  datasets::Batch load(kernels::Stream&);

  nn::Replica& replica_;
  comm::Communicator& communicator_;
  datasets::Dataset& dataset_;
  nn::Loss& loss_;
  ProgressSlot* slot_;
  datasets::DataLoader loader_;
  std::vector<datasets::Range> passes_;  ///< this rank's part, in positions
};

}  // namespace dtrain::train
