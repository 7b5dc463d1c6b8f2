// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/study_options.hpp"

#include <fmt/chrono.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <iterator>
#include <sstream>

#include "base/cores.hpp"
#include "launch/command_line.hpp"

namespace dtrain::launch {
namespace {

/// Lists as they stand on the command line.
struct Lists {
  std::string models, ranks, threads, batches, devices, precisions, comms;
};

/// "1,2,4,6" with 6 cores.
std::string ranks_up_to_the_cores() {
  const int cores = available_cores();
  std::string list;
  for (int ranks = 1; ranks < cores; ranks *= 2) list += fmt::format("{},", ranks);
  return list + std::to_string(cores);
}

Lists usual_lists(StudyKind kind) {
  const bool devices = kind == StudyKind::devices;
  return {.models = "cnn",
          .ranks = devices ? "1" : ranks_up_to_the_cores(),
          .threads = devices ? "" : "1",
          .batches = kind == StudyKind::weak ? "64" : "256",
          .devices = devices ? "cpu,cuda" : "auto",
          .precisions = "fp32",
          .comms = "auto"};
}

/// "1,2" -> its words, each of which `check` accepts.
std::vector<std::string> words_of(const std::string& option, const std::string& list,
                                  const CLI::Validator& check) {
  std::vector<std::string> words;
  std::istringstream stream(list);
  for (std::string word; std::getline(stream, word, ',');) {
    const std::string problem = word.empty() ? "has an empty place in its list" : check(word);
    if (!problem.empty()) throw UsageError(fmt::format("{} {}", option, problem));
    words.push_back(word);
  }
  if (words.empty()) throw UsageError(fmt::format("{} names nothing", option));
  return words;
}

std::vector<std::int64_t> numbers_of(const std::string& option, const std::string& list,
                                     std::int64_t max) {
  std::vector<std::int64_t> numbers;
  for (const std::string& word : words_of(option, list, integer_in(1, max)))
    numbers.push_back(std::stoll(word));
  return numbers;
}

CLI::Validator any_word() {
  return CLI::Validator([](std::string&) { return std::string(); }, "", "");
}

StudyPart part_of(const std::string& text) {
  StudyPart part;
  int length = 0;
  std::sscanf(text.c_str(), "%ld:%ld%n", &part.ranks, &part.repeat, &length);
  if (length == 0 || static_cast<std::size_t>(length) != text.size())
    throw UsageError(fmt::format("--part takes RANKS:REPEAT, not \"{}\"", text));
  return part;
}

const char* batch_option(StudyKind kind) {
  return kind == StudyKind::weak ? "--batch-per-rank" : "--global-batch";
}

std::unique_ptr<CLI::App> make_study_parser(StudyKind kind, StudyRequest& request, Lists& lists,
                                            std::string& output, std::string& part) {
  StudyOptions& options = request.options;
  const bool devices = kind == StudyKind::devices;
  auto parser = make_parser(
      fmt::format("study {}", to_string(kind)),
      "Train every combination of the lists several times, in turn with what the machine allows, "
      "and write study.json, study.csv and a report.\n\n"
      "  dtrain study strong --model cnn,mlp --data fashion-mnist --ranks 1,2\n\n"
      "A study that was cut off goes on where it was when the same command names its --output. "
      "Train options that all runs share stand behind --.");
  const auto list = [&](const char* name, std::string& value, const char* help) {
    parser->add_option(name, value, help)->type_name("LIST")->capture_default_str();
  };
  list("--model", lists.models, "built-in models, or model files");
  parser->add_option("--data", options.data, "as for train")
      ->type_name("NAME|FILE.h5")
      ->capture_default_str();
  list("--ranks", lists.ranks, "numbers of ranks");
  list("--threads", lists.threads,
       devices ? "of a rank (default: its share of the cores)" : "of a rank");
  list(batch_option(kind), lists.batches, "as for train");
  list("--device", lists.devices,
       devices ? "cpu, cuda; by default those that are here" : "auto, cpu or cuda");
  list("--precision", lists.precisions,
       devices ? "as for train; the CPU's is fp32" : "as for train");
  list("--comm", lists.comms, "as for train");
  parser->add_option("--epochs", options.epochs, "of each run")
      ->type_name("N")
      ->check(integer_in(1, 1 << 30))
      ->capture_default_str();
  parser->add_option("--repeats", options.matrix.repeats, "runs of each configuration")
      ->type_name("N")
      ->check(integer_in(1, 10000))
      ->capture_default_str();
  parser
      ->add_option("--bench-seconds", options.bench_seconds,
                   "for each of the 5 windows of an ideal, and for each size of the sums")
      ->type_name("X")
      ->check(number_in(0.001, 600))
      ->capture_default_str();
  parser
      ->add_option("-o,--output", output,
                   "folder of the study (default: runs/study-<kind>-<UTC time>)")
      ->type_name("DIR");
  parser
      ->add_option("--launcher", options.launcher,
                   "mpirun; srun: steps of the Slurm job around; sbatch: jobs of their own "
                   "(default: srun inside a Slurm job, else mpirun)")
      ->type_name("NAME")
      ->check(one_of({"mpirun", "srun", "sbatch"}));
  parser
      ->add_option("--ranks-per-node", options.ranks_per_node,
                   "with srun and sbatch: so many on each node (default: as Slurm spreads them)")
      ->type_name("N")
      ->check(integer_in(1, 1 << 20));
  parser->add_flag("--dry-run", request.dry_run, "print the commands, or the jobs' script, only");
  parser
      ->add_option("--part", part,
                   "only the runs with so many ranks of one repeat, and no report: what a task of "
                   "sbatch's arrays does")
      ->type_name("RANKS:REPEAT");
  parser->add_flag("--collect", request.collect,
                   "run nothing: study.json and the report of the runs that are there");
  return parser;
}

void fill_matrix(StudyMatrix& matrix, StudyKind kind, const Lists& lists) {
  const bool devices = kind == StudyKind::devices;
  matrix.kind = kind;
  matrix.models = words_of("--model", lists.models, any_word());
  matrix.ranks = numbers_of("--ranks", lists.ranks, 1 << 20);
  std::ranges::sort(matrix.ranks);
  matrix.threads = {0};
  if (!lists.threads.empty()) matrix.threads = numbers_of("--threads", lists.threads, 4096);
  matrix.batches = numbers_of(batch_option(kind), lists.batches, 1 << 30);
  matrix.devices = words_of("--device", lists.devices,
                            devices ? one_of({"cpu", "cuda"}) : one_of({"auto", "cpu", "cuda"}));
  matrix.precisions =
      words_of("--precision", lists.precisions, one_of({"fp32", "tf32", "bf16", "fp16"}));
  matrix.comms = words_of("--comm", lists.comms, one_of({"auto", "mpi", "node", "nccl"}));
}

}  // namespace

std::optional<StudyRequest> parse_study_options(StudyKind kind, Arguments arguments,
                                                const Session& session) {
  const auto separator = std::find(arguments.begin(), arguments.end(), "--");
  const std::vector<std::string> own(arguments.begin(), separator);
  StudyRequest request;
  if (separator != arguments.end())
    request.options.train_words.assign(separator + 1, arguments.end());

  Lists lists = usual_lists(kind);
  std::string output, part;
  const auto parser = make_study_parser(kind, request, lists, output, part);
  if (!parse(*parser, own, session)) return std::nullopt;
  fill_matrix(request.options.matrix, kind, lists);
  request.devices_are_named = parser->count("--device") > 0;
  if (!part.empty()) request.part = part_of(part);
  if (request.part && request.collect)
    throw UsageError("--part runs something and --collect nothing: set one of them");
  const std::string& launcher = request.options.launcher;
  if ((launcher == "srun" || launcher == "sbatch") && parser->count("--ranks") == 0)
    throw UsageError(
        fmt::format("with --launcher {} name the --ranks: other nodes may have other "
                    "cores than this one",
                    launcher));
  if (output.empty() && (request.part || request.collect))
    throw UsageError("name the study's folder with --output");
  if (output.empty())
    output = fmt::format("runs/study-{}-{:%Y%m%d-%H%M%S}", to_string(kind),
                         fmt::gmtime(std::time(nullptr)));
  request.options.folder = output;

  request.own_words = {to_string(kind)};
  std::ranges::copy_if(own, std::back_inserter(request.own_words),
                       [](const std::string& word) { return word != "--dry-run"; });
  request.command = fmt::format("dtrain study {} {}", to_string(kind), fmt::join(arguments, " "));
  return request;
}

}  // namespace dtrain::launch
