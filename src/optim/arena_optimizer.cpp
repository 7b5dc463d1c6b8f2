// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "optim/arena_optimizer.hpp"

#include <algorithm>
#include <cmath>

namespace dtrain::optim {

using tensor::Parameter;
using tensor::ParameterRole;

ArenaOptimizer::ArenaOptimizer(const OptimizerOptions& options, tensor::ParameterArena& arena,
                               const kernels::Backend& backend)
    : options_(options), arena_(arena), backend_(backend), table_(*backend.kernels) {
  for (const Parameter& parameter : arena.parameters())
    if (parameter.spec.role == ParameterRole::trainable)
      parameter_runs_.push_back(
          {{parameter.offset, parameter.offset + parameter.floats()}, parameter.spec.decays});
  std::ranges::sort(parameter_runs_, {}, [](const Run& run) { return run.slice.begin; });

  // The gaps between parameters are zero and stay zero under every update.
  for (const Run& run : parameter_runs_) {
    const bool joins =
        !runs_.empty() && (options.weight_decay == 0.0f || runs_.back().decays == run.decays);
    if (!joins) runs_.push_back({{run.slice.begin, 0}, run.decays});
    runs_.back().slice.end = run.slice.end;
  }
}

std::vector<StateArray> ArenaOptimizer::state() {
  std::vector<StateArray> arrays;
  for (const NamedState& state : state_) arrays.push_back({state.name, state.memory->floats()});
  return arrays;
}

float* ArenaOptimizer::add_state(const char* name) {
  const auto bytes = static_cast<std::size_t>(arena_.trainable_floats()) * sizeof(float);
  state_.push_back({name, backend_.device->allocate(bytes)});
  return state_.back().memory->floats();
}

Slice ArenaOptimizer::common(const Run& run, Slice slice) {
  return {std::max(run.slice.begin, slice.begin), std::min(run.slice.end, slice.end)};
}

double ArenaOptimizer::gradient_norm_squared(Slice slice, kernels::Stream& stream) const {
  return table_.sum_of_squares(slice.end - slice.begin, arena_.gradients() + slice.begin, stream);
}

std::vector<double> ArenaOptimizer::norms_squared(Slice slice, const float* direction,
                                                  kernels::Stream& stream) const {
  std::vector<double> norms;
  for (const Run& run : parameter_runs_) {
    const Slice part = common(run, slice);
    const std::int64_t count = std::max<std::int64_t>(part.end - part.begin, 0);
    // Parameters without a trust ratio need no norms.
    const bool is_needed = run.decays && count > 0;
    norms.push_back(is_needed ? table_.sum_of_squares(count, arena_.values() + part.begin, stream)
                              : 0.0);
    norms.push_back(is_needed ? table_.sum_of_squares(count, direction + part.begin, stream) : 0.0);
  }
  return norms;
}

float ArenaOptimizer::clip_scale(double norm_squared) const {
  if (options_.clip_norm == 0.0f) return 1.0f;
  return static_cast<float>(
      std::min(1.0, static_cast<double>(options_.clip_norm) / (std::sqrt(norm_squared) + 1e-6)));
}

}  // namespace dtrain::optim
