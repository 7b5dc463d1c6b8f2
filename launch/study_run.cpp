// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain study strong, weak, devices: runs the steps that are not done yet, or has Slurm run them, and
// writes what was found.

#include <algorithm>
#include <fstream>

#include "base/stopwatch.hpp"
#include "launch/binding.hpp"
#include "launch/console.hpp"
#include "launch/job.hpp"
#include "launch/study.hpp"
#include "launch/study_jobs.hpp"
#include "launch/study_options.hpp"
#include "launch/study_text.hpp"
#include "train/json.hpp"
#include "train/output_file.hpp"

namespace dtrain::launch {
namespace {

namespace fs = std::filesystem;

void note(const std::string& text) {
  show(stderr, fmt::format("dtrain: note: {}\n", as_one_line(text)));
}

/// Where devices are compared and not named, those that are here; an error where a named one is not.
void keep_present_devices(StudyRequest& request) {
  auto& devices = request.options.matrix.devices;
  const auto cuda = std::find(devices.begin(), devices.end(), "cuda");
  if (cuda == devices.end() || pick_device("auto", 0, 1).name == "cuda") return;
  if (request.devices_are_named)
    throw Error("--device cuda: there is no GPU here that can be used (`dtrain doctor` says why)");
  note(
      "the CPU alone is measured: there is no GPU here that can be used (`dtrain doctor` says "
      "why)");
  devices.erase(cuda);
}

/// What the steps have measured: training and its ideal say samples/s.
std::string outcome(const StudyStep& step) {
  if (step.kind == StudyStep::Kind::allreduce) return "";
  std::ifstream stream(step.result);
  const train::Json json = train::Json::parse(stream, nullptr, /*allow_exceptions=*/false);
  const auto rate = json.find("samples_per_second");
  if (rate == json.end() || !rate->is_number()) return "";
  return fmt::format("{} samples/s, ", short_number(rate->get<double>()));
}

/// Where the dry run shows that a step's output goes.
std::string redirection(const StudyStep& step) {
  if (step.kind == StudyStep::Kind::training) return "";
  return fmt::format(" > {}", shell_text({step.result.string()}));
}

/// Does one step; how its job ended. What is left of one that was cut off goes first.
JobEnd do_step(const StudyStep& step, const StudyOptions& options) {
  const std::vector<std::string> command = command_of(step, options);
  if (step.kind == StudyStep::Kind::training) {
    fs::remove_all(step.result.parent_path());
    return run_job(command);
  }
  fs::path partial = step.result;
  partial += ".partial";
  const JobEnd end = run_job(command, partial.string());
  if (end.code == ExitCode::done) fs::rename(partial, step.result);
  return end;
}

/// Runs what is not done yet. Ends at the first step that does not end well, with its code.
ExitCode do_steps(const std::vector<StudyStep>& steps, const StudyOptions& options) {
  std::size_t number = 0;
  for (const StudyStep& step : steps) {
    ++number;
    if (step.is_done()) continue;
    show(stdout, fmt::format("[{:>{}}/{}] {} ... ", number, std::to_string(steps.size()).size(),
                             steps.size(), step.title));
    const Stopwatch watch;
    JobEnd end = do_step(step, options);
    hold_stop_requests();
    if (end.code == ExitCode::done && stop_requested()) end.code = ExitCode::stopped;
    if (end.code == ExitCode::done) {
      show(stdout, fmt::format("{}{}\n", outcome(step), duration_text(watch.seconds())));
      continue;
    }
    show(stdout, "\n");
    note(fmt::format("the study ends here: with --output {} the same command goes on",
                     options.folder.string()));
    if (!end.what.empty()) throw Error(end.what, end.code);
    return end.code;
  }
  return ExitCode::done;
}

/// study.json, study.csv and the report of all runs that are in the folder.
ExitCode write_results(const StudyRequest& request, Session& session) {
  const std::string folder = request.options.folder.string();
  StudyRecord record{.options = request.options,
                     .command = request.command,
                     .runs = find_finished_runs(std::vector{folder}, note),
                     .series = {},
                     .allreduce = read_allreduce_times(folder)};
  record.series = scaling_series(record.runs);
  train::write_file(request.options.folder / "study.json", study_json(record));
  train::write_file(request.options.folder / "study.csv", study_csv(record));
  const ExitCode code = run_report(std::vector<std::string>{folder, "--output", folder}, session);
  show(stdout,
       fmt::format("\n{}written to {}: study.json, study.csv\n", study_text(record), folder));
  return code;
}

ExitCode submit(const StudyRequest& request) {
  const std::string script = slurm_script(request.options, request.own_words);
  if (request.dry_run) {
    show(stdout, script);
    return ExitCode::done;
  }
  if (find_on_path("sbatch").empty())
    throw Error("there is no sbatch on the PATH: submit on a login node of the cluster");
  claim_study_folder(request.options);
  const fs::path file = request.options.folder / "study.sh";
  train::write_file(file, script);
  const JobEnd end = run_job({"bash", file.string()});
  if (!end.what.empty()) throw Error(end.what, end.code);
  return end.code;
}

}  // namespace

ExitCode run_scaling_study(StudyKind kind, Arguments arguments, Session& session) {
  auto parsed = parse_study_options(kind, arguments, session);
  if (!parsed) return ExitCode::done;
  StudyRequest& request = *parsed;
  const StudyOptions& options = request.options;
  if (comm::started_by_launcher())
    throw UsageError("dtrain study starts the ranks itself: run it without mpirun or srun");
  const bool submits = options.launcher == "sbatch" && !request.collect;
  if (!submits && !request.collect) keep_present_devices(request);

  std::vector<StudyStep> steps = study_steps(options, session);  // refuses what cannot run
  if (submits) return submit(request);
  if (request.part)
    std::erase_if(steps, [&](const StudyStep& step) {
      return step.ranks != request.part->ranks || step.repeat != request.part->repeat;
    });
  if (request.part && steps.empty())
    throw UsageError(fmt::format("--part {}:{} is no part of this study", request.part->ranks,
                                 request.part->repeat));
  if (request.dry_run) {
    for (const StudyStep& step : steps)
      show(stdout, fmt::format("{}{}\n", shell_text(command_of(step, options)), redirection(step)));
    return ExitCode::done;
  }
  claim_study_folder(options);
  if (!request.collect)
    if (const ExitCode code = do_steps(steps, options); code != ExitCode::done) return code;
  return request.part ? ExitCode::done : write_results(request, session);
}

}  // namespace dtrain::launch
