// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// Adam (D. Kingma and J. Ba, 2015) and AdamW (I. Loshchilov and F. Hutter, 2019), with PyTorch's
// constants beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8:
//   g = gradient (+ weight_decay * w, Adam)
//   m = beta1 * m + (1 - beta1) * g;  v = beta2 * v + (1 - beta2) * g^2
//   w = w * (1 - lr * weight_decay)   (AdamW)
//   w = w - lr * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)

#include "optim/arena_optimizer.hpp"

namespace dtrain::optim {
namespace {

class Adam : public ArenaOptimizer {
 public:
  Adam(const OptimizerOptions& options, tensor::ParameterArena& arena,
       const kernels::Backend& backend, std::vector<Slice> owned)
      : ArenaOptimizer(options, arena, backend, std::move(owned)),
        first_moment_(add_state("first_moment")),
        second_moment_(add_state("second_moment")) {}

  std::vector<double> partial_norms(Slice slice, std::int64_t, kernels::Stream& stream) override {
    if (options_.clip_norm == 0.0f) return {};
    return {gradient_norm_squared(slice, stream)};
  }

  void update(Slice slice, std::span<const double> norms, float learning_rate, std::int64_t step,
              kernels::Stream& stream) override {
    kernels::AdamArgs args;
    args.learning_rate = learning_rate;
    args.decoupled_decay = options_.kind == OptimizerKind::adamw;
    args.step = step;
    args.gradient_scale = gradient_scale_ * (norms.empty() ? 1.0f : clip_scale(norms[0]));
    for (const Run& run : runs()) {
      const Slice part = common(run, slice);
      if (part.end <= part.begin) continue;
      args.count = part.end - part.begin;
      args.weight_decay = run.decays ? options_.weight_decay : 0.0f;
      args.value = arena_.values() + part.begin;
      args.gradient = arena_.gradients() + part.begin;
      args.first_moment = at(first_moment_, part);
      args.second_moment = at(second_moment_, part);
      table_.adam_update(args, stream);
    }
  }

 private:
  float *first_moment_, *second_moment_;
};

}  // namespace

std::unique_ptr<Optimizer> make_adam(const OptimizerOptions& options, tensor::ParameterArena& arena,
                                     const kernels::Backend& backend, std::vector<Slice> owned) {
  return std::make_unique<Adam>(options, arena, backend, std::move(owned));
}

}  // namespace dtrain::optim
