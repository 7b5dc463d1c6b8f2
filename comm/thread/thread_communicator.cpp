// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>

#include "base/assert.hpp"
#include "base/error.hpp"
#include "comm/communicator.hpp"

// Ranks are threads of one process. A collective has three beats: every rank posts where its data
// is; after a barrier each rank works on its own slice of everybody's data, so that no two ranks
// touch the same element; after a second barrier the data is the caller's again. Sums add ranks in
// order: the result does not depend on timing.

namespace dtrain::comm {
namespace {

/// What a rank brings to a collective.
struct Post {
  void* data = nullptr;
  std::size_t count = 0;
};

/// What the ranks share.
class Meeting {
 public:
  explicit Meeting(int ranks) : posts_(static_cast<std::size_t>(ranks)) {}

  void post(int rank, void* data, std::size_t count) {
    posts_[static_cast<std::size_t>(rank)] = {data, count};  // read by others after a barrier
  }
  const std::vector<Post>& posts() const { return posts_; }

  void barrier() {
    std::unique_lock lock(mutex_);
    if (aborted_) fail();
    const std::uint64_t round = round_;
    if (++arrived_ == posts_.size()) {
      arrived_ = 0;
      ++round_;
      everybody_.notify_all();
      return;
    }
    everybody_.wait(lock, [&] { return round_ != round || aborted_; });
    if (round_ == round) fail();
  }

  [[noreturn]] void abort(int code) {
    const std::lock_guard lock(mutex_);
    if (!aborted_) code_ = code;
    aborted_ = true;
    everybody_.notify_all();
    fail();
  }

 private:
  /// Call with the lock held.
  [[noreturn]] void fail() const {
    throw Error(fmt::format("A rank ended the job with code {}.", code_), ExitCode::lost_rank);
  }

  std::vector<Post> posts_;
  std::mutex mutex_;
  std::condition_variable everybody_;
  std::size_t arrived_ = 0;
  std::uint64_t round_ = 0;
  bool aborted_ = false;
  int code_ = 0;
};

class ThreadCommunicator : public Communicator {
 public:
  ThreadCommunicator(std::shared_ptr<Meeting> meeting, int rank, int size)
      : meeting_(std::move(meeting)), rank_(rank), size_(size) {}

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  int local_rank() const override { return rank_; }
  int local_size() const override { return size_; }
  int nodes() const override { return 1; }
  std::string name() const override { return "thread"; }

  void allreduce(std::span<float> data, ReduceOp op, kernels::Stream& stream) override {
    stream.synchronize();
    reduce(data, op);
  }
  void allreduce(std::span<double> data, ReduceOp op) override { reduce(data, op); }
  void allreduce(std::span<std::int64_t> data, ReduceOp op) override { reduce(data, op); }

  void broadcast(std::span<std::byte> data, int root) override {
    exchange(data.data(), data.size(), [&] {
      const Post& source = post_of(root);
      DTRAIN_ASSERT(source.count == data.size());
      if (rank_ != root && !data.empty()) std::memcpy(data.data(), source.data, data.size());
    });
  }

  std::vector<std::vector<std::byte>> all_gather(std::span<const std::byte> data) override {
    std::vector<std::vector<std::byte>> gathered;
    exchange(const_cast<std::byte*>(data.data()), data.size(), [&] {
      for (const Post& post : meeting_->posts()) {
        const auto* bytes = static_cast<const std::byte*>(post.data);
        gathered.emplace_back(bytes, bytes + post.count);
      }
    });
    return gathered;
  }

  void barrier() override { meeting_->barrier(); }

  /// Ends this rank and, at their next collective, the others, with an exception.
  void abort(int code) override { meeting_->abort(code); }

 private:
  const Post& post_of(int rank) const { return meeting_->posts()[static_cast<std::size_t>(rank)]; }

  template <class Work>
  void exchange(void* data, std::size_t count, const Work& work) {
    meeting_->post(rank_, data, count);
    meeting_->barrier();
    work();
    meeting_->barrier();
  }

  template <class T>
  void reduce(std::span<T> data, ReduceOp op) {
    exchange(data.data(), data.size(), [&] {
      for (const Post& post : meeting_->posts()) DTRAIN_ASSERT(post.count == data.size());
      const auto rank = static_cast<std::size_t>(rank_), size = static_cast<std::size_t>(size_);
      for (std::size_t i = data.size() * rank / size; i < data.size() * (rank + 1) / size; ++i) {
        T result = static_cast<const T*>(post_of(0).data)[i];
        for (int other = 1; other < size_; ++other)
          result = combine(result, static_cast<const T*>(post_of(other).data)[i], op);
        for (const Post& post : meeting_->posts()) static_cast<T*>(post.data)[i] = result;
      }
    });
  }

  template <class T>
  static T combine(T a, T b, ReduceOp op) {
    switch (op) {
      case ReduceOp::sum:
        return a + b;
      case ReduceOp::max:
        return std::max(a, b);
      case ReduceOp::min:
        return std::min(a, b);
    }
    return a;
  }

  std::shared_ptr<Meeting> meeting_;
  int rank_, size_;
};

}  // namespace

std::vector<std::unique_ptr<Communicator>> make_thread_communicators(int ranks) {
  const auto meeting = std::make_shared<Meeting>(ranks);
  std::vector<std::unique_ptr<Communicator>> communicators;
  for (int rank = 0; rank < ranks; ++rank)
    communicators.push_back(std::make_unique<ThreadCommunicator>(meeting, rank, ranks));
  return communicators;
}

}  // namespace dtrain::comm
