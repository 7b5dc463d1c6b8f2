// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.hpp"
#include "datasets/dataset.hpp"
#include "datasets/dataset_file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dtrain::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class OpenDataset : public ::testing::Test {
 protected:
  void SetUp() override { unsetenv("DTRAIN_DATA"); }
  TemporaryFolder folder_;
};

TEST_F(OpenDataset, FindsBuiltInData) {
  EXPECT_EQ(open_dataset("digits", {}).train->size(), 3823);
  EXPECT_EQ(open_dataset("synthetic:1x4x4:2:10", {}).test->size(), 2);
}

TEST_F(OpenDataset, SearchesTheFoldersOfTheEnvironment) {
  DatasetSplits tiny = open_dataset("synthetic:1x4x4:2:10", {});
  const auto second = folder_.path() / "second";
  std::filesystem::create_directories(second);
  write_dataset_file(second / "tiny.h5", *tiny.train, *tiny.test);
  EXPECT_EQ(open_dataset((second / "tiny.h5").string(), {}).train->size(), 10);
  EXPECT_THROW(open_dataset("tiny", {}), InputError);
  setenv("DTRAIN_DATA", (folder_.path().string() + "::" + second.string()).c_str(), 1);
  EXPECT_EQ(open_dataset("tiny", {}).train->size(), 10);
  EXPECT_EQ(open_dataset("tiny.h5", {}).train->size(), 10);
  // A file of that name comes before Debian's package.
  write_dataset_file(folder_.path() / "fashion-mnist.h5", *tiny.train, *tiny.test);
  EXPECT_EQ(open_dataset("fashion-mnist", {}).train->size(), 10);
}

TEST_F(OpenDataset, SaysHowToGetWhatIsMissing) {
  EXPECT_THAT([] { open_dataset("imagenet", {}); },
              ThrowsMessage<InputError>(HasSubstr("no imagenet.h5 on the search path")));
  EXPECT_THAT([] { open_dataset("/no/such.h5", {}); },
              ThrowsMessage<InputError>(HasSubstr("/no/such.h5: no such dataset file")));
}

TEST_F(OpenDataset, RefusesMoreChannelsThanACheckpointCanHold) {
  const auto open_with_channels = [&](std::int64_t channels) {
    DatasetInfo info;
    info.name = "deep";
    info.sample_shape = {channels, 1, 1};
    info.classes = {"a", "b"};
    const auto count = static_cast<std::size_t>(channels);
    info.mean.assign(count, 0);
    info.std.assign(count, 1);
    MemoryDataset dataset(info, std::vector<std::byte>(2 * count), {0, 1});
    const auto file = folder_.path() / "deep.h5";
    write_dataset_file(file, dataset, dataset);
    return open_dataset(file.string(), {}).train->size();
  };
  EXPECT_EQ(open_with_channels(16000), 2);
  EXPECT_THAT([&] { open_with_channels(16001); },
              ThrowsMessage<InputError>(HasSubstr("deep.h5 has 16001 channels")));
}

TEST_F(OpenDataset, HoldsOutAValidationSplit) {
  OpenOptions options;
  options.validation_fraction = 0.1;
  options.seed = 3;
  const DatasetSplits splits = open_dataset("digits", options);
  EXPECT_EQ(splits.validation->size(), 382);
  EXPECT_EQ(splits.train->size(), 3823 - 382);
  EXPECT_EQ(splits.test->size(), 1797);
  EXPECT_EQ(open_dataset("digits", {}).validation, nullptr);
}

TEST_F(OpenDataset, ReadsFashionMnistOfDebian) {
  if (!std::filesystem::exists("/usr/share/datasets/fashion-mnist")) {
    EXPECT_THAT([] { open_dataset("fashion-mnist", {}); },
                ThrowsMessage<InputError>(HasSubstr("apt-get install dataset-fashion-mnist")));
    GTEST_SKIP() << "the package dataset-fashion-mnist is not installed";
  }
  const DatasetSplits splits = open_dataset("fashion-mnist", {});
  EXPECT_EQ(splits.train->size(), 60000);
  EXPECT_EQ(splits.test->size(), 10000);
  const DatasetInfo& info = splits.train->info();
  EXPECT_THAT(info.classes, ElementsAre("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"));
  EXPECT_EQ(splits.train->labels()[0], 9);
  EXPECT_NEAR(info.mean[0], 0.2860, 0.0001);  // as everyone publishes them
  EXPECT_NEAR(info.std[0], 0.3530, 0.0001);
}

}  // namespace
}  // namespace dtrain::datasets
