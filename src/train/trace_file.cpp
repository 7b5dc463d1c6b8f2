// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/trace_file.hpp"

#include <cstring>

#include "train/json.hpp"
#include "train/output_file.hpp"

namespace dtrain::train {
namespace {

using Clock = std::chrono::steady_clock;

double microseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

/// What the file says of one rank besides its events.
struct RankFacts {
  double ahead_us = 0, error_us = 0;
  std::int64_t dropped = 0;
};

Json clocks(comm::Communicator& communicator, const RankFacts& mine) {
  Json ranks = Json::array();
  for (const auto& bytes : communicator.all_gather(std::as_bytes(std::span(&mine, 1)))) {
    RankFacts facts;
    std::memcpy(&facts, bytes.data(), sizeof facts);
    ranks.push_back({{"rank", ranks.size()},
                     {"clock_ahead_us", facts.ahead_us},
                     {"clock_error_us", facts.error_us},
                     {"dropped_events", facts.dropped}});
  }
  return ranks;
}

}  // namespace

void write_trace(comm::Communicator& communicator, const measure::Trace& mine,
                 const measure::ClockOffset& offset, const std::string& host,
                 const std::filesystem::path& file) {
  const Json ranks = clocks(
      communicator, {microseconds(offset.ahead), microseconds(offset.error), mine.dropped()});
  std::int64_t origin = mine.begin().time_since_epoch().count();
  communicator.broadcast(std::as_writable_bytes(std::span(&origin, 1)), 0);
  const std::string events = mine.events(communicator.rank(), host,
                                         Clock::time_point(Clock::duration(origin)), offset.ahead);

  const bool is_root = communicator.is_root();
  std::string text;
  if (is_root)
    text =
        "{\"displayTimeUnit\":\"ms\",\"otherData\":" + to_text({{"schema", 1}, {"ranks", ranks}}) +
        ",\"traceEvents\":[\n";
  // One rank's after the other: together they may be more than one rank should hold twice.
  for (int rank = 0; rank < communicator.size(); ++rank) {
    auto bytes = static_cast<std::int64_t>(events.size());
    communicator.broadcast(std::as_writable_bytes(std::span(&bytes, 1)), rank);
    std::string part =
        rank == communicator.rank() ? events : std::string(static_cast<std::size_t>(bytes), ' ');
    communicator.broadcast(std::as_writable_bytes(std::span(part)), rank);
    if (is_root) text += (rank > 0 ? ",\n" : "") + part;
  }
  if (is_root) write_file(file, text + "\n]}\n");
}

}  // namespace dtrain::train
