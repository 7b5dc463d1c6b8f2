// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Counter-based random numbers: Philox4x32-10 (J. Salmon et al., "Parallel random numbers: as easy
// as 1, 2, 3", SC 2011). A draw depends on (seed, purpose, a, b, position) alone, never on a rank,
// a thread or what was drawn before, so that the same sample gets the same draw at any world size.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/host_device.hpp"

namespace dtrain {

/// What a draw is for; two purposes never share a sequence.
enum class RngPurpose : std::uint32_t {
  initialisation = 1,  ///< a = hash of the parameter's name
  shuffle = 2,         ///< a = 0, b = epoch
  augmentation = 3,    ///< a = sample id, b = epoch
  dropout = 4,         ///< a = sample id and layer, b = step
  synthetic = 5,       ///< a = sample id
  split = 6,           ///< which samples go to the validation split
};

struct PhiloxBlock {
  std::uint32_t word[4];
};

/// One block of four 32-bit words: the bijection of Philox4x32-10 applied to `counter` under `key`.
DTRAIN_FUNCTOR PhiloxBlock philox4x32_10(PhiloxBlock counter, std::uint64_t key) {
  auto key0 = static_cast<std::uint32_t>(key);
  auto key1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53u} * counter.word[0];
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57u} * counter.word[2];
    counter = {{static_cast<std::uint32_t>(product1 >> 32) ^ counter.word[1] ^ key0,
                static_cast<std::uint32_t>(product1),
                static_cast<std::uint32_t>(product0 >> 32) ^ counter.word[3] ^ key1,
                static_cast<std::uint32_t>(product0)}};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return counter;
}

/// [0, 1), 24 bits.
DTRAIN_FUNCTOR float unit_float(std::uint32_t word) {
  return static_cast<float>(word >> 8) * 0x1.0p-24f;
}

/// A sequence of draws for one (seed, purpose, a, b). Cheap to make: make one per sample.
class Rng {
 public:
  DTRAIN_FUNCTOR Rng(std::uint64_t seed, RngPurpose purpose, std::uint64_t a, std::uint32_t b = 0)
      : key_(seed + 0x9E3779B97F4A7C15u * static_cast<std::uint64_t>(purpose)), a_(a), b_(b) {}

  /// Word number `position` of the sequence, in any order.
  DTRAIN_FUNCTOR std::uint32_t at(std::uint64_t position) const {
    return block(static_cast<std::uint32_t>(position >> 2)).word[position & 3];
  }
  DTRAIN_FUNCTOR PhiloxBlock block(std::uint32_t index) const {
    return philox4x32_10(
        {{index, b_, static_cast<std::uint32_t>(a_), static_cast<std::uint32_t>(a_ >> 32)}}, key_);
  }

  DTRAIN_HOST_DEVICE std::uint32_t next() { return at(position_++); }
  DTRAIN_HOST_DEVICE float uniform() { return unit_float(next()); }
  /// Uniform in [0, bound); bound > 0. The bias is below bound / 2^64.
  std::uint64_t below(std::uint64_t bound);
  /// Standard normal number `index` of the sequence (Box-Muller).
  float normal_at(std::uint64_t index) const;
  /// out[i] = normal_at(i), in a quarter of the time.
  void fill_normal(std::span<float> out) const;

 private:
  std::uint64_t key_;
  std::uint64_t a_;
  std::uint32_t b_;
  std::uint64_t position_ = 0;
};

}  // namespace dtrain
