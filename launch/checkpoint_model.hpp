// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "datasets/dataset.hpp"
#include "launch/binding.hpp"
#include "nn/replica.hpp"
#include "train/checkpoint.hpp"

namespace dtrain::launch {

/// The network of a checkpoint, ready for inference: what eval and predict run.
class CheckpointModel {
 public:
  /// Throws InputError where the file cannot be read or is no checkpoint of a run (it may hold
  /// weights alone).
  CheckpointModel(const std::string& file, const DeviceChoice& device, int threads);

  nn::Replica& replica() { return *replica_; }
  const nn::Model& model() const { return model_; }
  const train::DataFacts& data() const { return data_; }
  const train::Progress& progress() const { return progress_; }
  std::int64_t classes() const { return model_.input().classes; }
  /// Of class `index`, or of that element of a float target: "sneaker".
  const std::string& class_name(std::int64_t index) const;

  /// A dataset as this model was trained to see it: with the mean and deviation of its own training
  /// data. Throws InputError where samples or classes do not fit.
  std::unique_ptr<datasets::Dataset> fit(std::unique_ptr<datasets::Dataset> dataset) const;

  /// (rows, classes) outputs of a pass on the device, until the next one, and a copy on the host.
  const float* forward(const float* input, std::span<const std::int64_t> sample_ids,
                       kernels::Stream& stream);
  std::vector<float> to_host(const float* outputs, std::int64_t rows,
                             kernels::Stream& stream) const;

 private:
  CheckpointModel(const train::Checkpoint& checkpoint, const DeviceChoice& device, int threads);

  train::DataFacts data_;
  train::Progress progress_;
  nn::Model model_;
  std::unique_ptr<kernels::Backend> backend_;
  std::unique_ptr<nn::Replica> replica_;
};

/// Samples per pass of eval and predict.
inline constexpr std::int64_t inference_batch = 256;

}  // namespace dtrain::launch
