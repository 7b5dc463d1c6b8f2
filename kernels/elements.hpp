// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// What a value's elements are in memory. Parameters, gradients of parameters, the network's input and
// output are float32 always; what a network computes in between may be 16 bits wide on a GPU. Pointers
// to such values are `float*` all the same, as in every layout that a backend chose: only its own
// functions look at what they point to.

#include <cstddef>
#include <cstdint>

namespace dtrain::kernels {

enum class ElementType { float32, bfloat16, float16 };

constexpr std::size_t bytes_of(ElementType type) {
  return type == ElementType::float32 ? 4 : 2;
}

/// How many elements, and of which type. A plain number is of float32.
struct Elements {
  std::int64_t count = 0;
  ElementType type = ElementType::float32;
  constexpr Elements(std::int64_t count_in,  // NOLINT(google-explicit-constructor)
                     ElementType type_in = ElementType::float32)
      : count(count_in), type(type_in) {}
};

}  // namespace dtrain::kernels
