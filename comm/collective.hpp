// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "comm/range.hpp"
#include "kernels/device/device.hpp"
#include "kernels/host_arrays.hpp"

namespace dtrain::comm {

using kernels::ExactSum;

/// The arrays that one rank brings to an exact sum: `count` of them, of one size, each `stride`
/// floats behind the one before. A rank may have none.
struct Addends {
  int count = 1;
  std::size_t stride = 0;
};

/// Sums over all ranks of arrays as big as a network: gradients, and values where each rank updates
/// only its slice. Every call is collective, with equal sizes and in equal order on all ranks; all
/// ranks receive the same bits, and the same ones every time. `data` is memory of allocate(),
/// which ends before the Collective does. Ordered by the stream. Of all Collectives and Communicators
/// of a rank one thread uses one at a time. Throws Error (ExitCode::lost_rank) where a message
/// cannot be delivered.
///
/// `residual`: empty, or the sender keeps here what rounding to bf16 on the way took from `data`,
/// and adds it the next time (error feedback); as many floats as `data`, zero at first. All that is
/// sent is rounded ("node" sends to other nodes only); sums are always taken in fp32.
class Collective {
 public:
  virtual ~Collective() = default;

  /// "node", "mpi", "self": for banners and summaries.
  virtual std::string name() const = 0;
  /// Do calls return before the sum is there, for the stream's work to wait for? Else they block.
  virtual bool only_enqueues() const { return false; }
  /// Zeroed memory on which the calls below work without a copy; ranks may ask for different sizes.
  /// Collective; freed together too.
  virtual std::unique_ptr<kernels::Allocation> allocate(std::size_t bytes) = 0;

  /// In place: the sum over ranks.
  virtual void allreduce(std::span<float> data, std::span<float> residual,
                         kernels::Stream& stream) = 0;

  /// The sum of all addends of all ranks, the same bits whoever has which of them, on however many
  /// ranks and nodes. `data` is where the first of this rank's addends is, and where the sum goes.
  virtual void allreduce_exactly(std::span<float> data, const Addends& addends,
                                 const ExactSum& exact, kernels::Stream& stream) = 0;

  // The plain sum in two halves, between which each rank works on its own slice of the sum.

  /// This rank's slice of an array of `count` floats; the slices of all ranks cover it. A rank may
  /// have none.
  virtual Range owned(std::size_t count) const = 0;
  /// In place: owned() holds the sum over ranks, the rest is unspecified.
  virtual void reduce_scatter(std::span<float> data, std::span<float> residual,
                              kernels::Stream& stream) = 0;
  /// In place: every rank's owned() goes to all ranks.
  virtual void all_gather(std::span<float> data, kernels::Stream& stream) = 0;
};

/// The collective "node" over nodes with so many ranks each, all threads of one process, for tests:
/// one factory per rank, numbered node by node, to be called in the rank's thread.
using CollectiveFactory = std::function<std::unique_ptr<Collective>()>;
std::vector<CollectiveFactory> thread_node_collectives(std::span<const int> ranks_of_node,
                                                       std::string_view across);

}  // namespace dtrain::comm
