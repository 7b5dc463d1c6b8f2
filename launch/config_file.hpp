// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <CLI/App.hpp>
#include <filesystem>
#include <string>
#include <vector>

namespace dtrain::launch {

/// One setting of a file: `key` is an option's name without the dashes in front.
struct ConfigItem {
  /// The long option of this name: "weight_decay" -> "weight-decay".
  std::string option() const;

  std::string key, value;
  int line = 0;  ///< of the file, counts from 1; 0: not known
};
using ConfigItems = std::vector<ConfigItem>;

/// Settings of a TOML file (plain `key = value` lines). Throws InputError.
ConfigItems read_config_file(const std::filesystem::path& file);

/// Settings of a model's `training` object. Throws InputError, or UsageError for an unknown model.
ConfigItems model_training_items(const std::string& model_name_or_path);

/// Makes each item the default of its option, checked as the option checks a flag. Throws
/// InputError that names `origin`, the line and the key.
void apply_defaults(CLI::App& parser, const ConfigItems& items, const std::string& origin);

}  // namespace dtrain::launch
