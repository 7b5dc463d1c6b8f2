// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/subset_dataset.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "base/error.hpp"
#include "datasets/synthetic.hpp"

namespace dtrain::datasets {
namespace {

using ::testing::ElementsAre;

TEST(ChooseHeldOut, SplitsEveryIdOnceBySeedAlone) {
  const HoldOut parts = choose_held_out(100, 0.25, 3);
  EXPECT_EQ(parts.held_out.size(), 25u);
  std::vector<std::int64_t> all = parts.kept;
  all.insert(all.end(), parts.held_out.begin(), parts.held_out.end());
  std::sort(all.begin(), all.end());
  std::vector<std::int64_t> expected(100);
  std::iota(expected.begin(), expected.end(), std::int64_t{0});
  EXPECT_EQ(all, expected);
  EXPECT_TRUE(std::is_sorted(parts.kept.begin(), parts.kept.end()));
  EXPECT_EQ(choose_held_out(100, 0.25, 3).held_out, parts.held_out);
  EXPECT_NE(choose_held_out(100, 0.25, 4).held_out, parts.held_out);
}

// Every id is as likely: 4000 seeds, 30 % held out, 1200 +- 29 each.
TEST(ChooseHeldOut, IsUniform) {
  std::vector<int> counts(10);
  for (std::uint64_t seed = 0; seed < 4000; ++seed)
    for (std::int64_t id : choose_held_out(10, 0.3, seed).held_out)
      ++counts[static_cast<std::size_t>(id)];
  for (int count : counts) EXPECT_NEAR(count, 1200, 120);
}

TEST(ChooseHeldOut, RefusesAnEmptySide) {
  EXPECT_THROW(choose_held_out(10, 0.01, 0), UsageError);
  EXPECT_THROW(choose_held_out(10, 0.99, 0), UsageError);
  EXPECT_THROW(choose_held_out(1, 0.5, 0), UsageError);
}

TEST(SubsetDataset, RenumbersSamplesLabelsAndTargets) {
  DatasetInfo info;
  info.sample_shape = {1, 1, 2};
  info.classes = {"a", "b"};
  std::vector<std::byte> samples(8);
  for (int i = 0; i < 8; ++i) samples[static_cast<std::size_t>(i)] = static_cast<std::byte>(i);
  SubsetDataset labels(
      std::make_shared<MemoryDataset>(info, samples, std::vector<std::int64_t>{0, 1, 1, 0}),
      {1, 3});
  EXPECT_EQ(labels.size(), 2);
  EXPECT_THAT(std::vector<std::int64_t>(labels.labels().begin(), labels.labels().end()),
              ElementsAre(1, 0));
  std::uint8_t out[4];
  const std::int64_t ids[] = {1, 0};
  labels.read(ids, out);
  EXPECT_THAT(out, ElementsAre(6, 7, 2, 3));

  SubsetDataset targets(std::make_shared<MemoryDataset>(info, samples, std::vector<std::int64_t>{},
                                                        std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7}),
                        {0, 2});
  EXPECT_THAT(std::vector<float>(targets.targets().begin(), targets.targets().end()),
              ElementsAre(0, 1, 4, 5));
}

TEST(HoldOutValidation, IsTheSameStreamedAndInMemory) {
  DatasetSplits resident = make_synthetic("synthetic:1x3x3:4:40", 1 << 20);
  DatasetSplits streamed = make_synthetic("synthetic:1x3x3:4:40", 0);
  for (DatasetSplits* splits : {&resident, &streamed}) hold_out_validation(*splits, 0.2, 9);
  EXPECT_EQ(resident.train->size(), 32);
  EXPECT_EQ(resident.validation->size(), 8);
  EXPECT_NE(resident.train->resident_samples(), nullptr);
  EXPECT_EQ(streamed.train->resident_samples(), nullptr);
  for (auto split : {&DatasetSplits::train, &DatasetSplits::validation}) {
    const auto a = copy_to_memory(*(resident.*split)), b = copy_to_memory(*(streamed.*split));
    EXPECT_EQ(std::memcmp(a->resident_samples(), b->resident_samples(),
                          static_cast<std::size_t>(a->size() * a->sample_bytes())),
              0);
    EXPECT_TRUE(std::equal(a->labels().begin(), a->labels().end(), b->labels().begin()));
  }
}

}  // namespace
}  // namespace dtrain::datasets
