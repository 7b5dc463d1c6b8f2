// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/roll_call.hpp"

#include <gmock/gmock.h>

namespace dtrain::measure {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

RankState at(int rank, Place place, std::uint32_t step, std::uint16_t part = 0,
             Activity activity = Activity::training) {
  return {.rank = rank,
          .pid = 100 + rank,
          .host = "node1",
          .process_state = 'S',
          .main = {activity, place, part, step},
          .sums = {},
          .main_seconds = 10.5};
}

/// Sums beside backward: main waits for its thread, which is in a bucket, or in none.
RankState beside(int rank, std::uint32_t step, std::uint16_t bucket) {
  RankState state = at(rank, Place::own_thread, step);
  if (bucket > 0) state.sums = {Activity::absent, Place::bucket, bucket, 0};
  state.sums_seconds = 10.25;
  return state;
}

TEST(RollCall, ARankAtWorkOfItsOwnIsMissing) {
  const auto report = call_roll({at(0, Place::bucket, 17, 1), at(2, Place::bucket, 17, 1),
                                 at(1, Place::backward, 17), at(3, Place::bucket, 17, 1)},
                                10);
  EXPECT_THAT(report.missing, ElementsAre(1));
  EXPECT_EQ(report.headline,
            "the job hangs: it waits for rank 1 on node1, and no rank has made progress for 10 s");
  EXPECT_EQ(
      report.text,
      "  rank 1 on node1, pid 101, has not arrived: in backward, step 17 for 10.5 s, 16 steps "
      "completed; the process sleeps\n"
      "  ranks 0, 2-3 wait in the sum of bucket 1, step 17 for 10.5 s\n");
}

TEST(RollCall, SeveralMayBeMissing) {
  const auto report = call_roll({at(0, Place::loader, 4), at(1, Place::bucket, 4, 1),
                                 at(2, Place::forward, 4), at(3, Place::optimizer, 3)},
                                10);
  EXPECT_THAT(report.missing, ElementsAre(0, 2, 3));
  EXPECT_THAT(report.headline, HasSubstr("waits for ranks 0, 2-3, "));
  EXPECT_THAT(report.text, HasSubstr("rank 3 on node1, pid 103, has not arrived: in the optimizer, "
                                     "step 3 for 10.5 s, 2 steps completed"));
  EXPECT_THAT(report.text, HasSubstr("  rank 1 waits in the sum of bucket 1, step 4"));
}

TEST(RollCall, AStoppedRankDoesNotAnswerWhereverItIs) {
  auto stopped = at(1, Place::bucket, 17, 1);
  stopped.answers = false;
  stopped.process_state = 'T';
  const auto report = call_roll({at(0, Place::bucket, 17, 1), stopped}, 10);
  EXPECT_THAT(report.missing, ElementsAre(1));
  EXPECT_THAT(report.text, HasSubstr("rank 1 on node1, pid 101, does not answer: last seen in the "
                                     "sum of bucket 1, step 17 for 10.5 s, 16 steps completed; the "
                                     "process is stopped\n"));
}

TEST(RollCall, WithOverlapTheThreadThatSumsTellsWhatARankWaitsFor) {
  const auto behind = call_roll({beside(0, 9, 2), beside(1, 9, 1), beside(2, 9, 2)}, 10);
  EXPECT_THAT(behind.missing, ElementsAre(1));
  EXPECT_THAT(behind.text, HasSubstr("ranks 0, 2 wait in the sum of bucket 2, step 9 for 10.2 s"));

  const auto not_begun = call_roll({beside(0, 9, 1), beside(1, 9, 0)}, 10);
  EXPECT_THAT(not_begun.missing, ElementsAre(1));
  EXPECT_THAT(not_begun.text, HasSubstr("waiting for its thread that sums gradients, step 9"));

  auto working = beside(1, 9, 1);  // its thread waits as all do, but it has more to sum
  working.main.place = Place::backward;
  EXPECT_THAT(call_roll({beside(0, 9, 2), working, beside(2, 9, 2)}, 10).missing, ElementsAre(1));
}

TEST(RollCall, WhoIsBehindInCollectivesIsMissing) {
  const auto evaluation = [](int rank) {
    return at(rank, Place::all_gather, 16, 0, Activity::evaluation);
  };
  EXPECT_THAT(call_roll({at(0, Place::bucket, 17, 1), evaluation(1)}, 9).missing, ElementsAre(1));
  EXPECT_THAT(call_roll({at(0, Place::bucket, 16, 1), evaluation(1)}, 9).missing, ElementsAre(0));
  EXPECT_THAT(call_roll({at(0, Place::share, 17), at(1, Place::bucket, 17, 3)}, 9).missing,
              ElementsAre(1));
  EXPECT_THAT(call_roll({at(0, Place::share, 17), at(1, Place::share, 16)}, 9).missing,
              ElementsAre(1));
}

TEST(RollCall, NobodyIsMissingWhereAllHaveArrived) {
  const auto report = call_roll({at(0, Place::bucket, 17, 1), at(1, Place::bucket, 17, 1)}, 9);
  EXPECT_THAT(report.missing, IsEmpty());
  EXPECT_THAT(report.headline, HasSubstr("all ranks have arrived"));
  EXPECT_EQ(report.text, "  ranks 0-1 wait in the sum of bucket 1, step 17 for 10.5 s\n");

  const auto differs = call_roll({at(0, Place::share, 17), at(1, Place::allreduce, 17)}, 9);
  EXPECT_THAT(differs.missing, IsEmpty());
  EXPECT_THAT(differs.headline, HasSubstr("different collectives"));
}

TEST(RollCall, NobodyWaitsWhereAllAreMissing) {
  const auto report = call_roll({at(0, Place::loader, 1), at(1, Place::loader, 1)}, 9);
  EXPECT_THAT(report.missing, ElementsAre(0, 1));
  EXPECT_THAT(report.headline, HasSubstr("no rank waits for another"));
  EXPECT_THAT(report.text, Not(HasSubstr("wait")));
}

TEST(RollCall, OneRankAlone) {
  const auto report = call_roll({at(0, Place::writing, 30, 0, Activity::checkpoint)}, 12);
  EXPECT_THAT(report.missing, ElementsAre(0));
  EXPECT_EQ(report.headline,
            "the job hangs: rank 0 on node1 is writing the file, checkpoint of step 30, and has "
            "made no progress for 12 s");
  EXPECT_THAT(report.text, HasSubstr("30 steps completed"));
}

}  // namespace
}  // namespace dtrain::measure
