// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/train_command_line.hpp"

#include <algorithm>
#include <filesystem>

#include "base/error.hpp"
#include "launch/command_line.hpp"
#include "launch/config_file.hpp"
#include "launch/run_folder.hpp"
#include "launch/train_options.hpp"
#include "optim/optimizer.hpp"

namespace dtrain::launch {
namespace {

/// Settings that lie beneath the flags, and where they are from.
struct Beneath {
  std::string model, file;  ///< model: a name or a file; file: empty where there is none
  ConfigItems of_model, of_file;
};

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

/// The file of --config, or the one of the run that is resumed; empty: none.
std::string config_file(const TrainSettings& asked, const std::string& named) {
  if (!named.empty() || asked.resume.empty()) return named;
  const auto left_by_run = resumed_folder(asked) / "config.toml";
  return std::filesystem::exists(left_by_run) ? left_by_run.string() : "";
}

/// `asked`: what the flags alone say.
Beneath settings_beneath(const CLI::App& flags, const TrainSettings& asked,
                         const std::string& config) {
  Beneath beneath;
  beneath.file = config_file(asked, config);
  if (!beneath.file.empty()) beneath.of_file = read_config_file(beneath.file);
  beneath.model = asked.model;
  if (flags.count("--model") == 0)
    beneath.model = find_value(beneath.of_file, "model").value_or(asked.model);
  beneath.of_model = model_training_items(beneath.model);
  if (find_value(beneath.of_file, "global-batch")) {
    if (find_value(beneath.of_file, "batch-per-rank"))
      throw InputError(
          fmt::format("{}: set global-batch or batch-per-rank, not both", beneath.file));
    std::erase_if(beneath.of_model,
                  [](const auto& item) { return item.option() == "batch-per-rank"; });
  }

  const std::string of_model =
      find_value(beneath.of_model, "optimizer").value_or(TrainSettings{}.optimizer);
  const std::string of_file = find_value(beneath.of_file, "optimizer").value_or(of_model);
  const std::string optimizer = flags.count("--optimizer") > 0 ? asked.optimizer : of_file;
  keep_to_optimizer(optimizer, of_model, beneath.of_model);
  keep_to_optimizer(optimizer, of_file, beneath.of_file);
  return beneath;
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

/// Settings that depend on others, once all sources are put together. `flags`: what the command line
/// alone says.
void complete(TrainSettings& settings, const CLI::App& flags) {
  if (settings.lr == 0) settings.lr = default_learning_rate(settings.optimizer);
  if (flags.count("--global-batch") > 0) settings.batch_per_rank = 0;
  const bool goes_on =
      !settings.resume.empty() && settings.resume != "auto";  // auto may start fresh
  if (goes_on && flags.count("--resume") > 0 && flags.count("--init") == 0) settings.init.clear();
  if (goes_on && !settings.init.empty())
    throw UsageError("--init starts a fresh run and --resume goes on with one: set one of them");
  if (settings.resume == "auto" && settings.output.empty())
    throw UsageError("--resume auto looks into --output: name that folder too");
}

}  // namespace

TrainCommandLine parse_train_options(Arguments arguments, const Session& session) {
  // Twice: the flags say which model and file hold the settings that lie beneath them.
  TrainSettings asked;
  TrainActions actions;
  const auto flags = make_train_parser(asked, actions);
  if (!parse(*flags, arguments, session)) return {{}, TrainRequest::help};
  if (actions.version) return {{}, TrainRequest::version};
  const Beneath beneath = settings_beneath(*flags, asked, actions.config);

  TrainCommandLine line;
  const auto parser = make_train_parser(line.settings, actions);
  apply_defaults(*parser, beneath.of_model, fmt::format("model {}", beneath.model));
  apply_defaults(*parser, beneath.of_file, beneath.file);
  parse(*parser, arguments, session);
  complete(line.settings, *flags);
  if (actions.dry_run) line.request = TrainRequest::dry_run;
  return line;
}

}  // namespace dtrain::launch
