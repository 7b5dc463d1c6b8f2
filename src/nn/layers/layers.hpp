// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// The layer types. Each is defined in a file of this folder: what it says of itself in a model file
// (describe) beside what it does (a Layer).

#include "nn/layer_registry.hpp"

namespace dtrain::nn {

LayerType conv2d_type();
LayerType linear_type();
LayerType max_pool_type();
LayerType average_pool_type();
LayerType global_average_pool_type();
LayerType batch_norm_type();
LayerType relu_type();
LayerType gelu_type();
LayerType sigmoid_type();
LayerType tanh_type();
LayerType add_type();
LayerType dropout_type();
LayerType flatten_type();

/// Not in model files: the planner puts it where neighbours disagree on a layout.
std::unique_ptr<Layer> make_reorder_layer(const kernels::Backend&, const kernels::Layout& from,
                                          const kernels::Layout& to, kernels::Pass);

}  // namespace dtrain::nn
