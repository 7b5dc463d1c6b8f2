// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// LAMB (Y. You et al., "Large batch optimization for deep learning: training BERT in 76 minutes",
// 2020, algorithm 2), with Adam's moments m and v, epsilon = 1e-6 and phi the identity, per
// parameter:
//   r = m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon) + weight_decay * w
//   w = w - lr * |w| / |r| * r
// Biases and batch norm (decays == false), and where |w| or |r| is 0: the ratio is 1, and
// weight_decay 0 for the former.

#include <cmath>

#include "optim/arena_optimizer.hpp"

namespace dtrain::optim {
namespace {

class Lamb : public ArenaOptimizer {
 public:
  Lamb(const OptimizerOptions& options, tensor::ParameterArena& arena,
       const kernels::Backend& backend, std::vector<Slice> owned)
      : ArenaOptimizer(options, arena, backend, std::move(owned)),
        first_moment_(add_state("first_moment")),
        second_moment_(add_state("second_moment")),
        direction_(allocate_for_owned()) {}

  /// Moves the moments on, computes r, and gives |w|^2 and |r|^2 of each parameter.
  std::vector<double> partial_norms(Slice slice, std::int64_t step,
                                    kernels::Stream& stream) override {
    kernels::LambArgs args;
    args.adam.epsilon = 1e-6f;
    args.adam.step = step;
    args.adam.gradient_scale = gradient_scale_;
    for (const Run& run : runs()) {
      const Slice part = common(run, slice);
      if (part.end <= part.begin) continue;
      args.adam.count = part.end - part.begin;
      args.adam.weight_decay = run.decays ? options_.weight_decay : 0.0f;
      args.adam.value = arena_.values() + part.begin;
      args.adam.gradient = arena_.gradients() + part.begin;
      args.adam.first_moment = at(first_moment_, part);
      args.adam.second_moment = at(second_moment_, part);
      args.direction = at(direction_->floats(), part);
      table_.lamb_direction(args, stream);
    }
    return norms_squared(slice, at(direction_->floats(), slice), stream);
  }

  void update(Slice slice, std::span<const double> norms, float learning_rate, std::int64_t,
              kernels::Stream& stream) override {
    for (std::size_t i = 0; i < parameter_runs().size(); ++i) {
      const Run& run = parameter_runs()[i];
      const Slice part = common(run, slice);
      if (part.end <= part.begin) continue;
      const double value = norms[2 * i], direction = norms[2 * i + 1];
      const double ratio =
          run.decays && value > 0.0 && direction > 0.0 ? std::sqrt(value / direction) : 1.0;
      table_.add_scaled(part.end - part.begin, -learning_rate * static_cast<float>(ratio),
                        at(direction_->floats(), part), arena_.values() + part.begin, stream);
    }
  }

 private:
  float *first_moment_, *second_moment_;
  std::unique_ptr<kernels::Allocation> direction_;
};

}  // namespace

std::unique_ptr<Optimizer> make_lamb(const OptimizerOptions& options, tensor::ParameterArena& arena,
                                     const kernels::Backend& backend, std::vector<Slice> owned) {
  return std::make_unique<Lamb>(options, arena, backend, std::move(owned));
}

}  // namespace dtrain::optim
