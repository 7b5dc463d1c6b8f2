// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/train_options.hpp"

#include <algorithm>

#include "launch/command_line.hpp"
#include "launch/config_file.hpp"
#include "launch/run_folder.hpp"
#include "measure/energy_sources.hpp"

namespace dtrain::launch {
namespace {

/// Accepts what `parse_value` accepts; its message otherwise.
template <class F>
CLI::Validator parsed_by(F parse_value) {
  return CLI::Validator(
      [parse_value](std::string& text) {
        try {
          parse_value(text);
          return std::string();
        } catch (const Error& error) {
          return std::string(error.what());
        }
      },
      "", "");
}

void add_what_options(CLI::App& parser, TrainSettings& s) {
  const auto group = [](CLI::Option* option) {
    option->group("What to train");
    return option;
  };
  group(parser.add_option("--model", s.model, "built-in model, or a model file"))
      ->type_name("NAME|FILE.json")
      ->capture_default_str();
  group(parser.add_option("--data", s.data,
                          "embedded, found on DTRAIN_DATA, a dataset file, or "
                          "synthetic:CxHxW:CLASSES:COUNT"))
      ->type_name("NAME|FILE.h5")
      ->capture_default_str();
  group(
      parser.add_option("--validation", s.validation,
                        "share of the training samples held out to choose the best checkpoint by"))
      ->type_name("X")
      ->check(number_below(0, 1))
      ->capture_default_str();
}

void add_how_options(CLI::App& parser, TrainSettings& s) {
  const auto group = [](CLI::Option* option) {
    option->group("How to train (defaults marked * are the model file's where it has one)");
    return option;
  };
  group(parser.add_option("--epochs", s.epochs, "passes over the training samples*"))
      ->type_name("N")
      ->check(integer_in(1, 1 << 30))
      ->capture_default_str();
  group(
      parser.add_option("--steps", s.steps,
                        "stop after N steps, overrides --epochs; 0 writes the initial checkpoint"))
      ->type_name("N")
      ->check(integer_from(0));
  group(parser.add_option(
            "--target-accuracy", s.target_accuracy,
            "stop when the test (or validation) accuracy reaches X, in (0, 1]; 0: never"))
      ->type_name("X")
      ->check(number_in(0, 1))
      ->capture_default_str();
  auto* global =
      group(parser.add_option("--global-batch", s.global_batch, "samples per step over all ranks*"))
          ->type_name("N")
          ->check(integer_from(1))
          ->capture_default_str();
  group(parser.add_option("--batch-per-rank", s.batch_per_rank,
                          "samples per step and rank, instead of --global-batch"))
      ->type_name("N")
      ->check(integer_from(1))
      ->excludes(global);
  group(parser.add_option("--micro-batch", s.micro_batch,
                          "samples per pass on a rank, to save memory; 0: all of them"))
      ->type_name("N")
      ->check(integer_from(0))
      ->capture_default_str();
  group(parser.add_option("--optimizer", s.optimizer, "sgd, adam, adamw, lars or lamb*"))
      ->type_name("NAME")
      ->check(parsed_by(optim::parse_optimizer))
      ->capture_default_str();
  group(parser.add_option("--lr", s.lr,
                          "learning rate at its height (default 0.05; 0.001 for adam, adamw and "
                          "lamb)*"))
      ->type_name("X")
      ->check(positive_number());
  group(parser.add_option("--momentum", s.momentum, "of sgd and lars, in [0, 1)*"))
      ->type_name("X")
      ->check(number_below(0, 1))
      ->capture_default_str();
  group(parser.add_flag("--nesterov", s.nesterov,
                        "Nesterov's momentum, off by default (--nesterov=false: off)*"))
      ->check(true_or_false());
  group(parser.add_option("--weight-decay", s.weight_decay,
                          "of weights; biases and batch norm have none*"))
      ->type_name("X")
      ->check(nonnegative_number())
      ->capture_default_str();
  group(parser.add_option("--schedule", s.schedule,
                          "learning rate over time: constant, cosine, step, poly or onecycle*"))
      ->type_name("NAME")
      ->check(parsed_by(optim::parse_schedule))
      ->capture_default_str();
  group(parser.add_option("--warmup-epochs", s.warmup_epochs,
                          "epochs over which the learning rate rises from 0*"))
      ->type_name("X")
      ->check(number_in(0, 1 << 30))
      ->capture_default_str();
  group(parser.add_option("--label-smoothing", s.label_smoothing,
                          "share of the target spread over all classes, in [0, 1)*"))
      ->type_name("X")
      ->check(number_below(0, 1))
      ->capture_default_str();
  group(parser.add_option("--clip-norm", s.clip_norm,
                          "largest L2 norm of the whole gradient; 0: no clipping*"))
      ->type_name("X")
      ->check(nonnegative_number())
      ->capture_default_str();
  group(parser.add_option("--loss", s.loss, "cross-entropy or mse*"))
      ->type_name("NAME")
      ->check(parsed_by(nn::parse_loss))
      ->capture_default_str();
  group(parser.add_option("--augment", s.augment,
                          "none, or a list of crop=PIXELS (pad, then crop at random) and flip*"))
      ->type_name("LIST")
      ->check(parsed_by(datasets::parse_augment))
      ->capture_default_str();
  group(parser.add_option("--seed", s.seed,
                          "of initial weights, order of samples, augmentation and dropout"))
      ->type_name("N")
      ->check(integer_from(0))
      ->capture_default_str();
}

void add_machine_options(CLI::App& parser, TrainSettings& s) {
  const auto group = [](CLI::Option* option) {
    option->group("On what");
    return option;
  };
  group(parser.add_option("--device", s.device,
                          "auto, cpu or cuda, or one per local rank (cuda,cuda,cpu)"))
      ->type_name("NAME")
      ->capture_default_str();
  group(parser.add_option("--precision", s.precision,
                          "fp32; tf32 on a GPU (bf16 and fp16 are not there yet)"))
      ->type_name("NAME")
      ->check(one_of({"fp32", "tf32", "bf16", "fp16"}))
      ->capture_default_str();
  group(
      parser.add_option("--threads", s.threads,
                        "threads per rank (default: the cores it may run on, divided by the ranks "
                        "that share them); 1 where other programs use the cores too, and with "
                        "--reproducible, whose results depend on it"))
      ->type_name("N")
      ->check(integer_in(1, 4096));
  group(parser.add_option("--comm", s.comm,
                          "who sums gradients: mpi, node (knows which ranks share memory), or auto "
                          "(the faster one, measured)"))
      ->type_name("NAME")
      ->check(one_of({"auto", "mpi", "node", "nccl"}))
      ->capture_default_str();
  group(parser.add_option("--bucket-mb", s.bucket_mb,
                          "gradients are summed over ranks in pieces of X MB (default: by "
                          "measurement)"))
      ->type_name("X")
      ->check(number_in(0.001, 1e6));
  group(parser.add_flag_function(
            "--overlap,!--no-overlap", [&s](std::int64_t count) { s.overlap = count > 0; },
            "sum gradients while backward goes on (default: with several nodes)"))
      ->check(true_or_false())
      ->run_callback_for_default();
  group(parser.add_option("--compress", s.compress,
                          "none, or bf16: half the bytes between nodes, with error feedback"))
      ->type_name("NAME")
      ->check(one_of({"none", "bf16"}))
      ->capture_default_str();
  group(parser.add_flag("--shard-optimizer", s.shard_optimizer,
                        "each rank keeps optimizer state for, and updates, its part only"))
      ->check(true_or_false());
  group(parser.add_flag("--reproducible", s.reproducible,
                        "the same weights, bit for bit, at any number of ranks up to --shards"))
      ->check(true_or_false());
  group(parser.add_option("--shards", s.shards,
                          "pieces of a global batch in which batch norm takes its statistics, and "
                          "which --reproducible keeps apart"))
      ->type_name("S")
      ->check(integer_in(1, 65536))
      ->capture_default_str();
  group(parser.add_option("--check-replicas", s.check_replicas,
                          "steps between comparisons of all ranks' parameters, which must be the "
                          "same, also before a checkpoint; ranks that differ end the run with code "
                          "5; 0: no comparison"))
      ->type_name("N")
      ->check(integer_from(0))
      ->capture_default_str();
  group(
      parser.add_option("--on-nan", s.on_nan,
                        "a step whose loss or gradient is not finite: stop (with code 5), or skip "
                        "it, up to 9 in a row"))
      ->type_name("NAME")
      ->check(one_of({"stop", "skip"}))
      ->capture_default_str();
  group(parser.add_option("--hang-timeout", s.hang_timeout,
                          "seconds without progress of any rank after which the job ends with code "
                          "4 and a report of who hangs; 0: never"))
      ->type_name("S")
      ->check(number_in(0, 1e9))
      ->capture_default_str();
}

/// Options that are no settings.
struct Actions {
  std::string config;
  bool dry_run = false, version = false;
};

void add_output_options(CLI::App& parser, TrainSettings& s, Actions& actions) {
  const auto group = [](CLI::Option* option) {
    option->group("What it leaves");
    return option;
  };
  group(parser.add_option("--output", s.output,
                          "folder of the run (default: runs/<model>-<data>-<UTC time>)"))
      ->type_name("DIR");
  group(parser.add_option("--checkpoint-every", s.checkpoint_every,
                          "epochs between checkpoints; 0: only at the end"))
      ->type_name("N")
      ->check(integer_from(0))
      ->capture_default_str();
  group(parser.add_option("--checkpoint-every-steps", s.checkpoint_every_steps,
                          "steps between checkpoints, besides those of epochs; 0: none"))
      ->type_name("N")
      ->check(integer_from(0))
      ->capture_default_str();
  group(parser.add_option("--checkpoint-keep", s.checkpoint_keep,
                          "newest checkpoints to keep; the best one is kept too"))
      ->type_name("N")
      ->check(integer_from(1))
      ->capture_default_str();
  group(parser.add_option("--resume", s.resume,
                          "go on from a run's newest checkpoint, or from a checkpoint; auto: the "
                          "newest valid one in --output, or a fresh start (from --init, if set); "
                          "the run's config.toml serves as --config unless one is named"))
      ->type_name("DIR|FILE|auto");
  group(parser.add_option("--init", s.init,
                          "start a fresh run from the weights of a checkpoint or a run"))
      ->type_name("CKPT");
  group(parser.add_option(
            "--energy", s.energy,
            "what counts joules: auto (all that can be read), none, cray, rapl, nvml, or "
            "tdp:WATTS (an estimate: how busy the cores are, times a node's watts)"))
      ->type_name("auto|none|SOURCE|tdp:WATTS")
      ->check(parsed_by(measure::parse_energy_choice))
      ->capture_default_str();
  group(
      parser.add_flag("--trace", s.trace,
                      "write trace.json, for Perfetto: all ranks' steps, layers and sums in time"))
      ->check(true_or_false());
  group(
      parser.add_option("--progress", s.progress, "auto (a bar on a terminal), bar, plain or none"))
      ->type_name("NAME")
      ->check(one_of({"auto", "bar", "plain", "none"}))
      ->capture_default_str();
  group(
      parser.add_option("--config", actions.config, "TOML file of options, as a run's config.toml"))
      ->type_name("FILE.toml");
  group(parser.add_flag("--dry-run", actions.dry_run,
                        "print the settings that result, as TOML, and stop"));
  group(parser.add_flag("--version", actions.version, "print the version and stop"));
}

std::unique_ptr<CLI::App> make_train_parser(TrainSettings& settings, Actions& actions) {
  auto parser = make_parser("train", "Train a network on the ranks of this job.");
  add_what_options(*parser, settings);
  add_how_options(*parser, settings);
  add_machine_options(*parser, settings);
  add_output_options(*parser, settings, actions);
  parser->set_help_flag("-h,--help", "show this help")->group("What it leaves");  // the last one
  return parser;
}

std::optional<std::string> find_value(const ConfigItems& items, std::string_view option) {
  const auto last = std::find_if(items.rbegin(), items.rend(),
                                 [&](const ConfigItem& item) { return item.option() == option; });
  return last != items.rend() ? std::optional(last->value) : std::nullopt;
}

/// Rates and decays are chosen for one optimizer: where another one is to train, what `items` say of
/// them is dropped.
void keep_to_optimizer(const std::string& optimizer, const std::string& own, ConfigItems& items) {
  if (optimizer == own) return;
  std::erase_if(items, [](const ConfigItem& item) {
    const std::string option = item.option();
    return option == "lr" || option == "momentum" || option == "nesterov" ||
           option == "weight-decay";
  });
}

double default_learning_rate(const std::string& optimizer) {
  switch (optim::parse_optimizer(optimizer)) {
    case optim::OptimizerKind::sgd:
    case optim::OptimizerKind::lars:
      return 0.05;
    case optim::OptimizerKind::adam:
    case optim::OptimizerKind::adamw:
    case optim::OptimizerKind::lamb:
      return 0.001;
  }
  return 0;
}

}  // namespace

TrainCommandLine parse_train_options(Arguments arguments, const Session& session) {
  // First for the model and the config file alone, whose settings lie beneath the flags.
  TrainSettings asked;
  Actions actions;
  const auto first = make_train_parser(asked, actions);
  if (!parse(*first, arguments, session)) return {{}, TrainRequest::help};
  if (actions.version) return {{}, TrainRequest::version};

  std::string config = actions.config;
  if (config.empty() && !asked.resume.empty()) {
    const auto left_by_run = resumed_folder(asked) / "config.toml";
    if (std::filesystem::exists(left_by_run)) config = left_by_run.string();
  }
  ConfigItems file = config.empty() ? ConfigItems{} : read_config_file(config);
  if (first->count("--model") == 0) asked.model = find_value(file, "model").value_or(asked.model);
  ConfigItems model = model_training_items(asked.model);
  if (find_value(file, "global-batch")) {
    if (find_value(file, "batch-per-rank"))
      throw InputError(fmt::format("{}: set global-batch or batch-per-rank, not both", config));
    std::erase_if(model, [](const auto& item) { return item.option() == "batch-per-rank"; });
  }

  const std::string of_model = find_value(model, "optimizer").value_or(TrainSettings{}.optimizer);
  const std::string of_file = find_value(file, "optimizer").value_or(of_model);
  const std::string optimizer = first->count("--optimizer") > 0 ? asked.optimizer : of_file;
  keep_to_optimizer(optimizer, of_model, model);
  keep_to_optimizer(optimizer, of_file, file);

  TrainCommandLine line;
  const auto parser = make_train_parser(line.settings, actions);
  apply_defaults(*parser, model, fmt::format("model {}", asked.model));
  apply_defaults(*parser, file, config);
  parse(*parser, arguments, session);
  if (line.settings.lr == 0) line.settings.lr = default_learning_rate(line.settings.optimizer);
  if (parser->count("--global-batch") > 0) line.settings.batch_per_rank = 0;
  const std::string& resume = line.settings.resume;
  const bool goes_on = !resume.empty() && resume != "auto";  // auto may start fresh
  if (goes_on && first->count("--resume") > 0 && first->count("--init") == 0)
    line.settings.init.clear();
  if (goes_on && !line.settings.init.empty())
    throw UsageError("--init starts a fresh run and --resume goes on with one: set one of them");
  if (line.settings.resume == "auto" && line.settings.output.empty())
    throw UsageError("--resume auto looks into --output: name that folder too");
  if (actions.dry_run) line.request = TrainRequest::dry_run;
  return line;
}

nn::InputSpec input_spec(const datasets::Dataset& dataset) {
  const auto& info = dataset.info();
  const auto values = static_cast<std::int64_t>(dataset.targets().size());
  return {info.sample_shape,
          values > 0 ? values / dataset.size() : static_cast<std::int64_t>(info.classes.size())};
}

comm::EngineRequest engine_request(const TrainSettings& s, std::size_t gradient_bytes,
                                   int gradient_parts) {
  return {.comm = s.comm,
          .bucket_mb = s.bucket_mb > 0 ? std::optional(s.bucket_mb) : std::nullopt,
          .overlap = s.overlap,
          .compress = s.compress == "bf16",
          .shard = s.shard_optimizer,
          .gradient_bytes = gradient_bytes,
          .gradient_parts = gradient_parts};
}

train::TrainerOptions trainer_options(const TrainSettings& s, const nn::Model& model) {
  train::TrainerOptions options;
  options.epochs = s.epochs;
  options.steps = s.steps;
  options.target_accuracy = s.target_accuracy;
  options.global_batch = s.global_batch;
  options.micro_batch = s.micro_batch;
  options.shards = model.has_batch_norm() || s.reproducible ? s.shards : 0;
  options.reproducible = s.reproducible;
  options.seed = s.seed;
  options.augment = datasets::parse_augment(s.augment);
  options.loss = nn::parse_loss(s.loss);
  options.label_smoothing = static_cast<float>(s.label_smoothing);
  options.synchronization.optimizer = {.kind = optim::parse_optimizer(s.optimizer),
                                       .momentum = static_cast<float>(s.momentum),
                                       .nesterov = s.nesterov,
                                       .weight_decay = static_cast<float>(s.weight_decay),
                                       .clip_norm = static_cast<float>(s.clip_norm)};
  options.schedule = optim::parse_schedule(s.schedule);
  options.learning_rate = static_cast<float>(s.lr);
  options.warmup_epochs = s.warmup_epochs;
  options.check_replicas = s.check_replicas;
  options.on_non_finite = train::parse_on_non_finite(s.on_nan);
  options.output = s.output;
  options.checkpoint_every_epochs = s.checkpoint_every;
  options.checkpoint_every_steps = s.checkpoint_every_steps;
  options.checkpoint_keep = s.checkpoint_keep;
  return options;
}

}  // namespace dtrain::launch
