// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// The sets of plain functions that exist on this machine: the reference's, and the cpu backend's
// for every instruction set that it can run.

#include "tests/kernels/harness.hpp"

namespace dtrain::kernels {

/// kernels/host_arrays.hpp in one line.
inline void plain_sum_arrays(std::int64_t count, std::int64_t sources, const float* const* source,
                             std::int64_t destinations, float* const* destination) {
  for (std::int64_t i = 0; i < count; ++i) {
    float sum = source[0][i];
    for (std::int64_t s = 1; s < sources; ++s) sum += source[s][i];
    for (std::int64_t d = 0; d < destinations; ++d) destination[d][i] = sum;
  }
}

/// The same in integers.
inline void plain_sum_exactly(const ExactSum& exact, std::int64_t count, std::int64_t sources,
                              const float* const* source, double* sums) {
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t sum = 0;
    bool fits = true;
    for (std::int64_t s = 0; s < sources; ++s) {
      if (std::abs(source[s][i]) <= exact.largest)
        sum += std::llrint(static_cast<double>(source[s][i]) * exact.scale);
      else
        fits = false;
    }
    sums[i] = fits ? static_cast<double>(sum) : NAN;
  }
}

inline void plain_round_exact_sums(const ExactSum& exact, std::int64_t count, const double* sums,
                                   std::int64_t destinations, float* const* destination) {
  for (std::int64_t d = 0; d < destinations; ++d)
    for (std::int64_t i = 0; i < count; ++i)
      destination[d][i] = static_cast<float>(sums[i] / exact.scale);
}

inline cpu::Functions functions_of(const KernelTable& table) {
  return {.activation_forward = table.activation_forward,
          .activation_backward = table.activation_backward,
          .dropout = table.dropout,
          .softmax_cross_entropy = table.softmax_cross_entropy,
          .mean_squared_error = table.mean_squared_error,
          .softmax = table.softmax,
          .sgd_update = table.sgd_update,
          .adam_update = table.adam_update,
          .lamb_direction = table.lamb_direction,
          .augment = table.augment,
          .add_scaled = table.add_scaled,
          .add = table.add,
          .fill = table.fill,
          .sum_of_squares = table.sum_of_squares,
          .find_non_finite = table.find_non_finite,
          .float_to_bf16 = table.float_to_bf16,
          .bf16_to_float = table.bf16_to_float,
          .sum_arrays = plain_sum_arrays,
          .sum_exactly = plain_sum_exactly,
          .round_exact_sums = plain_round_exact_sums};
}

inline cpu::Functions reference_functions() {
  return functions_of(*make_reference_backend()->kernels);
}

inline std::vector<std::string> function_set_names() {
  std::vector<std::string> names{"reference"};
  for (auto set :
       {cpu::InstructionSet::baseline, cpu::InstructionSet::avx2, cpu::InstructionSet::avx512})
    if (cpu::is_supported(set)) names.emplace_back(to_string(set));
  return names;
}

inline cpu::Functions make_function_set(const std::string& name) {
  for (auto set :
       {cpu::InstructionSet::baseline, cpu::InstructionSet::avx2, cpu::InstructionSet::avx512})
    if (name == to_string(set)) return cpu::functions(set);
  return reference_functions();
}

/// 0, 1, odd, just below and above what is shared among threads, large.
inline constexpr std::int64_t test_sizes[] = {0, 1, 7, 64, 1001, 32768, 32769, 300007};

/// TEST_P(…) runs on every set of functions.
class OnEveryFunctionSet : public ::testing::TestWithParam<std::string> {
 protected:
  cpu::Functions functions = make_function_set(GetParam());
  cpu::Functions reference = reference_functions();
  std::unique_ptr<Device> device = make_host_device();
  std::unique_ptr<Stream> stream_ = device->make_stream();
  Stream& stream = *stream_;
};
#define DTRAIN_ON_EVERY_FUNCTION_SET(suite)                                    \
  INSTANTIATE_TEST_SUITE_P(, suite, ::testing::ValuesIn(function_set_names()), \
                           [](const auto& set) { return set.param; })

}  // namespace dtrain::kernels
