// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// One fused update over a slice of the parameter arena: each element is read and written once.
// Formulas as in PyTorch's documentation of SGD, Adam and AdamW. All elementwise: slices and layouts
// do not matter.

#include <cstdint>

#include "kernels/device/device.hpp"

namespace dtrain::kernels {

/// g = gradient_scale * gradient + weight_decay * value
/// v = momentum * velocity + g          (velocity starts at 0)
/// value -= lr * (nesterov ? g + momentum * v : v)
struct SgdArgs {
  std::int64_t count = 0;
  float learning_rate = 0, momentum = 0, weight_decay = 0;
  bool nesterov = false;
  float gradient_scale = 1.0f;  ///< clipping and trust ratios; 1: as it is
  float* value = nullptr;
  const float* gradient = nullptr;
  float* velocity = nullptr;  ///< null when momentum is 0
};
using SgdUpdate = void (*)(const SgdArgs&, Stream&);

/// g = gradient_scale * gradient (+ weight_decay * value, Adam)
/// m = beta1 * m + (1 - beta1) * g;  v = beta2 * v + (1 - beta2) * g^2
/// value *= 1 - lr * weight_decay    (AdamW)
/// value -= lr / correction1 * m / (sqrt(v / correction2) + epsilon),  correction_i = 1 - beta_i^step
/// D. Kingma and J. Ba, 2015; I. Loshchilov and F. Hutter, 2019.
struct AdamArgs {
  std::int64_t count = 0;
  float learning_rate = 0, beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f, weight_decay = 0;
  bool decoupled_decay = false;  ///< AdamW
  std::int64_t step = 1;         ///< counts from 1
  float gradient_scale = 1.0f;
  float* value = nullptr;
  const float* gradient = nullptr;
  float* first_moment = nullptr;
  float* second_moment = nullptr;
};
using AdamUpdate = void (*)(const AdamArgs&, Stream&);

/// LAMB's direction (Y. You et al., 2020): Adam's moments as above, then
/// direction = m / correction1 / (sqrt(v / correction2) + epsilon) + weight_decay * value,
/// written to `direction`; the caller applies value -= lr * trust_ratio * direction by add_scaled.
struct LambArgs {
  AdamArgs adam;  ///< learning_rate and decoupled_decay are not read; value is only read
  float* direction = nullptr;
};
using LambDirection = void (*)(const LambArgs&, Stream&);

}  // namespace dtrain::kernels
