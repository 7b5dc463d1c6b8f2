// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/digits/digits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace dtrain::datasets {
namespace {

using ::testing::ElementsAre;

std::array<int, 10> class_counts(const Dataset& dataset) {
  std::array<int, 10> counts{};
  for (std::int64_t label : dataset.labels()) ++counts[static_cast<std::size_t>(label)];
  return counts;
}

// The class distributions that optdigits.names gives.
TEST(Digits, HasThePublishedCounts) {
  const DatasetSplits splits = open_digits();
  EXPECT_EQ(splits.train->size(), 3823);
  EXPECT_EQ(splits.test->size(), 1797);
  EXPECT_THAT(class_counts(*splits.train),
              ElementsAre(376, 389, 380, 389, 387, 376, 377, 387, 380, 382));
  EXPECT_THAT(class_counts(*splits.test),
              ElementsAre(178, 182, 177, 183, 181, 182, 181, 179, 174, 180));
}

// The first line of optdigits.tra: 0,1,6,15,12,1,0,0,0,7,16,6,…, label 0; the last of optdigits.tes
// begins 0,0,10,14,8,1,0,0 and ends with label 8.
TEST(Digits, HoldsTheOriginalValues) {
  const DatasetSplits splits = open_digits();
  EXPECT_EQ(splits.train->info().sample_shape, (Shape{1, 8, 8}));
  std::uint8_t image[64];
  const std::int64_t first[] = {0}, last[] = {1796};
  splits.train->read(first, image);
  EXPECT_THAT(std::vector<int>(image, image + 12),  // round(v * 255 / 16)
              ElementsAre(0, 16, 96, 239, 191, 16, 0, 0, 0, 112, 255, 96));
  EXPECT_EQ(splits.train->labels()[0], 0);
  splits.test->read(last, image);
  EXPECT_THAT(std::vector<int>(image, image + 8), ElementsAre(0, 0, 159, 223, 128, 16, 0, 0));
  EXPECT_EQ(splits.test->labels()[1796], 8);
}

TEST(Digits, SaysWhereItIsFrom) {
  const DatasetSplits splits = open_digits();
  EXPECT_EQ(splits.train->info().licence, "CC BY 4.0");
  EXPECT_NE(splits.train->info().source.find("Alpaydin"), std::string::npos);
}

}  // namespace
}  // namespace dtrain::datasets
