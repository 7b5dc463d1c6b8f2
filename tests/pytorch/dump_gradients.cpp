// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dump_gradients BACKEND FOLDER RANDOM_NETWORKS: one training pass of random networks and of every
// shipped model, for check_gradients.py. Per network NAME.json (layers, loss, labels, and the
// arrays in the order in which they lie in) NAME.bin (float32, canonical order).

#include <fmt/core.h>

#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "tests/nn/random_model.hpp"
#include "tests/nn/rig.hpp"

namespace {

using namespace dtrain;
using nlohmann::json;
using nn::testing::Rig;

class Dump {
 public:
  explicit Dump(const std::filesystem::path& stem)
      : header_(stem.string() + ".json"), data_(stem.string() + ".bin", std::ios::binary) {}

  void add(const std::string& kind, const std::string& name, const Shape& shape,
           std::span<const float> values) {
    arrays_.push_back({{"kind", kind},
                       {"name", name},
                       {"shape", std::vector(shape.extents().begin(), shape.extents().end())}});
    data_.write(reinterpret_cast<const char*>(values.data()),
                static_cast<std::streamsize>(values.size_bytes()));
  }
  void finish(json description) {
    description["arrays"] = arrays_;
    header_ << description.dump(1);
    header_.flush();
    data_.flush();
    if (!header_ || !data_) throw Error("cannot write the dump: is the disk full?");
  }

 private:
  json arrays_ = json::array();
  std::ofstream header_, data_;
};

/// What a dropout layer multiplies with in this pass.
std::vector<float> dropout_factors(Rig& rig, const nn::LayerSpec& layer) {
  const nn::StepContext context = rig.context();
  kernels::DropoutArgs args;
  args.rows = rig.batch;
  args.features = layer.output_shape.elements();
  args.rate = layer.attributes.value("rate", 0.5f);
  args.seed = context.seed;
  args.step = static_cast<std::uint32_t>(context.step);
  args.layer = static_cast<std::uint32_t>(hash64(layer.name));
  args.sample_ids = context.sample_ids.data();
  std::vector<float> factors(static_cast<std::size_t>(args.rows * args.features), 1.0f);
  rig.backend->kernels->dropout(args, factors.data(), factors.data(), *rig.stream);
  return factors;
}

void dump(nn::Model model, const std::string& backend, std::int64_t batch, nn::LossKind loss,
          float smoothing, const std::filesystem::path& stem) {
  Rig rig(std::move(model), backend, batch, loss, smoothing);
  const nn::LossResult result = rig.step();

  Dump out(stem);
  json layers = json::array();
  out.add("input", "", rig.model.input().sample_shape.with_batch(batch), rig.input);
  out.add("output", "", {batch, rig.model.input().classes}, rig.last_output);
  for (const nn::LayerSpec& layer : rig.model.layers()) {
    layers.push_back({{"type", layer.type},
                      {"name", layer.name},
                      {"inputs", layer.inputs},
                      {"attributes", layer.attributes}});
    if (layer.type == "dropout")
      out.add("dropout", layer.name, layer.output_shape.with_batch(batch),
              dropout_factors(rig, layer));
  }
  for (const tensor::Parameter& parameter : rig.replica.parameters().parameters()) {
    out.add("value", parameter.spec.name, parameter.spec.shape, rig.value(parameter));
    out.add("gradient", parameter.spec.name, parameter.spec.shape, rig.gradient(parameter));
  }
  out.finish({{"layers", layers},
              {"loss", nn::to_string(loss)},
              {"label_smoothing", smoothing},
              {"labels", rig.labels},
              {"mean_loss", result.loss_sum / static_cast<double>(batch)}});
}

void dump_all(const std::string& backend, const std::filesystem::path& folder,
              int random_networks) {
  for (int seed = 0; seed < random_networks; ++seed) {
    const nn::testing::RandomModel random(static_cast<std::uint64_t>(seed),
                                          nn::testing::Kinks::any);
    const bool is_mse = seed % 5 == 4;
    dump(random.model(), backend, 6, is_mse ? nn::LossKind::mse : nn::LossKind::cross_entropy,
         is_mse || seed % 2 == 0 ? 0.0f : 0.1f, folder / fmt::format("random-{:02}", seed));
  }
  for (const std::string& name : nn::builtin_model_names())
    dump(nn::Model::load(name, nn::reference_input(name)), backend, 4, nn::LossKind::cross_entropy,
         0.0f, folder / name);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: dump_gradients reference|cpu FOLDER RANDOM_NETWORKS\n");
    return 2;
  }
  try {
    dump_all(argv[1], argv[2], std::atoi(argv[3]));
  } catch (const std::exception& error) {
    fmt::print(stderr, "dump_gradients: {}\n", error.what());
    return 1;
  }
  return 0;
}
