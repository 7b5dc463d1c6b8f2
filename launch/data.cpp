// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain data: make and inspect dataset files. One rank does it all.

#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "datasets/dataset_file.hpp"
#include "datasets/formats/format.hpp"
#include "datasets/synthetic.hpp"
#include "launch/command_line.hpp"
#include "launch/console.hpp"
#include "launch/rehearsal.hpp"
#include "train/json.hpp"

namespace dtrain::launch {
namespace {

using datasets::Dataset;
using datasets::DatasetInfo;
using datasets::DatasetSplits;

constexpr std::int64_t everything_streamed = 0;

std::string type_text(const DatasetInfo& info) {
  return info.type == datasets::SampleType::uint8 ? "uint8" : "float32";
}

std::vector<std::int64_t> class_counts(const Dataset& dataset) {
  std::vector<std::int64_t> counts(dataset.info().classes.size());
  for (std::int64_t label : dataset.labels()) ++counts[static_cast<std::size_t>(label)];
  return counts;
}

/// Reads every sample, so that damage is found. Throws InputError.
void read_through(Dataset& dataset) {
  std::vector<std::int64_t> ids(static_cast<std::size_t>(dataset.chunk_samples()));
  std::vector<std::byte> samples(ids.size() * static_cast<std::size_t>(dataset.sample_bytes()));
  for (std::int64_t first = 0; first < dataset.size(); first += dataset.chunk_samples()) {
    ids.resize(static_cast<std::size_t>(std::min(dataset.chunk_samples(), dataset.size() - first)));
    std::iota(ids.begin(), ids.end(), first);
    dataset.read(ids, samples.data());
  }
}

void print_facts(const DatasetSplits& splits) {
  const DatasetInfo& info = splits.train->info();
  const auto samples = [](const Dataset& split) {
    return fmt::format("{} samples, {}", with_commas(split.size()),
                       bytes_text(static_cast<double>(split.size() * split.sample_bytes())));
  };
  std::string text = fact_line("name", info.name);
  text += fact_line("train", samples(*splits.train));
  text += fact_line("test", samples(*splits.test));
  text += fact_line("sample", info.sample_shape.to_string() + " " + type_text(info));
  text += fact_line("mean", fmt::format("{:.4f}", fmt::join(info.mean, ", ")));
  text += fact_line("std", fmt::format("{:.4f}", fmt::join(info.std, ", ")));
  if (!info.licence.empty()) text += fact_line("licence", info.licence);
  if (!info.source.empty()) text += fact_line("source", info.source);
  if (splits.train->labels().empty()) {
    text += fact_line("targets", fmt::format("{} a sample, float32", info.classes.size()));
  } else {
    Table table({"class", "train", "test"},
                {Table::Align::left, Table::Align::right, Table::Align::right});
    const auto train = class_counts(*splits.train), test = class_counts(*splits.test);
    for (std::size_t i = 0; i < train.size(); ++i)
      table.add_row({info.classes[i], with_commas(train[i]), with_commas(test[i])});
    text += "\n" + table.text();
  }
  fmt::print("{}", text);
}

train::Json facts_json(const DatasetSplits& splits) {
  const DatasetInfo& info = splits.train->info();
  train::Json json;
  json["name"] = info.name;
  json["train_samples"] = splits.train->size();
  json["test_samples"] = splits.test->size();
  json["sample_shape"] = info.sample_shape.extents();
  json["type"] = type_text(info);
  json["labels"] = splits.train->labels().empty() ? "float32" : "int64";
  json["classes"] = info.classes;
  if (!splits.train->labels().empty()) {
    json["train_class_counts"] = class_counts(*splits.train);
    json["test_class_counts"] = class_counts(*splits.test);
  }
  json["mean"] = info.mean;
  json["std"] = info.std;
  json["chunk_samples"] = splits.train->chunk_samples();
  json["licence"] = info.licence;
  json["source"] = info.source;
  return json;
}

void write_and_report(const std::filesystem::path& output, const DatasetSplits& splits) {
  datasets::write_dataset_file(output, *splits.train, *splits.test);
  fmt::print("{}: {} training and {} test samples of {}, {} classes\n", output.string(),
             with_commas(splits.train->size()), with_commas(splits.test->size()),
             splits.train->info().sample_shape.to_string(), splits.train->info().classes.size());
}

ExitCode run_import(Arguments arguments, Session& session) {
  std::string formats;
  for (const datasets::Format& format : datasets::formats())
    formats += fmt::format("\n  {:<10}{}", format.name, format.summary);
  auto parser = make_parser("data import", "Make a dataset file from other formats:" + formats);
  std::string format, shape, output;
  std::vector<std::string> sources, test_sources;
  datasets::ImportRequest request;
  double test_fraction = 0;
  parser->add_option("FORMAT", format, "one of the above")->required();
  parser->add_option("SRC", sources, "files or folders")->required();
  parser->add_option("-o,--output", output, "the dataset file to write")
      ->type_name("F.h5")
      ->required();
  parser
      ->add_option("--test", test_sources,
                   "files or folders of the test split, where names do not tell")
      ->type_name("SRC")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  parser
      ->add_option("--test-fraction", test_fraction,
                   "hold out this share where there is no test split")
      ->type_name("X")
      ->check(number_below(0, 1));
  parser->add_option("--shape", shape, "csv: the image's shape; by default grey and square")
      ->type_name("CxHxW");
  parser
      ->add_option("--label-column", request.label_column,
                   "csv: name, or number from 0; by default \"label\" or the last one")
      ->type_name("COLUMN");
  if (!parse(*parser, arguments, session) || !session.is_root()) return ExitCode::done;

  request.sources.assign(sources.begin(), sources.end());
  request.test_sources.assign(test_sources.begin(), test_sources.end());
  if (!shape.empty()) request.sample_shape = parse_image_shape("--shape", shape);
  request.name = std::filesystem::path(output).stem().string();
  const datasets::Format& importer = datasets::find_format(format);
  write_and_report(output, datasets::import_dataset(importer, request, test_fraction));
  return ExitCode::done;
}

ExitCode run_info(Arguments arguments, Session& session) {
  auto parser = make_parser("data info", "Show what a dataset holds.");
  std::string name;
  bool json = false, check = false;
  parser->add_option("DATA", name, "a dataset file, or a name as --data takes it")->required();
  parser->add_flag("--json", json, "print one JSON object");
  parser->add_flag("--check", check, "read every sample, so that damage is found");
  if (!parse(*parser, arguments, session) || !session.is_root()) return ExitCode::done;

  rehearse_dataset(name);
  datasets::OpenOptions options;
  options.memory_limit_bytes = everything_streamed;
  const DatasetSplits splits = datasets::open_dataset(name, options);
  if (check) {
    read_through(*splits.train);
    read_through(*splits.test);
  }
  if (json) {
    fmt::print("{}\n", train::to_text(facts_json(splits)));
  } else {
    print_facts(splits);
    if (check) fmt::print("\nEvery sample could be read.\n");
  }
  return ExitCode::done;
}

ExitCode run_synth(Arguments arguments, Session& session) {
  auto parser =
      make_parser("data synth", "Write a synthetic dataset, which can be learned, to a file.");
  std::string specification, output;
  parser->add_option("SPEC", specification, "CxHxW:CLASSES:COUNT, as in 3x32x32:10:50000")
      ->required();
  parser->add_option("-o,--output", output, "the dataset file to write")
      ->type_name("F.h5")
      ->required();
  if (!parse(*parser, arguments, session) || !session.is_root()) return ExitCode::done;

  if (!specification.starts_with(datasets::synthetic_prefix))
    specification = std::string(datasets::synthetic_prefix) + specification;
  write_and_report(output, datasets::make_synthetic(specification, everything_streamed));
  return ExitCode::done;
}

}  // namespace

ExitCode run_data(Arguments arguments, Session& session) {
  const std::string name = arguments.empty() ? "" : arguments[0];
  if (name == "import") return run_import(arguments.subspan(1), session);
  if (name == "info") return run_info(arguments.subspan(1), session);
  if (name == "synth") return run_synth(arguments.subspan(1), session);
  if (name == "--help" || name == "-h") {
    if (session.is_root())
      fmt::print(
          "Make and inspect dataset files.\n\nUsage:\n"
          "  dtrain data import FORMAT SRC... -o F.h5   from IDX, CIFAR, CSV or image folders\n"
          "  dtrain data info DATA                      what a dataset holds\n"
          "  dtrain data synth SPEC -o F.h5             data that is made up, and can be "
          "learned\n\n"
          "`dtrain data import --help` lists the options of one.\n");
    return ExitCode::done;
  }
  const std::vector<std::string> known{"import", "info", "synth"};
  throw UsageError(name.empty() ? "dtrain data what? import, info or synth"
                                : fmt::format("there is no data \"{}\"{}: import, info or synth",
                                              name, did_you_mean(name, known)));
}

}  // namespace dtrain::launch
