// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// Ranks that fail where a test wants it. DTRAIN_TEST_FAULT holds faults, separated by ';':
//
//   ACTION,rank=R,place=[ACTIVITY.]PLACE[,step=N][,after=MS]
//
// When rank R comes to PLACE (names of base/progress_slot.hpp) in a step from N on, it
//   stall      sleeps for ever, in that thread
//   stop       stops, as by SIGSTOP
//   kill       dies, as by SIGKILL
//   exit       ends with code 1
//   delay=MS   sleeps so long, each time it comes there
// once it has told where it is; at a collective before that, so that it does not arrive. With `after` the
// thread goes on, and the process is stopped or dies that much later.

#include "launch/faults.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"

namespace dtrain::launch {
namespace {

struct Fault {
  std::string action, activity, place;
  int rank = -1;
  std::uint32_t step = 0;
  std::chrono::milliseconds delay{0}, after{0};
};

Fault parse_fault(const std::string& text) {
  Fault fault;
  std::istringstream words(text);
  std::getline(words, fault.action, ',');
  if (const auto equals = fault.action.find('='); equals != std::string::npos) {
    fault.delay = std::chrono::milliseconds(std::stol(fault.action.substr(equals + 1)));
    fault.action.resize(equals);
  }
  for (std::string word; std::getline(words, word, ',');) {
    const auto equals = word.find('=');
    const std::string key = word.substr(0, equals), value = word.substr(equals + 1);
    if (key == "rank") {
      fault.rank = std::stoi(value);
    } else if (key == "step") {
      fault.step = static_cast<std::uint32_t>(std::stoul(value));
    } else if (key == "after") {
      fault.after = std::chrono::milliseconds(std::stol(value));
    } else if (key == "place") {
      const auto dot = value.find('.');
      if (dot != std::string::npos) fault.activity = value.substr(0, dot);
      fault.place = dot == std::string::npos ? value : value.substr(dot + 1);
    } else {
      throw UsageError(fmt::format("DTRAIN_TEST_FAULT: {} in {}", word, text));
    }
  }
  return fault;
}

std::vector<Fault> faults_of_rank(int rank) {
  std::vector<Fault> faults;
  const char* text = std::getenv("DTRAIN_TEST_FAULT");
  std::istringstream list(text != nullptr ? text : "");
  for (std::string one; std::getline(list, one, ';');)
    if (Fault fault = parse_fault(one); fault.rank == rank) faults.push_back(std::move(fault));
  return faults;
}

void act(const std::string& action) {
  if (action == "stall")
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
  if (action == "stop") kill(getpid(), SIGSTOP);
  if (action == "kill") kill(getpid(), SIGKILL);
  if (action == "exit") std::_Exit(1);
}

class FaultySlot : public ProgressSlot {
 public:
  FaultySlot(PlaceRecord& own, const PlaceRecord& main, int rank)
      : ProgressSlot(own), is_main_(&own == &main), main_(main), faults_(faults_of_rank(rank)) {}

 protected:
  void arrive(const Position& position) noexcept override {
    const bool collective = meets_others(position.place);
    if (!collective) ProgressSlot::arrive(position);
    // A thread that sums knows of no step.
    const Position at = is_main_ ? position : main_.read().position;
    for (Fault& fault : faults_)
      if (fault.place == to_string(position.place) && at.step >= fault.step &&
          (fault.activity.empty() || fault.activity == to_string(at.activity)))
        meet(fault);
    if (collective) ProgressSlot::arrive(position);
  }

 private:
  static void meet(Fault& fault) {
    if (fault.action == "delay") {
      std::this_thread::sleep_for(fault.delay);
    } else if (fault.after.count() > 0) {
      std::thread([fault] {
        std::this_thread::sleep_for(fault.after);
        act(fault.action);
      }).detach();
      fault.place.clear();  // once
    } else {
      const std::string action = fault.action;
      fault.place.clear();
      act(action);
    }
  }

  const bool is_main_;
  const PlaceRecord& main_;
  std::vector<Fault> faults_;
};

}  // namespace

std::unique_ptr<ProgressSlot> make_progress_slot(PlaceRecord& own, const PlaceRecord& main,
                                                 int rank) {
  return std::make_unique<FaultySlot>(own, main, rank);
}

}  // namespace dtrain::launch
