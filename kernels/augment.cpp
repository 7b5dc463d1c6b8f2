// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/augment.hpp"

#include "base/rng.hpp"

namespace dtrain::kernels {

AugmentDraw augment_draw(const AugmentArgs& args, std::int64_t sample_id) {
  const PhiloxBlock words =
      Rng(args.seed, RngPurpose::augmentation, static_cast<std::uint64_t>(sample_id), args.epoch)
          .block(0);
  // Multiply-shift maps a word to [0, 2 * padding].
  const auto offset = [&](std::uint32_t word) {
    const auto positions = static_cast<std::uint64_t>(2 * args.crop_padding + 1);
    return static_cast<std::int64_t>((word * positions) >> 32) - args.crop_padding;
  };
  return {offset(words.word[0]), offset(words.word[1]), args.flip && (words.word[2] >> 31) == 1};
}

}  // namespace dtrain::kernels
