// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/scaling_predictor.hpp"

#include <algorithm>
#include <iterator>

#include "base/error.hpp"
#include "comm/engine.hpp"
#include "launch/scaling_series.hpp"

namespace dtrain::launch {
namespace {

std::string fit_text(const FittedCost& fitted) {
  return fmt::format("fitted to {} sums, {:.0f} % off at most", fitted.sums,
                     100 * fitted.worst_error);
}

/// "2 runs"
std::string count_text(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

/// "cnn on digits, cpu, fp32, 1 thread a rank"
std::string title_of(const FinishedRun& run) {
  ScalingSeries series;
  series.model = run.model;
  series.dataset = run.dataset;
  series.device = run.device;
  series.precision = run.precision;
  series.threads_per_rank = run.threads_per_rank;
  series.comm = "auto";  // neither how it sums nor its batch is of a kind of runs
  return series.title();
}

}  // namespace

std::vector<RunKind> kinds_of(std::span<const FinishedRun> runs) {
  std::vector<RunKind> kinds;
  for (const FinishedRun& run : runs) {
    const std::string title = title_of(run);
    auto kind = std::ranges::find(kinds, title, &RunKind::title);
    if (kind == kinds.end()) kind = kinds.insert(kinds.end(), RunKind{title, {}});
    kind->runs.push_back(run);
  }
  return kinds;
}

ScalingPredictor::ScalingPredictor(RunKind kind, const PredictionOptions& options,
                                   std::span<const MeasuredSum> sums)
    : kind_(std::move(kind)),
      options_(options),
      basis_(find_basis()),
      compute_(basis_.compute),
      node_(node_cost(sums)),
      link_(link_cost(sums)),
      cluster_{basis_.ranks_per_node, node_.cost, link_.cost},
      arrivals_(gradient_arrivals(read_model(kind_.runs.front()))) {}

ScalingPredictor::Basis ScalingPredictor::find_basis() const {
  Basis basis;
  basis.ranks_per_node = options_.ranks_per_node;
  if (options_.ranks_per_node == 0)
    for (const FinishedRun& run : kind_.runs)
      basis.ranks_per_node = std::max(basis.ranks_per_node, run.ranks / run.nodes);
  std::vector<FinishedRun> runs;
  std::ranges::copy_if(kind_.runs, std::back_inserter(runs), [&](const FinishedRun& run) {
    return run.ranks == run.nodes * basis.ranks_per_node;
  });
  if (runs.empty())
    throw UsageError(
        fmt::format("no run of {} has {} ranks on each node: name another number with "
                    "--ranks-per-node, or measure one",
                    kind_.title, basis.ranks_per_node));
  basis.nodes = std::ranges::min_element(runs, {}, &FinishedRun::nodes)->nodes;
  for (const FinishedRun& run : runs) {
    if (run.nodes != basis.nodes) continue;
    const measure::ComputeMeasurement& measured = basis.compute.emplace_back(compute_of(run));
    basis.batch_per_rank =
        std::max(basis.batch_per_rank, static_cast<std::int64_t>(measured.samples));
    basis.global_batch = std::max(basis.global_batch, run.global_batch);
  }
  return basis;
}

ScalingPredictor::Cost ScalingPredictor::node_cost(std::span<const MeasuredSum> sums) const {
  if (basis_.ranks_per_node == 1) return {};
  if (options_.node) return {*options_.node, "as given"};
  if (const auto fitted = fit_node(sums, basis_.ranks_per_node))
    return {fitted->cost, fit_text(*fitted)};
  throw UsageError(fmt::format(
      "nothing says what a sum of {0} ranks on a node takes: give --node-us and --node-gb, or "
      "--allreduce FILE of `dtrain launch -np {0} -- bench allreduce --json`",
      basis_.ranks_per_node));
}

ScalingPredictor::Cost ScalingPredictor::link_cost(std::span<const MeasuredSum> sums) const {
  if (options_.link) return {*options_.link, "as given"};
  if (const auto fitted = fit_link(sums, basis_.ranks_per_node, node_.cost))
    return {fitted->cost, fit_text(*fitted)};
  throw UsageError(
      "nothing says what a sum across nodes takes: give --link-us and --link-gbit, or "
      "--allreduce FILE of `dtrain launch -np 2 --hosts A,B -- bench allreduce --json`");
}

std::vector<PredictedPoint> ScalingPredictor::points(Scaling scaling) const {
  std::vector<PredictedPoint> all;
  for (const std::int64_t ranks : rank_counts()) {
    const std::int64_t batch =
        scaling == Scaling::strong ? global_batch() : batch_per_rank() * ranks;
    if (batch < ranks) break;
    PredictedPoint& point = all.emplace_back(point_of(scaling, ranks, batch));
    const PredictedPoint& first = all.front();
    point.speedup = point.samples_per_second / first.samples_per_second;
    point.efficiency =
        point.speedup * static_cast<double>(first.ranks) / static_cast<double>(ranks);
  }
  return all;
}

std::int64_t ScalingPredictor::batch_per_rank() const {
  return options_.batch_per_rank > 0 ? options_.batch_per_rank : basis_.batch_per_rank;
}

std::int64_t ScalingPredictor::global_batch() const {
  return options_.global_batch > 0 ? options_.global_batch : basis_.global_batch;
}

std::vector<std::string> ScalingPredictor::assumptions() const {
  std::vector<std::string> list;
  list.push_back(fmt::format(
      "A rank's step: {:.4g} ms + {:.4g} ms a sample, {:.0f} % of that backward, and the update; "
      "from {} with {} a node on {}.",
      1e3 * compute_.fixed_seconds(), 1e3 * compute_.seconds_per_sample(),
      100 * compute_.backward_share(), count_text(basis_.compute.size(), "run"),
      count_text(static_cast<std::size_t>(basis_.ranks_per_node), "rank"),
      count_text(static_cast<std::size_t>(basis_.nodes), "node")));
  if (compute_.is_proportional())
    list.emplace_back(
        "One batch per rank was measured: a sample of another one is taken to cost as much, though "
        "those of small ones cost more.");
  if (basis_.ranks_per_node > 1)
    list.push_back(fmt::format("A node sums an array in {:.3g} us + its bytes at {:.3g} GB/s ({}).",
                               1e6 * node_.cost.latency_seconds, 1e-9 / node_.cost.seconds_per_byte,
                               node_.origin));
  list.push_back(fmt::format(
      "A step between nodes takes {:.3g} us + its bytes at {:.3g} Gbit/s ({}).",
      1e6 * link_.cost.latency_seconds, 8e-9 / link_.cost.seconds_per_byte, link_.origin));
  list.push_back(
      fmt::format("Nodes sum by {}.", options_.across.empty()
                                          ? "the fastest of ring, recursive doubling, Rabenseifner"
                                          : options_.across));
  list.push_back(
      options_.bucket_mb > 0
          ? fmt::format("Buckets hold {:.3g} MB.", options_.bucket_mb)
          : std::string("Buckets are as training makes them: a tenth of their time is latency."));
  list.emplace_back("Layers take backward's time by their multiply-adds; sums take none of it.");
  list.emplace_back(
      "All ranks are equally fast, and every node has its links to itself, however many there are: "
      "stragglers and congestion come on top.");
  return list;
}

std::vector<std::int64_t> ScalingPredictor::rank_counts() const {
  constexpr std::int64_t most_nodes = 1024;
  std::vector<std::int64_t> counts = options_.ranks;
  if (counts.empty())
    for (std::int64_t nodes = 1; nodes <= most_nodes; nodes *= 2)
      counts.push_back(nodes * basis_.ranks_per_node);
  for (const std::int64_t ranks : counts)
    if (ranks % basis_.ranks_per_node != 0)
      throw UsageError(fmt::format(
          "--ranks {}: nodes are full; with {} ranks on each it takes multiples of that", ranks,
          basis_.ranks_per_node));
  return counts;
}

measure::SumTime ScalingPredictor::sum(std::int64_t nodes, double bytes) const {
  return measure::predict_sum(cluster_, nodes, bytes, options_.across);
}

double ScalingPredictor::bucket_mb(std::int64_t nodes) const {
  if (options_.bucket_mb > 0) return options_.bucket_mb;
  if (nodes == 1) return comm::largest_bucket_mb;
  return comm::fitting_bucket_mb(
      static_cast<std::size_t>(arrivals_.back().floats) * sizeof(float),
      [&](std::size_t bytes) { return sum(nodes, static_cast<double>(bytes)).seconds; });
}

PredictedPoint ScalingPredictor::point_of(Scaling scaling, std::int64_t ranks,
                                          std::int64_t batch) const {
  PredictedPoint point;
  point.scaling = scaling;
  point.ranks = ranks;
  point.global_batch = batch;
  point.nodes = ranks / basis_.ranks_per_node;
  point.bucket_mb = bucket_mb(point.nodes);
  // The step is that of the rank with the largest part of the batch.
  const measure::ComputeTime compute =
      compute_.at(static_cast<double>((batch + ranks - 1) / ranks));
  const auto buckets = measure::plan_arrivals(arrivals_, point.bucket_mb);
  point.step = measure::predict_step(
      compute, buckets, [&](double bytes) { return sum(point.nodes, bytes).seconds; },
      options_.overlap.value_or(point.nodes > 1));
  point.compute_seconds = compute.total();
  point.across = sum(point.nodes, buckets.front().bytes).across;
  point.samples_per_second = static_cast<double>(batch) / point.step.seconds;
  point.measured = measured(point);
  return point;
}

std::optional<double> ScalingPredictor::measured(const PredictedPoint& point) const {
  std::vector<double> values;
  for (const FinishedRun& run : kind_.runs)
    if (run.ranks == point.ranks && run.nodes == point.nodes &&
        run.global_batch == point.global_batch)
      values.push_back(run.samples_per_second);
  if (values.empty()) return std::nullopt;
  return spread_of(std::move(values)).median;
}

}  // namespace dtrain::launch
