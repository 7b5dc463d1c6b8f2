// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "nn/recorded_passes.hpp"

#include <gmock/gmock.h>

#include <string>

#include "tests/support/far_device.hpp"

namespace dtrain::nn {
namespace {

using testing::ElementsAre;

using Log = std::vector<std::string>;

/// Recording keeps what is issued meanwhile from `log`, and adds it at each replay.
class RecordingDevice : public test::FarDevice {
 public:
  explicit RecordingDevice(Log& log) : FarDevice(0), log_(log) {}
  std::unique_ptr<kernels::Recording> record(kernels::Stream&,
                                             const std::function<void()>& issue) override {
    ++recorded;
    if (!can) return nullptr;
    const std::size_t before = log_.size();
    issue();
    auto kept = std::make_unique<Kept>(log_);
    kept->lines.assign(log_.begin() + static_cast<std::ptrdiff_t>(before), log_.end());
    log_.resize(before);
    return kept;
  }
  int recorded = 0;
  bool can = true;

 private:
  struct Kept : kernels::Recording {
    explicit Kept(Log& log_in) : log(log_in) {}
    void replay(kernels::Stream&) override {
      for (const std::string& line : lines) log.push_back("replayed " + line);
    }
    Log& log;
    Log lines;
  };
  Log& log_;
};

class RecordedPassesTest : public testing::Test {
 protected:
  void run(const PassKey& key, const std::string& line) {
    passes.run(device, *stream, key, [&] { log.push_back(line); });
  }
  Log log;
  RecordingDevice device{log};
  std::unique_ptr<kernels::Stream> stream = device.make_stream(kernels::StreamPriority::normal);
  RecordedPasses passes;
};

TEST_F(RecordedPassesTest, IssuesOnceRecordsOnceThenReplays) {
  for (const char* line : {"a", "b", "c", "d"}) run({}, line);
  EXPECT_THAT(log, ElementsAre("a", "replayed b", "replayed b", "replayed b"));
  EXPECT_EQ(device.recorded, 1);
}

TEST_F(RecordedPassesTest, EveryKeyHasARecordingOfItsOwn) {
  const float memory[2] = {};
  const PassKey first{.input = &memory[0]}, second{.input = &memory[1]},
      third{.input = &memory[1], .pass_weight = 0.5f};
  for (int round = 0; round < 3; ++round) {
    run(first, "first");
    run(second, "second");
    run(third, "third");
  }
  EXPECT_THAT(log,
              ElementsAre("first", "second", "third", "replayed first", "replayed second",
                          "replayed third", "replayed first", "replayed second", "replayed third"));
}

TEST_F(RecordedPassesTest, GoesOnIssuingWhatCannotBeRecorded) {
  device.can = false;
  for (const char* line : {"a", "b", "c"}) run({}, line);
  EXPECT_THAT(log, ElementsAre("a", "b", "c"));
  EXPECT_EQ(device.recorded, 1);  // tried once
}

TEST_F(RecordedPassesTest, ForgetsWhatItIsToldTo) {
  for (const char* line : {"a", "b"}) run({}, line);
  passes.clear();
  for (const char* line : {"c", "d", "e"}) run({}, line);
  EXPECT_THAT(log, ElementsAre("a", "replayed b", "c", "replayed d", "replayed d"));
}

}  // namespace
}  // namespace dtrain::nn
