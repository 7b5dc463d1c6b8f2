// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/elementwise.hpp"

#include <omp.h>

#include "tests/kernels/function_sets.hpp"

namespace dtrain::kernels {
namespace {

class ElementwiseTest : public OnEveryFunctionSet {};

TEST_P(ElementwiseTest, AddAddScaledAndFill) {
  for (const std::int64_t count : test_sizes) {
    const Values a = random_values(count, 1), b = random_values(count, 2);
    Values sum(a.size(), nan_value), rectified(a.size(), nan_value), filled(a.size(), nan_value);
    Values scaled = a, in_place = a;
    functions.add(AddActivation::none, count, a.data(), b.data(), sum.data(), stream);
    functions.add(AddActivation::relu, count, a.data(), b.data(), rectified.data(), stream);
    functions.add(AddActivation::none, count, in_place.data(), b.data(), in_place.data(), stream);
    functions.add_scaled(count, 0.5f, b.data(), scaled.data(), stream);
    functions.fill(count, 3, filled.data(), stream);
    for (std::size_t i = 0; i < a.size(); ++i) {
      ASSERT_EQ(sum[i], a[i] + b[i]);
      ASSERT_EQ(in_place[i], a[i] + b[i]);
      ASSERT_EQ(rectified[i], std::max(a[i] + b[i], 0.0f));
      ASSERT_EQ(scaled[i], a[i] + 0.5f * b[i]);
      ASSERT_EQ(filled[i], 3);
    }
  }
}

// Any number of arrays, added in their order, into new arrays and into the summed ones.
TEST_P(ElementwiseTest, SumArrays) {
  for (const std::int64_t count : {0, 1, 15, 16, 17, 63, 64, 65, 1001})
    for (const std::size_t arrays : {1, 2, 3, 8}) {
      std::vector<Values> terms;
      for (std::size_t k = 0; k < arrays; ++k) terms.push_back(random_values(count, k + 1));
      Values expected = terms[0], apart(expected.size(), nan_value);
      for (std::size_t k = 1; k < arrays; ++k)
        for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += terms[k][i];
      std::vector<const float*> from;
      std::vector<float*> to;
      for (Values& term : terms) {
        from.push_back(term.data());
        to.push_back(term.data());
      }
      float* other[] = {apart.data()};
      functions.sum_arrays(count, std::ssize(from), from.data(), 1, other);
      EXPECT_EQ(apart, expected);
      functions.sum_arrays(count, std::ssize(from), from.data(), std::ssize(to), to.data());
      for (const Values& term : terms) EXPECT_EQ(term, expected);
    }
}

// Sums of parts in any order and grouping have the bits of the sum of all.
TEST_P(ElementwiseTest, ExactSumsKnowNoOrder) {
  constexpr std::int64_t terms = 8;
  const ExactSum exact = exact_sum_of(terms);
  for (const std::int64_t count : {0, 1, 15, 16, 33, 1001}) {
    std::vector<Values> values;
    for (std::size_t k = 0; k < terms; ++k) {
      values.push_back(random_values(count, k + 1));
      for (std::size_t i = 0; i < values[k].size(); i += 3)
        values[k][i] *= k % 2 == 0 ? 4000.0f : 1e-6f;
    }
    const auto sum = [&](std::vector<std::size_t> order) {
      std::vector<const float*> from;
      for (const std::size_t k : order) from.push_back(values[k].data());
      std::vector<double> sums(static_cast<std::size_t>(count));
      functions.sum_exactly(exact, count, std::ssize(from), from.data(), sums.data());
      return sums;
    };
    const std::vector<double> all = sum({0, 1, 2, 3, 4, 5, 6, 7});
    EXPECT_EQ(sum({7, 3, 1, 0, 2, 6, 5, 4}), all);
    const auto a = sum({5, 2, 7}), b = sum({1, 0, 6, 4}), c = sum({3}), none = sum({});
    std::vector<const float*> from;
    for (const Values& term : values) from.push_back(term.data());
    std::vector<double> expected(all.size());
    reference.sum_exactly(exact, count, terms, from.data(), expected.data());
    Values rounded(all.size(), nan_value);
    float* to[] = {rounded.data()};
    functions.round_exact_sums(exact, count, all.data(), 1, to);
    for (std::size_t i = 0; i < all.size(); ++i) {
      ASSERT_EQ(all[i], expected[i]);
      ASSERT_EQ(a[i] + b[i] + c[i] + none[i], all[i]);
      double plain = 0;
      for (const Values& term : values) plain += static_cast<double>(term[i]);
      ASSERT_NEAR(static_cast<double>(rounded[i]), plain, 1e-7 * std::abs(plain) + 1e-11);
    }
  }
}

TEST_P(ElementwiseTest, ExactSumsOfWhatDoesNotFitAreNaN) {
  const ExactSum exact = exact_sum_of(2);
  for (const float bad : {8193.0f, -1e30f, INFINITY, -INFINITY, nan_value})
    for (const std::size_t place : {0, 9, 16, 20}) {
      Values a(21, 8192.0f), b(21, -0.5f);
      a[place] = bad;
      const float* from[] = {a.data(), b.data()};
      std::vector<double> sums(21);
      functions.sum_exactly(exact, 21, 2, from, sums.data());
      for (std::size_t i = 0; i < sums.size(); ++i)
        EXPECT_EQ(std::isnan(sums[i]), i == place) << bad << " at " << i;
      EXPECT_EQ(sums[3], 8191.5 * exact.scale);
    }
}

TEST_P(ElementwiseTest, SumOfSquares) {
  EXPECT_EQ(functions.sum_of_squares(3, Values{1, -2, 3}.data(), stream), 14);
  for (const std::int64_t count : {0, 1, 31, 33, 4096, 4097, 1100003}) {
    const Values x = random_values(count, 1);
    const double expected = reference.sum_of_squares(count, x.data(), stream);
    EXPECT_NEAR(functions.sum_of_squares(count, x.data(), stream), expected, 1e-12 * expected);
  }
}

// Ranks on unlike machines clip by the same norm.
TEST_P(ElementwiseTest, SumOfSquaresDependsOnNeitherThreadsNorInstructions) {
  if (GetParam() == "reference") GTEST_SKIP() << "the reference sums in order";
  const Values x = random_values(1100003, 7);
  const auto count = static_cast<std::int64_t>(x.size());
  const double baseline =
      cpu::functions(cpu::InstructionSet::baseline).sum_of_squares(count, x.data(), stream);
  const int threads = omp_get_max_threads();
  for (const int n : {1, 2, 3}) {
    omp_set_num_threads(n);
    EXPECT_EQ(functions.sum_of_squares(count, x.data(), stream), baseline);
  }
  omp_set_num_threads(threads);
}

TEST_P(ElementwiseTest, FindNonFinite) {
  for (const std::int64_t count : test_sizes) {
    Values x = random_values(count, 1);
    EXPECT_EQ(functions.find_non_finite(count, x.data(), stream), -1);
    for (const std::int64_t place : {count - 1, count / 2, std::int64_t{0}}) {
      if (place < 0 || count == 0) continue;
      x[static_cast<std::size_t>(place)] = place % 2 == 0 ? nan_value : -infinity;
      EXPECT_EQ(functions.find_non_finite(count, x.data(), stream), place);
    }
  }
  const Values largest{std::numeric_limits<float>::max(),
                       -std::numeric_limits<float>::denorm_min()};
  EXPECT_EQ(functions.find_non_finite(2, largest.data(), stream), -1);
}

TEST_P(ElementwiseTest, Bf16RoundsToNearestEven) {
  const Values in{1, 1.00390625f, 1.01171875f, -1.0039064f, infinity, 3.4e38f, 0, -0.0f};
  const std::uint16_t expected[] = {0x3F80, 0x3F80, 0x3F82, 0xBF81, 0x7F80, 0x7F80, 0, 0x8000};
  std::uint16_t out[8];
  functions.float_to_bf16(8, in.data(), out, stream);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(out[i], expected[i]) << in[static_cast<std::size_t>(i)];

  std::uint16_t not_a_number;
  float back;
  functions.float_to_bf16(1, &nan_value, &not_a_number, stream);
  functions.bf16_to_float(1, &not_a_number, &back, stream);
  EXPECT_TRUE(std::isnan(back));
}

TEST_P(ElementwiseTest, EveryBf16SurvivesTheRoundTrip) {
  std::vector<std::uint16_t> all(1 << 16), back(1 << 16);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
  Values wide(all.size());
  functions.bf16_to_float(1 << 16, all.data(), wide.data(), stream);
  functions.float_to_bf16(1 << 16, wide.data(), back.data(), stream);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (std::isnan(wide[i]))
      ASSERT_EQ(back[i], all[i] | 0x40);  // quiet
    else
      ASSERT_EQ(back[i], all[i]);
  }
}

TEST_P(ElementwiseTest, CastsAgreeWithReferenceAtAllSizes) {
  for (const std::int64_t count : test_sizes) {
    const Values in = random_values(count, 1, -1e4f, 1e4f);
    std::vector<std::uint16_t> actual(in.size()), expected(in.size());
    functions.float_to_bf16(count, in.data(), actual.data(), stream);
    reference.float_to_bf16(count, in.data(), expected.data(), stream);
    EXPECT_EQ(actual, expected);
  }
}

DTRAIN_ON_EVERY_FUNCTION_SET(ElementwiseTest);

}  // namespace
}  // namespace dtrain::kernels
