// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "datasets/dataset.hpp"
#include "datasets/sampler.hpp"

namespace dtrain::datasets {

/// Samples of a streamed dataset in a given order, read block by block by one thread that keeps one
/// block ahead: at most two blocks are in memory.
class ReadAhead {
 public:
  /// Reads the samples `ids`; `blocks` are consecutive ranges of it, read one at a time. Starts at
  /// once. `dataset` outlives the object.
  ReadAhead(Dataset& dataset, std::vector<std::int64_t> ids, std::vector<Range> blocks);
  /// Waits for the read in progress, no longer.
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// Copies the next `count` samples. Throws what reading them threw.
  void take(std::int64_t count, std::byte* destination);

 private:
  void run();
  void fetch_block();

  Dataset& dataset_;
  const std::vector<std::int64_t> ids_;
  const std::vector<Range> blocks_;

  std::vector<std::byte> current_;  ///< the consumer's block
  std::size_t taken_ = 0;           ///< bytes of it that are used up

  std::mutex mutex_;  ///< guards what follows
  std::condition_variable changed_;
  std::optional<std::vector<std::byte>> ready_;  ///< the next block
  std::exception_ptr failure_;
  bool stopping_ = false;

  std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace dtrain::datasets
