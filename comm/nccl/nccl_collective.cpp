// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
// Sums over GPUs by NCCL: the module's entry dtrain_nccl_collective. Calls only
// enqueue: they return at once, and the stream's work goes on when the sum is there.

#include <nccl.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "base/assert.hpp"
#include "base/error.hpp"
#include "comm/communicator.hpp"
#include "kernels/cuda/exact_sums.hpp"
#include "kernels/cuda/stream.hpp"

namespace dtrain::comm {
namespace {

using kernels::cuda::check;

/// One NCCL communicator. Non-blocking: a call that waits for another rank is polled, so that a lost
/// rank is an error here and not a hang.
class NcclRanks {
 public:
  explicit NcclRanks(Communicator& communicator)
      : rank_(communicator.rank()), size_(communicator.size()) {
    ncclUniqueId id{};
    if (communicator.is_root()) settle(ncclGetUniqueId(&id), "ncclGetUniqueId");
    communicator.broadcast(std::as_writable_bytes(std::span(&id, 1)), 0);
    ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
    config.blocking = 0;
    settle(ncclCommInitRankConfig(&comm_, size_, id, rank_, &config), "ncclCommInitRankConfig");
  }
  ~NcclRanks() {
    if (comm_ != nullptr) ncclCommDestroy(comm_);
  }
  NcclRanks(const NcclRanks&) = delete;
  NcclRanks& operator=(const NcclRanks&) = delete;

  ncclComm_t get() const { return comm_; }
  int rank() const { return rank_; }
  int size() const { return size_; }

  /// What went wrong since the last call, on this rank or another one.
  void check_asynchronous() {
    ncclResult_t state = ncclSuccess;
    ncclCommGetAsyncError(comm_, &state);
    settle(state, "an earlier call");
  }

  /// Returns when the call is accepted.
  void settle(ncclResult_t result, const char* what) {
    constexpr std::chrono::seconds patience(60);
    const auto begin = std::chrono::steady_clock::now();
    while (result == ncclInProgress && comm_ != nullptr) {
      if (std::chrono::steady_clock::now() - begin > patience)
        fail(fmt::format("NCCL: {} is not answered by all ranks within {} s", what,
                         patience.count()));
      std::this_thread::yield();
      if (ncclCommGetAsyncError(comm_, &result) != ncclSuccess) result = ncclSystemError;
    }
    if (result != ncclSuccess)
      fail(fmt::format("NCCL failed: {} says \"{}\". {}", what, ncclGetErrorString(result),
                       comm_ != nullptr ? ncclGetLastError(comm_) : ""));
  }

 private:
  /// Aborts at once: sums that wait for a lost rank would keep the GPU, and everyone who waits for it,
  /// streams that are destroyed on the way out too.
  [[noreturn]] void fail(const std::string& message) {
    if (comm_ != nullptr) ncclCommAbort(comm_);
    comm_ = nullptr;
    throw Error(message + ". Use --comm mpi to do without NCCL", ExitCode::lost_rank);
  }

  int rank_, size_;
  ncclComm_t comm_ = nullptr;  ///< null before it is made and after a failure
};

/// Memory that NCCL may send from and receive into without a copy of its own.
class RegisteredAllocation final : public kernels::Allocation {
 public:
  RegisteredAllocation(std::shared_ptr<NcclRanks> ranks, void* data, std::size_t bytes)
      : Allocation(data, bytes), ranks_(std::move(ranks)) {
    ranks_->settle(ncclCommRegister(ranks_->get(), data, bytes, &handle_), "ncclCommRegister");
  }
  ~RegisteredAllocation() override {
    if (ranks_->get() != nullptr) ncclCommDeregister(ranks_->get(), handle_);
    ncclMemFree(data());
  }

 private:
  std::shared_ptr<NcclRanks> ranks_;
  void* handle_ = nullptr;
};

class NcclCollective final : public Collective {
 public:
  NcclCollective(Communicator& communicator, kernels::Device& device)
      : device_(device), ranks_(std::make_shared<NcclRanks>(communicator)) {}

  std::string name() const override { return "nccl"; }
  bool only_enqueues() const override { return true; }

  std::unique_ptr<kernels::Allocation> allocate(std::size_t bytes) override {
    const std::size_t size = std::max<std::size_t>(bytes, 64);
    if (size > device_.free_bytes())
      return device_.allocate(bytes);  // says that there is not enough
    void* data = nullptr;
    ranks_->settle(ncclMemAlloc(&data, size), "ncclMemAlloc");
    auto allocation = std::make_unique<RegisteredAllocation>(ranks_, data, size);
    check(cudaMemset(data, 0, size), "cudaMemset");
    check(cudaStreamSynchronize(nullptr), "cudaStreamSynchronize");
    return allocation;
  }

  void allreduce(std::span<float> data, std::span<float> residual,
                 kernels::Stream& stream) override {
    DTRAIN_ASSERT(residual.empty());  // the engine takes another collective for --compress
    if (data.empty()) return;
    ranks_->check_asynchronous();
    ranks_->settle(ncclAllReduce(data.data(), data.data(), data.size(), ncclFloat, ncclSum,
                                 ranks_->get(), kernels::cuda::raw(stream)),
                   "ncclAllReduce");
  }

  /// Integers in doubles below 2^53 add exactly, in whatever order NCCL takes.
  void allreduce_exactly(std::span<float> data, const Addends& addends, const ExactSum& exact,
                         kernels::Stream& stream) override {
    if (data.empty()) return;
    ranks_->check_asynchronous();
    const auto count = std::ssize(data);
    auto* sums = static_cast<double*>(exact_sums_.at_least(data.size() * sizeof(double)));
    kernels::cuda::sum_exactly(exact, count, addends.count, addends.stride, data.data(), sums,
                               stream);
    ranks_->settle(ncclAllReduce(sums, sums, data.size(), ncclDouble, ncclSum, ranks_->get(),
                                 kernels::cuda::raw(stream)),
                   "ncclAllReduce");
    kernels::cuda::round_exact_sums(exact, count, sums, data.data(), stream);
  }

  Range owned(std::size_t count) const override {
    return slice_of(count, ranks_->size(), ranks_->rank());
  }

  // Slices are not of one size, which ncclReduceScatter and ncclAllGather want: a group of calls.

  void reduce_scatter(std::span<float> data, std::span<float> residual,
                      kernels::Stream& stream) override {
    DTRAIN_ASSERT(residual.empty());
    for_each_slice(data, "ncclReduce", [&](std::span<float> slice, int root) {
      return ncclReduce(slice.data(), slice.data(), slice.size(), ncclFloat, ncclSum, root,
                        ranks_->get(), kernels::cuda::raw(stream));
    });
  }

  void all_gather(std::span<float> data, kernels::Stream& stream) override {
    for_each_slice(data, "ncclBroadcast", [&](std::span<float> slice, int root) {
      return ncclBroadcast(slice.data(), slice.data(), slice.size(), ncclFloat, root, ranks_->get(),
                           kernels::cuda::raw(stream));
    });
  }

 private:
  template <class Call>
  void for_each_slice(std::span<float> data, const char* what, const Call& call) {
    ranks_->check_asynchronous();
    ranks_->settle(ncclGroupStart(), "ncclGroupStart");
    for (int root = 0; root < ranks_->size(); ++root) {
      const Range range = slice_of(data.size(), ranks_->size(), root);
      if (range.empty()) continue;
      const ncclResult_t result = call(elements(data, range), root);
      if (result != ncclInProgress) ranks_->settle(result, what);
    }
    ranks_->settle(ncclGroupEnd(), what);
  }

  kernels::Device& device_;
  std::shared_ptr<NcclRanks> ranks_;
  kernels::cuda::DeviceBuffer exact_sums_;
};

}  // namespace
}  // namespace dtrain::comm

/// The caller owns the result, which `device` outlives. Collective. Throws Error.
extern "C" __attribute__((visibility("default"))) dtrain::comm::Collective* dtrain_nccl_collective(
    dtrain::comm::Communicator* communicator, dtrain::kernels::Device* device) {
  return new dtrain::comm::NcclCollective(*communicator, *device);
}
