// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "kernels/cpu/functions/parallel.hpp"
#include "kernels/functors.hpp"
#include "kernels/optimizer.hpp"

namespace dtrain::kernels::cpu {
namespace {

void sgd_update(const SgdArgs& args, Stream&) {
  float* value = args.value;
  const float* gradient = args.gradient;
  float* velocity = args.velocity;
  if (args.momentum == 0)
    for_each(args.count,
             [=, step = PlainSgdStep(args)](std::int64_t i) { step(gradient[i], value[i]); });
  else
    for_each(args.count, [=, step = MomentumSgdStep(args)](std::int64_t i) {
      step(gradient[i], value[i], velocity[i]);
    });
}

void adam_update(const AdamArgs& args, Stream&) {
  float *value = args.value, *m = args.first_moment, *v = args.second_moment;
  const float* gradient = args.gradient;
  for_each(args.count,
           [=, step = AdamStep(args)](std::int64_t i) { step(gradient[i], value[i], m[i], v[i]); });
}

void lamb_direction(const LambArgs& args, Stream&) {
  float *m = args.adam.first_moment, *v = args.adam.second_moment, *direction = args.direction;
  const float *value = args.adam.value, *gradient = args.adam.gradient;
  for_each(args.adam.count, [=, step = LambStep(args)](std::int64_t i) {
    direction[i] = step(gradient[i], value[i], m[i], v[i]);
  });
}

}  // namespace
}  // namespace dtrain::kernels::cpu
