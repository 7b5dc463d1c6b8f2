// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// How a rank says where it is, so that others can tell a hang from work: a thread moves its
// ProgressSlot, which writes a PlaceRecord; the watchdogs of this rank and, where the record lies in
// memory that the ranks of a node share, those of other processes read it. A move costs a few
// nanoseconds: it waits for nobody and allocates nothing.

#include <atomic>
#include <cstdint>
#include <string_view>

namespace dtrain {

/// What a rank is about. absent: not begun, or gone.
enum class Activity : std::uint8_t { absent, start, training, evaluation, checkpoint, end };
inline constexpr int activity_count = 6;

/// Where in it.
enum class Place : std::uint8_t {
  work,  ///< nothing that has a name of its own
  loader,
  forward,
  loss,
  backward,
  optimizer,
  report,      ///< metrics and progress of the root
  writing,     ///< a checkpoint's file
  own_thread,  ///< waits for its own thread, which sums gradients
  // From here on it needs the other ranks: it has arrived and waits for those that have not.
  bucket,  ///< the sum of one bucket of gradients
  share,   ///< handing values around after a sharded update
  allreduce,
  broadcast,
  all_gather,
  barrier,
  trial,  ///< measuring ways to sum
};
inline constexpr int place_count = 16;

constexpr bool meets_others(Place place) {
  return place >= Place::bucket;
}

/// "training", "bucket": the names of the enumerators.
std::string_view to_string(Activity) noexcept;
std::string_view to_string(Place) noexcept;

struct Position {
  Activity activity = Activity::absent;
  Place place = Place::work;
  std::uint16_t part = 0;  ///< of Place::bucket: which one, from 1
  std::uint32_t step = 0;  ///< training: the step in progress, from 1; else the last one completed
  bool operator==(const Position&) const = default;
};

/// Milliseconds on a clock that all processes of a node share, in steps of a scheduler's tick.
std::int64_t progress_clock_ms() noexcept;

/// A position and when it was taken up. One thread writes, any thread or process reads. Zeroed memory
/// is a record of Activity::absent.
class alignas(64) PlaceRecord {
 public:
  struct Reading {
    Position position;
    std::int64_t since_ms = 0;  ///< of progress_clock_ms()
    bool operator==(const Reading&) const = default;
  };
  void write(const Position& position) noexcept;
  /// Never pairs a position with a time before it was taken up.
  Reading read() const noexcept;

 private:
  std::atomic<std::uint64_t> position_;
  std::atomic<std::int64_t> since_ms_;
};

/// What one thread moves. The record outlives it.
class ProgressSlot {
 public:
  explicit ProgressSlot(PlaceRecord& record) : record_(record) {}
  virtual ~ProgressSlot() = default;
  ProgressSlot(const ProgressSlot&) = delete;
  ProgressSlot& operator=(const ProgressSlot&) = delete;

  const Position& position() const { return position_; }
  void move_to(const Position& position) noexcept {
    position_ = position;
    arrive(position);
  }

 protected:
  /// Tests make ranks stall, stop and die here.
  virtual void arrive(const Position& position) noexcept { record_.write(position); }

 private:
  PlaceRecord& record_;
  Position position_;
};

/// The slots of a rank; null where nobody watches.
struct RankProgress {
  ProgressSlot* main = nullptr;  ///< of the thread that takes the steps
  ProgressSlot* sums = nullptr;  ///< of the one that sums gradients beside it, if there is one
};

/// Moves a slot that may be null.
inline void move_to(ProgressSlot* slot, const Position& position) noexcept {
  if (slot != nullptr) slot->move_to(position);
}

/// A step of training begins. The slot, unless null, stays there after it, until something else begins.
inline void begin_step(ProgressSlot* slot, std::int64_t step) noexcept {
  move_to(slot, {Activity::training, Place::work, 0, static_cast<std::uint32_t>(step)});
}

/// From construction to destruction the slot, unless null, is at `place` of its activity.
class ScopedPlace {
 public:
  ScopedPlace(ProgressSlot* slot, Place place, std::size_t part = 0) : slot_(slot) {
    if (slot_ != nullptr) before_ = slot_->position();
    move_to(slot_, {before_.activity, place, static_cast<std::uint16_t>(part), before_.step});
  }
  ~ScopedPlace() { move_to(slot_, before_); }
  ScopedPlace(const ScopedPlace&) = delete;
  ScopedPlace& operator=(const ScopedPlace&) = delete;

 private:
  ProgressSlot* slot_;
  Position before_;
};

/// The same for an activity, with the step that Position::step means.
class ScopedActivity {
 public:
  ScopedActivity(ProgressSlot* slot, Activity activity, std::int64_t step) : slot_(slot) {
    if (slot_ != nullptr) before_ = slot_->position();
    move_to(slot_, {activity, Place::work, 0, static_cast<std::uint32_t>(step)});
  }
  ~ScopedActivity() { move_to(slot_, before_); }
  ScopedActivity(const ScopedActivity&) = delete;
  ScopedActivity& operator=(const ScopedActivity&) = delete;

 private:
  ProgressSlot* slot_;
  Position before_;
};

}  // namespace dtrain
