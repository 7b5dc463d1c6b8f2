// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace dtrain::comm {

/// Messages among the ranks of a group: all that an allreduce algorithm needs. MPI implements it for
/// jobs, threads of one process for tests. One thread of a rank uses a Transport at a time.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;

  /// Sends `out` to rank `to` and receives `in` from rank `from`, both under way at once, so that
  /// a ring of ranks may call it together. Returns when `in` is filled and `out` may be used again.
  /// An empty span is no message: its peer is not looked at. Sizes must agree with the peer's.
  virtual void exchange(int to, std::span<const std::byte> out, int from,
                        std::span<std::byte> in) = 0;
  /// The library's own sum over the group, in place. All ranks receive the same bits.
  virtual void allreduce(std::span<float> data) = 0;
  virtual void allreduce(std::span<double> data) = 0;
};

/// `ranks` transports of one process, one per thread, for tests.
std::vector<std::unique_ptr<Transport>> make_thread_transports(int ranks);

}  // namespace dtrain::comm
