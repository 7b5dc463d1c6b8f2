// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "base/progress_slot.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

namespace dtrain {
namespace {

TEST(PlaceRecord, KeepsEveryPosition) {
  PlaceRecord record{};
  EXPECT_EQ(record.read().position, Position{});
  for (int activity = 0; activity < activity_count; ++activity)
    for (int place = 0; place < place_count; ++place)
      for (const std::uint16_t part : {0, 1, 65535})
        for (const std::uint32_t step : {0u, 7u, 0xFFFFFFFFu}) {
          const Position position{static_cast<Activity>(activity), static_cast<Place>(place), part,
                                  step};
          record.write(position);
          EXPECT_EQ(record.read().position, position);
        }
}

TEST(PlaceRecord, NoReaderTakesANewPositionForAnOldOne) {
  constexpr std::uint32_t steps = 200'000;
  PlaceRecord record{};
  std::vector<std::int64_t> earliest(steps + 1);  // written before the position
  std::atomic<bool> ended{false};
  std::thread writer([&] {
    for (std::uint32_t step = 1; step <= steps; ++step) {
      earliest[step] = progress_clock_ms();
      record.write({Activity::training, Place::forward, 0, step});
    }
    ended = true;
  });
  std::int64_t too_old = 0;
  while (!ended) {
    const auto reading = record.read();
    if (reading.since_ms < earliest[reading.position.step]) ++too_old;
  }
  writer.join();
  EXPECT_EQ(too_old, 0);
  EXPECT_EQ(record.read().position.step, steps);
}

TEST(PlaceRecord, SaysSinceWhen) {
  PlaceRecord record{};
  record.write({Activity::training, Place::loader, 0, 1});
  const std::int64_t since = record.read().since_ms;
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  EXPECT_GE(progress_clock_ms() - since, 20);
  record.write({Activity::training, Place::loader, 0, 1});  // again: that is progress
  EXPECT_GE(record.read().since_ms - since, 20);
}

TEST(ScopedPlace, ReturnsToWhereItWas) {
  PlaceRecord record{};
  ProgressSlot slot(record);
  begin_step(&slot, 3);
  EXPECT_EQ(record.read().position, (Position{Activity::training, Place::work, 0, 3}));
  {
    const ScopedActivity activity(&slot, Activity::evaluation, 2);
    const ScopedPlace place(&slot, Place::bucket, 5);
    EXPECT_EQ(record.read().position, (Position{Activity::evaluation, Place::bucket, 5, 2}));
  }
  EXPECT_EQ(record.read().position, (Position{Activity::training, Place::work, 0, 3}));
}

TEST(ScopedPlace, TakesNull) {
  begin_step(nullptr, 1);
  const ScopedActivity activity(nullptr, Activity::end, 1);
  const ScopedPlace place(nullptr, Place::barrier);
}

TEST(Names, AreAllDifferent) {
  std::set<std::string_view> names;
  for (int place = 0; place < place_count; ++place)
    names.insert(to_string(static_cast<Place>(place)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(place_count));
  EXPECT_EQ(to_string(Place::all_gather), "all_gather");
  EXPECT_EQ(to_string(Place::own_thread), "own_thread");
  EXPECT_EQ(to_string(Activity::checkpoint), "checkpoint");
}

}  // namespace
}  // namespace dtrain
