// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <memory>

#include "kernels/planned_op.hpp"

namespace dtrain::kernels {

/// Copies a value from one layout to another of the same logical shape; padding is written as zero.
class Reorder : public PlannedOp {
 public:
  virtual void run(const float* input, float* output, Stream&) = 0;
};

using MakeReorder = std::unique_ptr<Reorder> (*)(Device&, const Layout& from, const Layout& to);

}  // namespace dtrain::kernels
