// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// The plain functions of the cpu backend, as contracts in kernels/*.hpp say. Each loop is written
// once (kernels/cpu/functions/) and compiled once per instruction set.
//
// All variants and the reference give the same bits for optimizer updates and casts, so that
// replicas on mixed nodes stay equal. Large arrays are shared among OpenMP threads; results do not
// depend on their number.

#include "kernels/backend.hpp"
#include "kernels/cpu/instruction_set.hpp"
#include "kernels/host_arrays.hpp"

namespace dtrain::kernels::cpu {

/// As kernels/host_arrays.hpp says.
using SumArrays = void (*)(std::int64_t count, std::int64_t sources, const float* const* source,
                           std::int64_t destinations, float* const* destination);

using SumExactly = void (*)(const ExactSum&, std::int64_t count, std::int64_t sources,
                            const float* const* source, double* sums);
using RoundExactSums = void (*)(const ExactSum&, std::int64_t count, const double* sums,
                                std::int64_t destinations, float* const* destination);

/// The entries of a KernelTable that are plain functions, and those of kernels/host_arrays.hpp.
struct Functions {
  Required<ActivationForward> activation_forward;
  Required<ActivationBackward> activation_backward;
  Required<Dropout> dropout;
  Required<SoftmaxCrossEntropy> softmax_cross_entropy;
  Required<MeanSquaredError> mean_squared_error;
  Required<Softmax> softmax;
  Required<SgdUpdate> sgd_update;
  Required<AdamUpdate> adam_update;
  Required<LambDirection> lamb_direction;
  Required<Augment> augment;
  Required<AddScaled> add_scaled;
  Required<Add> add;
  Required<Fill> fill;
  Required<SumOfSquares> sum_of_squares;
  Required<FindNonFinite> find_non_finite;
  Required<FloatToBf16> float_to_bf16;
  Required<Bf16ToFloat> bf16_to_float;
  Required<SumArrays> sum_arrays;
  Required<SumExactly> sum_exactly;
  Required<RoundExactSums> round_exact_sums;
};

/// `set` must be supported. Use: `.dropout = functions(best_instruction_set()).dropout`.
const Functions& functions(InstructionSet set);

}  // namespace dtrain::kernels::cpu
