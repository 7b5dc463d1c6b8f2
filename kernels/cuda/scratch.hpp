// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// What an op needs at the same time of its scratch memory, one area behind the other. Scratch is
// 64-byte aligned (kernels/planned_op.hpp), but cuBLASLt refuses a workspace that is not at 256, and
// cuDNN's engines are used to cudaMalloc, which gives 256: areas start there.

#include <cstddef>
#include <cstdint>

namespace dtrain::kernels::cuda {

class ScratchAreas {
 public:
  /// Returns the new area's offset.
  std::size_t add(std::size_t bytes) {
    const std::size_t offset = end_;
    end_ += (bytes + alignment - 1) / alignment * alignment;
    return offset;
  }
  /// Scratch that holds all areas wherever it starts.
  std::size_t bytes() const { return end_ == 0 ? 0 : end_ + alignment - scratch_alignment; }

  /// Where an area is in `scratch`; null where no scratch was asked for.
  static void* at(void* scratch, std::size_t offset) {
    if (scratch == nullptr) return nullptr;
    const auto address = reinterpret_cast<std::uintptr_t>(scratch);
    const std::uintptr_t first = (address + alignment - 1) / alignment * alignment;
    return static_cast<std::byte*>(scratch) + (first - address) + offset;
  }

 private:
  static constexpr std::size_t alignment = 256, scratch_alignment = 64;
  std::size_t end_ = 0;
};

}  // namespace dtrain::kernels::cuda
