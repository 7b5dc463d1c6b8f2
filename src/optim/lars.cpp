// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// LARS (Y. You, I. Gitman and B. Ginsburg, "Large batch training of convolutional networks", 2017,
// algorithm 1), with beta the weight decay and eta = 0.001 the trust coefficient, per parameter:
//   trust = eta * |w| / (|g| + beta * |w|)
//   v = momentum * v + lr * trust * (g + beta * w)
//   w = w - v
// Biases and batch norm (decays == false), and a parameter or gradient that is 0: trust = 1, and
// beta = 0 for the former.

#include <cmath>

#include "optim/arena_optimizer.hpp"

namespace dtrain::optim {
namespace {

constexpr double trust_coefficient = 0.001;

class Lars : public ArenaOptimizer {
 public:
  Lars(const OptimizerOptions& options, tensor::ParameterArena& arena,
       const kernels::Backend& backend, std::vector<Slice> owned)
      : ArenaOptimizer(options, arena, backend, std::move(owned)),
        velocity_(options.momentum != 0.0f ? add_state("momentum") : nullptr) {}

  /// |w|^2 and |g|^2 of each parameter, then |g|^2 of all for clipping.
  std::vector<double> partial_norms(Slice slice, std::int64_t, kernels::Stream& stream) override {
    std::vector<double> norms = norms_squared(slice, arena_.gradients() + slice.begin, stream);
    norms.push_back(options_.clip_norm == 0.0f ? 0.0 : gradient_norm_squared(slice, stream));
    return norms;
  }

  void update(Slice slice, std::span<const double> norms, float learning_rate, std::int64_t,
              kernels::Stream& stream) override {
    const float scale = gradient_scale_ * clip_scale(norms.back());
    for (std::size_t i = 0; i < parameter_runs().size(); ++i) {
      const Run& run = parameter_runs()[i];
      const Slice part = common(run, slice);
      if (part.end <= part.begin) continue;
      const float weight_decay = run.decays ? options_.weight_decay : 0.0f;
      // The rate belongs inside the momentum: SGD's kernel with a rate of 1.
      const float rate = learning_rate * trust(run, norms[2 * i], norms[2 * i + 1], scale);
      kernels::SgdArgs args;
      args.count = part.end - part.begin;
      args.learning_rate = 1.0f;
      args.momentum = options_.momentum;
      args.nesterov = options_.nesterov;
      args.gradient_scale = rate * scale;
      args.weight_decay = rate * weight_decay;
      args.value = arena_.values() + part.begin;
      args.gradient = arena_.gradients() + part.begin;
      args.velocity = at(velocity_, part);
      table_.sgd_update(args, stream);
    }
  }

 private:
  /// `gradient_squared`: of the gradient as it is in the arena, which `scale` multiplies.
  float trust(const Run& run, double value_squared, double gradient_squared, float scale) const {
    if (!run.decays || value_squared == 0.0 || gradient_squared == 0.0) return 1.0f;
    const double value = std::sqrt(value_squared);
    const double gradient = static_cast<double>(scale) * std::sqrt(gradient_squared);
    return static_cast<float>(trust_coefficient * value /
                              (gradient + static_cast<double>(options_.weight_decay) * value));
  }

  float* velocity_;
};

}  // namespace

std::unique_ptr<Optimizer> make_lars(const OptimizerOptions& options, tensor::ParameterArena& arena,
                                     const kernels::Backend& backend, std::vector<Slice> owned) {
  return std::make_unique<Lars>(options, arena, backend, std::move(owned));
}

}  // namespace dtrain::optim
