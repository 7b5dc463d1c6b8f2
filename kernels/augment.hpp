// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// From stored samples to the network's input: crop, flip, convert and normalise in one pass.
//   uint8: (x / 255 - mean[c]) / std[c];   float32: (x - mean[c]) / std[c]
// A random crop pads by `crop_padding` on every side with black (stored 0) and takes a window of the
// original size; its corner, then the flip, are the first draws of Rng(seed, augmentation, sample id,
// epoch): word 0 -> row offset, word 1 -> column offset (each in [0, 2 * padding]), word 2 -> flip.

#include <cstdint>

#include "base/rng.hpp"
#include "kernels/device/device.hpp"

namespace dtrain::kernels {

enum class SampleType { uint8, float32 };

struct AugmentArgs {
  std::int64_t samples = 0, channels = 0, height = 0, width = 0;
  SampleType type = SampleType::uint8;
  /// (samples) pointers to stored (C, H, W) samples in the device's memory; the array itself and
  /// the three below are host memory.
  const void* const* sources = nullptr;
  const std::int64_t* sample_ids = nullptr;  ///< (samples)
  const float* mean = nullptr;               ///< (channels)
  const float* std = nullptr;                ///< (channels)
  std::int64_t crop_padding = 0;             ///< 0: no crop
  bool flip = false;                         ///< mirror left-right with probability 1/2
  std::uint64_t seed = 0;
  std::uint32_t epoch = 0;
  float* output = nullptr;  ///< (samples, C, H, W) plain
};

using Augment = void (*)(const AugmentArgs&, Stream&);

/// The draws of one sample; shared by every backend.
struct AugmentDraw {
  std::int64_t row_offset = 0, column_offset = 0;  ///< in [-crop_padding, crop_padding]
  bool mirrored = false;
};

DTRAIN_FUNCTOR AugmentDraw augment_draw(const AugmentArgs& args, std::int64_t sample_id) {
  const PhiloxBlock words =
      Rng(args.seed, RngPurpose::augmentation, static_cast<std::uint64_t>(sample_id), args.epoch)
          .block(0);
  // Multiply-shift maps a word to [0, 2 * padding].
  const auto positions = static_cast<std::uint64_t>(2 * args.crop_padding + 1);
  return {static_cast<std::int64_t>((words.word[0] * positions) >> 32) - args.crop_padding,
          static_cast<std::int64_t>((words.word[1] * positions) >> 32) - args.crop_padding,
          args.flip && (words.word[2] >> 31) == 1};
}

}  // namespace dtrain::kernels
