// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Random small networks for gradient checks: every layer type, odd sizes, residual blocks with and
// without projection. A function of the seed alone.

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/rng.hpp"
#include "nn/model.hpp"

namespace dtrain::nn::testing {

/// smooth: only functions with a derivative everywhere, for finite differences.
enum class Kinks { any, smooth };

class RandomModel {
 public:
  RandomModel(std::uint64_t seed, Kinks kinks)
      : rng_(seed, RngPurpose::synthetic, 0), kinks_(kinks) {
    channels_ = pick(1, 3);
    height_ = pick(7, 12);
    width_ = pick(7, 12);
    input_ = {{channels_, height_, width_}, pick(2, 11)};
    for (std::int64_t stages = pick(3, 6); stages > 0; --stages) add_image_stage();
    if (chance(3)) add({{"type", "global_average_pool"}});
    if (chance(2)) add({{"type", "flatten"}});
    if (chance(2)) {
      add({{"type", "linear"}, {"units", pick(1, 40)}, {"bias", chance(2)}});
      if (chance(3)) add({{"type", "batch_norm"}});
      add_activation();
      if (chance(3)) add({{"type", "dropout"}, {"rate", 0.3}});
    }
    add({{"type", "linear"}, {"units", "classes"}});
  }

  const InputSpec& input() const { return input_; }
  std::string text() const { return nlohmann::json{{"layers", layers_}}.dump(); }
  Model model(const std::string& origin = "random.json") const {
    return Model::parse(text(), origin, input_);
  }

 private:
  std::int64_t pick(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(high - low + 1)));
  }
  bool chance(std::uint64_t one_in) { return rng_.below(one_in) == 0; }

  std::string add(nlohmann::json layer) {
    const std::string name = fmt::format("layer{}", layers_.size());
    layer["name"] = name;
    layers_.push_back(std::move(layer));
    return name;
  }

  void add_image_stage() {
    switch (pick(0, 6)) {
      case 0:
      case 1:
        add_convolution();
        if (chance(2)) add({{"type", "batch_norm"}});
        add_activation();
        break;
      case 2:
        add_pool();
        break;
      case 3:
        add({{"type", "batch_norm"}});
        break;
      case 4:
        add_activation();
        break;
      case 5:
        add_residual_block();
        break;
      case 6:
        if (chance(3)) add({{"type", "dropout"}, {"rate", 0.2}});
        break;
    }
  }

  void add_convolution() {
    const std::int64_t kernel_height = pick(1, 3), kernel_width = pick(1, 3);
    // A window of padding alone would put batch norm's output, and a ReLU after it, on the kink.
    const std::int64_t padding = kernel_height > 1 && kernel_width > 1 ? pick(0, 1) : 0;
    const std::int64_t stride = height_ > 5 && width_ > 5 ? pick(1, 2) : 1;
    if (height_ + 2 * padding < kernel_height || width_ + 2 * padding < kernel_width) return;
    const bool is_grouped = channels_ % 2 == 0 && chance(4);
    const std::int64_t channels = is_grouped ? 2 * pick(1, 8) : pick(1, 20);
    add({{"type", "conv2d"},
         {"channels", channels},
         {"kernel", {kernel_height, kernel_width}},
         {"stride", stride},
         {"padding", padding},
         {"groups", is_grouped ? 2 : 1},
         {"bias", chance(2)}});
    channels_ = channels;
    height_ = (height_ + 2 * padding - kernel_height) / stride + 1;
    width_ = (width_ + 2 * padding - kernel_width) / stride + 1;
  }

  void add_activation() {
    static constexpr const char* names[] = {"gelu", "sigmoid", "tanh", "relu", "relu", "relu"};
    add({{"type", names[pick(0, kinks_ == Kinks::smooth ? 2 : 5)]}});
  }

  void add_pool() {
    const std::int64_t window = pick(2, 3), padding = pick(0, 1);
    const std::int64_t stride = pick(1, 2);
    if (height_ < window || width_ < window) return;
    const bool is_max = kinks_ == Kinks::any && chance(2);
    add({{"type", is_max ? "max_pool" : "average_pool"},
         {"window", window},
         {"stride", stride},
         {"padding", padding}});
    height_ = (height_ + 2 * padding - window) / stride + 1;
    width_ = (width_ + 2 * padding - window) / stride + 1;
  }

  /// add(path(x), shortcut(x)), where x is what came before.
  void add_residual_block() {
    if (layers_.empty()) return;
    const std::string source = layers_.back()["name"];
    const auto convolution = [&](std::int64_t channels, std::int64_t kernel) {
      return nlohmann::json{{"type", "conv2d"},
                            {"channels", channels},
                            {"kernel", kernel},
                            {"padding", kernel / 2},
                            {"bias", chance(2)}};
    };
    const bool is_projected = chance(2);
    const std::int64_t channels = is_projected ? pick(1, 18) : channels_;
    if (chance(3)) add_activation();
    std::string path = add(convolution(channels, 3));
    if (chance(2)) path = add({{"type", "batch_norm"}});
    if (chance(2)) {
      add_activation();
      path = layers_.back()["name"];
    }
    std::string shortcut = source;
    if (is_projected) {
      nlohmann::json projection = convolution(channels, 1);
      projection["input"] = source;
      shortcut = add(std::move(projection));
      if (chance(2)) shortcut = add({{"type", "batch_norm"}});
    }
    if (chance(2)) std::swap(path, shortcut);
    add({{"type", "add"}, {"inputs", {path, shortcut}}});
    if (chance(2)) add_activation();
    channels_ = channels;
  }

  Rng rng_;
  Kinks kinks_;
  InputSpec input_;
  nlohmann::json layers_ = nlohmann::json::array();
  std::int64_t channels_ = 0, height_ = 0, width_ = 0;
};

}  // namespace dtrain::nn::testing
