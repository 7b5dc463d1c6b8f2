// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/energy_assignment.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "comm/gather_texts.hpp"

namespace dtrain::measure {
namespace {

using Kind = EnergyChoice::Kind;

bool is_wanted(const EnergyChoice& choice, const EnergySourceEntry& entry) {
  return choice.kind == Kind::automatic || (choice.kind == Kind::source && choice.source == &entry);
}

/// The first source that there is of those wanted and read by `reader`, or why there is none.
EnergyOffer open_first(const EnergyChoice& choice, EnergyReader reader,
                       const EnergyRequest& request) {
  EnergyOffer none;
  for (const EnergySourceEntry& entry : energy_sources()) {
    if (entry.reader != reader || !is_wanted(choice, entry)) continue;
    EnergyOffer offer = entry.open(request);
    if (offer.available()) return offer;
    if (!none.why_not.empty()) none.why_not += "; ";
    none.why_not += fmt::format("{}: {}", entry.name, offer.why_not);
  }
  return none;
}

EnergyOffer open_node_source(const EnergyOptions& options) {
  EnergyRequest request = options.request;
  if (options.choice.kind != Kind::tdp)
    return open_first(options.choice, EnergyReader::node, request);
  request.tdp_watts = options.choice.tdp_watts;
  return open_tdp(request);
}

bool any_rank(comm::Communicator& communicator, bool mine) {
  std::int64_t any = mine ? 1 : 0;
  communicator.allreduce(std::span(&any, 1), comm::ReduceOp::max);
  return any != 0;
}

/// A part of the sum that this rank may have to bring: kept if all ranks have theirs.
void keep_if_whole(comm::Communicator& communicator, bool is_mine, EnergyOffer offer,
                   EnergyAssignment& assignment) {
  const bool lacks = is_mine && !offer.available();
  if (lacks) assignment.problems.push_back(offer.why_not);
  if (!any_rank(communicator, lacks) && is_mine)
    assignment.sources.push_back(std::move(offer.source));
}

}  // namespace

EnergyAssignment assign_energy_sources(comm::Communicator& communicator,
                                       const EnergyOptions& options) {
  const EnergyChoice& choice = options.choice;
  if (choice.kind == Kind::none) return {};
  const bool wants_gpus =
      std::ranges::any_of(energy_sources(), [&](const EnergySourceEntry& entry) {
        return entry.reader == EnergyReader::gpu && is_wanted(choice, entry);
      });
  const bool wants_node =
      choice.kind != Kind::source || choice.source->reader == EnergyReader::node;
  const bool leads_node = communicator.local_rank() == 0;
  EnergyAssignment assignment;

  const bool reads_node = wants_node && leads_node;
  EnergyOffer node = reads_node ? open_node_source(options) : EnergyOffer();
  keep_if_whole(communicator, reads_node, std::move(node), assignment);
  const bool counts_gpus = !assignment.sources.empty() &&
                           assignment.sources.front()->scope() == EnergyScope::node_with_gpus;
  const auto covered = comm::gather_texts(communicator, counts_gpus ? options.host : "");

  const bool has_gpu = !options.gpu.empty();
  const auto gpus =
      comm::gather_texts(communicator, has_gpu ? options.host + "\n" + options.gpu : "");
  const auto me = gpus.begin() + communicator.rank();
  const bool is_first = has_gpu && std::find(gpus.begin(), me, *me) == me;
  const bool is_covered = std::ranges::find(covered, options.host) != covered.end();
  const bool in_use = any_rank(communicator, has_gpu);
  const bool reads_gpu =
      wants_gpus && !is_covered && (in_use ? is_first : leads_node && choice.kind == Kind::source);
  EnergyRequest request = options.request;
  if (has_gpu) request.gpus = {options.gpu};
  keep_if_whole(communicator, reads_gpu,
                reads_gpu ? open_first(choice, EnergyReader::gpu, request) : EnergyOffer(),
                assignment);
  return assignment;
}

}  // namespace dtrain::measure
