// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/tensorboard_writer.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <chrono>
#include <vector>

#include "base/host_name.hpp"

// The event file: a sequence of TFRecords
//
//   uint64 length | uint32 masked_crc32c(length) | data | uint32 masked_crc32c(data) little-endian
//
// each of which holds one Event in protocol buffer encoding (tensorflow/core/util/event.proto):
//
//   Event      { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary =
//   5;
//                SessionLog session_log = 7; }
//   Summary    { repeated Value value = 1; }   Value { string tag = 1; float simple_value = 2; }
//   SessionLog { SessionStatus status = 1; }   START = 1

namespace dtrain::train {
namespace {

// Wire types of protocol buffers.
enum class Wire { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

template <class T>
void put_little_endian(std::string& out, T value) {
  for (std::size_t byte = 0; byte < sizeof value; ++byte)
    out.push_back(static_cast<char>(value >> (8 * byte)));
}

void put_key(std::string& out, int field, Wire wire) {
  put_varint(out, static_cast<std::uint64_t>(field << 3 | static_cast<int>(wire)));
}

void put_bytes(std::string& out, int field, std::string_view bytes) {
  put_key(out, field, Wire::bytes);
  put_varint(out, bytes.size());
  out += bytes;
}

/// An Event with one more field, already encoded.
std::string event(std::int64_t step, std::string_view content) {
  const double wall_time =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  std::string out;
  put_key(out, 1, Wire::fixed64);
  put_little_endian(out, std::bit_cast<std::uint64_t>(wall_time));
  put_key(out, 2, Wire::varint);
  put_varint(out, static_cast<std::uint64_t>(step));
  out += content;
  return out;
}

std::filesystem::path new_event_file(const std::filesystem::path& run) {
  const std::filesystem::path folder = run / "tensorboard";
  std::error_code seen_when_the_file_is_opened;
  std::filesystem::create_directories(folder, seen_when_the_file_is_opened);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(
                           std::chrono::system_clock::now().time_since_epoch())
                           .count();
  return folder / fmt::format("events.out.tfevents.{:010}.{}.{}", seconds, host_name(), getpid());
}

constexpr std::array<std::uint32_t, 256> crc_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    table[i] = i;
    for (int bit = 0; bit < 8; ++bit)
      table[i] = (table[i] >> 1) ^ ((table[i] & 1) != 0 ? 0x82F63B78u : 0);
  }
  return table;
}();

std::uint32_t masked_crc(std::string_view bytes) {
  return std::rotr(crc32c(bytes), 15) + 0xA282EAD8u;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = ~0u;
  for (const char byte : bytes)
    crc = (crc >> 8) ^ crc_table[(crc ^ static_cast<std::uint8_t>(byte)) & 0xFF];
  return ~crc;
}

std::string tf_record(std::string_view data) {
  std::string record;
  put_little_endian(record, std::uint64_t{data.size()});
  put_little_endian(record, masked_crc(record));
  record += data;
  put_little_endian(record, masked_crc(data));
  return record;
}

TensorBoardWriter::TensorBoardWriter(const std::filesystem::path& folder,
                                     std::optional<std::int64_t> resumed_step)
    : file_(new_event_file(folder)) {
  std::string version;
  put_bytes(version, 3, "brain.Event:2");
  file_.append(tf_record(event(0, version)));
  if (resumed_step) {
    std::string status, session_log;
    put_key(status, 1, Wire::varint);
    put_varint(status, 1);  // START: drop what is known of this step and later ones
    put_bytes(session_log, 7, status);
    file_.append(tf_record(event(*resumed_step + 1, session_log)));
  }
  file_.flush();
}

void TensorBoardWriter::write_scalars(std::int64_t step, std::span<const Scalar> scalars) {
  std::string summary;
  for (const Scalar& scalar : scalars) {
    std::string value;
    put_bytes(value, 1, scalar.tag);
    put_key(value, 2, Wire::fixed32);
    put_little_endian(value, std::bit_cast<std::uint32_t>(static_cast<float>(scalar.value)));
    put_bytes(summary, 1, value);
  }
  std::string content;
  put_bytes(content, 5, summary);
  file_.append(tf_record(event(step, content)));
}

void TensorBoardWriter::on_step(const StepRecord& record) {
  if (!schedule_.is_due(record)) return;
  std::vector<Scalar> scalars{{"step/loss", record.loss},
                              {"step/learning_rate", record.learning_rate},
                              {"step/samples_per_second", record.samples_per_second}};
  if (record.accuracy) scalars.push_back({"step/accuracy", *record.accuracy});
  write_scalars(record.step, scalars);
}

void TensorBoardWriter::on_epoch(const EpochRecord& record) {
  std::vector<Scalar> scalars;
  const auto add = [&](std::string_view tag, const std::optional<double>& value) {
    if (value) scalars.push_back({tag, *value});
  };
  add("loss/train", record.train_loss);
  add("loss/validation", record.validation_loss);
  add("loss/test", record.test_loss);
  add("accuracy/train", record.train_accuracy);
  add("accuracy/validation", record.validation_accuracy);
  add("accuracy/test", record.test_accuracy);
  add("epoch/samples_per_second", record.samples_per_second);
  add("energy/train_joules", record.energy.train_joules);
  add("energy/eval_joules", record.energy.eval_joules);
  add("energy/average_watts", record.energy.average_watts);
  add("energy/joules_per_sample", record.energy.joules_per_sample);
  write_scalars(record.step, scalars);
  file_.flush();
}

void TensorBoardWriter::on_checkpoint(const std::string&, std::int64_t) {
  file_.flush();
}

}  // namespace dtrain::train
