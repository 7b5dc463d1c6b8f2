// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Dynamic loss scaling (P. Micikevicius et al., "Mixed precision training", 2018): the loss is
// multiplied by a power of two, so that gradients do not vanish below float16's range, and the update
// divides by it. A gradient beyond the range shows in the sum, which is then infinite or NaN: that step
// is not applied and the scale is halved; after many finite steps in a row it is doubled. Constants are
// those of PyTorch's GradScaler. All ranks see the same sums, and so keep the same scale.

#include <cstdint>

namespace dtrain::train {

struct LossScale {
  static constexpr float start = 65536, smallest = 1, largest = 16777216;
  static constexpr std::int64_t steps_to_growth = 2000;

  float value = start;
  std::int64_t finite_steps = 0;  ///< in a row, at this value

  /// After a step whose gradient was finite.
  void grow_in_time() {
    if (++finite_steps < steps_to_growth) return;
    finite_steps = 0;
    if (value < largest) value *= 2;
  }
  /// After one whose gradient was not. False: the scale is not to blame, it is the smallest.
  bool back_off() {
    finite_steps = 0;
    if (value <= smallest) return false;
    value /= 2;
    return true;
  }
  bool operator==(const LossScale&) const = default;
};

}  // namespace dtrain::train
