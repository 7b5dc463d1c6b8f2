// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "optim/optimizer.hpp"

#include <fmt/ranges.h>

#include "base/error.hpp"
#include "optim/arena_optimizer.hpp"

namespace dtrain::optim {
namespace {

struct OptimizerRow {
  const char* name;
  OptimizerKind kind;
  MakeOptimizer* make;
  bool has_momentum;  ///< momentum and Nesterov
  bool clips;
};

constexpr OptimizerRow table[] = {
    {"sgd", OptimizerKind::sgd, make_sgd, true, true},
    {"adam", OptimizerKind::adam, make_adam, false, true},
    {"adamw", OptimizerKind::adamw, make_adam, false, true},
    {"lars", OptimizerKind::lars, make_lars, true, true},
    {"lamb", OptimizerKind::lamb, make_lamb, false, false},
};

const OptimizerRow& row(OptimizerKind kind) {
  for (const OptimizerRow& entry : table)
    if (entry.kind == kind) return entry;
  DTRAIN_ASSERT(false);
  return table[0];
}

void check(const OptimizerRow& optimizer, const OptimizerOptions& options) {
  if (options.nesterov && !optimizer.has_momentum)
    throw UsageError(fmt::format("--nesterov is for sgd and lars, not for {}", optimizer.name));
  if (options.nesterov && options.momentum == 0.0f)
    throw UsageError("--nesterov needs a --momentum above 0");
  if (options.clip_norm != 0.0f && !optimizer.clips)
    throw UsageError(
        fmt::format("--clip-norm does not go with {}, which scales each layer's update itself",
                    optimizer.name));
  if (!(options.momentum >= 0.0f && options.momentum < 1.0f))
    throw UsageError(
        fmt::format("--momentum is {}; it must be from 0 to below 1", options.momentum));
  if (!(options.weight_decay >= 0.0f) || !(options.clip_norm >= 0.0f))
    throw UsageError("--weight-decay and --clip-norm must not be negative");
}

}  // namespace

OptimizerKind parse_optimizer(const std::string& name) {
  std::vector<std::string_view> known;
  for (const OptimizerRow& entry : table) {
    if (name == entry.name) return entry.kind;
    known.emplace_back(entry.name);
  }
  throw UsageError(
      fmt::format("there is no optimizer '{}'; choose one of {}", name, fmt::join(known, ", ")));
}

std::string to_string(OptimizerKind kind) {
  return row(kind).name;
}

std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options,
                                          tensor::ParameterArena& arena,
                                          const kernels::Backend& backend,
                                          std::vector<Slice> owned) {
  const OptimizerRow& optimizer = row(options.kind);
  check(optimizer, options);
  return optimizer.make(options, arena, backend, std::move(owned));
}

std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options,
                                          tensor::ParameterArena& arena,
                                          const kernels::Backend& backend) {
  return make_optimizer(options, arena, backend, {{0, arena.trainable_floats()}});
}

}  // namespace dtrain::optim
