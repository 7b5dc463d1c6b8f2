// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/optimizer.hpp"

#include <cmath>

#include "kernels/functors.hpp"

namespace dtrain::kernels {
namespace {

double correction(float beta, std::int64_t step) {
  return 1.0 - std::pow(static_cast<double>(beta), static_cast<double>(step));
}

}  // namespace

PlainSgdStep::PlainSgdStep(const SgdArgs& args)
    : learning_rate(args.learning_rate),
      weight_decay(args.weight_decay),
      gradient_scale(args.gradient_scale) {}

MomentumSgdStep::MomentumSgdStep(const SgdArgs& args)
    : learning_rate(args.learning_rate),
      momentum(args.momentum),
      weight_decay(args.weight_decay),
      gradient_scale(args.gradient_scale),
      nesterov(args.nesterov) {}

AdamMoments::AdamMoments(const AdamArgs& args)
    : beta1(args.beta1),
      one_minus_beta1(1.0f - args.beta1),
      beta2(args.beta2),
      one_minus_beta2(1.0f - args.beta2),
      epsilon(args.epsilon),
      scale1(static_cast<float>(1.0 / correction(args.beta1, args.step))),
      scale2(static_cast<float>(1.0 / std::sqrt(correction(args.beta2, args.step)))) {}

AdamStep::AdamStep(const AdamArgs& args)
    : moments(args),
      learning_rate(args.learning_rate),
      gradient_scale(args.gradient_scale),
      gradient_decay(args.decoupled_decay ? 0.0f : args.weight_decay),
      value_factor(args.decoupled_decay ? 1.0f - args.learning_rate * args.weight_decay : 1.0f) {}

LambStep::LambStep(const LambArgs& args)
    : moments(args.adam),
      gradient_scale(args.adam.gradient_scale),
      weight_decay(args.adam.weight_decay) {}

}  // namespace dtrain::kernels
