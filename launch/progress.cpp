// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "launch/closing_summary.hpp"
#include "launch/console.hpp"

namespace dtrain::launch {
namespace {

using std::chrono::duration;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto bar_interval = milliseconds(100);
constexpr auto line_interval = seconds(10);

std::string bar_text(double share, int width, bool utf8) {
  const auto full = static_cast<int>(std::lround(share * width));
  std::string text;
  for (int i = 0; i < width; ++i) text += utf8 ? (i < full ? "━" : "┄") : (i < full ? "=" : ".");
  return text;
}

}  // namespace

Progress::Progress(Style style, const RunLength& length)
    : style_(style), length_(length), utf8_(locale_is_utf8()) {}

Progress::~Progress() {
  erase_bar();
}

double Progress::share_done(const train::StepRecord& record) const {
  const double done = length_.steps >= 0
                          ? static_cast<double>(record.step) / std::max(1.0, double(length_.steps))
                          : (static_cast<double>(record.epoch - 1) +
                             double(record.samples_done) / double(record.samples_in_epoch)) /
                                static_cast<double>(length_.epochs);
  return std::clamp(done, 0.0, 1.0);
}

std::optional<double> Progress::seconds_left(double share) const {
  if (!started_ || share <= share_at_start_) return std::nullopt;
  const double elapsed = duration<double>(Clock::now() - *started_).count();
  return elapsed * (1 - share) / (share - share_at_start_);
}

void Progress::on_step(const train::StepRecord& record) {
  const auto now = Clock::now();
  const double share = share_done(record);
  if (!started_) {
    started_ = drawn_ = now;
    share_at_start_ = share;
  }
  if (style_ == Style::bar) {
    if (now - drawn_ >= bar_interval || !bar_drawn_) draw_bar(record);
  } else if (now - drawn_ >= line_interval) {
    const auto left = seconds_left(share);
    show(stdout,
         fmt::format("epoch {} step {}  loss {:.4f}  {} samples/s  {:.0f} % done{}\n", record.epoch,
                     record.step, record.loss, short_number(record.samples_per_second), 100 * share,
                     left ? ", " + duration_text(*left) + " left" : ""));
    drawn_ = now;
  }
}

void Progress::draw_bar(const train::StepRecord& record) {
  const double in_epoch = double(record.samples_done) / double(record.samples_in_epoch);
  const std::string head = fmt::format("epoch {} ", record.epoch);
  std::string tail = fmt::format(" {:3.0f} %  step {}  loss {:.4f}  {} samples/s", 100 * in_epoch,
                                 record.step, record.loss, short_number(record.samples_per_second));
  if (const auto left = seconds_left(share_done(record))) tail += "  ETA " + duration_text(*left);

  // The last column stays free: some terminals wrap there.
  const int room = terminal_width() - 1 - static_cast<int>(head.size() + tail.size());
  const int width = std::min(room, 30);
  std::string line = width >= 5 ? head + bar_text(in_epoch, width, utf8_) + tail
                                : (head + tail).substr(0, std::max(0, terminal_width() - 1));
  show(stdout, fmt::format("\r{}\x1b[K", line));
  bar_drawn_ = true;
  drawn_ = Clock::now();
}

void Progress::erase_bar() {
  if (!bar_drawn_) return;
  show(stdout, "\r\x1b[K");
  bar_drawn_ = false;
}

void Progress::on_epoch(const train::EpochRecord& record) {
  erase_bar();
  const std::string total = length_.steps >= 0 ? "" : fmt::format("/{}", length_.epochs);
  const auto width = std::max<std::size_t>(7, 2 * total.size());
  std::string text;
  if (!header_printed_) {
    text =
        fmt::format("{:>{}}  train loss  accuracy  {}test loss  accuracy  samples/s       time\n",
                    "epoch", width, length_.validates ? "validation  " : "");
    header_printed_ = true;
  }
  const std::string validation =
      length_.validates ? fmt::format("{:>10}  ", percent_text(record.validation_accuracy)) : "";
  text += fmt::format("{:>{}}  {:>10.4f}  {:>8}  {}{:>9.4f}  {:>8}  {:>9}  {:>9}\n",
                      fmt::format("{}{}", record.epoch, total), width, record.train_loss,
                      percent_text(record.train_accuracy), validation, record.test_loss,
                      percent_text(record.test_accuracy), short_number(record.samples_per_second),
                      duration_text(record.train_seconds + record.eval_seconds));
  if (record.straggler && record.straggler->is_notable())
    text += fmt::format("{:>{}}  {}\n", "", width, straggler_text(*record.straggler));
  show(stdout, text);
}

}  // namespace dtrain::launch
