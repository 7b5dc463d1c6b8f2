// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
// One launch per update; each element of each array is read and written once. The functors are the
// reference's (kernels/functors.hpp), compiled without contraction: the same bits as on the CPU.

#include "kernels/cuda/map.cuh"
#include "kernels/cuda/ops.hpp"
#include "kernels/functors.hpp"

namespace dtrain::kernels::cuda {
namespace {

struct LambElement {
  LambStep step;
  DTRAIN_FUNCTOR void operator()(float gradient, float value, float& m, float& v,
                                 float& direction) const {
    direction = step(gradient, value, m, v);
  }
};

}  // namespace

void sgd_update(const SgdArgs& args, Stream& stream) {
  if (args.momentum == 0)
    map(stream, args.count, PlainSgdStep(args), In<float>{args.gradient}, InOut<float>{args.value});
  else
    map(stream, args.count, MomentumSgdStep(args), In<float>{args.gradient},
        InOut<float>{args.value}, InOut<float>{args.velocity});
}

void adam_update(const AdamArgs& args, Stream& stream) {
  map(stream, args.count, AdamStep(args), In<float>{args.gradient}, InOut<float>{args.value},
      InOut<float>{args.first_moment}, InOut<float>{args.second_moment});
}

void lamb_direction(const LambArgs& args, Stream& stream) {
  const AdamArgs& adam = args.adam;
  map(stream, adam.count, LambElement{LambStep(args)}, In<float>{adam.gradient},
      In<float>{adam.value}, InOut<float>{adam.first_moment}, InOut<float>{adam.second_moment},
      Out<float>{args.direction});
}

}  // namespace dtrain::kernels::cuda
