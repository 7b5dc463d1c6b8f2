// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/energy_meter.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "comm/gather_texts.hpp"
#include "measure/polled_source.hpp"

namespace dtrain::measure {
namespace {

class SteadyClock : public EnergyClock {
 public:
  double now() override {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
  void sleep(double seconds) override {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  }
};

}  // namespace

/// One source between laps.
class EnergyMeter::Reader {
 public:
  explicit Reader(std::unique_ptr<EnergySource> source) : source_(std::move(source)) {}

  /// Since the last lap, `seconds` ago. Throws Error.
  EnergyWindow lap(double seconds) {
    const EnergyResolution resolution = source_.source().resolution();
    const double now = source_.read_joules();
    const double joules = now - std::exchange(last_joules_, now);
    const double patience = std::max(1.0, 10 * resolution.seconds);
    if (joules == 0 && seconds > patience && !source_.source().is_estimate())
      throw Error(fmt::format("{}: the counter stood still for {:.1f} s",
                              fmt::join(source_.source().counters(), ", "), seconds));
    // Both ends may be behind by one update; they err in the same direction.
    const double watts = seconds > 0 ? joules / seconds : 0;
    return {joules, 0, resolution.joules + resolution.seconds * watts};
  }
  double read_joules() { return source_.read_joules(); }
  const EnergySource& source() const { return source_.source(); }

 private:
  PolledSource source_;
  double last_joules_ = 0;
};

EnergyMeter::EnergyMeter(comm::Communicator& communicator, const EnergyOptions& options,
                         std::unique_ptr<EnergyClock> clock)
    : communicator_(communicator),
      clock_(clock ? std::move(clock) : std::make_unique<SteadyClock>()),
      host_(options.host),
      is_wanted_(options.choice.kind != EnergyChoice::Kind::none),
      estimates_(options.choice.kind == EnergyChoice::Kind::tdp),
      idle_watts_(std::numeric_limits<double>::quiet_NaN()) {
  EnergyAssignment assignment = assign_energy_sources(communicator, options);
  problems_ = std::move(assignment.problems);
  for (auto& source : assignment.sources) {
    resolution_seconds_ = std::max(resolution_seconds_, source->resolution().seconds);
    readers_.push_back(std::make_unique<Reader>(std::move(source)));
  }
  std::array<double, 2> most{static_cast<double>(readers_.size()), resolution_seconds_};
  communicator.allreduce(std::span(most), comm::ReduceOp::max);
  measures_ = most[0] > 0;
  resolution_seconds_ = most[1];
  last_lap_ = clock_->now();
}

EnergyMeter::~EnergyMeter() = default;

void EnergyMeter::measure_idle() {
  if (!measures_) return;
  take_lap();
  clock_->sleep(std::max(1.0, 20 * resolution_seconds_));
  const Lap idle = take_lap();
  // An idle machine has no share in an estimate: nothing is then an answer.
  if (const auto joules = estimates_ ? std::optional(idle.window.joules) : idle.window.gross())
    idle_watts_ = *joules / idle.seconds;
}

EnergyWindow EnergyMeter::lap(kernels::Stream& stream) {
  if (!measures_) return EnergyWindow::unknown();
  stream.synchronize();
  return take_lap().window;
}

EnergyMeter::Lap EnergyMeter::take_lap() {
  communicator_.barrier();
  const double now = clock_->now();
  const double seconds = now - std::exchange(last_lap_, now);
  EnergyWindow mine;
  for (const auto& reader : readers_) {
    try {
      mine += reader->lap(seconds);
    } catch (const Error& error) {
      if (std::ranges::find(problems_, error.what()) == problems_.end())
        problems_.emplace_back(error.what());
      mine = EnergyWindow::unknown();
      break;
    }
  }
  // NaN stays NaN in a sum, so that what one rank cannot read all know to be unknown. Time is the
  // root's, so that all ranks come to the same.
  std::array<double, 3> sums{mine.joules, mine.uncertainty_joules,
                             communicator_.is_root() ? seconds : 0};
  communicator_.allreduce(std::span(sums), comm::ReduceOp::sum);
  return {{sums[0], idle_watts_ * sums[2], sums[1]}, sums[2]};
}

std::optional<double> EnergyMeter::joules_read_here() {
  if (readers_.empty()) return std::nullopt;
  try {
    double joules = 0;
    for (const auto& reader : readers_) joules += reader->read_joules();
    return joules;
  } catch (const Error&) {  // the next lap tells
    return std::nullopt;
  }
}

EnergyFacts EnergyMeter::facts() {
  EnergyFacts facts;
  facts.is_wanted = is_wanted_;
  facts.estimated = estimates_ && measures_;
  facts.resolution_seconds = resolution_seconds_;
  if (!std::isnan(idle_watts_)) facts.idle_watts = idle_watts_;

  std::vector<std::string> mine;
  for (const auto& reader : readers_)
    for (const std::string& counter : reader->source().counters()) mine.push_back(counter);
  std::set<std::string> counters;
  for (const std::string& text :
       comm::gather_texts(communicator_, fmt::format("{}", fmt::join(mine, "\n"))))
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      counters.insert(text.substr(at, end - at));
      at = end + 1;
    }
  facts.sources.assign(counters.begin(), counters.end());

  // What is wrong on all nodes alike is said once.
  std::map<std::string, std::set<std::string>> hosts_of;
  const auto hosts = comm::gather_texts(communicator_, host_);
  const auto problems =
      comm::gather_texts(communicator_, fmt::format("{}", fmt::join(problems_, "; ")));
  for (std::size_t rank = 0; rank < problems.size(); ++rank)
    if (!problems[rank].empty()) hosts_of[problems[rank]].insert(hosts[rank]);
  for (const auto& [problem, on] : hosts_of) {
    std::string text = problem;
    if (communicator_.nodes() > 1) text += fmt::format(" (on {}", *on.begin());
    if (communicator_.nodes() > 1)
      text += on.size() > 1 ? fmt::format(" and {} more nodes)", on.size() - 1) : ")";
    facts.problems.push_back(text);
  }
  return facts;
}

}  // namespace dtrain::measure
