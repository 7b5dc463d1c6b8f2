// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/dropout.hpp"

#include "tests/kernels/function_sets.hpp"

namespace dtrain::kernels {
namespace {

class DropoutTest : public OnEveryFunctionSet {
 protected:
  Values run(const cpu::Functions& set, std::vector<std::int64_t> ids, std::int64_t features,
             float rate, const Values& input, std::uint32_t step = 5) {
    Values output(input.size(), nan_value);
    set.dropout({.rows = static_cast<std::int64_t>(ids.size()),
                 .features = features,
                 .rate = rate,
                 .seed = 3,
                 .layer = 2,
                 .step = step,
                 .sample_ids = ids.data()},
                input.data(), output.data(), stream);
    return output;
  }
};

TEST_P(DropoutTest, KeepsWhatTheGeneratorSays) {
  const Values output = run(functions, {11}, 5, 0.25f, {1, 2, 3, 4, 5});
  const Rng rng(3, RngPurpose::dropout, dropout_key(11, 2), 5);
  for (std::size_t i = 0; i < 5; ++i) {
    const bool kept = unit_float(rng.at(i)) >= 0.25f;
    EXPECT_FLOAT_EQ(output[i], kept ? static_cast<float>(i + 1) / 0.75f : 0.0f);
  }
}

TEST_P(DropoutTest, EqualsReferenceAtAllSizes) {
  for (const std::int64_t features : {0, 1, 3, 63, 64, 65, 257})
    for (const std::int64_t rows : {0, 1, 5, 300}) {
      std::vector<std::int64_t> ids;
      for (std::int64_t n = 0; n < rows; ++n) ids.push_back(n * n + 7);
      const Values input = random_values(rows * features, 1);
      expect_same_bits(run(functions, ids, features, 0.4f, input),
                       run(reference, ids, features, 0.4f, input), "dropout");
    }
}

TEST_P(DropoutTest, RateZeroIsIdentityAndOthersKeepTheirShare) {
  const Values ones(100000, 1);
  expect_same_bits(run(functions, {1}, 100000, 0, ones), ones, "rate 0");
  double sum = 0;
  for (float y : run(functions, {1}, 100000, 0.3f, ones)) sum += y;
  EXPECT_NEAR(sum / 100000, 1.0, 0.01);  // the mean is kept
}

TEST_P(DropoutTest, MaskBelongsToSampleAndStepNotToTheRow) {
  const Values ones(2 * 100, 1);
  const Values both = run(functions, {4, 9}, 100, 0.5f, ones);
  const Values swapped = run(functions, {9, 4}, 100, 0.5f, ones);
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(both[i], swapped[100 + i]);
  EXPECT_NE(both, run(functions, {4, 9}, 100, 0.5f, ones, 6));
}

DTRAIN_ON_EVERY_FUNCTION_SET(DropoutTest);

}  // namespace
}  // namespace dtrain::kernels
