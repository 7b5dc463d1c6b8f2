// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/hang_watch.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <future>
#include <thread>

#include "base/error.hpp"
#include "base/partial_file.hpp"
#include "launch/faults.hpp"
#include "train/output_file.hpp"

namespace dtrain::launch {
namespace {

constexpr std::string_view report_name = "hang-report.txt", meeting_name = ".roll-call";

/// Gives up after two seconds: a file system may be what hangs.
void write_patiently(const std::filesystem::path& file, const std::string& text) {
  std::promise<void> promise;
  const auto done = promise.get_future();
  std::thread([file, text, promise = std::move(promise)]() mutable {
    try {
      train::write_file(file, text);
    } catch (const Error&) {  // it is on stderr
    }
    promise.set_value();
  }).detach();
  done.wait_for(std::chrono::seconds(2));
}

}  // namespace

HangWatch::HangWatch(comm::Communicator& world, double timeout_seconds) {
  if (timeout_seconds > 0) {
    watchdog_.emplace(world,
                      measure::WatchdogOptions{
                          .timeout_seconds = timeout_seconds,
                          .on_hang = [this](const auto& report) { tell(report); },
                          .on_end = [] { std::_Exit(static_cast<int>(ExitCode::lost_rank)); }});
    main_ = make_progress_slot(watchdog_->main(), watchdog_->main(), world.rank());
    sums_ = make_progress_slot(watchdog_->sums(), watchdog_->main(), world.rank());
    main_->move_to({.activity = Activity::start});
  }
  communicator_.emplace(world, main_.get());
}

bool HangWatch::meet_in(const std::filesystem::path& folder) {
  if (!watchdog_) return true;
  // Only the root knows it where --output does not say.
  const std::string own = folder.empty() ? "" : std::filesystem::absolute(folder).string();
  const auto texts = communicator_->all_gather(std::as_bytes(std::span(own)));
  const std::filesystem::path roots(
      std::string(reinterpret_cast<const char*>(texts[0].data()), texts[0].size()));
  {
    const std::lock_guard lock(mutex_);
    folder_ = roots;
  }
  const ScopedPlace place(main_.get(), Place::barrier);
  return watchdog_->meet_in(roots / meeting_name);
}

void HangWatch::end() {
  if (!watchdog_) return;
  main_->move_to({.activity = Activity::end, .step = main_->position().step});
  communicator_->barrier();
}

void HangWatch::tell(const measure::HangReport& report) {
  const std::lock_guard lock(mutex_);
  std::string text = fmt::format("dtrain: error: {}\n{}", report.headline, report.text);
  const std::filesystem::path file = folder_.empty() ? folder_ : folder_ / report_name;
  if (!file.empty())
    text += fmt::format("  This report is kept in {}; go on with: dtrain --resume {}\n",
                        file.string(), folder_.string());
  // Not by stdio, which a thread that hangs may have locked.
  write_all(STDERR_FILENO, std::as_bytes(std::span(text)));
  if (!file.empty())
    write_patiently(
        file, fmt::format("{:%Y-%m-%d %H:%M:%S} UTC\n{}", fmt::gmtime(std::time(nullptr)), text));
}

}  // namespace dtrain::launch
