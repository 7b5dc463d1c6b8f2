// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain bench allreduce: every way of summing over ranks, in turn, on arrays of many sizes.

#include <algorithm>

#include "base/median.hpp"
#include "base/stopwatch.hpp"
#include "comm/allreduce/algorithms.hpp"
#include "launch/bench.hpp"
#include "launch/binding.hpp"
#include "launch/command_line.hpp"
#include "launch/console.hpp"
#include "measure/hardware_probe.hpp"
#include "train/json.hpp"

namespace dtrain::launch {
namespace {

constexpr int fewest_rounds = 5, most_rounds = 10000;

/// One way of summing.
struct Contender {
  std::unique_ptr<comm::Collective> collective;
  std::vector<double> seconds = {};  ///< of the slowest rank, per round
};

struct Row {
  std::int64_t bytes = 0;
  std::string algorithm;
  double seconds = 0, bus_gb_per_s = 0, mpi_ratio = 0;
};

class AllreduceBench {
 public:
  AllreduceBench(comm::Communicator& communicator, std::int64_t max_bytes)
      : communicator_(communicator) {
    std::vector<std::string> names{"node"};
    for (const auto& algorithm : comm::allreduce_algorithms()) names.emplace_back(algorithm.name);
    for (const std::string& name : names) {
      contenders_.push_back({communicator.make_collective({.name = name, .across = "ring"})});
    }
    // As in training there is one array, the first one's, which the others take too.
    memory_ = contenders_[0].collective->allocate(static_cast<std::size_t>(max_bytes));
  }

  /// One row per contender.
  std::vector<Row> run(std::int64_t bytes, double seconds) {
    for (Contender& contender : contenders_) check(contender, bytes);
    run_rounds(bytes, 1);
    Stopwatch watch;
    run_rounds(bytes, 1);
    double round = watch.seconds();
    communicator_.allreduce(std::span(&round, 1), comm::ReduceOp::max);
    const double rounds = std::clamp<double>(seconds / round, fewest_rounds, most_rounds);
    run_rounds(bytes, static_cast<std::size_t>(rounds));
    return rows(bytes);
  }

 private:
  /// Every rank writes its array anew, as backward does, outside of the time that counts.
  std::span<float> refill(std::int64_t bytes) {
    const std::span data(memory_->floats(), static_cast<std::size_t>(bytes) / sizeof(float));
    std::ranges::fill(data, 1.0f);
    return data;
  }

  void check(Contender& contender, std::int64_t bytes) {
    const std::span data = refill(bytes);
    contender.collective->allreduce(data, {}, *stream_);
    const auto ranks = static_cast<float>(communicator_.size());
    if (std::ranges::any_of(data, [&](float sum) { return sum != ranks; }))
      throw Error(fmt::format("The allreduce \"{}\" of {} bytes gave a wrong sum.",
                              contender.collective->name(), bytes));
  }

  /// All contenders in each round, every round beginning with another one.
  void run_rounds(std::int64_t bytes, std::size_t rounds) {
    for (Contender& contender : contenders_) contender.seconds.resize(rounds);
    for (std::size_t round = 0; round < rounds; ++round) {
      for (std::size_t i = 0; i < contenders_.size(); ++i) {
        Contender& contender = contenders_[(i + round) % contenders_.size()];
        const std::span data = refill(bytes);
        communicator_.barrier();
        const Stopwatch watch;
        contender.collective->allreduce(data, {}, *stream_);
        contender.seconds[round] = watch.seconds();
      }
    }
    for (Contender& contender : contenders_)
      communicator_.allreduce(std::span(contender.seconds), comm::ReduceOp::max);
  }

  std::vector<Row> rows(std::int64_t bytes) const {
    const double ranks = communicator_.size();
    const double bus_bytes = 2 * (ranks - 1) / ranks * static_cast<double>(bytes);
    double mpi_seconds = 0;
    std::vector<Row> rows;
    for (const Contender& contender : contenders_) {
      Row& row = rows.emplace_back();
      row.bytes = bytes;
      row.algorithm = contender.collective->name();
      row.seconds = upper_median(contender.seconds);
      row.bus_gb_per_s = 1e-9 * bus_bytes / row.seconds;
      if (row.algorithm == "mpi") mpi_seconds = row.seconds;
    }
    for (Row& row : rows) row.mpi_ratio = mpi_seconds / row.seconds;
    return rows;
  }

  comm::Communicator& communicator_;
  std::unique_ptr<kernels::Stream> stream_ = kernels::make_host_device()->make_stream();
  std::vector<Contender> contenders_;
  std::unique_ptr<kernels::Allocation> memory_;
};

void print_json(const Row& row, const comm::Communicator& communicator, double memory_gb_per_s) {
  const train::Json json{{"bytes", row.bytes},
                         {"algorithm", row.algorithm},
                         {"ranks", communicator.size()},
                         {"nodes", communicator.nodes()},
                         {"median_us", 1e6 * row.seconds},
                         {"bus_gb_per_s", row.bus_gb_per_s},
                         {"mpi_ratio", row.mpi_ratio},
                         {"memory_gb_per_s", memory_gb_per_s},
                         {"fraction_of_memory", row.bus_gb_per_s / memory_gb_per_s}};
  fmt::print("{}\n", train::to_text(json));
}

void print_table(const std::vector<Row>& rows, const comm::Communicator& communicator, int threads,
                 double memory_gb_per_s) {
  Table table({"bytes", "algorithm", "time", "bus", "of memory", "against MPI"},
              {Table::Align::right, Table::Align::left});
  for (const Row& row : rows)
    table.add_row(
        {with_commas(row.bytes), row.algorithm, fmt::format("{:.1f} us", 1e6 * row.seconds),
         fmt::format("{:.2f} GB/s", row.bus_gb_per_s),
         percent_text(row.bus_gb_per_s / memory_gb_per_s), fmt::format("{:.2f}x", row.mpi_ratio)});
  fmt::print(
      "{}\n{} on {}. Times: the slowest rank's, median of the rounds.\n"
      "Bus: 2(P-1)/P of the array over the time. Measured memory bandwidth: {:.1f} GB/s (triad, "
      "{});\n"
      "more than that: the array stays in a cache.\n",
      table.text(), counted(communicator.size(), "rank"), counted(communicator.nodes(), "node"),
      memory_gb_per_s, counted(threads, "thread"));
}

}  // namespace

ExitCode run_bench_allreduce(Arguments arguments, Session& session) {
  std::int64_t min_bytes = 1024, max_bytes = 64 << 20;
  double seconds = 1;
  bool json = false;
  auto parser = make_parser("bench allreduce",
                            "Time sums over ranks, beside MPI_Allreduce: dtrain launch -np 2 -- "
                            "bench allreduce.");
  parser->add_option("--min-bytes", min_bytes, "the smallest array; the next are 4 times as large")
      ->type_name("N")
      ->check(integer_in(4, std::int64_t{1} << 36))
      ->capture_default_str();
  parser->add_option("--max-bytes", max_bytes, "the largest array at most")
      ->type_name("N")
      ->check(integer_in(4, std::int64_t{1} << 36))
      ->capture_default_str();
  parser->add_option("--seconds", seconds, "time for each size, all algorithms together")
      ->type_name("X")
      ->check(number_in(0.001, 600))
      ->capture_default_str();
  parser->add_flag("--json", json, "print one JSON object per size and algorithm");
  if (!parse(*parser, arguments, session)) return ExitCode::done;

  auto& world = session.communicator();
  if (world.size() == 1)
    throw UsageError(
        "one rank has nothing to sum: start several, as in dtrain launch -np 2 -- bench allreduce");
  if (max_bytes < min_bytes) throw UsageError("--max-bytes is less than --min-bytes");

  // The root measures alone; the others wait for it where the collectives are made.
  const int threads = fair_threads(world);
  const double memory = world.is_root() ? measure::measure_memory_gb_per_s(threads) : 0;
  AllreduceBench bench(world, max_bytes);
  std::vector<Row> rows;
  for (std::int64_t bytes = min_bytes / 4 * 4; bytes <= max_bytes; bytes *= 4) {
    for (Row& row : bench.run(bytes, seconds)) {
      if (json && world.is_root()) print_json(row, world, memory);
      rows.push_back(std::move(row));
    }
  }
  if (!json && world.is_root()) print_table(rows, world, threads, memory);
  return ExitCode::done;
}

}  // namespace dtrain::launch
