// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// trace.json, as Perfetto and Chrome want it, and that it agrees with what the run says of itself.

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "tests/launch/dtrain_process.hpp"

namespace dtrain::test {
namespace {

using nlohmann::json;

struct Span {
  std::string name, category;
  double begin = 0, end = 0;
};

class TraceFile : public DtrainTest {
 protected:
  /// Spans of each thread of each rank, by their beginnings; the longer one first.
  using Threads = std::map<std::pair<int, int>, std::vector<Span>>;

  /// What the format asks of every event ("Trace Event Format").
  Threads checked(const json& trace, int ranks) {
    Threads threads;
    std::set<int> named;
    for (const json& event : trace.at("traceEvents")) {
      const std::string kind = event.at("ph");
      const int rank = event.at("pid");
      EXPECT_LT(rank, ranks);
      EXPECT_TRUE(event.at("name").is_string());
      if (kind == "M") {
        EXPECT_TRUE(event.at("args").at("name").is_string());
        named.insert(rank);
      } else if (kind == "C") {
        EXPECT_TRUE(event.at("args").at("value").is_number());
        ++counters_;
      } else {
        EXPECT_EQ(kind, "X");
        const double begin = event.at("ts"), duration = event.at("dur");
        EXPECT_GE(duration, 0);
        threads[{rank, event.at("tid")}].push_back(
            {event["name"], event.at("cat"), begin, begin + duration});
      }
    }
    EXPECT_EQ(static_cast<int>(named.size()), ranks);
    for (auto& [thread, spans] : threads)
      std::ranges::sort(spans, [](const Span& a, const Span& b) {
        return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
      });
    return threads;
  }

  /// Each span lies within those that are open when it begins.
  static void expect_nested(const std::vector<Span>& spans) {
    std::vector<const Span*> open;
    for (const Span& span : spans) {
      // Times are rounded to a nanosecond.
      while (!open.empty() && open.back()->end <= span.begin + 0.002) open.pop_back();
      if (!open.empty()) {
        EXPECT_LE(span.end, open.back()->end + 0.002) << span.name << " in " << open.back()->name;
      }
      open.push_back(&span);
    }
  }

  static double total(const std::vector<Span>& spans, const std::string& category) {
    double sum = 0;
    for (const Span& span : spans)
      if (span.category == category) sum += span.end - span.begin;
    return sum;
  }

  int counters_ = 0;
};

TEST_F(TraceFile, OfFourRanksNestsAndAddsUpToTheSteps) {
  ok("launch -np 4 -- --model cnn --epochs 3 --trace --overlap --output run --progress none");
  const auto threads = checked(json_file("run/trace.json"), 4);
  const json summary = json_file("run/summary.json");
  for (const auto& [thread, spans] : threads) expect_nested(spans);
  for (int rank = 0; rank < 4; ++rank) {
    const std::vector<Span>& spans = threads.at({rank, 0});
    std::vector<double> steps;
    std::set<std::string> layers;
    for (const Span& span : spans) {
      if (span.category == "step") steps.push_back((span.end - span.begin) * 1e-3);
      if (span.category == "backward") layers.insert(span.name);
    }
    ASSERT_EQ(steps.size(), 45u);
    EXPECT_TRUE(layers.contains("conv1"));
    // The phases fill the steps, and the layers the passes.
    EXPECT_NEAR(total(spans, "phase") / total(spans, "step"), 1, 0.02) << "rank " << rank;
    steps.erase(steps.begin());  // it warms up
    std::ranges::nth_element(steps, steps.begin() + 21);
    const json& row = summary["ranks"][static_cast<std::size_t>(rank)];
    EXPECT_NEAR(steps[21], row["median"], 0.02 * row["median"].get<double>());
  }
  EXPECT_GT(counters_, 0);
}

TEST_F(TraceFile, IsLeftOutUnlessAskedFor) {
  ok("--model mlp64 --epochs 1 --threads 1 --output run --progress none");
  EXPECT_FALSE(fs::exists(folder_ / "run/trace.json"));
}

}  // namespace
}  // namespace dtrain::test
