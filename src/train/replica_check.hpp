// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "comm/communicator.hpp"
#include "nn/replica.hpp"

namespace dtrain::train {

/// Do all ranks still hold the same parameters and buffers, bit for bit? They must: every rank applies
/// the same update. Where they do not, a memory, a network or a library has failed, and everything
/// that the run goes on to compute is wrong.
class ReplicaCheck {
 public:
  /// `every`: steps between comparisons; 0: none at all.
  ReplicaCheck(const nn::Replica& replica, comm::Communicator& communicator, std::int64_t every);

  /// After `step`: compares if it is one of those.
  void after_step(std::int64_t step, kernels::Stream& stream);
  /// Compares, unless that has been done after this step or is not wanted at all.
  ///
  /// Both are collective, and throw DivergedError on all ranks alike: the first parameter in model
  /// order that differs, and the ranks whose values are not those of most ranks (of rank 0 where no
  /// value has more than half of them).
  void before_checkpoint(std::int64_t step, kernels::Stream& stream);

 private:
  void compare(std::int64_t step, kernels::Stream& stream);
  [[noreturn]] void fail(std::int64_t step, kernels::Stream& stream);

  const nn::Replica& replica_;
  comm::Communicator& communicator_;
  const std::int64_t every_;
  std::int64_t compared_ = -1;  ///< the step after which they were last the same
};

}  // namespace dtrain::train
