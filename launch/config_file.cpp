// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/config_file.hpp"

#include <algorithm>
#include <fstream>

#include "base/error.hpp"
#include "launch/command_line.hpp"
#include "launch/toml.hpp"
#include "nn/model.hpp"

namespace dtrain::launch {
namespace {

std::string read_text(const std::filesystem::path& file, std::string_view kind) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream || std::filesystem::is_directory(file))
    throw InputError(
        fmt::format("cannot read the {} {}: {}", kind, file.string(),
                    std::filesystem::exists(file) ? "not a readable file" : "no such file"));
  std::string text(std::istreambuf_iterator<char>(stream), {});
  if (text.find('\0') != std::string::npos)
    throw InputError(fmt::format("{} is not a {}: it holds binary data", file.string(), kind));
  return text;
}

}  // namespace

std::string ConfigItem::option() const {
  std::string name = key;
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

ConfigItems read_config_file(const std::filesystem::path& file) {
  ConfigItems items;
  for (auto& [key, value, line] : parse_toml(read_text(file, "config file"), file.string()))
    items.push_back({std::move(key), std::move(value), line});
  return items;
}

ConfigItems model_training_items(const std::string& model) {
  const bool is_file = model.ends_with(".json");
  const std::string text = is_file ? read_text(model, "model file") : nn::builtin_model_text(model);
  ConfigItems items;
  try {
    const auto json = nlohmann::json::parse(text);
    const auto training = json.value("training", nlohmann::json::object());
    for (const auto& [key, value] : training.items())
      items.push_back({key, value.is_string() ? value.get<std::string>() : value.dump()});
  } catch (const nlohmann::json::exception& error) {
    throw InputError(fmt::format("model file {}: {}", model, error.what()));
  }
  return items;
}

void apply_defaults(CLI::App& parser, const ConfigItems& items, const std::string& origin) {
  const auto acts = [](std::string_view name) {
    return name == "config" || name == "help" || name == "dry-run" || name == "version";
  };
  std::vector<std::string> known;
  for (const CLI::Option* option : parser.get_options())
    for (const std::string& name : option->get_lnames())
      if (!acts(name)) known.push_back(name);
  for (const ConfigItem& item : items) {
    const std::string place =
        item.line > 0 ? fmt::format("{}, line {}", origin, item.line) : origin;
    const std::string key = item.option();
    CLI::Option* option = parser.get_option_no_throw("--" + key);
    if (option == nullptr || acts(key))
      throw InputError(fmt::format("{}: there is no setting \"{}\"{}", place, item.key,
                                   did_you_mean(key, known)));
    try {
      option->default_val(item.value);
    } catch (const CLI::Error& error) {
      throw InputError(fmt::format("{}: {}", place, error.what()));
    }
  }
}

}  // namespace dtrain::launch
