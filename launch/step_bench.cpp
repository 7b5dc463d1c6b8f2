// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/step_bench.hpp"

#include <numeric>

#include "launch/library_options.hpp"

namespace dtrain::launch {

KeptPasses::KeptPasses(datasets::Dataset& dataset, const std::vector<datasets::Range>& passes,
                       std::int64_t batch, const kernels::Backend& backend,
                       kernels::Stream& stream) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(batch));
  std::iota(order.begin(), order.end(), 0);
  for (const datasets::Range& pass : passes) {
    auto& loader = loaders_.emplace_back(std::make_unique<datasets::DataLoader>(
        dataset, backend, pass.size(), datasets::AugmentOptions{}, 1));
    loader->start(order, {pass}, 0);
    batches_.push_back(loader->next(stream));
  }
}

datasets::Batch KeptPasses::next(kernels::Stream&) {
  const datasets::Batch batch = batches_[next_];
  next_ = (next_ + 1) % batches_.size();
  return batch;
}

StepBench::StepBench(const std::string& comm, const StepBenchSettings& settings,
                     const nn::Model& model, datasets::Dataset& dataset,
                     const kernels::Backend& backend, comm::Communicator& world)
    : comm_(comm),
      alone_(comm::make_self_communicator()),
      summing_(comm == "none" ? *alone_ : world),
      batch_(comm == "none" ? settings.batch / world.size() : settings.batch),
      samples_(comm == "none" ? batch_ * world.size() : batch_),
      options_(trainer_options(train_settings(settings), model)),
      plan_(summing_, dataset.size(), batch_, options_.shards, 0),
      addends_(settings.reproducible ? plan_.most_passes() : 1),
      engine_(make_engine(settings, model, *backend.device)),
      stream_(backend.device->make_stream()),
      passes_(dataset, plan_.passes_of(batch_), batch_, backend, *stream_),
      replica_(model, backend, plan_.nominal_pass(), options_.seed,
               train::arena_memory(*engine_.collective, engine_.options), addends_),
      loss_(options_.loss, 0, model.input().classes, plan_.largest_pass(), backend),
      step_(replica_, summing_, *engine_.collective, passes_, loss_, plan_, options_, {}, *stream_,
            stop_requested_) {}

void StepBench::run() {
  const train::StepOutcome outcome = step_.run(progress_);
  stream_->synchronize();
  ++progress_.step;
  communication_seconds_ += step_.communication_seconds();
  exposed_ms_ += outcome.time.phase_ms[static_cast<std::size_t>(Phase::comm_exposed)];
}

train::Json StepBench::step_milliseconds() const {
  const measure::StepSummary steps = step_.time_summary();
  const auto median_of = [&](Phase phase) {
    return steps.phase_median_ms[static_cast<std::size_t>(phase)];
  };
  return {{"median", steps.median_ms},
          {"p95", steps.p95_ms},
          {"data", median_of(Phase::data)},
          {"forward", median_of(Phase::forward)},
          {"backward", median_of(Phase::backward)},
          {"comm_exposed", median_of(Phase::comm_exposed)},
          {"optimizer", median_of(Phase::optimizer)}};
}

// What training would be told.
TrainSettings StepBench::train_settings(const StepBenchSettings& bench) const {
  TrainSettings settings;
  settings.global_batch = batch_;
  settings.optimizer = bench.optimizer;
  settings.schedule = "constant";
  settings.lr = 1e-4;  // stays finite for any number of steps
  settings.comm = comm_ == "none" ? "auto" : comm_;
  settings.bucket_mb = bench.bucket_mb;
  settings.overlap = bench.overlap;
  settings.shard_optimizer = bench.shard_optimizer;
  settings.reproducible = bench.reproducible;
  settings.shards = bench.shards;
  return settings;
}

// Completes options_ by what it chose.
comm::Engine StepBench::make_engine(const StepBenchSettings& bench, const nn::Model& model,
                                    kernels::Device& device) {
  const auto bytes = static_cast<std::size_t>(model.parameter_count()) * sizeof(float);
  auto request = engine_request(train_settings(bench), bytes, addends_);
  request.device = &device;
  comm::Engine engine = comm::make_engine(summing_, request);
  options_.synchronization.bucket_mb = engine.bucket_mb;
  options_.synchronization.reduction = engine.options;
  return engine;
}

}  // namespace dtrain::launch
