// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/functors.hpp"
#include "kernels/reference/ops.hpp"

namespace dtrain::kernels::reference {

void sgd_update(const SgdArgs& args, Stream&) {
  if (args.momentum == 0) {
    const PlainSgdStep step(args);
    for (std::int64_t i = 0; i < args.count; ++i) step(args.gradient[i], args.value[i]);
  } else {
    const MomentumSgdStep step(args);
    for (std::int64_t i = 0; i < args.count; ++i)
      step(args.gradient[i], args.value[i], args.velocity[i]);
  }
}

void adam_update(const AdamArgs& args, Stream&) {
  const AdamStep step(args);
  for (std::int64_t i = 0; i < args.count; ++i)
    step(args.gradient[i], args.value[i], args.first_moment[i], args.second_moment[i]);
}

void lamb_direction(const LambArgs& args, Stream&) {
  const LambStep step(args);
  const AdamArgs& adam = args.adam;
  for (std::int64_t i = 0; i < adam.count; ++i)
    args.direction[i] =
        step(adam.gradient[i], adam.value[i], adam.first_moment[i], adam.second_moment[i]);
}

}  // namespace dtrain::kernels::reference
