// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <mutex>
#include <utility>

#include "base/assert.hpp"
#include "base/error.hpp"
#include "comm/communicator.hpp"
#include "comm/exact_addends.hpp"

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

  /// Calls work(posts of all ranks) between two barriers.
  template <class Work>
  void exchange(int rank, void* data, std::size_t count, const Work& work) {
    posts_[static_cast<std::size_t>(rank)] = {data, count};
    barrier();
    work(std::as_const(posts_));
    barrier();
  }

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

/// Combines all ranks' data, each rank a slice of it.
template <class T, class Combine>
void reduce(Meeting& meeting, int rank, std::span<T> data, const Combine& combine) {
  meeting.exchange(rank, data.data(), data.size(), [&](const std::vector<Post>& posts) {
    for (const Post& post : posts) DTRAIN_ASSERT(post.count == data.size());
    const Range mine = slice_of(data.size(), static_cast<int>(posts.size()), rank);
    for (std::size_t i = mine.begin; i < mine.end; ++i) {
      T result = static_cast<const T*>(posts[0].data)[i];
      for (std::size_t other = 1; other < posts.size(); ++other)
        result = combine(result, static_cast<const T*>(posts[other].data)[i]);
      for (const Post& post : posts) static_cast<T*>(post.data)[i] = result;
    }
  });
}

/// Nothing leaves the process, so nothing is rounded to bf16.
class ThreadCollective : public Collective {
 public:
  ThreadCollective(std::shared_ptr<Meeting> meeting, int rank, int size)
      : meeting_(std::move(meeting)), rank_(rank), size_(size) {}

  std::string name() const override { return "thread"; }
  std::unique_ptr<kernels::Allocation> allocate(std::size_t bytes) override {
    return kernels::make_host_device()->allocate(bytes);
  }
  void allreduce(std::span<float> data, std::span<float>, kernels::Stream& stream) override {
    stream.synchronize();
    reduce(*meeting_, rank_, data, std::plus<>());
  }
  void allreduce_exactly(std::span<float> data, const Addends& addends, const ExactSum& exact,
                         kernels::Stream& stream) override {
    stream.synchronize();
    std::vector<double> sums(data.size());
    std::vector<const float*> sources;
    append_addends(sources, data.data(), addends);
    kernels::sum_exactly(exact, std::ssize(data), sources, sums.data());
    reduce(*meeting_, rank_, std::span(sums), std::plus<>());
    float* const sum[] = {data.data()};
    kernels::round_exact_sums(exact, std::ssize(data), sums.data(), sum);
  }
  Range owned(std::size_t count) const override { return slice_of(count, size_, rank_); }
  void reduce_scatter(std::span<float> data, std::span<float> residual,
                      kernels::Stream& stream) override {
    allreduce(data, residual, stream);
  }
  void all_gather(std::span<float> data, kernels::Stream& stream) override {
    stream.synchronize();
    meeting_->exchange(rank_, data.data(), data.size(), [&](const std::vector<Post>& posts) {
      const Range mine = owned(data.size());
      for (const Post& post : posts)
        if (post.data != data.data())
          std::copy(data.begin() + static_cast<std::ptrdiff_t>(mine.begin),
                    data.begin() + static_cast<std::ptrdiff_t>(mine.end),
                    static_cast<float*>(post.data) + mine.begin);
    });
  }

 private:
  std::shared_ptr<Meeting> meeting_;
  int rank_, size_;
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
  int numa_domains() const override { return 1; }
  std::string name() const override { return "thread"; }

  void allreduce(std::span<double> data, ReduceOp op) override { reduce_by(data, op); }
  void allreduce(std::span<std::int64_t> data, ReduceOp op) override { reduce_by(data, op); }

  void broadcast(std::span<std::byte> data, int root) override {
    meeting_->exchange(rank_, data.data(), data.size(), [&](const std::vector<Post>& posts) {
      const Post& source = posts[static_cast<std::size_t>(root)];
      DTRAIN_ASSERT(source.count == data.size());
      if (rank_ != root && !data.empty()) std::memcpy(data.data(), source.data, data.size());
    });
  }

  std::vector<std::vector<std::byte>> all_gather(std::span<const std::byte> data) override {
    std::vector<std::vector<std::byte>> gathered;
    meeting_->exchange(rank_, const_cast<std::byte*>(data.data()), data.size(),
                       [&](const std::vector<Post>& posts) {
                         for (const Post& post : posts) {
                           const auto* bytes = static_cast<const std::byte*>(post.data);
                           gathered.emplace_back(bytes, bytes + post.count);
                         }
                       });
    return gathered;
  }

  void barrier() override { meeting_->barrier(); }
  bool has_shared_memory(std::size_t) override { return true; }

  std::unique_ptr<Collective> make_collective(const CollectiveOptions&) override {
    return std::make_unique<ThreadCollective>(meeting_, rank_, size_);
  }

  std::unique_ptr<NodeGroup> make_node_group() override {
    std::vector<std::unique_ptr<NodeGroup>> groups;
    if (rank_ == 0) groups = make_thread_node_groups(size_);
    std::unique_ptr<NodeGroup> mine;
    meeting_->exchange(rank_, groups.data(), groups.size(), [&](const std::vector<Post>& posts) {
      mine = std::move(static_cast<std::unique_ptr<NodeGroup>*>(posts[0].data)[rank_]);
    });
    return mine;
  }

  /// Ends this rank and, at their next collective, the others, with an exception.
  void abort(int code) override { meeting_->abort(code); }

 private:
  template <class T>
  void reduce_by(std::span<T> data, ReduceOp op) {
    reduce(*meeting_, rank_, data, [op](T a, T b) {
      switch (op) {
        case ReduceOp::sum:
          return a + b;
        case ReduceOp::max:
          return std::max(a, b);
        case ReduceOp::min:
          return std::min(a, b);
      }
      return a;
    });
  }

  std::shared_ptr<Meeting> meeting_;
  int rank_, size_;
};

}  // namespace

std::vector<std::unique_ptr<Communicator>> make_thread_communicators(int ranks) {
  const auto meeting = std::make_shared<Meeting>(ranks);
  std::vector<std::unique_ptr<Communicator>> communicators;
  communicators.reserve(static_cast<std::size_t>(ranks));
  for (int rank = 0; rank < ranks; ++rank)
    communicators.push_back(std::make_unique<ThreadCommunicator>(meeting, rank, ranks));
  return communicators;
}

}  // namespace dtrain::comm
