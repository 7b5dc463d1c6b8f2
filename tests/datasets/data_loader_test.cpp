// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/data_loader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <numeric>

#include "base/error.hpp"
#include "datasets/synthetic.hpp"
#include "tests/support/far_device.hpp"

namespace dtrain::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// Sample i is the bytes {i, i+1}; read on demand only. Counts reads and fails at one sample.
class FakeStream : public Dataset {
 public:
  FakeStream(std::int64_t size, std::int64_t chunk) : chunk_(chunk) {
    info_.sample_shape = {1, 1, 2};
    info_.classes = {"a", "b", "c"};
    info_.mean = {0};
    info_.std = {1.0f / 255};
    for (std::int64_t i = 0; i < size; ++i) labels_.push_back(i % 3);
  }
  const DatasetInfo& info() const override { return info_; }
  std::int64_t size() const override { return static_cast<std::int64_t>(labels_.size()); }
  std::int64_t chunk_samples() const override { return chunk_; }
  const void* resident_samples() const override { return nullptr; }
  std::span<const std::int64_t> labels() const override { return labels_; }
  std::span<const float> targets() const override { return {}; }
  void read(std::span<const std::int64_t> ids, void* destination) override {
    ++reads;
    samples_read += static_cast<std::int64_t>(ids.size());
    auto* out = static_cast<std::uint8_t*>(destination);
    for (std::int64_t id : ids) {
      if (id == broken) throw InputError("sample 700 is broken");
      *out++ = static_cast<std::uint8_t>(id);
      *out++ = static_cast<std::uint8_t>(id + 1);
    }
  }

  std::atomic<int> reads = 0;
  std::atomic<std::int64_t> samples_read = 0;
  std::int64_t broken = -1;

 private:
  DatasetInfo info_;
  std::int64_t chunk_;
  std::vector<std::int64_t> labels_;
};

class DataLoaderTest : public ::testing::Test {
 protected:
  std::unique_ptr<kernels::Backend> backend_ = kernels::make_reference_backend();
  std::unique_ptr<kernels::Stream> stream_ = backend_->device->make_stream();
};

/// A rank's passes through an epoch in batches of `global_batch`.
std::vector<Range> epoch_passes(std::int64_t size, std::int64_t global_batch, int rank, int ranks) {
  std::vector<Range> passes;
  for (std::int64_t begin = 0; begin < size; begin += global_batch)
    for (Range pass : plan_passes(std::min(global_batch, size - begin), rank, ranks, 0, 0))
      passes.push_back({begin + pass.begin, begin + pass.end});
  return passes;
}

TEST_F(DataLoaderTest, GathersNormalisedSamplesAndTheirLabels) {
  DatasetInfo info;
  info.sample_shape = {2, 1, 1};
  info.classes = {"a", "b"};
  info.mean = {0.0f, 0.2f};
  info.std = {1.0f, 0.5f};
  std::vector<std::byte> samples;
  for (int value : {0, 51, 255, 102, 51, 255}) samples.push_back(static_cast<std::byte>(value));
  MemoryDataset dataset(info, samples, {0, 1, 1});
  DataLoader loader(dataset, *backend_, 2, {}, 1);
  const std::int64_t order[] = {2, 0, 1};
  loader.start(order, {{0, 2}, {2, 3}}, 0);

  const Batch first = loader.next(*stream_);
  EXPECT_EQ(first.size, 2);
  EXPECT_THAT(std::vector<float>(first.input, first.input + 4),
              ElementsAre(::testing::FloatEq(0.2f), ::testing::FloatEq(1.6f), 0,
                          ::testing::FloatNear(0, 1e-7f)));
  EXPECT_THAT(std::vector<std::int64_t>(first.labels.begin(), first.labels.end()),
              ElementsAre(1, 0));
  EXPECT_THAT(std::vector<std::int64_t>(first.sample_ids.begin(), first.sample_ids.end()),
              ElementsAre(2, 0));
  EXPECT_TRUE(first.targets.empty());
  const Batch second = loader.next(*stream_);
  EXPECT_EQ(second.size, 1);
  EXPECT_THAT(second.input[0], 1.0f);
}

TEST_F(DataLoaderTest, GathersFloatTargets) {
  DatasetInfo info;
  info.sample_shape = {1, 1, 1};
  info.type = SampleType::float32;
  info.classes = {"x", "y"};
  info.mean = {1};
  info.std = {2};
  const float values[] = {5, -3};
  std::vector<std::byte> samples(8);
  std::memcpy(samples.data(), values, 8);
  MemoryDataset dataset(info, samples, {}, {1, 2, 3, 4});
  DataLoader loader(dataset, *backend_, 2, {}, 1);
  const std::int64_t order[] = {1, 0};
  loader.start(order, {{0, 2}}, 0);
  const Batch batch = loader.next(*stream_);
  EXPECT_THAT(std::vector<float>(batch.input, batch.input + 2), ElementsAre(-2, 2));
  EXPECT_THAT(std::vector<float>(batch.targets.begin(), batch.targets.end()),
              ElementsAre(3, 4, 1, 2));
  EXPECT_TRUE(batch.labels.empty());
}

// The contract: streamed or in memory, at any number of ranks, a sample gets the same crop and flip
// and comes at the same place of the epoch.
TEST_F(DataLoaderTest, StreamedEqualsResidentAtAnyNumberOfRanks) {
  const std::string specification = "synthetic:2x6x6:5:333";
  DatasetSplits resident = make_synthetic(specification, 1 << 24);
  DatasetSplits streamed = make_synthetic(specification, 0);
  const auto order = Sampler(333, 1, 4).epoch_order(2);
  const std::size_t floats = 2 * 6 * 6;
  std::vector<float> expected;
  DataLoader whole(*resident.train, *backend_, 333, {2, true}, 11);
  whole.start(order, {{0, 333}}, 2);
  const Batch all = whole.next(*stream_);
  for (int ranks : {1, 2, 3, 5})
    for (DatasetSplits* splits : {&resident, &streamed}) {
      std::int64_t seen = 0;
      for (int rank = 0; rank < ranks; ++rank) {
        DataLoader loader(*splits->train, *backend_, 50, {2, true}, 11);
        const auto passes = epoch_passes(333, 50, rank, ranks);
        loader.start(order, passes, 2);
        for (const Range& pass : passes) {
          const Batch batch = loader.next(*stream_);
          ASSERT_EQ(batch.size, pass.size());
          const auto begin = static_cast<std::size_t>(pass.begin);
          ASSERT_EQ(std::memcmp(batch.input, all.input + begin * floats,
                                static_cast<std::size_t>(batch.size) * floats * sizeof(float)),
                    0);
          ASSERT_TRUE(std::equal(batch.labels.begin(), batch.labels.end(),
                                 all.labels.begin() + pass.begin));
          seen += batch.size;
        }
      }
      EXPECT_EQ(seen, 333);
    }
}

TEST_F(DataLoaderTest, ReadsEachSampleOnceWindowByWindow) {
  FakeStream dataset(5000, 1);  // windows of 1024
  const auto order = Sampler(5000, 1, 1).epoch_order(0);
  DataLoader loader(dataset, *backend_, 300, {}, 1);
  const auto passes = epoch_passes(5000, 300, 0, 1);
  loader.start(order, passes, 0);
  std::size_t position = 0;
  for (std::size_t i = 0; i < passes.size(); ++i) {
    const Batch batch = loader.next(*stream_);
    for (std::int64_t k = 0; k < batch.size; ++k, ++position) {
      ASSERT_EQ(batch.sample_ids[static_cast<std::size_t>(k)], order[position]);
      ASSERT_FLOAT_EQ(batch.input[2 * k], static_cast<float>(order[position] % 256));
      ASSERT_EQ(batch.labels[static_cast<std::size_t>(k)], order[position] % 3);
    }
  }
  EXPECT_EQ(dataset.reads, 5);
  EXPECT_EQ(dataset.samples_read, 5000);
}

TEST_F(DataLoaderTest, AFailedReadReachesTheConsumerInItsPlace) {
  FakeStream dataset(5000, 1);
  dataset.broken = 700;
  std::vector<std::int64_t> order(5000);
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::rotate(order.begin(), order.begin() + 1000, order.end());  // 700 lies in the last window
  DataLoader loader(dataset, *backend_, 1000, {}, 1);
  loader.start(order, epoch_passes(5000, 1000, 0, 1), 0);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(loader.next(*stream_).size, 1000);
  for (int i = 0; i < 2; ++i) {
    if (i == 1) loader.start(order, {{4500, 4800}}, 0);  // and again after a new start
    EXPECT_THAT([&] { loader.next(*stream_); },
                ThrowsMessage<InputError>(HasSubstr("sample 700 is broken")));
  }
}

TEST_F(DataLoaderTest, StopsCleanlyInTheMiddleOfAnEpoch) {
  FakeStream dataset(5000, 1);
  const auto order = Sampler(5000, 1, 1).epoch_order(0);
  for (int taken = 0; taken < 4; ++taken) {
    DataLoader loader(dataset, *backend_, 100, {}, 1);
    loader.start(order, epoch_passes(5000, 100, 0, 1), 0);
    for (int i = 0; i < taken; ++i) loader.next(*stream_);
    if (taken == 3) {  // another epoch before this one is done
      loader.start(order, {{0, 100}}, 1);
      EXPECT_EQ(loader.next(*stream_).sample_ids[0], order[0]);
    }
  }
}

TEST_F(DataLoaderTest, ARankWithoutSamplesMayStart) {
  FakeStream dataset(10, 1);
  DataLoader loader(dataset, *backend_, 1, {}, 1);
  loader.start(Sampler(10, 1, 1).epoch_order(0), {}, 0);
}

/// All inputs of two passes of two samples each, from a backend whose device is far away.
std::vector<float> load_on_far_device(Dataset& dataset, std::size_t free_bytes, std::size_t* sent) {
  auto owned = std::make_unique<test::FarDevice>(free_bytes);
  test::FarDevice& device = *owned;
  const kernels::Backend backend{"far", std::move(owned),
                                 kernels::make_reference_backend()->kernels};
  const auto stream = backend.device->make_stream();
  DataLoader loader(dataset, backend, 2, {}, 1);
  const std::vector<std::int64_t> order{3, 0, 2, 1};
  loader.start(order, {{0, 2}, {2, 4}}, 0);
  std::vector<float> inputs;
  for (int pass = 0; pass < 2; ++pass) {
    const Batch batch = loader.next(*stream);
    inputs.insert(inputs.end(), batch.input, batch.input + 4);
  }
  *sent = device.bytes_sent;
  return inputs;
}

// Stored bytes travel: the whole split once where there is room, else each pass.
TEST_F(DataLoaderTest, SendsStoredSamplesToADeviceWithMemoryOfItsOwn) {
  const auto expect_inputs = [](const std::vector<float>& inputs) {
    const float expected[] = {3, 4, 0, 1, 2, 3, 1, 2};
    ASSERT_EQ(inputs.size(), 8u);
    for (std::size_t i = 0; i < 8; ++i) EXPECT_NEAR(inputs[i], expected[i], 1e-4f);
  };
  FakeStream streamed(4, 4);
  std::vector<std::byte> stored(8);
  streamed.read(std::vector<std::int64_t>{0, 1, 2, 3}, stored.data());
  MemoryDataset resident(streamed.info(), stored, {0, 1, 2, 0});
  std::size_t sent = 0;
  expect_inputs(load_on_far_device(streamed, 1000, &sent));
  EXPECT_EQ(sent, 8u);
  expect_inputs(load_on_far_device(resident, 1000, &sent));
  EXPECT_EQ(sent, 8u);
  expect_inputs(load_on_far_device(resident, 8, &sent));  // no room to stay
  EXPECT_EQ(sent, 8u);
}

}  // namespace
}  // namespace dtrain::datasets
