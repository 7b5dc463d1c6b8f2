// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "base/rng.hpp"
#include "kernels/reference/ops.hpp"

namespace dtrain::kernels::reference {

void dropout(const DropoutArgs& args, const float* input, float* output, Stream&) {
  const float scale = 1.0f / (1.0f - args.rate);
  for (std::int64_t n = 0; n < args.rows; ++n) {
    const Rng rng(args.seed, RngPurpose::dropout, dropout_key(args.sample_ids[n], args.layer),
                  args.step);
    for (std::int64_t k = 0; k < args.features; ++k) {
      const std::int64_t i = n * args.features + k;
      const bool kept = unit_float(rng.at(static_cast<std::uint64_t>(k))) >= args.rate;
      output[i] = kept ? scale * input[i] : 0.0f;
    }
  }
}

}  // namespace dtrain::kernels::reference
