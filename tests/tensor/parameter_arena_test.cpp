// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "tensor/parameter_arena.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "base/error.hpp"

namespace dtrain::tensor {
namespace {

using kernels::Layout;

ParameterRequest request(const std::string& name, const Shape& shape,
                         ParameterRole role = ParameterRole::trainable) {
  return {{.name = name, .shape = shape, .role = role}, Layout::plain(shape)};
}

TEST(ParameterArena, HoldsTrainableOnesInBackwardOrderThenStatisticsThenRiders) {
  const auto backend = kernels::make_reference_backend();
  ParameterArena arena(
      *backend, {request("a.weight", {5, 4}), request("a.bias", {5}),
                 request("b.mean", {3}, ParameterRole::statistic), request("c.weight", {17})});
  EXPECT_EQ(arena.find("c.weight").offset, 0);
  EXPECT_EQ(arena.find("a.bias").offset, 32);
  EXPECT_EQ(arena.find("a.weight").offset, 48);
  EXPECT_EQ(arena.trainable_floats(), 80);
  EXPECT_EQ(arena.find("b.mean").offset, 80);
  EXPECT_EQ(arena.value_floats(), 96);
  EXPECT_EQ(arena.riders(), arena.gradients() + 96);
  EXPECT_EQ(arena.gradient_floats(), 96 + ParameterArena::rider_count);
  EXPECT_EQ(arena.parameters()[0].spec.name, "a.weight");  // model order
  EXPECT_THROW(arena.find("d"), InputError);
}

TEST(ParameterArena, CanonicalValuesSurviveTheBackendsLayout) {
  const auto cpu = kernels::make_cpu_backend(1);
  kernels::Conv2dSpec spec;
  spec.batch = 4;
  spec.in_channels = 5;
  spec.in_height = spec.in_width = 8;
  spec.out_channels = 19;
  spec.kernel_height = spec.kernel_width = 3;
  spec.input = Layout::plain(spec.input_shape());
  const Layout layout = cpu->kernels->make_conv2d(*cpu->device, spec)->weight_layout();
  ParameterArena arena(*cpu, {{{.name = "weight", .shape = spec.weight_shape()}, layout}});

  const Parameter& weight = arena.find("weight");
  std::vector<float> canonical(static_cast<std::size_t>(spec.weight_shape().elements()));
  std::iota(canonical.begin(), canonical.end(), 1.0f);
  arena.from_canonical(weight, canonical, arena.values());
  EXPECT_EQ(arena.to_canonical(weight, arena.values()), canonical);
  const double stored = std::accumulate(arena.values(), arena.values() + weight.floats(), 0.0);
  EXPECT_EQ(stored, std::accumulate(canonical.begin(), canonical.end(), 0.0));  // padding is zero
}

TEST(ParameterArena, FingerprintTellsNamesShapesAndLayoutsApart) {
  const auto backend = kernels::make_reference_backend();
  const auto fingerprint = [&](std::vector<ParameterRequest> requests) {
    return ParameterArena(*backend, std::move(requests)).fingerprint();
  };
  const std::string base = fingerprint({request("a", {2, 3})});
  EXPECT_EQ(base, fingerprint({request("a", {2, 3})}));
  EXPECT_NE(base, fingerprint({request("b", {2, 3})}));
  EXPECT_NE(base, fingerprint({request("a", {3, 2})}));
  EXPECT_NE(base, fingerprint({request("a", {2, 3}), request("b", {1})}));
}

}  // namespace
}  // namespace dtrain::tensor
