// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>

#include "base/error.hpp"
#include "tests/comm/allreduce_checks.hpp"
#include "tests/support/run_transports.hpp"

namespace dtrain::comm {
namespace {

/// Counts what goes through it.
class CountingTransport : public Transport {
 public:
  explicit CountingTransport(Transport& transport) : transport_(transport) {}
  int rank() const override { return transport_.rank(); }
  int size() const override { return transport_.size(); }
  void exchange(int to, std::span<const std::byte> out, int from,
                std::span<std::byte> in) override {
    steps += out.empty() && in.empty() ? 0 : 1;
    bytes += static_cast<std::int64_t>(out.size());
    transport_.exchange(to, out, from, in);
  }
  void allreduce(std::span<float> data) override { transport_.allreduce(data); }
  void allreduce(std::span<double> data) override { transport_.allreduce(data); }

  int steps = 0;
  std::int64_t bytes = 0;

 private:
  Transport& transport_;
};

template <class T>
void raise_to(std::atomic<T>& largest, T value) {
  for (T seen = largest; seen < value && !largest.compare_exchange_weak(seen, value);) {
  }
}

/// The largest of all ranks' counts.
struct Cost {
  int steps = 0;
  std::int64_t bytes = 0;
};

Cost cost_of(const AllreduceAlgorithm& algorithm, int ranks, std::size_t floats) {
  std::atomic<int> steps{0};
  std::atomic<std::int64_t> bytes{0};
  test::run_transports(ranks, [&](Transport& transport) {
    CountingTransport counting(transport);
    std::vector<float> data(floats, 1.0f);
    Workspace workspace;
    algorithm.run(counting, data, workspace);
    raise_to(steps, counting.steps);
    raise_to(bytes, counting.bytes);
  });
  return {steps, bytes};
}

std::int64_t bytes_of(std::size_t floats) {
  return static_cast<std::int64_t>(floats * sizeof(float));
}

class Allreduce : public testing::TestWithParam<int> {};

TEST_P(Allreduce, SumsTheSameBitsOnAllRanks) {
  test::run_transports(GetParam(), check_allreduce_algorithms);
}

TEST_P(Allreduce, CostsWhatTheTableSays) {
  const int ranks = GetParam();
  const std::size_t even = 16 * 16 * static_cast<std::size_t>(ranks);  // slices of whole lines
  for (const AllreduceAlgorithm& algorithm : allreduce_algorithms()) {
    const Cost cost = cost_of(algorithm, ranks, even);
    EXPECT_EQ(cost.steps, algorithm.steps(ranks)) << algorithm.name;
    EXPECT_EQ(cost.bytes, algorithm.bytes(ranks, bytes_of(even))) << algorithm.name;
    for (const std::size_t floats : sizes_for(ranks)) {
      const Cost odd = cost_of(algorithm, ranks, floats);
      EXPECT_LE(odd.steps, algorithm.steps(ranks)) << algorithm.name;
      EXPECT_LE(odd.bytes, algorithm.bytes(ranks, bytes_of(floats)) + 64 * algorithm.steps(ranks))
          << algorithm.name << ", " << floats << " floats";
    }
  }
}

TEST_P(Allreduce, KeepsItsWorkspace) {
  test::run_transports(GetParam(), [](Transport& transport) {
    for (const AllreduceAlgorithm& algorithm : allreduce_algorithms()) {
      Workspace workspace;
      std::vector<float> data(1001, 1.0f);
      algorithm.run(transport, data, workspace);
      const float* const memory = workspace.data();
      for (const std::size_t smaller : {1001, 500, 1})
        algorithm.run(transport, std::span(data).first(smaller), workspace);
      EXPECT_EQ(workspace.data(), memory) << algorithm.name;
    }
  });
}

TEST_P(Allreduce, RingInTwoHalves) {
  test::run_transports(GetParam(), [](Transport& transport) {
    const int ranks = transport.size();
    Workspace workspace;
    for (const std::size_t size : sizes_for(ranks)) {
      auto data = elements_of(transport.rank(), size);
      ring_reduce_scatter(transport, data, workspace);
      const Range own = slice_of(size, ranks, transport.rank());
      for (std::size_t i = own.begin; i < own.end; ++i)
        ASSERT_EQ(data[i], expected<float>(ReduceOp::sum, ranks, i));
      for (std::size_t i = 0; i < size; ++i)
        if (i < own.begin || i >= own.end) data[i] = NAN;
      ring_all_gather(transport, data);
      for (std::size_t i = 0; i < size; ++i)
        ASSERT_EQ(data[i], expected<float>(ReduceOp::sum, ranks, i));
    }
  });
}

TEST(AllreduceTable, HoldsThroughManyStepsOfMixedSizes) {
  test::run_transports(4, [](Transport& transport) {
    Workspace workspace;
    for (std::size_t step = 0; step < 10000; ++step) {
      const auto& algorithm = allreduce_algorithms()[step % allreduce_algorithms().size()];
      std::vector<float> data(step * 37 % 301, static_cast<float>(step + 1));
      algorithm.run(transport, data, workspace);
      for (const float sum : data) ASSERT_EQ(sum, 4 * static_cast<float>(step + 1));
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Ranks, Allreduce, testing::Range(1, 17));

TEST(AllreduceTable, NamesWhatItHas) {
  for (const char* name : {"mpi", "ring", "recursive-doubling", "rabenseifner"})
    EXPECT_EQ(allreduce_algorithm(name).name, name);
  try {
    allreduce_algorithm("rign");
    FAIL() << "no exception";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("rabenseifner"), std::string::npos);
  }
}

TEST(ThreadTransport, EndsRanksThatWaitForOneThatLeft) {
  for (const int leaver : {0, 1, 2, 4}) {
    std::atomic<int> ended{0};
    const auto fail_on_one = [&](Transport& transport) {
      Workspace workspace;
      std::vector<float> data(1000, 1.0f);
      try {
        allreduce_algorithm("ring").run(transport, data, workspace);
        if (transport.rank() == leaver) throw InputError("this rank alone");
        allreduce_algorithm("ring").run(transport, data, workspace);
      } catch (const Error&) {
        ++ended;
        throw;
      }
    };
    EXPECT_THROW(test::run_transports(5, fail_on_one), InputError);
    EXPECT_EQ(ended, 5);
  }
}

TEST(SliceOf, CoversTheArrayInWholeLines) {
  for (int slices = 1; slices <= 16; ++slices) {
    for (const std::size_t count : sizes_for(slices)) {
      std::size_t end = 0;
      for (int i = 0; i < slices; ++i) {
        const Range slice = slice_of(count, slices, i);
        EXPECT_EQ(slice.begin, end);
        EXPECT_TRUE(slice.begin % 16 == 0 || slice.empty());
        EXPECT_LE(slice.size(), count / static_cast<std::size_t>(slices) + 16);
        end = slice.end;
      }
      EXPECT_EQ(end, count);
    }
  }
}

}  // namespace
}  // namespace dtrain::comm
