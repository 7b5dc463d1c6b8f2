// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/staged_collective.hpp"

#include <gtest/gtest.h>

#include "tests/comm/collective_checks.hpp"
#include "tests/support/run_ranks.hpp"

namespace dtrain::comm {
namespace {

// The host plays the device: every byte still goes to the twin and back.
TEST(StagedCollective, HoldsTheContract) {
  for (const int ranks : {1, 2, 3, 5})
    test::run_ranks(ranks, [&](Communicator& comm) {
      const auto device = kernels::make_host_device();
      const auto collective = make_staged_collective(*device, comm.make_collective({}), ranks);
      check_collective({comm.rank(), ranks, *collective});
    });
}

TEST(StagedCollective, SumsWhatTakesSeveralPieces) {
  constexpr std::size_t floats = (std::size_t{5} << 19) + 7;  // two and a half pieces
  test::run_ranks(2, [&](Communicator& comm) {
    const auto device = kernels::make_host_device();
    const auto stream = device->make_stream();
    const auto collective = make_staged_collective(*device, comm.make_collective({}), 2);
    const CollectiveRank me{comm.rank(), 2, *collective};
    Array array(me, floats);
    collective->allreduce(array.data(), {}, *stream);
    for (std::size_t i = 0; i < floats; ++i) ASSERT_EQ(array.data()[i], sum_of_elements(2, i)) << i;
  });
}

// Blocks come and go; each finds its own twin.
TEST(StagedCollective, KeepsItsBlocksApart) {
  const auto device = kernels::make_host_device();
  const auto stream = device->make_stream();
  test::run_ranks(2, [&](Communicator& comm) {
    const auto collective = make_staged_collective(*device, comm.make_collective({}), 2);
    const auto first = collective->allocate(400);
    { const auto passing = collective->allocate(4000); }
    const auto second = collective->allocate(400);
    first->floats()[99] = 1;
    second->floats()[0] = 10;
    collective->allreduce({first->floats() + 90, 10}, {}, *stream);
    collective->allreduce({second->floats(), 10}, {}, *stream);
    EXPECT_EQ(first->floats()[99], 2);
    EXPECT_EQ(second->floats()[0], 20);
  });
}

}  // namespace
}  // namespace dtrain::comm
