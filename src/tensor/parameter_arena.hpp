// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// tensor: shaped views of memory and the arena that holds all parameters.
//
// One contiguous block holds all values, another all gradients, both in the order in which backward
// finishes the gradients (last layer first). A gradient bucket is then a slice, so that nothing is
// packed or copied for the allreduce, and an optimizer update is one pass over the block.
//
//   gradients: | trainable, in backward order | statistics | riders |
//   values:    | trainable, in backward order | statistics |
//
// Riders are a few floats per step that want to be summed over ranks with the gradient (loss, correct
// predictions, a request to stop): they cost no message of their own.
//
// Each parameter starts at a multiple of 16 floats; the gaps and layout padding are zero and stay zero.

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "kernels/backend.hpp"
#include "tensor/parameter.hpp"

namespace dtrain::tensor {

/// `floats`, filled up to cache lines.
constexpr std::int64_t whole_lines(std::int64_t floats) {
  return (floats + 15) / 16 * 16;
}

/// A parameter's place in the arena.
struct Parameter {
  ParameterSpec spec;
  kernels::Layout layout;   ///< the backend's choice
  std::int64_t offset = 0;  ///< floats from the start of either block
  std::int64_t floats() const { return layout.floats(); }
  /// Where the next one may begin. Up to there are zeros.
  std::int64_t end() const { return offset + whole_lines(floats()); }
};

struct ParameterRequest {
  ParameterSpec spec;
  kernels::Layout layout;
};

/// Where an arena's blocks come from: each function gives zeroed device memory; none: the device
/// does. Who sums gradients, or hands values around, wants them in memory of its own.
struct ArenaMemory {
  using Allocate = std::function<std::unique_ptr<kernels::Allocation>(std::size_t bytes)>;
  Allocate values = {}, gradients = {};
};

class ParameterArena {
 public:
  static constexpr int rider_count = 8;

  /// `requests` in model order; the arena reverses trainable ones for its own order. `addends`:
  /// how many gradients there is room for, one behind the other, for sums that must know them one by
  /// one.
  ParameterArena(const kernels::Backend& backend, std::vector<ParameterRequest> requests,
                 const ArenaMemory& memory = {}, int addends = 1);

  /// In model order, as the model file lists them: for checkpoints and hashes.
  std::span<const Parameter> parameters() const { return parameters_; }
  const Parameter& find(std::string_view name) const;

  float* value(const Parameter& parameter) { return values() + parameter.offset; }
  float* gradient(const Parameter& parameter) { return gradients() + parameter.offset; }

  float* values() { return values_->floats(); }
  const float* values() const { return values_->floats(); }
  float* gradients(int addend = 0) { return gradients_->floats() + addend * gradient_stride(); }
  float* riders(int addend = 0) {
    return gradients(addend) + trainable_floats_ + statistic_floats_;
  }
  int addends() const { return addends_; }
  /// Floats from one addend to the next.
  std::int64_t gradient_stride() const;
  /// What an optimizer updates: [0, trainable_floats()).
  std::int64_t trainable_floats() const { return trainable_floats_; }
  /// What an allreduce sums: trainable, statistics and riders.
  std::int64_t gradient_floats() const {
    return trainable_floats_ + statistic_floats_ + rider_count;
  }
  std::int64_t value_floats() const { return trainable_floats_ + statistic_floats_; }

  /// A parameter's slice of any array that is laid out like the values (an optimizer's state, say),
  /// in canonical order on the host, and back. `array` is device memory.
  std::vector<float> to_canonical(const Parameter&, const float* array) const;
  void from_canonical(const Parameter&, std::span<const float> canonical, float* array) const;

  /// Equal on replicas whose arenas can be summed element by element.
  std::string fingerprint() const;

 private:
  const kernels::Backend& backend_;
  std::vector<Parameter> parameters_;
  int addends_;
  std::int64_t trainable_floats_ = 0;
  std::int64_t statistic_floats_ = 0;
  std::unique_ptr<kernels::Allocation> values_;
  std::unique_ptr<kernels::Allocation> gradients_;
};

}  // namespace dtrain::tensor
