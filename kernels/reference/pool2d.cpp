// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/reference/ops.hpp"

namespace dtrain::kernels::reference {
namespace {

/// `saved` holds, for each output of a max pool, the index of its maximum in the input (int64).
class ReferencePool2d final : public Pool2d {
 public:
  explicit ReferencePool2d(const Pool2dSpec& spec) : spec_(spec) {
    // Else a window could lie in the padding alone.
    DTRAIN_ASSERT(spec.padding_height < spec.window_height);
    DTRAIN_ASSERT(spec.padding_width < spec.window_width);
    input_layout_ = Layout::plain(spec.input_shape());
    output_layout_ = Layout::plain(spec.output_shape());
    if (spec.kind == PoolKind::max && spec.pass == Pass::training)
      saved_bytes_ =
          static_cast<std::size_t>(spec.output_shape().elements()) * sizeof(std::int64_t);
  }

  void forward(const float* input, float* output, void* saved, Stream&) override {
    for_each_window([&](std::int64_t y, const std::vector<std::int64_t>& window) {
      if (spec_.kind == PoolKind::average) {
        double sum = 0;
        for (std::int64_t x : window) sum += input[x];
        output[y] = static_cast<float>(sum / static_cast<double>(window.size()));
      } else {
        std::int64_t best = window.front();
        for (std::int64_t x : window)
          if (input[x] > input[best] || (std::isnan(input[x]) && !std::isnan(input[best])))
            best = x;
        output[y] = input[best];
        if (spec_.pass == Pass::training) static_cast<std::int64_t*>(saved)[y] = best;
      }
      output[y] = activate(spec_.activation, output[y]);
    });
  }

  void backward(const float* output, const float* output_gradient, float* input_gradient,
                const void* saved, Stream&) override {
    std::vector<double> sums(static_cast<std::size_t>(input_layout_.shape().elements()));
    for_each_window([&](std::int64_t y, const std::vector<std::int64_t>& window) {
      float gradient = output_gradient[y];
      if (spec_.activation != Activation::none) gradient *= derivative(spec_.activation, output[y]);
      if (spec_.kind == PoolKind::average)
        for (std::int64_t x : window) sums[x] += gradient / static_cast<double>(window.size());
      else
        sums[static_cast<const std::int64_t*>(saved)[y]] += gradient;
    });
    std::copy(sums.begin(), sums.end(), input_gradient);
  }

 private:
  /// Calls visit(y, window) for every output y; `window`: the indices of its inputs inside the
  /// image, row-major.
  template <class Visit>
  void for_each_window(Visit visit) const {
    const Pool2dSpec& s = spec_;
    std::vector<std::int64_t> window;
    std::int64_t y = 0;
    for (std::int64_t plane = 0; plane < s.batch * s.channels; ++plane)
      for (std::int64_t i = 0; i < s.out_height(); ++i)
        for (std::int64_t j = 0; j < s.out_width(); ++j, ++y) {
          window.clear();
          for (std::int64_t u = 0; u < s.window_height; ++u)
            for (std::int64_t v = 0; v < s.window_width; ++v) {
              const std::int64_t row = i * s.stride_height - s.padding_height + u;
              const std::int64_t column = j * s.stride_width - s.padding_width + v;
              if (row >= 0 && row < s.in_height && column >= 0 && column < s.in_width)
                window.push_back((plane * s.in_height + row) * s.in_width + column);
            }
          visit(y, window);
        }
  }

  Pool2dSpec spec_;
};

}  // namespace

std::unique_ptr<Pool2d> make_pool2d(Device&, const Pool2dSpec& spec) {
  return std::make_unique<ReferencePool2d>(spec);
}

}  // namespace dtrain::kernels::reference
