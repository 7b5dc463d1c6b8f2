// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Passes through a network's layers that come up again and again with the same arguments: issued kernel
// by kernel the first time, recorded by the device the second time, where it can (Device::record), and
// replayed as a whole from then on. A small network's step is otherwise mostly the issuing of kernels.

#include <compare>
#include <functional>
#include <map>
#include <memory>

#include "kernels/device/device.hpp"

namespace dtrain::nn {

/// What a pass may be given that its kernels are given, too: the same key, the same kernels.
struct PassKey {
  const void* input = nullptr;
  const void* output_gradient = nullptr;  ///< null: forward
  const void* gradients = nullptr;        ///< where those of parameters go
  float pass_weight = 1;
  auto operator<=>(const PassKey&) const = default;
};

class RecordedPasses {
 public:
  /// Runs `issue`, which gives a pass's kernels to `stream`, or replays what it gave before.
  void run(kernels::Device& device, kernels::Stream& stream, const PassKey& key,
           const std::function<void()>& issue);
  /// Other memory behind the same pointers: nothing recorded is valid any more.
  void clear() { passes_.clear(); }

 private:
  struct Pass {
    int runs = 0;
    std::unique_ptr<kernels::Recording> recording;  ///< null: not yet, or it cannot be
  };
  std::map<PassKey, Pass> passes_;
};

}  // namespace dtrain::nn
