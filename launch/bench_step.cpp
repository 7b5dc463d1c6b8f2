// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain bench step: forward, loss, backward, sum over ranks and update, on a batch that stays in
// memory. The machine's FMA peak is measured between the windows of the same run.

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "base/stopwatch.hpp"
#include "comm/gradient_reducer.hpp"
#include "datasets/data_loader.hpp"
#include "launch/bench.hpp"
#include "launch/binding.hpp"
#include "launch/command_line.hpp"
#include "launch/console.hpp"
#include "launch/together.hpp"
#include "launch/train_options.hpp"
#include "measure/hardware_probe.hpp"
#include "measure/step_clock.hpp"
#include "nn/loss.hpp"

namespace dtrain::launch {
namespace {

constexpr int windows = 5;

struct Settings {
  std::string model = "cnn", data, optimizer, device = "auto", precision = "fp32", comm = "auto";
  std::int64_t batch = 64, threads = 0, shards = 8;
  double seconds = 0.5;
  bool json = false;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// One rank's part of a training step, again and again on the same samples.
class StepBench {
 public:
  StepBench(const Settings& settings, const nn::Model& model, datasets::Dataset& dataset,
            const kernels::Backend& backend, comm::Communicator& communicator)
      : batch_(settings.batch),
        stream_(backend.device->make_stream()),
        passes_(datasets::plan_passes(batch_, communicator.rank(), communicator.size(),
                                      model.has_batch_norm() ? settings.shards : 0, 0)),
        replica_(model, backend, nominal(settings, model, communicator.size()), /*seed=*/1),
        optimizer_(optim::make_optimizer({.kind = optim::parse_optimizer(settings.optimizer)},
                                         replica_.parameters(), backend)),
        loss_(nn::LossKind::cross_entropy, 0, model.input().classes, largest_pass(), backend),
        reducer_(communicator,
                 {replica_.parameters().gradients(),
                  static_cast<std::size_t>(replica_.parameters().gradient_floats())},
                 {{0, replica_.parameters().gradient_floats()}}, clock_) {
    // Each pass keeps a loader of its own, whose batch stays where it is.
    std::vector<std::int64_t> order(static_cast<std::size_t>(batch_));
    std::iota(order.begin(), order.end(), 0);
    for (const datasets::Range& pass : passes_) {
      auto& loader = loaders_.emplace_back(std::make_unique<datasets::DataLoader>(
          dataset, backend, pass.size(), datasets::AugmentOptions{}, 1));
      loader->start(order, {pass}, 0);
      batches_.push_back(loader->next(*stream_));
    }
  }

  void run() {
    using Position = nn::Replica::PassPosition;
    nn::StepContext context;
    context.step = ++step_;
    for (std::size_t i = 0; i < batches_.size(); ++i) {
      const datasets::Batch& batch = batches_[i];
      const bool first = i == 0, last = i + 1 == batches_.size();
      context.sample_ids = batch.sample_ids;
      context.pass_weight = static_cast<float>(batch.size) / static_cast<float>(batch_);
      const float* output =
          replica_.forward(batch.size, kernels::Pass::training, batch.input, context, *stream_);
      loss_.forward_backward(output, batch.size, batch.labels, batch.targets,
                             1.0f / static_cast<float>(batch_), *stream_);
      replica_.backward(batch.size, loss_.gradient(),
                        first && last ? Position::only
                        : first       ? Position::first
                        : last        ? Position::last
                                      : Position::middle,
                        context, *stream_,
                        [&](std::int64_t end) { reducer_.mark_ready(end, *stream_); });
    }
    if (batches_.empty()) replica_.zero_gradients(*stream_);
    reducer_.finish(*stream_);
    const optim::Slice all{0, replica_.parameters().trainable_floats()};
    const auto norms = optimizer_->partial_norms(all, step_, *stream_);
    optimizer_->update(all, norms, 1e-4f, step_, *stream_);
    replica_.update_statistics(*stream_);
    stream_->synchronize();
  }

 private:
  static std::int64_t nominal(const Settings& settings, const nn::Model& model, int ranks) {
    const std::int64_t parts = model.has_batch_norm() ? settings.shards : ranks;
    return (settings.batch + parts - 1) / parts;
  }
  std::int64_t largest_pass() const {
    std::int64_t largest = 1;
    for (const datasets::Range& pass : passes_) largest = std::max(largest, pass.size());
    return largest;
  }

  std::int64_t batch_, step_ = 0;
  std::unique_ptr<kernels::Stream> stream_;
  std::vector<datasets::Range> passes_;
  std::vector<std::unique_ptr<datasets::DataLoader>> loaders_;
  std::vector<datasets::Batch> batches_;
  nn::Replica replica_;
  std::unique_ptr<optim::Optimizer> optimizer_;
  nn::Loss loss_;
  measure::StepClock clock_;
  comm::GradientReducer reducer_;
};

struct Result {
  double seconds_per_step = 0;  ///< of the slowest rank, median of the windows
  double peak_gflops = 0;       ///< of all ranks together
};

Result measure_steps(StepBench& bench, comm::Communicator& communicator, int threads,
                     double seconds) {
  for (int warm_up = 0; warm_up < 3; ++warm_up) bench.run();
  // All ranks take the same number of steps.
  Stopwatch once;
  bench.run();
  double slowest = once.seconds();
  communicator.allreduce(std::span(&slowest, 1), comm::ReduceOp::max);
  const int steps = std::max(3, static_cast<int>(std::min(seconds / slowest, 1e6)));

  std::vector<double> times;
  Result result;
  for (int window = 0; window < windows; ++window) {
    communicator.barrier();
    double peak = measure::measure_fma_gflops(threads, 0.05);
    communicator.allreduce(std::span(&peak, 1), comm::ReduceOp::sum);
    result.peak_gflops = std::max(result.peak_gflops, peak);
    communicator.barrier();
    Stopwatch watch;
    for (int step = 0; step < steps; ++step) bench.run();
    double time = watch.seconds() / steps;
    communicator.allreduce(std::span(&time, 1), comm::ReduceOp::max);
    times.push_back(time);
  }
  result.seconds_per_step = median(times);
  return result;
}

void add_options(CLI::App& parser, Settings& s) {
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
  parser.add_option("--device", s.device, "auto, cpu or cuda")
      ->type_name("NAME")
      ->capture_default_str();
  parser.add_option("--precision", s.precision, "fp32")
      ->type_name("NAME")
      ->check(one_of({"fp32", "tf32", "bf16", "fp16"}))
      ->capture_default_str();
  parser.add_option("--comm", s.comm, "auto, mpi, or none: replicas side by side, nothing summed")
      ->type_name("NAME")
      ->check(one_of({"auto", "mpi", "node", "nccl", "none"}))
      ->capture_default_str();
  parser.add_option("--shards", s.shards, "pieces in which batch norm sees the batch")
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

}  // namespace

ExitCode run_bench_step(Arguments arguments, Session& session) {
  Settings settings;
  auto parser = make_parser("bench step", "Time training steps on a batch that stays in memory.");
  add_options(*parser, settings);
  if (!parse(*parser, arguments, session)) return ExitCode::done;
  check_machine_options(settings.precision, settings.comm);
  if (settings.optimizer.empty())
    settings.optimizer = is_adam_model(settings.model) ? "adam" : "sgd";

  auto& world = session.communicator();
  const int threads =
      settings.threads > 0 ? static_cast<int>(settings.threads) : fair_threads(world);
  const auto alone = comm::make_self_communicator();
  comm::Communicator& summing = settings.comm == "none" ? *alone : world;
  if (settings.comm == "none")
    settings.batch = std::max<std::int64_t>(1, settings.batch / world.size());

  datasets::DatasetSplits data;
  std::optional<nn::Model> model;
  std::unique_ptr<kernels::Backend> backend;
  std::optional<StepBench> bench;
  std::string device;
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
    device = pick_device(settings.device, world.local_rank(), world.local_size());
    backend = make_backend(device, threads);
    bench.emplace(settings, *model, *data.train, *backend, summing);
  });
  const Result result = measure_steps(*bench, world, threads, settings.seconds);
  if (!session.is_root()) return ExitCode::done;

  const double samples =
      static_cast<double>(settings.batch) * (settings.comm == "none" ? world.size() : 1);
  const double rate = samples / result.seconds_per_step;
  const double gflops = rate * static_cast<double>(model->flops_per_sample()) * 1e-9;
  const std::string comm = settings.comm == "none" ? "none" : world.name();
  if (settings.json) {
    const nlohmann::ordered_json json{{"model", model->name()},
                                      {"batch", static_cast<std::int64_t>(samples)},
                                      {"ranks", world.size()},
                                      {"threads", threads},
                                      {"device", device},
                                      {"precision", settings.precision},
                                      {"comm", comm},
                                      {"optimizer", settings.optimizer},
                                      {"ms_per_step", 1e3 * result.seconds_per_step},
                                      {"samples_per_second", rate},
                                      {"gflops", gflops},
                                      {"peak_gflops", result.peak_gflops},
                                      {"fraction_of_peak", gflops / result.peak_gflops}};
    fmt::print("{}\n", json.dump());
    return ExitCode::done;
  }
  fmt::print("{}", fact_line("model", fmt::format("{}, batch {}, {}", model->name(), samples,
                                                  settings.optimizer)));
  fmt::print("{}", fact_line("ranks", fmt::format("{}, {} thread{} each, comm {}", world.size(),
                                                  threads, threads == 1 ? "" : "s", comm)));
  fmt::print("{}", fact_line("device", fmt::format("{} ({}), {}", device, backend->device->name(),
                                                   settings.precision)));
  fmt::print("{}", fact_line("step", fmt::format("{:.4g} ms", 1e3 * result.seconds_per_step)));
  fmt::print("{}", fact_line("speed", fmt::format("{} samples/s", short_number(rate))));
  fmt::print("{}",
             fact_line("arithmetic",
                       fmt::format("{:.1f} GFLOP/s, {} of the measured peak of {:.0f}", gflops,
                                   percent_text(gflops / result.peak_gflops), result.peak_gflops)));
  return ExitCode::done;
}

}  // namespace dtrain::launch
