// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <memory>
#include <optional>

#include "comm/communicator.hpp"
#include "datasets/data_loader.hpp"
#include "nn/loss.hpp"
#include "nn/replica.hpp"

namespace dtrain::train {

struct Evaluation {
  double loss = 0;                 ///< mean over the samples
  std::optional<double> accuracy;  ///< none for float targets
};

/// Loss and accuracy of a replica over one split: every sample once, at any number of ranks.
class Evaluator {
 public:
  /// Everything outlives the evaluator. `max_batch`: samples per pass.
  Evaluator(nn::Replica&, comm::Communicator&, datasets::Dataset&, nn::Loss&,
            std::int64_t max_batch);
  /// Collective.
  Evaluation run(kernels::Stream&);

 private:
  nn::Replica& replica_;
  comm::Communicator& communicator_;
  datasets::Dataset& dataset_;
  nn::Loss& loss_;
  datasets::DataLoader loader_;
  std::vector<datasets::Range> passes_;  ///< this rank's part, in positions
};

}  // namespace dtrain::train
