// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// The inner loops of the planned ops: pooling and the passes of batch norm, over one plane
// (kernels/cpu/planes.hpp) each, and convolution of 16 samples at a time. Written once (loops/),
// compiled once per instruction set.

#include <cstdint>

#include "kernels/cpu/instruction_set.hpp"

namespace dtrain::kernels::cpu {

struct PoolWindow {
  std::int64_t in_height, in_width, out_height, out_width;
  std::int64_t height, width, stride_height, stride_width, padding_height, padding_width;
  std::int64_t lanes;
  /// A position says where in its window (row-major, padding included) a maximum was found.
  std::int64_t bytes_per_position;  ///< 1 (windows of up to 256) or 4
  bool relu;                        ///< applied to the output
};

/// A plane of pixels x lanes floats, lanes innermost; per-lane arrays have `lanes` floats.
struct PlaneExtent {
  std::int64_t pixels, lanes;
};

/// Samples that lie side by side in a pixel of a narrow convolution's images.
inline constexpr int sample_lanes = 16;
/// Output channels that one call, or one tile, takes at most.
inline constexpr int narrow_channels = 6, narrow_gradient_channels = 4;

/// Convolution of one block of samples: images are (channels, height, width, sample_lanes).
struct NarrowConvolution {
  std::int64_t in_channels, in_height, in_width, out_channels, out_height, out_width;
  std::int64_t kernel_height, kernel_width, stride_height, stride_width;
  std::int64_t padding_height, padding_width;
  bool relu;
};

/// Where weight (o, i, u, v) lies: at the sum of index times stride.
struct WeightStrides {
  std::int64_t out, in, row, column;
};

struct Loops {
  /// `positions` may be null.
  void (*max_pool)(const PoolWindow&, const float* input, float* output, void* positions);
  void (*max_pool_backward)(const PoolWindow&, const float* output, const float* output_gradient,
                            const void* positions, float* input_gradient);
  void (*average_pool)(const PoolWindow&, const float* input, float* output);
  void (*average_pool_backward)(const PoolWindow&, const float* output,
                                const float* output_gradient, float* input_gradient);

  /// Per lane: mean, and sum of squared deviations from it.
  void (*moments)(PlaneExtent, const float* x, float* mean, float* squares);
  /// y = scale * (x - mean) + shift, then relu if asked for.
  void (*normalise)(PlaneExtent, bool relu, const float* x, const float* mean, const float* scale,
                    const float* shift, float* y);
  /// Per lane: sum of dy, and of dy * (x - mean). With `y`, dy is first zeroed where y <= 0.
  void (*gradient_sums)(PlaneExtent, const float* x, const float* mean, const float* y, float* dy,
                        float* sum, float* sum_centred);
  /// dx = a * dy + b * x + c
  void (*combine)(PlaneExtent, const float* dy, const float* x, const float* a, const float* b,
                  const float* c, float* dx);

  /// Orders out x in x kernel weights as narrow_forward wants them.
  void (*narrow_pack)(const NarrowConvolution&, const WeightStrides&, const float* weights,
                      float* packed);
  /// One row of all output channels of a block.
  void (*narrow_forward)(const NarrowConvolution&, std::int64_t row, const float* input,
                         const float* packed, const float* bias, float* output);
  /// Adds to sums (out, in, kh, kw, sample_lanes) what one block gives the kernels between
  /// `in_channel` and `channels` output channels from `first_channel` on.
  void (*narrow_weight_gradient)(const NarrowConvolution&, std::int64_t first_channel,
                                 std::int64_t channels, std::int64_t in_channel, const float* input,
                                 const float* output_gradient, float* sums);
  /// Adds one plane to sums (sample_lanes).
  void (*narrow_bias_gradient)(const NarrowConvolution&, const float* output_gradient, float* sums);
};

/// `set` must be supported.
const Loops& loops(InstructionSet set);

}  // namespace dtrain::kernels::cpu
