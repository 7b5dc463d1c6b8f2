// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// A model, its replica and a batch of random data on a backend: what the tests of networks share.

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "nn/loss.hpp"
#include "nn/replica.hpp"

namespace dtrain::nn::testing {

inline std::unique_ptr<kernels::Backend> make_backend(const std::string& name) {
  return name == "cpu" ? kernels::make_cpu_backend(1) : kernels::make_reference_backend();
}

struct Rig {
  Rig(Model model_in, const std::string& backend_name, std::int64_t batch,
      LossKind loss_kind = LossKind::cross_entropy, float smoothing = 0.0f)
      : backend(make_backend(backend_name)),
        model(std::move(model_in)),
        replica(model, *backend, batch, /*seed=*/7),
        loss(loss_kind, smoothing, model.input().classes, batch, *backend),
        stream(backend->device->make_stream()),
        batch(batch) {
    Rng rng(3, RngPurpose::synthetic, 1);
    const std::int64_t features = model.input().sample_shape.elements();
    for (std::int64_t i = 0; i < batch; ++i) {
      labels.push_back(
          static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(model.input().classes))));
      ids.push_back(100 + 3 * i);
    }
    for (std::int64_t i = 0; i < batch * features; ++i)
      input.push_back(Rng(3, RngPurpose::synthetic, 2).normal_at(static_cast<std::uint64_t>(i)));
    // 64-byte aligned, as kernels ask for.
    device_input = backend->device->allocate(input.size() * sizeof(float));
    backend->device->copy_to_device(device_input->data(), input.data(),
                                    input.size() * sizeof(float), *stream);
  }

  StepContext context(std::int64_t first = 0, std::int64_t rows = -1) const {
    rows = rows < 0 ? batch : rows;
    StepContext result;
    result.seed = 11;
    result.step = 5;
    result.sample_ids =
        std::span(ids).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(rows));
    result.pass_weight = static_cast<float>(rows) / static_cast<float>(batch);
    return result;
  }

  /// Forward and backward of samples [first, first + rows), scaled as parts of the whole batch.
  LossResult pass(std::int64_t first, std::int64_t rows, const PassOfStep& position) {
    const std::int64_t features = model.input().sample_shape.elements();
    const StepContext now = context(first, rows);
    // A copy, for alignment.
    auto part =
        backend->device->allocate(static_cast<std::size_t>(rows * features) * sizeof(float));
    std::copy_n(device_input->floats() + first * features, rows * features, part->floats());
    const float* output =
        replica.forward(rows, kernels::Pass::training, part->floats(), now, *stream);
    last_output.assign(output, output + rows * model.input().classes);
    const auto some_labels =
        std::span(labels).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(rows));
    const LossResult result = loss.forward_backward(output, rows, some_labels, {},
                                                    1.0f / static_cast<float>(batch), *stream);
    ready.clear();
    replica.backward(rows, loss.gradient(), position, now, *stream,
                     [&](std::int64_t end) { ready.push_back(end); });
    return result;
  }
  LossResult step() { return pass(0, batch, PassOfStep{}); }

  /// Mean loss of the training pass; changes no gradient.
  double training_loss() {
    const float* output =
        replica.forward(batch, kernels::Pass::training, device_input->floats(), context(), *stream);
    return loss.forward_backward(output, batch, labels, {}, 1.0f, *stream).loss_sum /
           static_cast<double>(batch);
  }

  std::vector<float> inference() {
    const float* output = replica.forward(batch, kernels::Pass::inference, device_input->floats(),
                                          context(), *stream);
    return {output, output + batch * model.input().classes};
  }

  std::vector<float> value(const tensor::Parameter& parameter) {
    return replica.parameters().to_canonical(parameter, replica.parameters().values());
  }
  void set_value(const tensor::Parameter& parameter, std::span<const float> value) {
    replica.parameters().from_canonical(parameter, value, replica.parameters().values());
  }
  std::vector<float> gradient(const tensor::Parameter& parameter) {
    return replica.parameters().to_canonical(parameter, replica.parameters().gradients());
  }
  /// All gradients and observations, parameter by parameter.
  std::vector<std::vector<float>> gradients() {
    std::vector<std::vector<float>> all;
    for (const tensor::Parameter& parameter : replica.parameters().parameters())
      all.push_back(gradient(parameter));
    return all;
  }

  std::unique_ptr<kernels::Backend> backend;
  Model model;
  Replica replica;
  Loss loss;
  std::unique_ptr<kernels::Stream> stream;
  std::int64_t batch;
  std::vector<std::int64_t> labels, ids;
  std::vector<float> input, last_output;
  std::unique_ptr<kernels::Allocation> device_input;
  std::vector<std::int64_t> ready;  ///< what the last backward reported
};

/// max |a - b| / max |b|, with a floor for gradients that are 0 in theory.
inline double relative_difference(std::span<const float> a, std::span<const float> b,
                                  double floor) {
  double difference = 0, scale = floor;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference =
        std::max(difference, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
    scale = std::max(scale, std::abs(static_cast<double>(b[i])));
  }
  return difference / scale;
}

}  // namespace dtrain::nn::testing
