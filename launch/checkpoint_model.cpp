// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/checkpoint_model.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "launch/binding.hpp"

namespace dtrain::launch {
namespace {

/// Another dataset's samples under other statistics.
class Renormalised : public datasets::Dataset {
 public:
  Renormalised(std::unique_ptr<datasets::Dataset> dataset, const train::DataFacts& facts)
      : dataset_(std::move(dataset)), info_(dataset_->info()) {
    info_.mean = facts.mean;
    info_.std = facts.std;
  }
  const datasets::DatasetInfo& info() const override { return info_; }
  std::int64_t size() const override { return dataset_->size(); }
  std::int64_t chunk_samples() const override { return dataset_->chunk_samples(); }
  const void* resident_samples() const override { return dataset_->resident_samples(); }
  std::span<const std::int64_t> labels() const override { return dataset_->labels(); }
  std::span<const float> targets() const override { return dataset_->targets(); }
  void read(std::span<const std::int64_t> ids, void* destination) override {
    dataset_->read(ids, destination);
  }

 private:
  std::unique_ptr<datasets::Dataset> dataset_;
  datasets::DatasetInfo info_;
};

train::Checkpoint read_whole(const std::string& file) {
  auto checkpoint = train::read_checkpoint(file);
  if (checkpoint.model_text.empty() || checkpoint.data.sample_shape.rank() != 3)
    throw InputError(
        fmt::format("{} holds weights without their model: train or --init from it instead", file));
  return checkpoint;
}

}  // namespace

CheckpointModel::CheckpointModel(const std::string& file, const DeviceChoice& device, int threads)
    : CheckpointModel(read_whole(file), device, threads) {}

CheckpointModel::CheckpointModel(const train::Checkpoint& checkpoint, const DeviceChoice& device,
                                 int threads)
    : data_(checkpoint.data),
      progress_(checkpoint.progress),
      model_(nn::Model::parse(checkpoint.model_text, checkpoint.model_name,
                              {checkpoint.data.sample_shape,
                               static_cast<std::int64_t>(checkpoint.data.classes.size())})),
      backend_(make_backend(device, {.threads = threads})),
      replica_(std::make_unique<nn::Replica>(model_, *backend_, inference_batch, /*seed=*/0)) {
  train::restore(checkpoint, *replica_, nullptr);
}

const std::string& CheckpointModel::class_name(std::int64_t index) const {
  return data_.classes[static_cast<std::size_t>(index)];
}

std::unique_ptr<datasets::Dataset> CheckpointModel::fit(
    std::unique_ptr<datasets::Dataset> dataset) const {
  const auto& info = dataset->info();
  if (info.sample_shape != data_.sample_shape)
    throw InputError(fmt::format("{} has samples of {}, but the model was trained on {} of {}",
                                 info.name, info.sample_shape.to_string(), data_.name,
                                 data_.sample_shape.to_string()));
  const std::int64_t values = static_cast<std::int64_t>(dataset->targets().size());
  const std::int64_t classes =
      values > 0 ? values / dataset->size() : static_cast<std::int64_t>(info.classes.size());
  if (classes != this->classes())
    throw InputError(fmt::format("{} has {} classes, but the model was trained for {}", info.name,
                                 classes, this->classes()));
  if ((info.type == datasets::SampleType::uint8) != data_.integer_samples)
    throw InputError(
        fmt::format("{} and {}, the training data, differ in sample type (uint8, float32)",
                    info.name, data_.name));
  return std::make_unique<Renormalised>(std::move(dataset), data_);
}

const float* CheckpointModel::forward(const float* input, std::span<const std::int64_t> sample_ids,
                                      kernels::Stream& stream) {
  const auto rows = static_cast<std::int64_t>(sample_ids.size());
  nn::StepContext context;
  context.sample_ids = sample_ids;
  return replica_->forward(rows, kernels::Pass::inference, input, context, stream);
}

std::vector<float> CheckpointModel::to_host(const float* outputs, std::int64_t rows,
                                            kernels::Stream& stream) const {
  std::vector<float> host(static_cast<std::size_t>(rows * classes()));
  backend_->device->copy_to_host(host.data(), outputs, host.size() * sizeof(float), stream);
  return host;
}

}  // namespace dtrain::launch
