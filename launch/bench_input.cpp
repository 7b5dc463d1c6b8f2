// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain bench input: how fast samples are read, augmented and normalised, without a network.

#include <algorithm>

#include "base/cores.hpp"
#include "base/median.hpp"
#include "base/stopwatch.hpp"
#include "datasets/data_loader.hpp"
#include "launch/bench.hpp"
#include "launch/binding.hpp"
#include "launch/command_line.hpp"
#include "launch/console.hpp"
#include "launch/rehearsal.hpp"
#include "train/json.hpp"

namespace dtrain::launch {
namespace {

/// One epoch in the order of training; returns its seconds.
double read_epoch(datasets::DataLoader& loader, datasets::Dataset& dataset, std::int64_t batch,
                  std::int64_t epoch, kernels::Stream& stream) {
  const datasets::Sampler sampler(dataset.size(), dataset.chunk_samples(), /*seed=*/1);
  const auto order = sampler.epoch_order(epoch);
  std::vector<datasets::Range> passes;
  for (std::int64_t begin = 0; begin < dataset.size(); begin += batch)
    passes.push_back({begin, std::min(begin + batch, dataset.size())});
  Stopwatch watch;
  loader.start(order, passes, epoch);
  for (std::size_t pass = 0; pass < passes.size(); ++pass) loader.next(stream);
  stream.synchronize();
  return watch.seconds();
}

}  // namespace

ExitCode run_bench_input(Arguments arguments, Session& session) {
  std::string data = "digits", augment = "none";
  std::int64_t batch = 256, epochs = 5, threads = 0, memory_mb = 1024;
  bool json = false;
  auto parser =
      make_parser("bench input", "Time reading and preparing samples, without a network.");
  parser->add_option("--data", data, "as for train")
      ->type_name("NAME|FILE.h5")
      ->capture_default_str();
  parser->add_option("--augment", augment, "as for train")
      ->type_name("LIST")
      ->capture_default_str();
  parser->add_option("--batch", batch, "samples per pass")
      ->type_name("N")
      ->check(integer_in(1, 1 << 24))
      ->capture_default_str();
  parser->add_option("--epochs", epochs, "passes over the training samples; the median counts")
      ->type_name("N")
      ->check(integer_in(1, 1 << 20))
      ->capture_default_str();
  parser->add_option("--memory-mb", memory_mb, "a split larger than this is streamed from its file")
      ->type_name("N")
      ->check(integer_in(0, 1 << 30))
      ->capture_default_str();
  parser->add_option("--threads", threads, "OpenMP threads (default: the cores it may run on)")
      ->type_name("N")
      ->check(integer_in(1, 4096));
  parser->add_flag("--json", json, "print one JSON object");
  if (!parse(*parser, arguments, session) || !session.is_root()) return ExitCode::done;

  rehearse_dataset(data);
  const int thread_count = threads > 0 ? static_cast<int>(threads) : available_cores();
  const auto backend = make_backend({}, {.threads = thread_count});
  datasets::OpenOptions options;
  options.memory_limit_bytes = memory_mb << 20;
  const auto splits = datasets::open_dataset(data, options);
  datasets::Dataset& dataset = *splits.train;
  datasets::DataLoader loader(dataset, *backend, batch, datasets::parse_augment(augment),
                              /*seed=*/1);
  const auto stream = backend->device->make_stream();

  std::vector<double> seconds;
  for (std::int64_t epoch = 0; epoch < epochs; ++epoch)
    seconds.push_back(read_epoch(loader, dataset, batch, epoch, *stream));
  const double rate = static_cast<double>(dataset.size()) / upper_median(seconds);
  const double bytes = rate * static_cast<double>(dataset.sample_bytes());
  const bool streamed = dataset.resident_samples() == nullptr;
  if (json) {
    const train::Json object{{"data", dataset.info().name}, {"samples", dataset.size()},
                             {"augment", augment},          {"batch", batch},
                             {"threads", thread_count},     {"streamed", streamed},
                             {"samples_per_second", rate},  {"mb_per_second", 1e-6 * bytes}};
    fmt::print("{}\n", train::to_text(object));
    return ExitCode::done;
  }
  fmt::print("{}", fact_line("data", fmt::format("{}, {} samples of {}, {}", dataset.info().name,
                                                 with_commas(dataset.size()),
                                                 dataset.info().sample_shape.to_string(),
                                                 streamed ? "streamed" : "in memory")));
  fmt::print("{}", fact_line("speed", fmt::format("{} samples/s, {}/s", short_number(rate),
                                                  bytes_text(bytes))));
  return ExitCode::done;
}

}  // namespace dtrain::launch
