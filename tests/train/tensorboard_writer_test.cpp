// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/tensorboard_writer.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/support/temporary_folder.hpp"

namespace dtrain::train {
namespace {

namespace fs = std::filesystem;

TEST(Crc32c, MatchesTheKnownVectors) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);  // the check value of the CRC catalogue
  EXPECT_EQ(crc32c(""), 0u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);    // RFC 3720, B.4
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43u);  // RFC 3720, B.4
}

// A reader of its own: shares no code with the writer but the CRC, which is checked above.

template <class T>
T take(std::string_view& bytes) {
  T value;
  if (bytes.size() < sizeof value) throw std::runtime_error("ends early");
  std::memcpy(&value, bytes.data(), sizeof value);
  bytes.remove_prefix(sizeof value);
  return value;
}

std::uint32_t unmasked(std::uint32_t masked) {
  const std::uint32_t rotated = masked - 0xA282EAD8u;
  return (rotated >> 17) | (rotated << 15);
}

std::vector<std::string> read_records(std::string_view file) {
  std::vector<std::string> records;
  while (!file.empty()) {
    const std::string_view head = file.substr(0, 8);
    const auto length = take<std::uint64_t>(file);
    EXPECT_EQ(unmasked(take<std::uint32_t>(file)), crc32c(head));
    records.emplace_back(file.substr(0, length));
    file.remove_prefix(length);
    EXPECT_EQ(unmasked(take<std::uint32_t>(file)), crc32c(records.back()));
  }
  return records;
}

std::uint64_t take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = take<std::uint8_t>(bytes);
    value |= std::uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return value;
  }
}

/// Field number -> raw contents, in order. Numbers come as their little-endian bytes.
std::multimap<int, std::string> read_message(std::string_view bytes) {
  std::multimap<int, std::string> fields;
  while (!bytes.empty()) {
    const std::uint64_t key = take_varint(bytes);
    std::uint64_t length = 0;
    switch (key & 7) {
      case 0: {
        const std::uint64_t value = take_varint(bytes);
        fields.emplace(key >> 3, std::string(reinterpret_cast<const char*>(&value), sizeof value));
        continue;
      }
      case 1:
        length = 8;
        break;
      case 2:
        length = take_varint(bytes);
        break;
      case 5:
        length = 4;
        break;
      default:
        throw std::runtime_error("unknown wire type");
    }
    fields.emplace(key >> 3, std::string(bytes.substr(0, length)));
    bytes.remove_prefix(length);
  }
  return fields;
}

template <class T>
T number(const std::string& bytes) {
  std::string_view view = bytes;
  return take<T>(view);
}

struct Event {
  double wall_time = 0;
  std::int64_t step = 0;
  std::string version;
  bool starts_session = false;
  std::map<std::string, float> scalars;
};

std::vector<Event> read_events(const fs::path& run) {
  std::vector<Event> events;
  for (const auto& entry : fs::directory_iterator(run / "tensorboard")) {
    EXPECT_TRUE(entry.path().filename().string().starts_with("events.out.tfevents."));
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    for (const std::string& record : read_records(text.str())) {
      const auto fields = read_message(record);
      Event event;
      event.wall_time = number<double>(fields.find(1)->second);
      event.step = number<std::int64_t>(fields.find(2)->second);
      if (fields.contains(3)) event.version = fields.find(3)->second;
      if (fields.contains(7))
        event.starts_session =
            number<std::int64_t>(read_message(fields.find(7)->second).find(1)->second) == 1;
      if (fields.contains(5))
        for (const auto& [field, value] : read_message(fields.find(5)->second)) {
          const auto scalar = read_message(value);
          event.scalars[scalar.find(1)->second] = number<float>(scalar.find(2)->second);
        }
      events.push_back(event);
    }
  }
  return events;
}

TEST(TensorBoardWriter, WritesScalarsThatAnIndependentReaderFinds) {
  const TemporaryFolder folder;
  {
    TensorBoardWriter writer(folder.path(), std::nullopt);
    StepRecord step;
    step.step = 300;
    step.epoch = 1;
    step.samples_done = step.samples_in_epoch = 100;
    step.loss = 0.5;
    step.accuracy = 0.75;
    step.learning_rate = 0.125f;
    step.samples_per_second = 1000;
    writer.on_step(step);
    EpochRecord epoch;
    epoch.step = 300;
    epoch.train_loss = 2;
    epoch.test_loss = 3;
    epoch.test_accuracy = 0.25;
    writer.on_epoch(epoch);
  }
  const auto events = read_events(folder.path());
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].version, "brain.Event:2");
  EXPECT_GT(events[0].wall_time, 1.7e9);
  EXPECT_EQ(events[1].step, 300);
  EXPECT_EQ(events[1].scalars,
            (std::map<std::string, float>{{"step/loss", 0.5f},
                                          {"step/accuracy", 0.75f},
                                          {"step/learning_rate", 0.125f},
                                          {"step/samples_per_second", 1000.0f}}));
  EXPECT_EQ(events[2].scalars.at("loss/train"), 2.0f);
  EXPECT_EQ(events[2].scalars.at("loss/test"), 3.0f);
  EXPECT_EQ(events[2].scalars.at("accuracy/test"), 0.25f);
  EXPECT_FALSE(events[2].scalars.contains("accuracy/validation"));
}

TEST(TensorBoardWriter, AResumedRunTakesBackLaterSteps) {
  const TemporaryFolder folder;
  TensorBoardWriter(folder.path(), 40);
  const auto events = read_events(folder.path());
  ASSERT_EQ(events.size(), 2u);
  EXPECT_TRUE(events[1].starts_session);
  EXPECT_EQ(events[1].step, 41);
}

}  // namespace
}  // namespace dtrain::train
