// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Vectors of floats for loops that are compiled once per instruction set. As everywhere in this
// folder all is in anonymous namespaces: no two instruction sets may share a function.

#include <cstdint>

namespace dtrain::kernels::cpu {
namespace {

/// Floats in a register of the instruction set that this is compiled for.
constexpr int vector_floats = __BIGGEST_ALIGNMENT__ / 4;

/// L floats (or int32) and what compilers do with them: arithmetic, comparison to int32 masks, ?:.
template <int L>
struct Vector {
  typedef float Floats __attribute__((vector_size(L * 4)));
  typedef std::int32_t Ints __attribute__((vector_size(L * 4)));
  typedef std::uint8_t Bytes __attribute__((vector_size(L)));

  static Floats load(const float* p) {
    Floats v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
  }
  static void store(float* p, Floats v) { __builtin_memcpy(p, &v, sizeof v); }
  static Floats splat(float x) { return x - Floats{}; }
  static Ints splat(std::int32_t x) { return x - Ints{}; }
};

/// A whole register.
using Lanes = Vector<vector_floats>;

template <int L>
typename Vector<L>::Floats relu(typename Vector<L>::Floats x) {
  const typename Vector<L>::Floats zeros{};
  return x < zeros ? zeros : x;  // keeps NaN
}

template <int L>
typename Vector<L>::Floats relu_gradient(typename Vector<L>::Floats y,
                                         typename Vector<L>::Floats dy) {
  const typename Vector<L>::Floats zeros{};
  return y > zeros ? dy : zeros;
}

template <int L>
struct Width {
  static constexpr int floats = L;
};

/// Calls call(Width<L>) with the widest vector that divides the lanes.
template <class Call>
void with_vector(std::int64_t lanes, Call call) {
  if (lanes % vector_floats == 0)
    call(Width<vector_floats>{});
  else if (lanes % 4 == 0)
    call(Width<4>{});
  else
    call(Width<1>{});
}

/// Calls call(Width<n>) for a run-time n in [1, Max].
template <int Max, class Call>
void with_constant(std::int64_t n, const Call& call) {
  if constexpr (Max > 1) {
    if (n < Max) return with_constant<Max - 1>(n, call);
  }
  call(Width<Max>{});
}

/// Calls term(i, i mod Chains) for i < count: sums in several chains do not wait for each other.
template <int Chains, class Term>
void interleave(std::int64_t count, const Term& term) {
  std::int64_t i = 0;
  for (; i + Chains <= count; i += Chains)
    for (int chain = 0; chain < Chains; ++chain) term(i + chain, chain);
  for (int chain = 0; chain < Chains; ++chain)
    if (i + chain < count) term(i + chain, chain);
}

}  // namespace
}  // namespace dtrain::kernels::cpu
