// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/train_options.hpp"

#include "base/error.hpp"
#include "datasets/data_loader.hpp"
#include "launch/command_line.hpp"
#include "measure/energy_sources.hpp"
#include "nn/loss.hpp"
#include "optim/learning_rate_schedule.hpp"
#include "optim/optimizer.hpp"

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
                          "fp32; on a GPU also tf32, bf16, fp16 (with a scaled loss)"))
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

void add_output_options(CLI::App& parser, TrainSettings& s, TrainActions& actions) {
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

}  // namespace

std::unique_ptr<CLI::App> make_train_parser(TrainSettings& settings, TrainActions& actions) {
  auto parser = make_parser("train", "Train a network on the ranks of this job.");
  add_what_options(*parser, settings);
  add_how_options(*parser, settings);
  add_machine_options(*parser, settings);
  add_output_options(*parser, settings, actions);
  parser->set_help_flag("-h,--help", "show this help")->group("What it leaves");  // the last one
  return parser;
}

}  // namespace dtrain::launch
