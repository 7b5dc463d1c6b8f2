// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/node_watch.hpp"

#include <algorithm>

#include "measure/hardware_probe.hpp"

namespace dtrain::measure {
namespace {

/// A watchdog looks about once a second; one that has not for so long is stopped or gone.
constexpr std::int64_t silence_ms = 3000;
/// The longest time between two looks that counts as quiet: beyond it, this process was stopped.
constexpr std::int64_t longest_look_ms = 3000;

}  // namespace

NodeWatch::NodeWatch(std::vector<RankRecord*> records, int self)
    : records_(std::move(records)),
      self_(static_cast<std::size_t>(self)),
      seen_(records_.size()),
      now_ms_(progress_clock_ms()) {}

void NodeWatch::look(std::int64_t now_ms) {
  const std::int64_t passed = std::min(now_ms - now_ms_, longest_look_ms);
  now_ms_ = now_ms;
  records_[self_]->heard_ms = now_ms;

  std::int64_t last_move_ms = 0;
  bool moved = false;
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const Readings now{records_[i]->main.read(), records_[i]->sums.read()};
    moved = moved || now != seen_[i];
    last_move_ms = std::max({last_move_ms, now.main.since_ms, now.sums.since_ms});
    seen_[i] = now;
  }
  quiet_ms_ =
      moved ? std::clamp<std::int64_t>(now_ms - last_move_ms, 0, passed) : quiet_ms_ + passed;
}

bool NodeWatch::is_alive(const RankRecord& record) const {
  return now_ms_ - record.heard_ms < silence_ms;
}

bool NodeWatch::speaks() const {
  return std::none_of(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(self_),
                      [&](const RankRecord* lower) { return is_alive(*lower); });
}

bool NodeWatch::begin_end() {
  int no = static_cast<int>(End::no);
  return records_[0]->ended.compare_exchange_strong(no, static_cast<int>(End::begun));
}

std::vector<RankState> NodeWatch::states() const {
  std::vector<RankState> states;
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const RankRecord& record = *records_[i];
    const auto seconds = [&](const PlaceRecord::Reading& reading) {
      return 1e-3 * static_cast<double>(std::max<std::int64_t>(now_ms_ - reading.since_ms, 0));
    };
    const bool alive = is_alive(record);
    char state = process_state(record.pid);
    if (state == 0 && alive) state = '?';  // in a container of its own
    const bool can_run = std::string_view("TtZX").find(state) == std::string_view::npos;
    states.push_back({.rank = record.rank,
                      .pid = record.pid,
                      .host = record.host,
                      .answers = alive && can_run,
                      .process_state = state,
                      .main = seen_[i].main.position,
                      .sums = seen_[i].sums.position,
                      .main_seconds = seconds(seen_[i].main),
                      .sums_seconds = seconds(seen_[i].sums)});
  }
  return states;
}

}  // namespace dtrain::measure
