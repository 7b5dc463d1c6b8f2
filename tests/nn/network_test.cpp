// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "nn/network.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/nn/random_model.hpp"
#include "tests/nn/rig.hpp"

namespace dtrain::nn {
namespace {

using testing::Kinks;
using testing::RandomModel;
using testing::Rig;

/// d loss / d direction for one parameter: central differences at two steps, extrapolated to step 0
/// (L. Richardson), since batch norm bends sharply where a weight is small.
double numerical_derivative(Rig& rig, const tensor::Parameter& parameter,
                            const std::vector<float>& direction, float step) {
  const std::vector<float> value = rig.value(parameter);
  const auto loss_at = [&](float distance) {
    std::vector<float> moved = value;
    for (std::size_t i = 0; i < moved.size(); ++i) moved[i] += distance * direction[i];
    rig.set_value(parameter, moved);
    return rig.training_loss();
  };
  const auto slope = [&](float distance) {
    return (loss_at(distance) - loss_at(-distance)) / (2.0 * static_cast<double>(distance));
  };
  const double result = (4.0 * slope(step / 2) - slope(step)) / 3.0;
  rig.set_value(parameter, value);
  return result;
}

/// Compares every gradient with finite differences along a random direction of length 1.
void check_gradients(Rig& rig, float step, double tolerance) {
  rig.step();
  const auto gradients = rig.gradients();
  std::size_t index = 0;
  for (const tensor::Parameter& parameter : rig.replica.parameters().parameters()) {
    const std::vector<float>& gradient = gradients[index++];
    if (parameter.spec.role == tensor::ParameterRole::statistic) continue;
    const Rng rng(17, RngPurpose::synthetic, index);
    std::vector<float> direction(gradient.size());
    double norm = 0;
    for (std::size_t i = 0; i < direction.size(); ++i) {
      direction[i] = rng.normal_at(i);
      norm += static_cast<double>(direction[i] * direction[i]);
    }
    double expected = 0, gradient_norm = 0;
    for (std::size_t i = 0; i < direction.size(); ++i) {
      direction[i] /= static_cast<float>(std::sqrt(norm));
      expected += static_cast<double>(gradient[i] * direction[i]);
      gradient_norm += static_cast<double>(gradient[i] * gradient[i]);
    }
    EXPECT_NEAR(numerical_derivative(rig, parameter, direction, step), expected,
                tolerance * (0.02 + std::sqrt(gradient_norm)))
        << parameter.spec.name << " in " << rig.model.text();
  }
}

class NetworkTest : public ::testing::TestWithParam<const char*> {};

TEST_P(NetworkTest, GradientsOfRandomSmoothNetworksMatchFiniteDifferences) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE(seed);
    Rig rig(RandomModel(seed, Kinks::smooth).model(), GetParam(), 6);
    check_gradients(rig, 1e-2f, 5e-3);
  }
}

TEST_P(NetworkTest, GradientsOfRandomNetworksWithKinksMatchFiniteDifferences) {
  for (std::uint64_t seed = 100; seed < 110; ++seed) {
    SCOPED_TRACE(seed);
    Rig rig(RandomModel(seed, Kinks::any).model(), GetParam(), 6);
    check_gradients(rig, 1e-3f, 5e-2);
  }
}

TEST_P(NetworkTest, SmoothedLabelsAndMeanSquaredErrorHaveMatchingGradients) {
  Rig smoothed(RandomModel(1, Kinks::smooth).model(), GetParam(), 5, LossKind::cross_entropy, 0.2f);
  check_gradients(smoothed, 1e-2f, 5e-3);
  Rig squared(RandomModel(2, Kinks::smooth).model(), GetParam(), 5, LossKind::mse);
  check_gradients(squared, 1e-2f, 5e-3);
}

// A value with several readers, an add of a value with itself, a layer that clobbers a gradient it
// shares, a ReLU that may not fuse because the convolution has another reader.
TEST_P(NetworkTest, GradientsMeetWhereAValueHasSeveralReaders) {
  const char* text = R"({"layers": [
    {"type": "conv2d", "name": "a", "channels": 4, "kernel": 3, "padding": 1},
    {"type": "conv2d", "name": "b", "channels": 4, "kernel": 1},
    {"type": "relu", "name": "c"},
    {"type": "add", "name": "d", "inputs": ["c", "a"]},
    {"type": "add", "name": "e", "inputs": ["d", "d"]},
    {"type": "relu", "name": "f"},
    {"type": "add", "name": "g", "inputs": ["f", "e"]},
    {"type": "conv2d", "name": "h", "channels": 4, "kernel": 1, "input": "a"},
    {"type": "relu", "name": "i"},
    {"type": "add", "name": "j", "inputs": ["g", "i"]},
    {"type": "add", "name": "k", "inputs": ["j", "g"]},
    {"type": "relu", "name": "l"},
    {"type": "linear", "units": "classes"}]})";
  Rig rig(Model::parse(text, "forks.json", {{2, 5, 5}, 3}), GetParam(), 4);
  check_gradients(rig, 1e-3f, 3e-2);
}

TEST_P(NetworkTest, PaddedLayoutsKeepTheirPaddingZeroThroughEveryFunction) {
  const char* text = R"({"layers": [
    {"type": "conv2d", "channels": 5, "kernel": 3},
    {"type": "sigmoid"},
    {"type": "conv2d", "channels": 7, "kernel": 3},
    {"type": "tanh"}, {"type": "gelu"}, {"type": "dropout", "rate": 0.25},
    {"type": "conv2d", "channels": 3, "kernel": 1},
    {"type": "linear", "units": "classes"}]})";
  Rig rig(Model::parse(text, "padded.json", {{3, 9, 9}, 4}), GetParam(), 3);
  check_gradients(rig, 1e-2f, 5e-3);
}

TEST_P(NetworkTest, SharesMemory) {
  Rig rig(Model::load("resnet20", {{3, 16, 16}, 10}), GetParam(), 2);
  Network& training = rig.replica.at_batch(2, kernels::Pass::training);
  EXPECT_LT(training.workspace_bytes(), training.unshared_bytes() * 3 / 4);
  Network& inference = rig.replica.at_batch(2, kernels::Pass::inference);
  EXPECT_LT(inference.workspace_bytes(), training.workspace_bytes() / 3);
  EXPECT_LT(inference.workspace_bytes(), inference.unshared_bytes() / 3);
}

// 4 features, 5 units, 3 classes, 2 samples, no padding in the reference's layouts.
TEST(Network, CountsTheBytesThatItsLayersMove) {
  const char* text = R"({"layers": [{"type": "linear", "units": 5},
                                    {"type": "linear", "units": "classes"}]})";
  Rig rig(Model::parse(text, "two.json", {{1, 2, 2}, 3}), "reference", 2);
  const std::size_t input = 2 * 4, hidden = 2 * 5, output = 2 * 3;
  const std::size_t first = 5 * 4 + 5, second = 3 * 5 + 3;  // weight and bias
  const std::size_t forward = (input + first + hidden) + (hidden + second + output);
  EXPECT_EQ(rig.replica.at_batch(2, kernels::Pass::inference).moved_bytes(), 4 * forward);
  // Gradient of the output, input, parameters (the second's for its input's gradient), gradients.
  const std::size_t backward =
      (output + hidden + second + second + hidden) + (hidden + input + first);
  EXPECT_EQ(rig.replica.at_batch(2, kernels::Pass::training).moved_bytes(),
            4 * (forward + backward));
}

TEST_P(NetworkTest, NamesItsGradientsInTheOrderOfTheArena) {
  Rig rig(Model::load("cnn-small", {{1, 8, 8}, 10}), GetParam(), 2);
  rig.step();
  ASSERT_EQ(rig.ready.size(), 9u);
  EXPECT_TRUE(std::ranges::is_sorted(rig.ready));
  EXPECT_EQ(rig.ready.back(), rig.replica.parameters().value_floats());
}

INSTANTIATE_TEST_SUITE_P(Backends, NetworkTest, ::testing::Values("reference", "cpu"),
                         [](const auto& info) { return std::string(info.param); });

// The reference backend has plain layouts everywhere, so it tells reorders, fused ReLUs and sharing
// of the cpu backend apart from the arithmetic.
TEST(Network, BackendsAgreeOnRandomNetworks) {
  for (std::uint64_t seed = 200; seed < 240; ++seed) {
    SCOPED_TRACE(seed);
    const RandomModel random(seed, Kinks::any);
    Rig reference(random.model(), "reference", 5), cpu(random.model(), "cpu", 5);
    const LossResult a = reference.step(), b = cpu.step();
    EXPECT_NEAR(a.loss_sum, b.loss_sum, 1e-4 * std::abs(a.loss_sum));
    EXPECT_LT(testing::relative_difference(cpu.last_output, reference.last_output, 1e-3), 1e-4);
    EXPECT_LT(testing::relative_difference(cpu.inference(), reference.inference(), 1e-3), 1e-4);
    const auto expected = reference.gradients(), actual = cpu.gradients();
    double largest = 0;
    for (const auto& gradient : expected)
      for (float element : gradient)
        largest = std::max(largest, std::abs(static_cast<double>(element)));
    for (std::size_t i = 0; i < expected.size(); ++i)
      EXPECT_LT(testing::relative_difference(actual[i], expected[i], 0.05 * largest), 2e-4)
          << reference.replica.parameters().parameters()[i].spec.name << " in " << random.text();
  }
}

TEST(Network, InferenceEqualsTrainingWhereNothingTellsThemApart) {
  for (const char* backend : {"reference", "cpu"}) {
    Rig rig(Model::load("cnn-small", {{3, 12, 12}, 10}), backend, 4);
    rig.step();
    EXPECT_LT(testing::relative_difference(rig.inference(), rig.last_output, 1e-3), 1e-5)
        << backend;
  }
}

}  // namespace
}  // namespace dtrain::nn
