// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/data_loader.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/assert.hpp"
#include "datasets/read_ahead.hpp"

namespace dtrain::datasets {
namespace {

/// A block of samples that is read ahead is at most this large; two are in memory.
constexpr std::int64_t block_limit_bytes = std::int64_t{192} << 20;
/// A device keeps a whole split where it takes at most this part of what is free.
constexpr std::size_t largest_share_of_device = 4;

/// Cuts the positions that `passes` visit, laid end to end, where the sampler's window changes: a
/// block then needs the chunks of one window only, and each chunk is read about once.
std::vector<Range> plan_blocks(std::span<const Range> passes, std::int64_t window_samples,
                               std::int64_t block_limit) {
  std::vector<Range> blocks;
  std::int64_t laid = 0, last_window = -1;
  for (const Range& pass : passes)
    for (std::int64_t position = pass.begin; position < pass.end; ++position) {
      const std::int64_t window = position / window_samples;
      if (window != last_window || blocks.back().size() == block_limit)
        blocks.push_back({laid, laid});
      last_window = window;
      blocks.back().end = ++laid;
    }
  return blocks;
}

}  // namespace

class DataLoader::Impl {
 public:
  Impl(Dataset& dataset, const kernels::Backend& backend, std::int64_t max_batch,
       AugmentOptions augment, std::uint64_t seed)
      : dataset_(dataset),
        backend_(backend),
        max_batch_(max_batch),
        augment_(augment),
        seed_(seed) {
    const auto batch = static_cast<std::size_t>(max_batch);
    const auto elements = static_cast<std::size_t>(dataset.info().sample_shape.elements());
    input_ = backend.device->allocate(batch * elements * sizeof(float));
    sources_.resize(batch);
    if (dataset.resident_samples() == nullptr)
      streamed_.resize(batch * static_cast<std::size_t>(dataset.sample_bytes()));
    if (!backend.device->is_host()) settle_on_device();
  }

  void start(std::span<const std::int64_t> order, std::vector<Range> passes, std::int64_t epoch) {
    read_ahead_.reset();
    order_.assign(order.begin(), order.end());
    passes_ = std::move(passes);
    next_pass_ = 0;
    epoch_ = epoch;
    if (dataset_.resident_samples() != nullptr) return;
    std::vector<std::int64_t> ids;
    for (const Range& pass : passes_)
      ids.insert(ids.end(), order_.begin() + pass.begin, order_.begin() + pass.end);
    read_ahead_.emplace(
        dataset_, std::move(ids),
        plan_blocks(passes_, Sampler::window_samples(dataset_.chunk_samples()),
                    std::max<std::int64_t>(block_limit_bytes / dataset_.sample_bytes(), 1)));
  }

  Batch next(kernels::Stream& stream) {
    DTRAIN_ASSERT(next_pass_ < passes_.size());
    const Range pass = passes_[next_pass_++];
    DTRAIN_ASSERT(pass.size() <= max_batch_);
    const auto ids = std::span<const std::int64_t>(order_).subspan(
        static_cast<std::size_t>(pass.begin), static_cast<std::size_t>(pass.size()));
    locate_samples(ids);
    if (on_device_ != nullptr && !whole_split_) send_samples(ids.size(), stream);
    augment(ids, stream);
    gather_answers(ids);
    return {pass.size(), input_->floats(), labels_, targets_, ids};
  }

 private:
  /// A split that is in memory moves to the device for good where there is room for it; else samples
  /// go there pass by pass, as they are stored: bytes are a quarter of the floats that they become.
  void settle_on_device() {
    const auto split_bytes = static_cast<std::size_t>(dataset_.size() * dataset_.sample_bytes());
    const std::size_t room = backend_.device->free_bytes() / largest_share_of_device;
    whole_split_ = dataset_.resident_samples() != nullptr && split_bytes <= room;
    const auto pass_bytes = static_cast<std::size_t>(max_batch_ * dataset_.sample_bytes());
    on_device_ = backend_.device->allocate(whole_split_ ? split_bytes : pass_bytes);
    if (!whole_split_) {
      staging_.resize(pass_bytes);
      return;
    }
    const auto stream = backend_.device->make_stream();
    backend_.device->copy_to_device(on_device_->data(), dataset_.resident_samples(), split_bytes,
                                    *stream);
    stream->synchronize();
  }

  /// Sends the samples of sources_ to the device and points sources_ there.
  void send_samples(std::size_t count, kernels::Stream& stream) {
    const auto bytes = static_cast<std::size_t>(dataset_.sample_bytes());
    auto* target = static_cast<std::byte*>(on_device_->data());
    for (std::size_t i = 0; i < count; ++i) {
      std::memcpy(staging_.data() + i * bytes, sources_[i], bytes);
      sources_[i] = target + i * bytes;
    }
    backend_.device->copy_to_device(target, staging_.data(), count * bytes, stream);
  }

  /// Points sources_ at the stored samples.
  void locate_samples(std::span<const std::int64_t> ids) {
    const auto bytes = static_cast<std::size_t>(dataset_.sample_bytes());
    const void* samples = whole_split_ ? on_device_->data() : dataset_.resident_samples();
    if (const auto* resident = static_cast<const std::byte*>(samples)) {
      for (std::size_t i = 0; i < ids.size(); ++i)
        sources_[i] = resident + static_cast<std::size_t>(ids[i]) * bytes;
    } else {
      read_ahead_->take(static_cast<std::int64_t>(ids.size()), streamed_.data());
      for (std::size_t i = 0; i < ids.size(); ++i) sources_[i] = streamed_.data() + i * bytes;
    }
  }

  void augment(std::span<const std::int64_t> ids, kernels::Stream& stream) {
    const DatasetInfo& info = dataset_.info();
    kernels::AugmentArgs args;
    args.samples = static_cast<std::int64_t>(ids.size());
    args.channels = info.sample_shape[0];
    args.height = info.sample_shape[1];
    args.width = info.sample_shape[2];
    args.type = info.type;
    args.sources = sources_.data();
    args.sample_ids = ids.data();
    args.mean = info.mean.data();
    args.std = info.std.data();
    args.crop_padding = augment_.crop_padding;
    args.flip = augment_.flip;
    args.seed = seed_;
    args.epoch = static_cast<std::uint32_t>(epoch_);
    args.output = input_->floats();
    backend_.kernels->augment(args, stream);
  }

  void gather_answers(std::span<const std::int64_t> ids) {
    labels_.clear();
    targets_.clear();
    if (const auto labels = dataset_.labels(); !labels.empty())
      for (std::int64_t id : ids) labels_.push_back(labels[static_cast<std::size_t>(id)]);
    if (const auto targets = dataset_.targets(); !targets.empty()) {
      const std::size_t width = dataset_.info().classes.size();
      for (std::int64_t id : ids) {
        const auto row = targets.subspan(static_cast<std::size_t>(id) * width, width);
        targets_.insert(targets_.end(), row.begin(), row.end());
      }
    }
  }

  Dataset& dataset_;
  const kernels::Backend& backend_;
  const std::int64_t max_batch_;
  const AugmentOptions augment_;
  const std::uint64_t seed_;

  std::vector<std::int64_t> order_;
  std::vector<Range> passes_;
  std::size_t next_pass_ = 0;
  std::int64_t epoch_ = 0;

  std::unique_ptr<kernels::Allocation> input_;
  std::vector<const void*> sources_;
  std::vector<std::byte> streamed_;  ///< the pass's stored samples when they are not in memory
  // On a device with memory of its own: the whole split, or the pass's samples and where they are
  // gathered.
  bool whole_split_ = false;
  std::unique_ptr<kernels::Allocation> on_device_;
  std::vector<std::byte> staging_;
  std::vector<std::int64_t> labels_;
  std::vector<float> targets_;
  std::optional<ReadAhead> read_ahead_;
};

DataLoader::DataLoader(Dataset& dataset, const kernels::Backend& backend, std::int64_t max_batch,
                       AugmentOptions augment, std::uint64_t seed)
    : impl_(std::make_unique<Impl>(dataset, backend, max_batch, augment, seed)) {}
DataLoader::~DataLoader() = default;

void DataLoader::start(std::span<const std::int64_t> order, std::vector<Range> passes,
                       std::int64_t epoch) {
  impl_->start(order, std::move(passes), epoch);
}

Batch DataLoader::next(kernels::Stream& stream) {
  return impl_->next(stream);
}

}  // namespace dtrain::datasets
