// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// Flipped bits in a dataset file that dtrain wrote: in the chunks each is noticed, elsewhere each is
// noticed or changes nothing. DTRAIN_TEST_FLIPS=all flips every bit of every byte instead of a sample.

#include <fmt/ranges.h>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <numeric>

#include "base/error.hpp"
#include "base/rng.hpp"
#include "datasets/dataset_file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dtrain::datasets {
namespace {

/// Random bytes, which can be found again in the file.
MemoryDataset random_split(std::int64_t samples, std::uint64_t seed) {
  Rng rng(seed, RngPurpose::split, 0);
  DatasetInfo info;
  info.name = "random";
  info.sample_shape = {3, 8, 8};
  info.classes = {"a", "b", "c"};
  info.mean = {0.1f, 0.2f, 0.3f};
  info.std = {0.4f, 0.5f, 0.6f};
  std::vector<std::byte> bytes(static_cast<std::size_t>(samples * info.sample_shape.elements()));
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(rng.below(256));
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < samples; ++i) labels.push_back(i % 3);
  return {info, std::move(bytes), std::move(labels)};
}

/// Everything that a reader gets out of the file.
std::string content_of(const std::filesystem::path& path) {
  const DatasetSplits splits = open_dataset_file(path, /*memory_limit_bytes=*/0);
  std::string content;
  for (Dataset* split : {splits.train.get(), splits.test.get()}) {
    const DatasetInfo& info = split->info();
    content += fmt::format("{} {} {} {} {} {}\n", info.name, info.sample_shape.to_string(),
                           fmt::join(info.classes, ","), fmt::join(info.mean, ","),
                           fmt::join(info.std, ","), fmt::join(split->labels(), ","));
    std::vector<std::int64_t> ids(static_cast<std::size_t>(split->size()));
    std::iota(ids.begin(), ids.end(), std::int64_t{0});
    std::string samples(ids.size() * static_cast<std::size_t>(split->sample_bytes()), '\0');
    split->read(ids, samples.data());
    content += samples;
  }
  return content;
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(DamagedDatasetFile, FlippedBitsAreNoticed) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "data.h5";
  MemoryDataset train = random_split(100, 1), test = random_split(20, 2);
  write_dataset_file(path, train, test);
  const std::string file = text_of(path), content = content_of(path);

  // The images of a split are one chunk here, stored as they are.
  std::vector<bool> is_image(file.size());
  for (const MemoryDataset* split : {&train, &test}) {
    const std::string_view images(static_cast<const char*>(split->resident_samples()),
                                  static_cast<std::size_t>(split->size() * split->sample_bytes()));
    const auto at = file.find(images);
    ASSERT_NE(at, std::string::npos);
    std::fill_n(is_image.begin() + static_cast<std::ptrdiff_t>(at), images.size(), true);
  }

  const char* option = std::getenv("DTRAIN_TEST_FLIPS");
  const bool all = option != nullptr && std::string_view(option) == "all";
  Rng rng(5, RngPurpose::split, 0);
  const int descriptor = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_GE(descriptor, 0);
  int flips = 0, in_images = 0, noticed = 0;
  const auto flip = [&](std::size_t byte, int bit) {
    const char damaged = static_cast<char>(file[byte] ^ (1 << bit));
    ASSERT_EQ(pwrite(descriptor, &damaged, 1, static_cast<off_t>(byte)), 1);
    ++flips;
    in_images += is_image[byte] ? 1 : 0;
    try {
      const bool same = content_of(path) == content;
      EXPECT_TRUE(same) << "bit " << bit << " of byte " << byte << " gives other data";
      EXPECT_FALSE(is_image[byte]) << "bit " << bit << " of byte " << byte << " was not noticed";
    } catch (const InputError& error) {
      ++noticed;
      EXPECT_THAT(error.what(), testing::HasSubstr("data.h5"));
      if (is_image[byte]) {
        EXPECT_THAT(error.what(), testing::HasSubstr("Fletcher32"));
      }
    }
    ASSERT_EQ(pwrite(descriptor, &file[byte], 1, static_cast<off_t>(byte)), 1);
  };
  for (std::size_t byte = 0; byte < file.size(); ++byte) {
    // Metadata densely, images sparsely: about 2000 flips.
    if (!all && rng.below(is_image[byte] ? 23 : 4) != 0) continue;
    for (int bit = 0; bit < 8; ++bit)
      if (all || bit == static_cast<int>(byte % 8)) flip(byte, bit);
  }
  close(descriptor);
  EXPECT_GE(in_images, 500);
  std::printf(
      "%d flips in a dataset file of %zu bytes, %d of them in images; %d noticed, the rest of no "
      "effect\n",
      flips, file.size(), in_images, noticed);
}

}  // namespace
}  // namespace dtrain::datasets
