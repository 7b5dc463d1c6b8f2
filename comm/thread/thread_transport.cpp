// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "base/assert.hpp"
#include "base/error.hpp"
#include "comm/transport.hpp"

// Ranks are threads of one process. A sender shows where its message lies and waits until the
// receiver has copied it: a rendezvous, as MPI makes it with long messages, so that an algorithm
// that relies on buffers of the library hangs here too.

namespace dtrain::comm {
namespace {

/// What the ranks share: for each pair of them at most one message that waits to be copied.
class Crossing {
 public:
  explicit Crossing(int ranks)
      : ranks_(static_cast<std::size_t>(ranks)), messages_(ranks_ * ranks_), gone_(ranks_) {}

  void exchange(int rank, int to, std::span<const std::byte> out, int from,
                std::span<std::byte> in) {
    std::unique_lock lock(mutex_);
    if (!out.empty()) message(rank, to) = out;
    changed_.notify_all();
    try {
      if (!in.empty()) {
        auto& incoming = message(from, rank);
        wait(lock, from, [&] { return !incoming.empty(); });
        DTRAIN_ASSERT(incoming.size() == in.size());
        std::ranges::copy(incoming, in.begin());
        incoming = {};
        changed_.notify_all();
      }
      if (!out.empty()) wait(lock, to, [&] { return message(rank, to).empty(); });
    } catch (...) {
      if (!out.empty()) message(rank, to) = {};
      throw;
    }
  }

  void leave(int rank) {
    const std::lock_guard lock(mutex_);
    gone_[static_cast<std::size_t>(rank)] = true;
    changed_.notify_all();
  }

 private:
  std::span<const std::byte>& message(int from, int to) {
    return messages_[static_cast<std::size_t>(from) * ranks_ + static_cast<std::size_t>(to)];
  }

  template <class Condition>
  void wait(std::unique_lock<std::mutex>& lock, int peer, const Condition& condition) {
    changed_.wait(lock, [&] { return condition() || gone_[static_cast<std::size_t>(peer)]; });
    if (!condition())
      throw Error(fmt::format("Rank {} has left in the middle of an exchange.", peer),
                  ExitCode::lost_rank);
  }

  std::size_t ranks_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::span<const std::byte>> messages_;
  std::vector<bool> gone_;
};

class ThreadTransport : public Transport {
 public:
  ThreadTransport(std::shared_ptr<Crossing> crossing, int rank, int size)
      : crossing_(std::move(crossing)), rank_(rank), size_(size) {}
  ~ThreadTransport() override { crossing_->leave(rank_); }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  void exchange(int to, std::span<const std::byte> out, int from,
                std::span<std::byte> in) override {
    crossing_->exchange(rank_, to, out, from, in);
  }

  void allreduce(std::span<float> data) override { sum(data); }
  void allreduce(std::span<double> data) override { sum(data); }

 private:
  /// The plain sum, in the order of ranks.
  template <class Number>
  void sum(std::span<Number> data) {
    if (rank_ != 0) {
      exchange(0, std::as_bytes(data), 0, {});
      exchange(0, {}, 0, std::as_writable_bytes(data));
      return;
    }
    std::vector<Number> received(data.size());
    for (int other = 1; other < size_; ++other) {
      exchange(other, {}, other, std::as_writable_bytes(std::span(received)));
      for (std::size_t i = 0; i < data.size(); ++i) data[i] += received[i];
    }
    for (int other = 1; other < size_; ++other) exchange(other, std::as_bytes(data), other, {});
  }

  std::shared_ptr<Crossing> crossing_;
  int rank_, size_;
};

}  // namespace

std::vector<std::unique_ptr<Transport>> make_thread_transports(int ranks) {
  const auto crossing = std::make_shared<Crossing>(ranks);
  std::vector<std::unique_ptr<Transport>> transports;
  transports.reserve(static_cast<std::size_t>(ranks));
  for (int rank = 0; rank < ranks; ++rank)
    transports.push_back(std::make_unique<ThreadTransport>(crossing, rank, ranks));
  return transports;
}

}  // namespace dtrain::comm
