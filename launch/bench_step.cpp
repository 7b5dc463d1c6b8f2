// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain bench step: the training step (train/training_step.hpp) on a batch that stays in memory. The
// machine's FMA peak is measured between the windows of the same run.

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <sstream>

#include "base/median.hpp"
#include "base/stopwatch.hpp"
#include "launch/bench.hpp"
#include "launch/binding.hpp"
#include "launch/command_line.hpp"
#include "launch/console.hpp"
#include "launch/library_options.hpp"
#include "launch/rehearsal.hpp"
#include "launch/step_bench.hpp"
#include "launch/together.hpp"
#include "measure/hardware_probe.hpp"
#include "train/json.hpp"

namespace dtrain::launch {
namespace {

constexpr int windows = 5;

/// Of one bench.
struct Result {
  std::vector<double> window_seconds;  ///< a step's, of the slowest rank
  double seconds_per_step = 0;         ///< the windows' median
  /// The same if every step were as long as that of the rank which is slowest in it: what ranks that
  /// do not communicate would need to stay in step.
  std::vector<double> lockstep_seconds;
  double peak_gflops = 0;  ///< of all ranks together
};

/// Of one rank's device: the FMA peak of `threads` cores, or a large product's rate on a GPU.
double measure_peak_gflops(const kernels::Backend& backend, int threads) {
  constexpr double seconds = 0.05;
  return backend.device->is_host() ? measure::measure_fma_gflops(threads, seconds)
                                   : measure::measure_product_gflops(backend, seconds);
}

/// All ranks take the same number of steps.
int steps_per_window(StepBench& bench, comm::Communicator& world, double seconds) {
  for (int warm_up = 0; warm_up < 3; ++warm_up) bench.run();
  const Stopwatch once;
  bench.run();
  double slowest = once.seconds();
  world.allreduce(std::span(&slowest, 1), comm::ReduceOp::max);
  return std::max(3, static_cast<int>(std::min(seconds / slowest, 1e6)));
}

/// Takes the benches' windows in turn, so that what else the machine does meets them all.
std::vector<Result> measure_steps(std::span<const std::unique_ptr<StepBench>> benches,
                                  comm::Communicator& world, const kernels::Backend& backend,
                                  int threads, double seconds) {
  std::vector<int> steps;
  for (const auto& bench : benches) steps.push_back(steps_per_window(*bench, world, seconds));
  std::vector<Result> results(benches.size());
  for (int window = 0; window < windows; ++window) {
    for (std::size_t i = 0; i < benches.size(); ++i) {
      world.barrier();
      double peak = measure_peak_gflops(backend, threads);
      world.allreduce(std::span(&peak, 1), comm::ReduceOp::sum);
      results[i].peak_gflops = std::max(results[i].peak_gflops, peak);
      world.barrier();
      std::vector<double> each;
      const Stopwatch watch;
      for (int step = 0; step < steps[i]; ++step) {
        const Stopwatch one;
        benches[i]->run();
        each.push_back(one.seconds());
      }
      double time = watch.seconds() / steps[i];
      world.allreduce(std::span(&time, 1), comm::ReduceOp::max);
      world.allreduce(std::span(each), comm::ReduceOp::max);
      results[i].window_seconds.push_back(time);
      results[i].lockstep_seconds.push_back(std::reduce(each.begin(), each.end()) / steps[i]);
    }
  }
  for (Result& result : results) result.seconds_per_step = upper_median(result.window_seconds);
  return results;
}

void add_options(CLI::App& parser, StepBenchSettings& s) {
  parser.add_option("--model", s.model, "built-in model, or a model file")
      ->type_name("NAME|FILE.json")
      ->capture_default_str();
  parser.add_option("--batch", s.batch, "samples per step, over all ranks")
      ->type_name("N")
      ->check(integer_in(1, 1 << 24))
      ->capture_default_str();
  parser
      .add_option("--data", s.data,
                  "as for train (default: synthetic, in the model's reference shape)")
      ->type_name("NAME|FILE.h5");
  parser
      .add_option(
          "--optimizer", s.optimizer,
          "sgd, adam, adamw, lars or lamb (default: adam for mlp, mlp64 and cnn-small, else sgd)")
      ->type_name("NAME")
      ->check(one_of({"sgd", "adam", "adamw", "lars", "lamb"}));
  parser.add_option("--threads", s.threads, "threads per rank (default: its share of the cores)")
      ->type_name("N")
      ->check(integer_in(1, 4096));
  parser.add_option("--device", s.device, "auto, cpu or cuda; both: the one, then the other")
      ->type_name("NAME")
      ->capture_default_str();
  parser.add_option("--precision", s.precision, "as for train; the CPU's half of both is fp32")
      ->type_name("NAME")
      ->check(one_of({"fp32", "tf32", "bf16", "fp16"}))
      ->capture_default_str();
  parser
      .add_option("--comm", s.comm,
                  "auto, mpi, node, nccl, or none: replicas side by side, nothing summed; several "
                  "(auto,none) are measured in turn")
      ->type_name("NAMES")
      ->capture_default_str();
  parser.add_option("--bucket-mb", s.bucket_mb, "as for train")
      ->type_name("X")
      ->check(number_in(0.001, 1e6));
  parser.add_flag_function(
      "--overlap,!--no-overlap", [&s](std::int64_t count) { s.overlap = count > 0; },
      "as for train");
  parser.add_flag("--shard-optimizer", s.shard_optimizer, "as for train");
  parser.add_flag("--reproducible", s.reproducible, "as for train");
  parser.add_option("--shards", s.shards, "pieces of the batch, as for train")
      ->type_name("S")
      ->check(integer_in(1, 65536))
      ->capture_default_str();
  parser
      .add_option("--seconds", s.seconds, fmt::format("length of each of the {} windows", windows))
      ->type_name("X")
      ->check(number_in(0.001, 600))
      ->capture_default_str();
  parser.add_flag("--json", s.json, "print one JSON object");
}

bool is_adam_model(const std::string& model) {
  return model == "mlp" || model == "mlp64" || model == "cnn-small";
}

std::vector<double> milliseconds(std::vector<double> seconds) {
  for (double& second : seconds) second *= 1e3;
  return seconds;
}

/// "auto,none" -> its names. Throws UsageError for an unknown one.
std::vector<std::string> parse_comms(const std::string& text) {
  std::vector<std::string> names;
  std::istringstream list(text);
  for (std::string name; std::getline(list, name, ',');) {
    const std::string problem = one_of({"auto", "mpi", "node", "nccl", "none"})(name);
    if (!problem.empty()) throw UsageError("--comm: " + problem);
    names.push_back(name);
  }
  return names;
}

void print(const StepBenchSettings& settings, const StepBench& bench, const Result& result,
           const nn::Model& model, int ranks, int threads, const std::string& device,
           const std::string& device_name) {
  const double rate = static_cast<double>(bench.samples()) / result.seconds_per_step;
  const double gflops = rate * static_cast<double>(model.flops_per_sample()) * 1e-9;
  if (settings.json) {
    const train::Json json{{"model", model.name()},
                           {"batch", bench.samples()},
                           {"ranks", ranks},
                           {"threads", threads},
                           {"device", device},
                           {"precision", settings.precision},
                           {"comm", bench.name()},
                           {"optimizer", settings.optimizer},
                           {"ms_per_step", 1e3 * result.seconds_per_step},
                           {"samples_per_second", rate},
                           {"gflops", gflops},
                           {"peak_gflops", result.peak_gflops},
                           {"fraction_of_peak", gflops / result.peak_gflops},
                           {"comm_ms", bench.communication_ms()},
                           {"comm_exposed_ms", bench.exposed_ms()},
                           {"step_milliseconds", bench.step_milliseconds()},
                           {"window_ms", milliseconds(result.window_seconds)},
                           {"lockstep_ms", milliseconds(result.lockstep_seconds)}};
    fmt::print("{}\n", train::to_text(json));
    return;
  }
  const std::string sums =
      ranks == 1 ? ""
                 : fmt::format(", of which {:.3g} ms communication, {:.3g} ms exposed",
                               bench.communication_ms(), bench.exposed_ms());
  std::string text =
      fact_line("model", fmt::format("{}, batch {}, {}", model.name(), bench.samples(),
                                     settings.optimizer)) +
      fact_line("ranks", fmt::format("{}, {} each", ranks, counted(threads, "thread"))) +
      fact_line("comm", bench.reason().empty() ? bench.name() : bench.reason()) +
      fact_line("device", fmt::format("{} ({}), {}", device, device_name, settings.precision)) +
      fact_line("step", fmt::format("{:.4g} ms{}", 1e3 * result.seconds_per_step, sums)) +
      fact_line("speed", fmt::format("{} samples/s", short_number(rate))) +
      fact_line("arithmetic",
                fmt::format("{:.1f} GFLOP/s, {} of the measured peak of {:.0f}", gflops,
                            percent_text(gflops / result.peak_gflops), result.peak_gflops));
  fmt::print("{}", text);
}

}  // namespace

ExitCode run_bench_step(Arguments arguments, Session& session) {
  StepBenchSettings settings;
  auto parser = make_parser("bench step", "Time training steps on a batch that stays in memory.");
  add_options(*parser, settings);
  if (!parse(*parser, arguments, session)) return ExitCode::done;
  const std::vector<std::string> comms = parse_comms(settings.comm);
  if (settings.optimizer.empty())
    settings.optimizer = is_adam_model(settings.model) ? "adam" : "sgd";

  if (!settings.data.empty()) rehearse_dataset(settings.data);
  auto& world = session.communicator();
  if (std::ranges::count(comms, "none") > 0 && settings.batch % world.size() != 0)
    throw UsageError(
        fmt::format("--comm none gives all ranks batches of one size: --batch {} does not divide "
                    "by {} ranks",
                    settings.batch, world.size()));
  const int threads =
      settings.threads > 0 ? static_cast<int>(settings.threads) : fair_threads(world);

  datasets::DatasetSplits data;
  std::optional<nn::Model> model;
  together(world, [&] {
    if (settings.data.empty())
      settings.data = fmt::format("synthetic:{}:10:{}",
                                  nn::reference_input(settings.model).sample_shape.to_string(),
                                  std::max<std::int64_t>(settings.batch, 100));
    data = datasets::open_dataset(settings.data, {});
    if (data.train->size() < settings.batch)
      throw UsageError(fmt::format("--batch {} is more than the {} samples of {}", settings.batch,
                                   data.train->size(), settings.data));
    model.emplace(nn::Model::load(settings.model, input_spec(*data.train)));
  });
  const bool both = settings.device == "both";
  for (const std::string& option :
       both ? std::vector<std::string>{"cpu", "cuda"} : std::vector{settings.device}) {
    StepBenchSettings own = settings;
    if (both && option == "cpu") own.precision = "fp32";
    DeviceChoice device;
    std::unique_ptr<kernels::Backend> backend;
    together(world, [&] {
      device = pick_device(option, world.local_rank(), world.local_size());
      backend = make_backend(device, {threads, own.precision, own.reproducible});
    });
    std::vector<std::unique_ptr<StepBench>> benches;
    benches.reserve(comms.size());
    for (const std::string& comm : comms)
      benches.push_back(
          std::make_unique<StepBench>(comm, own, *model, *data.train, *backend, world));
    const std::vector<Result> results =
        measure_steps(benches, world, *backend, threads, settings.seconds);
    for (std::size_t i = 0; i < benches.size() && session.is_root(); ++i)
      print(own, *benches[i], results[i], *model, world.size(), threads, device.name,
            backend->device->name());
  }
  return ExitCode::done;
}

}  // namespace dtrain::launch
