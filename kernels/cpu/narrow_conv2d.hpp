// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <memory>

#include "kernels/conv2d.hpp"

namespace dtrain::kernels::cpu {

/// Is own code, with samples in the vector lanes, the better choice? True where oneDNN's blocks of
/// channels would be mostly padding. A weight that has oneDNN's layout already stays with oneDNN.
bool is_narrow(const Conv2dSpec&);

/// Images in blocks of 16 samples, weight plain. Padding must be smaller than the kernel, no
/// groups.
std::unique_ptr<Conv2d> make_narrow_conv2d(const Conv2dSpec&);

}  // namespace dtrain::kernels::cpu
