// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/cpu/affine.hpp"

#include <algorithm>

#include "kernels/cpu/functions.hpp"

namespace dtrain::kernels::cpu {

Affine::Affine(const Engine& engine, const AffinePrimitives& plan, Activation activation,
               const std::optional<Layout>& weight, const Dims& weight_dims)
    : engine_(engine),
      input_(argument_of(plan.forward, DNNL_ARG_SRC)),
      weight_(weight ? descriptor_of(*weight, weight_dims)
                     : argument_of(plan.forward, DNNL_ARG_WEIGHTS)),
      output_(argument_of(plan.forward, DNNL_ARG_DST)),
      activation_(activation) {
  DTRAIN_ASSERT(activation == Activation::none || activation == Activation::relu);
  std::size_t temporary = 0;
  const auto convert = [&](const Descriptor& from, const Descriptor& to) {
    Conversion conversion(engine_, from, to);
    temporary = std::max(temporary, conversion.scratch_bytes());
    if (conversion.is_needed())
      converted_bytes_ = std::max({converted_bytes_, from.get_size(), to.get_size()});
    return conversion;
  };
  const auto take = [&](const dnnl::primitive_desc& primitive,
                        std::initializer_list<int> arguments) {
    temporary = std::max(temporary, primitive.scratchpad_desc().get_size());
    return Primitive(engine_, primitive, arguments);
  };

  forward_ = take(plan.forward, {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS, DNNL_ARG_DST,
                                 DNNL_ARG_SCRATCHPAD});
  to_forward_ = convert(weight_, argument_of(plan.forward, DNNL_ARG_WEIGHTS));
  if (plan.backward_weights) {
    backward_weights_ =
        take(plan.backward_weights, {DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS,
                                     DNNL_ARG_DIFF_BIAS, DNNL_ARG_SCRATCHPAD});
    from_gradient_ = convert(argument_of(plan.backward_weights, DNNL_ARG_DIFF_WEIGHTS), weight_);
  }
  if (plan.backward_data) {
    backward_data_ = take(plan.backward_data, {DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS,
                                               DNNL_ARG_DIFF_SRC, DNNL_ARG_SCRATCHPAD});
    to_backward_ = convert(weight_, argument_of(plan.backward_data, DNNL_ARG_WEIGHTS));
  }
  WorkspacePlan workspace;
  workspace.add(temporary);
  converted_ = workspace.add(converted_bytes_);
}

void Affine::forward(const AffineOp::Forward& f) {
  const void* weight = convert(to_forward_, f.weight, f.scratch);
  forward_.run(engine_, {f.input, weight, f.bias, f.output, f.scratch});
}

void Affine::backward(const AffineOp::Backward& b, Stream& stream) {
  mask(b.output, b.output_gradient, stream);
  float* gradient = from_gradient_.is_needed() ? converted_weight(b.scratch) : b.weight_gradient;
  backward_weights_.run(engine_,
                        {b.input, b.output_gradient, gradient, b.bias_gradient, b.scratch});
  if (from_gradient_.is_needed())
    from_gradient_.run(engine_, gradient, b.weight_gradient, b.scratch);
  if (b.input_gradient == nullptr) return;
  const void* weight = convert(to_backward_, b.weight, b.scratch);
  backward_data_.run(engine_, {b.output_gradient, weight, b.input_gradient, b.scratch});
}

const void* Affine::convert(Conversion& conversion, const float* weight, void* scratch) {
  if (!conversion.is_needed()) return weight;
  conversion.run(engine_, weight, converted_weight(scratch), scratch);
  return converted_weight(scratch);
}

void Affine::mask(const float* output, float* output_gradient, Stream& stream) {
  if (activation_ == Activation::none) return;
  functions(best_instruction_set())
      .activation_backward(activation_,
                           static_cast<std::int64_t>(output_.get_size() / sizeof(float)), output,
                           output_gradient, output_gradient, stream);
}

}  // namespace dtrain::kernels::cpu
