// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/activation.hpp"

#include "tests/kernels/function_sets.hpp"

namespace dtrain::kernels {
namespace {

constexpr Activation activations[] = {Activation::none, Activation::relu, Activation::gelu,
                                      Activation::sigmoid, Activation::tanh};

class ActivationTest : public OnEveryFunctionSet {
 protected:
  Values forward(const cpu::Functions& set, Activation f, const Values& input) {
    Values output(input.size(), nan_value);
    set.activation_forward(f, static_cast<std::int64_t>(input.size()), input.data(), output.data(),
                           stream);
    return output;
  }
  Values backward(const cpu::Functions& set, Activation f, const Values& value,
                  const Values& output_gradient) {
    Values input_gradient(value.size(), nan_value);
    set.activation_backward(f, static_cast<std::int64_t>(value.size()), value.data(),
                            output_gradient.data(), input_gradient.data(), stream);
    return input_gradient;
  }
};

TEST_P(ActivationTest, HandComputedValues) {
  const Values x{-2, 0, 1};
  expect_close(forward(functions, Activation::none, x), x, 0, 0, "none");
  expect_close(forward(functions, Activation::relu, x), {0, 0, 1}, 0, 0, "relu");
  expect_close(forward(functions, Activation::gelu, x), {-0.04550026f, 0, 0.84134475f}, 1e-6, 0,
               "gelu");
  expect_close(forward(functions, Activation::sigmoid, x), {0.11920292f, 0.5f, 0.73105858f}, 1e-6,
               0, "sigmoid");
  expect_close(forward(functions, Activation::tanh, x), {-0.96402758f, 0, 0.76159416f}, 1e-6, 0,
               "tanh");

  const Values two{2, 2, 2};
  expect_close(backward(functions, Activation::relu, {0, 0, 1}, two), {0, 0, 2}, 0, 0, "relu");
  expect_close(backward(functions, Activation::sigmoid, {0, 0.5f, 1}, two), {0, 0.5f, 0}, 0, 0,
               "sigmoid");
  expect_close(backward(functions, Activation::tanh, {0, 0.5f, 1}, two), {2, 1.5f, 0}, 0, 0,
               "tanh");
  expect_close(backward(functions, Activation::gelu, {0, 1, -1}, two), {1, 2.1666310f, -0.1666309f},
               1e-5, 0, "gelu");
}

TEST_P(ActivationTest, AgreesWithReferenceAtAllSizes) {
  for (const std::int64_t count : test_sizes)
    for (const Activation f : activations) {
      const Values x = random_values(count, 1, -6, 6), dy = random_values(count, 2);
      expect_close(forward(functions, f, x), forward(reference, f, x), 4e-6, 1e-8, "forward");
      const Values value = derivative_needs_input(f) ? x : forward(reference, f, x);
      expect_close(backward(functions, f, value, dy), backward(reference, f, value, dy), 2e-6, 5e-7,
                   "backward");
    }
}

// Every 1009th float there is: huge, tiny, denormal, of both signs.
TEST_P(ActivationTest, IsAccurateOverAllFloats) {
  Values x;
  for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32); bits += 1009) {
    const auto word = static_cast<std::uint32_t>(bits);
    float value;
    std::memcpy(&value, &word, sizeof value);
    if (std::isfinite(value)) x.push_back(value);
  }
  for (const Activation f : {Activation::sigmoid, Activation::tanh})
    expect_close(forward(functions, f, x), forward(reference, f, x), 2.5e-7, 1e-37, "forward");
  const Values gelu = forward(functions, Activation::gelu, x);
  const Values expected = forward(reference, Activation::gelu, x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    // exp(-x^2 / 2) inherits the rounding error of its argument.
    const double tail = x[i] < 0 ? 1.2e-7 * std::min(double{x[i]} * x[i], 300.0) : 0;
    ASSERT_LE(std::abs(double{gelu[i]} - expected[i]),
              (5e-7 + tail) * std::abs(double{expected[i]}) + 1e-36)
        << "gelu(" << x[i] << ")";
  }
}

TEST_P(ActivationTest, RunsInPlace) {
  for (const Activation f : activations) {
    const Values x = random_values(1001, 3, -3, 3);
    Values in_place = x;
    functions.activation_forward(f, 1001, in_place.data(), in_place.data(), stream);
    expect_same_bits(in_place, forward(functions, f, x), "forward");
    const Values dy = random_values(1001, 4);
    in_place = dy;
    functions.activation_backward(f, 1001, x.data(), in_place.data(), in_place.data(), stream);
    expect_same_bits(in_place, backward(functions, f, x, dy), "backward");
  }
}

TEST_P(ActivationTest, KeepsNaN) {
  for (const Activation f : activations)
    for (float y : forward(functions, f, Values(19, nan_value))) EXPECT_TRUE(std::isnan(y));
}

TEST_P(ActivationTest, BackwardMatchesFiniteDifferences) {
  for (const Activation f : activations) {
    Values x = random_values(64, 5, -3, 3);
    const Values ones(x.size(), 1);
    const Values y = forward(functions, f, x);
    expect_gradient(
        x, backward(functions, f, derivative_needs_input(f) ? x : y, ones),
        [&] { return dot(forward(functions, f, x), ones); }, 2e-3f, 1e-3, "activation");
  }
}

DTRAIN_ON_EVERY_FUNCTION_SET(ActivationTest);

}  // namespace
}  // namespace dtrain::kernels
