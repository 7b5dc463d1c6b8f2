// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "nn/replica.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/hash.hpp"
#include "tests/nn/rig.hpp"

namespace dtrain::nn {
namespace {

using testing::Rig;

const char* with_dropout = R"({"layers": [
  {"type": "conv2d", "channels": 6, "kernel": 3, "padding": 1}, {"type": "relu"},
  {"type": "max_pool"}, {"type": "dropout", "rate": 0.4},
  {"type": "linear", "units": 20}, {"type": "gelu"}, {"type": "linear", "units": "classes"}]})";

const char* with_batch_norm = R"({"layers": [
  {"type": "conv2d", "channels": 3, "kernel": 3}, {"type": "batch_norm", "name": "bn"},
  {"type": "relu"}, {"type": "linear", "units": "classes"}]})";

Model model_of(const char* text) {
  return Model::parse(text, "test.json", {{2, 8, 8}, 5});
}

class ReplicaTest : public ::testing::TestWithParam<const char*> {};

TEST_P(ReplicaTest, GradientsOfSeveralPassesAddUpToThoseOfOne) {
  Rig whole(model_of(with_dropout), GetParam(), 12), parts(model_of(with_dropout), GetParam(), 12);
  whole.step();
  for (int repeat = 0; repeat < 2; ++repeat) {  // the second step must not see the first
    parts.pass(0, 5, PassOfStep{0, 3});
    EXPECT_TRUE(parts.ready.empty());
    parts.pass(5, 3, PassOfStep{1, 3});
    EXPECT_TRUE(parts.ready.empty());
    parts.pass(8, 4, PassOfStep{2, 3});
    EXPECT_EQ(parts.ready, whole.ready);
    const auto expected = whole.gradients(), actual = parts.gradients();
    for (std::size_t i = 0; i < expected.size(); ++i)
      EXPECT_LT(testing::relative_difference(actual[i], expected[i], 1e-3), 1e-5) << i;
  }
}

TEST_P(ReplicaTest, StatisticsFoldTheWeightedObservationsOfAllPasses) {
  Rig rig(model_of(with_batch_norm), GetParam(), 8);
  const auto& arena = rig.replica.parameters();
  const auto observation = [&](const char* name) { return rig.gradient(arena.find(name)); };
  rig.step();
  const std::vector<float> whole_mean = observation("bn.running_mean");
  rig.pass(0, 2, PassOfStep{0, 3});
  rig.pass(2, 6, PassOfStep{2, 3});
  const std::vector<float> mean = observation("bn.running_mean");
  const std::vector<float> variance = observation("bn.running_var");
  EXPECT_LT(testing::relative_difference(mean, whole_mean, 1e-3), 1e-4);

  rig.replica.update_statistics(*rig.stream);
  const std::vector<float> new_mean = rig.value(arena.find("bn.running_mean"));
  const std::vector<float> new_variance = rig.value(arena.find("bn.running_var"));
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(new_mean[c], 0.1f * mean[c], 1e-6);
    EXPECT_NEAR(new_variance[c], 0.9f + 0.1f * variance[c], 1e-5);
  }
}

TEST_P(ReplicaTest, RunningVarianceIsUnbiased) {
  Rig rig(model_of(with_batch_norm), GetParam(), 2);
  const auto& arena = rig.replica.parameters();
  // The convolution passes the first channel's centre pixel on: the statistics are those of the
  // input.
  std::vector<float> weight(3 * 2 * 9);
  for (std::size_t o = 0; o < 3; ++o) weight[o * 18 + 4] = 1.0f;
  rig.set_value(arena.find("conv2d1.weight"), weight);
  rig.set_value(arena.find("conv2d1.bias"), std::vector<float>(3));
  rig.step();
  double sum = 0, squares = 0, count = 0;
  for (std::size_t n = 0; n < 2; ++n)
    for (std::size_t y = 1; y < 7; ++y)
      for (std::size_t x = 1; x < 7; ++x) {
        const double pixel = static_cast<double>(rig.input[n * 128 + y * 8 + x]);
        sum += pixel;
        squares += pixel * pixel;
        ++count;
      }
  const double variance = (squares - sum * sum / count) / (count - 1);
  EXPECT_NEAR(rig.gradient(arena.find("bn.running_mean"))[0], sum / count, 1e-5);
  EXPECT_NEAR(rig.gradient(arena.find("bn.running_var"))[0], variance, 1e-4);
}

TEST_P(ReplicaTest, ARankWithoutSamplesHasZeroGradients) {
  Rig rig(model_of(with_batch_norm), GetParam(), 4);
  rig.step();
  rig.replica.parameters().riders()[0] = 3.0f;
  rig.replica.zero_gradients(*rig.stream);
  for (const auto& gradient : rig.gradients())
    for (float element : gradient) EXPECT_EQ(element, 0.0f);
  EXPECT_EQ(rig.replica.parameters().riders()[0], 3.0f);  // the trainer's
}

TEST_P(ReplicaTest, NetworksOfManyBatchSizesShareParametersAndMemory) {
  Rig rig(model_of(with_dropout), GetParam(), 6);
  rig.step();
  const auto before = rig.gradients();
  // A larger batch moves the workspace; the first network must follow.
  const auto input = rig.backend->device->allocate(16 * 128 * sizeof(float));
  StepContext context;
  rig.replica.forward(16, kernels::Pass::inference, input->floats(), context, *rig.stream);
  rig.replica.at_batch(64, kernels::Pass::training);
  rig.step();
  EXPECT_EQ(rig.gradients(), before);
}

INSTANTIATE_TEST_SUITE_P(Backends, ReplicaTest, ::testing::Values("reference", "cpu"),
                         [](const auto& info) { return std::string(info.param); });

std::string hash_of(const char* backend_name, std::int64_t nominal_batch, std::uint64_t seed) {
  const auto backend = testing::make_backend(backend_name);
  const Model model = Model::load("resnet20", {{3, 8, 8}, 10});
  return Replica(model, *backend, nominal_batch, seed).weights_hash();
}

TEST(Replica, InitialWeightsDependOnTheSeedAlone) {
  const std::string expected = hash_of("reference", 4, 1);
  EXPECT_EQ(hash_of("cpu", 4, 1), expected);
  EXPECT_EQ(hash_of("cpu", 37, 1), expected);
  EXPECT_NE(hash_of("cpu", 4, 2), expected);
}

TEST(Replica, InitialWeightsHaveTheirSpread) {
  const auto backend = kernels::make_reference_backend();
  const Model model = Model::load("mlp", {{1, 28, 28}, 10});
  Replica replica(model, *backend, 2, 5);
  const auto value = [&](const char* name) {
    return replica.parameters().to_canonical(replica.parameters().find(name),
                                             replica.parameters().values());
  };
  double squares = 0;
  const std::vector<float> hidden = value("fc1.weight");
  for (float w : hidden) squares += static_cast<double>(w * w);
  EXPECT_NEAR(squares / static_cast<double>(hidden.size()), 2.0 / 784, 2.0 / 784 * 0.02);
  const float bound = 1.0f / std::sqrt(128.0f);
  const std::vector<float> last = value("fc3.weight");
  const auto [low, high] = std::ranges::minmax(last);
  EXPECT_GE(low, -bound);
  EXPECT_LE(high, bound);
  EXPECT_LT(low, -0.9f * bound);
  EXPECT_GT(high, 0.9f * bound);
}

TEST(Replica, WeightsHashIsTheContracts) {
  const auto backend = kernels::make_reference_backend();
  const Model model = Model::parse(R"({"layers": [{"type": "batch_norm", "name": "b"},
      {"type": "linear", "name": "f", "units": "classes"}]})",
                                   "test.json", {{2, 1, 1}, 3});
  Replica replica(model, *backend, 2, 5);
  Hash128 hash;
  const auto add = [&](const std::string& name, std::vector<std::int64_t> shape) {
    hash.update(name + std::string(1, '\0'));
    hash.update(std::as_bytes(std::span(shape)));
    const std::vector<float> data = replica.parameters().to_canonical(
        replica.parameters().find(name), replica.parameters().values());
    hash.update(std::as_bytes(std::span(data)));
  };
  add("b.weight", {2});
  add("b.bias", {2});
  add("f.weight", {3, 2});
  add("f.bias", {3});
  add("b.running_mean", {2});
  add("b.running_var", {2});
  EXPECT_EQ(replica.weights_hash(), hash.hex());
}

}  // namespace
}  // namespace dtrain::nn
