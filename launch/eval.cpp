// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain eval: loss, accuracy and confusion matrix of a checkpoint, at any number of ranks.

#include <algorithm>
#include <optional>

#include "base/error.hpp"
#include "launch/binding.hpp"
#include "launch/checkpoint_model.hpp"
#include "launch/command_line.hpp"
#include "launch/console.hpp"
#include "launch/rehearsal.hpp"
#include "launch/together.hpp"
#include "nn/loss.hpp"
#include "train/evaluator.hpp"
#include "train/json.hpp"

namespace dtrain::launch {
namespace {

/// What the model was trained on, by its name; a dataset file is not always found by that.
datasets::DatasetSplits open_data_of(const CheckpointModel& model) {
  try {
    return datasets::open_dataset(model.data().name, {});
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}. Name the data of the run with --data", error.what()));
  }
}

struct Result {
  std::int64_t samples = 0;
  train::Evaluation evaluation;
  /// (classes, classes): how often samples of the row's class were taken for the column's; empty
  /// for float targets.
  std::vector<std::int64_t> confusion;
};

/// Collective.
Result evaluate(CheckpointModel& model, datasets::Dataset& dataset, nn::LossKind loss_kind,
                comm::Communicator& communicator) {
  const auto& backend = model.replica().backend();
  const auto stream = backend.device->make_stream();
  const std::int64_t classes = model.classes();
  nn::Loss loss(loss_kind, 0, classes, inference_batch, backend);
  train::Evaluator evaluator(model.replica(), communicator, dataset, loss, inference_batch);

  const bool labelled = !dataset.labels().empty();
  std::vector<std::int64_t> confusion(labelled ? static_cast<std::size_t>(classes * classes)
                                               : std::size_t{0});
  const auto count = [&](const datasets::Batch& batch, const float* on_device) {
    const auto outputs = model.to_host(on_device, batch.size, *stream);
    for (std::size_t row = 0; row < batch.labels.size(); ++row) {
      const auto first = outputs.begin() + static_cast<std::ptrdiff_t>(row) * classes;
      const auto guess = std::max_element(first, first + classes) - first;
      ++confusion[static_cast<std::size_t>(batch.labels[row] * classes + guess)];
    }
  };
  const train::Evaluation evaluation = evaluator.run(*stream, count);
  if (labelled) communicator.allreduce(std::span(confusion), comm::ReduceOp::sum);
  return {dataset.size(), evaluation, std::move(confusion)};
}

std::string json_text(const std::string& file, const std::string& dataset, const std::string& split,
                      const CheckpointModel& model, const Result& result) {
  train::Json confusion = train::Json::array(), names = confusion;
  const auto classes = static_cast<std::size_t>(model.classes());
  for (std::size_t row = 0; row < classes && !result.confusion.empty(); ++row) {
    names.push_back(model.class_name(static_cast<std::int64_t>(row)));
    const auto first = result.confusion.begin() + static_cast<std::ptrdiff_t>(row * classes);
    confusion.push_back(
        std::vector<std::int64_t>(first, first + static_cast<std::ptrdiff_t>(classes)));
  }
  const train::Json json{{"checkpoint", file},
                         {"model", model.model().name()},
                         {"step", model.progress().step},
                         {"dataset", dataset},
                         {"split", split},
                         {"samples", result.samples},
                         {"loss", result.evaluation.loss},
                         {"accuracy", train::json_or_null(result.evaluation.accuracy)},
                         {"classes", names},
                         {"confusion", confusion}};
  return train::to_text(json) + "\n";
}

/// A matrix that fits the screen; of many classes, what is confused most often.
std::string confusion_text(const CheckpointModel& model,
                           const std::vector<std::int64_t>& confusion) {
  const auto classes = static_cast<std::size_t>(model.classes());
  const auto name = [&](std::size_t c) { return model.class_name(static_cast<std::int64_t>(c)); };
  if (classes <= 12) {
    std::vector<std::string> header{"true \\ taken for"};
    for (std::size_t c = 0; c < classes; ++c) header.push_back(name(c).substr(0, 8));
    header.push_back("right");
    Table table(header, {Table::Align::left});
    for (std::size_t row = 0; row < classes; ++row) {
      std::vector<std::string> cells{name(row)};
      std::int64_t total = 0;
      for (std::size_t c = 0; c < classes; ++c) {
        const std::int64_t count = confusion[row * classes + c];
        total += count;
        cells.push_back(count > 0 ? std::to_string(count) : "·");
      }
      const auto right = static_cast<double>(confusion[row * classes + row]);
      cells.push_back(total > 0 ? percent_text(right / static_cast<double>(total)) : "-");
      table.add_row(cells);
    }
    return table.text();
  }
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < confusion.size(); ++i)
    if (i / classes != i % classes && confusion[i] > 0) places.push_back(i);
  std::sort(places.begin(), places.end(),
            [&](std::size_t a, std::size_t b) { return confusion[a] > confusion[b]; });
  Table table({"most often confused", "taken for", "times"},
              {Table::Align::left, Table::Align::left});
  for (std::size_t i = 0; i < std::min<std::size_t>(places.size(), 12); ++i)
    table.add_row({name(places[i] / classes), name(places[i] % classes),
                   std::to_string(confusion[places[i]])});
  return table.text();
}

}  // namespace

ExitCode run_eval(Arguments arguments, Session& session) {
  std::string file, data, split = "test", loss = "auto", device = "auto";
  std::int64_t threads = 0;
  bool json = false;
  auto parser = make_parser("eval", "Loss, accuracy and confusion matrix of a checkpoint.");
  parser->add_option("CKPT", file, "a checkpoint, or the folder of a run: its newest one")
      ->required();
  parser->add_option("--data", data, "as for train (default: the name of what it was trained on)")
      ->type_name("NAME|FILE.h5");
  parser->add_option("--split", split, "test or train")
      ->type_name("NAME")
      ->check(one_of({"test", "train"}))
      ->capture_default_str();
  parser->add_option("--loss", loss, "cross-entropy, mse, or auto: as in training")
      ->type_name("NAME")
      ->check(one_of({"auto", "cross-entropy", "mse"}))
      ->capture_default_str();
  parser->add_option("--device", device, "auto, cpu or cuda")
      ->type_name("NAME")
      ->capture_default_str();
  parser->add_option("--threads", threads, "threads per rank (default: its share of the cores)")
      ->type_name("N")
      ->check(integer_in(1, 4096));
  parser->add_flag("--json", json, "print one JSON object");
  if (!parse(*parser, arguments, session)) return ExitCode::done;

  rehearse_dataset(data.empty() ? train::read_checkpoint(file).data.name : data);
  auto& communicator = session.communicator();
  const int thread_count = threads > 0 ? static_cast<int>(threads) : fair_threads(communicator);
  std::optional<CheckpointModel> model;
  std::unique_ptr<datasets::Dataset> dataset;
  together(communicator, [&] {
    model.emplace(file, pick_device(device, communicator.local_rank(), communicator.local_size()),
                  thread_count);
    auto splits = data.empty() ? open_data_of(*model) : datasets::open_dataset(data, {});
    dataset = model->fit(std::move(split == "test" ? splits.test : splits.train));
  });
  if (loss == "auto") loss = dataset->labels().empty() ? "mse" : model->progress().recipe.loss;
  const Result result = evaluate(*model, *dataset, nn::parse_loss(loss), communicator);
  if (!session.is_root()) return ExitCode::done;

  const std::string& name = dataset->info().name;
  if (json) {
    fmt::print("{}", json_text(file, name, split, *model, result));
    return ExitCode::done;
  }
  fmt::print("{}",
             fact_line("checkpoint", fmt::format("{} ({}, step {})", file, model->model().name(),
                                                 model->progress().step)));
  fmt::print("{}", fact_line("data", fmt::format("{}, {} samples of the {} split", name,
                                                 with_commas(result.samples), split)));
  fmt::print("{}", fact_line("loss", fmt::format("{:.6f}", result.evaluation.loss)));
  fmt::print("{}", fact_line("accuracy", percent_text(result.evaluation.accuracy)));
  if (!result.confusion.empty()) fmt::print("\n{}", confusion_text(*model, result.confusion));
  return ExitCode::done;
}

}  // namespace dtrain::launch
