// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <algorithm>
#include <cmath>

#include "kernels/reference/ops.hpp"

namespace dtrain::kernels::reference {
namespace {

class ReferenceBatchNorm final : public BatchNorm {
 public:
  explicit ReferenceBatchNorm(const BatchNormSpec& spec)
      : spec_(spec), plane_(spec.height * spec.width) {
    input_layout_ = output_layout_ = Layout::plain(spec.shape());
    if (spec.pass == Pass::training)
      saved_bytes_ = 2 * static_cast<std::size_t>(spec.channels) * sizeof(float);
  }

  void forward(const Forward& args, Stream&) override {
    for (std::int64_t c = 0; c < spec_.channels; ++c) {
      double mean, biased_variance;
      if (spec_.pass == Pass::training) {
        double sum = 0, squares = 0;
        for_channel(c, [&](std::int64_t i) { sum += args.input[i]; });
        mean = sum / count();
        for_channel(c, [&](std::int64_t i) { squares += square(args.input[i] - mean); });
        biased_variance = squares / count();
        args.mean[c] = static_cast<float>(mean);
        args.variance[c] = static_cast<float>(squares / std::max(count() - 1, 1.0));
      } else {
        mean = args.mean[c];
        biased_variance = args.variance[c];
      }
      const double inverse_deviation = 1.0 / std::sqrt(biased_variance + spec_.epsilon);
      if (spec_.pass == Pass::training) {
        auto* saved = static_cast<float*>(args.saved);
        saved[2 * c] = static_cast<float>(mean);
        saved[2 * c + 1] = static_cast<float>(inverse_deviation);
      }
      for_channel(c, [&](std::int64_t i) {
        const double normal = (args.input[i] - mean) * inverse_deviation;
        args.output[i] =
            activate(spec_.activation, static_cast<float>(args.gamma[c] * normal + args.beta[c]));
      });
    }
  }

  /// dx = gamma / deviation * (dy - mean(dy) - normal * mean(dy * normal))
  void backward(const Backward& args, Stream&) override {
    for (std::int64_t c = 0; c < spec_.channels; ++c) {
      const auto* saved = static_cast<const float*>(args.saved);
      const double mean = saved[2 * c], inverse_deviation = saved[2 * c + 1];
      const auto normal = [&](std::int64_t i) {
        return (args.input[i] - mean) * inverse_deviation;
      };

      double sum = 0, sum_normal = 0;
      for_channel(c, [&](std::int64_t i) {
        if (spec_.activation != Activation::none)
          args.output_gradient[i] *= derivative(spec_.activation, args.output[i]);
        sum += args.output_gradient[i];
        sum_normal += args.output_gradient[i] * normal(i);
      });
      args.beta_gradient[c] = static_cast<float>(sum);
      args.gamma_gradient[c] = static_cast<float>(sum_normal);
      if (args.input_gradient == nullptr) continue;
      for_channel(c, [&](std::int64_t i) {
        const double centred =
            args.output_gradient[i] - sum / count() - normal(i) * sum_normal / count();
        args.input_gradient[i] = static_cast<float>(args.gamma[c] * inverse_deviation * centred);
      });
    }
  }

 private:
  static double square(double x) { return x * x; }
  /// Elements of one channel.
  double count() const { return static_cast<double>(spec_.batch * plane_); }

  /// Calls visit(index) for every element of channel c.
  template <class Visit>
  void for_channel(std::int64_t c, Visit visit) const {
    for (std::int64_t n = 0; n < spec_.batch; ++n)
      for (std::int64_t i = 0; i < plane_; ++i) visit((n * spec_.channels + c) * plane_ + i);
  }

  BatchNormSpec spec_;
  std::int64_t plane_;
};

}  // namespace

std::unique_ptr<BatchNorm> make_batch_norm(Device&, const BatchNormSpec& spec) {
  return std::make_unique<ReferenceBatchNorm>(spec);
}

}  // namespace dtrain::kernels::reference
