// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "optim/arena_optimizer.hpp"

#include <algorithm>
#include <cmath>

#include "base/assert.hpp"

namespace dtrain::optim {

using tensor::Parameter;
using tensor::ParameterRole;

ArenaOptimizer::ArenaOptimizer(const OptimizerOptions& options, tensor::ParameterArena& arena,
                               const kernels::Backend& backend, std::vector<Slice> owned)
    : options_(options),
      arena_(arena),
      backend_(backend),
      table_(*backend.kernels),
      owned_(std::move(owned)) {
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

std::int64_t ArenaOptimizer::state_bytes() const {
  std::int64_t bytes = 0;
  for (const NamedState& state : state_) bytes += static_cast<std::int64_t>(state.memory->bytes());
  return bytes;
}

float* ArenaOptimizer::add_state(const char* name) {
  state_.push_back({name, allocate_for_owned()});
  return state_.back().memory->floats();
}

std::unique_ptr<kernels::Allocation> ArenaOptimizer::allocate_for_owned() const {
  std::int64_t floats = 0;
  for (const Slice& slice : owned_) floats += slice.end - slice.begin;
  return backend_.device->allocate(static_cast<std::size_t>(floats) * sizeof(float));
}

float* ArenaOptimizer::at(float* state, Slice slice) const {
  if (state == nullptr || slice.begin >= slice.end) return nullptr;
  for (const Slice& mine : owned_) {
    if (slice.begin >= mine.begin && slice.end <= mine.end)
      return state + (slice.begin - mine.begin);
    state += mine.end - mine.begin;
  }
  DTRAIN_ASSERT(false);
  return nullptr;
}

Slice ArenaOptimizer::common(const Run& run, Slice slice) {
  return {std::max(run.slice.begin, slice.begin), std::min(run.slice.end, slice.end)};
}

double ArenaOptimizer::gradient_norm_squared(Slice slice, kernels::Stream& stream) const {
  const auto scale = static_cast<double>(gradient_scale_);
  return scale * scale *
         table_.sum_of_squares(slice.end - slice.begin, arena_.gradients() + slice.begin, stream);
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
    norms.push_back(
        is_needed ? table_.sum_of_squares(count, direction + (part.begin - slice.begin), stream)
                  : 0.0);
  }
  return norms;
}

float ArenaOptimizer::clip_scale(double norm_squared) const {
  if (options_.clip_norm == 0.0f) return 1.0f;
  return static_cast<float>(
      std::min(1.0, static_cast<double>(options_.clip_norm) / (std::sqrt(norm_squared) + 1e-6)));
}

}  // namespace dtrain::optim
