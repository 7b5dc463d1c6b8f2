// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Between float32 and the 16-bit type that a GPU computes in.

#include <cstdint>

#include "kernels/device/device.hpp"
#include "kernels/elements.hpp"

namespace dtrain::kernels::cuda {

/// `out`: Elements of that type, rounded to nearest, ties to even; beyond float16's range infinite.
void narrow(Elements, const float* in, void* out, Stream&);
void widen(Elements, const void* in, float* out, Stream&);

}  // namespace dtrain::kernels::cuda
