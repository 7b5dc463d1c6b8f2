// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain models: what models there are, and the layers of one.

#include <fmt/ranges.h>

#include "launch/command_line.hpp"
#include "launch/console.hpp"
#include "nn/model.hpp"

namespace dtrain::launch {
namespace {

std::string settings_text(const nn::Model& model) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : model.training().items())
    parts.push_back(
        fmt::format("{} {}", key, value.is_string() ? value.get<std::string>() : value.dump()));
  return parts.empty() ? "defaults" : fmt::format("{}", fmt::join(parts, ", "));
}

void print_list() {
  Table table({"model", "input", "parameters", "FLOPs/sample", "layers"}, {Table::Align::left});
  for (const std::string& name : nn::builtin_model_names()) {
    const auto input = nn::reference_input(name);
    const auto model = nn::Model::load(name, input);
    table.add_row({name, input.sample_shape.to_string(), with_commas(model.parameter_count()),
                   short_number(static_cast<double>(model.flops_per_sample())),
                   std::to_string(model.layers().size())});
  }
  fmt::print(
      "{}\n`dtrain models NAME` shows the layers of one. FLOPs: forward and backward, 2 per "
      "multiply-add.\n",
      table.text());
}

void print_one(const nn::Model& model) {
  Table table({"layer", "type", "output", "parameters", "forward FLOPs"},
              {Table::Align::left, Table::Align::left, Table::Align::left});
  for (const nn::LayerSpec& layer : model.layers()) {
    std::int64_t parameters = 0;
    for (const auto& parameter : layer.parameters)
      if (parameter.role == tensor::ParameterRole::trainable)
        parameters += parameter.shape.elements();
    table.add_row({layer.name, layer.type, layer.output_shape.to_string(),
                   parameters > 0 ? with_commas(parameters) : "",
                   layer.forward_madds > 0
                       ? short_number(2.0 * static_cast<double>(layer.forward_madds))
                       : ""});
  }
  fmt::print("{}\n", table.text());
  const auto smallest = nn::smallest_side(model.text(), model.input());
  fmt::print(
      "{}{}{}{}{}",
      fact_line("input", fmt::format("{}, {} classes", model.input().sample_shape.to_string(),
                                     model.input().classes)),
      smallest ? fact_line("takes", fmt::format("images from {0}x{0}", *smallest)) : std::string(),
      fact_line("parameters", with_commas(model.parameter_count())),
      fact_line("FLOPs/sample", short_number(static_cast<double>(model.flops_per_sample())) +
                                    ", forward and backward"),
      fact_line("training", settings_text(model)));
}

}  // namespace

ExitCode run_models(Arguments arguments, Session& session) {
  std::string name, shape;
  std::int64_t classes = 10;
  auto parser = make_parser("models", "List the built-in models, or the layers of one.");
  parser->add_option("NAME", name, "built-in model, or a model file that ends in .json");
  parser
      ->add_option("--input", shape,
                   "image shape that the model adapts to (default: its reference shape)")
      ->type_name("CxHxW");
  parser->add_option("--classes", classes, "number of classes")
      ->type_name("N")
      ->check(integer_in(1, 1 << 20))
      ->capture_default_str();
  if (!parse(*parser, arguments, session)) return ExitCode::done;
  if (name.empty()) {
    if (session.is_root()) print_list();
    return ExitCode::done;
  }
  const Shape sample =
      shape.empty() ? nn::reference_input(name).sample_shape : parse_image_shape("--input", shape);
  const auto model = nn::Model::load(name, {sample, classes});
  if (session.is_root()) print_one(model);
  return ExitCode::done;
}

}  // namespace dtrain::launch
