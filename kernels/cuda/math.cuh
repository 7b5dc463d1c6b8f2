// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// The functions that kernels/functors.hpp asks of a Math: CUDA's own, to the last digits of float.
// Also compiled for the host, where tests hold them against the reference.

#include <math.h>

#include "base/host_device.hpp"

namespace dtrain::kernels::cuda {

struct CudaMath {
  DTRAIN_FUNCTOR static float exp(float x) { return expf(x); }
  DTRAIN_FUNCTOR static float tanh(float x) { return tanhf(x); }
  DTRAIN_FUNCTOR static float normal_pdf(float x) { return 0.398942280f * expf(-0.5f * x * x); }
  DTRAIN_FUNCTOR static float normal_cdf(float x) { return 0.5f * erfcf(-0.707106781f * x); }
};

}  // namespace dtrain::kernels::cuda
