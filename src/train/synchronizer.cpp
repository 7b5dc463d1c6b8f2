// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/synchronizer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dtrain::train {
namespace {

std::span<float> block(float* data, std::int64_t floats) {
  return {data, static_cast<std::size_t>(floats)};
}

std::vector<comm::GradientBucket> buckets_of(const tensor::ParameterArena& arena,
                                             double bucket_mb) {
  std::vector<std::int64_t> ends;
  for (const tensor::Parameter& parameter : arena.parameters())
    if (parameter.spec.role == tensor::ParameterRole::trainable) ends.push_back(parameter.end());
  std::ranges::sort(ends);
  return comm::plan_buckets(ends, arena.gradient_floats(),
                            std::llround(bucket_mb * 1e6 / sizeof(float)));
}

std::vector<optim::Slice> slices_of(std::span<const comm::GradientBucket> owned) {
  std::vector<optim::Slice> slices;
  for (const comm::GradientBucket& slice : owned) slices.push_back({slice.begin, slice.end});
  return slices;
}

comm::ReducerOptions reduction_of(const SynchronizerOptions& options,
                                  const tensor::ParameterArena& arena) {
  comm::ReducerOptions reduction = options.reduction;
  if (options.exact_shards > 0) {
    reduction.exact = kernels::exact_sum_of(options.exact_shards);
    reduction.addend_stride = static_cast<std::size_t>(arena.gradient_stride());
  }
  return reduction;
}

}  // namespace

tensor::ArenaMemory arena_memory(comm::Collective& collective,
                                 const comm::ReducerOptions& options) {
  const auto allocate = [&collective](std::size_t bytes) { return collective.allocate(bytes); };
  tensor::ArenaMemory memory{.gradients = allocate};
  if (options.shard) memory.values = allocate;
  return memory;
}

Synchronizer::Synchronizer(nn::Replica& replica, comm::Communicator& communicator,
                           comm::Collective& collective, const SynchronizerOptions& options,
                           SpanSink& spans, RankProgress progress)
    : replica_(replica),
      communicator_(communicator),
      spans_(spans),
      progress_(progress),
      is_sharded_(options.reduction.shard),
      knows_slices_(is_sharded_ && options.exact_shards == 0),
      reducer_(collective, *replica.backend().device,
               block(replica.parameters().gradients(), replica.parameters().gradient_floats()),
               replica.parameters().trainable_floats(),
               buckets_of(replica.parameters(), options.bucket_mb),
               reduction_of(options, replica.parameters()), spans, progress),
      optimizer_(optim::make_optimizer(options.optimizer, replica.parameters(), replica.backend(),
                                       slices_of(reducer_.owned()))) {
  reducer_.before_rest([this](kernels::Stream& stream) { look_at_owned(stream); });
}

bool Synchronizer::sum_is_finite(kernels::Stream& stream) {
  tensor::ParameterArena& arena = replica_.parameters();
  const std::int64_t begin = knows_slices_ ? arena.trainable_floats() : 0;
  return replica_.backend().kernels->find_non_finite(arena.gradient_floats() - begin,
                                                     arena.gradients() + begin, stream) < 0;
}

// What only this rank knows goes into the last rider, whose sum every rank gets: NaN there is NaN in
// what this rank owns of the gradients.
void Synchronizer::look_at_owned(kernels::Stream& stream) {
  const kernels::Backend& backend = replica_.backend();
  tensor::ParameterArena& arena = replica_.parameters();
  float verdict = 0;
  for (const comm::GradientBucket& slice : reducer_.owned())
    if (backend.kernels->find_non_finite(slice.end - slice.begin, arena.gradients() + slice.begin,
                                         stream) >= 0)
      verdict = std::numeric_limits<float>::quiet_NaN();
  float* rider = arena.riders() + tensor::ParameterArena::rider_count - 1;
  backend.device->copy_to_device(rider, &verdict, sizeof verdict, stream);
}

void Synchronizer::update(float learning_rate, std::int64_t step, kernels::Stream& stream) {
  {
    const ScopedSpan span(spans_, Phase::optimizer, "update");
    const ScopedPlace place(progress_.main, Place::optimizer);
    const std::vector<double> norms = summed_norms(step, stream);
    for (const optim::Slice& slice : optimizer_->owned())
      optimizer_->update(slice, norms, learning_rate, step, stream);
    replica_.update_statistics(stream);
  }
  tensor::ParameterArena& arena = replica_.parameters();
  reducer_.share(block(arena.values(), arena.value_floats()), stream);
}

// What LARS, LAMB and clipping need to know of the whole gradient.
std::vector<double> Synchronizer::summed_norms(std::int64_t step, kernels::Stream& stream) {
  std::vector<double> norms = optimizer_->partial_norms({0, 0}, step, stream);
  for (const optim::Slice& slice : optimizer_->owned()) {
    const std::vector<double> part = optimizer_->partial_norms(slice, step, stream);
    for (std::size_t i = 0; i < part.size(); ++i) norms[i] += part[i];
  }
  if (is_sharded_ && !norms.empty()) communicator_.allreduce(std::span(norms), comm::ReduceOp::sum);
  return norms;
}

}  // namespace dtrain::train
