// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/checkpoint.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/error.hpp"
#include "base/hash.hpp"

// Between a checkpoint in memory and the live replica and optimizer; checkpoint_file.cpp knows the
// file.

namespace dtrain::train {
namespace {

using tensor::Parameter;
using tensor::ParameterArena;
using tensor::ParameterRole;

NamedArray to_named(const ParameterArena& arena, const Parameter& parameter, const float* array) {
  return {parameter.spec.name, parameter.spec.shape, arena.to_canonical(parameter, array)};
}

const NamedArray& find_array(const std::vector<NamedArray>& arrays, const Parameter& parameter,
                             const std::string& what, const std::string& origin) {
  const auto& spec = parameter.spec;
  const auto it = std::ranges::find(arrays, spec.name, &NamedArray::name);
  if (it == arrays.end())
    throw InputError(
        fmt::format("{} has no {} '{}', which the model has.", origin, what, spec.name));
  if (it->shape != spec.shape)
    throw InputError(fmt::format("{}: {} '{}' is {}, the model's is {}.", origin, what, spec.name,
                                 it->shape.to_string(), spec.shape.to_string()));
  return *it;
}

/// Names an array that the model does not have.
void check_no_surplus(const std::vector<NamedArray>& arrays, std::span<const Parameter> parameters,
                      const std::string& what, const std::string& origin) {
  for (const NamedArray& array : arrays)
    if (std::ranges::none_of(parameters,
                             [&](const Parameter& p) { return p.spec.name == array.name; }))
      throw InputError(
          fmt::format("{} has {} '{}', which the model has not.", origin, what, array.name));
}

}  // namespace

Checkpoint capture(nn::Replica& replica, std::span<const WholeState> states,
                   const Progress& progress, const DataFacts& data) {
  ParameterArena& arena = replica.parameters();
  Checkpoint checkpoint;
  checkpoint.progress = progress;
  checkpoint.data = data;
  checkpoint.model_name = replica.model().name();
  checkpoint.model_text = replica.model().text();
  for (const Parameter& parameter : arena.parameters()) {
    auto& section = parameter.spec.role == ParameterRole::trainable ? checkpoint.parameters
                                                                    : checkpoint.buffers;
    section.push_back(to_named(arena, parameter, arena.values()));
  }
  for (const WholeState& state : states) {
    auto& arrays = checkpoint.optimizer.emplace_back(state.name, std::vector<NamedArray>()).second;
    for (const Parameter& parameter : arena.parameters())
      if (parameter.spec.role == ParameterRole::trainable)
        arrays.push_back(to_named(arena, parameter, state.array->floats()));
  }
  return checkpoint;
}

void restore(const Checkpoint& checkpoint, nn::Replica& replica, optim::Optimizer* optimizer) {
  ParameterArena& arena = replica.parameters();
  const std::string& origin = checkpoint.origin;
  check_no_surplus(checkpoint.parameters, arena.parameters(), "a parameter", origin);
  check_no_surplus(checkpoint.buffers, arena.parameters(), "a buffer", origin);
  for (const Parameter& parameter : arena.parameters()) {
    const bool trainable = parameter.spec.role == ParameterRole::trainable;
    const NamedArray& array = find_array(trainable ? checkpoint.parameters : checkpoint.buffers,
                                         parameter, trainable ? "parameter" : "buffer", origin);
    if (!std::ranges::all_of(array.data, [](float value) { return std::isfinite(value); }))
      throw InputError(fmt::format("{}: '{}' has values that are no finite numbers.", origin,
                                   parameter.spec.name));
    arena.from_canonical(parameter, array.data, arena.values());
  }
  if (optimizer == nullptr) return;

  for (const optim::StateArray& state : optimizer->state()) {
    const auto it = std::ranges::find(checkpoint.optimizer, state.name,
                                      [](const auto& entry) { return entry.first; });
    if (it == checkpoint.optimizer.end())
      throw InputError(fmt::format("{} has no optimizer state '{}'.", origin, state.name));
    WholeState whole = empty_state(state.name, replica);
    for (const Parameter& parameter : arena.parameters())
      if (parameter.spec.role == ParameterRole::trainable)
        arena.from_canonical(parameter,
                             find_array(it->second, parameter, state.name + " of", origin).data,
                             whole.array->floats());
    take_owned(whole, *optimizer, state, replica);
  }
}

std::optional<Checkpoint> share(comm::Communicator& communicator,
                                const std::optional<Checkpoint>& at_root) {
  if (communicator.size() == 1) return at_root;
  std::vector<std::byte> bytes;
  if (communicator.is_root() && at_root) bytes = encode(*at_root);
  auto size = static_cast<std::int64_t>(bytes.size());
  communicator.allreduce(std::span(&size, 1), comm::ReduceOp::max);
  if (size == 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(size));
  communicator.broadcast(bytes, 0);
  if (communicator.is_root()) return at_root;
  return decode(bytes, "the checkpoint that rank 0 sent");
}

std::string weights_hash(const Checkpoint& checkpoint) {
  static_assert(std::endian::native == std::endian::little);
  Hash128 hash;
  for (const auto* section : {&checkpoint.parameters, &checkpoint.buffers}) {
    for (const NamedArray& array : *section) {
      hash.update(std::string_view(array.name.c_str(), array.name.size() + 1));
      hash.update(std::as_bytes(array.shape.extents()));
      hash.update(std::as_bytes(std::span(array.data)));
    }
  }
  return hash.hex();
}

}  // namespace dtrain::train
