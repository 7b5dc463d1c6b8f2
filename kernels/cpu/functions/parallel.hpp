// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Everything in this folder is compiled once per instruction set and therefore has internal linkage
// (anonymous namespaces, DTRAIN_FUNCTOR): a shared copy of an inline function could be one that the
// machine cannot run. For the same reason it keeps to plain loops and C functions; a test looks at
// the objects (tests/kernels/variants_share_nothing.cmake).

#include <cstdint>

namespace dtrain::kernels::cpu {
namespace {

/// What one thread takes at a time: small enough to stay in its cache, a multiple of a cache line.
constexpr std::int64_t elements_per_chunk = 16384;
/// Below this, waking threads costs more than it brings.
constexpr std::int64_t parallel_elements = 2 * elements_per_chunk;

/// Calls body(begin, end) for ranges that cover [0, count), on several threads when there is enough
/// to do; an item has `elements_per_item`. The ranges do not depend on the number of threads.
template <class Body>
void for_ranges(std::int64_t count, std::int64_t elements_per_item, const Body& body) {
  if (count * elements_per_item <= parallel_elements) {
    body(0, count);
    return;
  }
  const std::int64_t step =
      elements_per_item < elements_per_chunk ? elements_per_chunk / elements_per_item : 1;
#pragma omp parallel for schedule(static)
  for (std::int64_t begin = 0; begin < count; begin += step)
    body(begin, begin + step < count ? begin + step : count);
}

/// Calls body(i) for i < count, vectorised. body(i) may read and write index i of any array, so
/// that arrays may be the same one, but no other index.
template <class Body>
void for_each(std::int64_t count, const Body& body) {
  for_ranges(count, 1, [&](std::int64_t begin, std::int64_t end) {
    const Body local = body;
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) local(i);
  });
}

}  // namespace
}  // namespace dtrain::kernels::cpu
