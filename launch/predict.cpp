// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain predict: class and probabilities of each image of some files, on one rank. A network trained by
// --loss mse gives no probabilities: its outputs are shown as they are.

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "base/cores.hpp"
#include "datasets/data_loader.hpp"
#include "datasets/formats/image_file.hpp"
#include "datasets/read_images.hpp"
#include "launch/binding.hpp"
#include "launch/checkpoint_model.hpp"
#include "launch/command_line.hpp"
#include "launch/console.hpp"
#include "launch/rehearsal.hpp"
#include "nn/loss.hpp"
#include "train/json.hpp"

namespace dtrain::launch {
namespace {

/// The images as a dataset of the model's classes; their labels are not known and not read.
std::unique_ptr<datasets::Dataset> as_dataset(datasets::Images images, const std::string& file,
                                              const CheckpointModel& model) {
  const std::int64_t size = images.size();
  if (size == 0) throw InputError(fmt::format("{} holds no image", file));
  datasets::DatasetInfo info{.name = file,
                             .sample_shape = images.sample_shape,
                             .type = images.type,
                             .classes = {},
                             .mean = model.data().mean,
                             .std = model.data().std,
                             .licence = "",
                             .source = file};
  for (std::int64_t c = 0; c < model.classes(); ++c) info.classes.push_back(model.class_name(c));
  return model.fit(std::make_unique<datasets::MemoryDataset>(
      std::move(info), std::move(images.samples),
      std::vector<std::int64_t>(static_cast<std::size_t>(size), 0)));
}

/// Files as they are; of a folder its images, by name. Throws InputError for one without any.
std::vector<std::string> files_of(const std::vector<std::string>& inputs) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  for (const std::string& input : inputs) {
    if (!fs::is_directory(input)) {
      files.push_back(input);
      continue;
    }
    const auto first = static_cast<std::ptrdiff_t>(files.size());
    for (const auto& entry : fs::directory_iterator(input))
      if (datasets::is_image_name(entry.path())) files.push_back(entry.path().string());
    if (files.begin() + first == files.end())
      throw InputError(fmt::format("the folder {} holds no PNG, PPM or PGM image", input));
    std::sort(files.begin() + first, files.end());
  }
  return files;
}

/// Does the network give logits, or numbers that stand for themselves?
bool gives_logits(const CheckpointModel& model) {
  return nn::parse_loss(model.progress().recipe.loss) == nn::LossKind::cross_entropy;
}

/// `values`: a probability for each class, or an output where there are no logits.
void print_prediction(const std::string& file, std::int64_t index, const CheckpointModel& model,
                      std::span<const float> values, bool json) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
  const auto name = [&](std::size_t c) { return model.class_name(static_cast<std::int64_t>(c)); };
  if (json) {
    train::Json object{{"file", file}, {"index", index}, {"class", name(order[0])}};
    auto& by_class = object[gives_logits(model) ? "probabilities" : "outputs"];
    for (std::size_t c = 0; c < values.size(); ++c) by_class[name(c)] = values[c];
    fmt::print("{}\n", train::to_text(object));
    return;
  }
  std::string line = fmt::format("{}{:>6}", file, index);
  for (std::size_t i = 0; i < std::min<std::size_t>(order.size(), 3); ++i)
    line += fmt::format("  {} {}", name(order[i]),
                        gives_logits(model) ? percent_text(values[order[i]])
                                            : fmt::format("{:.4g}", values[order[i]]));
  fmt::print("{}\n", line);
}

/// Predicts every image of one file.
void predict(const std::string& file, CheckpointModel& model, bool json) {
  const auto dataset = as_dataset(datasets::read_images(file), file, model);
  const kernels::Backend& backend = model.replica().backend();
  const auto stream = backend.device->make_stream();

  datasets::DataLoader loader(*dataset, backend, inference_batch, {}, /*seed=*/0);
  std::vector<std::int64_t> order(static_cast<std::size_t>(dataset->size()));
  std::iota(order.begin(), order.end(), 0);
  const auto passes = datasets::plan_passes(dataset->size(), 0, 1, 0, inference_batch);
  const auto softmax = backend.device->allocate(
      static_cast<std::size_t>(inference_batch * model.classes()) * sizeof(float));
  loader.start(order, passes, 0);
  const auto classes = static_cast<std::size_t>(model.classes());
  for (const datasets::Range& pass : passes) {
    const auto batch = loader.next(*stream);
    const float* outputs = model.forward(batch.input, batch.sample_ids, *stream);
    if (gives_logits(model)) {
      backend.kernels->softmax(batch.size, model.classes(), outputs, softmax->floats(), *stream);
      outputs = softmax->floats();
    }
    const auto values = model.to_host(outputs, batch.size, *stream);
    for (std::int64_t row = 0; row < batch.size; ++row)
      print_prediction(file, pass.begin + row, model,
                       std::span(values).subspan(static_cast<std::size_t>(row) * classes, classes),
                       json);
  }
}

}  // namespace

ExitCode run_predict(Arguments arguments, Session& session) {
  std::string checkpoint, device = "auto";
  std::vector<std::string> inputs;
  std::int64_t threads = 0;
  bool json = false;
  auto parser = make_parser(
      "predict",
      "Class and probabilities of each image, the likeliest classes first; of a model trained "
      "with --loss mse, its outputs.");
  parser->add_option("CKPT", checkpoint, "a checkpoint, or the folder of a run: its newest one")
      ->required();
  parser
      ->add_option(
          "--input", inputs,
          "PNG, PPM or PGM images, folders of them, IDX or HDF5 files (`images`, or those of "
          "the test split)")
      ->type_name("FILE...")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->required();
  parser->add_option("--device", device, "auto, cpu or cuda")
      ->type_name("NAME")
      ->capture_default_str();
  parser->add_option("--threads", threads, "threads (default: the cores it may run on)")
      ->type_name("N")
      ->check(integer_in(1, 4096));
  parser->add_flag("--json", json, "print one JSON object per image, with all classes");
  if (!parse(*parser, arguments, session) || !session.is_root()) return ExitCode::done;

  const int thread_count = threads > 0 ? static_cast<int>(threads) : available_cores();
  const std::vector<std::string> files = files_of(inputs);
  for (const std::string& file : files) rehearse_images(file);
  CheckpointModel model(checkpoint, pick_device(device, 0, 1), thread_count);
  for (const std::string& file : files) predict(file, model, json);
  return ExitCode::done;
}

}  // namespace dtrain::launch
