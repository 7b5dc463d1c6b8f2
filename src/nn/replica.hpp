// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <map>
#include <memory>
#include <string>

#include "nn/network.hpp"
#include "tensor/parameter_arena.hpp"

namespace dtrain::nn {

/// Which of a step's passes through a rank's samples.
struct PassOfStep {
  int index = 0, count = 1;
  bool is_first() const { return index == 0; }
  bool is_last() const { return index + 1 == count; }
};

/// One rank's copy of the model: its parameters, and networks planned on demand for the batch sizes
/// that come up (a whole batch, a tail, evaluation), all on the same parameters and workspace.
class Replica {
 public:
  /// Parameter layouts are chosen for `nominal_batch`, which must be equal on all ranks. Initial
  /// values depend on (seed, parameter name, canonical index) alone. `model` and `backend` outlive
  /// it. `memory` and `gradient_addends`: for the arena, as ParameterArena takes them.
  Replica(const Model& model, const kernels::Backend& backend, std::int64_t nominal_batch,
          std::uint64_t seed, const tensor::ArenaMemory& memory = {}, int gradient_addends = 1);
  ~Replica();

  const Model& model() const { return model_; }
  const kernels::Backend& backend() const { return backend_; }
  /// As Network's.
  bool depends_on_step() const { return depends_on_step_; }
  tensor::ParameterArena& parameters() { return *arena_; }
  const tensor::ParameterArena& parameters() const { return *arena_; }

  /// Plans on first use. The network lives as long as the replica.
  Network& at_batch(std::int64_t batch, kernels::Pass pass);

  /// One pass over `input`, (batch, C, H, W) plain on the device: returns the (batch, classes) plain
  /// outputs, which live in the shared workspace until the next forward of any batch size. backward
  /// wants the forward of the same batch to be the last one, and `input` unchanged; it overwrites
  /// `output_gradient`, (batch, classes). With one gradient the first pass of a step overwrites
  /// gradients and the others add; with several addends, pass k overwrites addend k. In the last one
  /// `on_gradient_ready(end)` says how far from its start, in floats, the gradient arena is complete.
  /// Planning a new batch size may throw Error: not enough memory.
  const float* forward(std::int64_t batch, kernels::Pass pass, const float* input,
                       const StepContext&, kernels::Stream&,
                       const Network::LayerDone& on_layer_done = {});
  void backward(std::int64_t batch, float* output_gradient, const PassOfStep&, const StepContext&,
                kernels::Stream&, const std::function<void(std::int64_t end)>& on_gradient_ready);

  /// A step in which this rank has no sample: its gradients are zero.
  void zero_gradients(kernels::Stream&);
  /// After the allreduce: folds the summed observations into the statistics,
  /// statistic = 0.9 * statistic + 0.1 * observation, as PyTorch's default momentum 0.1.
  void update_statistics(kernels::Stream&);

  /// Canonical weights_hash of the contract.
  std::string weights_hash() const;

 private:
  const Model& model_;
  const kernels::Backend& backend_;
  bool depends_on_step_ = false;
  std::unique_ptr<tensor::ParameterArena> arena_;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dtrain::nn
