// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <gtest/gtest.h>

#include <cmath>

#include "tests/nn/rig.hpp"

namespace dtrain::nn {
namespace {

class BuiltinModelTest : public ::testing::TestWithParam<std::string> {};

TEST_P(BuiltinModelTest, LossFallsOnOneBatch) {
  const bool is_lenet = GetParam() == "lenet";
  const Shape sample = is_lenet ? Shape{1, 16, 16} : Shape{1, 8, 8};
  testing::Rig rig(Model::load(GetParam(), {sample, 10}), "cpu", 16);
  const double before = rig.step().loss_sum;
  EXPECT_LT(before / 16, 2 * std::log(10.0));
  tensor::ParameterArena& arena = rig.replica.parameters();
  double after = before;
  for (int step = 0; step < 20; ++step) {
    kernels::SgdArgs sgd;
    sgd.count = arena.trainable_floats();
    sgd.learning_rate = 0.05f;
    sgd.value = arena.values();
    sgd.gradient = arena.gradients();
    rig.backend->kernels->sgd_update(sgd, *rig.stream);
    after = rig.step().loss_sum;
  }
  EXPECT_LT(after, 0.7 * before);
}

INSTANTIATE_TEST_SUITE_P(Models, BuiltinModelTest, ::testing::ValuesIn(builtin_model_names()),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace dtrain::nn
