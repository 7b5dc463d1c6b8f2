// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Factories of the cpu backend's planned ops: rows of its KernelTable.

#include "kernels/backend.hpp"

namespace dtrain::kernels::cpu {

std::unique_ptr<Conv2d> make_conv2d(Device&, const Conv2dSpec&);
std::unique_ptr<Linear> make_linear(Device&, const LinearSpec&);
std::unique_ptr<Pool2d> make_pool2d(Device&, const Pool2dSpec&);
std::unique_ptr<BatchNorm> make_batch_norm(Device&, const BatchNormSpec&);
std::unique_ptr<Reorder> make_reorder(Device&, const Layout& from, const Layout& to);

}  // namespace dtrain::kernels::cpu
