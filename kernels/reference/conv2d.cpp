// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <algorithm>
#include <vector>

#include "kernels/reference/ops.hpp"

namespace dtrain::kernels::reference {
namespace {

class ReferenceConv2d final : public Conv2d {
 public:
  explicit ReferenceConv2d(const Conv2dSpec& spec) : spec_(spec) {
    input_layout_ = Layout::plain(spec.input_shape());
    output_layout_ = Layout::plain(spec.output_shape());
    weight_layout_ = Layout::plain(spec.weight_shape());
    DTRAIN_ASSERT(!spec.weight || *spec.weight == weight_layout_);
  }

  void forward(const Forward& args, Stream&) override {
    std::vector<double> sums(size(output_layout_));
    if (args.bias != nullptr)
      for (std::size_t y = 0; y < sums.size(); ++y) sums[y] = args.bias[channel_of(y)];
    for_each_product([&](std::int64_t x, std::int64_t w, std::int64_t y) {
      sums[y] += double{args.input[x]} * args.weight[w];
    });
    for (std::size_t y = 0; y < sums.size(); ++y)
      args.output[y] = activate(spec_.activation, static_cast<float>(sums[y]));
  }

  void backward(const Backward& args, Stream&) override {
    std::vector<double> input_sums(size(input_layout_)), weight_sums(size(weight_layout_)),
        bias_sums(static_cast<std::size_t>(spec_.out_channels));
    for (std::size_t y = 0; y < size(output_layout_); ++y) {
      if (spec_.activation != Activation::none)
        args.output_gradient[y] *= derivative(spec_.activation, args.output[y]);
      bias_sums[channel_of(y)] += args.output_gradient[y];
    }
    for_each_product([&](std::int64_t x, std::int64_t w, std::int64_t y) {
      input_sums[x] += double{args.weight[w]} * args.output_gradient[y];
      weight_sums[w] += double{args.input[x]} * args.output_gradient[y];
    });
    if (args.input_gradient != nullptr)
      std::copy(input_sums.begin(), input_sums.end(), args.input_gradient);
    if (args.weight_gradient != nullptr)
      std::copy(weight_sums.begin(), weight_sums.end(), args.weight_gradient);
    if (args.bias_gradient != nullptr)
      std::copy(bias_sums.begin(), bias_sums.end(), args.bias_gradient);
  }

 private:
  static std::size_t size(const Layout& layout) {
    return static_cast<std::size_t>(layout.shape().elements());
  }
  std::size_t channel_of(std::size_t y) const {
    const auto plane = static_cast<std::size_t>(spec_.out_height() * spec_.out_width());
    return y / plane % static_cast<std::size_t>(spec_.out_channels);
  }

  /// Calls visit(x, w, y) for every product input[x] * weight[w] that is a term of output[y].
  /// Forward and both gradients are sums over the same products.
  template <class Visit>
  void for_each_product(Visit visit) const {
    const Conv2dSpec& s = spec_;
    const std::int64_t group_in = s.in_channels / s.groups, group_out = s.out_channels / s.groups;
    std::int64_t y = 0;
    for (std::int64_t n = 0; n < s.batch; ++n)
      for (std::int64_t o = 0; o < s.out_channels; ++o)
        for (std::int64_t i = 0; i < s.out_height(); ++i)
          for (std::int64_t j = 0; j < s.out_width(); ++j, ++y)
            for (std::int64_t c = 0; c < group_in; ++c)
              for (std::int64_t u = 0; u < s.kernel_height; ++u)
                for (std::int64_t v = 0; v < s.kernel_width; ++v) {
                  const std::int64_t channel = o / group_out * group_in + c;
                  const std::int64_t row = i * s.stride_height - s.padding_height + u;
                  const std::int64_t column = j * s.stride_width - s.padding_width + v;
                  if (row < 0 || row >= s.in_height || column < 0 || column >= s.in_width) continue;
                  visit(((n * s.in_channels + channel) * s.in_height + row) * s.in_width + column,
                        ((o * group_in + c) * s.kernel_height + u) * s.kernel_width + v, y);
                }
  }

  Conv2dSpec spec_;
};

}  // namespace

std::unique_ptr<Conv2d> make_conv2d(Device&, const Conv2dSpec& spec) {
  return std::make_unique<ReferenceConv2d>(spec);
}

}  // namespace dtrain::kernels::reference
