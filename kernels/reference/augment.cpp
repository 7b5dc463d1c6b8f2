// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/reference/ops.hpp"

namespace dtrain::kernels::reference {

void augment(const AugmentArgs& args, Stream&) {
  const auto stored = [&](const void* sample, std::int64_t index) -> float {
    if (args.type == SampleType::uint8)
      return static_cast<float>(static_cast<const std::uint8_t*>(sample)[index]) / 255.0f;
    return static_cast<const float*>(sample)[index];
  };
  float* output = args.output;
  for (std::int64_t n = 0; n < args.samples; ++n) {
    const AugmentDraw draw = augment_draw(args, args.sample_ids[n]);
    for (std::int64_t c = 0; c < args.channels; ++c)
      for (std::int64_t i = 0; i < args.height; ++i)
        for (std::int64_t j = 0; j < args.width; ++j) {
          const std::int64_t window_column = draw.mirrored ? args.width - 1 - j : j;
          const std::int64_t row = i + draw.row_offset;
          const std::int64_t column = window_column + draw.column_offset;
          const bool inside = row >= 0 && row < args.height && column >= 0 && column < args.width;
          const float x =
              inside ? stored(args.sources[n], (c * args.height + row) * args.width + column)
                     : 0.0f;
          *output++ = (x - args.mean[c]) / args.std[c];
        }
  }
}

}  // namespace dtrain::kernels::reference
