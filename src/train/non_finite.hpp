// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Steps whose loss or gradient is not finite. Whether one is, all ranks learn from the sum itself
// (Synchronizer::sum_is_finite()), without a message of its own. Where it came from is looked for only
// then, by taking the step's passes once more.

#include <string>

#include "comm/communicator.hpp"
#include "datasets/data_loader.hpp"
#include "nn/loss.hpp"
#include "nn/replica.hpp"
#include "train/observer.hpp"

namespace dtrain::train {

/// What becomes of such a step.
enum class OnNonFinite {
  stop,  ///< the run ends
  skip   ///< no rank applies it and the run goes on
};
/// "stop" or "skip". Throws UsageError.
OnNonFinite parse_on_non_finite(const std::string& text);

/// Takes one pass again, with the parameters of then, and says what is the first thing in it that is
/// not finite: a sample, the output of a layer, the loss, or the gradient of a parameter. Empty:
/// nothing is. Overwrites gradients.
std::string first_non_finite(nn::Replica& replica, nn::Loss& loss, const datasets::Batch& batch,
                             const nn::StepContext& context, float gradient_scale,
                             kernels::Stream& stream);

class NonFiniteSteps {
 public:
  /// So many in a row end the run in any case: it does not recover.
  static constexpr int most_in_a_row = 10;

  NonFiniteSteps(OnNonFinite what, comm::Communicator& communicator)
      : what_(what), communicator_(communicator) {}

  /// Meets such a step. `mine`: what this rank found in its passes; empty: nothing. Returns what is
  /// to be said of the skipped step, or throws DivergedError: on all ranks alike. Collective.
  std::string meet(std::int64_t step, std::int64_t epoch, const std::string& mine);

 private:
  const OnNonFinite what_;
  comm::Communicator& communicator_;
  std::int64_t last_ = -1;
  int in_a_row_ = 0;
};

}  // namespace dtrain::train
