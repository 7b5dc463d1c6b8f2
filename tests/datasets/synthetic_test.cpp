// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/synthetic.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "datasets/statistics.hpp"

namespace dtrain::datasets {
namespace {

constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

std::vector<std::uint8_t> read_all(Dataset& dataset) {
  std::vector<std::int64_t> ids(static_cast<std::size_t>(dataset.size()));
  std::iota(ids.begin(), ids.end(), std::int64_t{0});
  std::vector<std::uint8_t> samples(ids.size() * static_cast<std::size_t>(dataset.sample_bytes()));
  dataset.read(ids, samples.data());
  return samples;
}

TEST(Synthetic, HasTheShapeThatWasAskedFor) {
  const DatasetSplits splits = make_synthetic("synthetic:3x5x7:4:42", unlimited);
  EXPECT_EQ(splits.train->info().sample_shape, (Shape{3, 5, 7}));
  EXPECT_EQ(splits.train->size(), 42);
  EXPECT_EQ(splits.test->size(), 8);
  EXPECT_EQ(splits.train->info().classes.size(), 4u);
  EXPECT_EQ(splits.train->labels()[5], 1);
  EXPECT_EQ(make_synthetic("synthetic:1x1x1:1:1", unlimited).test->size(), 1);
}

TEST(Synthetic, IsTheSameEverywhere) {
  const DatasetSplits splits = make_synthetic("synthetic:3x8x8:5:20", unlimited);
  Hash128 hash;
  for (Dataset* split : {splits.train.get(), splits.test.get()}) {
    const std::vector<std::uint8_t> samples = read_all(*split);
    hash.update(std::as_bytes(std::span(samples)));
  }
  EXPECT_EQ(hash.hex(), "870dc49ca117bf2d6d1029bf1334bcff");
}

TEST(Synthetic, LooksAtNoMoreThan64MiBForItsStatistics) {
  const DatasetSplits splits = make_synthetic("synthetic:1x1024x1024:1:80", 0);
  std::vector<std::int64_t> head(64);
  std::iota(head.begin(), head.end(), std::int64_t{0});
  std::vector<std::byte> samples(head.size() << 20);
  splits.train->read(head, samples.data());
  DatasetInfo expected = splits.train->info();
  set_channel_statistics(expected, samples);
  EXPECT_EQ(splits.train->info().mean, expected.mean);
  EXPECT_EQ(splits.train->info().std, expected.std);
}

TEST(Synthetic, MadeWhileReadingEqualsMadeAtOnce) {
  const DatasetSplits resident = make_synthetic("synthetic:1x9x6:3:50", unlimited);
  const DatasetSplits streamed = make_synthetic("synthetic:1x9x6:3:50", 0);
  EXPECT_NE(resident.train->resident_samples(), nullptr);
  EXPECT_EQ(streamed.train->resident_samples(), nullptr);
  EXPECT_EQ(read_all(*resident.train), read_all(*streamed.train));
  EXPECT_EQ(read_all(*resident.test), read_all(*streamed.test));
}

// The nearest mean image of the training split classifies most test images: there is something to
// learn. Chance would be 1/8.
TEST(Synthetic, CanBeLearned) {
  const DatasetSplits splits = make_synthetic("synthetic:1x12x12:8:800", unlimited);
  const std::size_t pixels = 144;
  const auto train = read_all(*splits.train), test = read_all(*splits.test);
  std::vector<double> means(8 * pixels);
  for (std::size_t i = 0; i < train.size(); ++i)
    means[static_cast<std::size_t>(splits.train->labels()[i / pixels]) * pixels + i % pixels] +=
        train[i] / 100.0;
  int correct = 0;
  for (std::size_t image = 0; image < 160; ++image) {
    std::vector<double> distances(8);
    for (std::size_t label = 0; label < 8; ++label)
      for (std::size_t p = 0; p < pixels; ++p) {
        const double difference = test[image * pixels + p] - means[label * pixels + p];
        distances[label] += difference * difference;
      }
    const auto nearest = std::min_element(distances.begin(), distances.end()) - distances.begin();
    correct += nearest == splits.test->labels()[image];
  }
  EXPECT_GT(correct, 144);
}

TEST(Synthetic, RefusesWhatCannotBe) {
  for (const char* text :
       {"synthetic:", "synthetic:3x32x32", "synthetic:3x32x32:10", "synthetic:3x32:10:100",
        "synthetic:0x32x32:10:100", "synthetic:3x32x32:0:100", "synthetic:3x32x32:10:0",
        "synthetic:3x32x32:10:-5", "synthetic:3x32x32:10:100:7", "synthetic:3x32x32:10:100x",
        "synthetic:3x99999x32:10:100", "synthetic:3x32x32:10:99999999999999"})
    EXPECT_THROW(make_synthetic(text, 0), UsageError) << text;
}

}  // namespace
}  // namespace dtrain::datasets
