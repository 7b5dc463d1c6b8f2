// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Sums that travel as bf16: half the bytes. Every rank sends slice k of its data to rank k, which adds
// all of them up in fp32 and sends the sum back: two roundings, however many ranks there are. What a
// rounding takes away stays in the residual of the rank that rounded and goes into its next sum
// (F. Seide et al., "1-bit stochastic gradient descent and its application to data-parallel
// distributed training of speech DNNs", 2014), so that no gradient is lost, only late.

#include <cstdint>
#include <span>
#include <vector>

#include "comm/transport.hpp"

namespace dtrain::comm {

/// Scratch memory that is kept between calls.
struct Bf16Buffers {
  std::vector<std::uint16_t> out, in;
  std::vector<float> widened, sum;
};

/// In place: rank r's slice_of(data.size(), P, r) holds the sum, in fp32; the rest is unspecified.
/// `residual`: as many floats as `data`, zero at first.
void compressed_reduce_scatter(Transport&, std::span<float> data, std::span<float> residual,
                               Bf16Buffers&);
/// In place: the sum, rounded to bf16, the same bits on all ranks.
void compressed_allreduce(Transport&, std::span<float> data, std::span<float> residual,
                          Bf16Buffers&);

}  // namespace dtrain::comm
