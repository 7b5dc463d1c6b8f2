// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
// The arithmetic that the GPU's activations run, run on the host (kernels/functors.hpp).
#include "kernels/cuda/math.cuh"

#include "kernels/functors.hpp"
#include "tests/kernels/harness.hpp"

namespace dtrain::kernels {
namespace {

template <class F>
void expect_function(Activation activation, double tolerance) {
  const Bench bench = make_bench("reference");
  const Values x = random_values(4001, 1, -12, 12);
  Values forward(x.size()), backward(x.size()), expected(x.size()), gradient(x.size(), 1.0f);
  const auto count = std::ssize(x);
  for (std::size_t i = 0; i < x.size(); ++i) forward[i] = F::forward(x[i]);
  bench.kernels().activation_forward(activation, count, x.data(), expected.data(), bench.stream());
  expect_close(forward, expected, tolerance, tolerance, "forward");

  const Values& value = derivative_needs_input(activation) ? x : expected;
  for (std::size_t i = 0; i < x.size(); ++i) backward[i] = F::derivative(value[i]);
  Values derivative(x.size());
  bench.kernels().activation_backward(activation, count, value.data(), gradient.data(),
                                      derivative.data(), bench.stream());
  expect_close(backward, derivative, tolerance, tolerance, "derivative");
}

TEST(CudaMath, ActivationsAreTheReferences) {
  expect_function<Relu>(Activation::relu, 0);
  expect_function<Gelu<cuda::CudaMath>>(Activation::gelu, 2e-6);
  expect_function<Sigmoid<cuda::CudaMath>>(Activation::sigmoid, 1e-6);
  expect_function<Tanh<cuda::CudaMath>>(Activation::tanh, 1e-6);
}

TEST(CudaMath, KeepsLimitsAndNaN) {
  using Math = cuda::CudaMath;
  EXPECT_EQ(Sigmoid<Math>::forward(-200.0f), 0.0f);
  EXPECT_EQ(Sigmoid<Math>::forward(200.0f), 1.0f);
  EXPECT_EQ(Tanh<Math>::forward(infinity), 1.0f);
  EXPECT_EQ(Gelu<Math>::forward(-50.0f), 0.0f);
  EXPECT_EQ(Gelu<Math>::forward(50.0f), 50.0f);
  EXPECT_TRUE(std::isnan(Gelu<Math>::forward(nan_value)));
  EXPECT_TRUE(std::isnan(Relu::forward(nan_value)));
}

}  // namespace
}  // namespace dtrain::kernels
