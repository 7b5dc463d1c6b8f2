// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "nn/model.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>

#include "base/error.hpp"
#include "nn/attributes.hpp"
#include "nn/layer_registry.hpp"

namespace dtrain::nn {
namespace {

using nlohmann::json;

/// Long options that a model may give defaults for, with underscores.
constexpr std::string_view training_keys[] = {
    "augment",       "batch_per_rank",  "clip_norm", "epochs",
    "global_batch",  "label_smoothing", "loss",      "lr",
    "momentum",      "nesterov",        "optimizer", "schedule",
    "warmup_epochs", "weight_decay"};

void check_sample(const InputSpec& input) {
  for (std::int64_t extent : input.sample_shape.extents()) DTRAIN_ASSERT(extent > 0);
  if (input.classes < 1) throw InputError("the dataset has no classes");
}

/// The file as JSON with known keys at the top.
json parse_document(const std::string& text, const std::string& origin) {
  constexpr int depth_limit = 16;
  const auto check_depth = [&](int depth, json::parse_event_t, json&) {
    if (depth > depth_limit)
      throw InputError(fmt::format("{} nests deeper than {} levels", origin, depth_limit));
    return true;
  };
  json document;
  try {
    document = json::parse(text, check_depth);
  } catch (const json::exception& error) {  // numbers out of range are no parse_error
    throw InputError(fmt::format("{} is not valid JSON: {}", origin, error.what()));
  }
  if (!document.is_object())
    throw InputError(fmt::format("{} is not a model: a JSON object is expected", origin));
  for (const auto& item : document.items())
    if (item.key() != "name" && item.key() != "description" && item.key() != "layers" &&
        item.key() != "training")
      throw InputError(
          fmt::format("{}: unknown key \"{}\"; a model has name, description, layers and training",
                      origin, item.key()));
  return document;
}

json parse_training(const json& document, const std::string& origin) {
  json training = document.value("training", json::object());
  if (!training.is_object())
    throw InputError(fmt::format("{}: \"training\" must be an object", origin));
  for (const auto& [key, value] : training.items()) {
    if (std::ranges::find(training_keys, key) == std::end(training_keys))
      throw InputError(fmt::format("{}: training: unknown key \"{}\"; known are {}", origin, key,
                                   fmt::join(training_keys, ", ")));
    if (!value.is_primitive() || value.is_null())
      throw InputError(
          fmt::format("{}: training: \"{}\" must be a number, a text or a flag", origin, key));
  }
  return training;
}

/// What the model calls itself, else the file's name. It goes into checkpoints and onto terminals.
std::string parse_name(const json& document, const std::string& origin) {
  if (!document.contains("name")) return std::filesystem::path(origin).stem().string();
  const json& name = document["name"];
  const auto is_text = [](const std::string& text) {
    return !text.empty() && text.size() <= 200 &&
           std::ranges::none_of(text, [](unsigned char c) { return std::iscntrl(c) != 0; });
  };
  if (!name.is_string() || !is_text(name.get_ref<const std::string&>()))
    throw InputError(fmt::format(
        "{}: \"name\" must be a text of 1 to 200 bytes without control characters", origin));
  return name.get<std::string>();
}

/// Builds the layers one after the other, each from what came before.
class GraphReader {
 public:
  explicit GraphReader(const InputSpec& input) : input_(input) { indices_["input"] = -1; }

  void read(const json& entry) {
    LayerSpec layer;
    layer.attributes = entry;
    layer.type = text_of(entry, "type");
    const LayerType& type = layer_type(layer.type);
    layer.name = entry.contains("name") ? text_of(entry, "name")
                                        : layer.type + std::to_string(++unnamed_[layer.type]);
    check_name(layer.name);
    layer.inputs = inputs_of(entry);

    std::vector<Shape> shapes;
    for (int index : layer.inputs)
      shapes.push_back(index < 0 ? input_.sample_shape
                                 : layers_[static_cast<std::size_t>(index)].output_shape);
    LayerDescription description = type.describe(entry, shapes, input_);
    checked_elements(description.output_shape, "an output");
    constexpr std::int64_t madds_limit = std::int64_t{1} << 50;
    madds_ += description.forward_madds;  // at most 2^60: both factors have limits
    if (madds_ > madds_limit)
      throw InputError("up to here the model takes more than 2^50 multiply-adds per sample");
    layer.output_shape = description.output_shape;
    layer.parameters = std::move(description.parameters);
    for (tensor::ParameterSpec& parameter : layer.parameters)
      parameter.name = layer.name + "." + parameter.name;
    layer.forward_madds = description.forward_madds;

    indices_[layer.name] = static_cast<int>(layers_.size());
    layers_.push_back(std::move(layer));
  }

  std::vector<LayerSpec> take() { return std::move(layers_); }

 private:
  static std::string text_of(const json& entry, const char* key) {
    const auto found = entry.find(key);
    if (found == entry.end()) throw InputError(fmt::format("\"{}\" is missing", key));
    if (!found->is_string()) throw InputError(fmt::format("\"{}\" must be a text", key));
    return found->get<std::string>();
  }

  void check_name(const std::string& name) const {
    const bool is_word =
        !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](unsigned char c) {
          return std::isalnum(c) != 0 || c == '_' || c == '-';
        });
    if (!is_word)
      throw InputError(
          "\"name\" must be 1 to 64 letters, digits, '_' and '-': it names the layer's parameters");
    if (indices_.contains(name))
      throw InputError(fmt::format("the name '{}' is taken; names must be unique", name));
  }

  std::vector<int> inputs_of(const json& entry) const {
    if (entry.contains("input") && entry.contains("inputs"))
      throw InputError("give \"input\" or \"inputs\", not both");
    if (entry.contains("input")) return {index_of(text_of(entry, "input"))};
    const auto list = entry.find("inputs");
    if (list == entry.end()) return {static_cast<int>(layers_.size()) - 1};
    std::vector<int> inputs;
    for (const json& name : list->is_array() ? *list : json::array()) {
      if (!name.is_string()) throw InputError("\"inputs\" must list names of layers");
      inputs.push_back(index_of(name.get<std::string>()));
    }
    if (inputs.empty() || inputs.size() > 64)
      throw InputError("\"inputs\" must be a list of 1 to 64 names of layers");
    return inputs;
  }

  int index_of(const std::string& name) const {
    const auto found = indices_.find(name);
    if (found == indices_.end())
      throw InputError(fmt::format("its input '{}' is not the name of a layer before it", name));
    return found->second;
  }

  const InputSpec& input_;
  std::vector<LayerSpec> layers_;
  std::map<std::string, int> indices_;
  std::map<std::string, int> unnamed_;
  std::int64_t madds_ = 0;  ///< forward, of all layers so far
};

/// "model.json: layer 3 'conv2'": as much as the entry says of itself.
std::string place(const std::string& origin, std::size_t index, const json& entry) {
  std::string label = fmt::format("{}: layer {}", origin, index + 1);
  if (!entry.is_object()) return label;
  for (const char* key : {"name", "type"})
    if (entry.contains(key) && entry[key].is_string())
      return fmt::format("{} '{}'", label, entry[key].get_ref<const std::string&>().substr(0, 64));
  return label;
}

void check_output(const std::vector<LayerSpec>& layers, const InputSpec& input) {
  std::vector<bool> is_used(layers.size());
  for (const LayerSpec& layer : layers)
    for (int index : layer.inputs)
      if (index >= 0) is_used[static_cast<std::size_t>(index)] = true;
  for (std::size_t i = 0; i + 1 < layers.size(); ++i)
    if (!is_used[i])
      throw InputError(fmt::format("no layer reads the output of '{}'", layers[i].name));
  const LayerSpec& last = layers.back();
  if (last.output_shape.elements() != input.classes)
    throw InputError(fmt::format(
        "the last layer, '{}', gives {} values, but the dataset has {} classes; end with "
        "{{\"type\": \"linear\", \"units\": \"classes\"}}",
        last.name, last.output_shape.to_string(), input.classes));
}

/// Weights that no ReLU or GELU follows are drawn narrower than K. He's.
void choose_initializers(std::vector<LayerSpec>& layers) {
  std::vector<bool> feeds_rectifier(layers.size());
  for (std::size_t i = layers.size(); i-- > 0;) {
    LayerSpec& layer = layers[i];
    const bool is_rectifier = layer.type == "relu" || layer.type == "gelu";
    const bool has_weight = layer.forward_madds > 0;
    const bool saturates = layer.type == "sigmoid" || layer.type == "tanh";
    if (has_weight && !feeds_rectifier[i])
      for (tensor::ParameterSpec& parameter : layer.parameters)
        if (parameter.initializer == tensor::Initializer::he_normal)
          parameter.initializer = tensor::Initializer::uniform_fan_in;
    for (int input : layer.inputs)
      if (input >= 0 && (is_rectifier || (feeds_rectifier[i] && !has_weight && !saturates)))
        feeds_rectifier[static_cast<std::size_t>(input)] = true;
  }
}

}  // namespace

Model Model::parse(const std::string& text, const std::string& origin, const InputSpec& input) {
  check_sample(input);
  const json document = parse_document(text, origin);
  Model model;
  model.text_ = text;
  model.input_ = input;
  model.training_ = parse_training(document, origin);
  model.name_ = parse_name(document, origin);

  constexpr std::size_t layer_limit = 10000;
  const auto entries = document.find("layers");
  if (entries == document.end() || !entries->is_array() || entries->empty() ||
      entries->size() > layer_limit)
    throw InputError(
        fmt::format("{}: \"layers\" must be a list of 1 to {} layers", origin, layer_limit));
  GraphReader reader(model.input_);
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const json& entry = (*entries)[i];
    try {
      if (!entry.is_object()) throw InputError("a JSON object is expected");
      reader.read(entry);
    } catch (const InputError& error) {
      throw InputError(fmt::format("{}: {}", place(origin, i, entry), error.what()));
    }
  }
  model.layers_ = reader.take();
  try {
    check_output(model.layers_, model.input_);
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", origin, error.what()));
  }
  choose_initializers(model.layers_);
  return model;
}

}  // namespace dtrain::nn
