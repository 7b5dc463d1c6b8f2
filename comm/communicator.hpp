// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// comm: how ranks exchange memory; it never sees a tensor, only spans and a Stream. A Communicator
// is for what ranks agree on, a Collective (comm/collective.hpp) for arrays as big as the network.
//
// Every call is collective: all ranks make the same calls in the same order with the same sizes.
// All ranks receive the same bits. A call that fails throws Error on the ranks that notice. One
// thread of a rank uses a Communicator at a time.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "comm/collective.hpp"
#include "comm/node/node_group.hpp"
#include "comm/waiting.hpp"

namespace dtrain::comm {

/// Whose ranks "node" takes together.
enum class Neighbours { node, numa_domain };

struct CollectiveOptions {
  /// "node", "mpi" or another name of allreduce_algorithms().
  std::string name = "mpi";
  /// What "node" uses from node to node: a name of allreduce_algorithms().
  std::string across = "mpi";
  Waiting waiting = Waiting::spin;
  Neighbours neighbours = Neighbours::node;
};

enum class ReduceOp { sum, max, min };

class Communicator {
 public:
  virtual ~Communicator() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;
  /// Ranks that share this rank's node, and this rank's place among them.
  virtual int local_rank() const = 0;
  virtual int local_size() const = 0;
  virtual int nodes() const = 0;
  /// NUMA domains that have ranks, over all nodes; a node counts as one where some of its ranks are
  /// not bound to a domain.
  virtual int numa_domains() const = 0;
  /// "self", "mpi", "thread": for banners and summaries.
  virtual std::string name() const = 0;

  /// In place over host memory.
  virtual void allreduce(std::span<double> data, ReduceOp op) = 0;
  virtual void allreduce(std::span<std::int64_t> data, ReduceOp op) = 0;
  virtual void broadcast(std::span<std::byte> data, int root) = 0;
  /// Every rank's bytes, in rank order, on every rank. Sizes may differ.
  virtual std::vector<std::vector<std::byte>> all_gather(std::span<const std::byte> data) = 0;
  virtual void barrier() = 0;
  /// Whether every node has room for memory that its ranks share, `bytes` of each. Collective.
  virtual bool has_shared_memory(std::size_t bytes) = 0;
  /// For sums over the same ranks. Ranks of one process have one kind only, whatever the options
  /// say. Collective; throws UsageError on an unknown name.
  virtual std::unique_ptr<Collective> make_collective(const CollectiveOptions& options) = 0;
  /// The ranks of this rank's node, local_size() of them, and memory that they share. Collective.
  virtual std::unique_ptr<NodeGroup> make_node_group() = 0;
  /// Ends the whole job at once with `code`; for errors that the other ranks cannot know of.
  [[noreturn]] virtual void abort(int code) = 0;

  bool is_root() const { return rank() == 0; }
};

/// One rank alone.
std::unique_ptr<Communicator> make_self_communicator();

/// `ranks` communicators of one process, one per thread, for tests.
std::vector<std::unique_ptr<Communicator>> make_thread_communicators(int ranks);

/// MPI_Init on construction, MPI_Finalize on destruction; at most one per process. `communicator()`
/// spans MPI_COMM_WORLD.
class MpiSession {
 public:
  MpiSession();
  ~MpiSession();
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;

  Communicator& communicator() { return *communicator_; }
  double init_seconds() const { return init_seconds_; }
  /// For a rank that met an error on its own and is to end the job: does a lower rank meet one as well,
  /// now or within `patience`? All ranks that ask learn of each other, so that the lowest alone tells
  /// its error. Not collective.
  bool lower_rank_fails(std::chrono::milliseconds patience);
  /// "Open MPI 4.1.4"
  static std::string library_version();

 private:
  double init_seconds_ = 0;
  std::unique_ptr<Communicator> communicator_;
};

/// True when a launcher (mpirun, srun) started this process, so that MPI_Init will find other
/// ranks.
bool started_by_launcher();

}  // namespace dtrain::comm
