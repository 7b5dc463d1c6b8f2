// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// The oracle: plain loops that anyone can read, float32 in plain layouts, accumulating in double. One file
// per op family; reference/backend.cpp puts them into the table. Contracts: kernels/*.hpp.

#include "kernels/backend.hpp"

namespace dtrain::kernels::reference {

std::unique_ptr<Conv2d> make_conv2d(Device&, const Conv2dSpec&);
std::unique_ptr<Linear> make_linear(Device&, const LinearSpec&);
std::unique_ptr<Pool2d> make_pool2d(Device&, const Pool2dSpec&);
std::unique_ptr<BatchNorm> make_batch_norm(Device&, const BatchNormSpec&);
std::unique_ptr<Reorder> make_reorder(Device&, const Layout& from, const Layout& to);

void activation_forward(Activation, Elements, const float* input, float* output, Stream&);
void activation_backward(Activation, Elements, const float* value, const float* output_gradient,
                         float* input_gradient, Stream&);
void dropout(const DropoutArgs&, const float* input, float* output, Stream&);
void softmax_cross_entropy(const LossArgs&, Stream&);
void mean_squared_error(const LossArgs&, Stream&);
void softmax(std::int64_t rows, std::int64_t classes, const float* logits, float* probabilities,
             Stream&);
void sgd_update(const SgdArgs&, Stream&);
void adam_update(const AdamArgs&, Stream&);
void lamb_direction(const LambArgs&, Stream&);
void augment(const AugmentArgs&, Stream&);
void add_scaled(std::int64_t count, float alpha, const float* x, float* y, Stream&);
void add(AddActivation, Elements, const float* a, const float* b, float* out, Stream&);
void fill(std::int64_t count, float value, float* out, Stream&);
double sum_of_squares(std::int64_t count, const float* x, Stream&);
std::int64_t find_non_finite(Elements, const float* x, Stream&);
void float_to_bf16(std::int64_t count, const float* in, std::uint16_t* out, Stream&);
void bf16_to_float(std::int64_t count, const std::uint16_t* in, float* out, Stream&);

/// The activation that a planned op applies to its output, one element.
float activate(Activation, float x);
/// Its derivative; `value` is the input or the output as derivative_needs_input() says.
float derivative(Activation, float value);

}  // namespace dtrain::kernels::reference
