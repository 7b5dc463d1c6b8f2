// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "base/progress_slot.hpp"

#include <array>
#include <ctime>

namespace dtrain {
namespace {

constexpr std::array<std::string_view, activity_count> activity_names{
    "absent", "start", "training", "evaluation", "checkpoint", "end"};
constexpr std::array<std::string_view, place_count> place_names{
    "work",       "loader", "forward", "loss",      "backward",  "optimizer",  "report",  "writing",
    "own_thread", "bucket", "share",   "allreduce", "broadcast", "all_gather", "barrier", "trial"};
static_assert(static_cast<int>(Place::trial) + 1 == place_count);
static_assert(static_cast<int>(Activity::end) + 1 == activity_count);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

std::uint64_t packed(const Position& position) {
  return std::uint64_t{position.step} << 32 | std::uint64_t{position.part} << 16 |
         std::uint64_t{static_cast<std::uint8_t>(position.place)} << 8 |
         static_cast<std::uint8_t>(position.activity);
}

Position unpacked(std::uint64_t word) {
  return {static_cast<Activity>(word & 0xFF), static_cast<Place>(word >> 8 & 0xFF),
          static_cast<std::uint16_t>(word >> 16 & 0xFFFF), static_cast<std::uint32_t>(word >> 32)};
}

}  // namespace

std::string_view to_string(Activity activity) noexcept {
  return activity_names[static_cast<std::size_t>(activity)];
}

std::string_view to_string(Place place) noexcept {
  return place_names[static_cast<std::size_t>(place)];
}

std::int64_t progress_clock_ms() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);  // a third of the precise clock's price
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

void PlaceRecord::write(const Position& position) noexcept {
  since_ms_.store(progress_clock_ms(), std::memory_order_relaxed);
  position_.store(packed(position), std::memory_order_release);
}

PlaceRecord::Reading PlaceRecord::read() const noexcept {
  // Who sees a position sees its time, or a later one.
  const std::uint64_t word = position_.load(std::memory_order_acquire);
  return {unpacked(word), since_ms_.load(std::memory_order_relaxed)};
}

}  // namespace dtrain
