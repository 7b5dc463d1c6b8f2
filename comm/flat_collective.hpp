// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "comm/allreduce/algorithms.hpp"
#include "comm/collective.hpp"
#include "comm/compression.hpp"

namespace dtrain::comm {

/// Messages among all ranks alike, wherever they are.
class FlatCollective : public Collective {
 public:
  FlatCollective(std::unique_ptr<Transport> transport, const AllreduceAlgorithm& algorithm);

  std::string name() const override { return std::string(algorithm_.name); }
  /// Any host memory will do.
  std::unique_ptr<kernels::Allocation> allocate(std::size_t bytes) override;
  void allreduce(std::span<float> data, std::span<float> residual,
                 kernels::Stream& stream) override;
  void allreduce_exactly(std::span<float> data, const Addends& addends, const ExactSum& exact,
                         kernels::Stream& stream) override;
  /// In place, of sums that kernels::sum_exactly() made.
  void allreduce(std::span<double> exact_sums) { transport_->allreduce(exact_sums); }
  Range owned(std::size_t count) const override;
  void reduce_scatter(std::span<float> data, std::span<float> residual,
                      kernels::Stream& stream) override;
  void all_gather(std::span<float> data, kernels::Stream& stream) override;

 private:
  std::unique_ptr<Transport> transport_;
  const AllreduceAlgorithm& algorithm_;
  std::unique_ptr<kernels::Device> host_ = kernels::make_host_device();
  Workspace workspace_;
  std::vector<double> exact_sums_;
  Bf16Buffers buffers_;
};

}  // namespace dtrain::comm
