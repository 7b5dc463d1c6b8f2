// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "tensor/parameter_arena.hpp"

#include <utility>

#include "base/error.hpp"
#include "base/hash.hpp"

namespace dtrain::tensor {
namespace {

std::size_t bytes(std::int64_t floats) {
  return static_cast<std::size_t>(floats) * sizeof(float);
}

}  // namespace

ParameterArena::ParameterArena(const kernels::Backend& backend,
                               std::vector<ParameterRequest> requests, const ArenaMemory& memory,
                               int addends)
    : backend_(backend), addends_(addends) {
  for (ParameterRequest& request : requests)
    parameters_.push_back({std::move(request.spec), std::move(request.layout), 0});

  // NOLINTNEXTLINE(modernize-loop-convert): clang 14 takes no std::views
  for (auto parameter = parameters_.rbegin(); parameter != parameters_.rend(); ++parameter) {
    if (parameter->spec.role != ParameterRole::trainable) continue;
    parameter->offset = trainable_floats_;
    trainable_floats_ = parameter->end();
  }
  for (Parameter& parameter : parameters_) {
    if (parameter.spec.role != ParameterRole::statistic) continue;
    parameter.offset = trainable_floats_ + statistic_floats_;
    statistic_floats_ = parameter.end() - trainable_floats_;
  }
  const auto block = [&](const ArenaMemory::Allocate& allocate, std::int64_t floats) {
    return allocate ? allocate(bytes(floats)) : backend.device->allocate(bytes(floats));
  };
  values_ = block(memory.values, value_floats());
  gradients_ = block(memory.gradients, gradient_stride() * addends);
}

std::int64_t ParameterArena::gradient_stride() const {
  return whole_lines(gradient_floats());
}

const Parameter& ParameterArena::find(std::string_view name) const {
  for (const Parameter& parameter : parameters_)
    if (parameter.spec.name == name) return parameter;
  throw InputError(fmt::format("the model has no parameter '{}'", name));
}

std::vector<float> ParameterArena::to_canonical(const Parameter& parameter,
                                                const float* array) const {
  kernels::Device& device = *backend_.device;
  const auto stream = device.make_stream();
  std::vector<float> canonical(static_cast<std::size_t>(parameter.spec.shape.elements()));
  const std::size_t size = canonical.size() * sizeof(float);
  const float* stored = array + parameter.offset;
  if (parameter.layout.is_plain()) {
    device.copy_to_host(canonical.data(), stored, size, *stream);
  } else {
    const auto plain = kernels::Layout::plain(parameter.layout.shape());
    const auto staging = device.allocate(size);
    backend_.kernels->make_reorder(device, parameter.layout, plain)
        ->run(stored, staging->floats(), *stream);
    device.copy_to_host(canonical.data(), staging->data(), size, *stream);
  }
  return canonical;
}

void ParameterArena::from_canonical(const Parameter& parameter, std::span<const float> canonical,
                                    float* array) const {
  DTRAIN_ASSERT(static_cast<std::int64_t>(canonical.size()) == parameter.spec.shape.elements());
  kernels::Device& device = *backend_.device;
  const auto stream = device.make_stream();
  float* stored = array + parameter.offset;
  if (parameter.layout.is_plain()) {
    device.copy_to_device(stored, canonical.data(), canonical.size_bytes(), *stream);
  } else {
    const auto plain = kernels::Layout::plain(parameter.layout.shape());
    const auto staging = device.allocate(canonical.size_bytes());
    device.copy_to_device(staging->data(), canonical.data(), canonical.size_bytes(), *stream);
    backend_.kernels->make_reorder(device, plain, parameter.layout)
        ->run(staging->floats(), stored, *stream);
  }
  stream->synchronize();
}

std::string ParameterArena::fingerprint() const {
  Hash128 hash;
  for (const Parameter& parameter : parameters_)
    hash.update(fmt::format("{} {} {} at {}\n", parameter.spec.name,
                            parameter.spec.shape.to_string(), parameter.layout.name(),
                            parameter.offset));
  return hash.hex();
}

}  // namespace dtrain::tensor
