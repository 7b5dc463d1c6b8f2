// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <algorithm>
#include <cmath>

#include "kernels/reference/ops.hpp"

namespace dtrain::kernels::reference {
namespace {

/// log(sum(exp(x))) without overflow.
double log_sum_exp(const float* x, std::int64_t count) {
  const double largest = *std::max_element(x, x + count);
  double sum = 0;
  for (std::int64_t k = 0; k < count; ++k) sum += std::exp(x[k] - largest);
  return largest + std::log(sum);
}

void mark_correct(const LossArgs& args, std::int64_t row, const float* output) {
  if (args.correct == nullptr) return;
  const auto arg_max = std::max_element(output, output + args.classes) - output;
  args.correct[row] = arg_max == args.labels[row] ? 1 : 0;
}

}  // namespace

void softmax_cross_entropy(const LossArgs& args, Stream&) {
  const auto classes = static_cast<double>(args.classes);
  for (std::int64_t n = 0; n < args.rows; ++n) {
    const float* output = args.output + n * args.classes;
    const double log_sum = log_sum_exp(output, args.classes);
    double loss = 0;
    for (std::int64_t k = 0; k < args.classes; ++k) {
      const double target =
          (k == args.labels[n] ? 1.0 - args.label_smoothing : 0.0) + args.label_smoothing / classes;
      if (target > 0) loss += target * (log_sum - output[k]);  // 0 * inf is no loss
      if (args.gradient != nullptr)
        args.gradient[n * args.classes + k] =
            static_cast<float>(args.gradient_scale * (std::exp(output[k] - log_sum) - target));
    }
    args.loss[n] = static_cast<float>(loss);
    mark_correct(args, n, output);
  }
}

void mean_squared_error(const LossArgs& args, Stream&) {
  const auto classes = static_cast<double>(args.classes);
  for (std::int64_t n = 0; n < args.rows; ++n) {
    const float* output = args.output + n * args.classes;
    double loss = 0;
    for (std::int64_t k = 0; k < args.classes; ++k) {
      const double target = args.targets != nullptr ? args.targets[n * args.classes + k]
                                                    : (k == args.labels[n] ? 1.0 : 0.0);
      const double difference = output[k] - target;
      loss += difference * difference / classes;
      if (args.gradient != nullptr)
        args.gradient[n * args.classes + k] =
            static_cast<float>(args.gradient_scale * 2.0 / classes * difference);
    }
    args.loss[n] = static_cast<float>(loss);
    mark_correct(args, n, output);
  }
}

void softmax(std::int64_t rows, std::int64_t classes, const float* logits, float* probabilities,
             Stream&) {
  for (std::int64_t n = 0; n < rows; ++n) {
    const double log_sum = log_sum_exp(logits + n * classes, classes);
    for (std::int64_t k = n * classes; k < (n + 1) * classes; ++k)
      probabilities[k] = static_cast<float>(std::exp(logits[k] - log_sum));
  }
}

}  // namespace dtrain::kernels::reference
