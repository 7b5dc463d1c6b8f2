// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <algorithm>
#include <vector>

#include "kernels/reference/ops.hpp"

namespace dtrain::kernels::reference {
namespace {

class ReferenceLinear final : public Linear {
 public:
  explicit ReferenceLinear(const LinearSpec& spec) : spec_(spec) {
    input_layout_ = Layout::plain(spec.input_shape.with_batch(spec.batch));
    output_layout_ = Layout::plain({spec.batch, spec.out_features});
    weight_layout_ = Layout::plain(spec.weight_shape());
    DTRAIN_ASSERT(!spec.weight || *spec.weight == weight_layout_);
  }

  void forward(const Forward& args, Stream&) override {
    const std::int64_t in = spec_.in_features(), out = spec_.out_features;
    for (std::int64_t n = 0; n < spec_.batch; ++n)
      for (std::int64_t o = 0; o < out; ++o) {
        double sum = args.bias != nullptr ? args.bias[o] : 0.0;
        for (std::int64_t k = 0; k < in; ++k)
          sum += double{args.weight[o * in + k]} * args.input[n * in + k];
        args.output[n * out + o] = activate(spec_.activation, static_cast<float>(sum));
      }
  }

  void backward(const Backward& args, Stream&) override {
    const std::int64_t in = spec_.in_features(), out = spec_.out_features;
    std::vector<double> weight_sums(static_cast<std::size_t>(out * in));
    std::vector<double> bias_sums(static_cast<std::size_t>(out));
    for (std::int64_t n = 0; n < spec_.batch; ++n) {
      std::vector<double> input_sums(static_cast<std::size_t>(in));
      for (std::int64_t o = 0; o < out; ++o) {
        float& gradient = args.output_gradient[n * out + o];
        if (spec_.activation != Activation::none)
          gradient *= derivative(spec_.activation, args.output[n * out + o]);
        bias_sums[o] += gradient;
        for (std::int64_t k = 0; k < in; ++k) {
          input_sums[k] += double{args.weight[o * in + k]} * gradient;
          weight_sums[o * in + k] += double{args.input[n * in + k]} * gradient;
        }
      }
      if (args.input_gradient != nullptr)
        std::copy(input_sums.begin(), input_sums.end(), args.input_gradient + n * in);
    }
    if (args.weight_gradient != nullptr)
      std::copy(weight_sums.begin(), weight_sums.end(), args.weight_gradient);
    if (args.bias_gradient != nullptr)
      std::copy(bias_sums.begin(), bias_sums.end(), args.bias_gradient);
  }

 private:
  LinearSpec spec_;
};

}  // namespace

std::unique_ptr<Linear> make_linear(Device&, const LinearSpec& spec) {
  return std::make_unique<ReferenceLinear>(spec);
}

}  // namespace dtrain::kernels::reference
