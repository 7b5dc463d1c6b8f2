// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// Stochastic gradient descent with momentum, as PyTorch's SGD (I. Sutskever et al., 2013, for
// Nesterov):
//   g = gradient + weight_decay * w;  v = momentum * v + g
//   w = w - lr * (nesterov ? g + momentum * v : v)

#include "optim/arena_optimizer.hpp"

namespace dtrain::optim {
namespace {

class Sgd : public ArenaOptimizer {
 public:
  Sgd(const OptimizerOptions& options, tensor::ParameterArena& arena,
      const kernels::Backend& backend, std::vector<Slice> owned)
      : ArenaOptimizer(options, arena, backend, std::move(owned)),
        velocity_(options.momentum != 0.0f ? add_state("momentum") : nullptr) {}

  std::vector<double> partial_norms(Slice slice, std::int64_t, kernels::Stream& stream) override {
    if (options_.clip_norm == 0.0f) return {};
    return {gradient_norm_squared(slice, stream)};
  }

  void update(Slice slice, std::span<const double> norms, float learning_rate, std::int64_t,
              kernels::Stream& stream) override {
    kernels::SgdArgs args;
    args.learning_rate = learning_rate;
    args.momentum = options_.momentum;
    args.nesterov = options_.nesterov;
    args.gradient_scale = gradient_scale_ * (norms.empty() ? 1.0f : clip_scale(norms[0]));
    for (const Run& run : runs()) {
      const Slice part = common(run, slice);
      if (part.end <= part.begin) continue;
      args.count = part.end - part.begin;
      args.weight_decay = run.decays ? options_.weight_decay : 0.0f;
      args.value = arena_.values() + part.begin;
      args.gradient = arena_.gradients() + part.begin;
      args.velocity = at(velocity_, part);
      table_.sgd_update(args, stream);
    }
  }

 private:
  float* velocity_;
};

}  // namespace

std::unique_ptr<Optimizer> make_sgd(const OptimizerOptions& options, tensor::ParameterArena& arena,
                                    const kernels::Backend& backend, std::vector<Slice> owned) {
  return std::make_unique<Sgd>(options, arena, backend, std::move(owned));
}

}  // namespace dtrain::optim
