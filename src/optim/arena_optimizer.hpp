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
  std::span<const Slice> owned() const override { return owned_; }
  std::int64_t state_bytes() const override;
  void set_gradient_scale(float scale) override { gradient_scale_ = scale; }

 protected:
  ArenaOptimizer(const OptimizerOptions& options, tensor::ParameterArena& arena,
                 const kernels::Backend& backend, std::vector<Slice> owned);

  /// Zeroed memory for one float per owned value, listed by state().
  float* add_state(const char* name);
  std::unique_ptr<kernels::Allocation> allocate_for_owned() const;
  /// Where such memory holds the floats of a slice of the arena, which must be owned; nowhere that
  /// of an empty slice. Null stays null.
  float* at(float* state, Slice slice) const;

  /// What one kernel call can update: the whole arena without weight decay, else neighbours that
  /// agree on it.
  const std::vector<Run>& runs() const { return runs_; }
  /// One run per trainable parameter, in the arena's order.
  const std::vector<Run>& parameter_runs() const { return parameter_runs_; }

  /// The part of `run` in `slice`; empty where end <= begin.
  static Slice common(const Run& run, Slice slice);

  /// sum of squares of the slice's gradient, scaled
  double gradient_norm_squared(Slice slice, kernels::Stream& stream) const;
  /// Squared norms of value and `direction` for each parameter's part in the slice, two per
  /// parameter. `direction`: of the slice's first value.
  std::vector<double> norms_squared(Slice slice, const float* direction,
                                    kernels::Stream& stream) const;
  /// Factor that brings the gradient to at most the clip norm: min(1, clip / (norm + 1e-6)), as
  /// PyTorch's clip_grad_norm_.
  float clip_scale(double norm_squared) const;

  const OptimizerOptions options_;
  tensor::ParameterArena& arena_;
  const kernels::Backend& backend_;
  const kernels::KernelTable& table_;
  float gradient_scale_ = 1;

 private:
  struct NamedState {
    const char* name;
    std::unique_ptr<kernels::Allocation> memory;
  };
  std::vector<Slice> owned_;
  std::vector<Run> runs_, parameter_runs_;
  std::vector<NamedState> state_;
};

using MakeOptimizer = std::unique_ptr<Optimizer>(const OptimizerOptions&, tensor::ParameterArena&,
                                                 const kernels::Backend&, std::vector<Slice> owned);
MakeOptimizer make_sgd;
MakeOptimizer make_adam;  ///< Adam and AdamW
MakeOptimizer make_lars;
MakeOptimizer make_lamb;

}  // namespace dtrain::optim
