// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/meeting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/error.hpp"

namespace dtrain::measure {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view ended_word = "ended", last_line = "end";

fs::path node_file(const fs::path& folder, int node) {
  return folder / fmt::format("node-{}", node);
}

std::string read_text(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// How long an alarm waits for a node that does not report: a tenth of the timeout, within limits, so
/// that a node which is merely slow is not taken for lost.
std::int64_t patience_ms(double timeout_seconds) {
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(100 * timeout_seconds), 2000, 30'000);
}

/// In place. What cannot be written is not told: nothing here may end a job that trains.
bool write_text(const fs::path& file, std::string_view text) {
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << text << std::flush;
  return stream.good();
}

std::string to_line(const Position& position, double seconds) {
  return fmt::format("{} {} {} {} {:.3f}", static_cast<int>(position.activity),
                     static_cast<int>(position.place), position.part, position.step, seconds);
}

bool from_line(std::istream& line, Position& position, double& seconds) {
  int activity = 0, place = 0;
  if (!(line >> activity >> place >> position.part >> position.step >> seconds)) return false;
  if (activity < 0 || activity >= activity_count || place < 0 || place >= place_count) return false;
  position.activity = static_cast<Activity>(activity);
  position.place = static_cast<Place>(place);
  return true;
}

}  // namespace

void Meeting::prepare(const fs::path& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  fs::create_directories(folder, error);
  if (error || !write_text(folder / "alarm", ""))
    throw Error(
        fmt::format("cannot write into {}; name another folder with --output", folder.string()));
}

void Meeting::enter(const fs::path& folder, int node, const std::vector<RankState>& states) {
  write_report(node_file(folder, node), {0, 0, states});
}

Meeting::Meeting(fs::path folder, int node, const std::vector<int>& nodes)
    : folder_(std::move(folder)), node_(node) {
  for (const int other : nodes) {
    if (other == node) continue;
    const fs::path file = node_file(folder_, other);
    others_.push_back({file, read_report(file), std::nullopt});
  }
}

bool Meeting::is_complete() const {
  std::error_code ignored;
  return fs::exists(folder_ / "alarm", ignored) &&
         std::ranges::all_of(others_, [](const Other& other) { return other.report.has_value(); });
}

void Meeting::write_report(const fs::path& file, const Report& report) {
  std::string text = fmt::format("{} {:.3f}\n", report.count, report.quiet_seconds);
  for (const RankState& state : report.states)
    text +=
        fmt::format("{} {} {} {} {} {} {}\n", state.rank, state.pid, state.answers ? 1 : 0,
                    static_cast<int>(state.process_state), to_line(state.main, state.main_seconds),
                    to_line(state.sums, state.sums_seconds), state.host);
  write_text(file, fmt::format("{}{}\n", text, last_line));
}

std::optional<Meeting::Report> Meeting::read_report(const fs::path& file) {
  std::istringstream text(read_text(file));
  Report report;
  std::string line;
  std::getline(text, line);
  if (!(std::istringstream(line) >> report.count >> report.quiet_seconds)) return std::nullopt;
  while (std::getline(text, line)) {
    if (line == last_line) return report;
    std::istringstream words(line);
    RankState state;
    int answers = 0, process_state = 0;
    if (!(words >> state.rank >> state.pid >> answers >> process_state)) return std::nullopt;
    if (!from_line(words, state.main, state.main_seconds) ||
        !from_line(words, state.sums, state.sums_seconds) || !(words >> state.host))
      return std::nullopt;
    state.answers = answers != 0;
    state.process_state = static_cast<char>(process_state);
    report.states.push_back(std::move(state));
  }
  return std::nullopt;
}

std::optional<std::vector<RankState>> Meeting::look(std::int64_t now_ms, double quiet_seconds,
                                                    double timeout_seconds,
                                                    const std::vector<RankState>& states) {
  const std::string alarm = read_text(folder_ / "alarm"), own = std::to_string(node_);
  const bool overdue = quiet_seconds >= timeout_seconds;
  const std::int64_t patience = patience_ms(timeout_seconds);
  const auto take_up = [&](const std::string& news) {
    alarm_ = news;
    alarm_at_ms_ = now_ms;
    for (Other& other : others_) {  // what they may have said at an earlier alarm is no answer
      if (auto report = read_report(other.file)) other.report = std::move(report);
      other.heard_ms.reset();
    }
  };
  if (alarm != alarm_) take_up(alarm);
  ended_ = alarm_ == ended_word;
  if (ended_) return std::nullopt;
  if (alarm_.empty()) {
    if (overdue) {  // of several nodes that do this the last one asks
      write_text(folder_ / "alarm", own);
      take_up(own);
    }
    return std::nullopt;
  }

  write_report(node_file(folder_, node_), {++count_, quiet_seconds, states});
  if (alarm_ != own) {
    // Who asks should have come to an end by now: it may be gone itself.
    if (overdue && now_ms - alarm_at_ms_ > 5 * patience) write_text(folder_ / "alarm", own);
    return std::nullopt;
  }
  if (!overdue) {
    write_text(folder_ / "alarm", "");
    return std::nullopt;
  }
  std::vector<RankState> all = states;
  for (Other& other : others_) {
    if (auto report = read_report(other.file); report && report->count != other.report->count) {
      other.report = std::move(report);
      other.heard_ms = now_ms;
    }
    const bool reports = other.heard_ms && now_ms - *other.heard_ms < patience;
    const bool late = now_ms - alarm_at_ms_ >= patience;
    if (reports ? other.report->quiet_seconds < timeout_seconds : !late) return std::nullopt;
    for (RankState state : other.report->states) {
      if (!reports) {
        state.answers = false;
        state.process_state = '?';
      }
      all.push_back(std::move(state));
    }
  }
  return all;
}

void Meeting::end() {
  write_text(folder_ / "alarm", ended_word);
}

}  // namespace dtrain::measure
