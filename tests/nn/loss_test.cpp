// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "nn/loss.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "tests/nn/rig.hpp"

namespace dtrain::nn {
namespace {

class LossTest : public ::testing::TestWithParam<const char*> {
 protected:
  std::unique_ptr<kernels::Backend> backend_ = testing::make_backend(GetParam());
  std::unique_ptr<kernels::Stream> stream_ = backend_->device->make_stream();
};

TEST_P(LossTest, CrossEntropySumsOverSamplesAndScalesTheGradient) {
  Loss loss(LossKind::cross_entropy, 0.0f, 2, 3, *backend_);
  const float output[] = {0.0f, std::log(3.0f), 0.0f, 0.0f};
  const std::int64_t labels[] = {1, 1};
  const LossResult result = loss.forward_backward(output, 2, labels, {}, 0.5f, *stream_);
  EXPECT_NEAR(result.loss_sum, std::log(4.0 / 3.0) + std::log(2.0), 1e-6);
  EXPECT_EQ(result.correct, 1);  // a tie goes to the first class
  EXPECT_NEAR(loss.gradient()[0], 0.5 * 0.25, 1e-6);
  EXPECT_NEAR(loss.gradient()[1], 0.5 * -0.25, 1e-6);
  EXPECT_NEAR(loss.gradient()[2], 0.5 * 0.5, 1e-6);
}

TEST_P(LossTest, SmoothingIsForTrainingOnly) {
  Loss loss(LossKind::cross_entropy, 0.5f, 2, 1, *backend_);
  const float output[] = {0.0f, std::log(3.0f)};
  const std::int64_t labels[] = {1};
  const double right = std::log(4.0 / 3.0), wrong = std::log(4.0);
  EXPECT_NEAR(loss.forward_backward(output, 1, labels, {}, 1.0f, *stream_).loss_sum,
              0.75 * right + 0.25 * wrong, 1e-6);
  EXPECT_NEAR(loss.evaluate(output, 1, labels, {}, *stream_).loss_sum, right, 1e-6);
}

TEST_P(LossTest, MeanSquaredErrorTakesLabelsOrTargets) {
  Loss loss(LossKind::mse, 0.0f, 2, 1, *backend_);
  const float output[] = {0.5f, 2.0f};
  const std::int64_t labels[] = {1};
  const LossResult one_hot = loss.forward_backward(output, 1, labels, {}, 1.0f, *stream_);
  EXPECT_NEAR(one_hot.loss_sum, (0.25 + 1.0) / 2, 1e-6);
  EXPECT_EQ(one_hot.correct, 1);
  EXPECT_NEAR(loss.gradient()[1], 1.0, 1e-6);
  const float targets[] = {1.5f, 2.0f};
  const LossResult floats = loss.forward_backward(output, 1, {}, targets, 1.0f, *stream_);
  EXPECT_NEAR(floats.loss_sum, 0.5, 1e-6);
  EXPECT_EQ(floats.correct, 0);
}

TEST_P(LossTest, CrossEntropyAgainstFloatsIsAUsageError) {
  Loss loss(LossKind::cross_entropy, 0.0f, 2, 1, *backend_);
  const float values[] = {0.5f, 2.0f};
  EXPECT_THROW(loss.evaluate(values, 1, {}, values, *stream_), UsageError);
}

INSTANTIATE_TEST_SUITE_P(Backends, LossTest, ::testing::Values("reference", "cpu"),
                         [](const auto& info) { return std::string(info.param); });

TEST(LossKind, NamesRoundTrip) {
  for (LossKind kind : {LossKind::cross_entropy, LossKind::mse})
    EXPECT_EQ(parse_loss(to_string(kind)), kind);
  EXPECT_THROW(parse_loss("hinge"), UsageError);
}

}  // namespace
}  // namespace dtrain::nn
