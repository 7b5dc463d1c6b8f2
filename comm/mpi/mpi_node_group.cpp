// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/mpi/mpi_node_group.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <limits>

#include "base/error.hpp"
#include "comm/mpi/mpi_communicator.hpp"

namespace dtrain::comm {
namespace {

constexpr std::size_t page_bytes = 4096;

/// Windows begin anywhere in a page. Every process sees the same offset in it.
std::byte* next_page(void* window) {
  const auto address = reinterpret_cast<std::uintptr_t>(window);
  return static_cast<std::byte*>(window) + (page_bytes - address % page_bytes) % page_bytes;
}

class WindowBlocks : public SharedBlocks {
 public:
  WindowBlocks(MPI_Comm comm, std::size_t bytes) {
    // Blocks of their own pages, so that each lies in the memory of the rank that writes it first.
    MPI_Info info = MPI_INFO_NULL;
    MPI_Info_create(&info);
    MPI_Info_set(info, "alloc_shared_noncontig", "true");
    void* mine = nullptr;
    const int code = MPI_Win_allocate_shared(static_cast<MPI_Aint>(bytes + page_bytes), 1, info,
                                             comm, &mine, &window_);
    MPI_Info_free(&info);
    if (code != MPI_SUCCESS)
      throw Error(
          fmt::format("the ranks of a node cannot share {:.1f} MB each: MPI_Win_allocate_shared "
                      "failed. Use --comm mpi",
                      static_cast<double>(bytes) * 1e-6));
    std::memset(next_page(mine), 0, bytes);
    check_mpi(MPI_Barrier(comm), "MPI_Barrier");
    int ranks = 0;
    MPI_Comm_size(comm, &ranks);
    for (int rank = 0; rank < ranks; ++rank) {
      MPI_Aint size = 0;
      int unit = 0;
      void* block = nullptr;
      check_mpi(MPI_Win_shared_query(window_, rank, &size, &unit, &block), "MPI_Win_shared_query");
      blocks_.push_back(next_page(block));
    }
  }
  ~WindowBlocks() override {
    // Collective: where an exception ends this rank alone, the others would never come.
    if (std::uncaught_exceptions() == 0) MPI_Win_free(&window_);
  }
  WindowBlocks(const WindowBlocks&) = delete;
  WindowBlocks& operator=(const WindowBlocks&) = delete;

  std::byte* block(int rank) const override { return blocks_[static_cast<std::size_t>(rank)]; }

 private:
  MPI_Win window_ = MPI_WIN_NULL;
  std::vector<std::byte*> blocks_;
};

class MpiNodeGroup : public NodeGroup {
 public:
  MpiNodeGroup(MPI_Comm parent, MPI_Comm node) {
    check_mpi(MPI_Comm_dup(parent, &comm_), "MPI_Comm_dup");
    check_mpi(MPI_Comm_dup(node, &node_), "MPI_Comm_dup");
    MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN);
    MPI_Comm_rank(comm_, &rank_);
    MPI_Comm_size(comm_, &size_);
  }
  ~MpiNodeGroup() override {
    MPI_Comm_free(&node_);
    MPI_Comm_free(&comm_);
  }
  MpiNodeGroup(const MpiNodeGroup&) = delete;
  MpiNodeGroup& operator=(const MpiNodeGroup&) = delete;

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  std::unique_ptr<SharedBlocks> allocate(std::size_t bytes) override {
    // Asked before: MPI would fail on some ranks only, or a page that is not there kill the job.
    std::uint64_t wanted = bytes, free = free_shared_memory();
    check_mpi(MPI_Allreduce(MPI_IN_PLACE, &wanted, 1, MPI_UINT64_T, MPI_SUM, node_),
              "MPI_Allreduce");
    check_mpi(MPI_Bcast(&free, 1, MPI_UINT64_T, 0, node_), "MPI_Bcast");
    if (wanted > free)
      throw Error(
          fmt::format("the ranks of a node share {:.1f} MB of memory, but /dev/shm has room "
                      "for {:.1f} MB: make it larger (containers: --shm-size), or use --comm "
                      "mpi",
                      static_cast<double>(wanted) * 1e-6, static_cast<double>(free) * 1e-6));
    return std::make_unique<WindowBlocks>(comm_, bytes);
  }

 private:
  MPI_Comm comm_ = MPI_COMM_NULL, node_ = MPI_COMM_NULL;
  int rank_ = 0, size_ = 1;
};

}  // namespace

std::uint64_t free_shared_memory() {
  struct statvfs room {};
  if (statvfs("/dev/shm", &room) != 0) return std::numeric_limits<std::uint64_t>::max();
  return std::uint64_t{room.f_bavail} * room.f_frsize;
}

std::unique_ptr<NodeGroup> make_mpi_node_group(MPI_Comm comm, MPI_Comm node) {
  return std::make_unique<MpiNodeGroup>(comm, node);
}

}  // namespace dtrain::comm
