// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <math.h>

#include "kernels/cpu/functions/parallel.hpp"
#include "kernels/cpu/functions/vector_math.hpp"
#include "kernels/loss.hpp"

namespace dtrain::kernels::cpu {
namespace {

float largest_of(std::int64_t count, const float* x) {
  float largest = x[0];
#pragma omp simd reduction(max : largest)
  for (std::int64_t k = 0; k < count; ++k) largest = x[k] > largest ? x[k] : largest;
  return largest;
}

/// out[k] = exp(x[k] - largest); returns their sum. `out` may be `x`.
float exponentials(std::int64_t count, const float* x, float largest, float* out) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t k = 0; k < count; ++k) {
    out[k] = VectorMath::exp(x[k] - largest);
    sum += out[k];
  }
  return sum;
}

/// The same sum without keeping the terms.
float sum_of_exponentials(std::int64_t count, const float* x, float largest) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t k = 0; k < count; ++k) sum += VectorMath::exp(x[k] - largest);
  return sum;
}

/// Is `label` the first index of the largest output?
bool is_arg_max(const float* x, std::int64_t label, float largest) {
  for (std::int64_t k = 0; k < label; ++k)
    if (x[k] == largest) return false;
  return x[label] == largest;
}

void cross_entropy_row(const LossArgs& args, std::int64_t n) {
  const std::int64_t classes = args.classes, label = args.labels[n];
  const float* x = args.output + n * classes;
  const float largest = largest_of(classes, x);
  const float smooth = args.label_smoothing / static_cast<float>(classes);
  const float hard = 1.0f - args.label_smoothing;

  float sum;
  if (args.gradient != nullptr) {
    float* gradient = args.gradient + n * classes;
    sum = exponentials(classes, x, largest, gradient);
    const float factor = args.gradient_scale / sum, shift = args.gradient_scale * smooth;
#pragma omp simd
    for (std::int64_t k = 0; k < classes; ++k) gradient[k] = gradient[k] * factor - shift;
    gradient[label] -= args.gradient_scale * hard;
  } else {
    sum = sum_of_exponentials(classes, x, largest);
  }

  const float log_sum = logf(sum);  // of exp(x - largest)
  float loss = hard * ((largest - x[label]) + log_sum);
  if (smooth > 0)
    for (std::int64_t k = 0; k < classes; ++k) loss += smooth * ((largest - x[k]) + log_sum);
  args.loss[n] = loss;
  if (args.correct != nullptr) args.correct[n] = is_arg_max(x, label, largest) ? 1 : 0;
}

void softmax_cross_entropy(const LossArgs& args, Stream&) {
  for_ranges(args.rows, args.classes, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) cross_entropy_row(args, n);
  });
}

void squared_error_row(const LossArgs& args, std::int64_t n) {
  const std::int64_t classes = args.classes;
  const float* x = args.output + n * classes;
  const float* targets = args.targets != nullptr ? args.targets + n * classes : nullptr;
  const std::int64_t label = targets == nullptr ? args.labels[n] : -1;
  const float share = 1.0f / static_cast<float>(classes);
  float loss = 0;
  for (std::int64_t k = 0; k < classes; ++k) {
    const float target = targets != nullptr ? targets[k] : (k == label ? 1.0f : 0.0f);
    const float difference = x[k] - target;
    loss += difference * difference;
    if (args.gradient != nullptr)
      args.gradient[n * classes + k] = args.gradient_scale * 2.0f * share * difference;
  }
  args.loss[n] = loss * share;
  if (args.correct != nullptr)
    args.correct[n] = is_arg_max(x, args.labels[n], largest_of(classes, x)) ? 1 : 0;
}

void mean_squared_error(const LossArgs& args, Stream&) {
  for_ranges(args.rows, args.classes, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) squared_error_row(args, n);
  });
}

void softmax(std::int64_t rows, std::int64_t classes, const float* logits, float* probabilities,
             Stream&) {
  for_ranges(rows, classes, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) {
      const float* x = logits + n * classes;
      float* p = probabilities + n * classes;
      const float factor = 1.0f / exponentials(classes, x, largest_of(classes, x), p);
#pragma omp simd
      for (std::int64_t k = 0; k < classes; ++k) p[k] *= factor;
    }
  });
}

}  // namespace
}  // namespace dtrain::kernels::cpu
