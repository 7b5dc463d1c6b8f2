// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Kernels of values that may be 16 bits wide (kernels/elements.hpp): they load and store a T, and
// compute in float. Conversion to 16 bits rounds to nearest, ties to even.

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "kernels/elements.hpp"

namespace dtrain::kernels::cuda {

/// Calls visit(T()) with the type that `type` names.
template <class Visit>
void with_type(ElementType type, const Visit& visit) {
  switch (type) {
    case ElementType::float32:
      return visit(float());
    case ElementType::bfloat16:
      return visit(__nv_bfloat16());
    case ElementType::float16:
      return visit(__half());
  }
}

/// A value's memory as what it holds.
template <class T>
T* as(float* data) {
  return reinterpret_cast<T*>(data);
}
template <class T>
const T* as(const float* data) {
  return reinterpret_cast<const T*>(data);
}

}  // namespace dtrain::kernels::cuda
