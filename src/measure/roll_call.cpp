// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/roll_call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace dtrain::measure {
namespace {

/// The slot that tells what the rank waits for: with a thread that sums, what main waits for is there.
struct Whereabouts {
  Position position;
  double seconds;
};

Whereabouts whereabouts(const RankState& rank) {
  if (rank.main.place != Place::own_thread || !meets_others(rank.sums.place))
    return {rank.main, rank.main_seconds};
  Position position = rank.main;  // the thread knows of no step
  position.place = rank.sums.place;
  position.part = rank.sums.part;
  return {position, rank.sums_seconds};
}

bool waits(const RankState& rank) {
  return rank.answers && meets_others(whereabouts(rank).position.place);
}

/// Ascending as ranks pass them. In a step the buckets come first, and one after the other.
auto order(const Position& position) {
  constexpr int after_buckets = 1 << 16;
  const int part = position.place == Place::bucket ? position.part : after_buckets;
  return std::tuple(position.step, position.activity, part);
}

std::string place_text(const Position& position) {
  switch (position.place) {
    case Place::work:
      return "at work of its own";
    case Place::loader:
      return "in the loader";
    case Place::forward:
      return "in forward";
    case Place::loss:
      return "in the loss";
    case Place::backward:
      return "in backward";
    case Place::optimizer:
      return "in the optimizer";
    case Place::report:
      return "writing metrics";
    case Place::writing:
      return "writing the file";
    case Place::own_thread:
      return "waiting for its thread that sums gradients";
    case Place::bucket:
      return fmt::format("in the sum of bucket {}", position.part);
    case Place::share:
      return "in the exchange of values";
    case Place::allreduce:
      return "in an allreduce";
    case Place::broadcast:
      return "in a broadcast";
    case Place::all_gather:
      return "in a gather";
    case Place::barrier:
      return "in a barrier";
    case Place::trial:
      return "in the trial of ways to sum";
  }
  return "";
}

std::string activity_text(const Position& position) {
  switch (position.activity) {
    case Activity::absent:
      return "outside of the job";
    case Activity::start:
      return "at the start";
    case Activity::training:
      return fmt::format("step {}", position.step);
    case Activity::evaluation:
      return fmt::format("evaluation after step {}", position.step);
    case Activity::checkpoint:
      return fmt::format("checkpoint of step {}", position.step);
    case Activity::end:
      return "at the end";
  }
  return "";
}

std::string where_text(const Position& position) {
  return fmt::format("{}, {}", place_text(position), activity_text(position));
}

std::string state_text(char state) {
  switch (state) {
    case 0:
      return "there is no such process";
    case 'R':
      return "the process runs";
    case 'S':
      return "the process sleeps";
    case 'D':
      return "the process waits for a disk or file system";
    case 'T':
      return "the process is stopped";
    case 't':
      return "the process is stopped by a debugger";
    case 'Z':
    case 'X':
      return "the process is dead";
    default:
      return "nothing is known of the process";
  }
}

std::int64_t steps_completed(const Position& position) {
  return std::int64_t{position.step} - (position.activity == Activity::training ? 1 : 0);
}

std::string missing_line(const RankState& rank) {
  const auto [position, seconds] = whereabouts(rank);
  if (!rank.answers && position.activity == Activity::absent)  // nobody on its node answers
    return fmt::format("  rank {} on {}, pid {}, does not answer; nothing is known of it\n",
                       rank.rank, rank.host, rank.pid);
  return fmt::format("  rank {} on {}, pid {}, {}: {}{} for {:.1f} s, {} steps completed; {}\n",
                     rank.rank, rank.host, rank.pid,
                     rank.answers ? "has not arrived" : "does not answer",
                     rank.answers ? "" : "last seen ", where_text(position), seconds,
                     steps_completed(position), state_text(rank.process_state));
}

/// "0-3, 6"
std::string ranges_text(const std::vector<int>& ranks) {
  std::string text;
  for (std::size_t begin = 0; begin < ranks.size();) {
    std::size_t end = begin;
    while (end + 1 < ranks.size() && ranks[end + 1] == ranks[end] + 1) ++end;
    text += fmt::format("{}{}", text.empty() ? "" : ", ", ranks[begin]);
    if (end > begin) text += fmt::format("-{}", ranks[end]);
    begin = end + 1;
  }
  return text;
}

std::string who_text(const std::vector<int>& ranks) {
  return fmt::format("rank{} {}", ranks.size() == 1 ? "" : "s", ranges_text(ranks));
}

/// Groups of ranks that wait at the same place, the ones farthest ahead last.
std::string waiting_lines(const std::vector<RankState>& ranks, const std::vector<int>& missing) {
  struct Group {
    std::vector<int> ranks;
    std::string where;
    double seconds = 0;
  };
  std::map<std::pair<decltype(order({})), Place>, Group> groups;
  for (const RankState& rank : ranks) {
    if (std::ranges::binary_search(missing, rank.rank)) continue;
    const auto [position, seconds] = whereabouts(rank);
    Group& group = groups[{order(position), position.place}];
    group.ranks.push_back(rank.rank);
    group.where = where_text(position);
    group.seconds = std::max(group.seconds, seconds);
  }
  std::string text;
  for (const auto& [key, group] : groups)
    text += fmt::format("  {} wait{} {} for {:.1f} s\n", who_text(group.ranks),
                        group.ranks.size() == 1 ? "s" : "", group.where, group.seconds);
  return text;
}

std::vector<int> missing_ranks(const std::vector<RankState>& ranks) {
  std::vector<int> missing;
  for (const RankState& rank : ranks)
    if (!waits(rank)) missing.push_back(rank.rank);
  if (!missing.empty()) return missing;
  const auto ahead = [](const RankState& a, const RankState& b) {
    return order(whereabouts(a).position) < order(whereabouts(b).position);
  };
  const auto last = order(whereabouts(*std::ranges::max_element(ranks, ahead)).position);
  for (const RankState& rank : ranks)
    if (order(whereabouts(rank).position) < last) missing.push_back(rank.rank);
  return missing;
}

std::string headline(const std::vector<RankState>& ranks, const std::vector<int>& missing,
                     double quiet_seconds) {
  const std::string quiet = fmt::format("no rank has made progress for {:.0f} s", quiet_seconds);
  const auto place_of = [](const RankState& rank) { return whereabouts(rank).position; };
  if (missing.empty())
    return std::ranges::all_of(
               ranks, [&](const RankState& rank) { return place_of(rank) == place_of(ranks[0]); })
               ? fmt::format(
                     "the job hangs in a collective at which all ranks have arrived: {}; "
                     "the network between them or the MPI library does not deliver",
                     quiet)
               : fmt::format("the job hangs: its ranks wait in different collectives, and {}",
                             quiet);
  const auto& first = *std::ranges::find(ranks, missing[0], &RankState::rank);
  const std::string on = missing.size() == 1 ? fmt::format(" on {}", first.host) : "";
  if (ranks.size() == 1)
    return fmt::format("the job hangs: rank {}{} is {}, and has made no progress for {:.0f} s",
                       first.rank, on, where_text(place_of(first)), quiet_seconds);
  if (missing.size() == ranks.size())
    return fmt::format("the job hangs: no rank waits for another, but {}", quiet);
  return fmt::format("the job hangs: it waits for {}{}, and {}", who_text(missing), on, quiet);
}

}  // namespace

HangReport call_roll(std::vector<RankState> ranks, double quiet_seconds) {
  std::ranges::sort(ranks, {}, &RankState::rank);
  HangReport report;
  report.missing = missing_ranks(ranks);
  report.headline = headline(ranks, report.missing, quiet_seconds);
  for (const RankState& rank : ranks)
    if (std::ranges::binary_search(report.missing, rank.rank)) report.text += missing_line(rank);
  report.text += waiting_lines(ranks, report.missing);
  return report;
}

}  // namespace dtrain::measure
