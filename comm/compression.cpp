// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/compression.hpp"

#include <algorithm>
#include <array>

#include "base/assert.hpp"
#include "comm/range.hpp"
#include "kernels/host_arrays.hpp"

namespace dtrain::comm {
namespace {

/// a += b
void add_to(std::span<float> a, const float* b) {
  const std::array<const float*, 2> terms{a.data(), b};
  const std::array<float*, 1> result{a.data()};
  kernels::sum_arrays(std::ssize(a), terms, result);
}

/// Rounds `data` into `rounded`; `residual` becomes what that took away.
void round_off(std::span<const float> data, std::span<std::uint16_t> rounded,
               std::span<float> residual, std::vector<float>& widened) {
  widened.resize(std::max(widened.size(), data.size()));
  kernels::round_to_bf16(std::ssize(data), data.data(), rounded.data());
  kernels::widen_bf16(std::ssize(data), rounded.data(), widened.data());
  for (std::size_t i = 0; i < data.size(); ++i) residual[i] = data[i] - widened[i];
}

template <class T>
std::span<T> grown(std::vector<T>& buffer, std::size_t size) {
  buffer.resize(std::max(buffer.size(), size));
  return std::span(buffer).first(size);
}

}  // namespace

void compressed_reduce_scatter(Transport& transport, std::span<float> data,
                               std::span<float> residual, Bf16Buffers& buffers) {
  DTRAIN_ASSERT(residual.size() == data.size());
  const int ranks = transport.size(), me = transport.rank();
  const auto slice_of_rank = [&](int rank) { return slice_of(data.size(), ranks, rank); };
  const Range mine = slice_of_rank(me);

  add_to(data, residual.data());
  std::ranges::fill(elements(residual, mine), 0.0f);
  const auto sum = grown(buffers.sum, mine.size());
  std::ranges::fill(sum, 0.0f);
  // In the order of ranks, so that the sum does not depend on who arrives first.
  const auto received = grown(buffers.in, mine.size() * static_cast<std::size_t>(ranks));
  const auto from_rank = [&](int rank) {
    return received.subspan(mine.size() * static_cast<std::size_t>(rank), mine.size());
  };
  for (int distance = 1; distance < ranks; ++distance) {
    const int to = (me + distance) % ranks, from = (me - distance + ranks) % ranks;
    const Range theirs = slice_of_rank(to);
    const auto out = grown(buffers.out, theirs.size());
    round_off(elements(data, theirs), out, elements(residual, theirs), buffers.widened);
    transport.exchange(to, std::as_bytes(out), from, std::as_writable_bytes(from_rank(from)));
  }
  for (int rank = 0; rank < ranks; ++rank) {
    if (rank == me) {
      add_to(sum, elements(data, mine).data());
    } else {
      const auto wide = grown(buffers.widened, mine.size());
      kernels::widen_bf16(std::ssize(wide), from_rank(rank).data(), wide.data());
      add_to(sum, wide.data());
    }
  }
  std::ranges::copy(sum, elements(data, mine).begin());
}

void compressed_allreduce(Transport& transport, std::span<float> data, std::span<float> residual,
                          Bf16Buffers& buffers) {
  compressed_reduce_scatter(transport, data, residual, buffers);
  const int ranks = transport.size(), me = transport.rank();
  const Range mine = slice_of(data.size(), ranks, me);
  const auto out = grown(buffers.out, mine.size());
  round_off(elements(data, mine), out, elements(residual, mine), buffers.widened);
  kernels::widen_bf16(std::ssize(out), out.data(), elements(data, mine).data());
  for (int distance = 1; distance < ranks; ++distance) {
    const int to = (me + distance) % ranks, from = (me - distance + ranks) % ranks;
    const Range theirs = slice_of(data.size(), ranks, from);
    const auto in = grown(buffers.in, theirs.size());
    transport.exchange(to, std::as_bytes(out), from, std::as_writable_bytes(in));
    kernels::widen_bf16(std::ssize(in), in.data(), elements(data, theirs).data());
  }
}

}  // namespace dtrain::comm
