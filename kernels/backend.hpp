// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// kernels: the arithmetic, once per backend. Every backend fills one KernelTable; nothing above
// this room knows which backend it runs on. `reference` is the oracle (plain loops), `cpu` the fast
// one.

#include <memory>
#include <string>

#include "kernels/activation.hpp"
#include "kernels/augment.hpp"
#include "kernels/batch_norm.hpp"
#include "kernels/conv2d.hpp"
#include "kernels/device/device.hpp"
#include "kernels/dropout.hpp"
#include "kernels/elementwise.hpp"
#include "kernels/linear.hpp"
#include "kernels/loss.hpp"
#include "kernels/optimizer.hpp"
#include "kernels/pool2d.hpp"
#include "kernels/reorder.hpp"

namespace dtrain::kernels {

/// A table entry without a default: a backend that forgets one does not compile. Called like the
/// function pointer that it is.
template <class F>
class Required {
 public:
  constexpr Required(F function) : function_(function) {}  // NOLINT(google-explicit-constructor)
  constexpr operator F() const { return function_; }       // NOLINT(google-explicit-constructor)

 private:
  F function_;
};

/// One entry per op; factories of planned ops first, then plain functions.
struct KernelTable {
  Required<MakeConv2d> make_conv2d;
  Required<MakeLinear> make_linear;
  Required<MakePool2d> make_pool2d;
  Required<MakeBatchNorm> make_batch_norm;
  Required<MakeReorder> make_reorder;

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
};

/// A device and the kernels that run on it.
struct Backend {
  std::string name;  ///< "reference", "cpu", "cuda"
  std::unique_ptr<Device> device;
  const KernelTable* kernels;
};

std::unique_ptr<Backend> make_reference_backend();

/// oneDNN and own vector code, with `threads` OpenMP threads. Sets the thread count of the process.
std::unique_ptr<Backend> make_cpu_backend(int threads);

/// "2.6.3": of the library that runs.
std::string onednn_version();

}  // namespace dtrain::kernels
