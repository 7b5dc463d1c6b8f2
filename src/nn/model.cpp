// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "nn/model.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "nn/backward_cost.hpp"

namespace dtrain::nn {

using tensor::ParameterRole;

namespace {

std::string text_of(const std::string& name_or_path) {
  if (!name_or_path.ends_with(".json")) return builtin_model_text(name_or_path);
  std::ifstream file(name_or_path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf()))
    throw InputError(
        fmt::format("cannot read the model file {}: no such file, or no permission", name_or_path));
  return text.str();
}

bool takes(const std::string& text, const InputSpec& input) {
  try {
    Model::parse(text, "", input);
    return true;
  } catch (const InputError&) {
    return false;
  }
}

}  // namespace

Model Model::load(const std::string& name_or_path, const InputSpec& input) {
  const std::string text = text_of(name_or_path);
  try {
    return parse(text, name_or_path, input);
  } catch (const InputError& error) {
    const auto side = smallest_side(text, input);
    if (!side) throw;
    throw InputError(fmt::format("{} (this model wants images of at least {}x{}, not {}x{})",
                                 error.what(), *side, *side, input.sample_shape[1],
                                 input.sample_shape[2]));
  }
}

std::optional<std::int64_t> smallest_side(const std::string& text, const InputSpec& input) {
  constexpr std::int64_t large = 256;
  const auto square = [&](std::int64_t side) {
    return InputSpec{{input.sample_shape[0], side, side}, input.classes};
  };
  if (!takes(text, square(large))) return std::nullopt;  // it is not for its size
  std::int64_t side = 1;
  while (!takes(text, square(side))) ++side;
  return side;
}

std::int64_t Model::parameter_count() const {
  std::int64_t count = 0;
  for (const LayerSpec& layer : layers_)
    for (const tensor::ParameterSpec& parameter : layer.parameters)
      if (parameter.role == ParameterRole::trainable) count += parameter.shape.elements();
  return count;
}

std::int64_t Model::flops_per_sample() const {
  std::int64_t madds = 0;
  for (const LayerSpec& layer : layers_) madds += layer.forward_madds;
  for (const std::int64_t backward : backward_madds(*this)) madds += backward;
  return 2 * madds;
}

bool Model::has_batch_norm() const {
  return std::ranges::any_of(layers_,
                             [](const LayerSpec& layer) { return layer.type == "batch_norm"; });
}

}  // namespace dtrain::nn
