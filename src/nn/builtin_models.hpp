// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <span>
#include <string_view>

namespace dtrain::nn {

struct BuiltinModel {
  std::string_view name;
  std::string_view text;  ///< the model file
};

/// The files of src/nn/models, embedded at build time, in the order of their names.
std::span<const BuiltinModel> builtin_models();

}  // namespace dtrain::nn
