// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain train: from settings to a trained network. train() reads as a run goes.

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

#include "launch/binding.hpp"
#include "launch/closing_summary.hpp"
#include "launch/command_line.hpp"
#include "launch/console.hpp"
#include "launch/hang_watch.hpp"
#include "launch/library_options.hpp"
#include "launch/rehearsal.hpp"
#include "launch/resident_data.hpp"
#include "launch/root_observers.hpp"
#include "launch/run_folder.hpp"
#include "launch/run_instruments.hpp"
#include "launch/software.hpp"
#include "launch/stop_signals.hpp"
#include "launch/together.hpp"
#include "launch/train_command_line.hpp"
#include "launch/version.hpp"
#include "train/output_file.hpp"
#include "train/pass_plan.hpp"
#include "train/resume.hpp"
#include "train/run_summary.hpp"
#include "train/trainer.hpp"

namespace dtrain::launch {
namespace {

/// Data, yet to be held in memory, and the model that fits it.
struct Inputs {
  datasets::DatasetSplits data;
  nn::InputSpec input;
  nn::Model model;

  explicit Inputs(const TrainSettings& settings)
      : data(datasets::open_dataset(settings.data, {.validation_fraction = settings.validation,
                                                    .seed = settings.seed,
                                                    .memory_limit_bytes = 0})),
        input(input_spec(*data.train)),
        model(nn::Model::load(settings.model, input)) {}
};

/// Turns --batch-per-rank into a global batch. Throws UsageError where ranks would get no sample.
void fit_batch_to_ranks(TrainSettings& settings, int ranks) {
  if (settings.batch_per_rank > 0) {
    settings.global_batch = std::min(settings.batch_per_rank, largest_integer / ranks) * ranks;
    settings.batch_per_rank = 0;
  }
  if (settings.global_batch < ranks)
    throw UsageError(
        fmt::format("--global-batch {} leaves some of the {} ranks without a sample: "
                    "use a larger batch or fewer ranks",
                    settings.global_batch, ranks));
}

/// Whether a device that can record passes does so.
std::string replay_text(const nn::Replica& replica, bool overlaps, bool is_traced) {
  if (!replica.backend().device->can_record()) return "";
  if (overlaps) return ", layer by layer: sums go on beside them";
  if (is_traced) return ", layer by layer: --trace looks at each";
  if (replica.depends_on_step()) return ", layer by layer: dropout draws anew in each step";
  return ", passes replayed as CUDA Graphs";
}

std::string banner(const train::RunSummary& run, const TrainSettings& settings,
                   const nn::InputSpec& input, const std::string& sums,
                   const std::string& replays) {
  std::string text = fmt::format("dtrain {}\n", version);
  text +=
      fact_line("model", fmt::format("{}, {} parameters", run.model, with_commas(run.parameters)));
  text += fact_line(
      "data", fmt::format("{}, {} training and {} test samples of {}, {} classes", run.dataset,
                          with_commas(run.train_samples), with_commas(run.test_samples),
                          input.sample_shape.to_string(), input.classes));
  text += fact_line("training", fmt::format("{}, lr {}, {}, batch {}", settings.optimizer,
                                            settings.lr, settings.schedule, run.global_batch));
  text += fact_line("ranks",
                    fmt::format("{} on {}, {} each", run.world_size, counted(run.nodes, "node"),
                                counted(run.threads_per_rank, "thread")));
  if (!sums.empty()) text += fact_line("comm", sums);
  text += fact_line(
      "device", fmt::format("{} ({}), {}{}", run.device, run.device_name, run.precision, replays));
  if (!run.energy.sources.empty())
    text += fact_line("energy", fmt::format("{}", fmt::join(run.energy.sources, ", ")));
  return text + fact_line("output", settings.output + "/") + "\n";
}

/// Of the passes that make up most of the training.
double bytes_per_sample(nn::Replica& replica, std::int64_t samples) {
  const nn::Network& network = replica.at_batch(samples, kernels::Pass::training);
  return static_cast<double>(network.moved_bytes()) / static_cast<double>(samples);
}

ExitCode train(TrainSettings settings, const std::string& command, const Session& session,
               HangWatch& watch) {
  auto& communicator = watch.communicator();
  const bool is_root = communicator.is_root();
  const int ranks = communicator.size();
  const auto say = [&](const std::string& text) {
    if (!is_root || settings.progress == "none") return;
    show(stdout, text);
  };
  const auto note = [&](const std::string& text) {
    if (is_root) show(stderr, fmt::format("dtrain: note: {}\n", as_one_line(text)));
  };

  std::optional<Inputs> inputs;
  together(communicator, [&] {
    fit_batch_to_ranks(settings, ranks);
    inputs.emplace(settings);
  });
  auto& data = inputs->data;
  hold_in_memory(data, communicator, datasets::OpenOptions().memory_limit_bytes);
  const nn::Model& model = inputs->model;
  if (model.has_batch_norm() && settings.shards < ranks && !settings.reproducible) {
    note(fmt::format("--shards raised from {} to {}, one per rank", settings.shards, ranks));
    settings.shards = ranks;
  }

  // This rank's device and its replica of the model.
  const int threads = settings.threads > 0    ? static_cast<int>(settings.threads)
                      : settings.reproducible ? 1  // libraries split sums among threads
                                              : fair_threads(communicator);
  auto options = trainer_options(settings, model);
  const train::PassPlan plan(communicator, data.train->size(), options.global_batch, options.shards,
                             options.micro_batch);
  DeviceChoice device;
  std::unique_ptr<kernels::Backend> backend;
  together(communicator, [&] {
    device = pick_device(settings.device, communicator.local_rank(), communicator.local_size());
    backend = make_backend(device, {threads, settings.precision, settings.reproducible});
  });
  const int gradient_addends = settings.reproducible ? plan.most_passes() : 1;
  const auto gradient_bytes = static_cast<std::size_t>(model.parameter_count()) * sizeof(float);
  auto request = engine_request(settings, gradient_bytes, gradient_addends);
  request.device = backend->device.get();
  const comm::Engine engine = [&] {
    const ScopedPlace place(watch.progress().main, Place::trial);
    return comm::make_engine(communicator, request);
  }();
  nn::Replica replica(model, *backend, plan.nominal_pass(), settings.seed,
                      train::arena_memory(*engine.collective, engine.options), gradient_addends);

  const bool names_folder = !settings.output.empty() || !settings.resume.empty();
  // The root looks after files: where to write, and what to go on from.
  std::optional<train::Checkpoint> start;
  std::array<std::int64_t, 2> known{};  // to the root
  std::int64_t &resumes = known[0], &is_summarized = known[1];
  together(communicator, [&] {
    if (!is_root) return;
    settings.output = choose_run_folder(settings, model.name(), data.train->info().name).string();
    auto point = starting_point(settings, note);
    if (!point) return;
    start = std::move(point->checkpoint);
    resumes = point->resumes ? 1 : 0;
    is_summarized = std::filesystem::exists(settings.output + "/summary.json") ? 1 : 0;
  });
  start = train::share(communicator, start);
  communicator.allreduce(std::span(known), comm::ReduceOp::max);
  options.output = settings.output;
  RunInstruments instruments(settings, communicator, *backend->device);
  options.synchronization.bucket_mb = engine.bucket_mb;
  options.synchronization.reduction = engine.options;
  options.synchronization.reduction.details = instruments.details();
  RootObservers observers;
  std::optional<train::Trainer> trainer;
  alike([&] {
    if (start && resumes == 0) train::restore(*start, replica, nullptr);
    trainer.emplace(replica, communicator, *engine.collective, data, options,
                    std::vector<train::TrainingObserver*>{&observers},
                    instruments.for_trainer(watch.progress()));
    if (resumes != 0) trainer->resume(*start);
  });
  // A run that was killed after its last checkpoint still lacks its summary.
  if (resumes != 0 && is_summarized != 0 && trainer->is_finished()) {
    note(
        fmt::format("already finished at step {} (epoch {}), and left as it is: more --epochs or "
                    "--steps go further",
                    start->progress.step, start->progress.current_epoch()));
    return ExitCode::done;
  }
  if (resumes != 0)
    for (const std::string& change :
         train::changed_settings(start->progress.recipe, train::recipe_of(options)))
      note(change);

  train::RunSummary run{.command = command,
                        .world_size = ranks,
                        .nodes = communicator.nodes(),
                        .threads_per_rank = threads,
                        .device = device.name,
                        .device_name = backend->device->name(),
                        .precision = settings.precision,
                        .comm = engine.collective->name(),
                        .model = model.name(),
                        .parameters = model.parameter_count(),
                        .flops_per_sample = model.flops_per_sample(),
                        .bytes_per_sample = 0,
                        .dataset = data.train->info().name,
                        .train_samples = data.train->size(),
                        .test_samples = data.test->size(),
                        .global_batch = settings.global_batch,
                        .shards = options.shards,
                        .seed = settings.seed,
                        .reproducible = settings.reproducible,
                        .mpi_init_seconds = session.mpi_init_seconds(),
                        .peak_gflops = std::nullopt,
                        .memory_gb_per_s = std::nullopt,
                        .target_accuracy = settings.target_accuracy,
                        .energy = instruments.energy_facts(),
                        .slurm_joules = std::nullopt,
                        .earlier_epochs = {},
                        .result = {}};
  const std::filesystem::path folder = settings.output;
  together(communicator, [&] {
    if (!is_root) return;
    prepare_run_folder(folder);
    observers.open(settings, data.validation != nullptr,
                   resumes != 0 ? std::optional(start->progress) : std::nullopt);
    train::write_file(folder / "config.toml", to_toml(settings));
    train::write_file(folder / "environment.json",
                      train::environment_json_text(software_versions()));
  });
  start.reset();
  if (!watch.meet_in(folder))
    note(fmt::format("not all nodes see {}/: each looks for hangs of its own ranks only",
                     folder.string()));
  if (settings.progress == "none" && !names_folder)
    note(fmt::format("the run's files are in {}/", settings.output));
  say(banner(run, settings, inputs->input, engine.reason,
             replay_text(replica, engine.options.overlap, instruments.details() != nullptr)));
  if (settings.energy != "auto" && settings.energy != "none" && run.energy.sources.empty())
    note(fmt::format("--energy {} measures nothing: {}", settings.energy,
                     fmt::join(run.energy.problems, "; ")));

  instruments.start();
  alike([&] { run.result = trainer->run(); });
  observers.close();
  instruments.finish(run, threads, folder);

  if (is_root) {
    run.earlier_epochs = observers.earlier_epochs();
    if (run.result.samples_trained > 0)
      run.bytes_per_sample = bytes_per_sample(replica, plan.nominal_pass());
    train::write_file(folder / "summary.json", train::to_json_text(run));
  }
  say(closing_summary(run, settings.output));
  if (run.result.stop_reason != train::StopReason::stopped) return ExitCode::done;
  note(fmt::format("stopped at step {}; go on with: dtrain --resume {}", run.result.step,
                   settings.output));
  return ExitCode::stopped;
}

}  // namespace

ExitCode run_train(Arguments arguments, Session& session) {
  const auto [settings, request] = parse_train_options(arguments, session);
  switch (request) {
    case TrainRequest::help:
      return ExitCode::done;
    case TrainRequest::version:
      if (session.is_root()) fmt::print("dtrain {}\n", version);
      return ExitCode::done;
    case TrainRequest::dry_run:
      if (session.is_root()) fmt::print("{}", to_toml(settings));
      return ExitCode::done;
    case TrainRequest::train:
      break;
  }
  rehearse_dataset(settings.data);
  if (!settings.init.empty()) rehearse_weights(settings.init);
  const std::string options = fmt::format("{}", fmt::join(arguments, " "));
  stop_on_signals();  // from here on: a request that comes early stops after the first step
  HangWatch watch(session.communicator(), settings.hang_timeout);
  const ExitCode code =
      train(settings, options.empty() ? "dtrain" : "dtrain " + options, session, watch);
  watch.end();
  return code;
}

}  // namespace dtrain::launch
