// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/dataset_file.hpp"

#include <fmt/ranges.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cmath>
#include <csignal>
#include <cstring>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "datasets/sampler.hpp"
#include "hdf5/file.hpp"
#include "tests/datasets/files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dtrain::datasets {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr std::int64_t in_memory = std::numeric_limits<std::int64_t>::max();

/// Square grey images; pixel j of image i is (7 i + j) mod 256.
MemoryDataset counting_dataset(std::int64_t size, std::int64_t side = 20) {
  DatasetInfo info;
  info.name = "counting";
  info.sample_shape = {1, side, side};
  info.classes = {"zero", "one", "two"};
  info.mean = {0.5f};
  info.std = {0.25f};
  info.licence = "none";
  info.source = "a test";
  std::vector<std::byte> samples;
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < size; ++i) {
    for (std::int64_t j = 0; j < side * side; ++j)
      samples.push_back(static_cast<std::byte>(7 * i + j));
    labels.push_back(i % 3);
  }
  return MemoryDataset(info, std::move(samples), std::move(labels));
}

/// Parts of a dataset file written by hand, each of which a test may spoil.
struct Parts {
  std::vector<std::int64_t> train_shape = {4, 1, 2, 2}, test_shape = {2, 1, 2, 2};
  std::vector<std::int64_t> labels = {0, 1, 0, 1};
  std::vector<float> mean = {0.5f}, std = {0.25f};
  std::vector<std::string> classes = {"a", "b"};
  std::int64_t schema = 1;
  hdf5::ElementType type = hdf5::ElementType::uint8;
  std::vector<float> floats;  ///< of the training images, when they are float32

  void write(const std::filesystem::path& path) const {
    hdf5::File file = hdf5::File::create(path);
    file.set_attribute("schema", schema);
    file.set_attribute("name", std::string("parts"));
    file.set_attribute("classes", classes);
    file.set_attribute("mean", mean);
    file.set_attribute("std", std);
    {
      hdf5::Group train = file.create_group("train"), test = file.create_group("test");
      hdf5::Dataset images = train.create_dataset("images", type, train_shape, {1, true});
      if (type == hdf5::ElementType::uint8) {
        images.write<std::uint8_t>(
            std::vector<std::uint8_t>(static_cast<std::size_t>(images.elements())));
      } else {
        images.write<float>(floats);
      }
      train.write_array<std::int64_t>("labels", {static_cast<std::int64_t>(labels.size())}, labels);
      hdf5::Dataset test_images = test.create_dataset("images", type, test_shape, {1, true});
      test_images.write<std::uint8_t>(
          std::vector<std::uint8_t>(static_cast<std::size_t>(test_images.elements())));
      test.write_array<std::int64_t>(
          "labels", {test_shape[0]},
          std::vector<std::int64_t>(static_cast<std::size_t>(test_shape[0])));
    }
    file.close();
  }
};

class DatasetFileTest : public ::testing::Test {
 protected:
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  std::size_t files_in_folder() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder_.path()),
                      std::filesystem::directory_iterator()));
  }
  void expect_refused(const Parts& parts, const std::string& reason) {
    parts.write(path("bad.h5"));
    for (std::int64_t limit : {in_memory, std::int64_t{0}})
      EXPECT_THAT([&] { open_dataset_file(path("bad.h5"), limit); },
                  ThrowsMessage<InputError>(AllOf(HasSubstr("bad.h5"), HasSubstr(reason))));
  }
  TemporaryFolder folder_;
};

TEST_F(DatasetFileTest, ReadsBackWhatItWroteStreamedAndInMemory) {
  MemoryDataset train = counting_dataset(1000), test = counting_dataset(7);
  write_dataset_file(path("a.h5"), train, test);
  EXPECT_EQ(files_in_folder(), 1u);
  for (std::int64_t limit : {in_memory, std::int64_t{0}}) {
    const DatasetSplits splits = open_dataset_file(path("a.h5"), limit);
    const DatasetInfo& info = splits.train->info();
    EXPECT_EQ(info.name, "counting");
    EXPECT_EQ(info.sample_shape, (Shape{1, 20, 20}));
    EXPECT_THAT(info.classes, ElementsAre("zero", "one", "two"));
    EXPECT_THAT(info.mean, ElementsAre(0.5f));
    EXPECT_THAT(info.std, ElementsAre(0.25f));
    EXPECT_EQ(info.source, "a test");
    EXPECT_EQ(splits.train->resident_samples() == nullptr, limit == 0);
    EXPECT_EQ(splits.train->chunk_samples(), (1 << 17) / 400);  // so their orders agree
    EXPECT_EQ(splits.test->chunk_samples(), 7);
    EXPECT_EQ(splits.test->size(), 7);
    const auto order = Sampler(1000, splits.train->chunk_samples(), 1).epoch_order(0);
    std::vector<std::uint8_t> samples(400 * 1000);
    splits.train->read(order, samples.data());
    for (std::size_t i = 0; i < 1000; ++i) {
      ASSERT_EQ(samples[400 * i + 399], (7 * order[i] + 399) % 256);
      ASSERT_EQ(splits.train->labels()[i], static_cast<std::int64_t>(i % 3));
    }
  }
}

TEST_F(DatasetFileTest, KeepsFloatsAndTargets) {
  DatasetInfo info;
  info.name = "floats";
  info.sample_shape = {2, 1, 1};
  info.type = SampleType::float32;
  info.classes = {"x", "y", "z"};
  info.mean = {0, 0};
  info.std = {1, 1};
  const std::vector<float> values = {0.5f, -1, 2, 3e20f};
  std::vector<std::byte> samples(16);
  std::memcpy(samples.data(), values.data(), 16);
  MemoryDataset dataset(info, samples, {}, {1, 2, 3, 4, 5, 6});
  write_dataset_file(path("a.h5"), dataset, dataset);
  const DatasetSplits splits = open_dataset_file(path("a.h5"), 0);
  EXPECT_EQ(splits.train->info().type, SampleType::float32);
  float read[4];
  const std::int64_t ids[] = {1, 0};
  splits.train->read(ids, read);
  EXPECT_THAT(read, ElementsAre(2, 3e20f, 0.5f, -1));
  EXPECT_TRUE(splits.train->labels().empty());
  EXPECT_THAT(std::vector<float>(splits.train->targets().begin(), splits.train->targets().end()),
              ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(DatasetFileTest, NamesADamagedChunk) {
  MemoryDataset train = counting_dataset(1000), test = counting_dataset(7);
  write_dataset_file(path("a.h5"), train, test);
  std::string file = read_file(path("a.h5"));
  std::string image;  // sample 500
  for (int j = 0; j < 256; ++j) image += static_cast<char>(7 * 500 + j);
  const auto at = file.find(image, file.size() / 3);
  ASSERT_NE(at, std::string::npos);
  file[at + 5] = static_cast<char>(file[at + 5] ^ 4);
  write_file(path("a.h5"), file);

  const auto reason = AllOf(HasSubstr("a.h5: /train/images"), HasSubstr("Fletcher32"));
  EXPECT_THAT([&] { open_dataset_file(path("a.h5"), in_memory); },
              ThrowsMessage<InputError>(reason));
  const DatasetSplits streamed = open_dataset_file(path("a.h5"), 0);
  std::vector<std::uint8_t> samples(1000 * 400);
  std::vector<std::int64_t> ids(1000);
  std::iota(ids.begin(), ids.end(), std::int64_t{0});
  EXPECT_THAT([&] { streamed.train->read(ids, samples.data()); },
              ThrowsMessage<InputError>(reason));
}

TEST_F(DatasetFileTest, RefusesAnyTruncation) {
  MemoryDataset train = counting_dataset(30), test = counting_dataset(7);
  write_dataset_file(path("a.h5"), train, test);
  const std::string whole = read_file(path("a.h5"));
  for (std::size_t size = 0; size < whole.size(); size += whole.size() / 40) {
    write_file(path("cut.h5"), whole.substr(0, size));
    EXPECT_THROW(open_dataset_file(path("cut.h5"), in_memory), InputError) << size;
  }
}

// Checksums cover images, labels, headers, indexes and attributes.
TEST_F(DatasetFileTest, NoDamagedByteGivesOtherData) {
  MemoryDataset train = counting_dataset(3, 5), test = counting_dataset(2, 5);
  write_dataset_file(path("a.h5"), train, test);
  const std::string whole = read_file(path("a.h5"));
  const auto content = [&](const std::string& name) {
    const DatasetSplits splits = open_dataset_file(path(name), in_memory);
    std::string text;
    for (const Dataset* split : {splits.train.get(), splits.test.get()}) {
      const DatasetInfo& info = split->info();
      text += fmt::format("{} {} {} {} {} {} {} {}\n", info.name, info.sample_shape.to_string(),
                          fmt::join(info.classes, ","), fmt::join(info.mean, ","),
                          fmt::join(info.std, ","), info.licence, info.source,
                          fmt::join(split->labels(), ","));
      text.append(static_cast<const char*>(split->resident_samples()),
                  static_cast<std::size_t>(split->size() * split->sample_bytes()));
    }
    return text;
  };
  const std::string expected = content("a.h5");
  std::size_t tried = 0, refused = 0;
  for (std::size_t at = 0; at < whole.size(); at += 5, ++tried) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
    write_file(path("b.h5"), damaged);
    try {
      ASSERT_EQ(content("b.h5"), expected) << "byte " << at;
    } catch (const InputError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, tried * 9 / 10);  // the rest is padding
}

TEST_F(DatasetFileTest, NamesWhatIsWrong) {
  Parts parts;
  parts.write(path("good.h5"));
  EXPECT_EQ(open_dataset_file(path("good.h5"), in_memory).train->size(), 4);

  EXPECT_THAT([&] { open_dataset_file(path("absent.h5"), 0); },
              ThrowsMessage<InputError>(HasSubstr("absent.h5: No such file")));
  parts = {};
  parts.labels = {0, 1, 2, 1};
  expect_refused(parts, "/train/labels: label of sample 2 is 2, but there are 2 classes");
  parts.labels = {0, -1, 0, 1};
  expect_refused(parts, "label of sample 1 is -1");
  parts.labels = {0, 1, 0};
  expect_refused(parts, "has 3 rows for 4 images");
  parts = {};
  parts.train_shape = {0, 1, 2, 2};
  expect_refused(parts, "/train/images: holds no samples");
  parts = {};
  parts.test_shape = {2, 1, 2, 3};
  expect_refused(parts,
                 "/test/images: has uint8 samples of 1x2x3, but /train/images uint8 of 1x2x2");
  parts = {};
  parts.train_shape = {4, 4};
  expect_refused(parts, "(N, C, H, W) was expected");
  parts = {};
  parts.mean = {0.5f, 0.5f};
  expect_refused(parts, "'mean' has 2 values for 1 channels");
  parts = {};
  parts.std = {0.0f};
  expect_refused(parts, "'std' holds 0");
  parts = {};
  parts.schema = 2;
  expect_refused(parts, "is of schema 2");
  parts = {};
  parts.classes = {};
  expect_refused(parts, "'classes' is empty");
  parts.classes = {"a", ""};
  expect_refused(parts, "class 1 has no name");
  parts.classes = {"a\nb", "c"};
  expect_refused(parts, "the name of class 0 has a line break");
  parts = {};
  parts.type = hdf5::ElementType::int64;
  parts.floats.resize(16);
  expect_refused(parts, "/train/images: is neither uint8 nor float32");
}

TEST_F(DatasetFileTest, RefusesNumbersThatAreNotFinite) {
  Parts parts;
  parts.type = hdf5::ElementType::float32;
  parts.floats.resize(16);
  parts.floats[9] = std::nanf("");
  parts.write(path("nan.h5"));
  EXPECT_THAT([&] { open_dataset_file(path("nan.h5"), in_memory); },
              ThrowsMessage<InputError>(HasSubstr("/train/images: sample 2 holds nan")));
  const DatasetSplits streamed = open_dataset_file(path("nan.h5"), 0);
  float sample[4];
  const std::int64_t ids[] = {2};
  EXPECT_THROW(streamed.train->read(ids, sample), InputError);
}

TEST_F(DatasetFileTest, AnAbsurdShapeCostsNoMemory) {
  Parts parts;
  parts.write(path("a.h5"));
  {
    hdf5::File file = hdf5::File::create(path("b.h5"));
    file.set_attribute("schema", std::int64_t{1});
    file.set_attribute("name", std::string("absurd"));
    file.set_attribute("classes", std::vector<std::string>{"a"});
    file.set_attribute("mean", std::vector<float>{0});
    file.set_attribute("std", std::vector<float>{1});
    file.create_group("train").create_dataset("images", hdf5::ElementType::uint8,
                                              {std::int64_t{1} << 40, 1, 32, 32}, {1, true});
    file.close();
  }
  EXPECT_THAT([&] { open_dataset_file(path("b.h5"), in_memory); },
              ThrowsMessage<InputError>(HasSubstr("/train/images: is incomplete")));
}

TEST_F(DatasetFileTest, LeavesNothingBehindWhenWritingFails) {
  MemoryDataset dataset = counting_dataset(1000);
  EXPECT_THAT([&] { write_dataset_file(path("no/folder/a.h5"), dataset, dataset); },
              ThrowsMessage<Error>(HasSubstr("No such file or directory")));

  // A limit on the size of files stands in for a full disk.
  struct rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small = {100000, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  EXPECT_THAT([&] { write_dataset_file(path("full.h5"), dataset, dataset); },
              ThrowsMessage<Error>(HasSubstr("File too large")));
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(files_in_folder(), 0u);

  write_dataset_file(path("a.h5"), dataset, dataset);  // and it works again
  EXPECT_EQ(open_dataset_file(path("a.h5"), 0).train->size(), 1000);
}

}  // namespace
}  // namespace dtrain::datasets
