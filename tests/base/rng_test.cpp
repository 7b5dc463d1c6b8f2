// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "base/rng.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace dtrain {
namespace {

// Known answers of the Random123 distribution (kat_vectors, philox4x32 10).
TEST(Philox, MatchesPublishedVectors) {
  const PhiloxBlock zero = philox4x32_10({{0, 0, 0, 0}}, 0);
  EXPECT_EQ(zero.word[0], 0x6627e8d5u);
  EXPECT_EQ(zero.word[1], 0xe169c58du);
  EXPECT_EQ(zero.word[2], 0xbc57ac4cu);
  EXPECT_EQ(zero.word[3], 0x9b00dbd8u);

  const PhiloxBlock ones = philox4x32_10({{~0u, ~0u, ~0u, ~0u}}, ~std::uint64_t{0});
  EXPECT_EQ(ones.word[0], 0x408f276du);
  EXPECT_EQ(ones.word[1], 0x41c83b0eu);
  EXPECT_EQ(ones.word[2], 0xa20bc7c6u);
  EXPECT_EQ(ones.word[3], 0x6d5451fdu);
}

TEST(Rng, DrawDependsOnEveryKey) {
  std::set<std::uint32_t> draws;
  for (std::uint64_t seed : {1, 2})
    for (RngPurpose purpose : {RngPurpose::shuffle, RngPurpose::dropout})
      for (std::uint64_t a : {0, 7})
        for (std::uint32_t b : {0u, 3u}) draws.insert(Rng(seed, purpose, a, b).at(0));
  EXPECT_EQ(draws.size(), 16u);
}

TEST(Rng, SequenceEqualsRandomAccess) {
  Rng sequence(5, RngPurpose::synthetic, 11);
  const Rng random_access(5, RngPurpose::synthetic, 11);
  for (std::uint64_t position = 0; position < 9; ++position)
    EXPECT_EQ(sequence.next(), random_access.at(position));
}

TEST(Rng, BelowStaysInRangeAndCoversIt) {
  Rng rng(1, RngPurpose::shuffle, 0);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 200; ++i) seen.insert(rng.below(7));
  EXPECT_EQ(seen.size(), 7u);
  EXPECT_LT(*seen.rbegin(), 7u);
}

TEST(Rng, NormalHasTheMomentsOfANormal) {
  const Rng rng(1, RngPurpose::initialisation, 3);
  const int count = 200000;
  double sum = 0, squares = 0, fourth = 0;
  for (int i = 0; i < count; ++i) {
    const double x = rng.normal_at(static_cast<std::uint64_t>(i));
    sum += x;
    squares += x * x;
    fourth += x * x * x * x;
  }
  EXPECT_NEAR(sum / count, 0.0, 0.01);
  EXPECT_NEAR(squares / count, 1.0, 0.02);
  EXPECT_NEAR(fourth / count, 3.0, 0.1);
}

TEST(Rng, FilledNormalsAreTheSameNumbers) {
  const Rng rng(9, RngPurpose::initialisation, 4);
  for (std::size_t count : {0, 1, 2, 3, 4, 5, 103}) {
    std::vector<float> filled(count);
    rng.fill_normal(filled);
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(filled[i], rng.normal_at(i)) << i;
  }
}

}  // namespace
}  // namespace dtrain
