// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "nn/replica.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "base/hash.hpp"
#include "nn/initialize.hpp"

namespace dtrain::nn {
namespace {

using tensor::Parameter;
using tensor::ParameterRole;

/// A network and what it is bound to.
struct CachedNetwork {
  Network network;
  float* workspace = nullptr;
  float* gradients = nullptr;
};

}  // namespace

struct Replica::Impl {
  const Model& model;
  const kernels::Backend& backend;
  tensor::ParameterArena* arena = nullptr;
  std::vector<kernels::Layout> parameter_layouts;
  std::map<std::pair<std::int64_t, kernels::Pass>, CachedNetwork> networks;
  std::unique_ptr<kernels::Allocation> workspace;
  /// Gradients of all passes of a step but the first, until they are added to the arena's.
  std::unique_ptr<kernels::Allocation> later_gradients;
  const Network* last_forward = nullptr;
  std::vector<ParameterView> views;  // scratch of bind()

  Impl(const Model& model_in, const kernels::Backend& backend_in)
      : model(model_in), backend(backend_in) {}

  /// Plans on first use; the workspace grows to what the largest network wants.
  CachedNetwork& planned(std::int64_t batch, kernels::Pass pass) {
    const auto key = std::pair(batch, pass);
    const auto known = networks.find(key);
    if (known != networks.end()) return known->second;
    CachedNetwork entry{Network(model, backend, batch, pass, parameter_layouts)};
    if (workspace == nullptr || workspace->bytes() < entry.network.workspace_bytes()) {
      workspace.reset();
      workspace =
          backend.device->allocate(std::max<std::size_t>(entry.network.workspace_bytes(), 64));
      last_forward = nullptr;  // its values are gone
    }
    return networks.emplace(key, std::move(entry)).first->second;
  }

  /// Lets the network write its gradients to `block`, which is laid out like the arena's.
  void bind(CachedNetwork& entry, float* block) {
    if (entry.workspace == workspace->floats() && entry.gradients == block) return;
    views.clear();
    for (const Parameter& parameter : arena->parameters())
      views.push_back(
          {arena->value(parameter), block == nullptr ? nullptr : block + parameter.offset});
    entry.network.bind(workspace->floats(), views);
    entry.workspace = workspace->floats();
    entry.gradients = block;
  }

  /// Gradients and observations, riders not included.
  std::int64_t gradient_floats() const { return arena->value_floats(); }

  float* second_block() {
    if (later_gradients == nullptr)
      later_gradients =
          backend.device->allocate(static_cast<std::size_t>(gradient_floats()) * sizeof(float));
    return later_gradients->floats();
  }

  /// Adds [begin, end) of the second block to the arena.
  void accumulate(std::int64_t begin, std::int64_t end, kernels::Stream& stream) {
    backend.kernels->add_scaled(end - begin, 1.0f, later_gradients->floats() + begin,
                                arena->gradients() + begin, stream);
  }
};

Replica::Replica(const Model& model, const kernels::Backend& backend, std::int64_t nominal_batch,
                 std::uint64_t seed, const tensor::ArenaMemory& memory, int gradient_addends)
    : model_(model), backend_(backend), impl_(new Impl{model, backend}) {
  const Network nominal(model, backend, nominal_batch, kernels::Pass::training, {});
  impl_->parameter_layouts = nominal.parameter_layouts();
  depends_on_step_ = nominal.depends_on_step();
  std::vector<tensor::ParameterRequest> requests;
  for (const LayerSpec& layer : model.layers())
    for (const tensor::ParameterSpec& spec : layer.parameters)
      requests.push_back({spec, impl_->parameter_layouts[requests.size()]});
  arena_ = std::make_unique<tensor::ParameterArena>(backend, std::move(requests), memory,
                                                    gradient_addends);
  impl_->arena = arena_.get();
  for (const Parameter& parameter : arena_->parameters())
    arena_->from_canonical(parameter, initial_value(parameter.spec, seed), arena_->values());
}

Replica::~Replica() = default;

Network& Replica::at_batch(std::int64_t batch, kernels::Pass pass) {
  return impl_->planned(batch, pass).network;
}

const float* Replica::forward(std::int64_t batch, kernels::Pass pass, const float* input,
                              const StepContext& context, kernels::Stream& stream,
                              const Network::LayerDone& on_layer_done) {
  CachedNetwork& entry = impl_->planned(batch, pass);
  // Which gradients it writes is settled by backward.
  const bool is_new = pass == kernels::Pass::training && entry.gradients == nullptr;
  impl_->bind(entry, is_new ? arena_->gradients() : entry.gradients);
  impl_->last_forward = &entry.network;
  return entry.network.forward(input, context, stream, on_layer_done);
}

void Replica::backward(std::int64_t batch, float* output_gradient, const PassOfStep& pass,
                       const StepContext& context, kernels::Stream& stream,
                       const std::function<void(std::int64_t end)>& on_gradient_ready) {
  CachedNetwork& entry = impl_->planned(batch, kernels::Pass::training);
  DTRAIN_ASSERT(impl_->last_forward == &entry.network);  // its values are still in the workspace
  const bool adds = arena_->addends() == 1 && !pass.is_first();
  DTRAIN_ASSERT(arena_->addends() == 1 || pass.index < arena_->addends());
  const int addend = arena_->addends() == 1 ? 0 : pass.index;
  impl_->bind(entry, adds ? impl_->second_block() : arena_->gradients(addend));

  std::int64_t done = 0;  // floats of the arena that are final
  const auto on_parameter = [&](std::size_t index) {
    if (!pass.is_last()) return;
    const Parameter& parameter = arena_->parameters()[index];
    const std::int64_t end = parameter.end();
    if (adds) impl_->accumulate(done, end, stream);
    done = end;
    on_gradient_ready(end);
  };
  entry.network.backward(output_gradient, context, stream, std::ref(on_parameter));

  // After the last parameter come the statistics.
  if (adds) impl_->accumulate(done, impl_->gradient_floats(), stream);
  if (pass.is_last()) on_gradient_ready(impl_->gradient_floats());
}

void Replica::zero_gradients(kernels::Stream& stream) {
  backend_.kernels->fill(impl_->gradient_floats(), 0.0f, arena_->gradients(), stream);
}

void Replica::update_statistics(kernels::Stream& stream) {
  const std::int64_t begin = arena_->trainable_floats();
  if (begin == arena_->value_floats()) return;
  // statistic -= 0.1 * (statistic - observation), as an SGD step.
  kernels::SgdArgs args;
  args.count = arena_->value_floats() - begin;
  args.learning_rate = 0.1f;
  args.weight_decay = 1.0f;
  args.gradient_scale = -1.0f;
  args.value = arena_->values() + begin;
  args.gradient = arena_->gradients() + begin;
  backend_.kernels->sgd_update(args, stream);
}

std::string Replica::weights_hash() const {
  static_assert(std::endian::native == std::endian::little);
  Hash128 hash;
  for (ParameterRole role : {ParameterRole::trainable, ParameterRole::statistic})
    for (const Parameter& parameter : arena_->parameters()) {
      if (parameter.spec.role != role) continue;
      hash.update(parameter.spec.name);
      hash.update(std::string_view("\0", 1));
      hash.update(std::as_bytes(parameter.spec.shape.extents()));
      const std::vector<float> value = arena_->to_canonical(parameter, arena_->values());
      hash.update(std::as_bytes(std::span(value)));
    }
  return hash.hex();
}

}  // namespace dtrain::nn
