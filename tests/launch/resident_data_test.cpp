// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/resident_data.hpp"

#include <gmock/gmock.h>

#include <numeric>

#include "datasets/subset_dataset.hpp"
#include "launch/together.hpp"
#include "tests/support/mpi_main.hpp"

namespace dtrain::launch {
namespace {

using datasets::Dataset;
using testing::HasSubstr;

constexpr std::int64_t no_limit = std::int64_t{1} << 40;

datasets::DatasetSplits streamed(const std::string& name, double validation = 0) {
  return datasets::open_dataset(name, {validation, 1, 0});
}

std::vector<std::byte> samples_of(Dataset& split) {
  std::vector<std::int64_t> ids(static_cast<std::size_t>(split.size()));
  std::iota(ids.begin(), ids.end(), std::int64_t{0});
  std::vector<std::byte> samples(ids.size() * static_cast<std::size_t>(split.sample_bytes()));
  split.read(ids, samples.data());
  return samples;
}

/// Whether the ranks see one memory: what the root writes there is what all of them read.
bool is_shared(const Dataset& split, comm::Communicator& communicator) {
  auto* first = static_cast<std::byte*>(const_cast<void*>(split.resident_samples()));
  const std::byte before = *first,
                  mark{static_cast<unsigned char>(~static_cast<unsigned char>(before))};
  communicator.barrier();
  if (communicator.is_root()) *first = mark;
  communicator.barrier();
  std::int64_t seen = *first == mark ? 1 : 0;
  communicator.allreduce(std::span(&seen, 1), comm::ReduceOp::sum);
  communicator.barrier();
  if (communicator.is_root()) *first = before;
  communicator.barrier();
  return seen == communicator.size();
}

TEST(ResidentData, RanksOfANodeShareOneCopyOfALargeSplit) {
  auto& communicator = test::world();
  auto splits = streamed("synthetic:3x32x32:10:4001", 0.25);  // 9.2 MB, 3.1 MB and 2.5 MB
  const auto expected = samples_of(*splits.train), held_out = samples_of(*splits.validation);
  const std::vector<std::int64_t> labels(splits.train->labels().begin(),
                                         splits.train->labels().end());
  hold_in_memory(splits, communicator, no_limit);

  EXPECT_TRUE(is_shared(*splits.train, communicator));
  EXPECT_EQ(is_shared(*splits.validation, communicator), communicator.size() == 1);
  EXPECT_EQ(samples_of(*splits.train), expected);
  EXPECT_EQ(samples_of(*splits.validation), held_out);
  EXPECT_TRUE(std::ranges::equal(splits.train->labels(), labels));
}

TEST(ResidentData, LeavesOnDiskWhatIsLargerThanTheLimit) {
  auto splits = streamed("synthetic:1x8x8:4:1000");
  hold_in_memory(splits, test::world(), 64 * 500);
  EXPECT_EQ(splits.train->resident_samples(), nullptr);
  EXPECT_NE(splits.test->resident_samples(), nullptr);
}

/// A file of which one sample cannot be read.
class Damaged : public datasets::SubsetDataset {
 public:
  using SubsetDataset::SubsetDataset;
  void read(std::span<const std::int64_t> ids, void* destination) override {
    if (std::ranges::find(ids, size() - 1) != ids.end()) throw InputError("a chunk is damaged");
    SubsetDataset::read(ids, destination);
  }
};

TEST(ResidentData, WhatOneRankCannotReadAllRanksHearOf) {
  auto splits = streamed("synthetic:3x32x32:10:4000");
  std::vector<std::int64_t> ids(4000);
  std::iota(ids.begin(), ids.end(), std::int64_t{0});
  splits.train = std::make_unique<Damaged>(std::move(splits.train), std::move(ids));
  try {
    hold_in_memory(splits, test::world(), no_limit);
    FAIL() << "held a damaged split";
  } catch (const SharedError& error) {
    EXPECT_THAT(error.what(), HasSubstr("a chunk is damaged"));
    EXPECT_EQ(error.code(), ExitCode::bad_input);
  }
}

}  // namespace
}  // namespace dtrain::launch
