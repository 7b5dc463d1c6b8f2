// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/host_arrays.hpp"

#include <algorithm>

#include "kernels/cpu/functions.hpp"

namespace dtrain::kernels {
namespace {

const cpu::Functions& best_functions() {
  static const cpu::Functions& best = cpu::functions(cpu::best_instruction_set());
  return best;
}

/// So few that the functions, which share large arrays among OpenMP threads, keep to this thread.
constexpr std::int64_t piece_elements = 16384;

template <class Work>
void in_pieces(std::int64_t count, const Work& work) {
  for (std::int64_t begin = 0; begin < count; begin += piece_elements)
    work(begin, std::min(piece_elements, count - begin));
}

}  // namespace

void sum_arrays(std::int64_t count, std::span<const float* const> sources,
                std::span<float* const> destinations) {
  best_functions().sum_arrays(count, std::ssize(sources), sources.data(), std::ssize(destinations),
                              destinations.data());
}

ExactSum exact_sum_of(std::int64_t terms) {
  // Below 2^53 in all, and below 2^51 each, where adding round_to_integer works.
  constexpr float largest = 8192;
  double scale = 0x1p51 / 8192;
  for (std::int64_t room = 4; room < terms; room *= 2) scale /= 2;
  return {scale, largest};
}

void sum_exactly(const ExactSum& exact, std::int64_t count, std::span<const float* const> sources,
                 double* sums) {
  best_functions().sum_exactly(exact, count, std::ssize(sources), sources.data(), sums);
}

void round_exact_sums(const ExactSum& exact, std::int64_t count, const double* sums,
                      std::span<float* const> destinations) {
  best_functions().round_exact_sums(exact, count, sums, std::ssize(destinations),
                                    destinations.data());
}

void round_to_bf16(std::int64_t count, const float* in, std::uint16_t* out) {
  const auto stream = make_host_device()->make_stream();
  in_pieces(count, [&](std::int64_t begin, std::int64_t size) {
    best_functions().float_to_bf16(size, in + begin, out + begin, *stream);
  });
}

void widen_bf16(std::int64_t count, const std::uint16_t* in, float* out) {
  const auto stream = make_host_device()->make_stream();
  in_pieces(count, [&](std::int64_t begin, std::int64_t size) {
    best_functions().bf16_to_float(size, in + begin, out + begin, *stream);
  });
}

}  // namespace dtrain::kernels
