// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/trace.hpp"

#include <fmt/format.h>

#include <iterator>

namespace dtrain::measure {
namespace {

double microseconds(DetailSink::Clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

/// Names come from model files and may hold anything.
std::string json_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      quoted += fmt::format("\\{}", c);
    else if (static_cast<unsigned char>(c) < 0x20)
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      quoted += c;
  }
  return quoted + "\"";
}

}  // namespace

// All memory at once: growing would stop the thread that reports, in the middle of a step.
Trace::Trace(std::size_t most_events) : most_events_(most_events) {
  events_.reserve(most_events);
}

void Trace::detail(std::string_view category, std::string_view name, Clock::time_point begin,
                   Clock::time_point end) noexcept {
  const std::lock_guard lock(mutex_);
  keep({category, name, begin, end - begin, 0, thread_number()});
}

void Trace::counter(std::string_view name, double value) noexcept {
  const std::lock_guard lock(mutex_);
  keep({{}, name, Clock::now(), {}, value, 0});
}

void Trace::keep(const Event& event) noexcept {
  if (events_.size() == most_events_)
    ++dropped_;
  else
    events_.push_back(event);
}

int Trace::thread_number() {
  return threads_.emplace(std::this_thread::get_id(), static_cast<int>(threads_.size()))
      .first->second;
}

std::string Trace::events(int rank, const std::string& host, Clock::time_point origin,
                          Clock::duration ahead) const {
  const std::lock_guard lock(mutex_);
  std::string text =
      fmt::format(R"({{"name":"process_name","ph":"M","pid":{},"args":{{"name":{}}}}})", rank,
                  json_string(fmt::format("rank {} on {}", rank, host)));
  const auto out = std::back_inserter(text);
  for (const Event& event : events_) {
    const double begin = microseconds(event.begin - ahead - origin);
    fmt::format_to(out, ",\n{{\"name\":{},\"ts\":{:.3f},\"pid\":{}", json_string(event.name), begin,
                   rank);
    if (event.category.empty())
      fmt::format_to(out, R"(,"ph":"C","args":{{"value":{:.6g}}}}})", event.value);
    else
      fmt::format_to(out, R"(,"ph":"X","cat":"{}","dur":{:.3f},"tid":{}}})", event.category,
                     microseconds(event.duration), event.thread);
  }
  return text;
}

}  // namespace dtrain::measure
