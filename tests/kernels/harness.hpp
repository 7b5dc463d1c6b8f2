// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// What the tests of kernels share: random values, comparison, values in a backend's own layouts,
// and the backends and sets of functions that every test runs on.

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.hpp"
#include "kernels/backend.hpp"
#include "kernels/cpu/functions.hpp"
#include "kernels/device/cuda_module.hpp"

namespace dtrain::kernels {

using Values = std::vector<float>;

inline constexpr float nan_value = std::numeric_limits<float>::quiet_NaN();
inline constexpr float infinity = std::numeric_limits<float>::infinity();

/// Uniform in [low, high), the same for the same seed.
inline Values random_values(std::int64_t count, std::uint64_t seed, float low = -1,
                            float high = 1) {
  Values values(static_cast<std::size_t>(count));
  Rng rng(seed, RngPurpose::synthetic, 0);
  for (float& value : values) value = low + (high - low) * rng.uniform();
  return values;
}

/// |actual - expected| <= absolute + relative * |expected|, element by element; NaN equals NaN.
inline void expect_close(const Values& actual, const Values& expected, double relative,
                         double absolute, const std::string& what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (std::isnan(expected[i]) && std::isnan(actual[i])) continue;
    if (actual[i] == expected[i]) continue;  // infinities too
    const double error = std::abs(double{actual[i]} - expected[i]);
    ASSERT_LE(error, absolute + relative * std::abs(double{expected[i]}))
        << what << " at " << i << ": " << actual[i] << " instead of " << expected[i];
  }
}

/// For sums of many terms: errors are measured against the largest element, or against `scale`
/// where the terms are known to be that large but may cancel.
inline void expect_close_sums(const Values& actual, const Values& expected, double tolerance,
                              const std::string& what, double scale = 0) {
  for (float value : expected) scale = std::max(scale, std::abs(double{value}));
  expect_close(actual, expected, 0, tolerance * scale, what);
}

inline void expect_same_bits(const Values& actual, const Values& expected,
                             const std::string& what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  for (std::size_t i = 0; i < actual.size(); ++i)
    ASSERT_EQ(std::memcmp(&actual[i], &expected[i], sizeof(float)), 0)
        << what << " at " << i << ": " << actual[i] << " instead of " << expected[i];
}

/// `gradient` against central differences of `value`, which reads `x`.
inline void expect_gradient(Values& x, const Values& gradient, const std::function<double()>& value,
                            float step, double tolerance, const std::string& what) {
  ASSERT_EQ(x.size(), gradient.size()) << what;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float original = x[i];
    const float above = original + step, below = original - step;
    x[i] = above;
    const double value_above = value();
    x[i] = below;
    const double value_below = value();
    x[i] = original;
    const double difference = (value_above - value_below) / (double{above} - below);
    ASSERT_NEAR(gradient[i], difference, tolerance * std::max(1.0, std::abs(difference)))
        << what << " at " << i;
  }
}

inline double dot(const Values& a, const Values& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

/// A backend with a stream, and values in its layouts.
class Bench {
 public:
  explicit Bench(std::unique_ptr<Backend> backend)
      : backend_(std::move(backend)), stream_(backend_->device->make_stream()) {}

  const KernelTable& kernels() const { return *backend_->kernels; }
  Device& device() const { return *backend_->device; }
  Stream& stream() const { return *stream_; }
  const std::string& name() const { return backend_->name; }

  /// `plain` brought to `layout`.
  std::unique_ptr<Allocation> upload(const Values& plain, const Layout& layout) const {
    auto source = device().allocate(plain.size() * sizeof(float));
    device().copy_to_device(source->data(), plain.data(), plain.size() * sizeof(float), stream());
    if (layout.is_plain()) return source;
    auto target = poisoned(layout.bytes());
    reorder(source->floats(), Layout::plain(layout.shape()), target->floats(), layout);
    return target;
  }

  /// Row-major copy of a value; checks that what its layout holds beyond the elements is zero.
  Values download(const float* value, const Layout& layout) const {
    Values plain(static_cast<std::size_t>(layout.shape().elements()));
    if (layout.is_plain()) {
      device().copy_to_host(plain.data(), value, plain.size() * sizeof(float), stream());
      return plain;
    }
    auto target = device().allocate(plain.size() * sizeof(float));
    reorder(value, layout, target->floats(), Layout::plain(layout.shape()));
    device().copy_to_host(plain.data(), target->data(), plain.size() * sizeof(float), stream());
    if (layout.is_padded()) expect_same_bits(raw(value, layout), raw_of(plain, layout), "padding");
    return plain;
  }

  /// Memory full of NaN: nobody may rely on what it held.
  std::unique_ptr<Allocation> poisoned(std::size_t bytes) const {
    auto memory = device().allocate(bytes);
    poison(*memory);
    return memory;
  }
  /// Poisoned memory for an op's `saved` or `scratch`; null when it wants none.
  std::unique_ptr<Allocation> workspace(std::size_t bytes) const {
    return bytes > 0 ? poisoned(bytes) : nullptr;
  }
  void poison(Allocation& memory) const {
    const std::vector<unsigned char> bytes(memory.bytes(), 0xFF);
    device().copy_to_device(memory.data(), bytes.data(), bytes.size(), stream());
  }

 private:
  void reorder(const float* from, const Layout& from_layout, float* to,
               const Layout& to_layout) const {
    const auto op = kernels().make_reorder(device(), from_layout, to_layout);
    op->run(from, to, stream());
  }
  Values raw(const float* value, const Layout& layout) const {
    Values floats(static_cast<std::size_t>(layout.floats()));
    device().copy_to_host(floats.data(), value, layout.bytes(), stream());
    return floats;
  }
  Values raw_of(const Values& plain, const Layout& layout) const {
    return raw(upload(plain, layout)->floats(), layout);
  }

  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Stream> stream_;
};

inline void* data_of(const std::unique_ptr<Allocation>& memory) {
  return memory ? memory->data() : nullptr;
}
inline float* floats_of(const std::unique_ptr<Allocation>& memory) {
  return static_cast<float*>(data_of(memory));
}

/// The backends that planned ops are tested on.
inline std::vector<std::string> backend_names() {
  return {"reference", "cpu", "cuda"};
}
/// Why a backend cannot be tested here; empty where it can.
inline std::string why_not(const std::string& backend) {
  constexpr std::string_view module = DTRAIN_CUDA_MODULE;  // empty where none was built
  if (backend != "cuda") return {};
  if (module.empty()) return "SKIPPED: built without the CUDA module";
  const CudaReport report = CudaModule(module).report();
  return report.devices > 0 ? "" : std::string("SKIPPED: no GPU: ") + report.problem;
}
inline Bench make_bench(const std::string& name) {
  if (name == "cuda") return Bench(CudaModule(DTRAIN_CUDA_MODULE).make_backend({}));
  return Bench(name == "reference" ? make_reference_backend() : make_cpu_backend(2));
}

/// TEST_P(…) runs on every backend that is there.
class OnEveryBackend : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!missing.empty()) GTEST_SKIP() << missing;
  }
  const std::string missing = why_not(GetParam());
  Bench bench = make_bench(missing.empty() ? GetParam() : "reference");
  Bench reference = make_bench("reference");
};
#define DTRAIN_ON_EVERY_BACKEND(suite)                                    \
  INSTANTIATE_TEST_SUITE_P(, suite, ::testing::ValuesIn(backend_names()), \
                           [](const auto& backend) { return backend.param; })

}  // namespace dtrain::kernels
