// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "nn/builtin_models.hpp"

#include <fmt/ranges.h>

#include "base/error.hpp"
#include "nn/model.hpp"

namespace dtrain::nn {

std::vector<std::string> builtin_model_names() {
  std::vector<std::string> names;
  for (const BuiltinModel& model : builtin_models()) names.emplace_back(model.name);
  return names;
}

std::string builtin_model_text(const std::string& name) {
  for (const BuiltinModel& model : builtin_models())
    if (model.name == name) return std::string(model.text);
  throw UsageError(
      fmt::format("there is no model '{}'; choose one of {}, or give a file that ends in "
                  ".json",
                  name, fmt::join(builtin_model_names(), ", ")));
}

InputSpec reference_input(const std::string& model_name) {
  const bool is_mlp = model_name == "mlp" || model_name == "mlp64";
  return {is_mlp ? Shape{1, 28, 28} : Shape{3, 32, 32}, 10};
}

}  // namespace dtrain::nn
