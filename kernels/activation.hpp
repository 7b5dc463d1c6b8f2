// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstdint>
#include <string_view>

#include "kernels/device/device.hpp"
#include "kernels/elements.hpp"

namespace dtrain::kernels {

/// none: identity. GELU is the exact form x * Phi(x), as PyTorch's default.
enum class Activation { none, relu, gelu, sigmoid, tanh };

/// Does the derivative need the input (GELU) or the output (the others)?
constexpr bool derivative_needs_input(Activation activation) {
  return activation == Activation::gelu;
}

/// output[i] = f(input[i]) for all elements. May run in place.
using ActivationForward = void (*)(Activation, Elements, const float* input, float* output,
                                   Stream&);

/// input_gradient[i] = output_gradient[i] * f'(.), where `value` is the forward input or output as
/// derivative_needs_input() says. input_gradient may be output_gradient.
using ActivationBackward = void (*)(Activation, Elements, const float* value,
                                    const float* output_gradient, float* input_gradient, Stream&);

}  // namespace dtrain::kernels
