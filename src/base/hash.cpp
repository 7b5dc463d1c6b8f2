// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "base/hash.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <new>

namespace dtrain {

struct Hash128::State {
  XXH3_state_t* handle = XXH3_createState();
  State() {
    if (handle == nullptr) throw std::bad_alloc();
    XXH3_128bits_reset(handle);
  }
  ~State() { XXH3_freeState(handle); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Hash128::Hash128() : state_(std::make_unique<State>()) {}
Hash128::~Hash128() = default;
Hash128::Hash128(Hash128&&) noexcept = default;
Hash128& Hash128::operator=(Hash128&&) noexcept = default;

void Hash128::update(std::span<const std::byte> bytes) {
  XXH3_128bits_update(state_->handle, bytes.data(), bytes.size());
}

Digest128 Hash128::digest() const {
  const XXH128_hash_t digest = XXH3_128bits_digest(state_->handle);
  return {digest.high64, digest.low64};
}

std::string Hash128::hex() const {
  const auto [high, low] = digest();
  return fmt::format("{:016x}{:016x}", high, low);
}

std::uint64_t hash64(std::string_view text) {
  return XXH3_64bits(text.data(), text.size());
}

}  // namespace dtrain
