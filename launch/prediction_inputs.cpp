// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/prediction_inputs.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>

#include "base/error.hpp"
#include "comm/allreduce/algorithms.hpp"
#include "nn/backward_cost.hpp"
#include "train/checkpoint.hpp"
#include "train/json.hpp"

namespace dtrain::launch {
namespace {

using measure::LatencyBandwidthFit;
using measure::TransferMeasurement;
using train::Json;

/// What `dtrain bench allreduce` calls the way of summing that training takes by default, and the
/// algorithm that it then uses between nodes.
constexpr std::string_view by_node = "node", between_nodes = "ring";

/// Keeps what a prediction uses: sums by node that took any time.
void add_sum(const Json& row, std::vector<MeasuredSum>& sums) {
  if (row.at("algorithm") != by_node) return;
  const MeasuredSum sum{row.at("ranks"), row.at("nodes"), row.at("bytes"),
                        1e-6 * row.at("median_us").get<double>()};
  if (sum.seconds > 0 && sum.bytes > 0 && sum.ranks > 1) sums.push_back(sum);
}

double at(const LatencyBandwidthFit& cost, double bytes) {
  return cost.latency_seconds + bytes * cost.seconds_per_byte;
}

std::optional<FittedCost> fit(std::span<const TransferMeasurement> transfers) {
  const bool has_two_sizes = std::ranges::any_of(transfers, [&](const TransferMeasurement& each) {
    return each.bytes != transfers.front().bytes;
  });
  if (!has_two_sizes) return std::nullopt;
  FittedCost fitted{measure::fit_latency_bandwidth(transfers), transfers.size()};
  for (const auto& [bytes, seconds] : transfers)
    fitted.worst_error =
        std::max(fitted.worst_error, std::abs(at(fitted.cost, bytes) / seconds - 1));
  return fitted;
}

}  // namespace

std::vector<MeasuredSum> read_sums(const std::filesystem::path& file) {
  std::vector<MeasuredSum> sums;
  std::ifstream stream(file);
  if (!stream) throw InputError(fmt::format("{} cannot be read", file.string()));
  try {
    if (file.filename() == "study.json") {
      const Json study = Json::parse(stream);
      for (const Json& row : study.at("allreduce")) add_sum(row, sums);
    } else {
      for (std::string line; std::getline(stream, line);) add_sum(Json::parse(line), sums);
    }
  } catch (const Json::exception& error) {
    throw InputError(fmt::format(
        "{} holds no sums as `dtrain bench allreduce --json` prints them, or study.json has: {}",
        file.string(), error.what()));
  }
  return sums;
}

std::optional<FittedCost> fit_node(std::span<const MeasuredSum> sums, std::int64_t ranks_per_node) {
  std::vector<TransferMeasurement> transfers;
  for (const MeasuredSum& sum : sums)
    if (sum.nodes == 1 && sum.ranks == ranks_per_node)
      transfers.push_back({sum.bytes, sum.seconds});
  return fit(transfers);
}

std::optional<FittedCost> fit_link(std::span<const MeasuredSum> sums, std::int64_t ranks_per_node,
                                   const LatencyBandwidthFit& node) {
  const comm::AllreduceAlgorithm& ring = comm::allreduce_algorithm(between_nodes);
  std::vector<TransferMeasurement> transfers;  // a step's
  for (const MeasuredSum& sum : sums) {
    const bool is_alone = sum.ranks == sum.nodes;
    if (sum.nodes == 1 || (!is_alone && sum.ranks != sum.nodes * ranks_per_node)) continue;
    const auto nodes = static_cast<int>(sum.nodes);
    const double steps = ring.steps(nodes);
    const auto sent = static_cast<double>(ring.bytes(nodes, std::llround(sum.bytes)));
    const double seconds = sum.seconds - (is_alone ? 0 : at(node, sum.bytes));
    // Else links are so fast that the nodes' own part hides them: such sums tell nothing of links.
    if (seconds > 0) transfers.push_back({sent / steps, seconds / steps});
  }
  return fit(transfers);
}

measure::ComputeMeasurement compute_of(const FinishedRun& run) {
  const StepMilliseconds phases = run.step.value_or(StepMilliseconds{});
  const double step = static_cast<double>(run.global_batch) / run.samples_per_second;
  const double work = step - 1e-3 * phases.comm_exposed;
  const measure::ComputeTime medians{phases.data + phases.forward, phases.backward,
                                     phases.optimizer};
  if (work <= 0 || medians.forward + medians.backward <= 0)
    throw InputError(fmt::format("{} does not tell where a step goes: it is no run, or too short",
                                 (run.folder / "summary.json").string()));
  const double scale = work / medians.total();
  const std::int64_t largest_part = (run.global_batch + run.ranks - 1) / run.ranks;
  return {static_cast<double>(largest_part),
          {scale * medians.forward, scale * medians.backward, scale * medians.optimizer}};
}

nn::Model read_model(const FinishedRun& run) {
  const train::Checkpoint checkpoint = train::read_checkpoint(run.folder);
  return nn::Model::parse(
      checkpoint.model_text, checkpoint.model_name,
      {checkpoint.data.sample_shape, static_cast<std::int64_t>(checkpoint.data.classes.size())});
}

std::vector<measure::GradientArrival> gradient_arrivals(const nn::Model& model) {
  const std::vector<std::int64_t> madds = nn::backward_madds(model);
  const auto total =
      static_cast<double>(std::accumulate(madds.begin(), madds.end(), std::int64_t{0}));
  std::vector<measure::GradientArrival> arrivals;
  std::int64_t floats = 0, done = 0;
  for (std::size_t i = madds.size(); i-- > 0;) {
    done += madds[i];
    const auto& parameters = model.layers()[i].parameters;
    for (std::size_t j = parameters.size(); j-- > 0;) {
      if (parameters[j].role != tensor::ParameterRole::trainable) continue;
      floats += parameters[j].shape.elements();
      arrivals.push_back({floats, total > 0 ? static_cast<double>(done) / total : 1});
    }
  }
  return arrivals;
}

}  // namespace dtrain::launch
