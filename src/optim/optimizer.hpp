// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// optim: parameter updates over the arena and learning rate schedules.
//
// An Optimizer never communicates. LARS, LAMB and clipping need norms that may span ranks (sharded
// optimizer state), so it gives partial_norms(slice), the caller sums them, and update(slice,
// norms) takes the sums.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tensor/parameter_arena.hpp"

namespace dtrain::optim {

enum class OptimizerKind { sgd, adam, adamw, lars, lamb };

struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::sgd;
  float momentum = 0.9f;
  bool nesterov = false;
  float weight_decay = 0.0f;
  float clip_norm = 0.0f;  ///< global L2 norm of the gradient; 0: no clipping
  bool operator==(const OptimizerOptions&) const = default;
};

/// Throws UsageError listing the names.
OptimizerKind parse_optimizer(const std::string& name);
std::string to_string(OptimizerKind);

/// A slice of the arena's trainable part, in floats.
struct Slice {
  std::int64_t begin = 0, end = 0;
};

/// A named array of state: one float for each of the values that the optimizer owns, slice after
/// slice.
struct StateArray {
  std::string name;  ///< "momentum", "first_moment"
  float* data;
};

class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// What gradients are multiplied with before anything else is done with them, norms included: 1
  /// until it is set. With a scaled loss 1 / its scale.
  virtual void set_gradient_scale(float scale) = 0;
  /// Squared norms that update() wants summed over all slices: empty when it needs none, else as
  /// many for any slice, also an empty one. Call after the gradient is complete. LAMB computes its
  /// directions here.
  virtual std::vector<double> partial_norms(Slice slice, std::int64_t step, kernels::Stream&) = 0;
  /// One update of the slice at `learning_rate`. `step` counts from 1.
  virtual void update(Slice slice, std::span<const double> norms, float learning_rate,
                      std::int64_t step, kernels::Stream&) = 0;
  /// For checkpoints: per-element state.
  virtual std::vector<StateArray> state() = 0;
  /// The slices that it keeps state for and updates: the arena's trainable part, or this rank's
  /// share of it.
  virtual std::span<const Slice> owned() const = 0;
  /// Memory that it holds between steps.
  virtual std::int64_t state_bytes() const = 0;
};

/// `arena` and `backend` outlive the optimizer. Weight decay and trust ratios skip parameters whose
/// spec says decays == false. `owned`: what it will be asked to update, ascending; other ranks own
/// the rest.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions&, tensor::ParameterArena& arena,
                                          const kernels::Backend& backend,
                                          std::vector<Slice> owned);
/// Owns everything that is trainable.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions&, tensor::ParameterArena& arena,
                                          const kernels::Backend& backend);

}  // namespace dtrain::optim
