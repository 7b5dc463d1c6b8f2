// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// What every Collective must do, checked against plain sums. Collective: call on all ranks.

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "comm/communicator.hpp"

namespace dtrain::comm {

/// A rank of the job under test: who it is, and how it sums.
struct CollectiveRank {
  int rank, size;
  Collective& collective;
};

/// Element i of a rank's data: small integers, so that sums are exact in any order.
inline float element(int rank, std::size_t i) {
  return static_cast<float>((static_cast<std::size_t>(rank) * 7 + i * 3) % 101) - 50.0f;
}

inline float sum_of_elements(int ranks, std::size_t i) {
  float sum = 0;
  for (int rank = 0; rank < ranks; ++rank) sum += element(rank, i);
  return sum;
}

/// An array in the middle of memory of the collective.
class Array {
 public:
  Array(const CollectiveRank& me, std::size_t size)
      : memory_(me.collective.allocate((size + 64) * sizeof(float))),
        data_(memory_->floats() + 32, size) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory_->data()) % 64, 0u);
    for (std::size_t i = 0; i < size; ++i) data_[i] = element(me.rank, i);
  }
  std::span<float> data() { return data_; }

 private:
  std::unique_ptr<kernels::Allocation> memory_;
  std::span<float> data_;
};

inline const std::vector<std::size_t> sizes{0, 1, 15, 16, 17, 64, 1001, 100003};

inline void check_sums(const CollectiveRank& me) {
  const auto stream = kernels::make_host_device()->make_stream();
  for (const std::size_t size : sizes) {
    Array array(me, size);
    me.collective.allreduce(array.data(), {}, *stream);
    for (std::size_t i = 0; i < size; ++i)
      ASSERT_EQ(array.data()[i], sum_of_elements(me.size, i)) << "element " << i << " of " << size;
  }
}

/// Slices cover the array, and hold the sum after the first half; the second gives all to all.
inline void check_halves(const CollectiveRank& me) {
  const auto stream = kernels::make_host_device()->make_stream();
  for (const std::size_t size : sizes) {
    Array array(me, size), owners(me, size);
    const Range mine = me.collective.owned(size);
    ASSERT_LE(mine.end, size);
    me.collective.reduce_scatter(array.data(), {}, *stream);
    for (std::size_t i = mine.begin; i < mine.end; ++i)
      ASSERT_EQ(array.data()[i], sum_of_elements(me.size, i)) << "element " << i << " of " << size;
    // Each rank counts what it owns: all elements are somebody's, and nobody's twice.
    for (std::size_t i = 0; i < size; ++i)
      owners.data()[i] = mine.begin <= i && i < mine.end ? 1.0f : 0.0f;
    me.collective.allreduce(owners.data(), {}, *stream);
    for (const float count : owners.data()) ASSERT_EQ(count, 1.0f);
    for (std::size_t i = mine.begin; i < mine.end; ++i) array.data()[i] *= 2;
    me.collective.all_gather(array.data(), *stream);
    for (std::size_t i = 0; i < size; ++i)
      ASSERT_EQ(array.data()[i], 2 * sum_of_elements(me.size, i))
          << "element " << i << " of " << size;
  }
}

/// Sums whose last bits depend on the order: both ways of taking them give the same bits, on all
/// ranks and every time.
inline void check_bits(const CollectiveRank& me) {
  const auto stream = kernels::make_host_device()->make_stream();
  const auto fill = [&](std::span<float> data) {
    for (std::size_t i = 0; i < data.size(); ++i)
      data[i] = 1.0f / static_cast<float>(i + 3 * static_cast<std::size_t>(me.rank) + 1);
  };
  Array first(me, 4099), second(me, 4099), high(me, 4099), low(me, 4099);
  fill(first.data());
  fill(second.data());
  me.collective.allreduce(first.data(), {}, *stream);
  me.collective.allreduce(second.data(), {}, *stream);
  for (std::size_t i = 0; i < first.data().size(); ++i)
    ASSERT_EQ(first.data()[i], second.data()[i]);
  // The bits as two small integers, whose sums over the ranks are exact.
  for (std::size_t i = 0; i < first.data().size(); ++i) {
    const auto bits = __builtin_bit_cast(std::uint32_t, first.data()[i]);
    high.data()[i] = static_cast<float>(bits >> 16);
    low.data()[i] = static_cast<float>(bits & 0xFFFF);
  }
  const std::vector<float> my_high(high.data().begin(), high.data().end());
  const std::vector<float> my_low(low.data().begin(), low.data().end());
  me.collective.allreduce(high.data(), {}, *stream);
  me.collective.allreduce(low.data(), {}, *stream);
  const auto ranks = static_cast<float>(me.size);
  for (std::size_t i = 0; i < my_high.size(); ++i) {
    ASSERT_EQ(high.data()[i], ranks * my_high[i]);
    ASSERT_EQ(low.data()[i], ranks * my_low[i]);
  }
}

/// With compression: each sum is near, and what was rounded away comes with a later one.
inline void check_compression(const CollectiveRank& me) {
  const auto stream = kernels::make_host_device()->make_stream();
  constexpr std::size_t size = 1000;
  constexpr int rounds = 200;
  Array array(me, size);
  std::vector<float> residual(size);
  std::vector<double> total(size);
  const auto exact = [&](std::size_t i) {  // of the sum over ranks
    double sum = 0;
    for (int rank = 0; rank < me.size; ++rank)
      sum += static_cast<double>(std::sin(static_cast<float>(i) + static_cast<float>(rank)));
    return sum;
  };
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < size; ++i)
      array.data()[i] = std::sin(static_cast<float>(i) + static_cast<float>(me.rank));
    me.collective.allreduce(array.data(), residual, *stream);
    for (std::size_t i = 0; i < size; ++i) {
      // Two roundings to 8 bits of at most `size` numbers below 1, and what was left last time.
      ASSERT_NEAR(static_cast<double>(array.data()[i]), exact(i), 0.02 * me.size) << i;
      total[i] += static_cast<double>(array.data()[i]);
    }
  }
  for (std::size_t i = 0; i < size; ++i)
    ASSERT_NEAR(total[i] / rounds, exact(i), 0.02 * me.size / rounds + 1e-5) << i;
}

/// Sixteen addends, of which each rank has its share: the bits of their sum do not depend on who has
/// which. The expected ones come from one array with all addends.
inline void check_exact_sums(const CollectiveRank& me) {
  const auto stream = kernels::make_host_device()->make_stream();
  constexpr int addends = 16;
  const ExactSum exact = kernels::exact_sum_of(addends);
  const auto value = [](int k, std::size_t i) {
    return std::sin(static_cast<float>(i * 31 + static_cast<std::size_t>(k) * 7)) *
           (k % 3 == 0 ? 1000.0f : 1e-3f);
  };
  for (const std::size_t size : {std::size_t{1}, std::size_t{40}, std::size_t{5001}}) {
    const std::size_t stride = size + 5;
    const int begin = addends * me.rank / me.size, end = addends * (me.rank + 1) / me.size;
    Array array(me, stride * addends);
    for (int k = begin; k < end; ++k)
      for (std::size_t i = 0; i < size; ++i)
        array.data()[static_cast<std::size_t>(k - begin) * stride + i] = value(k, i);
    me.collective.allreduce_exactly(array.data().first(size), {end - begin, stride}, exact,
                                    *stream);
    for (std::size_t i = 0; i < size; ++i) {
      double sum = 0;
      for (int k = 0; k < addends; ++k)
        sum += static_cast<double>(std::llrint(static_cast<double>(value(k, i)) * exact.scale));
      ASSERT_EQ(array.data()[i], static_cast<float>(sum / exact.scale)) << i << " of " << size;
    }
  }
}

/// Sums of changing sizes and places, one after the other.
inline void check_many_sums(const CollectiveRank& me, int steps) {
  const auto stream = kernels::make_host_device()->make_stream();
  std::mt19937 same_on_all_ranks(1);
  Array array(me, 3000);
  for (int step = 0; step < steps; ++step) {
    const auto begin = same_on_all_ranks() % 1000, size = same_on_all_ranks() % 2000;
    const auto data = array.data().subspan(begin, size);
    for (std::size_t i = 0; i < size; ++i) data[i] = element(me.rank + step % 7, i);
    me.collective.allreduce(data, {}, *stream);
    for (const std::size_t i : {std::size_t{0}, size / 2, size - 1}) {
      if (i >= size) continue;
      float expected = 0;
      for (int rank = 0; rank < me.size; ++rank) expected += element(rank + step % 7, i);
      ASSERT_EQ(data[i], expected) << "step " << step;
    }
  }
}

inline void check_collective(const CollectiveRank& me) {
  check_sums(me);
  check_halves(me);
  check_bits(me);
  check_compression(me);
  check_exact_sums(me);
}

}  // namespace dtrain::comm
