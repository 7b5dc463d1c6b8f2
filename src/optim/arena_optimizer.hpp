// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// What the optimizers share: the arena cut into runs, state arrays, clipping.

#include <memory>
#include <vector>

#include "optim/optimizer.hpp"

namespace dtrain::optim {

/// A contiguous part of the arena that one kernel call can update.
struct Run {
  Slice slice;
  bool decays = true;
};

class ArenaOptimizer : public Optimizer {
 public:
  std::vector<StateArray> state() override;

 protected:
  ArenaOptimizer(const OptimizerOptions& options, tensor::ParameterArena& arena,
                 const kernels::Backend& backend);

  /// Zeroed memory for one float per element of the arena, listed by state().
  float* add_state(const char* name);

  /// What one kernel call can update: the whole arena without weight decay, else neighbours that
  /// agree on it.
  const std::vector<Run>& runs() const { return runs_; }
  /// One run per trainable parameter, in the arena's order.
  const std::vector<Run>& parameter_runs() const { return parameter_runs_; }

  /// The part of `run` in `slice`; empty where end <= begin.
  static Slice common(const Run& run, Slice slice);

  /// sum of squares of the slice's gradient
  double gradient_norm_squared(Slice slice, kernels::Stream& stream) const;
  /// Squared norms of value and `direction` for each parameter's part in the slice, two per
  /// parameter.
  std::vector<double> norms_squared(Slice slice, const float* direction,
                                    kernels::Stream& stream) const;
  /// Factor that brings the gradient to at most the clip norm: min(1, clip / (norm + 1e-6)), as
  /// PyTorch's clip_grad_norm_.
  float clip_scale(double norm_squared) const;

  const OptimizerOptions options_;
  tensor::ParameterArena& arena_;
  const kernels::Backend& backend_;
  const kernels::KernelTable& table_;

 private:
  struct NamedState {
    const char* name;
    std::unique_ptr<kernels::Allocation> memory;
  };
  std::vector<Run> runs_, parameter_runs_;
  std::vector<NamedState> state_;
};

std::unique_ptr<Optimizer> make_sgd(const OptimizerOptions&, tensor::ParameterArena&,
                                    const kernels::Backend&);
/// Adam and AdamW.
std::unique_ptr<Optimizer> make_adam(const OptimizerOptions&, tensor::ParameterArena&,
                                     const kernels::Backend&);
std::unique_ptr<Optimizer> make_lars(const OptimizerOptions&, tensor::ParameterArena&,
                                     const kernels::Backend&);
std::unique_ptr<Optimizer> make_lamb(const OptimizerOptions&, tensor::ParameterArena&,
                                     const kernels::Backend&);

}  // namespace dtrain::optim
