// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/flat_collective.hpp"

#include "comm/exact_addends.hpp"

namespace dtrain::comm {

FlatCollective::FlatCollective(std::unique_ptr<Transport> transport,
                               const AllreduceAlgorithm& algorithm)
    : transport_(std::move(transport)), algorithm_(algorithm) {}

std::unique_ptr<kernels::Allocation> FlatCollective::allocate(std::size_t bytes) {
  return host_->allocate(bytes);
}

void FlatCollective::allreduce(std::span<float> data, std::span<float> residual,
                               kernels::Stream& stream) {
  stream.synchronize();
  if (residual.empty())
    algorithm_.run(*transport_, data, workspace_);
  else
    compressed_allreduce(*transport_, data, residual, buffers_);
}

void FlatCollective::allreduce_exactly(std::span<float> data, const Addends& addends,
                                       const ExactSum& exact, kernels::Stream& stream) {
  stream.synchronize();
  std::vector<const float*> sources;
  append_addends(sources, data.data(), addends);
  exact_sums_.resize(std::max(exact_sums_.size(), data.size()));
  kernels::sum_exactly(exact, std::ssize(data), sources, exact_sums_.data());
  transport_->allreduce(std::span(exact_sums_).first(data.size()));
  float* const sum[] = {data.data()};
  kernels::round_exact_sums(exact, std::ssize(data), exact_sums_.data(), sum);
}

Range FlatCollective::owned(std::size_t count) const {
  return slice_of(count, transport_->size(), transport_->rank());
}

void FlatCollective::reduce_scatter(std::span<float> data, std::span<float> residual,
                                    kernels::Stream& stream) {
  stream.synchronize();
  if (residual.empty())
    ring_reduce_scatter(*transport_, data, workspace_);
  else
    compressed_reduce_scatter(*transport_, data, residual, buffers_);
}

void FlatCollective::all_gather(std::span<float> data, kernels::Stream& stream) {
  stream.synchronize();
  ring_all_gather(*transport_, data);
}

}  // namespace dtrain::comm
